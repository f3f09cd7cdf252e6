//! What all objects have in common: labels, annotations, namespace, order and file names.

pub(super) mod clash;
pub(super) mod invariants;
pub(super) mod job_names;
pub(super) mod made;
pub(super) mod order;
pub(super) mod strategic;
pub mod weave;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use made::Made;
use serde_json::{Map, Value as Json, json};

use crate::describe::{Description, Spanned};
use crate::kube::image::Reference;
use crate::kube::references;
use crate::origin::{self, Maker};
use crate::sort;
use crate::yaml::{self, Source};

/// Kinds in apply order: kinds that others refer to come first.
const ORDER: &[&str] = &[
    "Namespace",
    "PriorityClass",
    "ServiceAccount",
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
    "Lease",
    "ConfigMap",
    "Secret",
    "PersistentVolumeClaim",
    "Service",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "Job",
    "CronJob",
    "JobSet",
    "TriggerAuthentication",
    "ScaledJob",
    "PodDisruptionBudget",
    "HorizontalPodAutoscaler",
    "ScaledObject",
    "NetworkPolicy",
    "PodMonitor",
    "Ingress",
    "Gateway",
    "HTTPRoute",
    "GRPCRoute",
];

/// Cluster-scoped kinds.
const CLUSTER_SCOPED: &[&str] = &["Namespace", "PriorityClass", "ClusterRole", "ClusterRoleBinding"];

/// Sorts objects into apply order, keeping the order of equal kinds.
pub fn sort(objects: &mut [Made]) {
    sort::by_key(objects, |made| rank(&made.object));
}

/// An object's place in apply order.
#[must_use]
pub fn rank(object: &Json) -> usize {
    let kind = object["kind"].as_str().unwrap_or_default();
    ORDER.iter().position(|known| *known == kind).unwrap_or(ORDER.len())
}

/// `deployment-shop.yaml`: the files of objects under `--output`. Where two objects would have one, the namespace
/// and then the API group come in front of the name.
#[must_use]
pub fn file_names(objects: &[&Json], extension: &str) -> Vec<String> {
    let text =
        |object: &Json, pointer: &str| object.pointer(pointer).and_then(Json::as_str).unwrap_or_default().to_owned();
    let name = |object: &Json, more: &[&str]| {
        let mut parts = vec![text(object, "/kind").to_ascii_lowercase()];
        parts
            .extend(more.iter().map(|pointer| text(object, pointer).replace('/', "-")).filter(|part| !part.is_empty()));
        parts.push(text(object, "/metadata/name"));
        format!("{}.{extension}", parts.join("-"))
    };
    let longer: [&[&str]; 3] = [&[], &["/metadata/namespace"], &["/apiVersion", "/metadata/namespace"]];
    let all = longer.map(|more| objects.iter().map(|object| name(object, more)).collect::<Vec<_>>());
    let counts = all.each_ref().map(|names| {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for name in names {
            *counts.entry(name).or_default() += 1;
        }
        counts
    });
    let chosen = |at: usize| {
        let is_unique = |(names, counts): &(&Vec<String>, &HashMap<&str, usize>)| counts[names[at].as_str()] == 1;
        all.iter().zip(&counts).find(is_unique).map_or(&all[2], |(names, _)| names)[at].clone()
    };
    (0..objects.len()).map(chosen).collect()
}

/// Fields of a Pod spec in reading order: identity and placement, then containers in start order, then volumes.
const POD_SPEC: &[&str] = &[
    "serviceAccountName",
    "automountServiceAccountToken",
    "enableServiceLinks",
    "shareProcessNamespace",
    "restartPolicy",
    "terminationGracePeriodSeconds",
    "priorityClassName",
    "securityContext",
    "topologySpreadConstraints",
    "nodeSelector",
    "tolerations",
    "initContainers",
    "containers",
    "volumes",
];

/// Puts the fields of a woven Pod template into a reader's order; those not listed come before the containers.
pub(crate) fn arrange(pod: &mut Json) {
    let Some(spec) = pod.get_mut("spec").and_then(Json::as_object_mut) else { return };
    let rank = |field: &str| POD_SPEC.iter().position(|known| *known == field).unwrap_or(POD_SPEC.len() - 4);
    for containers in ["initContainers", "containers"] {
        for container in spec.get_mut(containers).and_then(Json::as_array_mut).into_iter().flatten() {
            container.get_mut("env").and_then(Json::as_array_mut).into_iter().for_each(define_first);
        }
    }
    let mut fields: Vec<(String, Json)> = std::mem::take(spec).into_iter().collect();
    sort::by_key(&mut fields, |(field, _)| rank(field));
    spec.extend(fields);
}

