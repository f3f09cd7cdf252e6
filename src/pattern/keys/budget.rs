//! `budget`: how many Pods may be missing while nodes are drained.

use serde_json::{Value as Json, json};

use crate::describe::{Description, Member, Spanned};
use crate::diagnostic::Finding;
use crate::origin::Maker;
use crate::pattern::objects;
use crate::pattern::objects::made::Objects;
use crate::pattern::plan::prepare::Prepared;

/// The keys with the fields that they are.
const FIELDS: [(&str, &str); 2] = [("unavailable", "maxUnavailable"), ("available", "minAvailable")];

/// What is wrong in `budget` itself.
pub(crate) fn check(description: &Description) -> Vec<Finding> {
    let Some(budget) = description.budget.as_ref().filter(|budget| !is_none(&budget.value)) else { return Vec::new() };
    let said: Vec<_> = FIELDS.iter().filter_map(|(key, _)| budget.value.member(key)).collect();
    let Some((first, others)) = said.split_first() else {
        let message = "a budget sets how many Pods may be missing or must remain";
        let finding = Finding::error(budget.value.place.label(""), message);
        return vec![finding.help("budget: {unavailable: 25%}, or budget: {available: 2}, or budget: false for none")];
    };
    let one_of_two = |other: &&Member| {
        Finding::error(other.key_place.label("and this"), "a budget sets either `unavailable` or `available`")
            .label(first.key_place.label("this"))
            .because("the API server refuses both at once")
            .help("remove one of them")
    };
    others.iter().map(one_of_two).collect()
}

/// Whether there is to be none: two budgets of one Pod keep it from being evicted at all.
fn is_none(budget: &Spanned) -> bool {
    budget.to_json() == false
}

/// Gives the document's budget its share, makes one where its shape makes none, or takes it away.
pub(crate) fn apply(prepared: &Prepared<'_>, objects: &mut Objects) -> Vec<Finding> {
    let description = prepared.description;
    let Some(budget) = &description.budget else { return Vec::new() };
    if is_none(&budget.value) {
        objects.retain(|object| object["kind"] != "PodDisruptionBudget");
        return Vec::new();
    }
    let share = FIELDS.iter().find_map(|(key, field)| Some((*field, budget.value.get(key).map(Spanned::to_json)?)));
    let Some((field, share)) = share else { return Vec::new() };
    let named = |object: &Json, kinds: &[&str]| {
        kinds.iter().any(|kind| object["kind"] == *kind) && object["metadata"]["name"] == *description.name
    };
    if let Some(made) = objects.iter_mut().find(|object| named(object, &["PodDisruptionBudget"])) {
        if let Some(spec) = made["spec"].as_object_mut() {
            spec.shift_remove("maxUnavailable");
            spec.shift_insert(0, field.to_owned(), share);
        }
        return Vec::new();
    }
    let workload = objects.iter().find(|object| named(object, &["Deployment", "StatefulSet"]));
    let selector = workload.and_then(|workload| workload.pointer("/spec/selector/matchLabels").cloned());
    let (Some(workload), Some(selector)) = (workload, selector) else {
        let finding = Finding::error(budget.key_place.label(""), "there are no Pods that this budget could protect")
            .label(description.shape.place.label(format!("the shape is `{}`", description.shape.pattern)))
            .because("a budget counts the replicas of a Deployment or StatefulSet");
        return vec![finding.help("leave `budget` out")];
    };
    let component = workload.pointer("/metadata/labels/app.kubernetes.io~1component").and_then(Json::as_str);
    let labels = objects::labels(description, component.unwrap_or("app"));
    let mut made = json!({
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": description.name},
        "spec": {field: share, "unhealthyPodEvictionPolicy": "AlwaysAllow", "selector": {"matchLabels": selector}},
    });
    objects::dress(&mut made, &labels, description, &Maker::Budget);
    objects.push(made);
    Vec::new()
}
