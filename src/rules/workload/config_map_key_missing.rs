use super::references::references;
use crate::diagnostic::Level;
use crate::kube::types::{ConfigMap, ObjectMeta};
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
    let mut known: FastMap<*const Object, Keys<'_>> = FastMap::default();
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
            let keys = known.entry(std::ptr::from_ref(map)).or_insert_with(|| Keys::of(typed));
            // an empty one is filled by another program
            if keys.all.is_empty() || is_written_by_controller(&typed.metadata) {
                continue;
            }
            for (key, node) in &reference.keys {
                if keys.has.contains(key) || text::is_placeholder(key) {
                    continue;
                }
                // Read all scripts of the run only once something is missing.
                let scripts = scripts.get_or_insert_with(|| scripts_about_maps(index));
                if scripts.iter().any(|script| script.contains(reference.name)) {
                    continue;
                }
                let like = keys.like(key);
                // Another file of the folder may hold an earlier or later version: only what is nearly the same was meant.
                let is_of_unit = index.reach(object, map) == Some(Reach::Unit);
                if !is_of_unit && like.is_none() {
                    continue;
                }
                let data = ["data", "binaryData"].iter().find_map(|field| map.document.get(map.node, field));
                let name = clip(reference.name);
                let has = if keys.all.len() <= 4 {
                    format!("has {}", list(&keys.all))
                } else {
                    format!("has {} other keys", keys.all.len())
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

/// The keys of a `ConfigMap`.
struct Keys<'run> {
    all: Vec<&'run str>,
    has: FastSet<&'run str>,
    /// For how many more that are missing it is looked up which one is meant.
    sought: usize,
}

/// The first of them for which that is looked up: if there are more, this is not the map that was meant.
const SOUGHT: usize = 100;

impl<'run> Keys<'run> {
    fn of(map: &'run ConfigMap) -> Self {
        let data = map.data.iter().flatten().map(|(key, _)| key.as_str());
        let all: Vec<&str> = data.chain(map.binary_data.iter().flatten().map(|(key, _)| key.as_str())).collect();
        Self { has: all.iter().copied().collect(), all, sought: SOUGHT }
    }

    /// What a key that is not there was meant for.
    fn like(&mut self, key: &str) -> Option<&'run str> {
        self.sought = self.sought.checked_sub(1)?;
        let is_within = |own: &&str| own.len() > 2 && (key.contains(*own) || own.contains(key));
        let all = || self.all.iter().copied();
        nearest(key, all()).or_else(|| all().find(is_within))
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
