use super::official::{name_and_tag, starts_as_the_image_does, version};
use crate::facts::program::{Needs, Program};
use crate::facts::{ContainerFacts, PodFacts};
use crate::kube::ContainerList;
use crate::rules::{Check, Findings, Rule, parts};
use crate::words::{clip, list};

/// A database that its image does not set up without a password.
pub static RULE: Rule = rule!("database_without_password.md", Error, Check::Facts(check));

/// What says how such a container starts.
const FIELDS: [&str; 7] = [
    "spec.containers.image",
    "spec.containers.command",
    "spec.containers.args",
    "spec.containers.env",
    "spec.containers.envFrom",
    "spec.containers.volumeMounts",
    "spec.volumes",
];

/// Where a volume changes nothing of it; elsewhere it may hold a database that is set up already, or another start script.
const HARMLESS: [&str; 7] =
    ["/docker-entrypoint-initdb.d", "/etc", "/tmp", "/run/mysqld", "/var/run/mysqld", "/dev/shm", "/var/log"];

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    if !facts.pod.keeps(&FIELDS) || !facts.are_final() {
        return;
    }
    for member in facts.members.iter().filter(|member| member.container.list == ContainerList::Main) {
        let Some((name, tag)) = name_and_tag(member.image()) else { continue };
        let Some(program) = facts.programs.of_image(member.image()) else { continue };
        let Some(needs) = &program.needs else { continue };
        let is_called_so = program.images.iter().any(|image| image == name);
        if !is_called_so || !holds_for(needs, tag) || may_have_it(member, needs, program) {
            continue;
        }
        let Some(image) = member.container.at(&["image"]) else { continue };
        let first = needs.any.first().map_or("", String::as_str);
        let names: Vec<&str> = needs.any.iter().map(String::as_str).collect();
        found
            .at(
                image,
                format!("`{}` does not start: {name} needs `{first}` to set up its database", clip(member.name())),
            )
            .here("has no password")
            .because(format!(
                "the image's script exits where the folder of data is empty and none of {} is set ({})",
                list(&names),
                needs.source
            ))
            .help(format!("set `{first}` from a Secret (`valueFrom.secretKeyRef`)"));
    }
}

/// Whether the script of an image of this tag insists on it; without a version it is the newest.
fn holds_for(needs: &Needs, tag: Option<&str>) -> bool {
    match tag {
        None | Some("latest" | "lts" | "alpine" | "bookworm" | "bullseye" | "trixie") => true,
        Some(tag) => version(tag).is_some_and(|version| version >= needs.from),
    }
}

/// Whether something may give it one, or its database may be there already.
fn may_have_it(member: &ContainerFacts<'_>, needs: &Needs, program: &Program) -> bool {
    let container = member.container.container;
    let names = needs.any.iter().map(String::as_str);
    let is_one = |given: &str| names.clone().any(|name| given.trim_end_matches("_FILE") == name);
    let has_one = container.env.iter().flatten().any(|variable| is_one(&variable.name));
    let is_harmless = |path: &str| HARMLESS.iter().any(|folder| parts::is_under(path, folder));
    let has_volumes = parts::mounts(&member.container).any(|(mount, _)| !is_harmless(&mount.mount_path));
    let ends = |word: &str| {
        matches!(word, "--help" | "--version" | "-?" | "-V")
            || program.runs.ends.iter().any(|end| end == word)
            || word.contains("datadir")
            || word.contains("data_directory")
            || word.starts_with("-D")
    };
    let words = container.args.iter().flatten();
    has_one
        || container.env_from.as_ref().is_some_and(|all| !all.is_empty())
        || has_volumes
        || !starts_as_the_image_does(member, program)
        || words.into_iter().any(|word| ends(word))
}
