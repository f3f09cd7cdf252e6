use std::collections::HashMap;

use crate::kube::{ContainerView, PodView, TOKEN_FOLDER};
use crate::rules::{Check, Findings, Rule};
use crate::yaml::NodeId;

/// Every container mounts an `emptyDir` read-only.
pub static RULE: Rule = rule!("shared_volume_nobody_writes.md", Error, Check::Pod(check));

/// A container that mounts a volume read-only, and the flag that says so.
type Reader<'run> = (ContainerView<'run>, NodeId);

fn check(pod: PodView<'_>, found: &mut Findings<'_>) {
    if pod.object.is_patch || pod.is_changed(&["spec.containers.volumeMounts", "spec.volumes"]) {
        return;
    }
    let document = &pod.object.document;
    let nodes = pod.field("volumes").map_or(&[][..], |list| document.items(list));
    // Who reads each volume, with the flag that says so, and how many write: looked up once for all volumes.
    let mut mounted: HashMap<&str, (Vec<Reader<'_>>, usize)> = HashMap::new();
    for view in pod.containers() {
        let mounts = view.at(&["volumeMounts"]).map_or(&[][..], |list| document.items(list));
        for (mount, mount_node) in view.container.volume_mounts.iter().flatten().zip(mounts) {
            // an empty folder here keeps the token from the container: it is not meant to be written
            if mount.mount_path.trim_end_matches('/') == TOKEN_FOLDER {
                continue;
            }
            let (readers, writers) = mounted.entry(mount.name.as_str()).or_default();
            match document.get(*mount_node, "readOnly").filter(|_| mount.read_only == Some(true)) {
                Some(flag) => readers.push((view, flag)),
                None => *writers += 1,
            }
        }
    }
    for (volume, node) in pod.spec.volumes.iter().flatten().zip(nodes) {
        if volume.empty_dir.is_none() {
            continue;
        }
        let Some((readers, writers)) = mounted.get(volume.name.as_str()) else { continue };
        let is_shared = readers.iter().any(|(view, _)| view.node != readers[0].0.node);
        if *writers > 0 || !is_shared {
            continue;
        }
        let name_node = document.get(*node, "name").unwrap_or(*node);
        let mut saying = found
            .at(name_node, format!("no container can write to the shared volume `{}`", volume.name))
            .here("starts empty and stays empty")
            .because("an emptyDir starts empty, and every container of this Pod mounts it read-only")
            .help("remove `readOnly: true` from the mount of the container that fills it");
        for (view, flag) in readers {
            saying = saying.and(*flag, format!("`{}` only reads", view.container.name));
        }
    }
}
