//! Claims that one node at a time can mount.

use std::collections::{HashMap, HashSet};

use crate::kube::types::StorageClass;
use crate::kube::types::{NodeSelectorTerm, PersistentVolumeClaim, PersistentVolumeSpec};
use crate::kube::{Index, Object, PodView, Reach, Typed};
use crate::rules::parts;
use crate::text::Text;
use crate::yaml::NodeId;

/// The fields of a workload that say how many Pods there are at a time, and those of its Pods that say where they run and
/// what they mount.
pub const SCALED: [&str; 3] = ["spec.replicas", "spec.strategy", "spec.updateStrategy"];
pub const PLACED: [&str; 3] = ["spec.volumes", "spec.nodeSelector", "spec.affinity"];

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
pub fn single_node<'run>(index: &Index<'run>, classes: &Classes<'run>, pod: PodView<'_>) -> Option<SingleNode<'run>> {
    parts::volumes(&pod).find_map(|(volume, node)| {
        let source = volume.persistent_volume_claim.as_ref()?;
        let claim = index
            .find(pod.object, "PersistentVolumeClaim", &source.claim_name)
            .filter(|claim| claim.keeps(&["spec"]))?;
        let Some(Typed::PersistentVolumeClaim(typed)) = &claim.typed else { return None };
        let modes = typed.spec.as_ref()?.access_modes.as_ref()?;
        let is_single = modes.iter().all(|mode| mode == "ReadWriteOnce" || mode == "ReadWriteOncePod");
        let modes =
            claim.document.at(claim.node, &["spec", "accessModes"]).filter(|_| is_single && !modes.is_empty())?;
        let node = pod.object.document.at(node, &["persistentVolumeClaim", "claimName"])?;
        let class = typed.spec.as_ref().and_then(|spec| spec.storage_class_name.as_deref());
        if classes.are_free(class) || classes.serve_from_anywhere(index, claim, typed) {
            return None;
        }
        Some(SingleNode { node, claim, modes })
    })
}

/// Whether a storage class is called after a provisioner whose volumes are not attached to one node, or that keeps all
/// Pods of a claim on the node of its folder (rancher/local-path-provisioner, kubernetes-sigs/sig-storage-lib-external-provisioner).
fn is_of_no_node(class: &str) -> bool {
    let class = class.to_ascii_lowercase();
    let words = || class.split(['-', '_', '.', '/']);
    ["local-path", "local-storage", "hostpath", "topolvm", "lvmpv", "zfspv"].iter().any(|name| class.contains(name))
        || words().any(|word| {
            matches!(
                word,
                "nfs"
                    | "lvm"
                    | "zfs"
                    | "efs"
                    | "azurefile"
                    | "cephfs"
                    | "smb"
                    | "cifs"
                    | "filestore"
                    | "glusterfs"
                    | "juicefs"
                    | "seaweedfs"
            )
        })
}

/// Whether a provisioner makes such volumes. Those of local disks keep a claim's Pods on its node
/// (kubernetes/website: concepts/storage/volumes, "local").
fn provisions_for_no_node(provisioner: &str) -> bool {
    const OTHERS: [&str; 8] = [
        "kubernetes.io/no-provisioner",
        "file.csi.azure.com",
        "kubernetes.io/azure-file",
        "openebs.io/local",
        "local.csi.openebs.io",
        "topolvm.io",
        "topolvm.cybozu.com",
        // the name in kubernetes-incubator/external-storage's example of NFS
        "fuseim.pri/ifs",
    ];
    is_of_no_node(provisioner) || OTHERS.contains(&provisioner)
}

/// What the run says of its storage classes.
#[derive(Debug, Default)]
pub struct Classes<'run> {
    /// Whether their volumes are of no node, by name: where several clusters have one name, those of any.
    known: HashMap<&'run str, bool>,
    /// The same of the class that claims without one get; nothing where it is not in the run.
    default: Option<bool>,
    /// Volumes that no node attaches, by class and by name.
    volumes: HashMap<&'run str, Vec<&'run Object>>,
    names: HashSet<&'run str>,
    /// Whether the run has a cluster of kind, which makes volumes by local-path and calls the class `standard`
    /// (kind.sigs.k8s.io: docs/user/configuration; `pkg/build/nodeimage` in kubernetes-sigs/kind).
    is_of_kind: bool,
    /// Whether other claims name `local-path`: the default of k3s, under its own name (docs.k3s.io: storage).
    is_of_k3s: bool,
}

