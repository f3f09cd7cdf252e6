//! `adopt`: the names and selectors of objects that exist already, in place of the ones that we would choose.
//!
//! Applying then changes those objects. Without it a workload's selector, which is immutable, would be refused, and
//! other names would make other objects beside the old ones.

use serde_json::{Map, Value as Json, json};

use super::configmaps;
use super::rename::{rename, rename_claim, rename_container, rename_further_port, rename_port, rename_service_port};
use crate::describe::{Description, Member, Spanned};
use crate::diagnostic::Finding;
use crate::pattern::catalogue::definition::Replicas;
use crate::pattern::objects;
use crate::pattern::objects::made::Objects;
use crate::pattern::plan::prepare::Prepared;

/// Kinds whose selectors go by the labels that `adopt.selector` replaces.
const SELECTING: &[&str] = &["Service", "PodDisruptionBudget", "NetworkPolicy", "PodMonitor"];

/// Gives the document's objects the names and labels that `adopt` says.
pub(crate) fn apply(prepared: &Prepared<'_>, objects: &mut Objects) -> Vec<Finding> {
    let description = prepared.description;
    let Some(adopt) = &description.adopt else { return Vec::new() };
    let mut findings = Vec::new();
    if let Some(selector) = adopt.get("selector") {
        findings.extend(select(description, selector.members(), objects));
    }
    findings.extend(rename_all(description, adopt, objects));
    if let Some(policies) = adopt.get("image-pull") {
        findings.extend(pull(policies, objects));
    }
    for member in adopt.get("labels").map(Spanned::members).unwrap_or_default() {
        findings.extend(label(description, member, objects));
    }
    if switched_on(adopt, "token").is_some() {
        mount_tokens(objects);
    }
    if let Some(member) = switched_on(adopt, "scaled") {
        findings.extend(leave_replicas(prepared, member, objects));
    }
    if let Some(member) = switched_on(adopt, "ordered") {
        findings.extend(start_in_order(member, objects));
    }
    findings
}

/// The names that objects, containers, ports and claims have already.
fn rename_all(description: &Description, adopt: &Spanned, objects: &mut [Json]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for member in adopt.get("names").map(Spanned::members).unwrap_or_default() {
        let Some(name) = member.value.text() else { continue };
        if !rename(description, &member.key, name, objects) {
            findings.push(applies_to_nothing(member, &format!("this document generates no {}", member.key)));
        }
    }
    if let Some((member, name)) = text(adopt, "container")
        && !rename_container(description, name, objects)
    {
        findings.push(applies_to_nothing(member, "the shape brings its own container"));
    }
    if let Some((member, name)) = text(adopt, "service-port")
        && !rename_service_port(description, name, objects)
    {
        findings.push(applies_to_nothing(member, "no Service exposes the app's `port`"));
    }
    for member in adopt.get("service-ports").map(Spanned::members).unwrap_or_default() {
        let rename = |name: &str| rename_further_port(description, &member.key, name, objects);
        if !member.value.text().is_some_and(rename) {
            findings.push(applies_to_nothing(member, "no Service exposes a port of the app with this name"));
        }
    }
    if let Some((member, name)) = text(adopt, "port")
        && !rename_port(description, name, objects)
    {
        findings.push(applies_to_nothing(member, "no container declares the app's `port`"));
    }
    if let Some((member, name)) = text(adopt, "claim")
        && !rename_claim(name, objects)
    {
        findings.push(applies_to_nothing(member, "the shape has no `storage`"));
    }
    findings
}

/// Mounts the account's token into every Pod.
fn mount_tokens(objects: &mut [Json]) {
    let templates = objects.iter_mut().flat_map(objects::templates);
    for spec in templates.filter_map(|template| template.get_mut("spec")?.as_object_mut()) {
        spec.insert("automountServiceAccountToken".to_owned(), json!(true));
    }
}

/// Starts the Pods of StatefulSets one after another.
fn start_in_order(member: &Member, objects: &mut [Json]) -> Option<Finding> {
    let mut sets = objects.iter_mut().filter(|object| object["kind"] == "StatefulSet").peekable();
    let finding = sets.peek().is_none().then(|| applies_to_nothing(member, "this document generates no StatefulSet"));
    sets.for_each(|set| set["spec"]["podManagementPolicy"] = json!("OrderedReady"));
    finding
}

