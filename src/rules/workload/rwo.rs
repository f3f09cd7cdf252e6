//! Claims that one node at a time can mount.

use k8s_openapi::api::core::v1::PersistentVolumeClaim;

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
        let class = typed.spec.as_ref().and_then(|spec| spec.storage_class_name.as_deref()).unwrap_or_default();
        if is_of_no_node(class)
            || index.beside(claim, "PersistentVolume").any(|volume| serves_from_anywhere(volume, typed))
        {
            return None;
        }
        Some(SingleNode { node, claim, modes })
    })
}

/// Whether a storage class is called after a provisioner whose volumes are not attached to one node, or that keeps all
/// Pods of a claim on the node of its folder (rancher/local-path-provisioner, kubernetes-sigs/sig-storage-lib-external-provisioner).
fn is_of_no_node(class: &str) -> bool {
    let words = || class.split(['-', '_', '.']);
    class.contains("local-path")
        || class.contains("hostpath")
        || words().any(|word| matches!(word, "nfs" | "efs" | "azurefile" | "cephfs" | "smb" | "cifs" | "filestore"))
}

/// Whether a volume that a claim may get is of a kind that no node attaches: nothing holds it for one node then
/// (kubernetes/website: concepts/storage/persistent-volumes, "Access Modes").
fn serves_from_anywhere(volume: &Object, claim: &PersistentVolumeClaim) -> bool {
    let Some(Typed::PersistentVolume(typed)) = &volume.typed else { return false };
    let (Some(spec), Some(wanted)) = (&typed.spec, &claim.spec) else { return false };
    let class = |name: &Option<String>| name.clone().unwrap_or_default();
    let fits = match &wanted.volume_name {
        Some(name) => *name == volume.id.name,
        None => class(&spec.storage_class_name) == class(&wanted.storage_class_name),
    };
    fits && (spec.host_path.is_some() || spec.local.is_some() || spec.nfs.is_some())
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
