//! The objects of a run by kind, name and label: which of them another object means or selects.
//!
//! Built once for a run in one pass; each question looks only at what carries the name or label asked for.

mod build;
mod find;
mod matching;
mod workloads;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::candidates::Selectable;
use super::groups::{Lists, Names};
use super::hash::{FastMap, FastSet};
use super::memo::Memo;
use super::nearby::{FEW, Nearby, Numbers, Place, Within};
use super::object::Object;
use super::selector::Selector;
use super::typed::Typed;
use super::unit::{Neighbours, folder};

pub(super) use find::nearness;
use matching::Selections;

/// Objects that can be asked for by kind, by name and by the labels of their Pods.
#[derive(Debug, Default)]
pub struct Index<'run> {
    all: Vec<&'run Object>,
    by_kind: FastMap<&'run str, Vec<&'run Object>>,
    names: Names<'run>,
    by_target: Lists<(&'run str, &'run str), &'run Object>,
    selectable: Selectable<'run>,
    by_place: FastMap<(FolderScope<'run>, &'run str), Vec<&'run Object>>,
    /// Services, those that select alike together.
    services: Vec<Alike<'run>>,
    /// Their places by one label that they select by.
    by_selected_label: Lists<(&'run str, &'run str), usize>,
    /// The same by namespace.
    by_selected_label_in: Lists<(Option<&'run str>, &'run str, &'run str), usize>,
    /// The same by place for labels that more than a few select by.
    by_selected_label_at: FastMap<(Place<'run>, Within<'run>, &'run str, &'run str), Vec<usize>>,
    /// What selectors match, by the bytes of the question.
    selections: Mutex<Selections>,
    /// How often objects were compared.
    comparisons: AtomicUsize,
    workloads_by_place: FastMap<FolderScope<'run>, Vec<&'run Object>>,
    neighbours: Neighbours<'run>,
    /// What has one kind and name, where that is more than a few.
    namesakes: FastMap<(&'run str, &'run str), Nearby<'run>>,
    /// The same of what scales one kind and name.
    scaling: FastMap<(&'run str, &'run str), Nearby<'run>>,
    /// Places among all objects.
    numbers: Numbers<'run>,
    /// In which namespaces kinds are.
    kinds: FastSet<(&'run str, Option<&'run str>)>,
    /// Where a custom object is that may make Pods in its own way.
    opaque: FastSet<FolderScope<'run>>,
    memo: Arc<Memo>,
}

/// Services of one unit and namespace with one selector.
type Alike<'run> = Vec<&'run Object>;

/// One folder's objects of one namespace. Objects without a namespace share one that is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FolderScope<'run> {
    /// The folder of the file.
    pub folder: &'run str,
    /// The namespace as written.
    pub namespace: Option<&'run str>,
}

impl<'run> FolderScope<'run> {
    /// Where an object is.
    #[must_use]
    pub fn of(object: &'run Object) -> Self {
        Self { folder: folder(object), namespace: object.id.namespace.as_deref() }
    }
}

impl<'run> Index<'run> {
    /// What was worked out of texts of the run.
    #[must_use]
    pub fn memo(&self) -> &Arc<Memo> {
        &self.memo
    }

    /// All objects, in the order of the run.
    #[must_use]
    pub fn all(&self) -> &[&'run Object] {
        &self.all
    }

    /// All objects of a kind, in the order of the run.
    #[must_use]
    pub fn kind(&self, kind: &str) -> &[&'run Object] {
        self.by_kind.get(kind).map_or(&[], Vec::as_slice)
    }

    /// Whether an object of a kind may be in the namespace of this one.
    #[must_use]
    pub fn has_beside(&self, object: &Object, kind: &str) -> bool {
        match object.id.namespace.as_deref() {
            Some(own) => self.kinds.contains(&(kind, Some(own))) || self.kinds.contains(&(kind, None)),
            None => !self.kind(kind).is_empty(),
        }
    }

    /// The objects of a kind in one place, in the order of the run.
    #[must_use]
    pub fn kind_in(&self, place: FolderScope<'run>, kind: &'run str) -> &[&'run Object] {
        self.by_place.get(&(place, kind)).map_or(&[], Vec::as_slice)
    }

    /// Whatever is or makes Pods in one place, in the order of the run.
    #[must_use]
    pub fn workloads_in(&self, place: FolderScope<'run>) -> &[&'run Object] {
        self.workloads_by_place.get(&place).map_or(&[], Vec::as_slice)
    }

    /// Whether a place holds an object of a kind that is not known, and that shows no Pods or not all: it may make some.
    #[must_use]
    pub fn has_opaque(&self, place: FolderScope<'run>) -> bool {
        self.opaque.contains(&place)
    }

    /// Whether a Service of a place selects Pods with these labels.
    #[must_use]
    pub fn selects_in(&self, place: FolderScope<'run>, labels: &super::types::Labels) -> bool {
        let by_label = labels.iter().map(|(key, value)| {
            let (key, value) = (key.as_str(), value.as_str());
            let few = self.by_selected_label.get(&(key, value)).filter(|all| all.len() <= FEW);
            let key_at = |one| (one, Within::In(place.namespace), key, value);
            let at = |one| self.by_selected_label_at.get(&key_at(one)).map(Vec::as_slice);
            // both are empty where few are not
            [few, at(Place::Folder(place.folder)), at(Place::Variants(place.folder))]
        });
        let alike = by_label.flatten().flatten().flatten().filter_map(|at| self.services.get(*at));
        let matches =
            |service: &&&Object| service_selector(service).is_some_and(|own| Selector::map(own).matches(labels));
        // those of one group are of one file
        alike
            .filter_map(|alike| alike.first())
            .filter(|service| FolderScope::of(service) == place)
            .any(|service| matches(&service))
    }

    /// How close others are to an object: the same for all objects that this is equal for.
    #[must_use]
    pub fn place(&self, object: &'run Object) -> impl Ord + use<'run> {
        (FolderScope::of(object), self.neighbours.variant(object), &object.kustomizations)
    }

    /// How often objects were compared with each other so far, for tests of how that grows.
    #[must_use]
    pub fn comparisons(&self) -> usize {
        self.comparisons.load(Ordering::Relaxed)
    }
}

/// The labels that a Service selects by.
fn service_selector(object: &Object) -> Option<&super::types::Labels> {
    let Some(Typed::Service(service)) = &object.typed else { return None };
    service.spec.as_ref()?.selector.as_ref().filter(|labels| !labels.is_empty())
}
