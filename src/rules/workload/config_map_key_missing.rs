mod external;

use std::borrow::Cow;

use super::mentioned::mentioned;
use super::references::references;
use crate::diagnostic::Level;
use crate::kube::types::Volume;
use crate::kube::{FastMap, FastSet, Index, Object, PodView, Reach};
use crate::rules::{Check, FindingsAnywhere, Rule, parts, text};
use crate::words::{clip, list, nearest};

/// A key that the `ConfigMap` or Secret of the run does not have.
pub static RULE: Rule = rule!("config_map_key_missing.md", Error, Check::Workspace(check));

/// Where Pods refer to keys.
const READ: [&str; 2] = ["spec.containers.env", "spec.volumes"];

/// Words of annotations and labels by which a controller writes keys into a `ConfigMap`: a bundle of certificates, a copy of
/// another.
const WRITTEN: [&str; 6] = ["inject", "reflect", "mirror", "replicat", "sync", "trust"];

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    let (mut of_maps, mut of_secrets, mut told) = (None, None, None);
    let mut known: FastMap<*const Object, Keys<'_>> = FastMap::default();
    let external = external::Written::of(index);
    let refers = |object: &&&Object| {
        object.pods().any(|pod| may_refer_to_keys(&pod)) && object.pods().all(|pod| pod.keeps(&READ))
    };
    for object in index.all().iter().filter(refers) {
        for reference in references(object) {
            let is_map = reference.kind == "ConfigMap";
            if reference.keys.is_empty() || !is_map && reference.kind != "Secret" {
                continue;
            }
            let Some(map) = index.find(object, reference.kind, reference.name).filter(|map| map.keeps(&DATA)) else {
                if !is_map {
                    external.judge(index, object, &reference, found);
                }
                continue;
            };
            let keys = known.entry(std::ptr::from_ref(map)).or_insert_with(|| Keys::of(map));
            // an empty one is filled by another program
            if keys.all.is_empty() || is_written_by_controller(map) {
                continue;
            }
            for (key, node) in &reference.keys {
                if keys.has.contains(*key) || text::is_placeholder(key) {
                    continue;
                }
                // Read all scripts of the run only once something is missing.
                let (made, names) = if is_map { (&mut of_maps, MAPS) } else { (&mut of_secrets, SECRETS) };
                let writers = made.get_or_insert_with(|| writers(index, names));
                // an operator, or a program that is told the name, may add to a Secret
                let mut is_told =
                    || told.get_or_insert_with(|| mentioned(index, secrets(index))).contains(reference.name);
                if writers.iter().any(|line| line.contains(reference.name)) || !is_map && is_told() {
                    continue;
                }
                let like = keys.like(key);
                // Another file of the folder may hold an earlier or later version: only what is nearly the same was meant.
                let is_of_unit = index.reach(object, map) == Some(Reach::Unit);
                if !is_of_unit && like.is_none() {
                    continue;
                }
                let data = DATA.iter().find_map(|field| map.document.get(map.node, field));
                let name = clip(reference.name);
                let has = if keys.all.len() <= 4 {
                    format!("has {}", list(&keys.all.iter().map(AsRef::as_ref).collect::<Vec<&str>>()))
                } else {
                    format!("has {} other keys", keys.all.len())
                };
                let kind = reference.kind;
                let mut about = found.about(object);
                let mut saying = about
                    .at(*node, format!("{kind} `{name}` has no key `{}`, so the container never starts", clip(key)))
                    .because(
                        "the kubelet refuses to start a container if a key is missing (CreateContainerConfigError, \
                         or FailedMount for a volume) unless the reference is `optional: true`",
                    )
                    .help(format!("use an existing key of `{name}`, or add this one to it"));
                if let Some(like) = like {
                    saying = saying.here(format!("did you mean `{like}`?"));
                }
                // what is in a Secret is often written by other means than its file
                if !is_of_unit || !is_map {
                    saying = saying.level(Level::Warning);
                }
                if let Some(entry) = data.and_then(|data| map.document.entries(data).first()) {
                    saying.label(map.label(entry.key, has));
                }
            }
        }
    }
}

