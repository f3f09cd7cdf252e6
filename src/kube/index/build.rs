//! How the objects of a run are put in order, once.

use std::collections::BTreeMap;

use super::super::candidates::Selectable;
use super::super::groups::{Lists, Names};
use super::super::hash::FastMap;
use super::super::nearby::{self, FEW, Nearby, Numbers, Within};
use super::super::threads::WORTH_THREADS;
use super::super::unit::Neighbours;
use super::{Alike, FolderScope, Index, service_selector};
use crate::kube::Object;

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
}
