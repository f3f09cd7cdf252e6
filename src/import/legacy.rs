//! Workloads of API versions that no server has any more, read as the version that took their place.

use serde_json::{Value as Json, json};

use super::canonical;

/// Versions that are gone, with the one that is served (kubernetes.io: reference/using-api/deprecation-guide).
const GONE: &[(&str, &str)] = &[
    ("extensions/v1beta1", "apps/v1"),
    ("apps/v1beta1", "apps/v1"),
    ("apps/v1beta2", "apps/v1"),
    ("batch/v2alpha1", "batch/v1"),
    ("batch/v1beta1", "batch/v1"),
];

/// Brings a workload up to date; its old version, if it had one. In the new one a selector has to be written, which was
/// taken from the Pods' labels before, and there are no fields that only the old one had.
pub(super) fn update(object: &mut Json) -> Option<String> {
    let template = canonical::template_pointer(object["kind"].as_str()?)?;
    let old = object["apiVersion"].as_str()?.to_owned();
    let (_, new) = GONE.iter().find(|(gone, _)| *gone == old)?;
    object["apiVersion"] = json!(new);
    let labels = object.pointer(&format!("{template}/metadata/labels")).cloned();
    if new.starts_with("apps/")
        && let Some(spec) = object.get_mut("spec").and_then(Json::as_object_mut)
    {
        for field in ["rollbackTo", "templateGeneration"] {
            spec.shift_remove(field);
        }
        let labels = labels.filter(|labels| labels.as_object().is_some_and(|labels| !labels.is_empty()));
        if let (false, Some(labels)) = (spec.contains_key("selector"), labels) {
            spec.insert("selector".to_owned(), json!({"matchLabels": labels}));
        }
    }
    Some(old)
}
