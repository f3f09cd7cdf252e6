//! What no key says, as a `patch` that merges as Kubernetes does.

use serde_json::{Map, Value as Json, json};

use super::around::Around;
use super::canonical::{self, path_of};
use super::compare::Field;
use super::container::escaped_below;
use super::order;
use super::values::{containers, items, pod_spec, text};

/// Fields of which one object has one: setting one takes the others out.
const ONE_OF: &[&[&str]] = &[
    &["httpGet", "tcpSocket", "exec", "grpc", "sleep"],
    &["minAvailable", "maxUnavailable"],
    &["value", "valueFrom"],
    &["secretKeyRef", "configMapKeyRef", "fieldRef", "resourceFieldRef"],
    &["number", "name"],
];

/// The `merge` that makes the lost fields of an object what they were.
///
/// # Errors
/// What cannot be said by a patch, in a few words.
pub(super) fn merge(fields: &[&Field], said: &Json, made: &Json, canonical_made: &Json) -> Result<Json, String> {
    let mut merge = json!({});
    for field in fields {
        let path = &field.path;
        if path.first().is_some_and(|step| matches!(step.as_str(), "rules" | "roleRef" | "subjects")) {
            return Err(format!("there is no key or patch for {}", field.name()));
        }
        if let Some(at) = ambiguous(path, canonical_made) {
            let list = follow(said, &path[..=at]).and_then(Json::as_array);
            let Some(list) = list else { return Err(format!("{} has no key and no patch", field.name())) };
            // all of them, since each would be found by its number
            let whole = std::iter::once(json!({"$patch": "replace"})).chain(list.iter().cloned());
            set(&mut merge, &path[..=at], escaped_below(whole.collect()));
            continue;
        }
        // an atomic list to the server: all of it, or nothing
        if let Some(at) = path.iter().position(|step| step == "volumeClaimTemplates") {
            set(&mut merge, &path[..=at], claims(said));
            continue;
        }
        if path.first().is_some_and(|step| step == "spec") && path.get(1).is_some_and(|step| step == "ports") {
            unused_ports(&mut merge, said, canonical_made);
        }
        if path.iter().any(|step| step == order::ORDER) {
            return Err("a variable refers to one after it, which `envFrom` or a Service may give, too".to_owned());
        }
        if let [.., list, step] = path.as_slice()
            && list == "initContainers"
            && step == "order"
        {
            let order = field.said.as_ref().and_then(Json::as_str).unwrap_or_default().replace(", ", "`, `");
            return Err(format!("its init containers start in an order that no description gives: `{order}`"));
        }
        if let Some(at) =
            path.iter().position(|step| step == "nodes").filter(|at| path[..*at].ends_with(&["spec".to_owned()]))
        {
            let selector = selector(&path[at + 1..], field.said.as_ref());
            let Some((key, value)) = selector else {
                return Err("no key or patch can express which nodes its affinity asks for".to_owned());
            };
            let selector = ["nodeSelector".to_owned(), key];
            set(&mut merge, &[&path[..at], &selector].concat(), value);
            continue;
        }
        if path.iter().any(|step| step == "order") {
            return Err(format!("there is no key or patch for {}", field.name()));
        }
        if let Some(at) = path.iter().position(|step| step == "volumeMounts") {
            mount(&mut merge, path, at, said, made)?;
            continue;
        }
        if let Some(step) = missing_container(path, canonical_made) {
            return Err(format!("no key generates the container {step}"));
        }
        if path.last().is_some_and(|last| last == "headless") {
            let value = if field.said == Some(json!(true)) { json!("None") } else { Json::Null };
            set(&mut merge, &[path[0].clone(), "clusterIP".to_owned()], value);
            continue;
        }
        set(&mut merge, path, field.said.clone().unwrap_or_default());
        exclusive(&mut merge, path, field.said.as_ref(), canonical_made);
        consequences(&mut merge, field, canonical_made);
        startup(&mut merge, field, said, canonical_made);
    }
    Ok(merge)
}

/// The label of nodes that a nodeSelector asks for, as it is compared.
fn selector(path: &[String], said: Option<&Json>) -> Option<(String, Json)> {
    match (path, said?.as_array()?.as_slice()) {
        ([key], [value]) => Some((key.clone(), value.clone())),
        _ => None,
    }
}

/// The claims of a StatefulSet without what the server wrote into them.
fn claims(said: &Json) -> Json {
    let claim = |claim: &Json| {
        let mut metadata = Map::from_iter([("name".to_owned(), claim["metadata"]["name"].clone())]);
        for key in ["labels", "annotations"] {
            metadata.extend(claim["metadata"].get(key).map(|map| (key.to_owned(), map.clone())));
        }
        json!({"metadata": metadata, "spec": claim["spec"]})
    };
    items(&said["spec"]["volumeClaimTemplates"]).iter().map(claim).collect()
}

