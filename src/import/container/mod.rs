//! A container as the keys of `app`: of the app itself, of an entry of `init` or of a `container` beside it.

mod resources;
pub(super) mod root;
mod variables;
mod volumes;

use serde_json::{Map, Value as Json, json};

use super::canonical::slept;
use super::health;
use super::reach;
use super::values::{items, text};
use crate::describe::fits;
use resources::resources;
pub(super) use resources::unlimited;
use variables::{env, env_from};
use volumes::{is_all_writable, mounts};

/// The Pod that a container is in.
pub(super) struct Pod<'a> {
    pub spec: &'a Json,
    /// Names of claim templates.
    pub claims: Vec<String>,
    /// Which of its containers is the app.
    pub main: usize,
    /// Claims that are made, by their names.
    pub created: &'a dyn Fn(&str) -> Option<Json>,
}

/// The ports of a container, as the description has them.
#[derive(Default)]
pub(super) struct Ports {
    /// `port`.
    pub main: Option<u64>,
    /// Whether that is UDP.
    pub is_udp: bool,
    /// Whether what listens there answers HTTPS.
    pub speaks_tls: bool,
    /// Numbers of ports that the Service offers.
    pub offered: Vec<u64>,
    /// Names that the Service gives to ports.
    pub names: Vec<(u64, String)>,
    /// The same of ports in UDP that a container declares.
    pub udp_names: Vec<(u64, String)>,
    /// Ports in UDP that a Service leads to and no container declares, with their names.
    pub undeclared_udp: Vec<(u64, String)>,
    /// What the main port is called in its container, and by default: no other is called so after its Service.
    pub main_names: Vec<String>,
    /// Names that ports of other containers have.
    pub taken: Vec<String>,
    /// Ports of the Service that lead to ports of another number.
    pub services: Vec<(u64, u64)>,
    /// Ports of the nodes that lead to ports.
    pub nodes: Vec<(u64, u64)>,
    /// What the Service says that is spoken at ports.
    pub speaks: Vec<(u64, String)>,
}

impl Ports {
    /// Whether a container's port is the main one: its number may be another's in the other protocol.
    pub(super) fn is_main(&self, port: &Json) -> bool {
        self.main.is_some() && port["containerPort"].as_u64() == self.main && (port["protocol"] == "UDP") == self.is_udp
    }
}

/// The keys in conventional order.
pub(super) fn keys(container: &Json, pod: &Pod<'_>, ports: &Ports) -> Map<String, Json> {
    let mut keys = Map::new();
    let mut put = |key: &str, value: Json| {
        let is_empty = match &value {
            Json::Null => true,
            Json::Array(items) => items.is_empty(),
            Json::Object(members) => members.is_empty(),
            _ => false,
        };
        if !is_empty {
            keys.insert(key.to_owned(), value);
        }
    };
    put("image", json!(escaped(&text(&container["image"]))));
    put("port", json!(ports.main));
    let main = items(&container["ports"]).iter().find(|port| ports.is_main(port));
    put("host-port", main.and_then(host_port).map_or(Json::Null, |port| json!(port)));
    put("ports", further_ports(container, ports));
    put("health", health::of(container, ports.main, ports.speaks_tls));
    put("command", texts(&container["command"]));
    put("args", texts(&container["args"]));
    put("workdir", container["workingDir"].as_str().map_or(Json::Null, |folder| json!(escaped(folder))));
    for key in ["tty", "stdin"] {
        put(key, if container[key] == true { json!(true) } else { Json::Null });
    }
    let is_log = container["terminationMessagePolicy"] == "FallbackToLogsOnError";
    let message = container["terminationMessagePath"].as_str().filter(|path| *path != "/dev/termination-log");
    let message = message.filter(|path| path.starts_with('/') && !is_log).map(|path| json!(escaped(path)));
    put("termination-message", if is_log { json!("log") } else { message.unwrap_or_default() });
    put("env", env(container));
    put("envFrom", env_from(container));
    put("user", root::user(container, pod.spec).map_or(Json::Null, |user| json!(user)));
    for (key, value) in reach::rights(container, pod.spec) {
        put(key, value);
    }
    let (writable, shared, volumes) = mounts(container, pod);
    // the default, in so many words, is meant
    let all = is_all_writable(container);
    put("writable", if all { json!("all") } else { Json::Array(writable) });
    put("shared", Json::Object(shared));
    put("volumes", Json::Object(volumes));
    put("resources", resources(&container["resources"]));
    put("before-stop", texts(&reach::hook(container, "preStop")));
    put("after-start", texts(&reach::hook(container, "postStart")));
    keys
}

