//! Which object of a kind and name another one means: the nearest.

use std::sync::atomic::Ordering;

use super::super::hash::FastMap;
use super::super::nearby::{self, FEW, Nearby};
use super::super::unit::Reach;
use super::Index;
use crate::kube::Object;
use crate::yaml::{Document, work};

impl<'run> Index<'run> {
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
    pub(super) fn listed<'a>(&self, lists: impl Iterator<Item = &'a [(u32, &'run Object)]>) -> Vec<&'run Object>
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
    pub(super) fn near_numbers<'a>(&'a self, from: &'a Object, reach: Reach) -> Vec<&'a [u32]> {
        let folder = nearby::of_folder(from, &self.neighbours).filter(|_| reach >= Reach::Folder);
        nearby::of_unit(from).chain(folder).map(|place| self.numbers.at(place)).collect()
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
pub(in super::super) fn nearness(a: &Document, b: &Document) -> usize {
    let (a, b) = (a.source.name.as_str(), b.source.name.as_str());
    if a == b { usize::MAX } else { a.split('/').zip(b.split('/')).take_while(|(a, b)| a == b).count() }
}
