//! An object in canonical form for comparison: without values from the server or a tool, with named lists as maps,
//! ports as numbers, and its Pod in canonical form too (`pod.rs`).

mod kinds;
mod noise;
mod policies;
mod routes;

use serde_json::{Map, Value as Json, json};

use super::around::Around;
pub(super) use super::nodes::node_label;
use super::pod;
pub(super) use super::pod::{as_one_source, overlap, path_of, pull_policy, slept};
use super::rights;
use super::values::{has_no_empty_lists, remove, template_pointer, text, without_empty_lists, without_nulls};
use crate::pattern::merge_key;
pub(super) use kinds::fill_match_labels;
use kinds::{autoscaler, claims, ingress, job, near_home, replaced_volumes, service};
pub(super) use noise::{DEFAULT_CONTAINER, DEFAULT_LOGS_CONTAINER, is_noise_annotation, is_noise_label};
pub(super) use policies::{fill_policy, policy};
pub(super) use routes::route;

/// The object in its canonical form.
pub(super) fn canonical(object: &Json, around: &Around) -> Json {
    let kind = object["kind"].as_str().unwrap_or_default().to_owned();
    let mut object = object.clone();
    let namespace = object["metadata"]["namespace"].clone();
    let Some(members) = object.as_object_mut() else { return object };
    for key in ["status", "apiVersion", "kind"] {
        members.shift_remove(key);
    }
    // what selects workloads and their like by labels is nothing but people
    let used_labels = if kind == "Service" { around.used_labels.as_slice() } else { &[] };
    metadata(members.get_mut("metadata"), used_labels, true);
    if kind == "StatefulSet" {
        replaced_volumes(&mut object["spec"]);
    }
    if let Some(template) = template_pointer(&kind).and_then(|pointer| object.pointer_mut(pointer)) {
        fill_match_labels(template);
        metadata(template.get_mut("metadata"), &around.used_labels, false);
        if let Some(spec) = template.get_mut("spec") {
            near_home(spec, &namespace);
            pod::plain(spec);
        }
    }
    match kind.as_str() {
        "Service" => service(&mut object["spec"], around),
        "StatefulSet" => claims(&mut object["spec"]["volumeClaimTemplates"]),
        "HorizontalPodAutoscaler" => autoscaler(&mut object["spec"]),
        "Ingress" => ingress(&mut object["spec"], around),
        "Job" => job(&mut object["spec"]),
        "CronJob" => {
            let job_template = &mut object["spec"]["jobTemplate"];
            metadata(job_template.get_mut("metadata"), &[], false);
            job(&mut job_template["spec"]);
        }
        "PersistentVolumeClaim" => remove(&mut object["spec"], &["volumeName"]),
        "ServiceAccount" => remove(&mut object, &["secrets"]),
        "HTTPRoute" => route(&mut object["spec"]),
        "NetworkPolicy" => policy(&mut object["spec"], around),
        "Role" | "ClusterRole" => rights::canonical(&mut object),
        "RoleBinding" | "ClusterRoleBinding" => rights::canonical_binding(&mut object),
        _ => {}
    }
    without_nulls(&mut object);
    if has_no_empty_lists(&kind) {
        without_empty_lists(&mut object);
    }
    keyed(&kind, "", &mut object);
    object
}

fn metadata(metadata: Option<&mut Json>, used_labels: &[String], is_object: bool) {
    let Some(members) = metadata.and_then(Json::as_object_mut) else { return };
    members.retain(|key, _| matches!(key.as_str(), "labels" | "annotations" | "namespace" | "finalizers"));
    if !is_object {
        members.shift_remove("namespace");
    }
    if let Some(labels) = members.get_mut("labels").and_then(Json::as_object_mut) {
        labels.retain(|key, _| !is_noise_label(key, used_labels));
    }
    if let Some(annotations) = members.get_mut("annotations").and_then(Json::as_object_mut) {
        annotations.retain(|key, _| !is_noise_annotation(key));
    }
}

/// Turns an object's lists with named elements into maps.
pub(super) fn by_names(object: &mut Json) {
    let kind = text(&object["kind"]);
    keyed(&kind, "", object);
}

/// Turns lists with named elements into maps: their order has no effect, and a patch identifies elements by name.
fn keyed(kind: &str, field: &str, value: &mut Json) {
    match value {
        Json::Object(members) => members.iter_mut().for_each(|(field, value)| keyed(kind, field, value)),
        Json::Array(elements) => {
            for element in elements.iter_mut() {
                keyed(kind, "", element);
            }
            let Some(key) = merge_key(kind, field).filter(|_| field != "tolerations") else { return };
            let mut named = Map::new();
            for element in elements.iter() {
                let Some(name) = element.get(key).filter(|name| !name.is_null()) else { return };
                let mut name = name.as_str().map_or_else(|| name.to_string(), str::to_owned);
                // one number may be a port in several protocols
                let protocol = element["protocol"].as_str().filter(|protocol| field == "ports" && *protocol != "TCP");
                name.extend(protocol.into_iter().flat_map(|protocol| ["/", protocol]));
                if named.insert(format!("[{key}={name}]"), element.clone()).is_some() {
                    return;
                }
            }
            // which of them starts first is of effect
            if field == "initContainers" {
                let order: Vec<String> = elements.iter().map(|element| text(&element["name"])).collect();
                named.insert("order".to_owned(), json!(order.join(", ")));
            }
            *value = Json::Object(named);
        }
        _ => {}
    }
}
