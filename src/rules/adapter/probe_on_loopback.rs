use k8s_openapi::api::core::v1::Probe;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::diagnostic::{Label, Level, RuleId};
use crate::recognise::address::{Text, addresses, is_loopback, mentions_number};
use crate::recognise::nginx;
use crate::rules::scene::{Member, Scene};
use crate::rules::{Check, Found, Rule};

/// The kubelet probes a port that is bound to loopback.
pub static RULE: Rule = Rule {
    id: RuleId { name: "probe-on-loopback", family: "adapter" },
    level: Level::Error,
    page: include_str!("probe_on_loopback.md"),
    check: Check::Elsewhere,
};

pub(in crate::rules) fn check(scene: &Scene<'_>, found: &mut Found<'_>) {
    if scene.pod.object.is_patch {
        return;
    }
    for member in scene.running() {
        let container = member.one.container.container;
        for (field, probe) in [
            ("startupProbe", &container.startup_probe),
            ("readinessProbe", &container.readiness_probe),
            ("livenessProbe", &container.liveness_probe),
        ] {
            let Some((port, kind)) = probe.as_ref().and_then(|probe| dialled(member, probe)) else { continue };
            let bound = scene.running().find_map(|server| Some((server, only_on_loopback(server, port)?)));
            let is_open = scene.running().any(|server| may_listen_openly(server, port));
            let Some((server, label)) = bound.filter(|_| !is_open) else { continue };
            let Some(node) = member.one.container.at(&[field, kind, "port"]) else { continue };
            found
                .at(node, format!("the {field} of `{}` can never succeed: port {port} is open on loopback only", member.name()))
                .here("dialled at the Pod's address")
                .label(Label { text: format!("`{}` {}", server.name(), label.text), ..label })
                .because("the kubelet dials the Pod's IP from the node (`pkg/kubelet/prober`), where a socket bound to 127.0.0.1 does not answer")
                .help(format!("bind to 0.0.0.0:{port}, give health a port of its own, or probe through the proxy in front"));
        }
    }
}

/// The port that the kubelet dials at the Pod's address, and the field that says so.
fn dialled(member: &Member<'_>, probe: &Probe) -> Option<(u16, &'static str)> {
    let own = |host: Option<&String>| host.is_none_or(String::is_empty);
    let (port, kind) = if let Some(get) = probe.http_get.as_ref().filter(|get| own(get.host.as_ref())) {
        (get.port.clone(), "httpGet")
    } else if let Some(socket) = probe.tcp_socket.as_ref().filter(|socket| own(socket.host.as_ref())) {
        (socket.port.clone(), "tcpSocket")
    } else {
        (IntOrString::Int(probe.grpc.as_ref()?.port), "grpc")
    };
    let number = match port {
        IntOrString::Int(number) => number,
        IntOrString::String(name) => {
            let mut ports = member.one.container.container.ports.iter().flatten();
            ports.find(|port| port.name.as_ref() == Some(&name))?.container_port
        }
    };
    Some((u16::try_from(number).ok()?, kind))
}

/// The flag, variable or directive that binds the port to loopback.
fn only_on_loopback(server: &Member<'_>, port: u16) -> Option<Label> {
    let document = &server.one.container.pod.object.document;
    let bound = server.texts.iter().find(|text| {
        binds(text) && addresses(text.text).iter().any(|address| address.is_loopback() && address.port == Some(port))
    });
    if let Some(text) = bound {
        return Some(Label::node(document, text.node, format!("binds {port} to loopback")));
    }
    // `--host=127.0.0.1 --port=8081`, in one program; a port of another prefix has an address of its own
    // (cloud-sql-proxy: `--address=127.0.0.1 --http-address=0.0.0.0 --http-port=9090`)
    let pairs: [(&[&str], &[&str]); 2] = [
        (
            &["host", "bind", "address", "listen", "listen-host", "bind-address", "listen-address"],
            &["port", "listen-port", "bind-port"],
        ),
        (&["http-host", "http-address"], &["http-port"]),
    ];
    for (hosts, ports) in pairs {
        let host = server.texts.iter().find(|text| value_of(text, hosts).is_some_and(is_loopback));
        let its_port = server.texts.iter().any(|text| value_of(text, ports) == Some(&port.to_string()));
        if let Some(host) = host.filter(|_| its_port) {
            return Some(Label::node(document, host.node, format!("binds {port} to loopback")));
        }
    }
    if let Some(text) = health_by_default(server, port) {
        return Some(Label::node(
            document,
            text.node,
            format!("serves health on localhost:{port} unless told otherwise"),
        ));
    }
    server.configs.files.iter().find_map(|file| {
        let listens: Vec<_> = nginx::listens(file.text).into_iter().filter(|listen| listen.port == port).collect();
        let first = listens.first().filter(|_| listens.iter().all(|listen| listen.is_loopback))?;
        Some(Label::span(&file.object.document.source, file.span(first.text), format!("binds {port} to loopback")))
    })
}

