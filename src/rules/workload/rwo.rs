//! Claims that one node at a time can mount.

use crate::kube::{Index, Object, PodView, Typed};
use crate::rules::parts;
use crate::yaml::NodeId;

/// A volume of a Pod on a claim that only one node can mount.
#[derive(Clone, Copy, Debug)]
pub struct SingleNode<'run> {
    /// The node of the claim's name in the Pod.
    pub node: NodeId,
    /// The claim.
    pub claim: &'run Object,
    /// Its access modes.
    pub modes: NodeId,
}

/// The first of a Pod's volumes whose claim is in the run and is `ReadWriteOnce` or `ReadWriteOncePod` alone.
pub fn single_node<'run>(index: &Index<'run>, pod: PodView<'_>) -> Option<SingleNode<'run>> {
    parts::volumes(&pod).find_map(|(volume, node)| {
        let source = volume.persistent_volume_claim.as_ref()?;
        let claim =
            index.find(pod.object, "PersistentVolumeClaim", &source.claim_name).filter(|claim| !claim.is_base)?;
        let Some(Typed::PersistentVolumeClaim(typed)) = &claim.typed else { return None };
        let modes = typed.spec.as_ref()?.access_modes.as_ref()?;
        let is_single = modes.iter().all(|mode| mode == "ReadWriteOnce" || mode == "ReadWriteOncePod");
        let modes =
            claim.document.at(claim.node, &["spec", "accessModes"]).filter(|_| is_single && !modes.is_empty())?;
        let node = pod.object.document.at(node, &["persistentVolumeClaim", "claimName"])?;
        Some(SingleNode { node, claim, modes })
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
    by_name || by_label || beside
}
