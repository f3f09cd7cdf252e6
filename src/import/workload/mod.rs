//! A workload and what belongs to it as one document of a description.

mod beside;
mod labels;
mod place;
mod shape;

use std::cell::RefCell;
use std::collections::HashSet;

use serde_json::{Map, Value as Json, json};

use super::Input;
use super::canonical;
use super::configs;
use super::container::{self, Pod, Ports, duration, is_filled_in_later};
use super::owned::Owned;
use super::plan;
use super::policies;
use super::reach;
use super::rights;
use super::secrets;
use super::services;
use super::values::{items, pod_spec, text};
use crate::describe::fits;
use crate::kube::TOKEN_FOLDER;
use beside::{inits, sidecars};
use labels::{annotations, kept_labels, labels, system};
use place::place;
use shape::{is_stopped, schedule, shape};

/// The workload in the description language.
///
/// # Errors
/// Why the language cannot express it.
pub(super) fn describe(owned: &Owned<'_>, used_labels: &[String]) -> Result<Map<String, Json>, String> {
    let object = &owned.workload.object;
    let name = owned.name.as_str();
    let Some(spec) = pod_spec(object) else { return Err("it has no Pod template".to_owned()) };
    let bearer = bearer(owned, spec);
    let spec = &if owned.is_given() { without_token(spec, owned.main, bearer.as_deref()) } else { spec.clone() };
    let listed = items(&spec["containers"]);
    let Some(app) = listed.get(owned.main) else { return Err("it has no containers".to_owned()) };
    let (app, is_behind) = owned.own_app(app);
    let app = &app;
    let claims = items(&object["spec"]["volumeClaimTemplates"]);
    let made = RefCell::new(HashSet::new());
    let created = |claim: &str| owned.claim(claim).filter(|_| made.borrow_mut().insert(claim.to_owned()));
    let claims = claims.iter().map(|claim| text(&claim["metadata"]["name"])).collect();
    let pod = Pod { spec, claims, main: owned.main, created: &created };
    let mut ports = owned.ports(app);
    ports.speaks_tls = owned.protocol(app, ports.main) == Some("https");
    let mut document = Document::new(name);
    document.put("namespace", object["metadata"]["namespace"].clone());
    document.put("system", system(object, name));
    let mut keys = app_keys(owned, app, is_behind, &pod, &ports);
    if bearer.is_none() {
        keys.extend(rights_of(owned));
    }
    let inits = inits(owned, spec, &pod, &keys);
    document.put("app", Json::Object(keys));
    document.put("init", Json::Array(inits));
    document.put("shape", shape(owned, &pod, app));
    document.put("schedule", schedule(object));
    let mut uses = sidecars(spec, owned, &pod, bearer.as_deref());
    uses.extend(owned.autoscale());
    uses.extend(is_stopped(owned).then(|| json!("suspend")));
    document.put("use", Json::Array(uses));
    document.put(
        "images",
        owned.uses.iter().filter_map(|one| one.image.clone()).map(|(role, image)| (role, json!(image))).collect(),
    );
    document.put("expose", owned.expose(app, ports.main));
    let labels = labels(owned, used_labels);
    document.put("services", services::further(owned, &labels, used_labels));
    document.put("configmaps", configs::keys(owned));
    document.put("isolate", policies::isolate(owned, ports.main));
    document.put("labels", Json::Object(labels.clone()));
    document.put("annotations", annotations(owned, app));
    document.put_pod(owned, spec);
    document.put("budget", owned.budget(plan::makes_budget(owned)));
    document.put("rollout", reach::rollout(object));
    let is_sayable = |name: &Json| name.as_str().is_some_and(|name| !is_filled_in_later(name));
    let pull = items(&spec["imagePullSecrets"]).iter().filter(|one| is_sayable(&one["name"]));
    document.put("pull", Json::Array(pull.map(|one| one["name"].clone()).collect()));
    let priority = Some(&spec["priorityClassName"]).filter(|name| is_sayable(name));
    document.put("priority", priority.cloned().unwrap_or_default());
    let mut adopt = owned.adopt(app, &ports);
    if let (Some(members), kept) = (adopt.as_object_mut(), kept_labels(owned, &labels, used_labels))
        && !kept.is_empty()
    {
        members.insert("labels".to_owned(), Json::Object(kept));
    }
    document.put("adopt", adopt);
    document.put("ignore", reach::ignore(object, spec));
    Ok(document.0)
}

/// A document of a description, key by key.
struct Document(Map<String, Json>);

impl Document {
    fn new(name: &str) -> Self {
        Self(Map::from_iter([("patterns".to_owned(), json!("v1")), ("name".to_owned(), json!(name))]))
    }

    /// Adds a key, unless it is empty.
    fn put(&mut self, key: &str, value: Json) {
        let is_empty = value.is_null()
            || value.as_object().is_some_and(Map::is_empty)
            || value.as_array().is_some_and(Vec::is_empty);
        if !is_empty {
            self.0.insert(key.to_owned(), value);
        }
    }

    /// Adds what is about the Pod rather than about its app.
    fn put_pod(&mut self, owned: &Owned<'_>, spec: &Json) {
        let template = owned.filled_template();
        let namespace = &owned.workload.object["metadata"]["namespace"];
        let place = place(&template["spec"], namespace, &owned.selector(), shape::is_spread(owned));
        self.put("place", container::escaped_below(place));
        self.put("host", reach::host(spec));
        self.put(
            "share-processes",
            if spec["shareProcessNamespace"] == true && owned.uses.is_empty() { json!(true) } else { Json::Null },
        );
        self.put("dns", reach::dns(spec));
        // a StatefulSet's Pods have names and a domain already
        let name_of = |field: &str| {
            let name = spec[field].as_str().filter(|name| fits("dns-label", name));
            json!(name.filter(|_| owned.workload.kind() != "StatefulSet"))
        };
        self.put("hostname", name_of("hostname"));
        self.put("subdomain", name_of("subdomain"));
    }
}

