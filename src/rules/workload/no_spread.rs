use super::{rwo, scaling};
use crate::kube::{Index, Typed};
use crate::rules::{Check, FindingsAnywhere, Rule, parts};
use crate::words::clip;

/// Replicas that may all be on one node.
pub static RULE: Rule = rule!("no_spread.md", Advice, Check::Workspace(check));

/// What says where Pods run.
const PLACED: [&str; 6] = [
    "spec.topologySpreadConstraints",
    "spec.affinity",
    "spec.nodeSelector",
    "spec.volumes",
    "spec.hostNetwork",
    "spec.containers.ports",
];

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    let behind = scaling::behind_services(index);
    for pod in parts::final_pods(index, &PLACED) {
        let (object, spec) = (pod.object, pod.spec);
        // Without clients a lost node costs time, not answers.
        let Some(service) = behind.get(&std::ptr::from_ref(object)) else { continue };
        let is_kind = matches!(object.typed, Some(Typed::Deployment(_) | Typed::StatefulSet(_)));
        let Some(replicas) = scaling::lowest(index, object)
            .filter(|replicas| is_kind && *replicas > 1 && object.keeps(&["spec.replicas"]))
        else {
            continue;
        };
        let is_spread = spec.topology_spread_constraints.iter().flatten().next().is_some()
            || spec.affinity.as_ref().is_some_and(|affinity| affinity.pod_anti_affinity.is_some());
        // One node holds one Pod with a port of its own network.
        let has_host_port =
            pod.containers().any(|view| view.container.ports.iter().flatten().any(|port| port.host_port.is_some()));
        if is_spread || has_host_port || spec.host_network == Some(true) || rwo::is_pinned(pod) {
            continue;
        }
        let node = scaling::replicas_node(object).unwrap_or_else(|| scaling::name_node(object));
        found
            .about(object)
            .at(node, format!("all {replicas} replicas of `{}` may be scheduled on the same node", clip(&object.id.name)))
            .label(service.label(scaling::name_node(service), "goes down with that node"))
            .because("without a constraint in the template the scheduler only prefers to spread them, and may pick a full zone over an empty one (kubernetes/website: concepts/scheduling-eviction/topology-spread-constraints)")
            .help("add `topologySpreadConstraints` with `topologyKey: kubernetes.io/hostname` and the Pods' labels");
    }
}
