//! What is completed and may stop what runs: the few lines of a report to read before anything is applied.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::values::{containers, pod_spec};
use super::{Compared, Field, Import, Kind};
use crate::facts::users;

/// Each thing to look at, with the workloads and containers that it is about.
#[must_use]
pub fn check(import: &Import) -> Vec<(String, Vec<String>)> {
    let mut all: BTreeMap<String, Places> = BTreeMap::new();
    let objects = import.documents.iter().flat_map(|document| &document.objects);
    for object in objects.filter(|object| object.input.is_workload()) {
        for field in &object.fields {
            let Some(what) = what(field, object) else { continue };
            let of = container(field).filter(|name| *name != object.input.name());
            let place = of.map_or_else(|| object.input.title(), |name| format!("{} ({name})", object.input.title()));
            let places = all.entry(what).or_default();
            if places.seen.insert(place.clone()) {
                places.in_order.push(place);
            }
        }
    }
    all.into_iter().map(|(what, places)| (what, places.in_order)).collect()
}

/// Where something is to be looked at, each place once.
#[derive(Default)]
struct Places {
    in_order: Vec<String>,
    seen: BTreeSet<String>,
}

/// The container that a field is of.
fn container(field: &Field) -> Option<&str> {
    let at = field.path.iter().position(|step| matches!(step.as_str(), "containers" | "initContainers"))?;
    field.path.get(at + 1)?.strip_prefix("[name=")?.strip_suffix(']')
}

/// The image of the container that a field is of; of the Pod's own fields that of the first container.
fn image<'a>(field: &Field, object: &'a Compared) -> Option<&'a str> {
    let spec = pod_spec(&object.made)?;
    let of = |one: &&Json| container(field).is_none_or(|name| one["name"] == name);
    containers(spec).find(of)?["image"].as_str()
}

/// What a field that is completed may do to a program that runs without it.
fn what(field: &Field, object: &Compared) -> Option<String> {
    if !matches!(field.kind, Kind::Completed(_)) {
        return None;
    }
    let made = field.made.as_ref()?;
    let steps: Vec<&str> = field.path.iter().map(String::as_str).collect();
    match steps.as_slice() {
        [.., "securityContext", "runAsUser"] if *made == 0 => {
            Some("runs as root: nothing says its user, and what it does is of use to root alone".to_owned())
        }
        [.., "securityContext", "runAsUser"] => {
            let image = image(field, object).and_then(users::user);
            let is_known = image.is_some_and(|user| *made == user.number);
            let why = if is_known {
                "the user that its image becomes"
            } else {
                "the manifest does not say which user the image expects"
            };
            Some(format!("runs as user {made} (`user`): {why}"))
        }
        [.., "securityContext", "readOnlyRootFilesystem"] if *made == true => {
            Some("can write only to its mounts and to the folders in `writable`".to_owned())
        }
        [.., "capabilities", "add"] => {
            let names: Vec<&str> = made.as_array()?.iter().filter_map(Json::as_str).collect();
            Some(format!("is root with {} (`capabilities`) and no other rights", names.join(", ")))
        }
        [.., "capabilities", "drop"] if is_root_without_rights(field, object) => {
            Some("is root without any of its rights (`capabilities`)".to_owned())
        }
        [.., "readinessProbe" | "livenessProbe" | "startupProbe", "tcpSocket", "port"] if !is_asked(field, object) => {
            Some(format!("must answer at port {made}, which is now probed and was not before"))
        }
        ["spec", "replicas"] => {
            Some(format!("has replicas: {made}, which the manifest does not set (`adopt: {{scaled: true}}`)"))
        }
        [.., "limits", "memory"] => {
            Some(format!("is killed above {}", made.as_str().map_or_else(|| made.to_string(), str::to_owned)))
        }
        [.., "emptyDir", "sizeLimit"] => {
            let size = made.as_str().map_or_else(|| made.to_string(), str::to_owned);
            Some(format!(
                "is evicted once it has written more than {size} to one of its emptyDirs (`writable`, `volumes`)"
            ))
        }
        _ => None,
    }
}

/// The fields of the same container.
fn beside<'a>(field: &'a Field, object: &'a Compared) -> impl Iterator<Item = &'a Field> {
    let own = container(field);
    object.fields.iter().filter(move |other| own.is_some() && container(other) == own)
}

fn is_root_without_rights(field: &Field, object: &Compared) -> bool {
    let is = |other: &Field, name: &str| other.path.last().is_some_and(|last| last == name);
    let is_root =
        beside(field, object).any(|other| is(other, "runAsUser") && other.made.as_ref().is_some_and(|user| *user == 0));
    is_root && !beside(field, object).any(|other| is(other, "add"))
}

/// Whether a probe of the manifest asks the same port.
fn is_asked(field: &Field, object: &Compared) -> bool {
    beside(field, object).any(|other| {
        let is_port = other.path.last().is_some_and(|last| last == "port");
        is_port && other.path.iter().any(|step| step.ends_with("Probe")) && other.said == field.made
    })
}
