use super::stateful_set;
use crate::facts::{ContainerFacts, PodFacts};
use crate::rules::{Check, Findings, Rule};

/// A StatefulSet whose Pods are killed without a moment's notice.
pub static RULE: Rule = rule!("statefulset_grace_zero.md", Warning, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let pod = facts.pod;
    let is_zero = pod.spec.termination_grace_period_seconds == Some(0);
    // what only waits and keeps nothing has nothing to finish: a placeholder that makes room for others
    let keeps = || pod.object.document.at(pod.object.node, &["spec", "volumeClaimTemplates"]).is_some();
    if is_zero && facts.main().all(ContainerFacts::is_idle) && pod.field("volumes").is_none() && !keeps() {
        return;
    }
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
