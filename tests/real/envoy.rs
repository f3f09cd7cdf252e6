//! Envoy in front of shards and versions.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::generated::{Generated, replace};
use crate::program::{self, Running, echo, find, folder, free_port, get, talk};

fn uses(entry: &str) -> Generated {
    Generated::from(&format!("patterns: v1\nname: shop\napp: {{image: shop, port: 8080}}\nuse:\n  - {entry}\n"))
}

/// Validates the configuration, then starts Envoy with it and its status on a free port.
pub fn start(test: &str, envoy: &Path, config: &str, port: u16) -> (Running, u16) {
    let status = free_port();
    let config = replace(config, "port_value: 9901", &format!("port_value: {status}"));
    let file = folder(test).join("envoy.yaml");
    std::fs::write(&file, config).unwrap();
    program::run(Command::new(envoy).args(["--mode", "validate", "-l", "warn", "-c"]).arg(&file));
    let mut command = Command::new(envoy);
    command.args(["--disable-hot-restart", "--concurrency", "1", "-l", "warn", "-c"]).arg(&file);
    (Running::start(&mut command, port), status)
}

/// What `GET`, `SET` and the like answer, over one connection each.
fn redis(port: u16, words: &[&str]) -> String {
    let parts: String = words.iter().flat_map(|word| [format!("${}\r\n", word.len()), format!("{word}\r\n")]).collect();
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).expect("connected");
    std::io::Write::write_all(&mut stream, format!("*{}\r\n{parts}", words.len()).as_bytes()).expect("sent");
    let mut buffer = [0; 512];
    let length = std::io::Read::read(&mut stream, &mut buffer).expect("an answer");
    String::from_utf8_lossy(&buffer[..length]).into_owned()
}

/// Keys by the server that holds them.
fn placement(servers: &[u16], keys: &[String]) -> BTreeMap<String, u16> {
    let holder = |key: &String| servers.iter().copied().find(|port| redis(*port, &["EXISTS", key]) == ":1\r\n");
    keys.iter().map(|key| (key.clone(), holder(key).unwrap_or_else(|| panic!("{key} is nowhere")))).collect()
}

#[test]
fn redis_keys_stay_and_few_move_to_a_new_shard() {
    let (Some(envoy), Some(server)) = (find("envoy"), find("redis-server")) else { return };
    let servers: Vec<u16> = (0..4).map(|_| free_port()).collect();
    let _servers: Vec<Running> = servers
        .iter()
        .map(|port| {
            let mut command = Command::new(&server);
            command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--loglevel", "warning"]);
            Running::start(command.current_dir(folder(&format!("redis-{port}"))), *port)
        })
        .collect();
    let keys: Vec<String> = (0..400).map(|number| format!("key:{number}")).collect();
    let write = |test: &str, count: usize| {
        let port = free_port();
        let hosts: Vec<String> = servers[..count].iter().map(|port| format!("\"localhost:{port}\"")).collect();
        let shard = format!("shard: {{as: cache, protocol: redis, port: {port}, to: [{}]}}", hosts.join(", "));
        let (_running, status) = start(test, &envoy, &uses(&shard).file("shop-cache-", "envoy.yaml"), port);
        assert!(get(status, "/healthz", &[]).starts_with("HTTP/1.1 200"), "the probes are answered");
        for key in &keys {
            assert_eq!(redis(port, &["SET", key, "value"]), "+OK\r\n");
            assert_eq!(redis(port, &["GET", key]), "$5\r\nvalue\r\n");
        }
        let placement = placement(&servers, &keys);
        for server in &servers {
            redis(*server, &["FLUSHALL"]);
        }
        placement
    };
    let three = write("redis-three", 3);
    for server in &servers[..3] {
        let share = three.values().filter(|holder| *holder == server).count();
        assert!((60..=220).contains(&share), "{share} of 400 keys on one of three shards");
    }
    assert_eq!(three, write("redis-again", 3), "the same shard each time");
    let four = write("redis-four", 4);
    let moved: Vec<&String> = keys.iter().filter(|key| three[*key] != four[*key]).collect();
    assert!(moved.iter().all(|key| four[*key] == servers[3]), "keys move to the new shard alone");
    assert!((40..=160).contains(&moved.len()), "about a quarter moves: {} of 400", moved.len());
}

#[test]
fn http_paths_and_cookies_stay_on_their_shard() {
    let Some(envoy) = find("envoy") else { return };
    let (a, b, port) = (echo("shard-a"), echo("shard-b"), free_port());
    let config = |hash: &str| {
        let to = format!("[\"localhost:{a}\", \"localhost:{b}\"]");
        let shard = format!("shard: {{as: tiles, protocol: http, port: {port}, to: {to}, hash: {hash}}}");
        uses(&shard).file("shop-tiles-", "envoy.yaml")
    };
    let holder = |path: &str, headers: &[&str]| {
        let answer = get(port, path, headers);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        if answer.contains("shard-a") { "a" } else { "b" }
    };
    {
        let (_running, _) = start("shard-uri", &envoy, &config("uri"), port);
        let first: Vec<&str> = (0..40).map(|number| holder(&format!("/tiles/{number}"), &[])).collect();
        let again: Vec<&str> = (0..40).map(|number| holder(&format!("/tiles/{number}"), &[])).collect();
        assert_eq!(first, again);
        assert!(first.contains(&"a") && first.contains(&"b"), "{first:?}");
    }
    let (_running, _) = start("shard-cookie", &envoy, &config("cookie/uid"), port);
    let of = |user: usize| holder(&format!("/{user}/{}", user * 7), &[&format!("Cookie: uid=u{user}")]);
    let first: Vec<&str> = (0..40).map(of).collect();
    assert_eq!(first, (0..40).map(of).collect::<Vec<_>>());
    assert!(first.contains(&"a") && first.contains(&"b"), "{first:?}");
}

#[test]
fn the_probes_port_serves_nothing_else() {
    let Some(envoy) = find("envoy") else { return };
    let (a, port) = (echo("shard-a"), free_port());
    let shard = format!("shard: {{as: tiles, protocol: http, port: {port}, to: [\"localhost:{a}\"]}}");
    let (_running, status) = start("shard-status", &envoy, &uses(&shard).file("shop-tiles-", "envoy.yaml"), port);
    assert!(talk(status, b"GET /secret HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").starts_with("HTTP/1.1 404"));
}

#[test]
fn versions_get_their_share_and_users_stay() {
    let Some(envoy) = find("envoy") else { return };
    let (old, new, port) = (echo("old-version"), echo("new-version"), free_port());
    let split = format!(
        "split: {{as: api, engine: envoy, port: {port}, to: {{api: 80, api-next: 20}}, sticky: {{cookie: uid}}}}"
    );
    let mut config = uses(&split).file("shop-api-", "envoy.yaml");
    for (name, server) in [("api", old), ("api-next", new)] {
        config = replace(
            &config,
            &format!("address: {name}\n                port_value: 80\n"),
            &format!("address: localhost\n                port_value: {server}\n"),
        );
    }
    let (_running, _) = start("split-envoy", &envoy, &config, port);
    crate::nginx::check_split(port, "host: api");
}
