//! What has been tried for one variant, for the next: a workload that all of them share is described and compared once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::attempt::{Attempt, Place, Run, attempt};
use super::owned::Owned;
use super::{Generate, Input};

/// So many attempts for one workload are kept, the last ones.
const KEPT: usize = 4;

/// Attempts by the file and the line of their workload.
#[derive(Default)]
pub(super) struct Tried {
    attempts: RefCell<HashMap<(String, u32), Vec<Kept>>>,
    /// Whether there are several variants.
    is_asked_again: bool,
    /// Labels and Services of the variant before.
    last: RefCell<Option<(Rc<Vec<String>>, Ports)>>,
}

/// Ports of Services by name.
type Ports = Arc<HashMap<(String, String), u64>>;

/// An attempt, and all that it depends on.
struct Kept {
    objects: Vec<(Slot, Input)>,
    name: String,
    main: usize,
    listens: Rc<Vec<(String, u64)>>,
    broken: Rc<Vec<&'static str>>,
    says: Says,
    used_labels: Rc<Vec<String>>,
    /// Of the Services of the run, which tell the numbers of a route's ports.
    services: Option<Ports>,
    /// Whether something was at the places that were asked for.
    there: Vec<(Place, bool)>,
    result: Result<Rc<Attempt>, String>,
}

/// As what an object belongs to a workload: its place among the fields of [`Owned`].
type Slot = u8;

/// What is said of a workload beside its objects.
type Says = (bool, bool, bool, Option<String>);

fn objects<'a>(owned: &Owned<'a>) -> Vec<(Slot, &'a Input)> {
    let one = [owned.service, owned.ingress, owned.autoscaler, owned.budget, owned.account, owned.policy];
    let one = (1..).zip(one).filter_map(|(slot, input)| Some((slot, input?)));
    let pairs = [(10, owned.rights), (11, owned.cluster_rights)];
    let pairs = pairs.into_iter().flat_map(|(slot, pair)| pair.into_iter().flatten().map(move |input| (slot, input)));
    let lists = [(20, &owned.configs), (21, &owned.claims), (22, &owned.further), (23, &owned.extra)];
    let lists = lists.into_iter().flat_map(|(slot, list)| list.iter().map(move |input| (slot, *input)));
    std::iter::once((0, owned.workload)).chain(one).chain(pairs).chain(lists).collect()
}

fn says(owned: &Owned<'_>) -> Says {
    (owned.is_changed, owned.is_scaled, owned.uses.is_empty(), owned.unbudgeted.clone())
}

impl Kept {
    fn answers(&self, owned: &Owned<'_>, run: &Run) -> bool {
        let objects = objects(owned);
        self.name == owned.name
            && (self.main, &self.listens, &self.broken) == (owned.main, &owned.listens, &owned.broken)
            && self.says == says(owned)
            && (Rc::ptr_eq(&self.used_labels, &run.used_labels) || self.used_labels == run.used_labels)
            && self.services.as_ref().is_none_or(|known| Arc::ptr_eq(known, &run.services) || *known == run.services)
            && self.there.iter().all(|(place, is_there)| run.there.contains(place) == *is_there)
            && self.objects.len() == objects.len()
            && self.objects.iter().zip(objects).all(|((slot, input), other)| (*slot, input) == other)
    }
}

impl Tried {
    /// For a run with variants, or without.
    pub(super) fn of(is_asked_again: bool) -> Self {
        Self { is_asked_again, ..Self::default() }
    }

    /// Describes a workload, unless that has been done before.
    ///
    /// # Errors
    /// Why it stays where it is.
    pub(super) fn attempt(&self, owned: &Owned<'_>, run: &Run, generate: Generate<'_>) -> Result<Rc<Attempt>, String> {
        if !self.is_asked_again {
            return attempt(owned, run, generate).map(Rc::new);
        }
        let place = (owned.workload.file.clone(), owned.workload.start);
        let mut attempts = self.attempts.borrow_mut();
        let kept = attempts.entry(place).or_default();
        if let Some(known) = kept.iter().find(|known| known.answers(owned, run)) {
            return known.result.clone();
        }
        run.asked.borrow_mut().clear();
        let result = attempt(owned, run, generate).map(Rc::new);
        if kept.len() == KEPT {
            kept.remove(0);
        }
        kept.push(Kept {
            objects: objects(owned).into_iter().map(|(slot, input)| (slot, input.clone())).collect(),
            name: owned.name.clone(),
            main: owned.main,
            listens: Rc::clone(&owned.listens),
            broken: Rc::clone(&owned.broken),
            says: says(owned),
            used_labels: Rc::clone(&run.used_labels),
            services: owned.ingress.map(|_| Arc::clone(&run.services)),
            there: run.asked.take(),
            result: result.clone(),
        });
        result
    }

    /// What the runs of two variants have in common, so that it is compared once.
    pub(super) fn share(&self, run: &mut Run) {
        let mut last = self.last.borrow_mut();
        if let Some((used_labels, services)) = last.as_ref() {
            if *used_labels == run.used_labels {
                run.used_labels = Rc::clone(used_labels);
            }
            if *services == run.services {
                run.services = Arc::clone(services);
            }
        }
        *last = Some((Rc::clone(&run.used_labels), Arc::clone(&run.services)));
    }
}