/// Takes out the ports of a Service that the manifest does not have: one of theirs may have their name.
fn unused_ports(merge: &mut Json, said: &Json, made: &Json) {
    let is_said = |number: &str| {
        items(&said["spec"]["ports"])
            .iter()
            .any(|port| port["port"].as_u64().is_some_and(|one| one.to_string() == number))
    };
    for step in made["spec"]["ports"].as_object().into_iter().flat_map(Map::keys) {
        let number = step.trim_start_matches("[port=").trim_end_matches(']');
        if !is_said(number.split_once('/').map_or(number, |(number, _)| number)) {
            let path = ["spec", "ports", step, "$patch"].map(str::to_owned);
            set(merge, &path, json!("delete"));
        }
    }
}

fn missing_container(path: &[String], made: &Json) -> Option<String> {
    let at = path.iter().position(|step| matches!(step.as_str(), "containers" | "initContainers"))?;
    let name = path.get(at + 1)?;
    let there = path[..=at + 1].iter().try_fold(made, |value, step| value.get(step));
    there.is_none().then(|| name.trim_start_matches("[name=").trim_end_matches(']').to_owned())
}

/// The number of a port, whose protocol may be behind it.
fn number_of(port: &str) -> Option<u64> {
    port.split_once('/').map_or(port, |(number, _)| number).parse().ok()
}

/// Where the list of a port is that what is made has in several protocols: a patch goes by the number alone.
fn ambiguous(path: &[String], made: &Json) -> Option<usize> {
    let at = path.iter().position(|step| step == "ports").filter(|at| at + 1 < path.len())?;
    let number = |step: &str| number_of(step.strip_suffix(']')?.split_once('=')?.1);
    let all = path[..=at].iter().try_fold(made, |value, step| value.get(step)).and_then(Json::as_object);
    let numbers: Vec<u64> = all.into_iter().flat_map(Map::keys).filter_map(|step| number(step)).collect();
    let is_twice = numbers.iter().enumerate().any(|(at, number)| numbers[..at].contains(number));
    is_twice.then_some(at)
}

/// What a canonical path leads to in an object as it is written.
fn follow<'a>(value: &'a Json, path: &[String]) -> Option<&'a Json> {
    path.iter().try_fold(value, |at, step| match element(step) {
        Some((key, name)) => items(at).iter().find(|one| one[&key] == name),
        None => at.get(step),
    })
}

/// The key and the value of a step into a list with names.
fn element(step: &str) -> Option<(String, Json)> {
    let (key, value) = step.strip_prefix('[')?.strip_suffix(']')?.split_once('=')?;
    let value = match key {
        "containerPort" | "port" => number_of(value).map_or_else(|| json!(value), |number| json!(number)),
        _ => json!(value),
    };
    Some((key.to_owned(), value))
}

/// Puts a value at a canonical path of the merge.
fn set(merge: &mut Json, path: &[String], value: Json) {
    let mut at = merge;
    for (number, step) in path.iter().enumerate() {
        if let Some((key, name)) = element(step) {
            if !at.is_array() {
                *at = json!([]);
            }
            let Some(list) = at.as_array_mut() else { return };
            let found = list.iter().position(|element| element[&key] == name);
            let index = found.unwrap_or_else(|| {
                list.push(Json::Object(Map::from_iter([(key.clone(), name.clone())])));
                list.len() - 1
            });
            at = &mut list[index];
        } else {
            if !at.is_object() {
                *at = json!({});
            }
            let Some(members) = at.as_object_mut() else { return };
            at = members.entry(step.clone()).or_insert(Json::Null);
        }
        if number + 1 == path.len() {
            *at = value;
            return;
        }
    }
}

fn exclusive(merge: &mut Json, path: &[String], said: Option<&Json>, made: &Json) {
    if said.is_none() {
        return;
    }
    for (depth, step) in path.iter().enumerate() {
        let Some(group) = ONE_OF.iter().find(|group| group.contains(&step.as_str())) else { continue };
        let Some(there) = path[..depth].iter().try_fold(made, |value, step| value.get(step)) else { continue };
        for other in group.iter().filter(|other| **other != step.as_str() && there.get(**other).is_some()) {
            let mut beside = path[..depth].to_vec();
            beside.push((*other).to_owned());
            set(merge, &beside, Json::Null);
        }
    }
}

/// A start-up probe that the manifest does not have asks what its liveness probe asks, or else its readiness probe:
/// what answers the one answers the other, and anything else would restart a container that works.
fn startup(merge: &mut Json, field: &Field, said: &Json, made: &Json) {
    let is_probe = |step: &String| step == "livenessProbe" || step == "readinessProbe";
    let Some(at) = field.path.iter().position(is_probe).filter(|at| *at > 0) else { return };
    let asks = field.path.get(at + 1).is_some_and(|step| ONE_OF[0].contains(&step.as_str()));
    let is_container = |one: &&Json| field.path[at - 1] == format!("[name={}]", text(&one["name"]));
    let container = pod_spec(said).and_then(|spec| containers(spec).find(is_container));
    let mut beside = field.path.clone();
    "startupProbe".clone_into(&mut beside[at]);
    // part of a handler is for the handler that is there
    let depth = if beside.len() > at + 2 { at + 1 } else { at };
    let is_made =
        beside.get(..=depth).is_some_and(|way| way.iter().try_fold(made, |value, step| value.get(step)).is_some());
    let lacks = |probe: &str| container.is_some_and(|container| container[probe].is_null());
    let is_first = field.path[at] == "livenessProbe" || lacks("livenessProbe");
    if asks && is_made && is_first && lacks("startupProbe") {
        set(merge, &beside, field.said.clone().unwrap_or_default());
        exclusive(merge, &beside, field.said.as_ref(), made);
    }
}

