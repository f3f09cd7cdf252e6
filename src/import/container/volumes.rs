//! `writable`, `shared` and `volumes` of a container.

use serde_json::{Map, Value as Json, json};

use super::resources::unlimited;
use super::root::becomes_another;
use super::{Pod, duration, escaped, is_filled_in_later};
use crate::describe::fits;
use crate::facts::users;
use crate::import::canonical::{self, overlap, path_of};
use crate::import::values::{containers, items, text};
use crate::pattern::volume_name;

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
            shared.insert(RESERVED.to_owned(), shares(mount, &written));
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
            } else if is_all_writable(container) || is_init(container, pod) || mount["readOnly"] == true {
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

fn volume_of(volume: &Json, mount: &Json, path: &str, pod: &Pod<'_>) -> Option<Json> {
    let has_path = mount["subPath"].as_str().is_some_and(|sub| !sub.is_empty());
    let plain = has_path.then(|| canonical::as_one_source(volume)).flatten();
    let volume = plain.as_ref().unwrap_or(volume);
    // a patch says which file of several sources is mounted
    if has_path && volume.get("projected").is_some() {
        return None;
    }
    let mut value = source_keys(volume, mount, pod)?;
    let names = ["claim", "secret", "configmap", "sources", "image", "ephemeral"].iter();
    if names.filter_map(|key| value.get(*key)).any(|name| is_filled_in_later(&name.to_string())) {
        return None;
    }
    let read_only = mount["readOnly"] == true;
    value.insert("mount".to_owned(), json!(escaped(path)));
    if ["hostPath", "csi", "projected"].iter().any(|kind| volume.get(kind).is_some()) {
        let read_only = read_only || volume["csi"]["readOnly"] == true;
        if !read_only {
            value.insert("readOnly".to_owned(), json!(false));
        }
    } else if read_only {
        value.insert("readOnly".to_owned(), json!(true));
    }
    let source = volume.get("secret").or_else(|| volume.get("configMap"));
    let moded = source.or_else(|| volume.get("projected"));
    if let Some(mode) = moded.and_then(|source| source["defaultMode"].as_u64()).filter(|mode| *mode != 0o644) {
        value.insert("mode".to_owned(), json!(format!("{mode:04o}")));
    }
    put_files(volume, mount, &mut value);
    if source.is_some_and(|source| source["optional"] == true) {
        value.insert("optional".to_owned(), json!(true));
    }
    Some(Json::Object(value))
}

/// What the volume is, as the language says it; nothing where it has no words for that.
fn source_keys(volume: &Json, mount: &Json, pod: &Pod<'_>) -> Option<Map<String, Json>> {
    let mut value = Map::new();
    if let Some(claim) = volume.pointer("/persistentVolumeClaim/claimName").and_then(Json::as_str) {
        value.insert("claim".to_owned(), json!(claim));
        if let Some(create) = (pod.created)(claim) {
            value.insert("create".to_owned(), create);
        }
    } else if let Some(name) = volume.pointer("/secret/secretName").and_then(Json::as_str) {
        value.insert("secret".to_owned(), json!(name));
    } else if let Some(name) = volume.pointer("/configMap/name").and_then(Json::as_str) {
        value.insert("configmap".to_owned(), json!(name));
    } else if let Some(host) = volume.pointer("/hostPath/path").and_then(Json::as_str) {
        value.insert("host".to_owned(), json!(escaped(host)));
        let must_be = volume["hostPath"]["type"].as_str().filter(|must_be| !must_be.is_empty());
        value.extend(must_be.map(|must_be| ("type".to_owned(), json!(must_be))));
        let propagation = mount["mountPropagation"].as_str().filter(|propagation| *propagation != "None");
        value.extend(propagation.map(|propagation| ("propagation".to_owned(), json!(propagation))));
    } else if let Some(driver) = volume.pointer("/csi/driver").and_then(Json::as_str) {
        value.insert("csi".to_owned(), json!(driver));
        let attributes = volume["csi"]["volumeAttributes"].as_object();
        let escaped_of = |attributes: &Map<String, Json>| {
            attributes.iter().map(|(key, value)| (key.clone(), json!(escaped(&text(value))))).collect::<Map<_, _>>()
        };
        value.extend(attributes.map(|attributes| ("attributes".to_owned(), Json::Object(escaped_of(attributes)))));
    } else if let Some([source]) = volume.pointer("/projected/sources").map(items)
        && source["serviceAccountToken"]["path"] == "token"
        && let Some(audience) = source.pointer("/serviceAccountToken/audience").and_then(Json::as_str)
    {
        value.insert("token".to_owned(), json!(audience));
        let expires = source["serviceAccountToken"]["expirationSeconds"].as_u64().filter(|seconds| *seconds != 3600);
        value.extend(expires.map(|seconds| ("expires".to_owned(), json!(duration(seconds)))));
    } else if let Some(sources) = volume.pointer("/projected/sources").map(items) {
        let sources: Option<Vec<Json>> = sources.iter().map(source_of).collect();
        value.insert("sources".to_owned(), json!(sources?));
    } else if let Some(nfs) = volume.get("nfs").filter(|nfs| nfs["readOnly"] != true) {
        let (server, path) = (nfs["server"].as_str()?, nfs["path"].as_str()?);
        if server.contains(':') || !path.starts_with('/') {
            return None;
        }
        value.insert("nfs".to_owned(), json!(escaped(&format!("{server}:{path}"))));
    } else if let Some(image) = volume.pointer("/image/reference").and_then(Json::as_str) {
        value.insert("image".to_owned(), json!(image));
    } else if let Some(size) = volume.pointer("/ephemeral/volumeClaimTemplate/spec/resources/requests/storage") {
        value.insert("ephemeral".to_owned(), ephemeral(&volume["ephemeral"]["volumeClaimTemplate"], size));
    } else {
        return None;
    }
    Some(value)
}

/// The claim that lives as long as its Pod.
fn ephemeral(template: &Json, size: &Json) -> Json {
    let mut ephemeral = Map::from_iter([("size".to_owned(), size.clone())]);
    let class = template.pointer("/spec/storageClassName");
    ephemeral.extend(class.map(|class| ("class".to_owned(), class.clone())));
    if let [access] = items(&template["spec"]["accessModes"])
        && *access != "ReadWriteOnce"
    {
        ephemeral.insert("access".to_owned(), access.clone());
    }
    let labels =
        template["metadata"].get("labels").filter(|labels| labels.as_object().is_some_and(|all| !all.is_empty()));
    ephemeral.extend(labels.map(|labels| ("labels".to_owned(), labels.clone())));
    Json::Object(ephemeral)
}

/// Which part of the volume the container has: a file, a folder, or the keys that are listed.
fn put_files(volume: &Json, mount: &Json, value: &mut Map<String, Json>) {
    let source = volume.get("secret").or_else(|| volume.get("configMap"));
    let listed = source.map(|source| items(&source["items"])).unwrap_or_default();
    let sub = mount["subPath"].as_str().filter(|sub| !sub.is_empty());
    match (listed, sub) {
        ([], Some(file)) if source.is_some() => {
            value.insert("file".to_owned(), json!(escaped(file)));
        }
        ([], Some(folder)) if volume.get("image").is_none() && fits("sub-path", folder) => {
            value.insert("sub".to_owned(), json!(escaped(folder)));
        }
        ([], _) => {}
        (listed, Some(file)) if listed.iter().any(|item| item["path"] == *file) => {
            let item = listed.iter().find(|item| item["path"] == *file);
            let key = item.and_then(|item| item["key"].as_str()).unwrap_or(file);
            value.insert("file".to_owned(), json!(escaped(key)));
        }
        (listed, _) => {
            value.insert("items".to_owned(), listed_keys(listed));
        }
    }
}

/// `items`: the keys with the files that they are, and their modes.
fn listed_keys(listed: &[Json]) -> Json {
    let one = |item: &Json| {
        let path = json!(escaped(item["path"].as_str()?));
        let value = match item["mode"].as_u64() {
            Some(mode) => json!({"path": path, "mode": format!("{mode:04o}")}),
            None => path,
        };
        Some((item["key"].as_str()?.to_owned(), value))
    };
    Json::Object(listed.iter().filter_map(one).collect())
}

/// One of `sources`, if the language has words for it.
fn source_of(source: &Json) -> Option<Json> {
    let mut value = Map::new();
    let (kind, said) = source.as_object().filter(|source| source.len() == 1)?.iter().next()?;
    match kind.as_str() {
        "serviceAccountToken" => {
            value.insert("token".to_owned(), json!(said["audience"].as_str().filter(|audience| !audience.is_empty())?));
            let expires = said["expirationSeconds"].as_u64().filter(|seconds| *seconds != 3600);
            value.extend(expires.map(|seconds| ("expires".to_owned(), json!(duration(seconds)))));
            let file = said["path"].as_str().filter(|path| *path != "token");
            value.extend(file.map(|file| ("file".to_owned(), json!(escaped(file)))));
        }
        "secret" | "configMap" => {
            value.insert(kind.to_ascii_lowercase(), said["name"].clone());
            let listed = items(&said["items"]);
            value.extend((!listed.is_empty()).then(|| ("items".to_owned(), listed_keys(listed))));
            value.extend((said["optional"] == true).then(|| ("optional".to_owned(), json!(true))));
        }
        _ => return None,
    }
    Some(Json::Object(value))
}
