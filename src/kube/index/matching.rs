//! What selectors match among the objects of a run, found once for all that ask alike.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use super::super::unit::in_one_namespace;
use super::Index;
use crate::kube::candidates::Candidates;
use crate::kube::hash::{FastMap, FastSet};
use crate::kube::nearby::FEW;
use crate::kube::object::{Object, PodView};
use crate::kube::selector::Selector;
use crate::kube::unit::{Reach, same_unit};
use crate::yaml::work;

#[derive(Debug, Default)]
pub(super) struct Selections {
    known: FastMap<Box<[u8]>, Found>,
    /// How many places they hold together.
    held: usize,
    /// How often something was found.
    count: usize,
}

/// What was found for one question.
#[derive(Clone, Debug)]
struct Found {
    /// Places among all objects.
    places: Arc<[usize]>,
    /// A number that tells it from all else that was found.
    key: usize,
    /// Whether more objects may be selected than were looked at.
    is_cut: bool,
}

/// How many of those that a selector matches are the first of them.
const FIRST: usize = 200;

/// How many objects are looked at for the first that a selector matches: one that asks for no label may match none of
/// very many.
const LOOKS: usize = 500;

/// How many places of each object are kept in selections, on average: selectors that each match nearly everything would
/// otherwise take memory by the square.
const KEPT: usize = 8;

/// What a selector matches.
#[derive(Clone, Debug)]
pub struct Selection<'a, 'run> {
    all: &'a [&'run Object],
    found: Found,
}

impl<'run> Selection<'_, 'run> {
    /// The objects, in the order of the run.
    pub fn iter(&self) -> impl Iterator<Item = &'run Object> + '_ {
        self.found.places.iter().filter_map(|place| self.all.get(*place).copied())
    }

    /// Whether it surely matches nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.places.is_empty() && !self.found.is_cut
    }

    /// The only object that it matches, if that is sure.
    #[must_use]
    pub fn only(&self) -> Option<&'run Object> {
        self.iter().next().filter(|_| self.found.places.len() == 1 && !self.found.is_cut)
    }

    /// Equal only for selections that hold the same; one that was not kept has another each time.
    #[must_use]
    pub fn key(&self) -> usize {
        self.found.key
    }
}

impl<'run> Index<'run> {
    /// What makes the Pods that a selector of `from` matches: the workloads and Pods that are applied with it. Of
    /// several versions of one workload the first. Found once for all objects of a unit that select alike.
    #[must_use]
    pub fn selected(&self, from: &Object, selector: &Selector<'_>) -> Selection<'_, 'run> {
        let question = Question { from, selector, is_of_unit: true, most: 0 };
        self.once(question, |candidates| (self.selecting(from, selector, candidates).collect(), false))
    }

    /// The first of them, without a look at the others; of very many that may be selected, without a look at all.
    #[must_use]
    pub fn first_selected(&self, from: &Object, selector: &Selector<'_>) -> Selection<'_, 'run> {
        self.some(from, selector, true, FIRST)
    }

