use crate::facts::{ContainerFacts, PodFacts, Role, Task};
use crate::kube::types::IntOrString;
use crate::rules::{Check, Findings, Rule, parts};
use crate::words::clip;
use crate::yaml::NodeId;

/// A native sidecar waits for an app that is not started before it.
pub static RULE: Rule = rule!("startup_probe_deadlock.md", Error, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    if facts.pod.object.is_patch || facts.pod.is_changed(&parts::PROBES) {
        return;
    }
    for one in facts.members.iter().filter(|one| one.container.is_native_sidecar()) {
        let through = (one.role == Role::Sidecar(Task::Tls)).then(|| status_of_target(one)).flatten();
        let waits = through.or_else(|| app_port(one, facts));
        let Some((node, at, other, how)) = waits else { continue };
        let name = one.name();
        let saying = found
            .at(node, format!("`{name}` is started only when {how}, which is started after it"))
            .because(
                "the kubelet starts the containers of a Pod in order, and continues after a native \
                 sidecar only once its startupProbe has succeeded (KEP-753); the app never starts",
            )
            .help(format!("probe something that `{name}` can answer without the app"));
        saying.and(at, other);
    }
}

type Waits = (NodeId, NodeId, String, String);

/// ghostunnel's `/_status` answers for its target.
fn status_of_target(one: &ContainerFacts<'_>) -> Option<Waits> {
    let get = one.container.container.startup_probe.as_ref()?.http_get.as_ref()?;
    let is_status = get.path.as_deref().is_some_and(|path| path.starts_with("/_status"));
    let node =
        one.container.at(&["startupProbe", "httpGet", "path"]).filter(|_| is_status && one.runs("ghostunnel"))?;
    let (dial, port) = one.loopback_dials().next()?;
    Some((node, one.node_of(&dial.proof), "its target".to_owned(), format!("`{}:{port}` answers", clip(&dial.host))))
}

/// A probe of a port that only the app declares.
fn app_port(one: &ContainerFacts<'_>, facts: &PodFacts<'_>) -> Option<Waits> {
    let view = one.container;
    let probe = view.container.startup_probe.as_ref()?;
    let http = probe.http_get.as_ref().filter(|get| get.host.is_none()).map(|get| &get.port);
    let tcp = probe.tcp_socket.as_ref().filter(|socket| socket.host.is_none()).map(|socket| &socket.port);
    let (field, port) = http.map(|port| ("httpGet", port)).or(tcp.map(|port| ("tcpSocket", port)))?;
    let IntOrString::Int(number) = port else { return None };
    let node = view.at(&["startupProbe", field, "port"])?;
    // The sidecar may listen on a port that it does not declare, unless all of its ports are known.
    let number = u16::try_from(*number).ok()?;
    if one.may_serve(number) || (!one.listens_nowhere_else && one.names_number(number)) {
        return None;
    }
    let app = facts.main().find_map(|other| {
        let (_, declared) =
            parts::ports(&other.container).find(|(port, _)| port.container_port == i32::from(number))?;
        Some((other.name(), declared))
    })?;
    Some((node, app.1, format!("port {number} is `{}`'s", app.0), format!("`{}` answers", app.0)))
}
