//! What an init container is called, where what it does is out of sight: a script in a file, or what its image starts.

use super::super::command::{Kind, base_name};
use super::super::container::ContainerFacts;
use super::super::{Preparation, programs};
use super::places::may_leave_files;

/// Whether its image is there for waiting.
pub(super) fn is_waiter(one: &ContainerFacts<'_>) -> bool {
    let (repository, _) = programs::split(one.image());
    let image = base_name(repository);
    let by_image = ["wait-for", "wait4x", "waitfor", "wait_for"].iter().any(|sign| image.contains(sign));
    by_image && one.container.container.command.is_none()
        || one.program.is_some_and(|program| matches!(program.program.as_str(), "wait-for-it" | "wait4x"))
}

/// The task that its name, its program's or its image's says in so many words. Who brings files needs a place for them.
pub(super) fn task(one: &ContainerFacts<'_>) -> Option<Preparation> {
    let (repository, _) = programs::split(one.image());
    let script = one.line.invocations.first().map(|run| run.name.as_str()).unwrap_or_default();
    let image = if one.line.kind == Kind::Opaque { base_name(repository) } else { "" };
    [one.name(), script].into_iter().find_map(|name| of_name(name, one)).or_else(|| {
        let mut words = words(image);
        words.any(|word| is_migration(&word)).then_some(Preparation::Migration)
    })
}

fn words(name: &str) -> impl Iterator<Item = String> + '_ {
    name.split(['-', '_', '.']).map(str::to_ascii_lowercase)
}

fn of_name(name: &str, one: &ContainerFacts<'_>) -> Option<Preparation> {
    const GATES: [&str; 9] =
        ["db", "database", "deps", "dependencies", "health", "migrations", "ready", "readiness", "connection"];
    const BRINGS: [&str; 23] = [
        "clone",
        "copy",
        "copier",
        "download",
        "downloader",
        "extract",
        "fetch",
        "fetcher",
        "generate",
        "inject",
        "install",
        "installer",
        "load",
        "populate",
        "pull",
        "render",
        "restore",
        "seed",
        "seeder",
        "substitute",
        "sync",
        "template",
        "unpack",
    ];
    const BROUGHT: [&str; 10] =
        ["agent", "cert", "certs", "cni", "config", "conf", "extensions", "flexvol", "plugin", "plugins"];
    let all: Vec<String> = words(name).collect();
    let has = |wanted: &[&str]| all.iter().any(|word| wanted.contains(&word.as_str()));
    if has(&["wait", "waits", "waiter", "wait4"]) || has(&["check"]) && has(&GATES) {
        Some(Preparation::Wait)
    } else if all.iter().any(|word| is_migration(word)) {
        Some(Preparation::Migration)
    } else if has(&["chown", "chmod", "mount", "perms", "permission", "permissions", "sysctl", "ulimit"]) {
        Some(Preparation::System)
    } else if has(&["iptables", "redirect"]) {
        Some(Preparation::Network)
    } else if (has(&BRINGS) || has(&BROUGHT)) && may_leave_files(one) {
        Some(Preparation::Files)
    } else {
        None
    }
}

fn is_migration(word: &str) -> bool {
    matches!(word, "migrate" | "migration" | "migrations" | "migrator" | "flyway" | "liquibase" | "alembic")
}
