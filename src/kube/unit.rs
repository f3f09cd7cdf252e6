//! What is applied together: the resources of a kustomization, a rendered stream, or else one file.
//!
//! A folder of files is not a unit: examples and variants of one app lie side by side everywhere. What its files say
//! of each other by name counts all the same, unless they hold variants of the same objects; see [`Neighbours`].

use std::ops::Deref;
use std::sync::Arc;

use super::hash::{FastMap, FastSet};
use super::object::Object;

/// One set of objects that are applied together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unit<'run> {
    /// The file of this name; for standard input the stream.
    File(&'run str),
    /// What a kustomization that no other builds on brings together, by its number in the run.
    Kustomization(u32),
}

/// The kustomizations that bring an object together with others, by their numbers in the run. The objects of a file share
/// them, and most have none, so that they take one pointer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::kube) struct Kustomizations(Option<Arc<Vec<u32>>>);

impl From<&[u32]> for Kustomizations {
    fn from(numbers: &[u32]) -> Self {
        Self((!numbers.is_empty()).then(|| Arc::new(numbers.to_vec())))
    }
}

impl Deref for Kustomizations {
    type Target = [u32];

    fn deref(&self) -> &[u32] {
        self.0.as_ref().map_or(&[], |numbers| numbers)
    }
}

/// The units that an object belongs to: several where several overlays build on one base.
pub fn units(object: &Object) -> impl Iterator<Item = Unit<'_>> {
    let by_file = object.kustomizations.is_empty().then(|| Unit::File(object.document.source.name.as_str()));
    by_file.into_iter().chain(object.kustomizations.iter().map(|number| Unit::Kustomization(*number)))
}

/// Whether two objects are applied together.
#[must_use]
pub fn same_unit(a: &Object, b: &Object) -> bool {
    let (one, other) = (&a.kustomizations, &b.kustomizations);
    file(a) == file(b) || one.iter().any(|number| other.contains(number))
}

/// How close another object is to one that refers to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Applied with it.
    Unit,
    /// In another file of its folder that holds no variant of the same objects.
    Folder,
    /// Elsewhere in the run, in a namespace that may be its own. What is there may excuse something, and proves nothing.
    Run,
}

/// The files of the run that hold variants of the same objects as another file of their folder.
#[derive(Debug, Default)]
pub struct Neighbours<'run> {
    alternatives: FastSet<&'run str>,
}

impl<'run> Neighbours<'run> {
    /// Looks for objects of one kind, name and namespace in several files of one folder, among groups that have kind and
    /// name in common. A Namespace is often repeated.
    #[must_use]
    pub(super) fn of<'groups>(groups: impl Iterator<Item = &'groups [&'run Object]>) -> Self
    where
        'run: 'groups,
    {
        let mut alternatives = FastSet::default();
        for group in groups.filter(|group| group.len() > 1) {
            let mut first: FastMap<_, &str> = FastMap::default();
            for object in group.iter().copied().filter(|object| object.id.kind != "Namespace") {
                let key = (folder(object), object.id.namespace.as_deref());
                let one = *first.entry(key).or_insert(file(object));
                if one != file(object) && !object.id.name.is_empty() {
                    alternatives.extend([one, file(object)]);
                }
            }
        }
        Self { alternatives }
    }

    /// The file of an object, if it holds variants of what another file of the folder holds.
    #[must_use]
    pub fn variant<'a>(&self, object: &'a Object) -> Option<&'a str> {
        Some(file(object)).filter(|file| self.alternatives.contains(file))
    }

    /// How close two objects are; nothing where their namespaces differ.
    #[must_use]
    pub fn reach(&self, a: &Object, b: &Object) -> Option<Reach> {
        let is_variant = |object| self.alternatives.contains(file(object));
        if !in_one_namespace(a, b) {
            None
        } else if same_unit(a, b) {
            Some(Reach::Unit)
        } else if folder(a) == folder(b) && !(is_variant(a) && is_variant(b)) {
            Some(Reach::Folder)
        } else {
            Some(Reach::Run)
        }
    }
}

fn file(object: &Object) -> &str {
    object.document.source.name.as_str()
}

/// The folder of an object's file.
pub(super) fn folder(object: &Object) -> &str {
    let named = || file(object).rsplit_once('/').map_or("", |(folder, _)| folder);
    object.folder.as_deref().unwrap_or_else(named)
}

/// Whether two objects may be in one namespace: one without a namespace goes wherever it is applied to.
#[must_use]
pub fn in_one_namespace(a: &Object, b: &Object) -> bool {
    match (&a.id.namespace, &b.id.namespace) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    }
}