/// What `app` says.
fn app_keys(owned: &Owned<'_>, app: &Json, is_behind: bool, pod: &Pod<'_>, ports: &Ports) -> Map<String, Json> {
    let spec = pod.spec;
    let mut keys = container::keys(app, pod, ports);
    secrets::name(&mut keys, app, spec, &secret_of(&owned.name));
    if matches!(owned.workload.kind(), "Job" | "CronJob") {
        keys.shift_remove("health");
        let grace = spec["terminationGracePeriodSeconds"].as_u64().filter(|grace| *grace != 30);
        keys.extend(grace.map(|grace| ("stop".to_owned(), json!({"within": duration(grace)}))));
    } else {
        container::ending(app, spec, ports.main.is_some(), &mut keys);
    }
    if let Some(speaks) = owned.protocol(app, ports.main) {
        let at = keys.keys().position(|key| key == "port").map_or(0, |at| at + 1);
        keys.shift_insert(at, "protocol".to_owned(), json!(speaks));
    }
    if let Some(account) = plan::account_of(owned.workload).filter(|_| owned.account.is_none()) {
        keys.insert("account".to_owned(), json!(account));
    }
    if is_behind {
        keys.insert("bind".to_owned(), json!("localhost"));
    }
    if let Some(group) = volume_group(app, spec) {
        let at = keys.keys().position(|key| key == "group" || key == "user").map_or(0, |at| at + 1);
        keys.shift_insert(at, "volume-group".to_owned(), group);
    }
    let groups = items(&spec["securityContext"]["supplementalGroups"]);
    if !groups.is_empty() {
        let at = keys.keys().position(|key| key == "group" || key == "user").map_or(0, |at| at + 1);
        keys.shift_insert(at, "groups".to_owned(), json!(groups));
    }
    keys
}

/// `rights` and `cluster-rights`.
fn rights_of(owned: &Owned<'_>) -> Vec<(String, Json)> {
    let key = |key: &str, given: Option<[&Input; 2]>| {
        let [role, _] = given?;
        Some((key.to_owned(), json!(rights::of(&role.object).unwrap_or_default())))
    };
    [key("rights", owned.rights), key("cluster-rights", owned.cluster_rights)].into_iter().flatten().collect()
}

/// The container beside the app that has the account's token where the app has none: the rights are its own.
fn bearer(owned: &Owned<'_>, spec: &Json) -> Option<String> {
    let app = items(&spec["containers"]).get(owned.main)?;
    if !owned.is_given() || spec["automountServiceAccountToken"] != false || plan::is_bearer(app, spec) {
        return None;
    }
    let native = items(&spec["initContainers"]).iter().filter(|container| container["restartPolicy"] == "Always");
    let mut others = native.chain(items(&spec["containers"])).filter(|container| plan::is_bearer(container, spec));
    let is_of_pattern = |name: &str| owned.uses.iter().any(|one| one.containers.iter().any(|one| one == name));
    others.find_map(|container| container["name"].as_str().filter(|name| !is_of_pattern(name)).map(str::to_owned))
}

/// A Pod without the token that is only in the app's container, or in the one that has it instead, which `rights` provides.
fn without_token(spec: &Json, main: usize, bearer: Option<&str>) -> Json {
    let mut spec = spec.clone();
    let is_token = |mount: &Json| mount["name"] == TOKEN && canonical::path_of(mount) == TOKEN_FOLDER;
    let container = match bearer {
        None => spec.pointer_mut(&format!("/containers/{main}")),
        Some(name) => {
            let lists = spec.as_object_mut().into_iter().flat_map(Map::iter_mut);
            let lists = lists.filter(|(key, _)| matches!(key.as_str(), "containers" | "initContainers"));
            let mut all = lists.filter_map(|(_, list)| list.as_array_mut()).flatten();
            all.find(|container| container["name"] == name)
        }
    };
    let mounts = container.and_then(|container| container.get_mut("volumeMounts")?.as_array_mut());
    let Some(mounts) = mounts.filter(|mounts| mounts.iter().any(is_token)) else { return spec };
    mounts.retain(|mount| !is_token(mount));
    if let Some(volumes) = spec.get_mut("volumes").and_then(Json::as_array_mut) {
        volumes.retain(|volume| volume["name"] != TOKEN);
    }
    spec
}

/// The name of that token's volume.
const TOKEN: &str = "app-token";

/// The Secret for a value that the manifest has in plaintext.
pub(super) fn secret_of(name: &str) -> String {
    format!("{name}-env")
}

/// The group of the Pod's volumes, where it is not the app's.
fn volume_group(app: &Json, spec: &Json) -> Option<Json> {
    let own = spec.pointer("/securityContext/fsGroup")?.as_u64()?;
    let of = |field: &str| {
        let own = app["securityContext"].get(field).or_else(|| spec["securityContext"].get(field));
        own.and_then(Json::as_u64)
    };
    let group = of("runAsGroup").or_else(|| of("runAsUser")).unwrap_or(10001);
    (own != group).then(|| json!(own))
}
