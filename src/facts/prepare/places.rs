//! Where an init container writes, as far as its script and its mounts show.

use super::super::command::shell::{self, Part, ShellWord};
use super::super::container::ContainerFacts;
use crate::kube::ContainerList;
use crate::kube::types::Volume;

/// Whether its script sends output into a file that others may see.
pub(super) fn writes_files(one: &ContainerFacts<'_>) -> bool {
    outputs(one).iter().any(|output| match output.parts.first() {
        Some(Part::Text(start)) => may_be_kept(one, start),
        _ => true,
    })
}

/// Whether a file may be there for others: it is not a device, nor in a `/tmp` that goes with the container.
pub(super) fn may_be_kept(one: &ContainerFacts<'_>, file: &str) -> bool {
    let mut mounts = one.container.container.volume_mounts.iter().flatten();
    let is_mounted =
        |folder: &str| file.strip_prefix(folder.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/'));
    !["/dev/", "/proc/", "/sys/"].iter().any(|folder| file.starts_with(folder))
        && (!file.starts_with("/tmp/") || mounts.any(|mount| is_mounted(&mount.mount_path)))
}

/// Whether it changes settings of the kernel, with any program.
pub(super) fn writes_kernel(one: &ContainerFacts<'_>) -> bool {
    const KERNEL: [&str; 3] = ["/proc/sys/", "transparent_hugepage", "/sys/kernel/mm/"];
    let is_setting = |text: &str| KERNEL.iter().any(|sign| text.contains(sign));
    outputs(one).iter().filter_map(ShellWord::literal).any(is_setting) || one.words().any(|word| is_setting(&word.text))
}

fn outputs(one: &ContainerFacts<'_>) -> Vec<ShellWord> {
    let script = one.line.script.as_ref();
    let text = script.and_then(|script| script.place.object.document.str(script.place.node));
    text.map(shell::outputs).unwrap_or_default()
}

/// Whether it is the first that mounts an empty folder that another container mounts as well: it puts something there,
/// for there is nothing to read. Folders for whatever comes up, as `/tmp`, may be there for each by itself.
pub(super) fn fills_a_volume(one: &ContainerFacts<'_>) -> bool {
    let pod = one.container.pod;
    let names = |name: &str| pod.spec.volumes.iter().flatten().find(|volume| volume.name == name);
    let is_empty = |volume: &Volume| volume.empty_dir.is_some() || volume.ephemeral.is_some();
    let mut mounts = one.container.container.volume_mounts.iter().flatten();
    mounts.any(|mount| {
        let is_before = |view: &crate::kube::ContainerView<'_>| view.node < one.container.node;
        let mounts_it = |view: &crate::kube::ContainerView<'_>| {
            view.container.volume_mounts.iter().flatten().any(|theirs| theirs.name == mount.name)
        };
        let mut earlier = pod.containers().filter(|view| view.list == ContainerList::Init && is_before(view));
        mount.read_only != Some(true)
            && names(&mount.name).is_some_and(is_empty)
            && !is_scratch(&mount.mount_path)
            && !is_scratch(&mount.name)
            && !earlier.any(|view| mounts_it(&view))
            && pod.containers().any(|view| view.node != one.container.node && mounts_it(&view))
    })
}

/// Whether a folder or volume is called after what is thrown away.
fn is_scratch(text: &str) -> bool {
    text.split(['/', '-', '_', '.'])
        .any(|part| matches!(part, "tmp" | "temp" | "run" | "cache" | "log" | "logs" | "home" | "scratch"))
}

/// Whether it mounts something where it can leave files: neither read-only nor of a ConfigMap or Secret.
pub(super) fn may_leave_files(one: &ContainerFacts<'_>) -> bool {
    let volumes = || one.container.pod.spec.volumes.iter().flatten();
    let is_given = |volume: &Volume| {
        volume.config_map.is_some()
            || volume.secret.is_some()
            || volume.projected.is_some()
            || volume.downward_api.is_some()
    };
    one.container.container.volume_mounts.iter().flatten().any(|mount| {
        mount.read_only != Some(true)
            && !volumes().find(|volume| volume.name == mount.name).is_some_and(is_given)
            && !is_scratch(&mount.mount_path)
    })
}
