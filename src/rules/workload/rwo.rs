//! Claims that one node at a time can mount.

mod classes;
mod names;
mod volumes;

use crate::kube::types::NodeSelectorTerm;
use crate::kube::{Index, Object, PodView, Typed};
use crate::rules::parts;
use crate::yaml::NodeId;
pub use classes::Classes;
use classes::Held;
use volumes::is_of_a_disk;

/// The fields of a workload that say how many Pods there are at a time, and those of its Pods that say where they run and
/// what they mount.
pub const SCALED: [&str; 3] = ["spec.replicas", "spec.strategy", "spec.updateStrategy"];
pub const PLACED: [&str; 3] = ["spec.volumes", "spec.nodeSelector", "spec.affinity"];

/// How many volumes are tried before all that is beside a claim.
const MOST: usize = 16;

/// A volume of a Pod on a claim that only one node can mount.
#[derive(Clone, Copy, Debug)]
pub struct SingleNode<'run> {
    /// The node of the claim's name in the Pod.
    pub node: NodeId,
    /// The claim.
    pub claim: &'run Object,
    /// Its access modes.
    pub modes: NodeId,
    /// Whether something says that its volume is attached to one node at a time: a driver that is known, in the run or in
    /// the name of its class. What the default class of a cluster is cannot be seen.
    pub is_attached: bool,
    /// The class that the claim names.
    pub class: Option<&'run str>,
}

/// The first of a Pod's volumes whose claim is in the run and is `ReadWriteOnce` or `ReadWriteOncePod` alone.
pub fn single_node<'run>(index: &Index<'run>, classes: &Classes<'run>, pod: PodView<'_>) -> Option<SingleNode<'run>> {
    parts::volumes(&pod).find_map(|(volume, node)| {
        let source = volume.persistent_volume_claim.as_ref()?;
        let claim = index
            .find(pod.object, "PersistentVolumeClaim", &source.claim_name)
            .filter(|claim| claim.keeps(&["spec.accessModes", "spec.storageClassName", "spec.volumeName"]))?;
        let Some(Typed::PersistentVolumeClaim(typed)) = &claim.typed else { return None };
        let modes = typed.spec.as_ref()?.access_modes.as_ref()?;
        let is_single = modes.iter().all(|mode| mode == "ReadWriteOnce" || mode == "ReadWriteOncePod");
        let modes =
            claim.document.at(claim.node, &["spec", "accessModes"]).filter(|_| is_single && !modes.is_empty())?;
        let node = pod.object.document.at(node, &["persistentVolumeClaim", "claimName"])?;
        let class = typed.spec.as_ref().and_then(|spec| spec.storage_class_name.as_deref());
        let held = classes.held(index, class);
        if held == Held::Free || classes.serve_from_anywhere(index, claim, typed) {
            return None;
        }
        let is_attached = held == Held::Attached || is_of_a_disk(index, claim, typed);
        Some(SingleNode { node, claim, modes, is_attached, class })
    })
}

/// Whether all Pods must run on one node.
pub fn is_pinned(pod: PodView<'_>) -> bool {
    let by_name = pod.spec.node_name.is_some();
    let by_label = pod.spec.node_selector.iter().flatten().any(|(key, _)| key == "kubernetes.io/hostname");
    let affinity = pod.spec.affinity.as_ref();
    let beside = affinity.and_then(|affinity| affinity.pod_affinity.as_ref()).is_some_and(|affinity| {
        let required = affinity.required_during_scheduling_ignored_during_execution.iter().flatten();
        required.into_iter().any(|term| term.topology_key == "kubernetes.io/hostname")
    });
    let selector = affinity.and_then(|affinity| {
        affinity.node_affinity.as_ref()?.required_during_scheduling_ignored_during_execution.as_ref()
    });
    let names_one = |term: &NodeSelectorTerm| {
        term.match_expressions.iter().chain(&term.match_fields).flatten().any(|wanted| {
            let is_host = matches!(wanted.key.as_str(), "kubernetes.io/hostname" | "metadata.name");
            is_host && wanted.operator == "In" && wanted.values.as_ref().is_some_and(|values| values.len() == 1)
        })
    };
    // terms are alternatives
    let by_affinity = selector.is_some_and(|selector| {
        selector.node_selector_terms.len() == 1 && selector.node_selector_terms.iter().all(names_one)
    });
    by_name || by_label || by_affinity || beside
}