/// Moves a variable before the first one that refers to it: `$(NAME)` is only expanded if the variable is defined
/// before (kubernetes/website:
/// content/en/docs/tasks/inject-data-application/define-interdependent-environment-variables.md).
fn define_first(env: &mut Vec<Json>) {
    fn name(variable: &Json) -> &str {
        variable["name"].as_str().unwrap_or_default()
    }
    // how many of each name there are from `at` on, so that most variables need no search
    let mut rest: HashMap<String, usize> = HashMap::new();
    for variable in &*env {
        *rest.entry(name(variable).to_owned()).or_default() += 1;
    }
    // a variable that would have to move twice is part of a circle, which no order undoes
    let mut moved: BTreeSet<String> = BTreeSet::new();
    let mut at = 0;
    while at < env.len() {
        let own = name(&env[at]);
        let spoken_of = references(env[at]["value"].as_str().unwrap_or_default());
        let comes_later =
            |name: &str| !moved.contains(name) && rest.get(name).is_some_and(|count| *count > usize::from(name == own));
        let wanted: Vec<&str> = spoken_of.iter().map(|(_, name)| *name).filter(|name| comes_later(name)).collect();
        let place = || env[at + 1..].iter().position(|variable| wanted.contains(&name(variable)));
        let Some(offset) = (!wanted.is_empty()).then(place).flatten() else {
            rest.entry(own.to_owned()).and_modify(|count| *count -= 1);
            at += 1;
            continue;
        };
        let variable = env.remove(at + 1 + offset);
        moved.insert(name(&variable).to_owned());
        env.insert(at, variable);
    }
}

/// The Pod templates of a controller.
pub(crate) fn templates(object: &mut Json) -> Vec<&mut Json> {
    let path = match object["kind"].as_str().unwrap_or_default() {
        "CronJob" => "/spec/jobTemplate/spec/template",
        "ScaledJob" => "/spec/jobTargetRef/template",
        "JobSet" => {
            let jobs = object.pointer_mut("/spec/replicatedJobs").and_then(Json::as_array_mut);
            return jobs.into_iter().flatten().filter_map(|job| job.pointer_mut("/template/spec/template")).collect();
        }
        _ => "/spec/template",
    };
    object.pointer_mut(path).into_iter().collect()
}

/// Whether a generated kind is built into Kubernetes.
pub(crate) fn is_built_in(kind: &str) -> bool {
    const OTHERS: &[&str] =
        &["JobSet", "TriggerAuthentication", "ScaledJob", "ScaledObject", "PodMonitor", "HTTPRoute", "GRPCRoute"];
    ORDER.contains(&kind) && !OTHERS.contains(&kind)
}

