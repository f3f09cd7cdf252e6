//! The objects of a run by kind, name and label: which of them another object means or selects.
//!
//! Built once for a run in one pass; each question looks only at what carries the name or label asked for.

use std::collections::{HashMap, HashSet};

use super::object::{Object, PodView};
use super::selector::Selector;
use super::typed::Typed;
use super::unit::{Neighbours, Reach, folder, same_unit};
use crate::yaml::Document;

/// Objects that can be asked for by kind, by name and by the labels of their Pods.
#[derive(Debug, Default)]
pub struct Index<'run> {
    all: Vec<&'run Object>,
    by_kind: HashMap<&'run str, Vec<&'run Object>>,
    by_name: HashMap<(&'run str, &'run str), Vec<&'run Object>>,
    by_id: HashMap<(&'run str, &'run str, Option<&'run str>), Vec<&'run Object>>,
    by_target: HashMap<(&'run str, &'run str), Vec<&'run Object>>,
    by_label: HashMap<(&'run str, &'run str), Vec<&'run Object>>,
    by_place: HashMap<(Place<'run>, &'run str), Vec<&'run Object>>,
    /// Services by one label that they select by.
    by_selected_label: HashMap<(&'run str, &'run str), Vec<&'run Object>>,
    workloads_by_place: HashMap<Place<'run>, Vec<&'run Object>>,
    neighbours: Neighbours<'run>,
}

/// One folder's objects of one namespace. Objects without a namespace have one of their own, wherever that may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place<'run> {
    /// The folder of the file.
    pub folder: &'run str,
    /// The namespace as written.
    pub namespace: Option<&'run str>,
}

impl<'run> Place<'run> {
    /// Where an object stands.
    #[must_use]
    pub fn of(object: &'run Object) -> Self {
        Self { folder: folder(object), namespace: object.id.namespace.as_deref() }
    }
}

impl<'run> Index<'run> {
    /// All objects but patches, which are parts of others.
    #[must_use]
    pub fn of(objects: &[&'run Object]) -> Self {
        let mut index = Self::default();
        for object in objects.iter().copied().filter(|object| !object.is_patch) {
            let (kind, name) = (object.id.kind.as_str(), object.id.name.as_str());
            index.all.push(object);
            index.by_kind.entry(kind).or_default().push(object);
            index.by_name.entry((kind, name)).or_default().push(object);
            index.by_id.entry((kind, name, object.id.namespace.as_deref())).or_default().push(object);
            let is_keda = kind == "ScaledObject";
            if (is_keda || kind == "HorizontalPodAutoscaler")
                && let Some(target) = object.document.at(object.node, &["spec", "scaleTargetRef"])
                && let Some(target_kind) = object.document.get_str(target, "kind").or(is_keda.then_some("Deployment"))
                && let Some(target_name) = object.document.get_str(target, "name")
            {
                index.by_target.entry((target_kind, target_name)).or_default().push(object);
            }
            index.by_place.entry((Place::of(object), kind)).or_default().push(object);
            if let Some((key, value)) = service_selector(object).and_then(|labels| labels.iter().next()) {
                index.by_selected_label.entry((key, value)).or_default().push(object);
            }
            if object.pods().next().is_some() {
                index.workloads_by_place.entry(Place::of(object)).or_default().push(object);
            }
            for (key, value) in object.pods().filter_map(PodView::labels).flatten() {
                let labelled = index.by_label.entry((key, value)).or_default();
                // the templates of one object often share their labels
                if labelled.last().is_none_or(|last| !std::ptr::eq(*last, object)) {
                    labelled.push(object);
                }
            }
        }
        index.neighbours = Neighbours::of(&index.all);
        index
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

    /// The objects of a kind in one place, in the order of the run.
    #[must_use]
    pub fn kind_in(&self, place: Place<'run>, kind: &'run str) -> &[&'run Object] {
        self.by_place.get(&(place, kind)).map_or(&[], Vec::as_slice)
    }

    /// Whatever is or makes Pods in one place, in the order of the run.
    #[must_use]
    pub fn workloads_in(&self, place: Place<'run>) -> &[&'run Object] {
        self.workloads_by_place.get(&place).map_or(&[], Vec::as_slice)
    }

    /// How close `to` is to `from`; nothing where their namespaces differ.
    #[must_use]
    pub fn reach(&self, from: &Object, to: &Object) -> Option<Reach> {
        self.neighbours.reach(from, to)
    }

    /// The object of that kind and name that `from` means: of its unit, else of its folder, the nearest file first.
    /// Nothing where several are equally near, as versions of one object are, and nothing from elsewhere in the run.
    #[must_use]
    pub fn find(&self, from: &Object, kind: &str, name: &str) -> Option<&'run Object> {
        let within = |reach| self.named(from, kind, name).filter(move |to| self.reach(from, to) == Some(reach));
        let unit: Vec<&Object> = within(Reach::Unit).collect();
        if unit.is_empty() { nearest(from, within(Reach::Folder)) } else { nearest(from, unit.into_iter()) }
    }

    /// The same, from anywhere in the run. What is found outside unit and folder may excuse something, and proves
    /// nothing.
    #[must_use]
    pub fn find_anywhere(&self, from: &Object, kind: &str, name: &str) -> Option<&'run Object> {
        self.find(from, kind, name).or_else(|| nearest(from, self.named(from, kind, name)))
    }

    /// Whether an object of that kind and name is in the run, however far away.
    #[must_use]
    pub fn has(&self, from: &Object, kind: &str, name: &str) -> bool {
        self.named(from, kind, name).next().is_some()
    }

