//! The objects of a run by kind, name and label: which of them another object means or selects.
//!
//! Built once for a run in one pass; each question looks only at what carries the name or label asked for.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::groups::{Labels, Names};
use super::hash::{FastMap, FastSet};
use super::memo::Memo;
use super::object::{Object, PodView};
use super::selector::Selector;
use super::typed::Typed;
use super::unit::{Neighbours, Reach, folder, same_unit};
use crate::yaml::{Document, work};

/// Objects that can be asked for by kind, by name and by the labels of their Pods.
#[derive(Debug, Default)]
pub struct Index<'run> {
    all: Vec<&'run Object>,
    by_kind: FastMap<&'run str, Vec<&'run Object>>,
    names: Names<'run>,
    by_target: FastMap<(&'run str, &'run str), Vec<&'run Object>>,
    labels: Labels<'run>,
    by_place: FastMap<(FolderScope<'run>, &'run str), Vec<&'run Object>>,
    /// Services, those that select alike together.
    services: Vec<Alike<'run>>,
    /// Their places by one label that they select by.
    by_selected_label: FastMap<(&'run str, &'run str), Vec<usize>>,
    /// The same by namespace.
    by_selected_label_in: FastMap<(Option<&'run str>, &'run str, &'run str), Vec<usize>>,
    /// What selectors match, by the bytes of the question.
    selections: Mutex<FastMap<Vec<u8>, Arc<[usize]>>>,
    /// How often objects were compared.
    comparisons: AtomicUsize,
    workloads_by_place: FastMap<FolderScope<'run>, Vec<&'run Object>>,
    neighbours: Neighbours<'run>,
    /// Where a custom object is that may make Pods in its own way.
    opaque: FastSet<FolderScope<'run>>,
    memo: Arc<Memo>,
}

/// Services of one unit and namespace with one selector.
type Alike<'run> = Vec<&'run Object>;

/// What a selector matches.
#[derive(Clone, Debug)]
pub struct Selection<'a, 'run> {
    all: &'a [&'run Object],
    places: Arc<[usize]>,
}

