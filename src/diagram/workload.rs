//! What makes Pods, and how many.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::kube::{File, Object, PodView};
use crate::yaml::Source;

/// An object with its plain form.
#[derive(Debug)]
pub(super) struct Seen<'object> {
    /// The object, for places and views.
    pub object: &'object Object,
    /// Its fields.
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
        id.kind == kind && id.group() == group
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

/// A workload in a file of a ConfigMap: the template of Jobs.
#[derive(Debug)]
pub(super) struct Hidden {
    /// The workload.
    pub object: Object,
    /// The namespace of the ConfigMap.
    pub namespace: Option<String>,
    /// The ConfigMap and its key.
    pub file: (String, String),
}

/// Workloads inside of other objects.
pub(super) fn hidden(objects: &[Seen<'_>]) -> Vec<Hidden> {
    objects.iter().filter(|seen| seen.is("", "ConfigMap")).flat_map(in_config_map).collect()
}

/// The kind to show: a Knative Service is not the Service that everybody knows.
pub(super) fn kind(seen: &Seen<'_>) -> String {
    let kind = &seen.object.id.kind;
    if seen.is("serving.knative.dev", "Service") { format!("Knative {kind}") } else { kind.to_string() }
}

/// The name to show for one of the Pods of an object.
pub(super) fn name(pod: PodView<'_>) -> String {
    let name = &pod.object.id.name;
    pod.part.map_or_else(|| name.to_string(), |part| format!("{name}-{part}"))
}

/// The names of the Jobs of a JobSet that must be ready or done before one of them starts.
pub(super) fn after(seen: &Seen<'_>, pod: PodView<'_>) -> Vec<String> {
    let job = seen.list("/spec/replicatedJobs").iter().find(|job| job["name"].as_str() == pod.part);
    let befores = job.map(|job| list(job, "/dependsOn")).unwrap_or_default();
    befores.iter().filter_map(|one| Some(format!("{}-{}", seen.object.id.name, one["name"].as_str()?))).collect()
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
            let namespace = seen.object.id.namespace.as_deref().map(str::to_owned);
            found.push(Hidden { object, namespace, file: (seen.object.id.name.to_string(), key.clone()) });
        }
    }
    found
}

/// How many Pods one of the templates of a workload makes, as it says itself.
pub(super) fn count(seen: &Seen<'_>, pod: PodView<'_>) -> Option<String> {
    let number = |pointer: &str| seen.json.pointer(pointer).and_then(Json::as_u64);
    if seen.is("serving.knative.dev", "Service") {
        let bound =
            |name: &str| seen.text(&format!("/spec/template/metadata/annotations/autoscaling.knative.dev~1{name}"));
        let least = bound("min-scale").unwrap_or("0");
        return Some(
            bound("max-scale").map_or_else(|| format!("{least} or more Pods"), |most| format!("{least}–{most} Pods")),
        );
    }
    Some(match seen.object.id.kind.as_str() {
        "Deployment"
        | "StatefulSet"
        | "ReplicaSet"
        | "ReplicationController"
        | "Rollout"
        | "CloneSet"
        | "DeploymentConfig" => pods(number("/spec/replicas").unwrap_or(1)),
        "DaemonSet" => "1 Pod per node".to_owned(),
        "Job" if pod.part.is_none() => job_count(&seen.json["spec"], 1),
        "CronJob" => job_count(&seen.json["spec"]["jobTemplate"]["spec"], 1),
        "ScaledJob" => format!("0–{} Jobs", number("/spec/maxReplicaCount").unwrap_or(100)),
        "JobSet" => {
            let job = seen.list("/spec/replicatedJobs").iter().find(|job| job["name"].as_str() == pod.part)?;
            job_count(&job["template"]["spec"], job["replicas"].as_u64().unwrap_or(1))
        }
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
pub(super) fn labels(pod: PodView<'_>) -> crate::kube::types::Labels {
    pod.metadata.and_then(|metadata| metadata.labels.clone()).unwrap_or_default()
}
