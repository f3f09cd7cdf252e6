use super::{ordinals, stateful_set};
use crate::diagnostic::Level;
use crate::kube::Object;
use crate::rules::{Check, Findings, Rule};

/// A partition above all ordinals: the template is never rolled out.
pub static RULE: Rule = rule!("statefulset_partition_above_replicas.md", Warning, Check::Object(check));

fn check(object: &Object, found: &mut Findings<'_>) {
    let Some(set) = stateful_set(object) else { return };
    let update = set.spec.update_strategy.as_ref().and_then(|strategy| strategy.rolling_update.as_ref());
    let Some(partition) = update.and_then(|update| u32::try_from(update.partition?).ok()) else { return };
    let (start, count) = ordinals(&set.spec);
    let end = start.saturating_add(count);
    if count == 0 || partition < end || !object.keeps(&["spec.replicas", "spec.ordinals", "spec.updateStrategy"]) {
        return;
    }
    let document = &object.document;
    let Some(node) = document.at(object.node, &["spec", "updateStrategy", "rollingUpdate", "partition"]) else {
        return;
    };
    let saying = found
        .at(node, "no Pod ever gets a changed template")
        .here("only ordinals from this one on are updated")
        .because("the controller updates Pods with an ordinal of at least the partition (kubernetes/website: concepts/workloads/controllers/statefulset, \"Partitioned rolling updates\")")
        .help(format!("set the partition below {end}, or remove it when the canary is over"))
        // One that equals the replicas is how an update is held back on purpose.
        .level(if partition == end { Level::Advice } else { Level::Warning });
    if let Some(replicas) = document.at(object.node, &["spec", "replicas"]) {
        saying.and(replicas, format!("the last ordinal is {}", end - 1));
    }
}
