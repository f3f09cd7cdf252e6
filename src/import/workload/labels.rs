//! Labels and annotations that are no tool's.

use serde_json::{Map, Value as Json, json};

use crate::describe::fits;
use crate::import::canonical::{DEFAULT_CONTAINER, is_noise_annotation, is_noise_label};
use crate::import::container;
use crate::import::owned::Owned;
use crate::import::values::{items, text};

pub(super) fn system(object: &Json, name: &str) -> Json {
    let part_of = &object["metadata"]["labels"]["app.kubernetes.io/part-of"];
    part_of
        .as_str()
        .filter(|part_of| *part_of != name && fits("dns-label", part_of))
        .map_or(Json::Null, |one| json!(one))
}

/// Labels of the Pods and their objects that agree wherever they are, beside those of the selector.
pub(super) fn labels(owned: &Owned<'_>, used_labels: &[String]) -> Map<String, Json> {
    let selector = owned.selector();
    let mut labels: Map<String, Json> = Map::new();
    let mut clashing = Vec::new();
    for (_, labelled) in owned.labelled() {
        for (key, value) in labelled.as_object().into_iter().flatten() {
            let own = key.starts_with("app.kubernetes.io/") || key.starts_with("patterns/");
            // what the selector says another value of is one object's own
            if own || is_noise_label(key, used_labels) || selector.contains_key(key) {
                continue;
            }
            if labels.get(key).is_some_and(|other| other != value) {
                clashing.push(key.clone());
            }
            labels.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
    for key in &clashing {
        labels.shift_remove(key);
    }
    labels
}

/// Labels that one kind of object has for itself, because they differ elsewhere or are ours: `adopt.labels`.
pub(super) fn kept_labels(owned: &Owned<'_>, common: &Map<String, Json>, used_labels: &[String]) -> Map<String, Json> {
    let selector = owned.selector();
    let mut kept: Map<String, Json> = Map::new();
    for (on, labelled) in owned.labelled() {
        // what is selected by the same labels has them
        let is_selected = matches!(on, "pod" | "workload" | "service" | "budget" | "policy");
        let counts = if matches!(on, "pod" | "service") { used_labels } else { &[] };
        let own = labelled.as_object().into_iter().flatten().filter(|(key, value)| {
            let fixed = ["app.kubernetes.io/part-of", "app.kubernetes.io/managed-by"].contains(&key.as_str());
            let is_ours = key.as_str() == "app.kubernetes.io/name" && **value == owned.name;
            let made = common.get(*key) == Some(value) || is_selected && selector.get(*key) == Some(value);
            !fixed && !is_ours && !made && !key.starts_with("patterns/") && !is_noise_label(key, counts)
        });
        let own: Map<String, Json> = own.map(|(key, value)| (key.clone(), value.clone())).collect();
        let can =
            ["pod", "workload", "service", "route", "account", "role", "cluster-role", "claim", "configmap", "policy"]
                .contains(&on);
        let agrees = kept.get(on).is_none_or(|there| *there == Json::Object(own.clone()));
        if can && !own.is_empty() && agrees {
            kept.insert(on.to_owned(), Json::Object(own));
        }
    }
    // a claim template is immutable, and has none of the common labels
    let templates = items(&owned.workload.object["spec"]["volumeClaimTemplates"]);
    let first = templates.first().and_then(|claim| claim["metadata"]["labels"].as_object());
    if let (Some(labels), [_], None) = (first.filter(|labels| !labels.is_empty()), templates, kept.get("claim")) {
        kept.insert("claim".to_owned(), Json::Object(labels.clone()));
    }
    kept
}

/// `annotations`, by what they are on. `app` is the app's container.
pub(super) fn annotations(owned: &Owned<'_>, app: &Json) -> Json {
    let mut all = Map::new();
    for (on, annotations) in owned.annotated() {
        let kept = annotations.as_object().into_iter().flatten();
        let brought = |key: &String| on == "pod" && owned.uses.iter().any(|one| one.annotations.contains(key));
        let kept = kept.filter(|(key, _)| !brought(key));
        let names_app = |key: &String, value: &Json| on == "pod" && key == DEFAULT_CONTAINER && *value == app["name"];
        let kept = kept.filter(|(key, value)| !names_app(key, value));
        let kept = kept.filter(|(key, _)| !is_noise_annotation(key) && !key.starts_with("app.kubernetes.io/"));
        let kept: Map<String, Json> =
            kept.map(|(key, value)| (key.clone(), json!(container::escaped(&text(value))))).collect();
        if !kept.is_empty() {
            all.insert(on.to_owned(), Json::Object(kept));
        }
    }
    Json::Object(all)
}
