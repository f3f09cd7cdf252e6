use crate::kube::types::ObjectMeta;

use super::references::references;
use crate::diagnostic::Level;
use crate::kube::{FastMap, FastSet, Index, Object, PodView, Reach, Typed};
use crate::rules::{Check, FindingsAnywhere, Rule, parts, text};
use crate::words::{clip, list, nearest};

/// A key that the `ConfigMap` of the run does not have.
pub static RULE: Rule = rule!("config_map_key_missing.md", Error, Check::Workspace(check));

/// Where Pods refer to keys.
const READ: [&str; 2] = ["spec.containers.env", "spec.volumes"];

/// Words of annotations and labels by which a controller writes keys into a `ConfigMap`: a bundle of certificates, a copy of
/// another.
const WRITTEN: [&str; 6] = ["inject", "reflect", "mirror", "replicat", "sync", "trust"];

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    let mut scripts = None;
    let mut known: FastMap<*const Object, FastSet<&str>> = FastMap::default();
    for object in index.all().iter().filter(|object| object.pods().all(|pod| pod.keeps(&READ))) {
        for reference in references(object).into_iter().filter(|reference| reference.kind == "ConfigMap") {
            if reference.keys.is_empty() {
                continue;
            }
            let Some(map) =
                index.find(object, "ConfigMap", reference.name).filter(|map| map.keeps(&["data", "binaryData"]))
            else {
                continue;
            };
            let Some(Typed::ConfigMap(typed)) = &map.typed else { continue };
            let data = typed.data.iter().flatten().map(|(key, _)| key.as_str());
            let keys = data.chain(typed.binary_data.iter().flatten().map(|(key, _)| key.as_str()));
            let has = known.entry(std::ptr::from_ref(map)).or_insert_with(|| keys.clone().collect());
            // an empty one is filled by another program
            if has.is_empty() || is_written_by_controller(&typed.metadata) {
                continue;
            }
            for (key, node) in &reference.keys {
                if has.contains(key) || text::is_placeholder(key) {
                    continue;
                }
                let keys: Vec<&str> = keys.clone().collect();
                // Read all scripts of the run only once something is missing.
                let scripts = scripts.get_or_insert_with(|| scripts_about_maps(index));
                if scripts.iter().any(|script| script.contains(reference.name)) {
                    continue;
                }
                let is_within = |own: &str| own.len() > 2 && (key.contains(own) || own.contains(key));
                let like =
                    nearest(key, keys.iter().copied()).or_else(|| keys.iter().copied().find(|own| is_within(own)));
                // Another file of the folder may hold an earlier or later version: only what is nearly the same was meant.
                let is_of_unit = index.reach(object, map) == Some(Reach::Unit);
                if !is_of_unit && like.is_none() {
                    continue;
                }
                let data = ["data", "binaryData"].iter().find_map(|field| map.document.get(map.node, field));
                let name = clip(reference.name);
                let has = if keys.len() <= 4 {
                    format!("has {}", list(&keys))
                } else {
                    format!("has {} other keys", keys.len())
                };
                let mut about = found.about(object);
                let mut saying = about
                    .at(*node, format!("ConfigMap `{name}` has no key `{}`, so the container never starts", clip(key)))
                    .because(
                        "the kubelet refuses to start a container if a key is missing (CreateContainerConfigError, \
                         or FailedMount for a volume) unless the reference is `optional: true`",
                    )
                    .help(format!("use an existing key of `{name}`, or add this one to its `data`"));
                if let Some(like) = like {
                    saying = saying.here(format!("did you mean `{like}`?"));
                }
                if !is_of_unit {
                    saying = saying.level(Level::Warning);
                }
                if let Some(entry) = data.and_then(|data| map.document.entries(data).first()) {
                    saying.label(map.label(entry.key, has));
                }
            }
        }
    }
}

fn is_written_by_controller(metadata: &ObjectMeta) -> bool {
    let keys = metadata.annotations.iter().chain(&metadata.labels).flat_map(crate::kube::types::Map::keys);
    keys.into_iter().any(|key| WRITTEN.iter().any(|word| key.contains(word)))
}

/// The command lines of the run that write `ConfigMaps`: `kubectl patch cm settings -p …`.
fn scripts_about_maps(index: &Index<'_>) -> Vec<String> {
    let lines = index
        .all()
        .iter()
        .flat_map(|object| object.pods())
        .flat_map(PodView::containers)
        .map(|view| parts::words(&view).map(|(word, _)| word.as_str()).collect::<Vec<_>>().join(" "));
    let writes = |line: &String| {
        let has = |words: &[&str]| words.iter().any(|word| line.contains(word));
        has(&["configmap", " cm ", " cm/"]) && has(&["patch", "edit", "replace", "apply", "create"])
    };
    lines.filter(writes).collect()
}
