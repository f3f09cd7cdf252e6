//! An object in canonical form for comparison: without values from the server or a tool, with named lists as maps,
//! ports as numbers, and its Pod in canonical form too (`pod.rs`).

mod kinds;
mod noise;

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

pub(super) use super::nodes::node_label;
use super::pod;
pub(super) use super::pod::{path_of, pull_policy, slept};
use super::{policies, rights, routes};
use crate::pattern::merge_key;
use kinds::{autoscaler, claims, ingress, job, near_home, replaced_volumes, service};
pub(super) use noise::{is_noise_annotation, is_noise_label};

/// What the comparison needs to know about related objects.
#[derive(Clone, Debug, Default)]
pub(super) struct Around {
    /// Numbers of the Pod's ports by name.
    pub ports: HashMap<String, u64>,
    /// Numbers of Services' ports by the Service's name and theirs.
    pub services: HashMap<(String, String), u64>,
    /// The same of all Services of the run.
    pub elsewhere: Arc<HashMap<(String, String), u64>>,
    /// Labels that something in the run selects by.
    pub asked: Vec<String>,
    /// The labels of the workload's Pods.
    pub labels: Map<String, Json>,
}

impl Around {
    /// Learns from the objects that belong together.
    pub(super) fn learn<'a>(&mut self, objects: impl Iterator<Item = &'a Json>) {
        for object in objects {
            if object["kind"] == "Service" {
                for port in items(&object["spec"]["ports"]) {
                    if let (Some(service), Some(name), Some(number)) =
                        (object["metadata"]["name"].as_str(), port["name"].as_str(), port["port"].as_u64())
                    {
                        self.services.insert((service.to_owned(), name.to_owned()), number);
                    }
                }
            }
            let Some(spec) = pod_spec(object) else { continue };
            let template = object["kind"].as_str().and_then(template_pointer).and_then(|way| object.pointer(way));
            if let Some(labels) = template.and_then(|template| template["metadata"]["labels"].as_object()) {
                self.labels.extend(labels.clone());
            }
            for container in containers(spec) {
                for port in items(&container["ports"]) {
                    if let (Some(name), Some(number)) = (port["name"].as_str(), port["containerPort"].as_u64()) {
                        // the first one counts (kubernetes: pkg/api/v1/pod FindPort)
                        self.ports.entry(name.to_owned()).or_insert(number);
                    }
                }
            }
        }
    }
}

/// The elements of a list; none of anything else.
pub(super) fn items(value: &Json) -> &[Json] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The containers of a Pod's spec, init containers first.
pub(super) fn containers(spec: &Json) -> impl Iterator<Item = &Json> {
    items(&spec["initContainers"]).iter().chain(items(&spec["containers"]))
}

/// Where a kind keeps its Pod template, as a JSON pointer.
pub(super) fn template_pointer(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "Deployment" | "StatefulSet" | "DaemonSet" | "Job" => "/spec/template",
        "CronJob" => "/spec/jobTemplate/spec/template",
        _ => return None,
    })
}

/// The spec of a workload's Pods.
pub(super) fn pod_spec(object: &Json) -> Option<&Json> {
    object.pointer(template_pointer(object["kind"].as_str()?)?)?.get("spec")
}

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
    let asked = if kind == "Service" { around.asked.as_slice() } else { &[] };
    metadata(members.get_mut("metadata"), asked, true);
    if kind == "StatefulSet" {
        replaced_volumes(&mut object["spec"]);
    }
    if let Some(template) = template_pointer(&kind).and_then(|pointer| object.pointer_mut(pointer)) {
        metadata(template.get_mut("metadata"), &around.asked, false);
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
        "HTTPRoute" => routes::canonical(&mut object["spec"]),
        "NetworkPolicy" => policies::canonical(&mut object["spec"], around),
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

/// Removes nulls, which are absent to the server.
pub(super) fn without_nulls(value: &mut Json) {
    match value {
        Json::Object(members) => {
            members.retain(|_, value| !value.is_null());
            members.values_mut().for_each(without_nulls);
        }
        Json::Array(items) => items.iter_mut().for_each(without_nulls),
        _ => {}
    }
}

/// Whether empty lists of this kind are absent to the server: all of them are `omitempty` in its types. A
/// `NetworkPolicy`'s are not: `ingress: []` admits no traffic.
pub(super) fn has_no_empty_lists(kind: &str) -> bool {
    template_pointer(kind).is_some()
        || matches!(
            kind,
            "Service"
                | "Ingress"
                | "HorizontalPodAutoscaler"
                | "PodDisruptionBudget"
                | "PersistentVolumeClaim"
                | "ServiceAccount"
        )
}

/// Removes empty lists.
pub(super) fn without_empty_lists(value: &mut Json) {
    match value {
        Json::Object(members) => {
            members.retain(|_, value| !value.as_array().is_some_and(Vec::is_empty));
            members.values_mut().for_each(without_empty_lists);
        }
        Json::Array(items) => items.iter_mut().for_each(without_empty_lists),
        _ => {}
    }
}

/// Removes members from a map.
pub(super) fn remove(value: &mut Json, keys: &[&str]) {
    if let Some(members) = value.as_object_mut() {
        for key in keys {
            members.shift_remove(*key);
        }
    }
}

fn metadata(metadata: Option<&mut Json>, asked: &[String], is_object: bool) {
    let Some(members) = metadata.and_then(Json::as_object_mut) else { return };
    members.retain(|key, _| matches!(key.as_str(), "labels" | "annotations" | "namespace" | "finalizers"));
    if !is_object {
        members.shift_remove("namespace");
    }
    if let Some(labels) = members.get_mut("labels").and_then(Json::as_object_mut) {
        labels.retain(|key, _| !is_noise_label(key, asked));
    }
    if let Some(annotations) = members.get_mut("annotations").and_then(Json::as_object_mut) {
        annotations.retain(|key, _| !is_noise_annotation(key));
    }
}

/// A string's text; empty for anything else.
pub(super) fn text(value: &Json) -> String {
    value.as_str().unwrap_or_default().to_owned()
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
