use k8s_openapi::api::core::v1::ContainerPort;

use super::duplicate_container_port::{is_same_port, protocol};
use crate::diagnostic::{Level, RuleId};
use crate::kube::{ContainerList, ContainerView, PodView};
use crate::rules::{Check, Found, Rule, parts};
use crate::yaml::NodeId;

/// Two concurrent containers of one Pod give one name to two ports.
pub static RULE: Rule = Rule {
    id: RuleId { name: "duplicate-port-name", family: "sidecar" },
    level: Level::Warning,
    page: include_str!("duplicate_port_name.md"),
    check: Check::Pod(check),
};

fn check(pod: PodView<'_>, found: &mut Found<'_>) {
    let mut seen: Vec<(&ContainerPort, ContainerView<'_>, NodeId)> = Vec::new();
    // in the order in which a Service looks
    let (app, sidecars): (Vec<_>, Vec<_>) =
        pod.containers().filter(ContainerView::runs_beside_app).partition(|view| view.list == ContainerList::Main);
    for view in app.into_iter().chain(sidecars) {
        for (port, node) in parts::ports(&view) {
            let Some(name) = port.name.as_deref() else { continue };
            let node = pod.object.document.get(node, "name").unwrap_or(node);
            let Some((first, other, first_node)) =
                seen.iter().find(|(first, ..)| first.name == port.name && protocol(first) == protocol(port))
            else {
                seen.push((port, view, node));
                continue;
            };
            if other.node == view.node || is_same_port(first, port) {
                continue;
            }
            let names = (&other.container.name, &view.container.name);
            let taken = format!("{} here: a Service that says `{name}` reaches this one", first.container_port);
            found
                .at(node, format!("`{}` and `{}` both call a port `{name}`", names.0, names.1))
                .here(format!("{} here", port.container_port))
                .and(*first_node, taken)
                .because(
                    "a Service looks a named port up in `containers`, then in the native sidecars, and takes the first \
                     (`FindPort` in `pkg/api/v1/pod/util.go`)",
                )
                .help(format!("give the port of `{}` another name", names.1));
        }
    }
}
