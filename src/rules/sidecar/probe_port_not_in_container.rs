use crate::kube::types::IntOrString;

use crate::diagnostic::Edit;
use crate::kube::ContainerView;
use crate::rules::{Check, Findings, Rule, parts, text};
use crate::words::{clip, nearest};

/// A probe or hook names a port that its own container does not declare.
pub static RULE: Rule = rule!("probe_port_not_in_container.md", Error, Check::Container(check), fixes);

fn check(view: ContainerView<'_>, found: &mut Findings<'_>) {
    if view.pod.object.is_patch
        || view.pod.is_changed(&["spec.containers.ports"])
        || view.pod.is_changed(&parts::PROBES)
    {
        return;
    }
    let container = view.container;
    for (field, probe) in [
        ("startupProbe", &container.startup_probe),
        ("readinessProbe", &container.readiness_probe),
        ("livenessProbe", &container.liveness_probe),
    ] {
        let Some(probe) = probe else { continue };
        let http = probe.http_get.as_ref().map(|get| &get.port);
        let tcp = probe.tcp_socket.as_ref().map(|socket| &socket.port);
        port(&view, &[field, "httpGet", "port"], http, found);
        port(&view, &[field, "tcpSocket", "port"], tcp, found);
    }
    let Some(hooks) = &container.lifecycle else { return };
    for (field, hook) in [("preStop", &hooks.pre_stop), ("postStart", &hooks.post_start)] {
        let http = hook.as_ref().and_then(|hook| hook.http_get.as_ref()).map(|get| &get.port);
        port(&view, &["lifecycle", field, "httpGet", "port"], http, found);
    }
}

fn port(view: &ContainerView<'_>, path: &[&str], port: Option<&IntOrString>, found: &mut Findings<'_>) {
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
    let neighbour = view.pod.containers().filter(|other| other.node != view.node).find_map(|other| {
        let ports = other.at(&["ports"]).map_or(&[][..], |list| other.pod.object.document.items(list));
        let mut declared = other.container.ports.iter().flatten().zip(ports);
        let (port, node) = declared.find(|(port, _)| port.name.as_deref() == Some(name))?;
        Some((other.container.name.clone(), port.container_port, *node))
    });
    if let Some((other, number, declared)) = neighbour {
        let edit = Edit::replace(view.pod.object.document.span(node), number.to_string());
        saying = saying.and(declared, format!("`{name}` belongs to `{other}`"));
        saying
            .here(format!("`{container}` declares no such port"))
            .help(format!("use the number, `port: {number}`: it reaches any container of the Pod"))
            .fix(format!("write the port as {number}"), vec![edit]);
        return;
    }
    saying = match nearest(name, own().filter_map(|port| port.name.as_deref())) {
        Some(nearest) => saying.here(format!("did you mean `{nearest}`?")),
        None => saying.here("no container of this Pod declares it"),
    };
    saying.help(format!("write the number, or add `name: {}` to an entry of `ports`", clip(name)));
}