    fn named<'a>(&'a self, from: &'a Object, kind: &'a str, name: &'a str) -> impl Iterator<Item = &'run Object> + 'a {
        let of = |namespace| self.by_id.get(&(kind, name, namespace)).map_or(&[][..], Vec::as_slice);
        // one without a namespace goes wherever it is applied to
        let (own, open) = match from.id.namespace.as_deref() {
            Some(namespace) => (of(Some(namespace)), of(None)),
            None => (self.by_name.get(&(kind, name)).map_or(&[][..], Vec::as_slice), &[][..]),
        };
        own.iter().chain(open).copied()
    }

    /// The `HorizontalPodAutoscalers` and KEDA's `ScaledObjects` whose target has this workload's kind and name, in any namespace.
    #[must_use]
    pub fn scalers<'a>(&'a self, workload: &'a Object) -> &'a [&'run Object] {
        let target = (workload.id.kind.as_str(), workload.id.name.as_str());
        self.by_target.get(&target).map_or(&[], Vec::as_slice)
    }

    /// The objects of a kind that are applied with `from` or lie in its folder, and of several with one name the
    /// nearest, if one is. One pass over the kind.
    pub fn beside(&self, from: &Object, kind: &str) -> impl Iterator<Item = &'run Object> + use<'run> {
        let mut versions: Vec<(usize, Option<&'run Object>)> = Vec::new();
        let mut seen: HashMap<&str, usize> = HashMap::new();
        let is_near = |object: &&&Object| self.reach(from, object).is_some_and(|reach| reach < Reach::Run);
        for object in self.kind(kind).iter().filter(is_near).copied() {
            let near = nearness(&from.document, &object.document);
            let at = *seen.entry(object.id.name.as_str()).or_insert(versions.len());
            match versions.get_mut(at) {
                Some((best, _)) if near < *best => {}
                Some((best, kept)) if near == *best => *kept = None,
                Some(version) => *version = (near, Some(object)),
                None => versions.push((near, Some(object))),
            }
        }
        versions.into_iter().filter_map(|(_, object)| object)
    }

    /// What makes the Pods that a selector of `from` matches: the workloads and Pods that are applied with it. Of
    /// several versions of one workload the first.
    #[must_use]
    pub fn selected(&self, from: &Object, selector: &Selector<'_>) -> Vec<&'run Object> {
        let mut seen = HashSet::new();
        self.matching(from, selector)
            .filter(|object| same_unit(from, object) && seen.insert((&object.id.kind, &object.id.name)))
            .collect()
    }

    /// The Services that send traffic to a workload's Pods.
    pub fn services_of<'a>(&'a self, workload: &'a Object) -> impl Iterator<Item = &'run Object> + 'a {
        let labels = workload.pods().next().and_then(PodView::labels);
        let pairs = labels.into_iter().flatten();
        let by_label = pairs.filter_map(|(key, value)| self.by_selected_label.get(&(key.as_str(), value.as_str())));
        by_label.flatten().copied().filter(move |service| {
            let selector = service_selector(service).map(Selector::map);
            let selects = selector.zip(labels).is_some_and(|(selector, labels)| selector.matches(labels));
            selects && in_one_namespace(service, workload) && same_unit(service, workload)
        })
    }

    /// A Service that sends traffic to a workload's Pods, of its own folder if there is one.
    #[must_use]
    pub fn service_of(&self, workload: &Object) -> Option<&'run Object> {
        self.services_of(workload)
            .max_by_key(|service| folder(service) == folder(workload) && service.id.namespace == workload.id.namespace)
    }

    /// The same from the whole run, with all versions: what may be selected.
    pub fn matching<'a>(
        &'a self,
        from: &'a Object,
        selector: &'a Selector<'_>,
    ) -> impl Iterator<Item = &'run Object> + 'a {
        let rarest =
            selector.equal().map(|(key, value)| self.by_label.get(&(key, value)).map_or(&[][..], Vec::as_slice));
        let candidates = rarest.min_by_key(|objects| objects.len()).unwrap_or(&self.all);
        candidates.iter().copied().filter(move |object| {
            in_one_namespace(from, object)
                && object.pods().filter_map(PodView::labels).any(|labels| selector.matches(labels))
        })
    }
}

/// The labels that a Service selects by.
fn service_selector(object: &Object) -> Option<&std::collections::BTreeMap<String, String>> {
    let Some(Typed::Service(service)) = &object.typed else { return None };
    service.spec.as_ref()?.selector.as_ref().filter(|labels| !labels.is_empty())
}

/// Whether two objects may be in one namespace: one without a namespace goes wherever it is applied to.
#[must_use]
pub fn in_one_namespace(a: &Object, b: &Object) -> bool {
    match (&a.id.namespace, &b.id.namespace) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    }
}

/// The object nearest to `from`, if one is nearer than all others.
fn nearest<'run>(from: &Object, objects: impl Iterator<Item = &'run Object>) -> Option<&'run Object> {
    let mut nearest: Option<(usize, &Object)> = None;
    let mut is_tie = false;
    for object in objects {
        let nearness = nearness(&from.document, &object.document);
        match nearest {
            Some((best, _)) if nearness < best => {}
            Some((best, _)) if nearness == best => is_tie = true,
            _ => (nearest, is_tie) = (Some((nearness, object)), false),
        }
    }
    nearest.filter(|_| !is_tie).map(|(_, object)| object)
}

/// How near two documents are: in one file, or by the folders that their files share.
pub(super) fn nearness(a: &Document, b: &Document) -> usize {
    let (a, b) = (a.source.name.as_str(), b.source.name.as_str());
    if a == b { usize::MAX } else { a.split('/').zip(b.split('/')).take_while(|(a, b)| a == b).count() }
}