/// What switches the health server of Google's database proxies on, whose `--http-address` is `localhost` and
/// whose `--http-port` is 9090 by default (GoogleCloudPlatform/cloud-sql-proxy: docs/cmd/cloud-sql-proxy.md).
fn health_by_default<'a, 'run>(server: &'a Member<'run>, port: u16) -> Option<&'a Text<'run>> {
    let image = server.one.container.container.image.as_deref().unwrap_or_default();
    let is_proxy = ["/cloud-sql-proxy:", "/alloydb-auth-proxy:"].iter().any(|name| image.contains(name));
    let elsewhere = ["http-address", "HTTP_ADDRESS", "config-file", "CONFIG_FILE"];
    let is_told = server.texts.iter().any(|text| {
        let said = text.variable.unwrap_or(text.text);
        elsewhere.iter().any(|word| said.contains(word))
    });
    let has_unseen = server.one.container.container.env_from.is_some();
    let given = server.texts.iter().enumerate().find_map(|(at, text)| {
        let joined = text.text.strip_prefix("--http-port").filter(|_| text.variable.is_none())?;
        joined.strip_prefix('=').or_else(|| server.texts.get(at + 1).map(|next| next.text))
    });
    let is_port = given.unwrap_or("9090") == port.to_string();
    let switch = server.texts.iter().find(|text| matches!(text.text, "--health-check" | "--health-check=true"));
    switch.filter(|_| is_proxy && !is_told && !has_unseen && is_port)
}

/// Whether a text is where a program listens, not what it talks to.
fn binds(text: &Text<'_>) -> bool {
    const WORDS: [&str; 9] = [
        "listen",
        "bind",
        "http-endpoint",
        "http-address",
        "http-addr",
        "health-addr",
        "serve-addr",
        "status",
        "tcp-listen",
    ];
    let name = text.variable.map_or_else(|| flag_name(text.text).unwrap_or_default(), str::to_owned);
    let name = name.to_ascii_lowercase().replace('_', "-");
    WORDS.iter().any(|word| name.contains(word)) && !name.contains("upstream") && !name.contains("target")
}

fn flag_name(word: &str) -> Option<String> {
    let flag = word.strip_prefix('-')?;
    flag.split_once('=').map(|(name, _)| name.trim_start_matches('-').to_owned())
}

/// The value of one of these flags or variables.
fn value_of<'a>(text: &Text<'a>, names: &[&str]) -> Option<&'a str> {
    let (name, value) = match text.variable {
        Some(name) => (name.to_owned(), text.text),
        None => text
            .text
            .split_once('=')
            .and_then(|(flag, value)| Some((flag.strip_prefix('-')?.trim_start_matches('-').to_owned(), value)))?,
    };
    // A variable called HOST may be what the program talks to; only flags are clear.
    let is_flag = text.variable.is_none()
        || name.to_ascii_uppercase().contains("LISTEN")
        || name.to_ascii_uppercase().contains("BIND")
        || name.eq_ignore_ascii_case("port");
    let name = name.to_ascii_lowercase().replace('_', "-");
    names.contains(&name.as_str()).then_some(value).filter(|_| is_flag)
}

/// Whether the port may be open on another address too.
fn may_listen_openly(server: &Member<'_>, port: u16) -> bool {
    let texts = server.texts.iter().any(|text| {
        let any = [format!("0.0.0.0:{port}"), format!("[::]:{port}"), format!("*:{port}")];
        any.iter().any(|any| text.text.contains(any.as_str()))
            || text.text.ends_with(&format!("=:{port}"))
            || text.text == format!(":{port}")
            || (text.text.contains("$(") && mentions_number(text.text, port))
    });
    let files = server.configs.files.iter().any(|file| {
        nginx::listens(file.text).iter().any(|listen| listen.port == port && !listen.is_loopback)
            || file.text.contains(&format!("0.0.0.0:{port}"))
    });
    texts || files
}
