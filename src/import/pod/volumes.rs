//! Volumes where they are mounted, each in one form.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::import::values::{items, remove, text};

/// Puts each volume where it is mounted: its name is the Pod's own affair.
pub(super) fn put_where_mounted(spec: &mut Map<String, Json>) {
    let mut sources: BTreeMap<String, Json> = BTreeMap::new();
    for volume in spec.shift_remove("volumes").as_ref().map(items).unwrap_or_default() {
        let mut source = volume.clone();
        remove(&mut source, &["name"]);
        if source.as_object().is_some_and(Map::is_empty) {
            source = json!({"emptyDir": {}});
        }
        projected(&mut source);
        source = as_one_source(&source).unwrap_or(source);
        if let Some(secret) = source.pointer_mut("/secret/items").filter(|items| items.is_null()) {
            *secret = json!([]);
        }
        sources.insert(volume["name"].as_str().unwrap_or_default().to_owned(), source);
    }
    let mut mounted = Mounted::new();
    for list in ["initContainers", "containers"] {
        for container in spec.get(list).map(items).unwrap_or_default() {
            for mount in items(&container["volumeMounts"]) {
                let place = format!("{} at {}", text(&container["name"]), path_of(mount));
                mounted.entry(text(&mount["name"])).or_default().push((place, mount.clone()));
            }
        }
    }
    for list in ["initContainers", "containers"] {
        for container in spec.get_mut(list).and_then(Json::as_array_mut).into_iter().flatten() {
            for mount in container["volumeMounts"].as_array_mut().into_iter().flatten() {
                put_source(mount, &sources, &mounted);
            }
            if container["volumeMounts"].is_null() {
                remove(container, &["volumeMounts"]);
            }
        }
    }
    let idle = sources.into_iter().filter(|(name, _)| !mounted.contains_key(name));
    let idle: Vec<Json> = idle
        .map(|(name, mut source)| {
            source["name"] = json!(name);
            source
        })
        .collect();
    if !idle.is_empty() {
        spec.insert("volumes".to_owned(), Json::Array(idle));
    }
}

/// The places where each volume is mounted, and how.
type Mounted = BTreeMap<String, Vec<(String, Json)>>;

/// Whether two mounts of one volume show the same files: not if each shows a folder of it that is not in the other.
pub(in crate::import) fn overlap(one: &Json, other: &Json) -> bool {
    let folder = |mount: &Json| {
        let is_whole = !mount["subPathExpr"].is_null();
        let folder = mount["subPath"].as_str().filter(|_| !is_whole).unwrap_or_default();
        let parts = folder.split('/').filter(|part| !matches!(*part, "" | "."));
        parts.fold(String::new(), |folder, part| folder + part + "/")
    };
    let (one, other) = (folder(one), folder(other));
    one.starts_with(&other) || other.starts_with(&one)
}

/// Puts the volume into its mount.
fn put_source(mount: &mut Json, sources: &BTreeMap<String, Json>, mounted: &Mounted) {
    let name = text(&mount["name"]);
    let path = path_of(mount);
    let beside = mounted.get(&name).into_iter().flatten();
    let mut places: Vec<&str> =
        beside.filter(|(_, other)| overlap(mount, other)).map(|(place, _)| place.as_str()).collect();
    places.sort_unstable();
    let Some(members) = mount.as_object_mut() else { return };
    if members.get("subPath").is_some_and(|sub| sub == "") {
        members.shift_remove("subPath");
    }
    members.shift_remove("name");
    members.insert("mountPath".to_owned(), json!(path));
    let mut source = sources.get(&name).cloned();
    let own = source.is_none();
    // a claim that is read-only forces its mounts to be
    if let Some(claim) = source.as_mut().and_then(|source| source.get_mut("persistentVolumeClaim"))
        && claim["readOnly"] == true
    {
        remove(claim, &["readOnly"]);
        members.insert("readOnly".to_owned(), json!(true));
    }
    one_file(members, source.as_mut());
    let source = source.unwrap_or_else(|| json!({"claimTemplate": name}));
    // what each Pod has for itself; mounted twice it is one
    let is_of_pod = !own && ["emptyDir", "ephemeral", "csi"].iter().any(|kind| source.get(*kind).is_some());
    if is_of_pod && places.len() > 1 {
        members.insert("sharedWith".to_owned(), json!(places.join(", ")));
    }
    members.insert("volume".to_owned(), source);
}

/// What the server fills into each source of a projected volume, whose list is one value.
fn projected(volume: &mut Json) {
    for source in volume.pointer_mut("/projected/sources").and_then(Json::as_array_mut).into_iter().flatten() {
        let Some((kind, said)) = source.as_object_mut().and_then(|source| source.iter_mut().next()) else { continue };
        match kind.as_str() {
            "serviceAccountToken" if said["expirationSeconds"].is_null() => said["expirationSeconds"] = json!(3600),
            "secret" | "configMap" if said["optional"] == false => remove(said, &["optional"]),
            _ => {}
        }
    }
}

/// A projected volume that has one Secret or ConfigMap, as the volume that has the same files.
pub(in crate::import) fn as_one_source(volume: &Json) -> Option<Json> {
    let [source] = items(&volume["projected"]["sources"]) else { return None };
    let (kind, said) = source.as_object().filter(|source| source.len() == 1)?.iter().next()?;
    let name = match kind.as_str() {
        "secret" => "secretName",
        "configMap" => "name",
        _ => return None,
    };
    let mut said = said.as_object()?.clone();
    if let Some(value) = said.shift_remove("name") {
        said.insert(name.to_owned(), value);
    }
    said.extend(volume["projected"].get("defaultMode").map(|mode| ("defaultMode".to_owned(), mode.clone())));
    let mut plain = volume.as_object()?.clone();
    plain.shift_remove("projected");
    plain.insert(kind.clone(), Json::Object(said));
    Some(Json::Object(plain))
}

/// A single file of a Secret or ConfigMap, whatever the volume calls it within.
fn one_file(mount: &mut Map<String, Json>, source: Option<&mut Json>) {
    let Some(path) = mount.get("subPath").and_then(Json::as_str) else { return };
    let Some(source) = source.and_then(|source| source.as_object_mut()?.iter_mut().next()) else { return };
    if !matches!(source.0.as_str(), "secret" | "configMap") {
        return;
    }
    let Some(item) = items(&source.1["items"]).iter().find(|item| item["path"] == *path && item["key"].is_string())
    else {
        return;
    };
    let mut item = item.clone();
    item["path"] = item["key"].clone();
    let key = item["key"].clone();
    source.1["items"] = json!([item]);
    mount.insert("subPath".to_owned(), key);
}

/// Where a mount is, without a slash at its end. The kubelet begins one with a slash that has none (kubernetes:
/// `makeMounts` of `kubelet_pods.go`), unless it is Windows' or yet to be filled in.
pub(in crate::import) fn path_of(mount: &Json) -> String {
    let mut path = text(&mount["mountPath"]);
    if path.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '.') && !path.contains([':', '\\']) {
        path.insert(0, '/');
    }
    match path.trim_end_matches('/') {
        "" => path,
        trimmed => trimmed.to_owned(),
    }
}
