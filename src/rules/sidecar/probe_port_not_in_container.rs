use std::cell::OnceCell;

use crate::kube::types::IntOrString;
use crate::kube::{ContainerView, FastMap, PodView};
use crate::rules::{Check, Findings, Rule, parts, text};
use crate::words::{clip, nearest};
use crate::yaml::{NodeId, edit};

/// A probe or hook names a port that its own container does not declare.
pub static RULE: Rule = rule!("probe_port_not_in_container.md", Error, Check::Pod(check), fixes);

fn check(pod: PodView<'_>, found: &mut Findings<'_>) {
    if pod.object.is_patch || pod.is_changed(&["spec.containers.ports"]) || pod.is_changed(&parts::PROBES) {
        return;
    }
    let declared = Declared { pod, ports: OnceCell::new() };
    pod.containers().for_each(|view| of_container(view, &declared, found));
}

/// The ports of a Pod by name, looked up once a probe names one that its container does not have.
struct Declared<'run> {
    pod: PodView<'run>,
    ports: OnceCell<FastMap<&'run str, Port<'run>>>,
}

/// A port, its node and the container that declares it.
#[derive(Clone, Copy)]
struct Port<'run> {
    of: &'run str,
    number: i32,
    node: NodeId,
}

impl<'run> Declared<'run> {
    /// The first of a name.
    fn called(&self, name: &str) -> Option<Port<'run>> {
        let ports = self.ports.get_or_init(|| {
            let mut ports = FastMap::default();
            for view in self.pod.containers() {
                for (port, node) in parts::ports(&view) {
                    let Some(name) = port.name.as_deref() else { continue };
                    let of = view.container.name.as_str();
                    ports.entry(name).or_insert(Port { of, number: port.container_port, node });
                }
            }
            ports
        });
        ports.get(name).copied()
    }
}

fn of_container(view: ContainerView<'_>, declared: &Declared<'_>, found: &mut Findings<'_>) {
    let container = view.container;
    for (field, probe) in [
        ("startupProbe", &container.startup_probe),
        ("readinessProbe", &container.readiness_probe),
        ("livenessProbe", &container.liveness_probe),
    ] {
        let Some(probe) = probe else { continue };
        let http = probe.http_get.as_ref().map(|get| &get.port);
        let tcp = probe.tcp_socket.as_ref().map(|socket| &socket.port);
        port(&view, &[field, "httpGet", "port"], http, declared, found);
        port(&view, &[field, "tcpSocket", "port"], tcp, declared, found);
    }
    let Some(hooks) = &container.lifecycle else { return };
    for (field, hook) in [("preStop", &hooks.pre_stop), ("postStart", &hooks.post_start)] {
        let http = hook.as_ref().and_then(|hook| hook.http_get.as_ref()).map(|get| &get.port);
        port(&view, &["lifecycle", field, "httpGet", "port"], http, declared, found);
    }
}

fn port(
    view: &ContainerView<'_>,
    path: &[&str],
    port: Option<&IntOrString>,
    declared: &Declared<'_>,
    found: &mut Findings<'_>,
) {
    let Some(IntOrString::String(name)) = port else { return };
    let Some(node) = view.at(path) else { return };
    let own = || view.container.ports.iter().flatten();
    let is_own = own().any(|port| port.name.as_deref() == Some(name));
    // An empty name is a hook's port 80; digits are for the API server to judge.
    // What another program fills in may be any name.
    let is_open = text::is_placeholder(name) || own().filter_map(|port| port.name.as_deref()).any(text::is_placeholder);
    if is_own || is_open || name.is_empty() || name.bytes().all(|byte| byte.is_ascii_digit()) {
        return;
    }
    let what = if path[0] == "lifecycle" { path[1] } else { path[0] };
    let container = &view.container.name;
    let mut saying = found
        .at(node, format!("`{container}` has no port called `{}`, so its {what} always fails", clip(name)))
        .because(
            "the kubelet looks up a named port only in the probed container (`ResolveContainerPort` in \
             `pkg/probe/util.go`), and the API server does not check that it exists",
        );
    if let Some(Port { of: other, number, node: declared }) = declared.called(name) {
        let edit = edit::scalar(&view.pod.object.document, node, &number.to_string());
        saying = saying.and(declared, format!("`{name}` belongs to `{other}`"));
        saying
            .here(format!("`{container}` declares no such port"))
            .help(format!("use the number, `port: {number}`: it reaches any container of the Pod"))
            .fix_if(format!("write the port as {number}"), edit.map(|edit| vec![edit]));
        return;
    }
    saying = match nearest(name, own().filter_map(|port| port.name.as_deref())) {
        Some(nearest) => saying.here(format!("did you mean `{nearest}`?")),
        None => saying.here("no container of this Pod declares it"),
    };
    saying.help(format!("write the number, or add `name: {}` to an entry of `ports`", clip(name)));
}
