//! `annotations`: the description's own, each on the kind of object that it is for.

use serde_json::{Map, Value as Json};

use crate::describe::{Description, Member};
use crate::diagnostic::Finding;
use crate::pattern::objects;
use crate::pattern::objects::made::Objects;
use crate::pattern::plan::prepare::Prepared;

/// What begins keys that are ours to write.
const OURS: [&str; 2] = ["patterns/", "app.kubernetes.io/"];

/// Which container kubectl chooses in a Pod: the app, unless the description says another.
const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

/// Keys of labels and annotations that the description cannot take.
pub(crate) fn check(description: &Description) -> Vec<Finding> {
    let mut findings = Vec::new();
    let annotations = description.annotations.iter().flat_map(|member| member.value.members());
    for member in description.labels.iter().chain(annotations) {
        let is_ours = OURS.iter().any(|prefix| member.key.starts_with(prefix));
        // part-of is `system`; what we do not write is free
        let free = ["app.kubernetes.io/instance", "app.kubernetes.io/created-by"].contains(&member.key.as_str());
        if is_ours && !free {
            let help = if member.key == "app.kubernetes.io/part-of" { "system: <name>" } else { "choose another key" };
            findings.push(
                Finding::error(member.key_place.label(""), format!("`{}` is set by `patterns gen`", member.key))
                    .because("selectors and pruning rely on it")
                    .help(help),
            );
        }
    }
    findings
}

/// Puts the annotations where they belong; one that is there already, with another value, is a clash.
pub(crate) fn apply(prepared: &Prepared<'_>, objects: &mut Objects) -> Vec<Finding> {
    let mut findings = Vec::new();
    for member in &prepared.description.annotations {
        let mut placed = false;
        for object in objects.iter_mut() {
            let is_workload = objects::is_workload(object);
            let fits = match member.key.as_str() {
                "service" => object["kind"] == "Service",
                "account" => object["kind"] == "ServiceAccount",
                "claim" => object["kind"] == "PersistentVolumeClaim",
                "budget" => object["kind"] == "PodDisruptionBudget",
                "workload" => is_workload,
                "route" => ["Ingress", "HTTPRoute", "GRPCRoute"].iter().any(|kind| object["kind"] == *kind),
                _ => false,
            };
            if fits {
                findings.extend(put(object, member, None));
                placed = true;
            }
            if member.key == "pod" && is_workload {
                for template in objects::templates(object) {
                    findings.extend(put(template, member, Some(&prepared.description.name)));
                    placed = true;
                }
            }
        }
        if !placed && !member.value.members().is_empty() {
            let what = match member.key.as_str() {
                "service" => "a Service",
                "account" => "a ServiceAccount",
                "claim" => "a PersistentVolumeClaim: no volume has `create`",
                "budget" => "a PodDisruptionBudget: there is no `budget`, and not more than one Pod",
                "route" => "a route: there is no `expose` with a host",
                _ => "a workload",
            };
            findings.push(
                Finding::error(member.key_place.label(""), format!("this document does not generate {what}"))
                    .because("an annotation needs an object to be on")
                    .help(format!("leave `{}` out", member.key)),
            );
        }
    }
    findings
}

/// Puts annotations on an object, or on a Pod, whose `app` is then what kubectl chooses by default.
fn put(object: &mut Json, annotations: &Member, app: Option<&str>) -> Vec<Finding> {
    let Some(object) = object.as_object_mut() else { return Vec::new() };
    let metadata = object.entry("metadata").or_insert_with(|| Json::Object(Map::new()));
    let Some(metadata) = metadata.as_object_mut() else { return Vec::new() };
    let there = metadata.entry("annotations").or_insert_with(|| Json::Object(Map::new()));
    let Some(there) = there.as_object_mut() else { return Vec::new() };
    let mut findings = Vec::new();
    for member in annotations.value.members() {
        let value = member.value.to_json();
        let of_pod = app.filter(|_| member.key == DEFAULT_CONTAINER);
        match there.get(&member.key) {
            // another Pod of the document, such as a cache in front, has not the app's containers
            Some(other) if of_pod.is_some_and(|app| other != app) => {}
            Some(other) if of_pod.is_none() && *other != value => findings.push(
                Finding::error(
                    member.key_place.label(""),
                    format!("a pattern sets the annotation `{}` to {other}", member.key),
                )
                .because("patterns never overwrite each other; one of the two would be lost")
                .help("remove this one"),
            ),
            _ => {
                there.insert(member.key.clone(), value);
            }
        }
    }
    findings
}
