use crate::diagnostic::{Label, Level, RuleId};
use crate::kube::{ContainerView, Index, PodView};
use crate::recognise::{self, Role, Task, config};
use crate::rules::{Check, FoundAnywhere, Rule, parts};
use crate::words::clip;

/// A helper tails files that nobody can write where it looks.
pub static RULE: Rule = Rule {
    id: RuleId { name: "log-sidecar-without-shared-volume", family: "sidecar" },
    level: Level::Error,
    page: include_str!("log_sidecar_without_shared_volume.md"),
    check: Check::Workspace(check),
};

fn check(index: &Index<'_>, found: &mut FoundAnywhere<'_>) {
    for pod in parts::whole_pods(index).filter(|pod| pod.containers().nth(1).is_some()) {
        let object = pod.object;
        for one in recognise::containers_among(pod, index) {
            let view = one.container;
            let is_shipper = matches!(one.role, Role::Sidecar(Task::Logs) | Role::Adapter(recognise::Form::Logs));
            let others = pod.containers().filter(|other| other.node != view.node && other.runs_beside_app()).count();
            if !is_shipper || !view.runs_beside_app() || others == 0 {
                continue;
            }
            let Some((path, label)) = tailed(&view, index) else { continue };
            let Some(problem) = problem(&view, &path, pod) else { continue };
            let name = one.name();
            let path = clip(&path);
            let mut about = found.about(object);
            let saying = about
                .at(view.name_node(), format!("`{name}` waits for {path}, which no other container can write"))
                .here(problem)
                .because(
                    "each container has a file system of its own; files pass between them only through a volume that \
                     both mount, one of them to write",
                )
                .help("mount one emptyDir in both, at the folder of the log");
            saying.label(label);
        }
    }
}

/// The first file that a helper visibly tails, and where it says so.
fn tailed(view: &ContainerView<'_>, index: &Index<'_>) -> Option<(String, Label)> {
    let object = view.pod.object;
    let words: Vec<_> = parts::words(view).collect();
    let reads_files = words.iter().any(|(word, _)| word.contains("tail") || word.contains("path="));
    if reads_files {
        for (word, node) in &words {
            let text =
                word.rsplit_once("path=").or_else(|| word.rsplit_once("Path=")).map_or(word.as_str(), |(_, path)| path);
            for part in text.split(|letter: char| letter.is_whitespace() || ";&|\"'".contains(letter)) {
                if is_log(part) {
                    return Some((part.to_owned(), object.label(*node, "reads this")));
                }
            }
        }
    }
    let files = config::configs(view, index).files;
    let takes_streams = |text: &str| {
        ["forward", "syslog", "systemd", "socket_listener", "journald", "type: tcp", "type: container"]
            .iter()
            .any(|word| text.contains(word))
    };
    if files.iter().any(|file| takes_streams(&file.text.to_ascii_lowercase())) {
        return None;
    }
    for file in files {
        for line in file.text.lines() {
            let line = line.split('#').next().unwrap_or_default();
            let mut words = line
                .split(|letter: char| letter.is_whitespace() || "\"'[],=".contains(letter))
                .filter(|word| !word.is_empty());
            let key = words.next().unwrap_or_default().trim_end_matches(':').to_ascii_lowercase();
            if !matches!(key.as_str(), "path" | "paths" | "include" | "__path__" | "-") {
                continue;
            }
            // positions and destinations are called paths too
            if let Some(path) = words.find(|word| is_log(word)) {
                let label = Label::span(&file.object.document.source, file.span(path), "reads this");
                return Some((path.to_owned(), label));
            }
        }
    }
    None
}

/// Whether a word is the path of a log file.
fn is_log(word: &str) -> bool {
    let is_special = ["/dev/", "/proc/", "/bin/", "/usr/bin/", "/etc/"].iter().any(|folder| word.starts_with(folder));
    word.starts_with('/') && !is_special && (word.contains(".log") || word.contains("/log"))
}

/// Why nobody can write a path for the helper; nothing if somebody can, or where that is not visible.
fn problem(view: &ContainerView<'_>, path: &str, pod: PodView<'_>) -> Option<String> {
    let mount = parts::mounts(view).map(|(mount, _)| mount).filter(|mount| parts::is_under(path, &mount.mount_path));
    let Some(mount) = mount.max_by_key(|mount| mount.mount_path.len()) else {
        return Some("mounts no volume there".to_owned());
    };
    let volume = pod.spec.volumes.iter().flatten().find(|volume| volume.name == mount.name)?;
    volume.empty_dir.as_ref()?;
    let others = pod.containers().filter(|other| other.node != view.node);
    let writes = others.flat_map(|other| parts::mounts(&other).map(|(mount, _)| mount).collect::<Vec<_>>());
    let is_written = writes.into_iter().any(|other| other.name == mount.name && other.read_only != Some(true));
    (!is_written).then(|| format!("nobody else mounts `{}` to write", mount.name))
}