    fn selecting<'a>(
        &'a self,
        from: &'a Object,
        selector: &'a Selector<'_>,
        candidates: impl Iterator<Item = usize> + 'a,
    ) -> impl Iterator<Item = usize> + 'a {
        let mut seen = FastSet::default();
        let is_first = move |place: &usize| {
            let object = self.all[*place];
            same_unit(from, object) && seen.insert((&object.id.kind, &object.id.name))
        };
        self.all_matching(from, selector, candidates).filter(is_first)
    }

    /// The same from the whole run, with all versions: what may be selected.
    #[must_use]
    pub fn matching(&self, from: &Object, selector: &Selector<'_>) -> Selection<'_, 'run> {
        let question = Question { from, selector, is_of_unit: false, most: 0 };
        self.once(question, |candidates| (self.all_matching(from, selector, candidates).collect(), false))
    }

    /// Whether something in the whole run may be selected, without a look at what else is, or at all of very many.
    #[must_use]
    pub fn may_match_any(&self, from: &Object, selector: &Selector<'_>) -> bool {
        !self.some(from, selector, false, 1).is_empty()
    }

    /// The first that are selected, of a unit or in the whole run, among those that are looked at.
    fn some(&self, from: &Object, selector: &Selector<'_>, is_of_unit: bool, most: usize) -> Selection<'_, 'run> {
        self.once(Question { from, selector, is_of_unit, most }, |candidates| {
            let is_cut = candidates.looks() > LOOKS;
            let looked_at = candidates.take(LOOKS);
            let places = if is_of_unit {
                self.selecting(from, selector, looked_at).take(most).collect()
            } else {
                self.all_matching(from, selector, looked_at).take(most).collect()
            };
            (places, is_cut)
        })
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
        candidates: impl Iterator<Item = usize> + 'a,
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

    /// What was found for a question; found now, with whether that is not all, if it was not asked before. To look at a few
    /// objects again takes less than to keep what was found among them.
    fn once<'a: 'asked, 'asked>(
        &'a self,
        question: Question<'asked>,
        find: impl FnOnce(Candidates<'asked>) -> (Arc<[usize]>, bool),
    ) -> Selection<'a, 'run> {
        let Question { from, selector, is_of_unit, .. } = question;
        let all = self.candidates(from, selector);
        if all.looks() <= FEW {
            let (places, is_cut) = find(all);
            let mut selections = self.selections.lock().unwrap_or_else(PoisonError::into_inner);
            selections.count += 1;
            return Selection { all: &self.all, found: Found { places, key: selections.count, is_cut } };
        }
        let asked = question.print();
        let known = self.selections.lock().unwrap_or_else(PoisonError::into_inner).known.get(asked.as_slice()).cloned();
        let found = known.unwrap_or_else(|| {
            let (places, is_cut) =
                find(if is_of_unit { self.near_candidates(from, selector, Reach::Unit) } else { all });
            self.keep(asked, places, is_cut)
        });
        Selection { all: &self.all, found }
    }

    /// Keeps what was found, as long as there is room.
    fn keep(&self, asked: Vec<u8>, places: Arc<[usize]>, is_cut: bool) -> Found {
        let mut selections = self.selections.lock().unwrap_or_else(PoisonError::into_inner);
        selections.count += 1;
        let found = Found { places, key: selections.count, is_cut };
        let (count, is_few) = (found.places.len(), found.places.len() <= FEW);
        if !is_few && selections.held + count > KEPT * self.all.len() {
            return found;
        }
        if let Some(known) = selections.known.get(asked.as_slice()) {
            return known.clone();
        }
        selections.held += if is_few { 0 } else { count };
        selections.known.insert(asked.into_boxed_slice(), found.clone());
        found
    }
}

/// A question for what a selector matches.
#[derive(Clone, Copy)]
struct Question<'a> {
    from: &'a Object,
    selector: &'a Selector<'a>,
    /// Whether only what is in the unit counts.
    is_of_unit: bool,
    /// How many are wanted; 0 for all.
    most: usize,
}

impl Question<'_> {
    /// Bytes that tell it from all others: the namespace, the unit if that counts, the selector, and how many are wanted.
    fn print(&self) -> Vec<u8> {
        let Self { from, selector, is_of_unit, most } = self;
        let mut asked = Vec::with_capacity(128);
        let mut text = |text: Option<&str>| {
            asked.extend_from_slice(&text.map_or(usize::MAX, str::len).to_ne_bytes());
            asked.extend_from_slice(text.unwrap_or_default().as_bytes());
        };
        text(from.id.namespace.as_deref());
        text(is_of_unit.then_some(from.document.source.name.as_str()));
        if *is_of_unit {
            asked.extend_from_slice(&from.kustomizations.len().to_ne_bytes());
            from.kustomizations.iter().for_each(|number| asked.extend_from_slice(&number.to_ne_bytes()));
        }
        selector.print(&mut asked);
        if *most > 0 {
            asked.extend_from_slice(&most.to_ne_bytes());
        }
        asked
    }
}
