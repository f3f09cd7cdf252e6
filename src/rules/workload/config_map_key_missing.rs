use super::references::references;
use crate::diagnostic::{Level, RuleId};
use crate::kube::{Index, Reach, Typed};
use crate::rules::{Check, FoundAnywhere, Rule, text};
use crate::words::{clip, list, nearest};

/// A key that the `ConfigMap` of the run does not have.
pub static RULE: Rule = Rule {
    id: RuleId { name: "config-map-key-missing", family: "workload" },
    level: Level::Error,
    page: include_str!("config_map_key_missing.md"),
    check: Check::Workspace(check),
};

/// Where Pods refer to keys.
const READ: [&str; 2] = ["spec.containers.env", "spec.volumes"];

fn check(index: &Index<'_>, found: &mut FoundAnywhere<'_>) {
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
            let keys: Vec<&str> = data.chain(typed.binary_data.iter().flatten().map(|(key, _)| key.as_str())).collect();
            // an empty one is filled by somebody else
            if keys.is_empty() {
                continue;
            }
            for (key, node) in &reference.keys {
                if keys.contains(key) || text::is_placeholder(key) {
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
                        "the kubelet refuses to start a container whose keys are not there (CreateContainerConfigError, \
                         or FailedMount for a volume) unless the reference is `optional: true`",
                    )
                    .help(format!("name a key of `{name}`, or add this one to its `data`"));
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
