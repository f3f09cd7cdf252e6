//! What makes Pods, and how many.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::kube::{File, Object, PodView};
use crate::yaml::{NodeId, Source};

/// An object with its plain form.
#[derive(Debug)]
pub(super) struct Seen<'object> {
    /// The object.
    pub object: &'object Object,
    /// What it says.
    pub json: Json,
}

impl<'object> Seen<'object> {
    pub(super) fn new(object: &'object Object) -> Self {
        let json = serde_json::from_str(&object.document.to_json(object.node)).unwrap_or_default();
        Self { object, json }
    }

    /// Whether it is an object of this kind, of any version of this API group (`""` for the core group).
    pub(super) fn is(&self, group: &str, kind: &str) -> bool {
        let id = &self.object.id;
        id.kind == kind && id.api_version.rsplit_once('/').map_or("", |(group, _)| group) == group
    }

    /// A text at a JSON pointer.
    pub(super) fn text(&self, pointer: &str) -> Option<&str> {
        self.json.pointer(pointer).and_then(Json::as_str)
    }

    /// A list at a JSON pointer, empty if there is none.
    pub(super) fn list(&self, pointer: &str) -> &[Json] {
        list(&self.json, pointer)
    }

    pub(super) fn namespace(&self) -> Option<&str> {
        self.object.id.namespace.as_deref()
    }
}

/// A list at a JSON pointer, empty if there is none.
pub(super) fn list<'json>(json: &'json Json, pointer: &str) -> &'json [Json] {
    json.pointer(pointer).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// A Pod template where kinds that we do not decode keep it, or where a file of a ConfigMap holds it.
#[derive(Debug)]
pub(super) struct Hidden {
    /// The template, read as an object of its own.
    pub object: Object,
    /// Kind and name to show.
    pub kind: String,
    pub name: String,
    /// How many Pods or Jobs.
    pub count: Option<String>,
    /// The namespace of the object that holds it.
    pub namespace: Option<String>,
    /// Workloads that must have ended before it starts.
    pub after: Vec<String>,
    /// The ConfigMap and its key, if that is where it was.
    pub file: Option<(String, String)>,
}

/// Templates inside of other objects.
pub(super) fn hidden(objects: &[Seen<'_>]) -> Vec<Hidden> {
    let mut found = Vec::new();
    for seen in objects {
        let object = seen.object;
        if seen.is("", "ConfigMap") {
            found.extend(in_config_map(seen));
        } else if seen.is("keda.sh", "ScaledJob") {
            let most = seen.json.pointer("/spec/maxReplicaCount").and_then(Json::as_u64).unwrap_or(100);
            found.extend(template(seen, &["spec", "jobTargetRef"], &object.id.name, Some(format!("0–{most} Jobs"))));
        } else if seen.is("serving.knative.dev", "Service") {
            let bound =
                |name: &str| seen.text(&format!("/spec/template/metadata/annotations/autoscaling.knative.dev~1{name}"));
            let least = bound("min-scale").unwrap_or("0");
            let count = bound("max-scale")
                .map_or_else(|| format!("{least} or more Pods"), |most| format!("{least}–{most} Pods"));
            found.extend(template(seen, &["spec"], &object.id.name, Some(count)));
        } else if object.id.kind == "JobSet" {
            let jobs = object.document.at(object.node, &["spec", "replicatedJobs"]);
            let nodes = jobs.map(|node| object.document.items(node)).unwrap_or_default();
            for (job, node) in seen.list("/spec/replicatedJobs").iter().zip(nodes) {
                let name = job["name"].as_str().unwrap_or_default();
                let at = object.document.at(*node, &["template", "spec"]);
                let replicas = job["replicas"].as_u64().unwrap_or(1);
                let count = job_count(&job["template"]["spec"], replicas);
                let name = format!("{}-{name}", object.id.name);
                let after = list(job, "/dependsOn").iter().filter_map(|one| one["name"].as_str());
                let after = after.map(|one| format!("{}-{one}", object.id.name)).collect();
                let made = at.and_then(|at| hidden_at(seen, at, &name, Some(count)));
                found.extend(made.map(|made| Hidden { after, ..made }));
            }
        }
    }
    found
}

fn template(seen: &Seen<'_>, path: &[&str], name: &str, count: Option<String>) -> Option<Hidden> {
    hidden_at(seen, seen.object.document.at(seen.object.node, path)?, name, count)
}

/// The template below the map at `node`, read as a `PodTemplate`, which has it at the same place.
fn hidden_at(seen: &Seen<'_>, node: NodeId, name: &str, count: Option<String>) -> Option<Hidden> {
    let object = Object::of_kind(&seen.object.document, node, "v1", "PodTemplate", false);
    object.pod()?;
    Some(Hidden {
        object,
        // a Service of its own API group: not the one that everybody knows
        kind: if seen.object.id.kind == "Service" { "Knative Service".to_owned() } else { seen.object.id.kind.clone() },
        name: name.to_owned(),
        count,
        namespace: seen.object.id.namespace.clone(),
        after: Vec::new(),
        file: None,
    })
}

/// Manifests in the files of a ConfigMap: templates of Jobs.
fn in_config_map(seen: &Seen<'_>) -> Vec<Hidden> {
    let mut found = Vec::new();
    for (key, text) in seen.json["data"].as_object().into_iter().flatten() {
        let Some(text) = text.as_str().filter(|text| text.contains("kind: Job") && text.contains("apiVersion: batch"))
        else {
            continue;
        };
        let file = File::read(&Arc::new(Source::from_text(key.as_str(), text)));
        for object in file.objects.into_iter().filter(|object| object.id.kind == "Job" && object.pod().is_some()) {
            let count = Some(count(&Seen::new(&object)));
            found.push(Hidden {
                kind: "Job".to_owned(),
                name: object.id.name.clone(),
                count: count.flatten(),
                namespace: seen.object.id.namespace.clone(),
                after: Vec::new(),
                file: Some((seen.object.id.name.clone(), key.clone())),
                object,
            });
        }
    }
    found
}

/// How many Pods a workload has, as it says itself.
pub(super) fn count(seen: &Seen<'_>) -> Option<String> {
    let number = |pointer: &str| seen.json.pointer(pointer).and_then(Json::as_u64);
    Some(match seen.object.id.kind.as_str() {
        "Deployment" | "StatefulSet" | "ReplicaSet" | "ReplicationController" => {
            pods(number("/spec/replicas").unwrap_or(1))
        }
        "DaemonSet" => "1 Pod per node".to_owned(),
        "Job" => job_count(&seen.json["spec"], 1),
        "CronJob" => job_count(&seen.json["spec"]["jobTemplate"]["spec"], 1),
        _ => return None,
    })
}

fn pods(number: u64) -> String {
    if number == 1 { "1 Pod".to_owned() } else { format!("{number} Pods") }
}

fn job_count(spec: &Json, replicas: u64) -> String {
    let parallel = spec["parallelism"].as_u64().unwrap_or(1);
    let completions = spec["completions"].as_u64().unwrap_or(parallel).saturating_mul(replicas);
    let parallel = parallel.saturating_mul(replicas);
    if parallel < completions { format!("{}, {parallel} at once", pods(completions)) } else { pods(completions) }
}

/// Labels of the Pods.
pub(super) fn labels(pod: PodView<'_>) -> BTreeMap<String, String> {
    pod.metadata.and_then(|metadata| metadata.labels.clone()).unwrap_or_default()
}