/// `drain` and `stop`: how a container's Pod ends.
pub(super) fn ending(container: &Json, spec: &Json, has_port: bool, keys: &mut Map<String, Json>) {
    let hook = &container["lifecycle"]["preStop"];
    let slept = slept(hook);
    let mut drain = slept.unwrap_or(if has_port && hook.is_null() { 10 } else { 0 });
    let grace = spec["terminationGracePeriodSeconds"].as_u64().filter(|grace| *grace != 30);
    if grace.is_some_and(|grace| hook.is_null() && grace < drain + 6) {
        // no time for a sleep before the app's own end
        drain = 0;
        if has_port {
            keys.insert("drain".to_owned(), json!("0s"));
        }
    }
    match slept {
        Some(10) if has_port => {}
        Some(seconds) => {
            keys.insert("drain".to_owned(), json!(duration(seconds)));
        }
        None if has_port && !hook.is_null() => {
            keys.insert("drain".to_owned(), json!("0s"));
        }
        None => {}
    }
    // the number that the manifest has, which is all the time that there is; a wait that does not fit is left to a patch
    if let Some(grace) = grace.filter(|grace| *grace >= drain && *grace != drain + 35) {
        keys.insert("stop".to_owned(), json!({"within": duration(grace)}));
    }
}

/// Seconds in the largest unit that expresses them exactly.
pub(super) fn duration(seconds: u64) -> String {
    match seconds {
        0 => "0s".to_owned(),
        _ if seconds.is_multiple_of(3600) => format!("{}h", seconds / 3600),
        _ if seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        _ => format!("{seconds}s"),
    }
}

/// A text with `${` escaped, which would otherwise be a parameter.
pub(super) fn escaped(text: &str) -> String {
    text.replace("${", "$${")
}

/// Whether a name is yet to be filled in, by Flux or `envsubst`: a patch says it, since keys take names alone.
pub(in crate::import) fn is_filled_in_later(name: &str) -> bool {
    name.contains("${")
}

/// The same as [`escaped`] for all texts of a value.
pub(super) fn escaped_below(value: Json) -> Json {
    match value {
        Json::String(text) => json!(escaped(&text)),
        Json::Array(items) => items.into_iter().map(escaped_below).collect(),
        Json::Object(members) => members.into_iter().map(|(key, value)| (key, escaped_below(value))).collect(),
        other => other,
    }
}

fn texts(list: &Json) -> Json {
    Json::Array(items(list).iter().filter_map(Json::as_str).map(|text| json!(escaped(text))).collect())
}

/// Names for the ports beside the main one.
fn further_ports(container: &Json, ports: &Ports) -> Json {
    let mut named = Map::new();
    let mut known: Vec<(u64, String)> = Vec::new();
    let mut add = |number: u64, name: Option<&str>, protocol: &str, host_port: Option<u64>| {
        if Some(number) == ports.main && (protocol == "UDP") == ports.is_udp {
            return;
        }
        // a port of two names is one port
        if known.iter().any(|(port, by)| *port == number && by == protocol) {
            return;
        }
        known.push((number, protocol.to_owned()));
        // what two containers call by one name is the first one's
        let is_main = |name: &&str| ports.main_names.iter().any(|main| main == name);
        let name = name.filter(|name| !ports.taken.iter().any(|taken| taken == name) && !is_main(name));
        let given_names = if protocol == "UDP" { &ports.udp_names } else { &ports.names };
        let given = given_names.iter().find(|(port, _)| *port == number).map(|(_, name)| name.as_str());
        let given = given.filter(|name| !is_main(name));
        let name = key_of(number, name, given);
        let port = if protocol == "UDP" { json!(format!("{number}/udp")) } else { json!(number) };
        let offered = ports.offered.contains(&number);
        let node = ports.nodes.iter().find(|(port, _)| offered && *port == number).map(|(_, node)| *node);
        let service = ports.services.iter().find(|(port, _)| offered && *port == number).map(|(_, service)| *service);
        let speaks = ports.speaks.iter().find(|(port, _)| offered && *port == number).map(|(_, speaks)| speaks);
        let is_plain = offered && host_port.is_none() && node.is_none() && service.is_none() && speaks.is_none();
        let mut value = if is_plain { port } else { json!({"port": port}) };
        if let Some(speaks) = speaks {
            value["speaks"] = json!(speaks);
        }
        if let Some(service) = service {
            value["service"] = json!(service);
        }
        if let Some(node) = node {
            value["node-port"] = json!(node);
        }
        if !offered {
            value["private"] = json!(true);
        }
        if let Some(host_port) = host_port {
            value["host-port"] = json!(host_port);
        }
        named.entry(name).or_insert(value);
    };
    for port in items(&container["ports"]) {
        let Some(number) = port["containerPort"].as_u64() else { continue };
        add(number, port["name"].as_str(), port["protocol"].as_str().unwrap_or("TCP"), host_port(port));
    }
    let is_it = |port: &Json, number: u64| port["containerPort"] == number && port["protocol"] != "UDP";
    let declared = |number: u64| items(&container["ports"]).iter().any(|port| is_it(port, number));
    for (number, name) in ports.names.iter().filter(|(number, _)| !declared(*number)) {
        add(*number, Some(name), "TCP", None);
    }
    for (number, name) in &ports.undeclared_udp {
        add(*number, Some(name), "UDP", None);
    }
    Json::Object(named)
}

/// What a further port is called: as its container does, or else a Service.
pub(super) fn key_of(number: u64, declared: Option<&str>, offered: Option<&str>) -> String {
    let name = declared.or(offered).filter(|name| fits("port-name", name));
    name.map_or_else(|| format!("port-{number}"), str::to_owned)
}

/// The node's port; 0 is none.
fn host_port(port: &Json) -> Option<u64> {
    port["hostPort"].as_u64().filter(|port| *port > 0)
}
