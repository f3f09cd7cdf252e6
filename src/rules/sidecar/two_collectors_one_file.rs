use std::collections::BTreeSet;

use crate::facts::program::Purpose;
use crate::facts::{ContainerFacts, PathFact, PodFacts, Role, Task};
use crate::kube::FastMap;
use crate::rules::{Check, Findings, Rule, parts};

/// Two log shippers of one Pod read one file.
pub static RULE: Rule = rule!("two_collectors_one_file.md", Warning, Check::Facts(check));

/// With how many of the others that read the same files one is compared.
const MOST: usize = 8;

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let shippers: Vec<_> = facts.running().filter(|one| one.role == Role::Sidecar(Task::Logs)).collect();
    if shippers.len() < 2 {
        return;
    }
    let all: Vec<Vec<File<'_, '_>>> = shippers.iter().map(|one| files(one)).collect();
    let mut pairs = BTreeSet::new();
    let mut readers: FastMap<(&str, &str), Vec<usize>> = FastMap::default();
    for (at, files) in all.iter().enumerate() {
        let mut others = BTreeSet::new();
        for (volume, file, _) in files {
            let readers = readers.entry((*volume, file.as_str())).or_default();
            others.extend(readers.iter().copied().filter(|other| *other != at));
            if readers.len() < MOST && readers.last() != Some(&at) {
                readers.push(at);
            }
        }
        pairs.extend(others.into_iter().take(MOST).map(|other| (other, at)));
    }
    let places: Vec<FastMap<(&str, &str), usize>> = all.iter().map(|files| places(files)).collect();
    for (first, second) in pairs {
        let same = places[second].iter().filter_map(|(file, other)| Some((*places[first].get(file)?, *other)));
        let Some((one, other)) = same.min() else { continue };
        let ((_, file, one), (_, _, other)) = (&all[first][one], &all[second][other]);
        let (first, second) = (shippers[first], shippers[second]);
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

/// The place of each file among all, the first of several.
fn places<'a>(files: &'a [File<'_, '_>]) -> FastMap<(&'a str, &'a str), usize> {
    files.iter().enumerate().rev().map(|(at, (volume, file, _))| ((*volume, file.as_str()), at)).collect()
}

/// A file of a volume: volume, path in it, and what shows it.
type File<'a, 'run> = (&'run str, String, &'a PathFact<'run>);

/// The log files that a container reads from volumes.
fn files<'a, 'run>(one: &'a ContainerFacts<'run>) -> Vec<File<'a, 'run>> {
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
