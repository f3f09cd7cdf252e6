//! What scales a workload, and the Services that send traffic to its Pods.

use std::sync::atomic::Ordering;

use super::super::unit::in_one_namespace;
use super::{Alike, Index, folder, service_selector};
use crate::kube::nearby::{self, FEW, Place, Within};
use crate::kube::object::{Object, PodView};
use crate::kube::selector::Selector;
use crate::kube::unit::{Reach, same_unit};
use crate::yaml::work;

impl<'run> Index<'run> {
    /// The `HorizontalPodAutoscalers` and KEDA's `ScaledObjects` whose target has this workload's kind and name, in any namespace.
    #[must_use]
    pub fn scalers<'a>(&'a self, workload: &'a Object) -> &'a [&'run Object] {
        let target = (workload.id.kind.as_str(), workload.id.name.as_str());
        self.by_target.get(&target).unwrap_or_default()
    }

    /// The first of those that are nearest, with how near that is, among those of which something can be said.
    pub fn scaler_of<T>(&self, workload: &Object, say: impl Fn(&'run Object) -> Option<T>) -> Option<(Reach, T)> {
        let target = (workload.id.kind.as_str(), workload.id.name.as_str());
        let Some(scalers) = self.scaling.get(&target) else {
            let said = self.scalers(workload).iter().copied().filter_map(|scaler| Some((scaler, say(scaler)?)));
            let near = said.filter_map(|(scaler, said)| Some((self.reach(workload, scaler)?, said)));
            return near.min_by_key(|(reach, _)| *reach);
        };
        let first = |list: &[(u32, &'run Object)]| {
            list.iter().find_map(|(number, scaler)| {
                self.comparisons.fetch_add(1, Ordering::Relaxed);
                work::count(1);
                Some((*number, say(scaler)?))
            })
        };
        let unit = scalers.at(workload, nearby::of_unit(workload)).filter_map(first).min_by_key(|(number, _)| *number);
        if let Some((_, said)) = unit {
            return Some((Reach::Unit, said));
        }
        let places = nearby::of_folder(workload, &self.neighbours);
        if let Some((_, said)) = scalers.at(workload, places).filter_map(first).min_by_key(|(number, _)| *number) {
            return Some((Reach::Folder, said));
        }
        let run = scalers.at(workload, std::iter::once(Place::Run)).filter_map(first);
        run.min_by_key(|(number, _)| *number).map(|(_, said)| (Reach::Run, said))
    }

    /// Whether at most one autoscaler that is applied with a workload or lies in its folder names it.
    #[must_use]
    pub fn has_one_scaler_near(&self, workload: &Object) -> bool {
        let target = (workload.id.kind.as_str(), workload.id.name.as_str());
        let Some(scalers) = self.scaling.get(&target) else {
            let is_near = |one: &&&Object| self.reach(workload, one).is_some_and(|reach| reach < Reach::Run);
            return self.scalers(workload).iter().filter(is_near).nth(1).is_none();
        };
        let places = nearby::of_unit(workload).chain(nearby::of_folder(workload, &self.neighbours));
        // two from each list are enough to tell
        self.listed(scalers.at(workload, places).map(|list| &list[..list.len().min(2)])).len() < 2
    }

    /// The Services that send traffic to a workload's Pods.
    pub fn services_of<'a>(&'a self, workload: &'a Object) -> impl Iterator<Item = &'run Object> + 'a {
        self.groups_of(workload).flatten().copied()
    }

    /// The same, those of one namespace and unit together that select alike: at least one in each.
    pub fn services_alike<'a>(&'a self, workload: &'a Object) -> impl Iterator<Item = &'a [&'run Object]> + 'a {
        self.groups_of(workload).map(Vec::as_slice)
    }

    /// A Service that sends traffic to a workload's Pods, of the workload's folder if it has one there.
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
            let all = self.by_selected_label.get(&(key, value));
            let is_few = all.is_none_or(|all| all.len() <= FEW);
            let few = match namespace {
                None => [all, None],
                Some(_) => [namespace, None].map(|one| self.by_selected_label_in.get(&(one, key, value))),
            };
            let few = few.into_iter().flatten().filter(move |_| is_few);
            let keys = nearby::of_unit(workload)
                .flat_map(move |place| Within::of(workload).map(move |within| (place, within, key, value)))
                .filter(move |_| !is_few);
            few.chain(keys.filter_map(|key| self.by_selected_label_at.get(&key).map(Vec::as_slice)))
        });
        // in order of the first label that they select by, those that name the namespace first
        let mut groups: Vec<(usize, &Alike<'run>)> =
            by_label.flatten().filter_map(|at| Some((*at, self.services.get(*at)?))).collect();
        groups.sort_by_key(|(at, alike)| {
            let service = alike.first();
            let first = service.and_then(|service| service_selector(service)?.keys().next());
            (first, namespace.is_some() && service.is_some_and(|service| service.id.namespace.is_none()), *at)
        });
        groups.dedup_by_key(|(at, _)| *at);
        groups.into_iter().map(|(_, alike)| alike).filter(move |alike| {
            self.comparisons.fetch_add(1, Ordering::Relaxed);
            let Some(service) = alike.first() else { return false };
            let selector = service_selector(service).map(Selector::map);
            let selects = selector.zip(labels).is_some_and(|(selector, labels)| selector.matches(labels));
            selects && in_one_namespace(service, workload) && same_unit(service, workload)
        })
    }
}
