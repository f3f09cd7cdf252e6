use crate::facts::program::Purpose;
use crate::facts::{ContainerFacts, PathFact, PodFacts, Role, Task};
use crate::rules::{Check, Findings, Rule, parts};

/// Two log shippers of one Pod read one file.
pub static RULE: Rule = rule!("two_collectors_one_file.md", Warning, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let shippers: Vec<_> = facts.running().filter(|one| one.role == Role::Sidecar(Task::Logs)).collect();
    for (at, first) in shippers.iter().enumerate() {
        for second in &shippers[at + 1..] {
            let theirs = files(second);
            let same = files(first).into_iter().find_map(|(volume, file, read)| {
                let other = theirs.iter().find(|(other, path, _)| *other == volume && *path == file)?;
                Some((file, read, other.2))
            });
            let Some((file, one, other)) = same else { continue };
            let names = (first.name(), second.name());
            found
                .at(
                    second.node_of(&other.proof),
                    format!("`{}` and `{}` both ship {file}: every line arrives twice", names.0, names.1),
                )
                .here("so does this")
                .label(one.proof.label(format!("`{}` reads it", names.0)))
                .because("each follows the file independently, and neither knows what the other has sent")
                .help("let one of them read it and send it to both destinations");
        }
    }
}

/// The log files that a container reads from volumes: volume, path in it, and what shows it.
fn files<'a, 'run>(one: &'a ContainerFacts<'run>) -> Vec<(&'run str, String, &'a PathFact<'run>)> {
    let logs = one.reads.iter().filter(|read| read.purpose == Purpose::Logs);
    let of_volume = logs.filter_map(|read| {
        let mounts = one.container.container.volume_mounts.iter().flatten();
        let mount = mounts.filter(|mount| parts::is_under(&read.path, &mount.mount_path));
        let mount = mount.max_by_key(|mount| mount.mount_path.len())?;
        let inside = read.path[mount.mount_path.trim_end_matches('/').len()..].trim_start_matches('/').to_owned();
        Some((mount.name.as_str(), inside, read))
    });
    of_volume.collect()
}
