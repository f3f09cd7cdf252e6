//! What the run says of its storage classes.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use memchr::memmem;

use super::MOST;
use super::names::{is_of_disks, is_of_no_node, provisions_for_no_node};
use super::volumes::{is_of_every_node, serves_from_anywhere, volume_spec};
use crate::kube::types::{PersistentVolumeClaim, StorageClass};
use crate::kube::{Index, Object, Reach, Typed};

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
pub(super) enum Held {
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
    pub(super) fn serve_from_anywhere(
        &self,
        index: &Index<'run>,
        claim: &Object,
        typed: &PersistentVolumeClaim,
    ) -> bool {
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
    pub(super) fn held(&self, index: &Index<'run>, class: Option<&str>) -> Held {
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
