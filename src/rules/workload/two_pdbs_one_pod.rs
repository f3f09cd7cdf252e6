use std::collections::{BTreeMap, BTreeSet};

use super::scaling::name_node;
use crate::kube::types::PodDisruptionBudget;
use crate::kube::{Index, Object, Selector, Typed, same_unit};
use crate::rules::{Check, FindingsAnywhere, Rule};
use crate::words::clip;

/// Two `PodDisruptionBudgets` cover one Pod.
pub static RULE: Rule = rule!("two_pdbs_one_pod.md", Error, Check::Workspace(check));

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    // The first budget of each workload, by the namespace of the budget.
    let mut covered: BTreeMap<_, &Object> = BTreeMap::new();
    let mut said = BTreeSet::new();
    for budget in index.kind("PodDisruptionBudget").iter().filter(|budget| budget.keeps_selection_as_written()) {
        let Some(selector) = budget_of(budget).and_then(|budget| budget.spec.as_ref()?.selector.as_ref()) else {
            continue;
        };
        for workload in index.first_selected(budget, &Selector::of(selector)).iter() {
            if !workload.keeps_selection_as_written() {
                continue;
            }
            let key = (budget.id.namespace.as_deref(), std::ptr::from_ref(workload));
            let first = *covered.entry(key).or_insert(budget);
            let is_version = first.id.name == budget.id.name || !same_unit(first, budget);
            if is_version || !said.insert((std::ptr::from_ref(first), std::ptr::from_ref(*budget))) {
                continue;
            }
            let (one, two) = (clip(&first.id.name), clip(&budget.id.name));
            let node = |object: &Object| object.document.at(object.node, &["spec", "selector"]).unwrap_or(object.node);
            found
                .about(budget)
                .at(
                    node(budget),
                    format!("the budgets `{one}` and `{two}` both cover the Pods of `{}`", clip(&workload.id.name)),
                )
                .here("so does this")
                .label(first.label(node(first), format!("`{one}` covers them")))
                .label(workload.label(name_node(workload), "none of its Pods can be evicted"))
                .because(
                    "the eviction API answers 500 for a Pod with more than one PodDisruptionBudget \
                     (`pkg/registry/core/pod/storage/eviction.go`); `kubectl drain` then retries forever",
                )
                .help(format!("remove `{two}` or `{one}`, or make their selectors disjoint"));
        }
    }
}

fn budget_of(object: &Object) -> Option<&PodDisruptionBudget> {
    match object.typed.as_ref()? {
        Typed::PodDisruptionBudget(budget) => Some(budget),
        _ => None,
    }
}
