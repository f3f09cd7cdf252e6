use std::collections::HashSet;

use super::scaling;
use crate::kube::{Index, Object, PodView, Selector, Typed, in_one_namespace};
use crate::rules::{Check, FindingsAnywhere, Rule, parts};
use crate::words::clip;
use crate::yaml::work;

/// Nothing keeps a drain from ending all replicas at once.
pub static RULE: Rule = rule!("no_pdb.md", Advice, Check::Workspace(check));

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    let behind = scaling::behind_services(index);
    let guarded = Guarded::of(index);
    for object in parts::final_pods(index, &["metadata.labels"]).map(|pod| pod.object) {
        let is_kind = matches!(object.typed, Some(Typed::Deployment(_) | Typed::StatefulSet(_)));
        let Some(replicas) = scaling::lowest(index, object)
            .filter(|replicas| is_kind && *replicas > 1 && object.keeps(&["spec.replicas"]))
        else {
            continue;
        };
        // A file without its Service does not hold all that is there.
        let Some(service) = behind.get(&std::ptr::from_ref(object)) else { continue };
        if object.is_among_unseen || guarded.has(object) {
            continue;
        }
        let node = scaling::replicas_node(object).unwrap_or_else(|| scaling::name_node(object));
        found
            .about(object)
            .at(node, format!("draining nodes may stop all {replicas} replicas of `{}` at once", clip(&object.id.name)))
            .label(service.label(scaling::name_node(service), "then has no Pod left"))
            .because("an eviction waits for other Pods only if a PodDisruptionBudget requires it (kubernetes/website: concepts/workloads/pods/disruptions)")
            .help("add a PodDisruptionBudget with `maxUnavailable: 1` and these labels");
    }
}

/// What budgets cover.
struct Guarded<'run> {
    found: HashSet<*const Object>,
    /// Budgets that may cover very much: it is asked of a workload whether one of them does. None where they are so
    /// many that what they cover is not worked out.
    wide: Option<Vec<(&'run Object, Selector<'run>)>>,
}

/// How many workloads of budgets are looked at for each object of the run.
const MOST: usize = 8;

/// How many budgets that may cover very much are asked for each workload.
const WIDE: usize = 100;

impl<'run> Guarded<'run> {
    fn of(index: &Index<'run>) -> Self {
        let mut found = HashSet::new();
        let mut wide = Vec::new();
        let mut known = HashSet::new();
        let mut room = MOST * index.all().len();
        for budget in index.kind("PodDisruptionBudget").iter().copied() {
            let Some(Typed::PodDisruptionBudget(typed)) = &budget.typed else { continue };
            let Some(selector) = typed.spec.as_ref().and_then(|spec| spec.selector.as_ref()) else { continue };
            let selector = Selector::of(selector);
            if !known.insert((budget.id.namespace.as_deref(), selector.printed())) {
                continue;
            }
            match room.checked_sub(index.looks(budget, &selector)) {
                Some(left) => {
                    room = left;
                    found.extend(index.matching(budget, &selector).iter().map(std::ptr::from_ref));
                }
                None => wide.push((budget, selector)),
            }
        }
        Self { found, wide: (wide.len() <= WIDE).then_some(wide) }
    }

    fn has(&self, object: &Object) -> bool {
        let is_covered = |(budget, selector): &(&Object, Selector<'_>)| {
            work::count(1);
            let mut labels = object.pods().filter_map(PodView::labels);
            in_one_namespace(budget, object) && labels.any(|labels| selector.matches(labels))
        };
        self.found.contains(&std::ptr::from_ref(object))
            || self.wide.as_ref().is_none_or(|wide| wide.iter().any(is_covered))
    }
}