/// The names of all Secrets of a run.
fn secrets<'run>(index: &Index<'run>) -> FastSet<&'run str> {
    index.kind("Secret").iter().map(|secret| secret.id.name.as_str()).collect()
}

/// A quick look whether a Pod refers to a key at all: most do not.
fn may_refer_to_keys(pod: &PodView<'_>) -> bool {
    let init = pod.spec.init_containers.as_deref().unwrap_or_default();
    let mut variables = init.iter().chain(&*pod.spec.containers).filter_map(|one| one.env.as_deref()).flatten();
    let has_items = |volume: &Volume| {
        volume.projected.is_some()
            || volume.config_map.as_ref().is_some_and(|map| map.items.is_some())
            || volume.secret.as_ref().is_some_and(|secret| secret.items.is_some())
    };
    variables.any(|variable| variable.value_from.is_some())
        || pod.spec.volumes.as_deref().unwrap_or_default().iter().any(has_items)
}

/// Where the keys of a `ConfigMap` or Secret are.
const DATA: [&str; 3] = ["data", "binaryData", "stringData"];

/// The keys of a `ConfigMap` or Secret.
struct Keys<'run> {
    all: Vec<Cow<'run, str>>,
    has: FastSet<Cow<'run, str>>,
    /// For how many more that are missing it is looked up which one is meant.
    sought: usize,
}

/// The first of them for which that is looked up: if there are more, this is not the map that was meant.
const SOUGHT: usize = 100;

impl<'run> Keys<'run> {
    fn of(map: &'run Object) -> Self {
        let maps = DATA.iter().filter_map(|field| map.document.get(map.node, field));
        let entries = maps.flat_map(|data| map.document.entries(data));
        let all: Vec<Cow<'run, str>> = entries.map(|entry| map.document.key(entry)).collect();
        Self { has: all.iter().cloned().collect(), all, sought: SOUGHT }
    }

    /// What a key that is not there was meant for.
    fn like(&mut self, key: &str) -> Option<String> {
        self.sought = self.sought.checked_sub(1)?;
        let is_within = |own: &&str| own.len() > 2 && (key.contains(*own) || own.contains(key));
        let all = || self.all.iter().map(AsRef::as_ref);
        nearest(key, all()).or_else(|| all().find(is_within)).map(str::to_owned)
    }
}

fn is_written_by_controller(map: &Object) -> bool {
    let at = |field| map.document.at(map.node, &["metadata", field]);
    let maps = ["annotations", "labels"].into_iter().filter_map(at);
    let mut keys = maps.flat_map(|entries| map.document.entries(entries)).map(|entry| map.document.key(entry));
    let is_of_token = || map.document.get_str(map.node, "type") == Some("kubernetes.io/service-account-token");
    keys.any(|key| WRITTEN.iter().any(|word| key.contains(word))) || is_of_token()
}

/// What command lines call `ConfigMaps` and Secrets.
const MAPS: [&str; 3] = ["configmap", " cm ", " cm/"];
const SECRETS: [&str; 3] = ["secret", "Secret", "secrets/"];

/// The command lines of the run that write the maps that are called so: `kubectl patch cm settings -p …`.
fn writers(index: &Index<'_>, names: [&str; 3]) -> Vec<String> {
    let lines = index
        .all()
        .iter()
        .flat_map(|object| object.pods())
        .flat_map(PodView::containers)
        .map(|view| parts::words(&view).map(|(word, _)| word.as_str()).collect::<Vec<_>>().join(" "));
    let writes = |line: &String| {
        let has = |words: &[&str]| words.iter().any(|word| line.contains(word));
        has(&names) && has(&["patch", "edit", "replace", "apply", "create"])
    };
    lines.filter(writes).collect()
}