/// Leaves the number of replicas to what scales the workload.
fn leave_replicas(prepared: &Prepared<'_>, member: &Member, objects: &mut [Json]) -> Option<Finding> {
    // what is stopped has none, and an autoscaler leaves a workload without replicas alone
    if prepared.uses.iter().any(|filled| filled.definition.replicas == Some(Replicas::Stopped)) {
        return None;
    }
    let description = prepared.description;
    let is_own = |object: &Json| {
        let of = |kind: &&str| object["kind"] == **kind && object["metadata"]["name"] == *description.name_of(kind);
        ["Deployment", "StatefulSet"].iter().any(of)
    };
    let own = objects.iter_mut().filter(|object| is_own(object));
    let said = own.filter_map(|object| object["spec"].as_object_mut()?.shift_remove("replicas")).count();
    (said == 0).then(|| applies_to_nothing(member, "this document says no number of replicas"))
}

/// Gives containers their pull policies: one for all, or by name.
fn pull(policies: &Spanned, objects: &mut [Json]) -> Vec<Finding> {
    let mut found: Vec<&str> = Vec::new();
    for template in objects.iter_mut().flat_map(objects::templates) {
        for list in ["/spec/initContainers", "/spec/containers"] {
            for container in template.pointer_mut(list).and_then(Json::as_array_mut).into_iter().flatten() {
                let own = policies.members().iter().find(|member| container["name"] == member.key);
                found.extend(own.map(|member| member.key.as_str()));
                if let Some(policy) = own.map_or(policies.text(), |member| member.value.text()) {
                    container["imagePullPolicy"] = json!(policy);
                }
            }
        }
    }
    let unknown = policies.members().iter().filter(|member| !found.contains(&member.key.as_str()));
    unknown.map(|member| applies_to_nothing(member, &format!("no container is called `{}`", member.key))).collect()
}

/// Gives the objects of a kind further labels.
fn label(description: &Description, kind: &Member, objects: &mut [Json]) -> Vec<Finding> {
    let mut findings = check_labels(kind, objects);
    let labels: Map<String, Json> =
        kind.value.members().iter().map(|member| (member.key.clone(), member.value.to_json())).collect();
    let mut found = labels.is_empty();
    for object in objects.iter_mut() {
        found |= label_object(description, &kind.key, object, &labels);
    }
    if !found {
        findings.push(applies_to_nothing(kind, "this document generates none"));
    }
    findings
}

/// Labels that others go by: what prunes, what finds the objects of a system, and what selects the Pods.
fn check_labels(kind: &Member, objects: &[Json]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let selectors = || {
        let workloads = objects.iter().filter(|object| kind.key == "pod" && objects::is_workload(object));
        workloads.filter_map(|object| object.pointer("/spec/selector/matchLabels"))
    };
    for member in kind.value.members() {
        let fixed = ["app.kubernetes.io/part-of", "app.kubernetes.io/managed-by"].contains(&member.key.as_str());
        let differs = |labels: &Json| labels.get(&member.key).is_some_and(|value| *value != member.value.to_json());
        if fixed || member.key.starts_with("patterns/") {
            let message = format!("`{}` is set by `patterns gen`", member.key);
            findings.push(Finding::error(member.key_place.label(""), message).help("leave it out"));
        } else if selectors().any(differs) {
            findings.push(
                Finding::error(
                    member.key_place.label(""),
                    format!("the Pods are selected by a different `{}`", member.key),
                )
                .help("set it in adopt.selector"),
            );
        }
    }
    findings
}

