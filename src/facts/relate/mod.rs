//! The roles of containers, derived from their relations.

mod app;
mod help;
mod logs;
mod loopback;
mod proxies;

use super::container::{Confidence, ContainerFacts, Evidence};
use super::{Role, Task, Way, hosts};
use crate::kube::{FastMap, PodView};
use loopback::Loopback;

pub(super) fn relate(pod: PodView<'_>, all: &mut [ContainerFacts<'_>]) {
    let loopback = Loopback::of(all);
    proxies::direct_proxies(all, &loopback);
    proxies::leave_untied(all, &loopback);
    logs::keep(pod, all);
    app::choose_app(pod, all);
    let is_alone = all.iter().filter(|one| one.container.runs_beside_app()).count() == 1;
    // A Pod by itself is an excerpt of one that has an app.
    if is_alone && pod.object.id.kind != "Pod" {
        route_shards(all);
    }
    list_items(all);
    help::help(pod, all);
    talk(all, &loopback);
    share(pod, all);
}

/// The container that a queue manager of the same Pod asks for items.
fn list_items(all: &mut [ContainerFacts<'_>]) {
    let Some(manager) = all.iter().position(|one| one.role == Role::QueueManager) else { return };
    let asks = all[manager].loopback_dials().find(|(dial, _)| dial.proof.shows.to_ascii_lowercase().contains("source"));
    let Some((node, port)) = asks.map(|(dial, port)| (all[manager].node_of(&dial.proof), port)) else { return };
    let mut others = (0..all.len()).filter(|at| *at != manager && all[*at].container.runs_beside_app());
    let serves = |at: &usize| all[*at].role == Role::Unknown && all[*at].may_serve(port);
    if let Some(at) = others.find(serves) {
        all[at].role = Role::Source;
        let shows = format!("`{}` asks it for items on port {port}", all[manager].name());
        all[at].evidence.push(Evidence { node, shows });
    }
}

/// Folders that a helper shares with another container: evidence of what it is for.
fn share(pod: PodView<'_>, all: &mut [ContainerFacts<'_>]) {
    let carries = |one: &ContainerFacts<'_>| {
        matches!(one.role, Role::Sidecar(Task::Logs | Task::Git | Task::Config | Task::Secrets) | Role::Init(_))
    };
    if !all.iter().any(carries) {
        return;
    }
    // where a container mounts a volume first
    let mut apps: FastMap<&str, usize> = FastMap::default();
    let mut helpers: FastMap<&str, Vec<(usize, usize)>> = FastMap::default();
    for (at, one) in all.iter().enumerate() {
        let (is_app, is_helper) = (one.role == Role::App, carries(one));
        if !is_app && !is_helper {
            continue;
        }
        for (number, mount) in one.container.container.volume_mounts.iter().flatten().enumerate() {
            if is_app {
                apps.entry(mount.name.as_str()).or_insert(at);
            }
            let of_volume = helpers.entry(mount.name.as_str()).or_default();
            if is_helper && of_volume.last().is_none_or(|(last, _)| *last != at) {
                of_volume.push((at, number));
            }
        }
    }
    let volumes = pod.spec.volumes.iter().flatten();
    let mut shared = Vec::new();
    for volume in volumes.filter(|volume| volume.empty_dir.is_some()) {
        let Some(app) = apps.get(volume.name.as_str()) else { continue };
        let shows = format!("shares the volume `{}` with `{}`", volume.name, all[*app].name());
        for (at, number) in helpers.get(volume.name.as_str()).into_iter().flatten() {
            let list = all[*at].container.at(&["volumeMounts"]);
            let nodes = list.map_or(&[][..], |list| pod.object.document.items(list));
            if let Some(node) = nodes.get(*number) {
                shared.push((*at, Evidence { node: *node, shows: shows.clone() }));
            }
        }
    }
    for (at, evidence) in shared {
        all[at].evidence.push(evidence);
    }
}

/// A sharding proxy that is its own service.
fn route_shards(all: &mut [ContainerFacts<'_>]) {
    for one in all.iter_mut().filter(|one| one.container.runs_beside_app()) {
        let shards = one.program.is_some_and(|program| program.role == Some(Role::Ambassador(Way::Shard)));
        let hashes = || one.configs.files.iter().any(hosts::hashes);
        if shards || (one.program.is_some() && hashes()) {
            one.role = Role::ShardRouter;
            one.confidence = Confidence::Certain;
        }
    }
}

/// Which containers connect to which on loopback: evidence for helpers.
fn talk(all: &mut [ContainerFacts<'_>], loopback: &Loopback) {
    for at in 0..all.len() {
        if !matches!(
            all[at].role,
            Role::Adapter(_) | Role::Ambassador(_) | Role::Sidecar(Task::Tls | Task::Auth | Task::Web)
        ) {
            continue;
        }
        let mut others = loopback.callers(all, at);
        others.extend(loopback.called(all, at));
        for other in others {
            let to_it = loopback.dial(all, other, at, |_| true);
            // a container that is known to listen there comes before one that may
            let gives_way = |port| !all[other].surely_serves(port) && loopback.is_surely_served(all, at, port);
            let from_it = || loopback.dial(all, at, other, |port| !gives_way(port));
            let evidence = if let Some((dial, port)) = to_it {
                let shows = format!("`{}` connects to it on port {port}", all[other].name());
                Evidence { node: all[other].node_of(&dial.proof), shows }
            } else if let Some((dial, port)) = from_it() {
                let shows = format!("it talks to `{}` on port {port}", all[other].name());
                Evidence { node: all[at].node_of(&dial.proof), shows }
            } else {
                continue;
            };
            if !all[at].evidence.iter().any(|known| known.node == evidence.node) {
                all[at].evidence.push(evidence);
            }
        }
    }
}

/// Whether a name indicates that its container is between the app and others.
fn is_called_proxy(name: &str) -> bool {
    name.split(['-', '_', '.']).any(|word| matches!(word, "proxy" | "exporter" | "adapter"))
}

/// Whether a container dials another on loopback, or one of its variables names a port of the other: `HTTP_REMOTE_PORT`.
fn is_told_of(one: &ContainerFacts<'_>, other: &ContainerFacts<'_>) -> bool {
    let dials = one.loopback_dials().any(|(_, port)| other.may_serve(port));
    let names = |text: &str| text.parse().is_ok_and(|port: u16| other.may_serve(port) && !one.may_serve(port));
    dials || one.variables().any(|(name, word)| name.to_ascii_uppercase().contains("PORT") && names(&word.text))
}
