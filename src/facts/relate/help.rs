//! Helpers whose program is unknown.

use super::super::command::{Invocation, Kind, lifetime};
use super::super::container::{Confidence, ContainerFacts, Evidence};
use super::super::{Lifetime, Role, Task};
use super::{is_called_proxy, is_told_of};
use crate::kube::types::Volume;
use crate::kube::{ContainerList, PodView};
use crate::yaml::NodeId;

/// What is left over beside the app and visibly serves it, in whatever way: the kubelet starts it before the
/// app, its author calls it so, or it is a script that works on the app's files.
pub(super) fn help(pod: PodView<'_>, all: &mut [ContainerFacts<'_>]) {
    for one in all.iter_mut().filter(|one| one.role == Role::Unknown && one.container.is_native_sidecar()) {
        let node = one.container.at(&["restartPolicy"]).unwrap_or_else(|| one.container.name_node());
        become_helper(one, Confidence::Certain, node, "it starts before the app and runs beside it".to_owned());
    }
    let Some(app) = all.iter().position(|one| one.role == Role::App) else { return };
    for at in 0..all.len() {
        let one = &all[at];
        if one.role != Role::Unknown || one.container.list != ContainerList::Main || one.is_idle() {
            continue;
        }
        if is_called_sidecar(one) || asks_for_app(one, &all[app]) {
            let node = one.container.name_node();
            become_helper(&mut all[at], Confidence::Likely, node, "it is called so".to_owned());
        } else if let Some(node) = asks_again_and_again(one, &all[app]) {
            let shows = format!("its script asks `{}` on loopback", all[app].name());
            become_helper(&mut all[at], Confidence::Likely, node, shows);
        } else if let Some(node) = keeps_settings(one) {
            let shows = "its script changes the Pod's settings again and again".to_owned();
            become_helper(&mut all[at], Confidence::Likely, node, shows);
        } else if let Some((node, volume)) = works_on(pod, one, &all[app]) {
            let shows = format!("its script works on the volume `{volume}` of `{}`", all[app].name());
            become_helper(&mut all[at], Confidence::Likely, node, shows);
        }
    }
}

/// Whether its author calls it a helper in so many words; an agent may be there for the node.
fn is_called_sidecar(one: &ContainerFacts<'_>) -> bool {
    one.name().split(['-', '_', '.']).any(|word| matches!(word, "sidecar" | "helper"))
}

/// Whether a container is called a proxy and asks the app, as far as it shows.
fn asks_for_app(one: &ContainerFacts<'_>, app: &ContainerFacts<'_>) -> bool {
    is_called_proxy(one.name()) && is_told_of(one, app)
}

/// Where a script that has nothing but tools and clients asks the app on loopback, and goes on: it looks after it in
/// whatever way.
fn asks_again_and_again(one: &ContainerFacts<'_>, app: &ContainerFacts<'_>) -> Option<NodeId> {
    let is_client = |name: &str| {
        matches!(
            name,
            "curl"
                | "ldapadd"
                | "ldapmodify"
                | "ldapsearch"
                | "mongosh"
                | "mysql"
                | "nc"
                | "psql"
                | "redis-cli"
                | "wget"
        )
    };
    let is_script = one.line.kind == Kind::Script
        && one.lifetime != Lifetime::Ends
        && one.declared().next().is_none()
        && one.line.script.as_ref().is_some_and(|script| script.tree.loops())
        && one.line.invocations.iter().all(|run| is_tool(&run.name) || is_client(&run.name));
    let asks = |port: u16| app.declared().any(|own| own == port) || app.listens.iter().any(|own| own.port == port);
    let dial = one.loopback_dials().find(|(_, port)| is_script && asks(*port)).map(|(dial, _)| dial)?;
    Some(one.node_of(&dial.proof))
}

/// Where a script without end changes settings of the kernel that all containers of its Pod share, with tools alone.
fn keeps_settings(one: &ContainerFacts<'_>) -> Option<NodeId> {
    let changes = |run: &&Invocation<'_>| {
        let says = |word: &str| run.words.iter().any(|other| other.text == word);
        match run.name.as_str() {
            "sysctl" => says("-w") || run.words.iter().any(|word| word.text.contains('=')),
            name => is_router(name) && !says("show") && !says("list"),
        }
    };
    let is_script = one.line.kind == Kind::Script
        && one.lifetime == Lifetime::Serves
        && one.declared().next().is_none()
        && one.line.invocations.iter().all(|run| is_tool(&run.name) || is_router(&run.name));
    let run = one.line.invocations.iter().find(changes).filter(|_| is_script)?;
    std::ptr::eq(run.place.object, one.container.pod.object).then_some(run.place.node)
}

fn is_router(name: &str) -> bool {
    matches!(name, "ip" | "ip6tables" | "iptables" | "nft" | "tc")
}

/// Whether a program is of every system, or of the shell itself.
fn is_tool(name: &str) -> bool {
    lifetime::is_plain(name)
        || matches!(
            name,
            "awk"
                | "break"
                | "cat"
                | "command"
                | "continue"
                | "cut"
                | "exit"
                | "export"
                | "find"
                | "grep"
                | "gzip"
                | "sed"
                | "set"
                | "sleep"
                | "tail"
                | "tar"
                | "tee"
                | "tr"
                | "trap"
                | "wait"
                | "watch"
        )
}

/// Whether a script listens nowhere and runs tools of every system alone.
fn is_only_tools(one: &ContainerFacts<'_>) -> bool {
    let all = &one.line.invocations;
    one.line.script.is_some()
        && one.declared().next().is_none()
        && !all.is_empty()
        && all.iter().all(|invocation| is_tool(&invocation.name))
}

fn become_helper(one: &mut ContainerFacts<'_>, confidence: Confidence, node: NodeId, shows: String) {
    one.role = Role::Sidecar(Task::Unknown);
    one.confidence = confidence;
    one.evidence.push(Evidence { node, shows });
}

/// The volume with data that a script shares with the app. If a script starts an unknown
/// program, either of the two may be there for the other; but what works on the data of a server is there for that.
fn works_on(pod: PodView<'_>, one: &ContainerFacts<'_>, app: &ContainerFacts<'_>) -> Option<(NodeId, String)> {
    let is_script = one.line.script.is_some() || matches!(one.line.kind, Kind::Script | Kind::Hidden);
    let is_of_server = app.program.is_some_and(|program| program.role == Some(Role::Server));
    let serves = app.program.is_some_and(|program| !program.is_tool()) || app.declared().next().is_some();
    if !is_script || !(is_of_server || serves && is_only_tools(one)) {
        return None;
    }
    // reading configuration or secrets is not working on the app's data
    let holds_data = |name: &str| {
        let mut volumes = pod.spec.volumes.iter().flatten();
        volumes.find(|volume| volume.name == name).is_none_or(|volume| {
            // one without a source is an empty folder, too
            let is_bare = *volume == Volume { name: volume.name.clone(), ..Volume::default() };
            is_bare
                || volume.empty_dir.is_some()
                || volume.persistent_volume_claim.is_some()
                || volume.ephemeral.is_some()
        })
    };
    let of_app: Vec<&str> =
        app.container.container.volume_mounts.iter().flatten().map(|mount| mount.name.as_str()).collect();
    let mut mounts = one.container.container.volume_mounts.iter().flatten().enumerate();
    let (number, mount) = mounts.find(|(_, mount)| of_app.contains(&mount.name.as_str()) && holds_data(&mount.name))?;
    let list = one.container.at(&["volumeMounts"])?;
    let node = pod.object.document.items(list).get(number).copied()?;
    Some((node, mount.name.to_string()))
}
