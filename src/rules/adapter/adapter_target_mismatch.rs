use crate::diagnostic::{Level, RuleId};
use crate::recognise::address::loopbacks;
use crate::recognise::{Form, Role};
use crate::rules::scene::{Member, Scene};
use crate::rules::{Check, Found, Rule};

/// An exporter asks a port of its Pod that nothing serves.
pub static RULE: Rule = Rule {
    id: RuleId { name: "adapter-target-mismatch", family: "adapter" },
    level: Level::Error,
    page: include_str!("adapter_target_mismatch.md"),
    check: Check::Elsewhere,
};

pub(in crate::rules) fn check(scene: &Scene<'_>, found: &mut Found<'_>) {
    if scene.pod.object.is_patch || scene.pod.spec.host_network == Some(true) {
        return;
    }
    let is_adapter = |member: &&Member<'_>| matches!(member.one.role, Role::Adapter(Form::Metrics | Form::Health));
    for adapter in scene.running().filter(is_adapter) {
        let others: Vec<&Member<'_>> = scene.others(adapter).collect();
        // All that may listen must say where.
        if others.is_empty()
            || others.iter().any(|other| other.one.known_ports().is_empty() || other.configs.has_unseen)
        {
            continue;
        }
        for call in loopbacks(&adapter.one.container) {
            let is_own = adapter.one.known_ports().contains(&call.port) || listens(call.text.text, call.text.variable);
            if is_own || others.iter().any(|other| other.may_serve(call.port)) {
                continue;
            }
            // Of a known server all ports are known; another program may listen where it does not declare.
            let known = others.iter().find(|other| is_kind(other, adapter) && !other.one.default_ports().is_empty());
            let Some(server) = known.or(others.first()) else { continue };
            let level = if known.is_some() { Level::Error } else { Level::Warning };
            let ports: Vec<String> = server.one.known_ports().iter().map(ToString::to_string).collect();
            found
                .at(call.text.node, format!("`{}` asks port {}, and nothing in this Pod listens there", adapter.name(), call.port))
                .here(format!("port {} of the Pod itself", call.port))
                .and(server.one.container.name_node(), format!("`{}` listens on {}", server.name(), ports.join(", ")))
                .because("containers of a Pod share one network namespace; a connection to a port that nobody listens on is refused, and the metrics say that the app is down")
                .help(format!("name port {}, or make `{}` listen on {}", ports[0], server.name(), call.port))
                .level(level);
        }
    }
}

/// Whether the address is the adapter's own.
fn listens(text: &str, variable: Option<&str>) -> bool {
    let name = variable.unwrap_or_else(|| text.split('=').next().unwrap_or_default()).to_ascii_lowercase();
    ["listen", "bind", "status", "telemetry", "http-endpoint"].iter().any(|word| name.contains(word))
}

/// Whether a server is of the kind that the adapter is for: `redis` of `redis_exporter`.
fn is_kind(server: &Member<'_>, adapter: &Member<'_>) -> bool {
    let last = |member: &Member<'_>| {
        let image = member.one.container.container.image.as_deref().unwrap_or_default();
        let name = image.rsplit('/').next().unwrap_or_default();
        name.split([':', '@']).next().unwrap_or_default().to_owned()
    };
    let (server, adapter) = (last(server), last(adapter));
    let family = |name: &str| {
        [
            "redis",
            "valkey",
            "memcached",
            "postgres",
            "mysql",
            "mariadb",
            "mongo",
            "nginx",
            "rabbitmq",
            "haproxy",
            "nats",
        ]
        .into_iter()
        .find(|kind| name.contains(kind))
    };
    match (family(&server), family(&adapter)) {
        (Some("valkey"), Some("redis")) | (Some("mariadb"), Some("mysql")) => true,
        (Some(server), Some(adapter)) => server == adapter,
        _ => false,
    }
}
