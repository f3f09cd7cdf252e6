//! `writable`, `shared` and `volumes` of a container.

mod source;

use serde_json::{Map, Value as Json, json};

use super::resources::unlimited;
use super::root::becomes_another;
use super::{Pod, escaped, is_filled_in_later};
use crate::describe::fits;
use crate::facts::users;
use crate::import::canonical::{overlap, path_of};
use crate::import::values::{containers, items, text};
use crate::pattern::volume_name;
use source::volume_of;

/// Whether a container is said to write wherever its user may, or is known to.
pub(super) fn is_all_writable(container: &Json) -> bool {
    match container.pointer("/securityContext/readOnlyRootFilesystem") {
        Some(said) => *said == false,
        None => becomes_another(container) || users::writes_to_image(container).is_some(),
    }
}

/// Whether a container ends before the app starts; such a one has no `writable`.
fn is_init(container: &Json, pod: &Pod<'_>) -> bool {
    let mut inits = items(&pod.spec["initContainers"]).iter().filter(|one| one["restartPolicy"] != "Always");
    inits.any(|init| init["name"] == container["name"])
}

type Mounts = (Vec<Json>, Map<String, Json>, Map<String, Json>);

/// `writable`, `shared` and `volumes`.
pub(super) fn mounts(container: &Json, pod: &Pod<'_>) -> Mounts {
    let (mut writable, mut shared, mut volumes) = (Vec::new(), Map::new(), Map::new());
    for mount in items(&container["volumeMounts"]) {
        let name = text(&mount["name"]);
        let written = path_of(mount);
        let path = escaped(&written);
        // of one name, a StatefulSet's claim takes the place of the volume (kubernetes: updateStorage)
        let is_claim = pod.claims.contains(&name);
        if is_claim && is_storage(&name, container, pod) {
            shared.insert(RESERVED.to_owned(), shares(mount, &path));
            continue;
        }
        let Some(volume) = items(&pod.spec["volumes"]).iter().find(|volume| volume["name"] == name && !is_claim) else {
            continue;
        };
        if let Some(empty) = empty_dir(volume) {
            let size = match &empty["sizeLimit"] {
                Json::Null => json!(unlimited(pod.spec, 0)),
                size => size.clone(),
            };
            let users = mounted(pod.spec, &name, mount);
            let sub = mount["subPath"].as_str().filter(|sub| !sub.is_empty());
            if !mount["subPathExpr"].is_null() || sub.is_some_and(|sub| !fits("sub-path", sub)) {
                continue;
            }
            if let Some(sub) = sub.filter(|_| users < 2) {
                let kind = if empty["medium"] == "Memory" { "memory" } else { "size" };
                // beside other folders of it that containers share, under its name
                let name = if is_shared(pod.spec, &name) { format!("{name}-folder") } else { name };
                let value = json!({kind: size, "mount": path, "sub": escaped(sub)});
                volumes.insert(fresh(&name, &volumes, pod), value);
            } else if empty["medium"] == "Memory" && users < 2 {
                volumes.insert(fresh(&name, &volumes, pod), json!({"memory": size, "mount": path}));
            } else if users > 1 {
                let mut value = json!({"mount": path});
                if !empty["sizeLimit"].is_null() {
                    value["size"] = size;
                }
                if empty["medium"] == "Memory" {
                    value["memory"] = json!(true);
                }
                if mount["readOnly"] == true {
                    value["readOnly"] = json!(true);
                }
                if let Some(sub) = sub {
                    value["sub"] = json!(escaped(sub));
                }
                let is_short = value.as_object().is_some_and(|value| value.len() == 1);
                shared.insert(shared_key(name, pod), if is_short { json!(path) } else { value });
            } else if is_all_writable(container)
                || is_init(container, pod)
                || mount["readOnly"] == true
                // what is a key there is taken as it is written
                || is_filled_in_later(&written)
            {
                let mut value = json!({"size": size, "mount": path});
                if mount["readOnly"] == true {
                    value["readOnly"] = json!(true);
                }
                volumes.insert(fresh(&name, &volumes, pod), value);
            } else if size == "64Mi" {
                writable.push(json!(path));
            } else {
                writable.push(json!({path: size}));
            }
            continue;
        }
        if let Some(value) = volume_of(volume, mount, &written, pod) {
            volumes.insert(fresh(&name, &volumes, pod), value);
        }
    }
    // the folder for temporary files that each app has by itself, where the disk has no room for it
    let is_app = items(&pod.spec["containers"]).get(pod.main).is_some_and(|app| app["name"] == container["name"]);
    let least = unlimited(pod.spec, 0);
    let has_tmp = items(&container["volumeMounts"]).iter().any(|mount| path_of(mount) == "/tmp");
    let room = least.strip_suffix("Mi").and_then(|number| number.parse::<u64>().ok());
    if is_app && !has_tmp && !is_all_writable(container) && room.is_some_and(|room| room < 64) {
        writable.push(json!({"/tmp": least}));
    }
    // such a folder is called after its path, as another volume may be
    writable.retain(|one: &Json| {
        let (path, size) = match one.as_object().and_then(|members| members.iter().next()) {
            Some((path, size)) => (path.as_str(), size.clone()),
            None => (one.as_str().unwrap_or_default(), json!("64Mi")),
        };
        let name = volume_name(path);
        let is_taken = volumes.contains_key(&name) || shared.contains_key(&name);
        if is_taken {
            let name = if volumes.contains_key(&name) { name } else { format!("{name}-folder") };
            volumes.insert(fresh(&name, &volumes, pod), json!({"size": size, "mount": path}));
        }
        !is_taken
    });
    (writable, shared, volumes)
}

