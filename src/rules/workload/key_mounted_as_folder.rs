use crate::facts::{ContainerFacts, PodFacts};
use crate::kube::Object;
use crate::kube::types::{KeyToPath, Volume};
use crate::rules::{Check, Findings, Rule, parts};
use crate::words::clip;
use crate::yaml::NodeId;

/// A whole `ConfigMap` or Secret at the path of one of its files, which becomes a folder.
pub static RULE: Rule = rule!("key_mounted_as_folder.md", Warning, Check::Facts(check));

/// Where the keys of a `ConfigMap` or Secret are.
const DATA: [&str; 3] = ["data", "binaryData", "stringData"];

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let pod = facts.pod;
    if pod.object.is_patch || !pod.keeps(&["spec.containers.volumeMounts", "spec.volumes"]) {
        return;
    }
    let sources: Vec<Source<'_>> = pod.spec.volumes.iter().flatten().filter_map(Source::of).collect();
    if sources.is_empty() {
        return;
    }
    for member in &facts.members {
        for (mount, node) in parts::mounts(&member.container) {
            let path = mount.mount_path.trim_end_matches('/');
            let Some((_, file)) = path.rsplit_once('/').filter(|(_, file)| file.contains('.')) else { continue };
            let source = sources.iter().find(|source| source.volume == mount.name.as_str());
            let is_part = mount.sub_path.is_some() || mount.sub_path_expr.is_some();
            let Some(source) = source.filter(|_| !is_part) else { continue };
            let Some(map) = facts.index.find(pod.object, source.kind, source.name).filter(|map| map.keeps(&DATA))
            else {
                continue;
            };
            if !source.has(map, file) || names_within(member, path) {
                continue;
            }
            let document = &pod.object.document;
            let saying = found
                .at(
                    document.get(node, "mountPath").unwrap_or(node),
                    format!("`{}` becomes a folder, with the file `{}` in it", clip(path), clip(file)),
                )
                .here("no file")
                .because(
                    "a volume is mounted as a folder, whatever its path is called; only `subPath` mounts one file of it \
                     (kubernetes/website: concepts/storage/volumes, \"Using subPath\")",
                )
                .help(format!("write `subPath: {}` beside it", clip(file)));
            if let Some(key) = key(map, source.key_of(file)) {
                saying.label(map.label(key, format!("the file of {} `{}`", source.kind, clip(source.name))));
            }
        }
    }
}

/// A `ConfigMap` or Secret that a volume is made of.
struct Source<'run> {
    volume: &'run str,
    kind: &'static str,
    name: &'run str,
    items: Option<&'run [KeyToPath]>,
}

impl<'run> Source<'run> {
    fn of(volume: &'run Volume) -> Option<Self> {
        let name = volume.name.as_str();
        if let Some(map) = &volume.config_map {
            return Some(Self { volume: name, kind: "ConfigMap", name: &map.name, items: map.items.as_deref() });
        }
        let secret = volume.secret.as_ref()?;
        let name_of = secret.secret_name.as_deref()?;
        Some(Self { volume: name, kind: "Secret", name: name_of, items: secret.items.as_deref() })
    }

    /// The key whose value is in a file.
    fn key_of<'a>(&'a self, file: &'a str) -> &'a str {
        let item = self.items.unwrap_or_default().iter().find(|item| item.path.as_str() == file);
        item.map_or(file, |item| item.key.as_str())
    }

    /// Whether the volume has a file.
    fn has(&self, map: &Object, file: &str) -> bool {
        let is_listed = |items: &[KeyToPath]| items.iter().any(|item| item.path.as_str() == file);
        self.items.is_none_or(is_listed) && key(map, self.key_of(file)).is_some()
    }
}

/// The key of a map.
fn key(map: &Object, name: &str) -> Option<NodeId> {
    let data = DATA.iter().filter_map(|field| map.document.get(map.node, field));
    let mut entries = data.flat_map(|data| map.document.entries(data));
    entries.find(|entry| map.document.key(entry) == name).map(|entry| entry.key)
}

/// Whether the container knows that there is a folder: a word or a variable names something in it.
fn names_within(member: &ContainerFacts<'_>, path: &str) -> bool {
    let within = format!("{path}/");
    let variables = member.container.container.env.iter().flatten().filter_map(|variable| variable.value.as_deref());
    member.words().any(|word| word.text.contains(&within)) || variables.into_iter().any(|value| value.contains(&within))
}
