//! Scripts that keep another container's logs: pack, move, ship or delete them again and again.

use super::super::command::{Invocation, Kind, Lifetime, lifetime};
use super::super::container::{Confidence, ContainerFacts, Evidence};
use super::super::{Role, Task};
use crate::kube::{ContainerList, PodView};
use crate::yaml::NodeId;

/// Gives those scripts their role. It does not matter which of the others is the app.
pub(super) fn keep(pod: PodView<'_>, all: &mut [ContainerFacts<'_>]) {
    for at in 0..all.len() {
        if !is_keeper(&all[at]) {
            continue;
        }
        let others = || (0..all.len()).filter(|other| *other != at);
        let Some((node, name)) = others().find_map(|other| logs_of(pod, &all[at], &all[other])) else { continue };
        let one = &mut all[at];
        one.role = Role::Sidecar(Task::Logs);
        one.confidence = Confidence::Likely;
        one.evidence.clear();
        one.evidence.push(Evidence { node, shows: format!("its script keeps the logs of `{name}`") });
    }
}

/// Whether a container runs a script without end that works on files and does nothing else.
fn is_keeper(one: &ContainerFacts<'_>) -> bool {
    let all = &one.line.invocations;
    let is_beside_app = one.container.list == ContainerList::Main || one.container.is_native_sidecar();
    one.role == Role::Unknown
        && is_beside_app
        && one.line.kind == Kind::Script
        && one.lifetime == Lifetime::Serves
        && one.declared().next().is_none()
        && all.iter().all(|run| works_on_files(&run.name))
        && all.iter().any(|run| handles(&run.name))
        // what prints lines into files writes the logs itself
        && (all.iter().any(|run| packs_or_ships(&run.name)) || !all.iter().any(|run| prints(&run.name)))
}

fn packs_or_ships(name: &str) -> bool {
    matches!(
        name,
        "aws"
            | "azcopy"
            | "bzip2"
            | "find"
            | "gsutil"
            | "gzip"
            | "logrotate"
            | "mc"
            | "pigz"
            | "rclone"
            | "rsync"
            | "s3cmd"
            | "s5cmd"
            | "scp"
            | "tar"
            | "truncate"
            | "xz"
            | "zip"
            | "zstd"
    )
}

fn handles(name: &str) -> bool {
    packs_or_ships(name) || matches!(name, "cp" | "mv" | "rm")
}

fn prints(name: &str) -> bool {
    matches!(name, "date" | "echo" | "printf" | "tee" | "yes")
}

fn works_on_files(name: &str) -> bool {
    handles(name)
        || lifetime::is_plain(name)
        || matches!(
            name,
            "awk"
                | "cat"
                | "cut"
                | "grep"
                | "inotifywait"
                | "sed"
                | "sha256sum"
                | "sleep"
                | "tail"
                | "tee"
                | "tr"
                | "xargs"
        )
}

/// The mount by which a script works on another container's logs, and that container's name.
fn logs_of(pod: PodView<'_>, one: &ContainerFacts<'_>, other: &ContainerFacts<'_>) -> Option<(NodeId, String)> {
    if other.container.list != ContainerList::Main {
        return None;
    }
    let mounts = one.container.container.volume_mounts.iter().flatten().enumerate();
    let shared = mounts.filter_map(|(number, mount)| {
        let mut theirs = other.container.container.volume_mounts.iter().flatten();
        let theirs = theirs.find(|theirs| theirs.name == mount.name && theirs.read_only != Some(true))?;
        Some((number, mount, theirs))
    });
    let (number, ..) = shared.into_iter().find(|(_, mount, theirs)| {
        let is_named = [&mount.name, &mount.mount_path, &theirs.mount_path].into_iter().any(|text| names_logs(text));
        let path = mount.mount_path.trim_end_matches('/');
        one.line.invocations.iter().any(|run| touches(run, path, is_named))
    })?;
    let list = one.container.at(&["volumeMounts"])?;
    let node = pod.object.document.items(list).get(number).copied()?;
    Some((node, other.name().to_owned()))
}

/// Whether a program of a script works on the logs of a folder: the folder is called after them, or the files are.
/// What `logrotate` works on is in its own configuration.
fn touches(run: &Invocation<'_>, folder: &str, is_named: bool) -> bool {
    if run.name == "logrotate" {
        return is_named;
    }
    let is_in = |text: &str| {
        text.match_indices(folder).any(|(at, _)| {
            let rest = &text[at + folder.len()..];
            let starts = at == 0 || text[..at].ends_with([' ', '=', ':', '"', '\'']);
            let ends = rest.is_empty() || rest.starts_with(['/', ' ', '"', '\'', '*']);
            starts && ends && !folder.is_empty()
        })
    };
    let is_file_of_logs = |text: &str| text.contains(".log");
    let is_in_folder = run.words.iter().any(|word| is_in(&word.text));
    (handles(&run.name) || run.name == "cd")
        && is_in_folder
        && (is_named || run.words.iter().any(|word| is_file_of_logs(&word.text)))
}

/// Whether a volume or folder is called after logs: `logs`, `app-logs`, `/var/log/shop`.
fn names_logs(text: &str) -> bool {
    text.split(['/', '-', '_', '.']).any(|word| matches!(word, "log" | "logs"))
}
