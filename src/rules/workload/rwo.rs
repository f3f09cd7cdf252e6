//! Claims that one node at a time can mount.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use memchr::memmem;

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
                    // the classes of LVM Storage in OpenShift, which TopoLVM makes volumes for (openshift/lvm-operator)
                    | "lvms"
                    | "zfs"
                    | "efs"
                    | "fsx"
                    | "azurefile"
                    | "blob"
                    | "blobfuse"
                    | "gcsfuse"
                    | "nasplugin"
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

/// Whether a class, a provisioner or a driver is called after disks that are attached to one node at a time, by the clouds
/// and projects that make them: `gp3`, `do-block-storage`, `pd.csi.storage.gke.io`, `driver.longhorn.io`.
fn is_of_disks(name: &str) -> bool {
    const WORDS: [&str; 35] = [
        "ebs",
        "gp2",
        "gp3",
        "io1",
        "io2",
        "pd",
        "rwo",
        "disk",
        "azuredisk",
        "managed",
        "cinder",
        "vsphere",
        "vmware",
        "rbd",
        "block",
        "blockvolume",
        "bv",
        "bs",
        "iscsi",
        "longhorn",
        "dobs",
        "linodebs",
        "hcloud",
        "hetzner",
        "diskplugin",
        "scw",
        "bssd",
        "exoscale",
        "mayastor",
        "cstor",
        "jiva",
        "linstor",
        "portworx",
        "pxd",
        "storageos",
    ];
    let name = name.to_ascii_lowercase();
    name.split(['-', '_', '.', '/']).any(|word| WORDS.contains(&word))
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
    /// What holds their volumes, by name: where several clusters have one name, the least of them.
    known: HashMap<&'run str, Held>,
    /// The same of the class that claims without one get; nothing where it is not in the run.
    default: Option<Held>,
    /// Volumes that no node attaches, by class and by name.
    volumes: HashMap<&'run str, Vec<&'run Object>>,
    names: HashSet<&'run str>,
    /// Whether the run has a cluster of kind, which makes volumes by local-path and calls the class `standard`
    /// (kind.sigs.k8s.io: docs/user/configuration; `pkg/build/nodeimage` in kubernetes-sigs/kind).
    is_of_kind: bool,
    /// Whether others in the run name the class `local-path`: the default of k3s (docs.k3s.io: storage).
    is_of_k3s: OnceCell<bool>,
}

/// What holds the volumes of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Held {
    /// The node that they are attached to.
    Attached,
    /// That is not known.
    Unknown,
    /// No node, or they keep their Pods on theirs.
    Free,
}

impl Held {
    fn by_provisioner(name: &str) -> Self {
        if provisions_for_no_node(name) {
            Self::Free
        } else if is_of_disks(name) || name == "kubernetes.io/portworx-volume" {
            Self::Attached
        } else {
            Self::Unknown
        }
    }
}

