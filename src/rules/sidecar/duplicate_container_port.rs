use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::kube::types::ContainerPort;
use crate::kube::{ContainerView, PodView};
use crate::rules::{Check, Findings, Rule};
use crate::yaml::NodeId;

/// Two concurrent containers of one Pod declare one port.
pub static RULE: Rule = rule!("duplicate_container_port.md", Warning, Check::Pod(check));

struct Port<'object> {
    number: i32,
    protocol: &'object str,
    container: ContainerView<'object>,
    node: NodeId,
}

fn check(pod: PodView<'_>, found: &mut Findings<'_>) {
    if pod.is_changed(&["spec.containers.ports"]) {
        return;
    }
    let mut seen: HashMap<(i32, &str), Port<'_>> = HashMap::new();
    for view in pod.containers().filter(ContainerView::runs_beside_app) {
        let Some(ports) = &view.container.ports else { continue };
        let nodes = view.at(&["ports"]).map_or(&[][..], |list| pod.object.document.items(list));
        for (port, node) in ports.iter().zip(nodes) {
            let number_node = pod.object.document.get(*node, "containerPort");
            let Some(number_node) = number_node.filter(|_| port.container_port != 0) else { continue };
            let this =
                Port { number: port.container_port, protocol: protocol(port), container: view, node: number_node };
            match seen.entry((this.number, this.protocol)) {
                Entry::Occupied(first) if first.get().container.node != view.node => say(first.get(), &this, found),
                Entry::Occupied(_) => {}
                Entry::Vacant(place) => drop(place.insert(this)),
            }
        }
    }
}

fn say(first: &Port<'_>, second: &Port<'_>, found: &mut Findings<'_>) {
    let Port { number, protocol, .. } = second;
    let names = (&first.container.container.name, &second.container.container.name);
    found
        .at(second.node, format!("`{}` and `{}` both declare port {number}/{protocol}", names.0, names.1))
        .here("so does this")
        .and(first.node, format!("`{}` listens on {number}", names.0))
        .because("containers of a Pod share one network namespace; the second bind of a port fails")
        .help(format!("give `{}` another port, or remove this entry if it does not listen there", names.1));
}

/// Whether two entries are one port, which this rule reports.
pub(super) fn is_same_port(a: &ContainerPort, b: &ContainerPort) -> bool {
    a.container_port == b.container_port && protocol(a) == protocol(b)
}

/// A port's protocol, TCP unless it says otherwise.
pub(super) fn protocol(port: &ContainerPort) -> &str {
    port.protocol.as_deref().unwrap_or("TCP")
}
