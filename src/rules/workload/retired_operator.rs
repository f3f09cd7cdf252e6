use crate::kube::Object;
use crate::rules::{Check, Findings, Rule};
use crate::words::clip;

/// A custom resource whose operator is no longer maintained.
pub static RULE: Rule = rule!("retired_operator.md", Warning, Check::Object(check));

/// Groups of resources, with what became of the operator.
const RETIRED: [(&str, &str); 2] = [
    ("etcd.database.coreos.com", "coreos/etcd-operator was archived in 2020"),
    ("etcd.coreos.com", "coreos/etcd-operator was archived in 2020, and this group was its first"),
];

fn check(object: &Object, found: &mut Findings<'_>) {
    let group = object.id.api_version.split('/').next().unwrap_or_default();
    let Some((_, fate)) = RETIRED.iter().find(|(retired, _)| *retired == group) else { return };
    let Some(node) = object.document.get(object.node, "apiVersion") else { return };
    found
        .at(node, format!("no maintained controller handles `{}`", clip(&object.id.kind)))
        .here("no maintained operator reads this")
        .because(*fate)
        .help("use a StatefulSet, or an operator that is maintained");
}
