//! The objects of a run by kind, name and label: which of them another object means or selects.
//!
//! Built once for a run in one pass; each question looks only at what carries the name or label asked for.

mod matching;
mod workloads;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::candidates::Selectable;
use super::groups::{Lists, Names};
use super::hash::{FastMap, FastSet};
use super::memo::Memo;
use super::nearby::{self, FEW, Nearby, Numbers, Place, Within};
use super::object::Object;
use super::selector::Selector;
use super::threads::WORTH_THREADS;
use super::typed::Typed;
use super::unit::{Neighbours, Reach, folder};
use crate::yaml::{Document, work};

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
    /// All objects but patches, which are parts of others.
    #[must_use]
    pub fn of(objects: &[&'run Object]) -> Self {
        let mut all: Vec<&Object> = objects.iter().copied().filter(|object| !object.is_patch).collect();
        all.shrink_to_fit();
        let find = || (Names::of(&all), Selectable::of(&all));
        let (mut index, (names, selectable)) = if all.len() < WORTH_THREADS {
            (Self::by_kinds(&all), find())
        } else {
            rayon::join(|| Self::by_kinds(&all), find)
        };
        (index.all, index.names, index.selectable) = (all, names, selectable);
        index.neighbours = Neighbours::of(index.names.groups());
        index.numbers = Numbers::of(&index.all, &index.neighbours);
        for group in index.names.groups().filter(|group| group.len() > FEW) {
            let nearby = Nearby::first_two(group, &index.neighbours);
            index.namesakes.insert((group[0].id.kind.as_str(), group[0].id.name.as_str()), nearby);
        }
        for ((key, value), places) in index.by_selected_label.iter().filter(|(_, places)| places.len() > FEW) {
            for at in places {
                let Some(service) = index.services[*at].first() else { continue };
                for place in nearby::places(service, &index.neighbours) {
                    for within in Within::all_of(service) {
                        index.by_selected_label_at.entry((place, within, key, value)).or_default().push(*at);
                    }
                }
            }
        }
        for (target, group) in index.by_target.iter().filter(|(_, group)| group.len() > FEW) {
            index.scaling.insert(target, Nearby::of(group, &index.neighbours));
        }
        index
    }

    /// Objects by their kinds and places, targets of autoscalers, and Services by what they select.
    fn by_kinds(all: &[&'run Object]) -> Self {
        let mut index = Self::default();
        let mut services: BTreeMap<_, Alike<'run>> = BTreeMap::new();
        let mut by_target = Vec::new();
        for object in all.iter().copied() {
            let kind = object.id.kind.as_str();
            index.by_kind.entry(kind).or_default().push(object);
            index.kinds.insert((kind, object.id.namespace.as_deref()));
            let is_keda = kind == "ScaledObject";
            if (is_keda || kind == "HorizontalPodAutoscaler")
                && let Some(target) = object.document.at(object.node, &["spec", "scaleTargetRef"])
                && let Some(target_kind) = object.document.get_str(target, "kind").or(is_keda.then_some("Deployment"))
                && let Some(target_name) = object.document.get_str(target, "name")
            {
                by_target.push(((target_kind, target_name), object));
            }
            let place = FolderScope::of(object);
            index.by_place.entry((place, kind)).or_default().push(object);
            if let Some(labels) = service_selector(object) {
                let unit = (object.document.source.name.as_str(), &object.kustomizations);
                services.entry((labels, object.id.namespace.as_deref(), unit)).or_default().push(object);
            }
            if object.pods().next().is_some() {
                index.workloads_by_place.entry(place).or_default().push(object);
            }
            if object.typed.is_none() && (object.is_operated || object.pods().next().is_none()) {
                index.opaque.insert(place);
            }
        }
        let mut selecting: FastMap<(&str, &str), usize> = FastMap::default();
        for (key, value) in services.keys().flat_map(|(labels, ..)| labels.iter()) {
            *selecting.entry((key, value)).or_default() += 1;
        }
        let (mut by_label, mut by_label_in) = (Vec::new(), Vec::new());
        for (at, ((labels, namespace, _), alike)) in services.into_iter().enumerate() {
            // by the label that the fewest others select by
            let rarest = labels.iter().min_by_key(|(key, value)| selecting.get(&(key.as_str(), value.as_str())));
            if let Some((key, value)) = rarest {
                by_label.push(((key.as_str(), value.as_str()), at));
                by_label_in.push(((namespace, key.as_str(), value.as_str()), at));
            }
            index.services.push(alike);
        }
        index.by_target = Lists::of(by_target);
        index.by_selected_label = Lists::of(by_label);
        index.by_selected_label_in = Lists::of(by_label_in);
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
        if let Some(namesakes) = self.namesakes.get(&(kind, name)) {
            return self.find_among(namesakes, from);
        }
        let within = |reach| self.named(from, kind, name).filter(move |to| self.reach(from, to) == Some(reach));
        let mut unit = within(Reach::Unit).peekable();
        if unit.peek().is_none() { nearest(from, within(Reach::Folder)) } else { nearest(from, unit) }
    }

    /// The same among many of that kind and name.
    fn find_among(&self, namesakes: &Nearby<'run>, from: &Object) -> Option<&'run Object> {
        let mut unit = self.listed(namesakes.at(from, nearby::of_unit(from)));
        if unit.is_empty() {
            unit = self.listed(namesakes.at(from, nearby::of_folder(from, &self.neighbours)));
        }
        nearest(from, unit.into_iter())
    }

    /// What lists hold, each object once.
    fn listed<'a>(&self, lists: impl Iterator<Item = &'a [(u32, &'run Object)]>) -> Vec<&'run Object>
    where
        'run: 'a,
    {
        let mut all: Vec<(u32, &Object)> = lists.flatten().copied().collect();
        self.comparisons.fetch_add(all.len(), Ordering::Relaxed);
        work::count(all.len());
        all.sort_unstable_by_key(|(number, _)| *number);
        all.dedup_by_key(|(number, _)| *number);
        all.into_iter().map(|(_, object)| object).collect()
    }

    /// Whether an object of that kind and name is applied with `from`, or lies in its folder.
    #[must_use]
    pub fn has_near(&self, from: &Object, kind: &str, name: &str) -> bool {
        let is_near = |to: &&Object| self.reach(from, to).is_some_and(|reach| reach < Reach::Run);
        match self.namesakes.get(&(kind, name)) {
            Some(namesakes) => {
                let places = nearby::of_unit(from).chain(nearby::of_folder(from, &self.neighbours));
                namesakes.at(from, places).next().is_some()
            }
            None => self.called(kind, name).iter().any(is_near),
        }
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
        // one without a namespace goes wherever it is applied to
        let [own, open] = match from.id.namespace.as_deref() {
            Some(namespace) => self.names.called_in_each(kind, name, [Some(namespace), None]),
            None => [self.names.called(kind, name), &[]],
        };
        own.iter().chain(open).copied()
    }

    /// All objects of that kind and name in one namespace, as it is written.
    #[must_use]
    pub fn called_in<'a>(&'a self, kind: &'a str, name: &'a str, namespace: &'a str) -> &'a [&'run Object] {
        self.names.called_in(kind, name, Some(namespace))
    }

    /// The objects of a kind that are applied with `from` or lie in its folder, and of several with one name the
    /// nearest, if one is. One pass over the kind.
    pub fn beside(&self, from: &Object, kind: &str) -> impl Iterator<Item = &'run Object> + use<'run> {
        let mut versions: Vec<(usize, Option<&'run Object>)> = Vec::new();
        let mut seen: FastMap<&str, usize> = FastMap::default();
        let is_near = |object: &&Object| self.reach(from, object).is_some_and(|reach| reach < Reach::Run);
        for object in self.of_kind_near(from, kind).into_iter().filter(is_near) {
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

    /// The objects of a kind, without those that are elsewhere where that saves looks at many.
    fn of_kind_near(&self, from: &Object, kind: &str) -> Vec<&'run Object> {
        let all = self.kind(kind);
        let lists: Vec<&[u32]> = self.near_numbers(from, Reach::Folder);
        if all.len() <= FEW || lists.iter().map(|list| list.len()).sum::<usize>() >= all.len() {
            return all.to_vec();
        }
        let mut numbers: Vec<u32> = lists.concat();
        numbers.sort_unstable();
        numbers.dedup();
        let objects = numbers.into_iter().map(|number| self.all[number as usize]);
        objects.filter(|object| object.id.kind == kind).collect()
    }

    /// The places among all objects of what is applied with an object, or lies in its folder as well.
    fn near_numbers<'a>(&'a self, from: &'a Object, reach: Reach) -> Vec<&'a [u32]> {
        let folder = nearby::of_folder(from, &self.neighbours).filter(|_| reach >= Reach::Folder);
        nearby::of_unit(from).chain(folder).map(|place| self.numbers.at(place)).collect()
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
