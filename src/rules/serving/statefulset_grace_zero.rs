use super::stateful_set;
use crate::kube::PodView;
use crate::rules::{Check, Findings, Rule};

/// A StatefulSet whose Pods are killed without a moment's notice.
pub static RULE: Rule = rule!("statefulset_grace_zero.md", Warning, Check::Pod(check));

fn check(pod: PodView<'_>, found: &mut Findings<'_>) {
    let is_zero = pod.spec.termination_grace_period_seconds == Some(0);
    if let Some(node) =
        pod.field("terminationGracePeriodSeconds").filter(|_| is_zero && stateful_set(pod.object).is_some())
    {
        found
            .at(node, "two Pods with the same name may run at once, and neither can finish its writes")
            .here("killed at once")
            .because("a grace period of 0 removes the Pod from the API before the node has stopped it; \"This practice is unsafe and strongly discouraged\" (kubernetes/website: concepts/workloads/controllers/statefulset)")
            .help("remove the line: the default is 30 seconds");
    }
}