impl<'run> Classes<'run> {
    /// Looks through the run once.
    #[must_use]
    pub fn of(index: &Index<'run>) -> Self {
        let mut classes = Self::default();
        for object in index.kind("StorageClass") {
            let Some(typed) = storage_class(object) else { continue };
            let is_free = provisions_for_no_node(&typed.provisioner);
            *classes.known.entry(&object.id.name).or_default() |= is_free;
            if is_default(typed) {
                *classes.default.get_or_insert_default() |= is_free;
            }
        }
        for volume in index.kind("PersistentVolume").iter().copied() {
            let Some(spec) = volume_spec(volume).filter(|spec| is_of_every_node(spec)) else { continue };
            let class = spec.storage_class_name.as_deref().unwrap_or_default();
            classes.volumes.entry(class).or_default().push(volume);
            classes.names.insert(&volume.id.name);
        }
        let mut clusters = index.kind("Cluster").iter();
        classes.is_of_kind = clusters.any(|object| object.id.api_version.starts_with("kind.x-k8s.io/"));
        classes.is_of_k3s = index.kind("PersistentVolumeClaim").iter().any(|object| match &object.typed {
            Some(Typed::PersistentVolumeClaim(claim)) => {
                let class = claim.spec.as_ref().and_then(|spec| spec.storage_class_name.as_deref());
                class == Some("local-path")
            }
            _ => false,
        });
        classes
    }

    /// Whether a volume beside a claim that it may get is of a kind that no node attaches.
    fn serve_from_anywhere(&self, index: &Index<'run>, claim: &Object, typed: &PersistentVolumeClaim) -> bool {
        let Some(wanted) = &typed.spec else { return false };
        let fitting = match &wanted.volume_name {
            Some(name) if self.names.contains(name.as_str()) => &[][..],
            Some(_) => return false,
            None => match self.volumes.get(wanted.storage_class_name.as_deref().unwrap_or_default()) {
                Some(volumes) => volumes.as_slice(),
                None => return false,
            },
        };
        // of several with one name the nearest counts
        let is_plain = |volume: &&Object| {
            index.called("PersistentVolume", &volume.id.name).len() == 1
                && index.reach(claim, volume).is_some_and(|reach| reach < Reach::Run)
        };
        fitting.iter().take(MOST).copied().any(|volume| is_plain(&volume))
            || index.beside(claim, "PersistentVolume").any(|volume| serves_from_anywhere(volume, typed))
    }

    /// Whether the volumes of a claim's class are of no node, or keep its Pods on theirs.
    fn are_free(&self, class: Option<&str>) -> bool {
        let by_name = class.is_some_and(is_of_no_node);
        let in_run = class.map_or(self.default, |class| self.known.get(class).copied());
        by_name
            || in_run.unwrap_or_else(|| match class {
                Some(class) => class == "standard" && self.is_of_kind,
                None => self.is_of_kind || self.is_of_k3s,
            })
    }
}

fn storage_class(object: &Object) -> Option<&StorageClass> {
    match object.typed.as_ref()? {
        Typed::StorageClass(typed) => Some(typed),
        _ => None,
    }
}

/// Whether claims without a class get this one (kubernetes/website: concepts/storage/storage-classes, "Default
/// `StorageClass`").
fn is_default(class: &StorageClass) -> bool {
    const MARKS: [&str; 2] =
        ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];
    let annotations = class.metadata.annotations.as_ref();
    annotations.is_some_and(|all| MARKS.iter().any(|mark| all.get(mark).is_some_and(|value| value == "true")))
}

/// Whether a volume that a claim may get is of a kind that no node attaches: nothing holds it for one node then
/// (kubernetes/website: concepts/storage/persistent-volumes, "Access Modes").
fn serves_from_anywhere(volume: &Object, claim: &PersistentVolumeClaim) -> bool {
    let (Some(spec), Some(wanted)) = (volume_spec(volume), &claim.spec) else { return false };
    let class = |name: &Option<Text>| name.clone().unwrap_or_default();
    let fits = match &wanted.volume_name {
        Some(name) => *name == volume.id.name,
        None => class(&spec.storage_class_name) == class(&wanted.storage_class_name),
    };
    fits && is_of_every_node(spec)
}

/// How many volumes are tried before all that is beside a claim.
const MOST: usize = 16;

fn volume_spec(volume: &Object) -> Option<&PersistentVolumeSpec> {
    match volume.typed.as_ref()? {
        Typed::PersistentVolume(typed) => typed.spec.as_ref(),
        _ => None,
    }
}

fn is_of_every_node(spec: &PersistentVolumeSpec) -> bool {
    spec.host_path.is_some() || spec.local.is_some() || spec.nfs.is_some()
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
