//! A workload and what belongs to it as one document of a description.

use std::cell::RefCell;
use std::collections::HashSet;

use serde_json::{Map, Value as Json, json};

use super::canonical::{self, is_noise_annotation, is_noise_label, items, text};
use super::container::{self, Pod, Ports, duration};
use super::owned::Owned;
use super::plan;
use super::reach;
use super::rights;
use super::secrets;
use super::services;
use crate::describe::fits;

/// The workload in the language's words.
///
/// # Errors
/// Why the language cannot say it at all.
pub(super) fn describe(owned: &Owned<'_>, asked: &[String]) -> Result<Map<String, Json>, String> {
    let object = &owned.workload.object;
    let kind = owned.workload.kind();
    let name = owned.name.as_str();
    let Some(spec) = canonical::pod_spec(object) else { return Err("it has no Pod template".to_owned()) };
    let listed = items(&spec["containers"]);
    let Some(app) = listed.get(owned.main) else { return Err("it has no containers".to_owned()) };
    let (app, is_behind) = owned.own_app(app);
    let app = &app;
    let is_batch = matches!(kind, "Job" | "CronJob");
    let claims = items(&object["spec"]["volumeClaimTemplates"]);
    let made = RefCell::new(HashSet::new());
    let created = |claim: &str| owned.claim(claim).filter(|_| made.borrow_mut().insert(claim.to_owned()));
    let claims = claims.iter().map(|claim| text(&claim["metadata"]["name"])).collect();
    let pod = Pod { spec, claims, created: &created };
    let mut ports = owned.ports(app);
    ports.speaks_tls = owned.protocol(app, ports.main) == Some("https");
    let mut document = Map::from_iter([("patterns".to_owned(), json!("v1")), ("name".to_owned(), json!(name))]);
    let mut put = |key: &str, value: Json| {
        let is_empty = value.is_null()
            || value.as_object().is_some_and(Map::is_empty)
            || value.as_array().is_some_and(Vec::is_empty);
        if !is_empty {
            document.insert(key.to_owned(), value);
        }
    };
    put("namespace", object["metadata"]["namespace"].clone());
    put("system", system(object, name));
    let mut keys = container::keys(app, &pod, &ports);
    secrets::name(&mut keys, app, spec, &secret_of(name));
    if is_batch {
        keys.shift_remove("health");
        let grace = spec["terminationGracePeriodSeconds"].as_u64().filter(|grace| *grace != 30);
        keys.extend(grace.map(|grace| {
            let stop =
                grace.checked_sub(5).map_or_else(|| json!({"within": duration(grace)}), |stop| json!(duration(stop)));
            ("stop".to_owned(), stop)
        }));
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
    if let Some([role, _]) = owned.rights {
        let rights = rights::of(&role.object).unwrap_or_default();
        keys.insert("rights".to_owned(), json!(rights));
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
    let app_keys = keys.clone();
    put("app", Json::Object(keys));
    put("init", Json::Array(inits(spec, &pod, &app_keys, &secret_of(name))));
    put("shape", shape(owned, &pod, app));
    put("schedule", schedule(object));
    let mut uses = sidecars(spec, owned, &pod);
    uses.extend(owned.autoscale());
    uses.extend(is_stopped(owned).then(|| json!("suspend")));
    put("use", Json::Array(uses));
    put(
        "images",
        owned.uses.iter().filter_map(|one| one.image.clone()).map(|(role, image)| (role, json!(image))).collect(),
    );
    put("expose", owned.expose(app, ports.main));
    let labels = labels(owned, asked);
    put("services", services::further(owned, &labels, asked));
    put("labels", Json::Object(labels.clone()));
    put("annotations", annotations(owned));
    put("place", place(spec));
    put("host", reach::host(spec));
    put(
        "share-processes",
        if spec["shareProcessNamespace"] == true && owned.uses.is_empty() { json!(true) } else { Json::Null },
    );
    put("dns", reach::dns(spec));
    let hostname = spec["hostname"].as_str().filter(|name| kind != "StatefulSet" && fits("dns-label", name));
    put("hostname", json!(hostname));
    put("budget", owned.budget(plan::makes_budget(owned.workload, owned.autoscaler)));
    put("rollout", reach::rollout(object));
    let pull = items(&spec["imagePullSecrets"]).iter().filter(|one| one["name"].is_string());
    put("pull", Json::Array(pull.map(|one| one["name"].clone()).collect()));
    put("priority", spec["priorityClassName"].clone());
    let mut adopt = owned.adopt(app, &ports);
    if let (Some(members), kept) = (adopt.as_object_mut(), kept_labels(owned, &labels, asked))
        && !kept.is_empty()
    {
        members.insert("labels".to_owned(), Json::Object(kept));
    }
    put("adopt", adopt);
    put("ignore", reach::ignore(object, spec));
    Ok(document)
}

/// The Secret that holds what the manifest has in the open.
pub(super) fn secret_of(name: &str) -> String {
    format!("{name}-env")
}

/// Whether everything is declared and nothing runs: `suspend`.
fn is_stopped(owned: &Owned<'_>) -> bool {
    let spec = &owned.workload.object["spec"];
    match owned.workload.kind() {
        "Deployment" => spec["replicas"] == 0 && owned.autoscaler.is_none(),
        "StatefulSet" => spec["replicas"] == 0,
        "Job" => spec["suspend"] == true,
        _ => false,
    }
}

fn system(object: &Json, name: &str) -> Json {
    let part_of = &object["metadata"]["labels"]["app.kubernetes.io/part-of"];
    part_of
        .as_str()
        .filter(|part_of| *part_of != name && fits("dns-label", part_of))
        .map_or(Json::Null, |one| json!(one))
}

fn is_sidecar(container: &Json) -> bool {
    container["restartPolicy"] == "Always"
}

/// `init`: what equals the app is left out, and what the app has and this has not is said to be empty.
fn inits(spec: &Json, pod: &Pod<'_>, app: &Map<String, Json>, secret: &str) -> Vec<Json> {
    let own = items(&spec["initContainers"]).iter().filter(|container| !is_sidecar(container));
    let one = |init: &Json| {
        let mut keys = container::keys(init, pod, &Ports::default());
        secrets::name(&mut keys, init, spec, secret);
        for key in ["health", "port", "ports"] {
            keys.shift_remove(key);
        }
        // of the app's, which it would have, the group alone
        let security = [&init["securityContext"], &spec["securityContext"]];
        let of = |field: &str| security.iter().find_map(|security| security.get(field)).and_then(Json::as_u64);
        if let (Some(group), Some(of_app)) = (of("runAsGroup"), app.get("group"))
            && *of_app != group
        {
            keys.insert("group".to_owned(), json!(group));
        }
        // whether its root may be written to has no key
        keys.shift_remove("writable");
        for key in ["image", "env", "envFrom", "volumes", "user"] {
            match (keys.get(key), app.get(key)) {
                (Some(own), Some(of_app)) if *own == without_create(of_app) => {
                    keys.shift_remove(key);
                }
                (None, Some(Json::Object(_))) => {
                    keys.insert(key.to_owned(), json!({}));
                }
                (None, Some(Json::Array(_))) => {
                    keys.insert(key.to_owned(), json!([]));
                }
                _ => {}
            }
        }
        json!({text(&init["name"]): keys})
    };
    own.map(one).collect()
}

/// Volumes without the claims that are made for them: each is made once.
fn without_create(volumes: &Json) -> Json {
    let mut volumes = volumes.clone();
    for volume in volumes.as_object_mut().into_iter().flat_map(Map::values_mut) {
        if let Some(members) = volume.as_object_mut() {
            members.shift_remove("create");
        }
    }
    volumes
}

/// The other containers, as entries of `use`.
fn sidecars(spec: &Json, owned: &Owned<'_>, pod: &Pod<'_>) -> Vec<Json> {
    let one = |container: &Json, before: bool| {
        let name = text(&container["name"]);
        if let Some(known) = owned.uses.iter().find(|one| one.containers.contains(&name)) {
            return (known.containers[0] == name).then(|| known.entry.clone());
        }
        let mut keys = Map::from_iter([("as".to_owned(), container["name"].clone())]);
        // its `port` is called after it; one that has its own name is one of its `ports`
        let first = items(&container["ports"]).first().filter(|port| port["name"].is_null() || port["name"] == *name);
        let listed = items(&spec["containers"]).iter().enumerate();
        let listed = listed.take_while(|(at, other)| *at == owned.main || other["name"] != container["name"]);
        let app = items(&spec["containers"]).get(owned.main);
        let others = listed.map(|(_, other)| other).chain(app);
        let taken = others.flat_map(|other| items(&other["ports"])).filter_map(|port| port["name"].as_str());
        let taken = taken.map(str::to_owned).collect();
        let main = first.and_then(|port| port["containerPort"].as_u64());
        let ports = Ports { main, taken, names: owned.undeclared(container), ..Ports::default() };
        keys.extend(container::keys(container, pod, &ports));
        secrets::name(&mut keys, container, spec, &secret_of(&owned.name));
        container::ending(container, &Json::Null, ports.main.is_some(), &mut keys);
        let short = spec["terminationGracePeriodSeconds"].as_u64().is_some_and(|grace| grace < 16);
        if short && ports.main.is_some() && !keys.contains_key("drain") {
            keys.insert("drain".to_owned(), json!("0s"));
        }
        if !before {
            keys.insert("before".to_owned(), json!(false));
        }
        Some(json!({"container": keys}))
    };
    let native = items(&spec["initContainers"]).iter().filter(|container| is_sidecar(container));
    let beside = items(&spec["containers"]).iter().enumerate().filter(|(at, _)| *at != owned.main);
    let beside = beside.filter_map(|(_, container)| one(container, false));
    let alone = owned.uses.iter().filter(|one| one.containers.is_empty()).map(|one| one.entry.clone());
    native.filter_map(|container| one(container, true)).chain(beside).chain(alone).collect()
}

fn shape(owned: &Owned<'_>, pod: &Pod<'_>, app: &Json) -> Json {
    let spec = &owned.workload.object["spec"];
    let replicas = spec["replicas"].as_u64().unwrap_or(1);
    match owned.workload.kind() {
        "Deployment" => match owned.scale() {
            Some(_) if owned.autoscale().is_some() => Json::Null,
            Some(scale) => json!({"replicated": scale}),
            // none at all is `suspend`
            None if replicas == 2 || replicas == 0 => Json::Null,
            None => json!({"replicated": {"replicas": replicas}}),
        },
        "StatefulSet" => {
            let mut params = Map::new();
            if replicas > 1 {
                params.insert("shards".to_owned(), json!(replicas));
            }
            params.extend(storage(spec, pod, app).map(|storage| ("storage".to_owned(), storage)));
            json!({if replicas < 2 { "single" } else { "sharded" }: params})
        }
        "DaemonSet" => {
            let rolling = &spec["updateStrategy"]["rollingUpdate"];
            let mut params = Map::new();
            for (key, field) in [("surge", "maxSurge"), ("unavailable", "maxUnavailable")] {
                let value = &rolling[field];
                let is_default = matches!((key, value.as_u64()), ("surge", Some(0)) | ("unavailable", Some(1)));
                if !value.is_null() && !is_default {
                    params.insert(key.to_owned(), value.clone());
                }
            }
            json!({"daemon": params})
        }
        "Job" => json!({"job": job(spec)}),
        _ => json!({"job": job(&spec["jobTemplate"]["spec"])}),
    }
}

fn storage(spec: &Json, pod: &Pod<'_>, app: &Json) -> Option<Json> {
    let name = pod.claims.first()?;
    let claim = &items(&spec["volumeClaimTemplates"]).first()?["spec"];
    let mount = items(&app["volumeMounts"]).iter().find(|mount| mount["name"] == **name)?;
    let mut storage = Map::from_iter([
        ("size".to_owned(), claim.pointer("/resources/requests/storage")?.clone()),
        ("mount".to_owned(), json!(canonical::path_of(mount))),
    ]);
    // the empty name, which forbids a class, has no key
    let class = claim["storageClassName"].as_str().filter(|class| !class.is_empty());
    storage.extend(class.map(|class| ("class".to_owned(), json!(class))));
    Some(Json::Object(storage))
}

fn job(spec: &Json) -> Json {
    let mut params = Map::new();
    let retries = spec["backoffLimit"].as_u64().unwrap_or(6);
    if retries != 3 {
        params.insert("retries".to_owned(), json!(retries));
    }
    for (key, field) in [("deadline", "activeDeadlineSeconds"), ("keep", "ttlSecondsAfterFinished")] {
        if let Some(seconds) = spec[field].as_u64() {
            params.insert(key.to_owned(), json!(duration(seconds)));
        }
    }
    if let Some(parallel) = spec["parallelism"].as_u64().filter(|parallel| *parallel > 1) {
        params.insert("parallel".to_owned(), json!(parallel));
    }
    if spec.pointer("/template/spec/restartPolicy").is_some_and(|policy| policy == "OnFailure") {
        params.insert("restart".to_owned(), json!("container"));
    }
    if let Some(completions) = spec["completions"].as_u64().filter(|_| spec["completionMode"] == "Indexed") {
        params.insert("completions".to_owned(), json!(completions));
    }
    Json::Object(params)
}

fn schedule(object: &Json) -> Json {
    let spec = &object["spec"];
    if object["kind"] != "CronJob" {
        return Json::Null;
    }
    let mut schedule = Map::from_iter([("at".to_owned(), spec["schedule"].clone())]);
    if let Some(zone) = spec["timeZone"].as_str() {
        schedule.insert("zone".to_owned(), json!(zone));
    }
    let overlap = spec["concurrencyPolicy"].as_str().unwrap_or("Allow").to_ascii_lowercase();
    if overlap != "forbid" {
        schedule.insert("overlap".to_owned(), json!(overlap));
    }
    if let Some(seconds) = spec["startingDeadlineSeconds"].as_u64().filter(|seconds| *seconds != 600) {
        schedule.insert("start-within".to_owned(), json!(duration(seconds)));
    }
    let mut history = Map::new();
    for (key, field, default) in [("done", "successfulJobsHistoryLimit", 3), ("failed", "failedJobsHistoryLimit", 1)] {
        if let Some(limit) = spec[field].as_u64().filter(|limit| *limit != default) {
            history.insert(key.to_owned(), json!(limit));
        }
    }
    if !history.is_empty() {
        schedule.insert("history".to_owned(), Json::Object(history));
    }
    if spec["suspend"] == true {
        schedule.insert("suspend".to_owned(), json!(true));
    }
    if schedule.len() == 1 { spec["schedule"].clone() } else { Json::Object(schedule) }
}

/// Labels of the Pods and their objects that agree wherever they are, beside those of the selector.
fn labels(owned: &Owned<'_>, asked: &[String]) -> Map<String, Json> {
    let selector = owned.selector();
    let mut labels: Map<String, Json> = Map::new();
    let mut clashing = Vec::new();
    for (_, labelled) in owned.labelled() {
        for (key, value) in labelled.as_object().into_iter().flatten() {
            let own = key.starts_with("app.kubernetes.io/") || key.starts_with("patterns/");
            // what the selector says another value of is one object's own
            if own || is_noise_label(key, asked) || selector.contains_key(key) {
                continue;
            }
            if labels.get(key).is_some_and(|other| other != value) {
                clashing.push(key.clone());
            }
            labels.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
    for key in &clashing {
        labels.shift_remove(key);
    }
    labels
}

/// Labels that one kind of object has for itself, because they differ elsewhere or are ours: `adopt.labels`.
fn kept_labels(owned: &Owned<'_>, common: &Map<String, Json>, asked: &[String]) -> Map<String, Json> {
    let selector = owned.selector();
    let mut kept: Map<String, Json> = Map::new();
    for (on, labelled) in owned.labelled() {
        // what is selected by the same labels has them
        let is_selected = matches!(on, "pod" | "workload" | "service" | "budget");
        let counts = if matches!(on, "pod" | "service") { asked } else { &[] };
        let own = labelled.as_object().into_iter().flatten().filter(|(key, value)| {
            let fixed = ["app.kubernetes.io/part-of", "app.kubernetes.io/managed-by"].contains(&key.as_str());
            let is_ours = key.as_str() == "app.kubernetes.io/name" && **value == owned.name;
            let made = common.get(*key) == Some(value) || is_selected && selector.get(*key) == Some(value);
            !fixed && !is_ours && !made && !key.starts_with("patterns/") && !is_noise_label(key, counts)
        });
        let own: Map<String, Json> = own.map(|(key, value)| (key.clone(), value.clone())).collect();
        let can = ["pod", "workload", "service", "route", "account", "role", "claim"].contains(&on);
        let agrees = kept.get(on).is_none_or(|there| *there == Json::Object(own.clone()));
        if can && !own.is_empty() && agrees {
            kept.insert(on.to_owned(), Json::Object(own));
        }
    }
    // a claim template is immutable, and has none of the common labels
    let templates = items(&owned.workload.object["spec"]["volumeClaimTemplates"]);
    let first = templates.first().and_then(|claim| claim["metadata"]["labels"].as_object());
    if let (Some(labels), [_], None) = (first.filter(|labels| !labels.is_empty()), templates, kept.get("claim")) {
        kept.insert("claim".to_owned(), Json::Object(labels.clone()));
    }
    kept
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

fn annotations(owned: &Owned<'_>) -> Json {
    let mut all = Map::new();
    for (on, annotations) in owned.annotated() {
        let kept = annotations.as_object().into_iter().flatten();
        let brought = |key: &String| on == "pod" && owned.uses.iter().any(|one| one.annotations.contains(key));
        let kept = kept.filter(|(key, _)| !brought(key));
        let kept = kept.filter(|(key, _)| !is_noise_annotation(key) && !key.starts_with("app.kubernetes.io/"));
        let kept: Map<String, Json> =
            kept.map(|(key, value)| (key.clone(), json!(container::escaped(&text(value))))).collect();
        if !kept.is_empty() {
            all.insert(on.to_owned(), Json::Object(kept));
        }
    }
    Json::Object(all)
}

fn place(spec: &Json) -> Json {
    let mut place = Map::new();
    let one = canonical::canonical(
        &json!({"kind": "Deployment", "spec": {"template": {"spec": {
            "nodeSelector": spec["nodeSelector"], "affinity": spec["affinity"],
        }}}}),
        &canonical::Around::default(),
    );
    if let Some(nodes) = one.pointer("/spec/template/spec/nodes").and_then(Json::as_object) {
        let short = |value: &Json| match items(value) {
            [one] => one.clone(),
            _ => value.clone(),
        };
        place.insert("nodes".to_owned(), nodes.iter().map(|(key, value)| (key.clone(), short(value))).collect());
    }
    place.extend(spec.get("runtimeClassName").map(|runtime| ("runtime".to_owned(), runtime.clone())));
    if let [preferred] = items(&spec["affinity"]["nodeAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"])
        && let Some(prefer) = preferred_nodes(&preferred["preference"])
    {
        place.insert("prefer".to_owned(), Json::Object(prefer));
    }
    for (key, field) in [("apart", "podAntiAffinity"), ("near", "podAffinity")] {
        if let Some(pods) = one.pointer(&format!("/spec/template/spec/affinity/{field}")).and_then(pods) {
            place.insert(key.to_owned(), Json::Array(pods));
        }
    }
    let taints: Vec<Option<Json>> = items(&spec["tolerations"]).iter().map(taint).collect();
    if !taints.is_empty() && taints.iter().all(Option::is_some) {
        place.insert("tolerate".to_owned(), json!(taints));
    }
    Json::Object(place)
}

/// The Pods that an affinity is about, if the language has words for all of it.
fn pods(affinity: &Json) -> Option<Vec<Json>> {
    let one = |term: &Json, weight: Option<&Json>| {
        let known = ["labelSelector", "topologyKey"];
        let labels = term["labelSelector"]["matchLabels"].as_object().filter(|labels| !labels.is_empty())?;
        let sayable = term.as_object()?.keys().all(|key| known.contains(&key.as_str()))
            && term["labelSelector"].as_object()?.len() == 1;
        let mut pods = Map::from_iter([("labels".to_owned(), Json::Object(labels.clone()))]);
        match term["topologyKey"].as_str()? {
            "kubernetes.io/hostname" => {}
            "topology.kubernetes.io/zone" => {
                pods.insert("over".to_owned(), json!("zone"));
            }
            key => {
                pods.insert("over".to_owned(), json!(key));
            }
        }
        pods.extend(weight.map(|weight| ("prefer".to_owned(), weight.clone())));
        sayable.then_some(Json::Object(pods))
    };
    let required =
        items(&affinity["requiredDuringSchedulingIgnoredDuringExecution"]).iter().map(|term| one(term, None));
    let preferred = items(&affinity["preferredDuringSchedulingIgnoredDuringExecution"]).iter();
    let preferred = preferred.map(|term| one(&term["podAffinityTerm"], Some(&term["weight"])));
    required.chain(preferred).collect()
}

/// Labels of nodes that one preference asks for.
fn preferred_nodes(preference: &Json) -> Option<Map<String, Json>> {
    if !preference["matchFields"].is_null() {
        return None;
    }
    let one = |expression: &Json| {
        let values = expression["values"].clone();
        let value = if let [one] = items(&values) { one.clone() } else { values };
        let value = match expression["operator"].as_str()? {
            "In" => value,
            _ => canonical::node_label(expression)?,
        };
        Some((expression["key"].as_str()?.to_owned(), value))
    };
    items(&preference["matchExpressions"]).iter().map(one).collect()
}

/// A toleration as `kubectl taint` writes its taint.
fn taint(toleration: &Json) -> Option<Json> {
    let effect = toleration["effect"].as_str().filter(|effect| !effect.is_empty());
    let key = toleration["key"].as_str();
    let value = toleration["value"].as_str().filter(|value| !value.is_empty());
    let taint = match (toleration["operator"].as_str().unwrap_or("Equal"), key, value) {
        ("Exists", None, _) => "*".to_owned(),
        ("Exists", Some(key), _) => key.to_owned(),
        ("Equal", Some(key), value) => format!("{key}={}", value.unwrap_or_default()),
        _ => return None,
    };
    match (toleration["tolerationSeconds"].as_u64(), effect) {
        (Some(seconds), Some("NoExecute")) => Some(json!({"taint": taint, "for": duration(seconds)})),
        (Some(_), _) => None,
        (None, Some(effect)) => Some(json!(format!("{taint}:{effect}"))),
        (None, None) => Some(json!(taint)),
    }
}
