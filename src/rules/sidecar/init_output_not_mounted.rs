use std::collections::HashMap;

use crate::facts::PodFacts;
use crate::kube::{ContainerList, ContainerView};
use crate::rules::{Check, Findings, Rule, parts};

/// An init container fills an `emptyDir` that nothing else mounts.
pub static RULE: Rule = rule!("init_output_not_mounted.md", Warning, Check::Facts(check));

/// Places for what a program needs only while it runs.
const SCRATCH: [&str; 9] = ["tmp", "temp", "cache", "scratch", "home", "root", "run", "shm", "work"];

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let pod = facts.pod;
    if !pod.object.is_whole() {
        return;
    }
    // Looked up once for all volumes.
    let mut users: HashMap<&str, Vec<_>> = HashMap::new();
    for view in pod.containers() {
        for (mount, node) in parts::mounts(&view) {
            users.entry(mount.name.as_str()).or_default().push((view, mount, node));
        }
    }
    for (volume, node) in parts::volumes(&pod).filter(|(volume, _)| volume.empty_dir.is_some()) {
        let Some([(view, mount, mount_node)]) = users.get(volume.name.as_str()).map(Vec::as_slice) else { continue };
        let is_ordinary = view.list == ContainerList::Init && !view.is_native_sidecar();
        let is_scratch = |text: &str| {
            text.to_ascii_lowercase()
                .split(|letter: char| !letter.is_ascii_alphanumeric())
                .any(|word| SCRATCH.contains(&word))
        };
        let writes = mount.read_only != Some(true)
            && facts.member(view.node).is_some_and(|member| {
                member.names_path(&mount.mount_path) && !may_read_itself(view, &mount.mount_path)
            });
        if !is_ordinary || !writes || is_scratch(&mount.mount_path) || is_scratch(&volume.name) {
            continue;
        }
        let name = &view.container.name;
        found
            .at(*mount_node, format!("what `{name}` writes to {} is never read", mount.mount_path))
            .here(format!("no other container mounts `{}`", volume.name))
            .and(node, "an emptyDir of this Pod alone")
            .because("an emptyDir is visible only to the containers that mount it, and is deleted with the Pod")
            .help(format!("mount `{}` in the container that needs the files", volume.name));
    }
}

/// Whether a container names a folder more than once in its command line: it may read there what it has written.
fn may_read_itself(view: &ContainerView<'_>, folder: &str) -> bool {
    parts::words(view).map(|(word, _)| word.matches(folder).count()).sum::<usize>() > 1
}
