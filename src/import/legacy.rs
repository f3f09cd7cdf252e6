//! Workloads of API versions that no server has any more, read as the version that took their place.

use serde_json::{Value as Json, json};

use super::values::template_pointer;

/// Versions that are gone, with the one that is served (kubernetes.io: reference/using-api/deprecation-guide).
const GONE: &[(&str, &str)] = &[
    ("extensions/v1beta1", "apps/v1"),
    ("apps/v1beta1", "apps/v1"),
    ("apps/v1beta2", "apps/v1"),
    ("batch/v2alpha1", "batch/v1"),
    ("batch/v1beta1", "batch/v1"),
];

/// The annotation that named a claim's class before there was a field for it, and still wins over that (kubernetes:
/// pkg/apis/core/v1/helper, `GetPersistentVolumeClaimClass`).
const CLASS: &str = "volume.beta.kubernetes.io/storage-class";

/// Moves the class of claims from their annotation into the field.
pub(super) fn name_class(object: &mut Json) {
    match object["kind"].as_str() {
        Some("PersistentVolumeClaim") => move_class(object),
        Some("StatefulSet") => {
            let claims = object.pointer_mut("/spec/volumeClaimTemplates").and_then(Json::as_array_mut);
            claims.into_iter().flatten().for_each(move_class);
        }
        _ => {}
    }
}

fn move_class(claim: &mut Json) {
    let Some(annotations) = claim.pointer_mut("/metadata/annotations").and_then(Json::as_object_mut) else { return };
    let Some(class) = annotations.shift_remove(CLASS) else { return };
    if let Some(spec) = claim.get_mut("spec").and_then(Json::as_object_mut) {
        spec.insert("storageClassName".to_owned(), class);
    }
}

/// Labels that the server writes into the template of each Job, whatever is there (kubernetes: pkg/registry/batch/job,
/// `generateSelector`).
const OF_JOBS: &[&str] =
    &["job-name", "controller-uid", "batch.kubernetes.io/job-name", "batch.kubernetes.io/controller-uid"];

/// Takes out what the server writes into a Job, and names one that only the server would name: a Job that is made has a
/// name that ends in the hash of its spec.
pub(super) fn plain_job(object: &mut Json) {
    let Some(kind @ ("Job" | "CronJob")) = object["kind"].as_str() else { return };
    let is_own = object.pointer("/spec/manualSelector") == Some(&Json::Bool(true));
    let labels = template_pointer(kind).map(|template| format!("{template}/metadata/labels"));
    let labels = labels.filter(|_| !is_own).and_then(|labels| object.pointer_mut(&labels)?.as_object_mut());
    if let Some(labels) = labels {
        labels.retain(|label, _| !OF_JOBS.contains(&label.as_str()));
    }
    let generated = object["metadata"]["generateName"].as_str().map(|name| name.trim_end_matches('-').to_owned());
    let is_named = object["metadata"]["name"].as_str().is_some_and(|name| !name.is_empty());
    if let (Some(generated), false, "Job") = (generated, is_named, object["kind"].as_str().unwrap_or_default()) {
        object["metadata"]["name"] = json!(generated);
    }
}

/// Brings a workload up to date; its old version, if it had one. In the new one a selector has to be written, which was
/// taken from the Pods' labels before, and there are no fields that only the old one had.
pub(super) fn update(object: &mut Json) -> Option<String> {
    let template = template_pointer(object["kind"].as_str()?)?;
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
