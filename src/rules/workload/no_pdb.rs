use std::collections::HashSet;

use super::scaling;
use crate::kube::{Index, Object, Selector, Typed};
use crate::rules::{Check, FindingsAnywhere, Rule, parts};
use crate::words::clip;

/// Nothing keeps a drain from ending all replicas at once.
pub static RULE: Rule = rule!("no_pdb.md", Advice, Check::Workspace(check));

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    let behind = scaling::behind_services(index);
    let guarded: HashSet<*const Object> = index
        .kind("PodDisruptionBudget")
        .iter()
        .flat_map(|budget| match &budget.typed {
            Some(Typed::PodDisruptionBudget(typed)) => {
                let selector = typed.spec.as_ref().and_then(|spec| spec.selector.as_ref());
                selector.map_or_else(Vec::new, |selector| {
                    index.matching(budget, &Selector::of(selector)).iter().map(std::ptr::from_ref).collect()
                })
            }
            _ => Vec::new(),
        })
        .collect();
    for object in parts::final_pods(index, &["metadata.labels"]).map(|pod| pod.object) {
        let is_kind = matches!(object.typed, Some(Typed::Deployment(_) | Typed::StatefulSet(_)));
        let Some(replicas) = scaling::lowest(index, object)
            .filter(|replicas| is_kind && *replicas > 1 && object.keeps(&["spec.replicas"]))
        else {
            continue;
        };
        // A file without its Service does not hold all that is there.
        let Some(service) = behind.get(&std::ptr::from_ref(object)) else { continue };
        if guarded.contains(&std::ptr::from_ref(object)) {
            continue;
        }
        let node = scaling::replicas_node(object).unwrap_or_else(|| scaling::name_node(object));
        found
            .about(object)
            .at(node, format!("draining nodes may stop all {replicas} replicas of `{}` at once", clip(&object.id.name)))
            .label(service.label(scaling::name_node(service), "is then without any"))
            .because("an eviction waits for other Pods only if a PodDisruptionBudget requires it (kubernetes/website: concepts/workloads/pods/disruptions)")
            .help("add a PodDisruptionBudget with `maxUnavailable: 1` and these labels");
    }
}
