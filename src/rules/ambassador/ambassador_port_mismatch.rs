use crate::diagnostic::{Level, RuleId};
use crate::recognise::address::loopbacks;
use crate::recognise::{Lifetime, Role};
use crate::rules::scene::{Member, Scene};
use crate::rules::{Check, Found, Rule};

/// A container talks to a loopback port where no ambassador listens.
pub static RULE: Rule = Rule {
    id: RuleId { name: "ambassador-port-mismatch", family: "ambassador" },
    level: Level::Error,
    page: include_str!("ambassador_port_mismatch.md"),
    check: Check::Elsewhere,
};

pub(in crate::rules) fn check(scene: &Scene<'_>, found: &mut Found<'_>) {
    // On the node's network anything may listen there.
    if scene.pod.object.is_patch || scene.pod.spec.host_network == Some(true) {
        return;
    }
    let ambassadors: Vec<&Member<'_>> = scene
        .running()
        .filter(|member| matches!(member.one.role, Role::Ambassador(_)) && shows_ports(member))
        .collect();
    let [ambassador] = ambassadors[..] else { return };
    for caller in scene.others(ambassador).filter(|caller| matches!(caller.one.role, Role::App | Role::Unknown)) {
        // Any third container may listen there too, unless we know it.
        let third_is_known =
            scene.others(caller).filter(|other| other.one.container.node != ambassador.one.container.node);
        if third_is_known.into_iter().any(|other| matches!(other.one.role, Role::App | Role::Unknown)) {
            continue;
        }
        for call in loopbacks(&caller.one.container) {
            let flag = call.text.text.split_once('=').map_or("", |(name, _)| name);
            let variable = call.text.variable.unwrap_or_else(|| flag.trim_start_matches('-'));
            let serves = scene.running().any(|member| member.may_serve(call.port));
            if serves || !is_client(variable, call.text.text, ambassador) {
                continue;
            }
            let ports = ambassador.one.known_ports();
            let listens = ports.iter().map(ToString::to_string).collect::<Vec<_>>();
            let saying = found
                .at(call.text.node, format!("`{}` talks to port {} of its own Pod, where nothing listens", caller.name(), call.port))
                .here(format!("port {}", call.port))
                .because("containers of a Pod share one network namespace; a connection to a port that nobody listens on is refused");
            let at = ambassador.one.container.at(&["args"]).or_else(|| ambassador.one.container.at(&["command"]));
            let at = at.unwrap_or_else(|| ambassador.one.container.name_node());
            if listens.is_empty() {
                saying
                    .and(at, format!("`{}` listens elsewhere", ambassador.name()))
                    .help("make the two ports the same");
            } else {
                saying.and(at, format!("`{}` listens on {}", ambassador.name(), listens.join(", "))).help(format!(
                    "write {} here, or make `{}` listen on {}",
                    listens[0],
                    ambassador.name(),
                    call.port
                ));
            }
        }
    }
}

/// Whether all places are visible where an ambassador says its ports: general proxies listen where their
/// configuration says, the others by default or by a flag.
fn shows_ports(member: &Member<'_>) -> bool {
    let in_files = member
        .configs
        .files
        .iter()
        .any(|file| ["listen", "bind", "port_value"].iter().any(|word| file.text.contains(word)));
    let on_line = member.texts.iter().any(|text| {
        text.variable.is_none() && ["tcp:", "listen", "LISTEN", "--port"].iter().any(|word| text.text.contains(word))
    });
    let shows = if member.one.default_ports().is_empty() {
        in_files || on_line
    } else {
        !member.one.is_general_proxy() || in_files
    };
    let has_all = !member.configs.has_unseen || !member.one.is_general_proxy();
    member.one.lifetime == Lifetime::Forever && shows && has_all
}

/// Whether the address is what the container talks to, and it is what this ambassador speaks.
fn is_client(variable: &str, text: &str, ambassador: &Member<'_>) -> bool {
    let name = variable.to_ascii_uppercase();
    let own = [
        "SELF",
        "OWN_",
        "LISTEN",
        "BIND",
        "PUBLIC",
        "CALLBACK",
        "ADVERTISE",
        "SERVER_PORT",
        "HEALTH",
        "PROBE",
        "ALLOWED",
        "ORIGIN",
        "BASE_URL",
        "SITE",
        "NO_PROXY",
    ];
    if variable.is_empty() || own.iter().any(|word| name.contains(word)) {
        return false;
    }
    let image = ambassador.one.container.container.image.as_deref().unwrap_or_default();
    let words = format!("{} {image}", ambassador.name()).to_ascii_lowercase();
    let speaks = |kinds: &[&str], ambassadors: &[&str]| {
        let text = text.to_ascii_lowercase();
        let called =
            kinds.iter().any(|kind| name.contains(&kind.to_ascii_uppercase()) || text.starts_with(&format!("{kind}:")));
        called && ambassadors.iter().any(|word| words.contains(word))
    };
    let general = ["envoy", "haproxy", "nginx", "socat", "proxy", "ambassador", "tunnel"];
    let databases = ["sql", "alloydb", "pgbouncer", "pgpool", "pgcat", "maxscale", "router", "db"];
    speaks(
        &["db", "database", "postgres", "postgresql", "pg", "mysql", "sql", "jdbc"],
        &[&databases[..], &general[..]].concat(),
    ) || speaks(
        &["redis", "cache", "memcache", "memcached"],
        &[&["twemproxy", "nutcracker", "mcrouter", "redis", "cache", "shard"][..], &general[..]].concat(),
    ) || speaks(
        &["backend", "upstream", "proxy", "api", "service", "server", "web", "broker", "kafka", "amqp", "mongo"],
        &general,
    )
}
