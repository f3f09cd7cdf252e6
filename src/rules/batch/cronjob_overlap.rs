use crate::kube::{Object, Typed};
use crate::rules::{Check, Findings, Rule};

/// A CronJob may start a run while the last one is still going.
pub static RULE: Rule = rule!("cronjob_overlap.md", Advice, Check::Object(check));

fn check(object: &Object, found: &mut Findings<'_>) {
    let Some(Typed::CronJob(cron)) = &object.typed else { return };
    if object.is_patch || cron.spec.concurrency_policy.is_some() || cron.spec.suspend == Some(true) {
        return;
    }
    let node = object.document.at(object.node, &["spec", "schedule"]).unwrap_or(object.node);
    found
        .at(node, "a run that takes too long overlaps with the next one")
        .here("starts even if the previous run is not done")
        .because("`concurrencyPolicy` is `Allow` unless it is set (kubernetes/website: concepts/workloads/controllers/cron-jobs)")
        .help("set `concurrencyPolicy` to `Forbid` or `Replace`, or to `Allow` if runs may overlap");
}
