//! One of the `volumes` of a container: what it is, and which part of it the container has.

use serde_json::{Map, Value as Json, json};

use super::super::{Pod, duration, escaped, is_filled_in_later};
use crate::describe::fits;
use crate::import::canonical;
use crate::import::values::{items, text};

/// A mount of the container as one of its `volumes`; nothing where the language has no words for it.
pub(super) fn volume_of(volume: &Json, mount: &Json, path: &str, pod: &Pod<'_>) -> Option<Json> {
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