impl<'run> Classes<'run> {
    /// Looks through the run once.
    #[must_use]
    pub fn of(index: &Index<'run>) -> Self {
        let mut classes = Self::default();
        for object in index.kind("StorageClass") {
            let Some(typed) = storage_class(object) else { continue };
            let held = Held::by_provisioner(&typed.provisioner);
            let known = classes.known.entry(&object.id.name).or_insert(held);
            *known = held.max(*known);
            if is_default(typed) {
                classes.default = classes.default.max(Some(held));
            }
        }
        for volume in index.kind("PersistentVolume").iter().copied() {
            let Some(spec) = volume_spec(volume).filter(|_| is_of_every_node(volume)) else { continue };
            let class = spec.storage_class_name.as_deref().unwrap_or_default();
            classes.volumes.entry(class).or_default().push(volume);
            classes.names.insert(&volume.id.name);
        }
        let mut clusters = index.kind("Cluster").iter();
        classes.is_of_kind = clusters.any(|object| object.id.api_version.starts_with("kind.x-k8s.io/"));
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

    /// What holds the volumes of a claim's class.
    fn held(&self, index: &Index<'run>, class: Option<&str>) -> Held {
        let Some(class) = class else {
            return self.default.unwrap_or_else(|| {
                let is_local = self.is_of_kind || *self.is_of_k3s.get_or_init(|| is_of_k3s(index));
                if is_local { Held::Free } else { Held::Unknown }
            });
        };
        let in_run = self.known.get(class).copied();
        let is_of_kind = || in_run.is_none() && class == "standard" && self.is_of_kind;
        if is_of_no_node(class) || is_of_kind() {
            return Held::Free;
        }
        match in_run.unwrap_or(Held::Unknown) {
            Held::Unknown if is_of_disks(class) => Held::Attached,
            held => held,
        }
    }
}

/// Whether claims, templates of claims or values of charts in the run name `local-path`.
fn is_of_k3s(index: &Index<'_>) -> bool {
    let mut last = std::ptr::null();
    index.all().iter().any(|object| {
        let source = &object.document.source;
        let is_next = !std::ptr::eq(last, std::sync::Arc::as_ptr(source));
        last = std::sync::Arc::as_ptr(source);
        is_next && names_local_path(&source.text)
    })
}

fn names_local_path(text: &str) -> bool {
    memmem::find_iter(text.as_bytes(), "local-path").any(|at| {
        let line = text[..at].rsplit('\n').next().unwrap_or_default();
        // a claim's field, and what charts call it
        line.to_ascii_lowercase().contains("storageclass")
    })
}

/// Whether a volume in the run that a claim names, or that is for its class, is a disk.
fn is_of_a_disk(index: &Index<'_>, claim: &Object, typed: &PersistentVolumeClaim) -> bool {
    index.beside(claim, "PersistentVolume").take(MOST).any(|volume| fits(volume, typed) && is_a_disk(volume))
}

/// Sources of volumes that are attached to one node (kubernetes/website: concepts/storage/persistent-volumes, "Access
/// Modes").
const DISKS: [&str; 8] =
    ["awsElasticBlockStore", "gcePersistentDisk", "azureDisk", "cinder", "vsphereVolume", "rbd", "iscsi", "fc"];

fn is_a_disk(volume: &Object) -> bool {
    let has = |source: &str| volume.document.at(volume.node, &["spec", source]).is_some();
    DISKS.iter().any(|source| has(source)) || driver(volume).is_some_and(is_of_disks)
}

/// The driver of a volume.
fn driver(volume: &Object) -> Option<&str> {
    volume.document.str(volume.document.at(volume.node, &["spec", "csi", "driver"])?)
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
    fits(volume, claim) && is_of_every_node(volume)
}

/// Whether a claim may get a volume: it names it, or both are of one class.
fn fits(volume: &Object, claim: &PersistentVolumeClaim) -> bool {
    let (Some(spec), Some(wanted)) = (volume_spec(volume), &claim.spec) else { return false };
    let class = |name: &Option<Text>| name.clone().unwrap_or_default();
    match &wanted.volume_name {
        Some(name) => *name == volume.id.name,
        None => class(&spec.storage_class_name) == class(&wanted.storage_class_name),
    }
}

/// How many volumes are tried before all that is beside a claim.
const MOST: usize = 16;

fn volume_spec(volume: &Object) -> Option<&PersistentVolumeSpec> {
    match volume.typed.as_ref()? {
        Typed::PersistentVolume(typed) => typed.spec.as_ref(),
        _ => None,
    }
}

/// Whether no node has to attach a volume: a folder, a network's file system, or a driver for one (`attachRequired: false`
/// in kubernetes-csi/csi-driver-nfs: deploy/csi-nfs-driverinfo.yaml).
fn is_of_every_node(volume: &Object) -> bool {
    const SHARED: [&str; 8] = ["hostPath", "local", "nfs", "cephfs", "glusterfs", "azureFile", "quobyte", "flocker"];
    let has = |source: &str| volume.document.at(volume.node, &["spec", source]).is_some();
    SHARED.iter().any(|source| has(source)) || driver(volume).is_some_and(provisions_for_no_node)
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
