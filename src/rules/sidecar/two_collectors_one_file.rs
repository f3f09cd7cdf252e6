use crate::diagnostic::{Level, RuleId};
use crate::kube::{ContainerView, PodView};
use crate::recognise::{self, Role, Task};
use crate::rules::{Check, Found, Rule, parts};
use crate::yaml::NodeId;

/// Two log shippers of one Pod read one file.
pub static RULE: Rule = Rule {
    id: RuleId { name: "two-collectors-one-file", family: "sidecar" },
    level: Level::Warning,
    page: include_str!("two_collectors_one_file.md"),
    check: Check::Pod(check),
};

fn check(pod: PodView<'_>, found: &mut Found<'_>) {
    if pod.containers().nth(1).is_none() {
        return;
    }
    let all = recognise::containers(pod);
    let shippers: Vec<_> =
        all.iter().filter(|one| one.role == Role::Sidecar(Task::Logs) && one.container.runs_beside_app()).collect();
    for (at, first) in shippers.iter().enumerate() {
        for second in &shippers[at + 1..] {
            let same = files(&first.container).into_iter().find_map(|(volume, file, node)| {
                let theirs = files(&second.container);
                theirs
                    .into_iter()
                    .find(|(other, path, _)| *other == volume && *path == file)
                    .map(|other| (file, node, other.2))
            });
            let Some((file, one, other)) = same else { continue };
            let names = (first.name(), second.name());
            found
                .at(other, format!("`{}` and `{}` both ship {file}: every line arrives twice", names.0, names.1))
                .here("so does this")
                .and(one, format!("`{}` reads it", names.0))
                .because("each follows the file on its own, and neither knows what the other has sent")
                .help("let one of the two read it, and send it on to both places");
        }
    }
}

/// The files that a container's command line names in volumes: the volume, the path in it, and the word.
fn files<'a>(view: &ContainerView<'a>) -> Vec<(&'a str, String, NodeId)> {
    let mut found = Vec::new();
    for (word, node) in parts::words(view) {
        for part in word.split(|letter: char| letter.is_whitespace() || "=;&|\"'".contains(letter)) {
            let mount = parts::mounts(view)
                .map(|(mount, _)| mount)
                .filter(|mount| part.starts_with('/') && parts::is_under(part, &mount.mount_path));
            if let Some(mount) = mount.max_by_key(|mount| mount.mount_path.len()) {
                let inside = part[mount.mount_path.trim_end_matches('/').len()..].trim_start_matches('/').to_owned();
                let is_file = inside.contains('.') || inside.contains('*');
                if is_file {
                    found.push((mount.name.as_str(), inside, node));
                }
            }
        }
    }
    found
}
