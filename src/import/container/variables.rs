//! The variables of a container.

use serde_json::{Map, Value as Json, json};

use super::{escaped, is_filled_in_later};
use crate::import::order;
use crate::import::values::{items, text};

pub(super) fn env(container: &Json) -> Json {
    let mut env = Map::new();
    let all = items(&container["env"]);
    for (at, variable) in all.iter().enumerate() {
        let Some(name) = variable["name"].as_str() else { continue };
        let from = &variable["valueFrom"];
        let key = |kind: &str, source: &Json| {
            let text = format!("{kind}/{}/{}", source["name"].as_str()?, source["key"].as_str()?);
            let text = Some(text).filter(|text| !is_filled_in_later(text)).map(Json::String)?;
            Some(if source["optional"] == true { json!({"from": text, "optional": true}) } else { text })
        };
        let value = if from.is_null() {
            let value = escaped(&order::as_expanded(&text(&variable["value"]), at, container));
            // what begins like a reference and is a text
            let first = value.split_once('/').map_or("", |(first, _)| first);
            let is_like =
                ["secret", "secrets", "configmap", "configmaps", "pod", "limits", "requests"].contains(&first);
            Some(if is_like { json!({"text": value}) } else { json!(value) })
        } else {
            key("secret", &from["secretKeyRef"])
                .or_else(|| key("configmap", &from["configMapKeyRef"]))
                .or_else(|| field(&from["fieldRef"]["fieldPath"]))
                .or_else(|| resource(container, &from["resourceFieldRef"]))
        };
        if let Some(value) = value {
            env.insert(name.to_owned(), value);
        }
    }
    Json::Object(env)
}

fn field(path: &Json) -> Option<Json> {
    let path = path.as_str()?;
    let word = match path {
        "status.podIP" => "pod/ip".to_owned(),
        "metadata.name" => "pod/name".to_owned(),
        "metadata.namespace" => "pod/namespace".to_owned(),
        "metadata.uid" => "pod/uid".to_owned(),
        "spec.nodeName" => "pod/node".to_owned(),
        "status.hostIP" => "pod/host-ip".to_owned(),
        "spec.serviceAccountName" => "pod/service-account".to_owned(),
        _ => {
            let of = |map: &str| path.strip_prefix(&format!("metadata.{map}['"))?.strip_suffix("']");
            match (of("labels"), of("annotations")) {
                (Some(key), _) => format!("pod/labels/{key}"),
                (_, Some(key)) => format!("pod/annotations/{key}"),
                _ => return None,
            }
        }
    };
    Some(json!(word))
}

fn resource(container: &Json, source: &Json) -> Option<Json> {
    let of_other = source["containerName"].as_str().is_some_and(|name| container["name"] != *name);
    let resource = source["resource"].as_str()?;
    let (list, name) = resource.split_once('.')?;
    let is_set = list == "requests" || container["resources"]["limits"].get(name).is_some();
    (!of_other && is_set && matches!(name, "cpu" | "memory")).then(|| json!(resource.replace('.', "/")))
}

pub(super) fn env_from(container: &Json) -> Json {
    let one = |from: &Json| {
        let (kind, source) = match (&from["secretRef"], &from["configMapRef"]) {
            (Json::Null, source) => ("configmap", source),
            (source, _) => ("secret", source),
        };
        let name = source["name"].as_str().filter(|name| !is_filled_in_later(name))?;
        let mut value = json!({kind: name});
        if let Some(prefix) = from["prefix"].as_str().filter(|prefix| !prefix.is_empty()) {
            value["prefix"] = json!(prefix);
        }
        if source["optional"] == true {
            value["optional"] = json!(true);
        }
        Some(if value.as_object().is_some_and(|value| value.len() > 1) {
            value
        } else {
            json!(format!("{kind}/{name}"))
        })
    };
    Json::Array(items(&container["envFrom"]).iter().filter_map(one).collect())
}
