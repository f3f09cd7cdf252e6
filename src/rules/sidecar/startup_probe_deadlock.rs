use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::diagnostic::{Level, RuleId};
use crate::kube::{ContainerList, ContainerView, PodView};
use crate::recognise::{self, Role, Task, address};
use crate::rules::{Check, Found, Rule, parts};
use crate::words::clip;
use crate::yaml::NodeId;

/// A native sidecar waits for an app that is not started before it.
pub static RULE: Rule = Rule {
    id: RuleId { name: "startup-probe-deadlock", family: "sidecar" },
    level: Level::Error,
    page: include_str!("startup_probe_deadlock.md"),
    check: Check::Pod(check),
};

fn check(pod: PodView<'_>, found: &mut Found<'_>) {
    if pod.object.is_patch {
        return;
    }
    if !pod.containers().any(|view| view.is_native_sidecar()) {
        return;
    }
    let all = recognise::containers(pod);
    for one in all.iter().filter(|one| one.container.is_native_sidecar()) {
        let view = one.container;
        let through = (one.role == Role::Sidecar(Task::Tls)).then(|| status_of_target(&view)).flatten();
        let waits = through.or_else(|| app_port(&view, pod));
        let Some((node, at, other, how)) = waits else { continue };
        let name = &view.container.name;
        let saying = found
            .at(node, format!("`{name}` is started only when {how}, which is started after it"))
            .because(
                "the kubelet starts the containers of a Pod in order and goes on from a native sidecar only when its \
                 startupProbe has succeeded (KEP-753); the app never gets there",
            )
            .help(format!("probe something that `{name}` answers by itself"));
        saying.and(at, other);
    }
}

type Waits = (NodeId, NodeId, String, String);

/// ghostunnel's `/_status` dials the target and answers 503 until it is there.
fn status_of_target(view: &ContainerView<'_>) -> Option<Waits> {
    let get = view.container.startup_probe.as_ref()?.http_get.as_ref()?;
    let is_status = get.path.as_deref().is_some_and(|path| path.starts_with("/_status"));
    let (_, server) = parts::words(view).find(|(word, _)| *word == "server").filter(|_| is_status)?;
    let words: Vec<_> = parts::words(view).collect();
    let target = words.iter().enumerate().find_map(|(at, (word, node))| {
        let inline = word.strip_prefix("--target=").map(|target| (target, *node));
        inline.or_else(|| words.get(at + 1).filter(|_| *word == "--target").map(|(next, node)| (next.as_str(), *node)))
    });
    let (target, at) = target.unwrap_or(("the app", server));
    let is_inside = address::addresses(target).iter().any(address::Address::is_loopback) || target == "the app";
    let node = view.at(&["startupProbe", "httpGet", "path"]).filter(|_| is_inside)?;
    Some((node, at, "its target".to_owned(), format!("`{}` answers", clip(target))))
}

/// A probe of a port that only a container of the app has.
fn app_port(view: &ContainerView<'_>, pod: PodView<'_>) -> Option<Waits> {
    let probe = view.container.startup_probe.as_ref()?;
    let http = probe.http_get.as_ref().filter(|get| get.host.is_none()).map(|get| &get.port);
    let tcp = probe.tcp_socket.as_ref().filter(|socket| socket.host.is_none()).map(|socket| &socket.port);
    let (field, port) = http.map(|port| ("httpGet", port)).or(tcp.map(|port| ("tcpSocket", port)))?;
    let IntOrString::Int(number) = port else { return None };
    let node = view.at(&["startupProbe", field, "port"])?;
    // The sidecar may listen on a port that it does not declare, unless its command line speaks of others.
    if view.container.ports.iter().flatten().any(|port| port.container_port == *number) || is_spoken_of(view, *number) {
        return None;
    }
    let app = pod.containers().filter(|other| other.list == ContainerList::Main).find_map(|other| {
        let (_, declared) = parts::ports(&other).find(|(port, _)| port.container_port == *number)?;
        Some((other.container.name.clone(), declared))
    })?;
    Some((node, app.1, format!("port {number} is `{}`'s", app.0), format!("`{}` answers", app.0)))
}

/// Whether the sidecar's own words name a port, other than to send requests on.
fn is_spoken_of(view: &ContainerView<'_>, number: i32) -> bool {
    let Ok(port) = u16::try_from(number) else { return false };
    address::texts(view).iter().any(|text| {
        let sends = ["target", "upstream", "backend", "dest", "app", "http://", "https://"];
        let word = text.text.to_ascii_lowercase();
        address::mentions_number(text.text, port) && !sends.iter().any(|sign| word.contains(sign))
    })
}
