//! `configmaps`: `ConfigMap`s of exactly the names that they have here. What Pods read of them becomes an annotation of
//! theirs, so that another text rolls them, as another name does where a name ends in its content's hash.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use crate::describe::{Description, Member, looks_like_secret};
use crate::diagnostic::Finding;
use crate::origin::Maker;
use crate::pattern::names::hash_of;
use crate::pattern::objects;
use crate::pattern::objects::made::Objects;
use crate::pattern::plan::prepare::Prepared;

/// The annotation of Pods that read one of the `ConfigMap`s.
const HASH: &str = "patterns/configmaps";

/// What is wrong with the texts.
pub(crate) fn check(description: &Description) -> Vec<Finding> {
    let members = description.configmaps.iter().flat_map(|map| map.value.members());
    let is_secret = |member: &&Member| member.value.text().is_some_and(|text| looks_like_secret(&member.key, text));
    let secret = |member: &Member| {
        Finding::error(member.key_place.label("holds a secret"), "this is a plaintext secret")
            .hide(member.value.place.span)
            .because("anyone who can read ConfigMaps or the description can read it")
            .help("put it into a Secret, and name that: {secret: <name>} of a volume, or secret/<name>/<key>")
    };
    members.filter(is_secret).map(secret).collect()
}

/// Adds the `ConfigMap`s, and their hash to the Pods that read them.
pub(crate) fn apply(prepared: &Prepared<'_>, objects: &mut Objects) -> Vec<Finding> {
    let description = prepared.description;
    if description.configmaps.is_empty() {
        return Vec::new();
    }
    let data: Map<String, Json> =
        description.configmaps.iter().map(|map| (map.key.clone(), map.value.to_json())).collect();
    // a pattern that watches one tells the app of the change by itself
    let watched: BTreeSet<&str> = prepared
        .uses
        .iter()
        .filter(|filled| filled.definition.name == "config")
        .filter_map(|filled| filled.params["from"].as_str()?.strip_prefix("configmap/"))
        .collect();
    for template in objects.iter_mut().flat_map(objects::templates) {
        let mut names = BTreeSet::new();
        collect_names(&template["spec"], &mut names);
        let read: Map<String, Json> = data
            .iter()
            .filter(|(name, _)| names.contains(name.as_str()) && !watched.contains(name.as_str()))
            .map(|(name, data)| (name.clone(), data.clone()))
            .collect();
        if !read.is_empty() {
            let hash = hash_of(&Json::Object(read));
            template["metadata"]["annotations"][HASH] = json!(hash);
        }
    }
    let labels = objects::labels(description, &prepared.shape.definition.name);
    for (name, data) in data {
        let mut map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data});
        objects::dress(&mut map, &labels, description, &Maker::ConfigMaps);
        objects.push(map);
    }
    Vec::new()
}

/// Whether an object is one of `configmaps`, not one that a pattern makes.
pub(super) fn is_own(object: &Json) -> bool {
    Maker::of(object) == Some(Maker::ConfigMaps)
}

/// The names of all `ConfigMap`s that a Pod's spec names: in volumes, as variables, and as sources of a folder.
fn collect_names(value: &Json, names: &mut BTreeSet<String>) {
    match value {
        Json::Object(members) => {
            for (key, value) in members {
                if matches!(key.as_str(), "configMap" | "configMapRef" | "configMapKeyRef") {
                    names.extend(value["name"].as_str().map(str::to_owned));
                }
                collect_names(value, names);
            }
        }
        Json::Array(elements) => elements.iter().for_each(|element| collect_names(element, names)),
        _ => {}
    }
}