/// Whether an object is a controller of Pods that are written as Kubernetes writes them.
pub(crate) fn is_workload(object: &Json) -> bool {
    const KINDS: &[&str] = &["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "ScaledJob", "JobSet"];
    object["kind"].as_str().is_some_and(|kind| KINDS.contains(&kind))
}

/// The Jobs that the agent's manager creates at run time from a `ConfigMap`.
pub(crate) fn made_later(object: &Json) -> Vec<Json> {
    let files = (object["kind"] == "ConfigMap").then(|| object["data"].as_object()).flatten();
    let texts = files.into_iter().flatten().filter_map(|(_, text)| text.as_str());
    let jobs = texts.filter(|text| text.starts_with("apiVersion: batch/v1\nkind: Job\n"));
    let read = |text: &str| {
        let (documents, refusal) = yaml::as_kubectl(yaml::read(&Arc::new(Source::from_text("job.yaml", text))));
        let document = documents.first().filter(|_| refusal.is_none())?;
        let mut job = Spanned::from_node(document, document.root()).to_json();
        if let Some(metadata) = job.get_mut("metadata").and_then(Json::as_object_mut) {
            for key in ["namespace", "annotations"] {
                metadata.insert(key.to_owned(), object["metadata"][key].clone());
            }
        }
        Some(job)
    };
    jobs.filter_map(read).collect()
}

/// The ports that the containers of a Pod template declare, with their protocols.
pub(crate) fn declared_ports(template: &Json) -> impl Iterator<Item = (u64, &str)> {
    named_ports(template).map(|(_, number, protocol)| (number, protocol))
}

/// The same with their names, which may be missing.
pub(crate) fn named_ports(template: &Json) -> impl Iterator<Item = (&str, u64, &str)> {
    let containers = ["/spec/initContainers", "/spec/containers"];
    let containers = containers.into_iter().filter_map(|pointer| template.pointer(pointer)?.as_array()).flatten();
    let ports = containers.filter_map(|container| container["ports"].as_array()).flatten();
    ports.filter_map(|port| {
        let name = port["name"].as_str().unwrap_or_default();
        Some((name, port["containerPort"].as_u64()?, port["protocol"].as_str().unwrap_or("TCP")))
    })
}

/// Labels of every object of a document. The version is not part of a selector: it changes.
#[must_use]
pub(crate) fn labels(description: &Description, component: &str) -> Map<String, Json> {
    let mut labels = Map::new();
    labels.insert("app.kubernetes.io/name".to_owned(), json!(description.name));
    labels.insert("app.kubernetes.io/component".to_owned(), json!(component));
    labels.insert(
        "app.kubernetes.io/part-of".to_owned(),
        json!(description.system.as_ref().unwrap_or(&description.name)),
    );
    labels.insert("app.kubernetes.io/managed-by".to_owned(), json!("patterns"));
    if let Some(version) = description.app.as_ref().and_then(|app| version(&app.image)) {
        labels.insert("app.kubernetes.io/version".to_owned(), json!(version));
    }
    labels.extend(description.labels.iter().map(|label| (label.key.clone(), label.value.to_json())));
    labels
}

/// Labels that Services and controllers select by; they never change. A part of a document (`search.leaf` of
/// `search`) has its own name, which no document can have, and its component on top.
#[must_use]
pub(crate) fn selector(description: &Description) -> Json {
    json!({"app.kubernetes.io/name": description.name})
}

/// The labels that identify a Job's Pods; anything that may change is excluded.
pub(crate) fn own_labels(template: &Json) -> Json {
    let labels = template.pointer("/metadata/labels").and_then(Json::as_object);
    let telling = |key: &str| matches!(key, "app.kubernetes.io/name" | "app.kubernetes.io/component");
    let labels = labels.into_iter().flatten().filter(|(key, _)| telling(key));
    Json::Object(labels.map(|(key, value)| (key.clone(), value.clone())).collect())
}

/// Adds the labels and the source to an object of `extra`, so that pruning finds it; its own values are kept.
pub(crate) fn mark(object: &mut Json, description: &Description) {
    let own = labels(description, "extra");
    let is_pod = object["kind"] == "Pod";
    let source = said_origin(description, &Maker::Extra);
    let Some(metadata) = object.get_mut("metadata").and_then(Json::as_object_mut) else { return };
    for (field, more) in [("labels", Json::Object(own)), ("annotations", source)] {
        let there = metadata.entry(field).or_insert_with(|| json!({}));
        let (Some(there), Json::Object(more)) = (there.as_object_mut(), more) else { continue };
        for (key, value) in more {
            // a Pod of this name would be selected
            if is_pod && key == "app.kubernetes.io/name" {
                continue;
            }
            there.entry(key).or_insert(value);
        }
    }
}

/// The annotations that say where an object comes from.
fn said_origin(description: &Description, maker: &Maker) -> Json {
    json!({origin::SOURCE: description.origin, origin::FROM: maker.to_string()})
}

/// Adds labels, annotations and namespace to an object, before those it has.
pub(crate) fn dress(object: &mut Json, labels: &Map<String, Json>, description: &Description, maker: &Maker) {
    place_in(object, description.namespace.as_deref());
    let Some(metadata) = object.get_mut("metadata").and_then(Json::as_object_mut) else { return };
    let mut dressed = Map::new();
    dressed.insert("name".to_owned(), metadata.remove("name").unwrap_or_default());
    if let Some(namespace) = metadata.remove("namespace") {
        dressed.insert("namespace".to_owned(), namespace);
    }
    dressed.insert("labels".to_owned(), Json::Object(labels.clone()));
    dressed.insert("annotations".to_owned(), said_origin(description, maker));
    for (key, value) in std::mem::take(metadata) {
        match (dressed.get_mut(&key).and_then(Json::as_object_mut), value) {
            (Some(there), Json::Object(more)) => there.extend(more),
            (_, value) => {
                dressed.insert(key, value);
            }
        }
    }
    *metadata = dressed;
}

/// Sets an object's namespace unless it has one or is cluster-scoped.
pub(crate) fn place_in(object: &mut Json, namespace: Option<&str>) {
    let is_cluster_scoped = object["kind"].as_str().is_some_and(|kind| CLUSTER_SCOPED.contains(&kind));
    if let (Some(namespace), false) = (namespace, is_cluster_scoped)
        && let Some(metadata) = object.get_mut("metadata").and_then(Json::as_object_mut)
        && !metadata.contains_key("namespace")
    {
        metadata.insert("namespace".to_owned(), json!(namespace));
    }
}

/// The tag of an image, if it can be a label's value.
fn version(image: &str) -> Option<&str> {
    let tag = Reference::of(image).tag?;
    let ok = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let ends = |tag: &str| {
        tag.starts_with(|c: char| c.is_ascii_alphanumeric()) && tag.ends_with(|c: char| c.is_ascii_alphanumeric())
    };
    (tag.len() <= 63 && tag.bytes().all(ok) && ends(tag)).then_some(tag)
}