/// Labels an object where it, its Pods or its claims are of the kind; whether they are.
fn label_object(description: &Description, kind: &str, object: &mut Json, labels: &Map<String, Json>) -> bool {
    let is_own = object["metadata"]["name"] == *description.name_of("Service");
    let fits = match kind {
        "service" => object["kind"] == "Service" && is_own,
        "account" => object["kind"] == "ServiceAccount",
        "role" => ["Role", "RoleBinding"].iter().any(|kind| object["kind"] == *kind),
        "cluster-role" => ["ClusterRole", "ClusterRoleBinding"].iter().any(|kind| object["kind"] == *kind),
        "configmap" => object["kind"] == "ConfigMap" && configmaps::is_own(object),
        "policy" => object["kind"] == "NetworkPolicy",
        "claim" => object["kind"] == "PersistentVolumeClaim",
        "route" => ["Ingress", "HTTPRoute", "GRPCRoute"].iter().any(|kind| object["kind"] == *kind),
        "workload" => objects::is_workload(object),
        _ => false,
    };
    if fits {
        add_labels(object, labels);
    }
    let is_pod = kind == "pod" && objects::is_workload(object);
    if is_pod {
        for template in objects::templates(object) {
            add_labels(template, labels);
        }
    }
    let claims = object.pointer_mut("/spec/volumeClaimTemplates").and_then(Json::as_array_mut);
    let mut has_claim = false;
    for claim in claims.into_iter().flatten().filter(|_| kind == "claim") {
        claim["metadata"]["labels"] = Json::Object(labels.clone());
        has_claim = true;
    }
    fits || is_pod || has_claim
}

fn text<'a>(adopt: &'a Spanned, key: &str) -> Option<(&'a Member, &'a str)> {
    let member = adopt.member(key)?;
    Some((member, member.value.text()?))
}

/// The key of `adopt`, if it is `true`.
fn switched_on<'a>(adopt: &'a Spanned, key: &str) -> Option<&'a Member> {
    adopt.member(key).filter(|member| member.value.to_json() == true)
}

fn applies_to_nothing(member: &Member, why: &str) -> Finding {
    Finding::error(member.key_place.label(why), format!("`{}` applies to no object", member.key)).help("leave it out")
}

/// Replaces the selector that all objects of a document share, and puts its labels on them and on the Pods.
fn select(description: &Description, selector: &[Member], objects: &mut [Json]) -> Option<Finding> {
    let own = objects::selector(description);
    let workloads = objects.iter().filter(|object| objects::is_workload(object));
    let mut selected = workloads.filter_map(|object| object.pointer("/spec/selector/matchLabels"));
    if let Some(other) = selected.find(|labels| **labels != own)
        && let Some(first) = selector.first()
    {
        return Some(
            Finding::error(first.key_place.label(""), "`selector` is for a document with one workload")
                .because(format!("this one has parts that are distinguished by their labels, such as {other}"))
                .help("leave it out; the parts' workloads are deleted once before they are applied"),
        );
    }
    let labels: Map<String, Json> =
        selector.iter().map(|member| (member.key.clone(), member.value.to_json())).collect();
    let adopted = Json::Object(labels.clone());
    for object in objects.iter_mut() {
        let is_workload = objects::is_workload(object);
        if !is_workload && !SELECTING.iter().any(|kind| object["kind"] == *kind) {
            continue;
        }
        if object["kind"] == "NetworkPolicy" {
            // its peers are labels as they are written, or those of documents, which have adopted theirs already
            replace(&mut object["spec"]["podSelector"], &own, &adopted);
        } else {
            replace(object, &own, &adopted);
        }
        add_labels(object, &labels);
        if is_workload {
            for template in objects::templates(object) {
                add_labels(template, &labels);
            }
        }
    }
    None
}

/// Replaces a selector wherever one is: under `matchLabels`, and under a Service's `selector`.
fn replace(value: &mut Json, own: &Json, adopted: &Json) {
    match value {
        Json::Object(members) => {
            for (key, value) in members {
                if matches!(key.as_str(), "matchLabels" | "selector") && value == own {
                    value.clone_from(adopted);
                } else {
                    replace(value, own, adopted);
                }
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|item| replace(item, own, adopted)),
        _ => {}
    }
}

fn add_labels(object: &mut Json, labels: &Map<String, Json>) {
    if let Some(there) = object.pointer_mut("/metadata/labels").and_then(Json::as_object_mut) {
        there.extend(labels.clone());
    }
}