impl<'run> Selection<'_, 'run> {
    /// The objects, in the order of the run.
    pub fn iter(&self) -> impl Iterator<Item = &'run Object> + '_ {
        self.places.iter().filter_map(|place| self.all.get(*place).copied())
    }

    /// Whether it matches nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The only object that it matches.
    #[must_use]
    pub fn only(&self) -> Option<&'run Object> {
        self.iter().next().filter(|_| self.places.len() == 1)
    }

    /// The same for all that select alike, as long as the index lives.
    #[must_use]
    pub fn key(&self) -> *const usize {
        self.places.as_ptr()
    }
}

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
    /// All objects but patches, which are parts of others.
    #[must_use]
    pub fn of(objects: &[&'run Object]) -> Self {
        let mut index = Self::default();
        let mut services: BTreeMap<_, Alike<'run>> = BTreeMap::new();
        for object in objects.iter().copied().filter(|object| !object.is_patch) {
            let kind = object.id.kind.as_str();
            index.all.push(object);
            index.by_kind.entry(kind).or_default().push(object);
            let is_keda = kind == "ScaledObject";
            if (is_keda || kind == "HorizontalPodAutoscaler")
                && let Some(target) = object.document.at(object.node, &["spec", "scaleTargetRef"])
                && let Some(target_kind) = object.document.get_str(target, "kind").or(is_keda.then_some("Deployment"))
                && let Some(target_name) = object.document.get_str(target, "name")
            {
                index.by_target.entry((target_kind, target_name)).or_default().push(object);
            }
            index.by_place.entry((FolderScope::of(object), kind)).or_default().push(object);
            if let Some(labels) = service_selector(object) {
                let unit = (object.document.source.name.as_str(), &object.kustomizations);
                services.entry((labels, object.id.namespace.as_deref(), unit)).or_default().push(object);
            }
            if object.typed.is_none() && object.pods().next().is_none() {
                index.opaque.insert(FolderScope::of(object));
            }
            if object.pods().next().is_some() {
                index.workloads_by_place.entry(FolderScope::of(object)).or_default().push(object);
            }
        }
        let mut selecting: FastMap<(&str, &str), usize> = FastMap::default();
        for (key, value) in services.keys().flat_map(|(labels, ..)| labels.iter()) {
            *selecting.entry((key, value)).or_default() += 1;
        }
        for (at, ((labels, namespace, _), alike)) in services.into_iter().enumerate() {
            // by the label that the fewest others select by
            let rarest = labels.iter().min_by_key(|(key, value)| selecting.get(&(key.as_str(), value.as_str())));
            if let Some((key, value)) = rarest {
                index.by_selected_label.entry((key, value)).or_default().push(at);
                index.by_selected_label_in.entry((namespace, key, value)).or_default().push(at);
            }
            index.services.push(alike);
        }
        index.all.shrink_to_fit();
        index.names = Names::of(&index.all);
        index.labels = Labels::of(&index.all);
        index.neighbours = Neighbours::of(index.names.groups());
        index
    }

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

    /// Whether a place holds an object of a kind that is not known, and that shows no Pods: it may make some.
    #[must_use]
    pub fn has_opaque(&self, place: FolderScope<'run>) -> bool {
        self.opaque.contains(&place)
    }

    /// Whether a Service of a place selects Pods with these labels.
    #[must_use]
    pub fn selects_in(&self, place: FolderScope<'run>, labels: &super::types::Labels) -> bool {
        let by_label =
            labels.iter().filter_map(|(key, value)| self.by_selected_label.get(&(key.as_str(), value.as_str())));
        let alike = by_label.flatten().filter_map(|at| self.services.get(*at));
        let matches =
            |service: &&&Object| service_selector(service).is_some_and(|own| Selector::map(own).matches(labels));
        // those of one group are of one file
        alike
            .filter_map(|alike| alike.first())
            .filter(|service| FolderScope::of(service) == place)
            .any(|service| matches(&service))
    }

    /// How close `to` is to `from`; nothing where their namespaces differ.
    #[must_use]
    pub fn reach(&self, from: &Object, to: &Object) -> Option<Reach> {
        self.comparisons.fetch_add(1, Ordering::Relaxed);
        work::count(1);
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

    /// All objects of that kind and name, in any namespace.
    #[must_use]
    pub fn called<'a>(&'a self, kind: &'a str, name: &'a str) -> &'a [&'run Object] {
        self.names.called(kind, name)
    }

    fn named<'a>(&'a self, from: &'a Object, kind: &'a str, name: &'a str) -> impl Iterator<Item = &'run Object> + 'a {
        let of = |namespace| self.names.called_in(kind, name, namespace);
        // one without a namespace goes wherever it is applied to
        let (own, open) = match from.id.namespace.as_deref() {
            Some(namespace) => (of(Some(namespace)), of(None)),
            None => (self.names.called(kind, name), &[][..]),
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
        let mut seen: FastMap<&str, usize> = FastMap::default();
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

    /// How close others are to an object: the same for all objects that this is equal for.
    #[must_use]
    pub fn place(&self, object: &'run Object) -> impl Ord + use<'run> {
        (FolderScope::of(object), self.neighbours.variant(object), &object.kustomizations)
    }

    /// What makes the Pods that a selector of `from` matches: the workloads and Pods that are applied with it. Of
    /// several versions of one workload the first. Found once for all objects of a unit that select alike.
    #[must_use]
    pub fn selected(&self, from: &Object, selector: &Selector<'_>) -> Selection<'_, 'run> {
        self.once(from, selector, true, || {
            let mut seen = FastSet::default();
            let matching = self.matching(from, selector);
            let is_first = |place: &usize| {
                let object = self.all[*place];
                same_unit(from, object) && seen.insert((&object.id.kind, &object.id.name))
            };
            matching.places.iter().copied().filter(is_first).collect()
        })
    }

    /// The same from the whole run, with all versions: what may be selected.
    #[must_use]
    pub fn matching(&self, from: &Object, selector: &Selector<'_>) -> Selection<'_, 'run> {
        self.once(from, selector, false, || {
            let candidates = self.candidates(from.id.namespace.as_deref(), selector);
            self.comparisons.fetch_add(candidates.len(), Ordering::Relaxed);
            let matches = |place: &usize| {
                let object = self.all[*place];
                in_one_namespace(from, object)
                    && object.pods().filter_map(PodView::labels).any(|labels| selector.matches(labels))
            };
            candidates.into_iter().filter(matches).collect()
        })
    }

    /// What has the rarest of the labels that a selector names, in the order of the run.
    fn candidates(&self, namespace: Option<&str>, selector: &Selector<'_>) -> Vec<usize> {
        let all = || (0..self.all.len()).collect();
        let Some(namespace) = namespace else {
            let rarest =
                selector.equal().map(|(key, value)| self.labels.labelled(key, value)).min_by_key(|some| some.len());
            return rarest.map_or_else(all, |some| some.iter().map(|label| label.object as usize).collect());
        };
        let within = |key, value, namespace| self.labels.labelled_in(&self.all, key, value, namespace);
        let labelled = |(key, value)| [within(key, value, Some(namespace)), within(key, value, None)];
        let rarest = selector.equal().map(labelled).min_by_key(|[own, open]| own.len() + open.len());
        let Some(rarest) = rarest else { return all() };
        let mut both: Vec<usize> =
            rarest.into_iter().flatten().map(|place| self.labels.object(*place) as usize).collect();
        both.sort_unstable();
        both
    }

    fn once(
        &self,
        from: &Object,
        selector: &Selector<'_>,
        is_of_unit: bool,
        find: impl FnOnce() -> Arc<[usize]>,
    ) -> Selection<'_, 'run> {
        let asked = question(from, selector, is_of_unit);
        let known = self.selections.lock().unwrap_or_else(PoisonError::into_inner).get(&asked).cloned();
        let places = known.unwrap_or_else(|| {
            let found = find();
            let mut selections = self.selections.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(selections.entry(asked).or_insert(found))
        });
        Selection { all: &self.all, places }
    }

    /// The Services that send traffic to a workload's Pods.
    pub fn services_of<'a>(&'a self, workload: &'a Object) -> impl Iterator<Item = &'run Object> + 'a {
        self.groups_of(workload).flatten().copied()
    }

    /// The same, those of one namespace and unit together that select alike: at least one in each.
    pub fn services_alike<'a>(&'a self, workload: &'a Object) -> impl Iterator<Item = &'a [&'run Object]> + 'a {
        self.groups_of(workload).map(Vec::as_slice)
    }

    /// A Service that sends traffic to a workload's Pods, of its own folder if there is one.
    #[must_use]
    pub fn service_of(&self, workload: &Object) -> Option<&'run Object> {
        self.groups_of(workload)
            .filter_map(|alike| alike.last().copied())
            .max_by_key(|service| folder(service) == folder(workload) && service.id.namespace == workload.id.namespace)
    }

    fn groups_of<'a>(&'a self, workload: &'a Object) -> impl Iterator<Item = &'a Alike<'run>> + 'a {
        let labels = workload.pods().next().and_then(PodView::labels);
        let namespace = workload.id.namespace.as_deref();
        let by_label = labels.into_iter().flatten().flat_map(move |(key, value)| {
            let (key, value) = (key.as_str(), value.as_str());
            match namespace {
                None => [self.by_selected_label.get(&(key, value)), None],
                Some(_) => [namespace, None].map(|one| self.by_selected_label_in.get(&(one, key, value))),
            }
        });
        // in order of the first label that they select by, those that name the namespace first
        let mut groups: Vec<(usize, &Alike<'run>)> =
            by_label.flatten().flatten().filter_map(|at| Some((*at, self.services.get(*at)?))).collect();
        groups.sort_by_key(|(at, alike)| {
            let service = alike.first();
            let first = service.and_then(|service| service_selector(service)?.keys().next());
            (first, namespace.is_some() && service.is_some_and(|service| service.id.namespace.is_none()), *at)
        });
        groups.into_iter().map(|(_, alike)| alike).filter(move |alike| {
            self.comparisons.fetch_add(1, Ordering::Relaxed);
            let Some(service) = alike.first() else { return false };
            let selector = service_selector(service).map(Selector::map);
            let selects = selector.zip(labels).is_some_and(|(selector, labels)| selector.matches(labels));
            selects && in_one_namespace(service, workload) && same_unit(service, workload)
        })
    }

    /// How often objects were compared with each other so far, for tests of how that grows.
    #[must_use]
    pub fn comparisons(&self) -> usize {
        self.comparisons.load(Ordering::Relaxed)
    }
}

/// A question for what a selector matches, as bytes that tell it from all others: the namespace, the unit if only what
/// is in that counts, and the selector.
fn question(from: &Object, selector: &Selector<'_>, is_of_unit: bool) -> Vec<u8> {
    let mut asked = Vec::with_capacity(128);
    let mut text = |text: Option<&str>| {
        asked.extend_from_slice(&text.map_or(usize::MAX, str::len).to_ne_bytes());
        asked.extend_from_slice(text.unwrap_or_default().as_bytes());
    };
    text(from.id.namespace.as_deref());
    text(is_of_unit.then_some(from.document.source.name.as_str()));
    if is_of_unit {
        asked.extend_from_slice(&from.kustomizations.len().to_ne_bytes());
        from.kustomizations.iter().for_each(|number| asked.extend_from_slice(&number.to_ne_bytes()));
    }
    selector.print(&mut asked);
    asked
}

/// The labels that a Service selects by.
fn service_selector(object: &Object) -> Option<&super::types::Labels> {
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
