//! ConfigMaps as `configmaps`, where one workload alone reads them.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use super::Input;
use super::canonical::is_noise_annotation;
use super::container::escaped;
use super::owned::Owned;
use super::secrets;
use crate::describe::is_config_key;

/// The longest ConfigMap that a person would read in a description.
const MOST: usize = 64 * 1024;

/// The names of all ConfigMaps that an object reads: in volumes, as variables, as sources of a folder.
pub(super) fn named(object: &Json) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    collect(object, &mut names);
    names
}

fn collect<'a>(value: &'a Json, names: &mut BTreeSet<&'a str>) {
    match value {
        Json::Object(members) => {
            for (key, value) in members {
                if matches!(key.as_str(), "configMap" | "configMapRef" | "configMapKeyRef") {
                    names.extend(value["name"].as_str());
                }
                collect(value, names);
            }
        }
        Json::Array(elements) => elements.iter().for_each(|element| collect(element, names)),
        _ => {}
    }
}

/// Why a ConfigMap stays in its file.
pub(super) fn why_not(config: &Input) -> Option<&'static str> {
    let object = &config.object;
    if config.id.api_version != "v1" {
        return Some("it belongs to no single workload");
    }
    if object["binaryData"].as_object().is_some_and(|data| !data.is_empty()) {
        return Some("it contains data that is not text, and a description contains only text");
    }
    if object["immutable"] == true {
        return Some("it is immutable, but the description's output of this name may change");
    }
    let Some(data) = object["data"].as_object().filter(|data| !data.is_empty()) else {
        return Some("it is empty");
    };
    let fits = |(key, value): (&String, &Json)| is_config_key(key) && value.is_string();
    if !data.iter().all(fits) {
        return Some("it is not valid");
    }
    if !secrets::find(object).is_empty() {
        return Some("it contains what looks like a plaintext secret, which belongs in a Secret");
    }
    let annotations = object["metadata"]["annotations"].as_object();
    if annotations.is_some_and(|annotations| annotations.keys().any(|key| !is_noise_annotation(key))) {
        return Some("it has annotations, and there is no key for those of ConfigMaps");
    }
    let size: usize = data.values().filter_map(Json::as_str).map(str::len).sum();
    (size > MOST).then_some("it is too long for a readable description")
}

/// `configmaps`.
pub(super) fn keys(owned: &Owned<'_>) -> Json {
    let texts = |config: &&Input| {
        let data = config.object["data"].as_object().into_iter().flatten();
        let texts: Map<String, Json> =
            data.filter_map(|(key, value)| Some((key.clone(), json!(escaped(value.as_str()?))))).collect();
        (config.name().to_owned(), Json::Object(texts))
    };
    Json::Object(owned.configs.iter().map(texts).collect())
}
