//! The configuration of memcached's own proxy. Debian's memcached is built without it, so its Lua runs here in Lua
//! itself, with a stand-in for `mcp` that knows the proxy's functions (memcached/memcached: t/startfile.lua,
//! t/proxytags.lua, `proxy_ring_hash.c`) and refuses others.

use std::process::Command;

use crate::generated::Generated;
use crate::program::{find, folder, run};

const STAND_IN: &str = r#"
local function strict(name, members)
  return setmetatable(members, {__index = function(_, key) error(name .. "." .. tostring(key) .. " is unknown") end})
end
local handle = {}
local function generator()
  return strict("funcgen", {
    new_handle = function(_, pool) assert(pool.backends, "no pool"); return handle end,
    ready = function(self, options) rawset(self, "made", options.f(strict("context", {
      enqueue_and_wait = function(_, request, where) assert(where == handle); return "routed " .. request end,
    }))) end,
  })
end
local routes = {}
mcp = strict("mcp", {
  CMD_ANY_STORAGE = 1,
  dist_ring_hash = {},
  backend_connect_timeout = function(seconds) assert(seconds > 0) end,
  backend_read_timeout = function(seconds) assert(seconds > 0) end,
  backend = function(label, host, port)
    assert(type(label) == "string" and type(host) == "string" and math.type(port) == "integer")
    return host .. ":" .. port
  end,
  pool = function(backends, options)
    assert(options.dist == mcp.dist_ring_hash)
    local modes = {default = true, ketama = true, twemproxy = true, evcache = true}
    assert(modes[options.omode])
    return {backends = backends}
  end,
  funcgen_new = generator,
  attach = function(command, route, tag) assert(command == 1); routes[tag or ""] = route.made end,
})
dofile(arg[1])
local pool = mcp_config_pools()
mcp_config_routes(pool)
print(table.concat(pool.backends, " "))
print(routes[""]("get a"))
print((routes["probe"]("get a"):gsub("\r\n", "")))
"#;

#[test]
fn the_proxy_knows_every_shard_and_answers_probes_apart() {
    let Some(lua) = find("lua5.4") else { return };
    let generated = Generated::from(
        "patterns: v1\nname: shop\napp: {image: shop, port: 8080}\nuse:\n  - shard: {as: cache, protocol: memcached, to: shop-cache}\n---\npatterns: v1\nname: shop-cache\napp: {image: memcached, port: 11211}\nshape: {sharded: 3}\n",
    );
    let folder = folder("memcached");
    std::fs::write(folder.join("proxy.lua"), generated.file("shop-cache-", "proxy.lua")).unwrap();
    std::fs::write(folder.join("stand-in.lua"), STAND_IN).unwrap();
    let output = run(Command::new(lua).args(["stand-in.lua", "proxy.lua"]).current_dir(&folder));
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "shop-cache-0.shop-cache:11211 shop-cache-1.shop-cache:11211 shop-cache-2.shop-cache:11211\nrouted get a\nSERVER_ERROR this port is for probes\n"
    );
}
