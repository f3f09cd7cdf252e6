//! What selectors match among the objects of a run, found once for all that ask alike.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use super::{Index, in_one_namespace};
use crate::kube::candidates::Candidates;
use crate::kube::hash::{FastMap, FastSet};
use crate::kube::nearby::FEW;
use crate::kube::object::{Object, PodView};
use crate::kube::selector::Selector;
use crate::kube::unit::{Reach, same_unit};
use crate::yaml::work;

#[derive(Debug, Default)]
pub(super) struct Selections {
    known: FastMap<Vec<u8>, Found>,
    /// How many places they hold together.
    held: usize,
    /// How often something was found.
    count: usize,
}

/// Places among all objects, and a number that tells what was found from all else that was found.
type Found = (Arc<[usize]>, usize);

/// How many places of each object are kept in selections, on average: selectors that each match nearly everything would
/// otherwise take memory by the square.
const KEPT: usize = 8;

/// What a selector matches.
#[derive(Clone, Debug)]
pub struct Selection<'a, 'run> {
    all: &'a [&'run Object],
    places: Arc<[usize]>,
    key: usize,
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

    /// Equal only for selections that hold the same; one that was not kept has another each time.
    #[must_use]
    pub fn key(&self) -> usize {
        self.key
    }
}

impl<'run> Index<'run> {
    /// What makes the Pods that a selector of `from` matches: the workloads and Pods that are applied with it. Of
    /// several versions of one workload the first. Found once for all objects of a unit that select alike.
    #[must_use]
    pub fn selected(&self, from: &Object, selector: &Selector<'_>) -> Selection<'_, 'run> {
        self.once(question(from, selector, true, 0), || self.selecting(from, selector).collect())
    }

    /// The first so many of them, without a look at the others.
    #[must_use]
    pub fn first_selected(&self, from: &Object, selector: &Selector<'_>, most: usize) -> Selection<'_, 'run> {
        self.once(question(from, selector, true, most), || self.selecting(from, selector).take(most).collect())
    }

    fn selecting<'a>(&'a self, from: &'a Object, selector: &'a Selector<'_>) -> impl Iterator<Item = usize> + 'a {
        let mut seen = FastSet::default();
        let is_first = move |place: &usize| {
            let object = self.all[*place];
            same_unit(from, object) && seen.insert((&object.id.kind, &object.id.name))
        };
        self.all_matching(from, selector, self.near_candidates(from, selector, Reach::Unit)).filter(is_first)
    }

    /// The same from the whole run, with all versions: what may be selected.
    #[must_use]
    pub fn matching(&self, from: &Object, selector: &Selector<'_>) -> Selection<'_, 'run> {
        self.once(question(from, selector, false, 0), || {
            self.all_matching(from, selector, self.candidates(from, selector)).collect()
        })
    }

    /// Whether something in the whole run may be selected, without a look at what else is.
    #[must_use]
    pub fn matches_any(&self, from: &Object, selector: &Selector<'_>) -> bool {
        let first = || self.all_matching(from, selector, self.candidates(from, selector)).take(1).collect();
        !self.once(question(from, selector, false, 1), first).is_empty()
    }

    /// What may be selected of what is applied with an object or lies in its folder, with all versions.
    pub fn matching_near<'a>(
        &'a self,
        from: &'a Object,
        selector: &'a Selector<'_>,
    ) -> impl Iterator<Item = &'run Object> + 'a {
        self.all_matching(from, selector, self.near_candidates(from, selector, Reach::Folder))
            .map(|place| self.all[place])
            .filter(|object| self.reach(from, object).is_some_and(|reach| reach < Reach::Run))
    }

    fn all_matching<'a>(
        &'a self,
        from: &'a Object,
        selector: &'a Selector<'_>,
        candidates: Candidates<'a>,
    ) -> impl Iterator<Item = usize> + 'a {
        candidates.filter(move |place| {
            self.comparisons.fetch_add(1, Ordering::Relaxed);
            work::count(1);
            let object = self.all[*place];
            in_one_namespace(from, object)
                && object.pods().filter_map(PodView::labels).any(|labels| selector.matches(labels))
        })
    }

    /// How many objects are looked at to tell what in the run a selector matches.
    #[must_use]
    pub fn looks(&self, from: &Object, selector: &Selector<'_>) -> usize {
        self.candidates(from, selector).looks()
    }

    /// What has the rarest of what a selector asks for, in the order of the run.
    fn candidates<'a>(&'a self, from: &'a Object, selector: &Selector<'_>) -> Candidates<'a> {
        self.selectable.candidates(&self.all, from.id.namespace.as_deref(), selector)
    }

    /// The same, or what is near, where that is less.
    fn near_candidates<'a>(&'a self, from: &'a Object, selector: &Selector<'_>, reach: Reach) -> Candidates<'a> {
        let all = self.candidates(from, selector);
        if all.looks() <= FEW {
            return all;
        }
        let near = Candidates::of(self.near_numbers(from, reach).into_iter());
        if near.looks() < all.looks() { near } else { all }
    }

    fn once(&self, asked: Vec<u8>, find: impl FnOnce() -> Arc<[usize]>) -> Selection<'_, 'run> {
        let known = self.selections.lock().unwrap_or_else(PoisonError::into_inner).known.get(&asked).cloned();
        let (places, key) = known.unwrap_or_else(|| self.keep(asked, find()));
        Selection { all: &self.all, places, key }
    }

    /// Keeps what was found, as long as there is room.
    fn keep(&self, asked: Vec<u8>, found: Arc<[usize]>) -> Found {
        let mut selections = self.selections.lock().unwrap_or_else(PoisonError::into_inner);
        selections.count += 1;
        let found = (found, selections.count);
        let is_few = found.0.len() <= FEW;
        if !is_few && selections.held + found.0.len() > KEPT * self.all.len() {
            return found;
        }
        if let Some(known) = selections.known.get(&asked) {
            return known.clone();
        }
        selections.held += if is_few { 0 } else { found.0.len() };
        selections.known.insert(asked, found.clone());
        found
    }
}

/// A question for what a selector matches, as bytes that tell it from all others: the namespace, the unit if only what
/// is in that counts, the selector, and how many are wanted, if not all.
fn question(from: &Object, selector: &Selector<'_>, is_of_unit: bool, most: usize) -> Vec<u8> {
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
    if most > 0 {
        asked.extend_from_slice(&most.to_ne_bytes());
    }
    asked
}