/// What the server would refuse beside the field.
fn consequences(merge: &mut Json, field: &Field, made: &Json) {
    let path = &field.path;
    let last = path.last().map(String::as_str).unwrap_or_default();
    let mut without = |up: usize, more: &[&str]| {
        let mut beside = path[..path.len() - up].to_vec();
        beside.extend(more.iter().map(|step| (*step).to_owned()));
        if beside.iter().try_fold(made, |value, step| value.get(step)).is_some() {
            set(merge, &beside, Json::Null);
        }
    };
    match (last, &field.said) {
        ("type", Some(kind)) if kind == "Recreate" || kind == "OnDelete" => without(1, &["rollingUpdate"]),
        ("restartPolicy", Some(policy)) if policy == "OnFailure" => without(3, &["podFailurePolicy"]),
        ("privileged", Some(Json::Bool(true))) => without(1, &["allowPrivilegeEscalation"]),
        ("add", Some(added)) if items(added).iter().any(|one| one == "SYS_ADMIN" || one == "CAP_SYS_ADMIN") => {
            without(2, &["allowPrivilegeEscalation"]);
        }
        ("hostNetwork", Some(Json::Bool(true))) => without(1, &["securityContext", "sysctls"]),
        _ => {}
    }
}

/// A mount is said again as a whole, with its volume.
fn mount(merge: &mut Json, path: &[String], at: usize, said: &Json, made: &Json) -> Result<(), String> {
    let find = |object: &Json| -> Option<(Json, Json)> {
        let spec = pod_spec(object)?;
        let name = path.get(at.checked_sub(1)?)?;
        let container = containers(spec).find(|one| *name == format!("[name={}]", text(&one["name"])))?;
        let mount = items(&container["volumeMounts"])
            .iter()
            .find(|mount| path.get(at + 1).is_some_and(|step| *step == format!("[mountPath={}]", path_of(mount))))?;
        let volume = items(&spec["volumes"]).iter().find(|volume| volume["name"] == mount["name"]);
        Some((mount.clone(), volume.cloned().unwrap_or_default()))
    };
    let Some((mut wanted, mut volume)) = find(said) else {
        return Err(format!("there is no key or patch for {}", path.join(".")));
    };
    if path[..at]
        .iter()
        .try_fold(&canonical::canonical(made, &Around::default()), |value, step| value.get(step))
        .is_none()
    {
        return Err(format!("no key generates the container {}", path[at - 1]));
    }
    let there = find(made);
    if let Some((made_mount, made_volume)) = &there {
        // the list merges by the path as the made object writes it
        wanted["mountPath"].clone_from(&made_mount["mountPath"]);
        if made_volume["name"] == volume["name"] && made_volume.is_object() {
            volume["$patch"] = json!("replace");
        }
    }
    let spec_at = path.iter().position(|step| matches!(step.as_str(), "containers" | "initContainers")).unwrap_or(0);
    let mut list = path[..at].to_vec();
    list.push("volumeMounts".to_owned());
    list.push(format!("[mountPath={}]", text(&wanted["mountPath"])));
    set(merge, &list, wanted);
    if volume.is_object() {
        let mut list = path[..spec_at].to_vec();
        list.push("volumes".to_owned());
        list.push(format!("[name={}]", text(&volume["name"])));
        set(merge, &list, volume);
    }
    Ok(())
}

/// Lays one merge over another: maps deep, lists whose elements begin with their key by it, all else replaced.
pub(super) fn add(whole: &mut Json, more: &Json) {
    match (whole, more) {
        (Json::Object(whole), Json::Object(more)) => {
            for (key, value) in more {
                match whole.get_mut(key) {
                    Some(there) => add(there, value),
                    None => {
                        whole.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        (Json::Array(whole), Json::Array(more)) if more.iter().all(|one| first(one).is_some()) => {
            for element in more {
                let Some((key, name)) = first(element) else { continue };
                match whole.iter_mut().find(|there| there.get(key) == Some(name)) {
                    Some(there) => add(there, element),
                    None => whole.push(element.clone()),
                }
            }
        }
        (whole, more) => whole.clone_from(more),
    }
}

/// The key of an element of a merge, which comes first in it.
fn first(element: &Json) -> Option<(&String, &Json)> {
    const KEYS: &[&str] = &["name", "mountPath", "containerPort", "port", "ip", "devicePath", "topologyKey"];
    element.as_object()?.iter().find(|(key, _)| KEYS.contains(&key.as_str()))
}