fn empty_dir(volume: &Json) -> Option<&Json> {
    const EMPTY: &Json = &Json::Null;
    match volume.get("emptyDir") {
        Some(empty) => Some(empty),
        None => volume.as_object().is_some_and(|members| members.len() == 1).then_some(EMPTY),
    }
}

/// Whether a claim is the app's `storage`, which this other container mounts, too, as far as there are words for it.
fn is_storage(claim: &str, container: &Json, pod: &Pod<'_>) -> bool {
    let Some(app) = items(&pod.spec["containers"]).get(pod.main) else { return false };
    let mounts = |of: &Json| items(&of["volumeMounts"]).iter().filter(|mount| mount["name"] == claim).count();
    pod.claims.first().is_some_and(|first| first == claim)
        && app["name"] != container["name"]
        && mounts(app) > 0
        && mounts(container) == 1
        && items(&container["volumeMounts"]).iter().filter(|mount| mount["name"] == claim).all(|mount| {
            mount["subPathExpr"].is_null()
                && mount["subPath"].as_str().is_none_or(|sub| sub.is_empty() || fits("sub-path", sub))
        })
}

/// How a container mounts what others mount, too.
fn shares(mount: &Json, path: &str) -> Json {
    let mut value = json!({"mount": path});
    if mount["readOnly"] == true {
        value["readOnly"] = json!(true);
    }
    if let Some(sub) = mount["subPath"].as_str().filter(|sub| !sub.is_empty()) {
        value["sub"] = json!(escaped(sub));
    }
    let is_short = value.as_object().is_some_and(|value| value.len() == 1);
    if is_short { json!(path) } else { value }
}

/// Whether any files of a volume are in several mounts.
fn is_shared(spec: &Json, name: &str) -> bool {
    let mounts = containers(spec).flat_map(|container| items(&container["volumeMounts"]));
    mounts.filter(|mount| mount["name"] == *name).any(|mount| mounted(spec, name, mount) > 1)
}

/// How many mounts of a volume show the files of this one.
fn mounted(spec: &Json, name: &str, own: &Json) -> usize {
    let mounts = containers(spec).flat_map(|container| items(&container["volumeMounts"]));
    mounts.filter(|mount| mount["name"] == name && overlap(mount, own)).count()
}

/// What the volume of `storage` is called.
const RESERVED: &str = "data";

/// A key for a volume that containers share: its name, unless that is what the app's own folder for temporary files is
/// called, which would be the same volume.
fn shared_key(name: String, pod: &Pod<'_>) -> String {
    let Some(app) = items(&pod.spec["containers"]).get(pod.main) else { return name };
    let has_own = !is_all_writable(app) && !items(&app["volumeMounts"]).iter().any(|mount| path_of(mount) == "/tmp");
    if has_own && name == volume_name("/tmp") { format!("v-{name}") } else { name }
}

/// A key for a volume: its name, if that can be one.
fn fresh(name: &str, volumes: &Map<String, Json>, pod: &Pod<'_>) -> String {
    let mut base: String = name.chars().take(30).collect();
    base = base.trim_matches('-').to_owned();
    if base == RESERVED && !pod.claims.is_empty() {
        base = format!("v-{base}");
    }
    if !base.starts_with(|first: char| first.is_ascii_lowercase()) {
        base = format!("v-{base}");
    }
    let mut key = base.clone();
    let mut number = 2;
    while volumes.contains_key(&key) {
        key = format!("{base}-{number}");
        number += 1;
    }
    key
}
