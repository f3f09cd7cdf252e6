//! What an init container prepares: by what its programs visibly do, then by what it mounts, then by its name.

mod deeds;
mod named;
mod places;

use super::command::{Invocation, Kind, lifetime};
use super::container::{Confidence, ContainerFacts};
use super::{Preparation, Role, Task};

/// What it prepares, what shows that, and how sure it is.
pub(super) fn preparation(one: &ContainerFacts<'_>) -> (Preparation, &'static str, Confidence) {
    let kind = by_deed(one).or_else(|| places::fills_a_volume(one).then_some(Preparation::Files));
    if let Some(kind) = kind {
        return (kind, shows(kind), Confidence::Certain);
    }
    match named::task(one) {
        Some(kind) => (kind, "it is called so, and ends before the app starts", Confidence::Likely),
        None => (Preparation::Unknown, shows(Preparation::Unknown), Confidence::Certain),
    }
}

fn shows(kind: Preparation) -> &'static str {
    match kind {
        Preparation::Wait => "it waits before the app starts",
        Preparation::Files => "it brings files before the app starts",
        Preparation::Migration => "it migrates a database before the app starts",
        Preparation::Network => "it changes the Pod's routing before the app starts",
        Preparation::System => "it sets the system up before the app starts",
        Preparation::Unknown => "it ends before the app starts",
    }
}

/// What the programs that it runs do; what only prints says nothing.
fn by_deed(one: &ContainerFacts<'_>) -> Option<Preparation> {
    let runs: Vec<&Invocation<'_>> = one.line.invocations.iter().filter(|run| !deeds::prints(&run.name)).collect();
    let any = |does: fn(&Invocation<'_>) -> bool| runs.iter().any(|run| does(run));
    let mounts = one.container.container.volume_mounts.iter().flatten().next().is_some();
    let loops = one.line.script.as_ref().is_some_and(|script| super::visible::has_loop(&script.tree));
    let waits = any(deeds::waits) || one.line.sockets.iter().any(|socket| socket.is_needed);
    let saves = || runs.iter().filter_map(|run| deeds::saved(run)).any(|to| places::may_be_kept(one, to));
    let brings = || any(deeds::brings) || saves() || places::writes_files(one);
    let is_copy = one.line.only().is_some_and(|run| matches!(run.name.as_str(), "cp" | "cp-tool" | "git" | "git-sync"));
    let fetches = matches!(one.role, Role::Sidecar(Task::Git | Task::Config | Task::Secrets));
    if any(deeds::routes) {
        Some(Preparation::Network)
    } else if named::is_waiter(one) {
        Some(Preparation::Wait)
    } else if any(deeds::migrates) {
        Some(Preparation::Migration)
    } else if fetches || is_copy || mounts && brings() {
        Some(Preparation::Files)
    } else if waits || loops && any(deeds::asks_or_sleeps) || is_row_of_questions(one, &runs) {
        Some(Preparation::Wait)
    } else if any(deeds::tunes) || places::writes_kernel(one) {
        Some(Preparation::System)
    } else if mounts && any(deeds::makes_folders) {
        Some(Preparation::Files)
    } else if any(deeds::cleans) && mounts {
        Some(Preparation::System)
    } else {
        None
    }
}

/// Whether it does nothing but ask whether something is there, or sleep: the kubelet starts it again until it succeeds.
fn is_row_of_questions(one: &ContainerFacts<'_>, runs: &[&Invocation<'_>]) -> bool {
    matches!(one.line.kind, Kind::Program | Kind::Script)
        && runs.iter().any(|run| deeds::asks_or_sleeps(run))
        && runs.iter().all(|run| deeds::questions(run) || run.name == "exit" || lifetime::is_plain(&run.name))
}
