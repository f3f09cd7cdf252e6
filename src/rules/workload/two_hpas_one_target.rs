use std::collections::BTreeMap;

use super::scaling::{self, Scaler};
use crate::diagnostic::{Level, RuleId};
use crate::kube::{Index, Place};
use crate::rules::{Check, FoundAnywhere, Rule};
use crate::words::clip;

/// Two autoscalers scale one target.
pub static RULE: Rule = Rule {
    id: RuleId { name: "two-hpas-one-target", family: "workload" },
    level: Level::Error,
    page: include_str!("two_hpas_one_target.md"),
    check: Check::Workspace(check),
};

fn check(index: &Index<'_>, found: &mut FoundAnywhere<'_>) {
    let mut first: BTreeMap<(Place<'_>, &str, &str), Scaler<'_>> = BTreeMap::new();
    for scaler in scaling::scalers(index) {
        let key = (Place::of(scaler.object), scaler.kind, scaler.name);
        let one = *first.entry(key).or_insert(scaler);
        let same_object = one.object.id.kind == scaler.object.id.kind && one.object.id.name == scaler.object.id.name;
        if same_object {
            continue;
        }
        let (one_name, two_name) = (clip(&one.object.id.name), clip(&scaler.object.id.name));
        found
            .about(scaler.object)
            .at(
                scaler.node,
                format!("`{one_name}` and `{two_name}` both scale {} `{}`", scaler.kind, clip(scaler.name)),
            )
            .here("scales it too")
            .label(one.object.label(one.node, format!("`{one_name}` scales it")))
            .because(
                "each autoscaler writes `replicas` by its own metrics, so the number goes back and forth; the \
                 controller reports AmbiguousSelector and scales by neither (`pkg/controller/podautoscaler`)",
            )
            .help("put all metrics into one autoscaler: it takes the highest number that any of them asks for");
    }
}
