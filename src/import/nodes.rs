//! Nodes and Pods that a Pod is to be near, in the form of the comparison.

use std::collections::HashSet;

use serde_json::{Map, Value as Json, json};

use super::values::{items, remove, text};
use crate::sort;

/// What a node must fulfil for a Pod to be put there.
const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";

/// Nodes by label, whether a nodeSelector or a required affinity of one term says so.
pub(super) fn nodes(spec: &mut Map<String, Json>) {
    let mut nodes = Map::new();
    if let Some(Json::Object(selector)) = spec.shift_remove("nodeSelector") {
        nodes.extend(selector.into_iter().map(|(key, value)| (key, json!([value]))));
    }
    spread(spec, &mut nodes);
    let required = spec.get("affinity").and_then(|affinity| affinity["nodeAffinity"].get(REQUIRED));
    let simple = required.and_then(|required| match items(&required["nodeSelectorTerms"]) {
        [term] if term["matchFields"].is_null() => {
            let expressions = items(&term["matchExpressions"]);
            let mut keys: HashSet<String> = nodes.keys().cloned().collect();
            let is_said = |one: &Json| keys.insert(text(&one["key"])) && node_label(one).is_some();
            expressions.iter().all(is_said).then(|| expressions.to_vec())
        }
        _ => None,
    });
    if let Some(expressions) = simple {
        for one in expressions {
            let Some(key) = one["key"].as_str() else { continue };
            nodes.extend(node_label(&one).map(|value| (key.to_owned(), value)));
        }
        if let Some(affinity) = spec.get_mut("affinity") {
            remove(&mut affinity["nodeAffinity"], &[REQUIRED]);
            if affinity["nodeAffinity"].as_object().is_some_and(Map::is_empty) {
                remove(affinity, &["nodeAffinity"]);
            }
        }
    }
    if spec.get("affinity").and_then(Json::as_object).is_some_and(Map::is_empty) {
        spec.shift_remove("affinity");
    }
    if !nodes.is_empty() {
        spec.insert("nodes".to_owned(), Json::Object(nodes));
    }
}

/// Says in each of several terms what the nodeSelector asks besides, as a description does, and puts the labels of a term
/// in order. Nothing where a term is about a label twice, or in a way that no description has words for.
fn spread(spec: &mut Map<String, Json>, nodes: &mut Map<String, Json>) {
    let pointer = format!("/nodeAffinity/{REQUIRED}/nodeSelectorTerms");
    let terms = spec.get_mut("affinity").and_then(|affinity| affinity.pointer_mut(&pointer));
    let Some(terms) = terms.and_then(Json::as_array_mut).filter(|terms| terms.len() > 1) else { return };
    let is_plain = |term: &Json| {
        let expressions = items(&term["matchExpressions"]);
        let mut keys: HashSet<String> = nodes.keys().cloned().collect();
        term["matchFields"].is_null()
            && !expressions.is_empty()
            && expressions.iter().all(|one| keys.insert(text(&one["key"])) && node_label(one).is_some())
    };
    if !terms.iter().all(is_plain) {
        return;
    }
    for expressions in terms.iter_mut().filter_map(|term| term["matchExpressions"].as_array_mut()) {
        let further = nodes.iter().map(|(key, values)| json!({"key": key, "operator": "In", "values": values}));
        expressions.extend(further);
        sort::by_key(expressions, |one| text(&one["key"]));
    }
    nodes.clear();
}

/// The weight of one preference alone, which is of no effect: scores are scaled to the best node (kubernetes:
/// pkg/scheduler/framework/plugins/helper, `DefaultNormalizeScore`).
pub(super) fn alone(spec: &mut Map<String, Json>) {
    let preferred = spec.get_mut("affinity").and_then(|affinity| affinity.get_mut("nodeAffinity")?.get_mut(PREFERRED));
    if let Some([one]) = preferred.and_then(Json::as_array_mut).map(Vec::as_mut_slice) {
        one["weight"] = json!(100);
    }
}

/// What a node had better fulfil.
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

/// What an expression asks of a label of nodes, as the language says it: a list of values, `exists` or `not`.
pub(super) fn node_label(expression: &Json) -> Option<Json> {
    match expression["operator"].as_str()? {
        "In" => Some(expression["values"].clone()),
        "NotIn" => Some(json!({"not": expression["values"]})),
        "Exists" => Some(json!({"exists": true})),
        "DoesNotExist" => Some(json!({"exists": false})),
        _ => None,
    }
}

/// Writes expressions that ask for one value of a label as that label.
pub(super) fn plain_selectors(value: &mut Json) {
    match value {
        Json::Object(members) => {
            let is_plain = |one: &Json| one["operator"] == "In" && items(&one["values"]).len() == 1;
            if let Some(expressions) = members.get("matchExpressions").and_then(Json::as_array).cloned()
                && expressions.iter().all(|one| {
                    is_plain(one)
                        && one["key"].as_str().is_some_and(|key| {
                            members.get("matchLabels").is_none_or(|labels| labels.get(key).is_none())
                        })
                })
            {
                members.shift_remove("matchExpressions");
                let labels = members.entry("matchLabels").or_insert_with(|| json!({}));
                for one in &expressions {
                    labels[text(&one["key"])] = one["values"][0].clone();
                }
            }
            members.values_mut().for_each(plain_selectors);
        }
        Json::Array(elements) => elements.iter_mut().for_each(plain_selectors),
        _ => {}
    }
}
