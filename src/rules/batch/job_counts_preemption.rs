use super::job_spec;
use crate::kube::Object;
use crate::rules::{Check, Findings, Rule};

/// A pod failure policy that counts evictions as failures of the work.
pub static RULE: Rule = rule!("job_counts_preemption.md", Advice, Check::Object(check));

fn check(object: &Object, found: &mut Findings<'_>) {
    let Some((spec, node)) = job_spec(object).filter(|_| !object.is_patch) else { return };
    let Some(policy) = &spec.pod_failure_policy else { return };
    let conditions = policy.rules.iter().filter_map(|rule| rule.on_pod_conditions.as_ref()).flatten();
    if conditions.into_iter().any(|condition| condition.type_ == "DisruptionTarget") {
        return;
    }
    let Some(shown) = object.document.get(node, "podFailurePolicy") else { return };
    found
        .at(shown, "a Pod that is preempted or evicted counts as a failure of the work")
        .because(
            "such Pods have the condition DisruptionTarget, and count against `backoffLimit` unless a rule ignores it \
             (kubernetes/website: tasks/job/pod-failure-policy)",
        )
        .help("add {action: Ignore, onPodConditions: [{type: DisruptionTarget}]} as the first of `rules`");
}
