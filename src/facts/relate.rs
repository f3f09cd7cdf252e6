//! What containers are for by what they have to do with each other.

use super::command::Kind;
use super::config::ConfigFile;
use super::container::{Confidence, ContainerFacts, Evidence};
use super::{Form, Lifetime, Role, Task, Way, hosts, nginx, programs};
use crate::kube::{ContainerList, PodView, Typed};

pub(super) fn relate(pod: PodView<'_>, all: &mut [ContainerFacts<'_>]) {
    direct_proxies(all);
    leave_untied(all);
    choose_app(pod, all);
    let is_alone = all.iter().filter(|one| one.container.runs_beside_app()).count() == 1;
    // A Pod by itself is an excerpt of one that has an app.
    if is_alone && pod.object.id.kind != "Pod" {
        route_shards(all);
    }
    list_items(all);
    talk(all);
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
    let volumes = pod.spec.volumes.iter().flatten();
    for volume in volumes.filter(|volume| volume.empty_dir.is_some()) {
        let mounts = |one: &ContainerFacts<'_>| {
            let mut mounts = one.container.container.volume_mounts.iter().flatten();
            mounts.position(|mount| mount.name == volume.name)
        };
        let carries = |one: &ContainerFacts<'_>| {
            matches!(one.role, Role::Sidecar(Task::Logs | Task::Git | Task::Config | Task::Secrets) | Role::Init(_))
        };
        let Some(app) = all.iter().find(|one| one.role == Role::App && mounts(one).is_some()) else { continue };
        let shows = format!("shares the volume `{}` with `{}`", volume.name, app.name());
        let helpers: Vec<usize> = (0..all.len()).filter(|at| carries(&all[*at])).collect();
        for at in helpers {
            let Some(number) = mounts(&all[at]) else { continue };
            let list = all[at].container.at(&["volumeMounts"]);
            let nodes = list.map_or(&[][..], |list| pod.object.document.items(list));
            if let Some(node) = nodes.get(number) {
                all[at].evidence.push(Evidence { node: *node, shows: shows.clone() });
            }
        }
    }
}

/// A general proxy is what its place makes it: others talk to it, or it is in front of them.
fn direct_proxies(all: &mut [ContainerFacts<'_>]) {
    for at in 0..all.len() {
        let is_general = matches!(all[at].role, Role::Sidecar(Task::Web) | Role::Ambassador(Way::Broker));
        if !is_general || !all[at].is_general_proxy() {
            continue;
        }
        // what looks at its metrics or health is no client
        let is_client = |other: &ContainerFacts<'_>| {
            !matches!(other.role, Role::Adapter(_) | Role::Sidecar(Task::Config | Task::Telemetry | Task::Logs))
        };
        let others = all.iter().enumerate().filter(|(other, one)| *other != at && is_client(one));
        let caller = others.into_iter().find_map(|(_, other)| {
            let (dial, port) = other.loopback_dials().find(|(_, port)| all[at].may_serve(*port))?;
            let shows = format!("`{}` talks to it on port {port}", other.name());
            Some(Evidence { node: other.node_of(&dial.proof), shows })
        });
        let faces_inward = all[at].loopback_dials().next().is_some();
        let way = all[at].configs.files.iter().find_map(way);
        if let Some(caller) = caller {
            all[at].role = Role::Ambassador(way.unwrap_or(Way::Broker));
            all[at].evidence.push(caller);
        } else if let Some(way) = way {
            all[at].role = Role::Ambassador(way);
        } else if faces_inward {
            let tls = all[at].configs.files.iter().any(|file| {
                file.text.contains("ssl_certificate")
                    || file.text.contains("DownstreamTlsContext")
                    || file.text.contains("bind") && file.text.contains(" ssl crt")
            });
            all[at].role = Role::Sidecar(if tls { Task::Tls } else { Task::Web });
        } else if all[at].container.list == ContainerList::Main
            && all[at].role == Role::Ambassador(Way::Broker)
            && !all[at].runs("socat")
        {
            // Its image alone does not say on which side of the app it is.
            all[at].role = Role::Sidecar(Task::Web);
            all[at].confidence = Confidence::Likely;
        }
    }
}

/// Whether a proxy passes on to another container of its Pod. What dials loopback in vain, or on the node's network, is
/// in front of nobody here.
fn faces_inward(all: &[ContainerFacts<'_>], at: usize) -> bool {
    let mut others = all.iter().enumerate().filter(|(other, _)| *other != at);
    let is_node = all[at].container.pod.spec.host_network == Some(true);
    let may_serve = |other: &ContainerFacts<'_>, port| other.may_serve(port) || !is_node && !other.listens_nowhere_else;
    others.any(|(_, other)| all[at].loopback_dials().any(|(_, port)| may_serve(other, port)))
}

/// A web server or forwarder that has nothing to do with the others of its Pod is there for its own sake, and what its
/// image is says nothing of what it is for.
fn leave_untied(all: &mut [ContainerFacts<'_>]) {
    let beside = all.iter().filter(|one| one.container.runs_beside_app()).count();
    for at in 0..all.len() {
        let is_general = matches!(all[at].role, Role::Sidecar(Task::Web)) && !all[at].container.is_native_sidecar();
        if !is_general || beside < 2 || faces_inward(all, at) {
            continue;
        }
        let volumes = |one: &ContainerFacts<'_>| -> Vec<String> {
            one.container.container.volume_mounts.iter().flatten().map(|mount| mount.name.clone()).collect()
        };
        let own = volumes(&all[at]);
        let is_tied = all.iter().enumerate().filter(|(other, _)| *other != at).any(|(_, other)| {
            other.loopback_dials().any(|(_, port)| all[at].may_serve(port))
                || volumes(other).iter().any(|name| own.contains(name))
        });
        if !is_tied {
            all[at].role = Role::Unknown;
            all[at].evidence.clear();
        }
    }
}

/// Whether a container is called a helper, whatever it does. One that the workload is called after is none.
fn is_called_helper(pod: PodView<'_>, one: &ContainerFacts<'_>) -> bool {
    let (repository, _) = programs::split(one.image());
    let image = repository.rsplit('/').next().unwrap_or_default();
    if [one.name(), image].contains(&pod.object.id.name.as_str()) {
        return false;
    }
    [one.name(), image].iter().any(|name| {
        name.split(['-', '_', '.']).skip(1).any(|word| matches!(word, "sidecar" | "helper" | "fix" | "agent"))
    })
}

/// A container that a script keeps files for, if a web server serves them: the server is what the Pod is there for.
fn served(all: &[ContainerFacts<'_>], main: &[usize], only: usize) -> Option<usize> {
    if all[only].line.kind != Kind::Script || !all[only].listens.is_empty() {
        return None;
    }
    let names = |at: usize| all[at].container.container.volume_mounts.iter().flatten().map(|mount| mount.name.as_str());
    let is_fed = |at: &usize| {
        all[*at].role == Role::Sidecar(Task::Web) && names(*at).any(|name| names(only).any(|own| own == name))
    };
    main.iter().copied().filter(|at| *at != only).find(is_fed)
}

/// How a proxy's configuration chooses where a request goes.
fn way(file: &ConfigFile<'_>) -> Option<Way> {
    let text = file.text;
    let is_split = |directive: &nginx::Directive<'_>| directive.name() == "split_clients";
    let splits = text.contains("weighted_clusters")
        || (text.contains("split_clients") && nginx::directives(text).iter().any(is_split));
    if splits {
        return Some(Way::Split);
    }
    hosts::is_hashing(text).then_some(Way::Shard)
}

/// A sharding proxy that is its own service.
fn route_shards(all: &mut [ContainerFacts<'_>]) {
    for one in all.iter_mut().filter(|one| one.container.runs_beside_app()) {
        let shards = one.program.is_some_and(|program| program.role == Some(Role::Ambassador(Way::Shard)));
        let hashes = one.configs.files.iter().any(|file| hosts::is_hashing(file.text));
        if shards || (one.program.is_some() && hashes) {
            one.role = Role::ShardRouter;
            one.confidence = Confidence::Certain;
        }
    }
}

/// How likely a helper is to be what its Pod is there for, when nothing else is.
fn weight(role: Role) -> u8 {
    match role {
        Role::Unknown => 9,
        Role::Server => 8,
        Role::ShardRouter | Role::GatherRoot | Role::QueueManager => 7,
        Role::Sidecar(Task::Web) => 6,
        Role::Adapter(Form::Metrics) | Role::Ambassador(_) => 5,
        Role::Sidecar(Task::Logs | Task::Telemetry | Task::Secrets) | Role::Adapter(Form::Logs) => 4,
        Role::Sidecar(Task::Git | Task::Tls | Task::Auth) => 3,
        // whose health it shows is not in sight
        Role::MeshProxy | Role::Sidecar(_) | Role::Adapter(Form::Health) => 1,
        Role::Leaf | Role::Worker | Role::App => 10,
        Role::Elector | Role::Source | Role::Init(_) => 0,
    }
}

/// The container that the Pod is there for: the one that is left over, the one named as the workload is, or
/// of known programs the one that the others can help.
fn choose_app(pod: PodView<'_>, all: &mut [ContainerFacts<'_>]) {
    let main: Vec<usize> = (0..all.len()).filter(|at| all[*at].container.list == ContainerList::Main).collect();
    let unknown: Vec<usize> = main
        .iter()
        .copied()
        .filter(|at| all[*at].role == Role::Unknown && (main.len() == 1 || !is_called_helper(pod, &all[*at])))
        .collect();
    // What nobody knows and is called after the workload goes first.
    let known = main.iter().copied().find(|at| is_own_server(pod, &all[*at]));
    let known = known.filter(|_| namesake(pod, all, &unknown).is_none());
    let chosen = match (unknown.as_slice(), main.as_slice()) {
        ([_, ..], [_, _, ..]) if known.is_some() => {
            known.map(|at| (at, Confidence::Likely, "what the workload is called after, or keeps the data of"))
        }
        ([only], [_]) => Some((*only, Confidence::Certain, "the only container")),
        ([only], _) => Some(match served(all, &main, *only) {
            Some(server) => (server, Confidence::Likely, "serves what the others bring"),
            // by its name alone another may be one
            None if main.iter().any(|at| at != only && all[*at].role == Role::Unknown) => {
                (*only, Confidence::Likely, "the only container that is not called a helper")
            }
            None => (*only, Confidence::Certain, "the only container that is not a known helper"),
        }),
        ([], _) => main_helper(pod, all, &main).map(|at| {
            let shows = if main.len() == 1 { "the only container" } else { "what the others help" };
            (at, Confidence::Likely, shows)
        }),
        (several, _) => namesake(pod, all, several).map(|at| (at, Confidence::Likely, "named as the workload is")),
    };
    let Some((at, confidence, shows)) = chosen.filter(|(at, ..)| !is_idle(&all[*at])) else { return };
    all[at].role = Role::App;
    all[at].confidence = confidence;
    let node = all[at].container.name_node();
    all[at].evidence.insert(0, Evidence { node, shows: shows.to_owned() });
}

/// A known program that the workload is there for, whatever is beside it: it has its name, or of a
/// StatefulSet it has the data.
fn is_own_server(pod: PodView<'_>, one: &ContainerFacts<'_>) -> bool {
    let (workload, name) = (pod.object.id.name.as_str(), one.name());
    let is_named = matches!(name, "app" | "application" | "main-app")
        || workload == name
        // operators name what they make so: `cluster1-haproxy`
        || workload.strip_suffix(name).is_some_and(|rest| rest.ends_with('-'))
        || workload.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'));
    let claims = match &pod.object.typed {
        Some(Typed::StatefulSet(set)) => set.spec.volume_claim_templates.as_deref().unwrap_or_default(),
        _ => &[],
    };
    let mut mounts = one.container.container.volume_mounts.iter().flatten();
    let stores = mounts.any(|mount| claims.iter().any(|claim| claim.metadata.name.as_ref() == Some(&mount.name)));
    match one.role {
        Role::Server => is_named || stores,
        Role::Unknown | Role::App | Role::Init(_) | Role::MeshProxy | Role::Elector => false,
        _ => is_named,
    }
}

/// Of containers that all are known the one that stands for itself.
fn main_helper(pod: PodView<'_>, all: &[ContainerFacts<'_>], main: &[usize]) -> Option<usize> {
    let is_ambassador = |at: &usize| match all[*at].role {
        Role::Ambassador(Way::Broker) => pod.object.id.kind == "Pod",
        Role::Ambassador(Way::Shard | Way::Split) => true,
        _ => false,
    };
    if main.len() == 1 && main.iter().any(is_ambassador) {
        return None;
    }
    let heaviest = main.iter().map(|at| weight(all[*at].role)).max()?;
    // The roles of a tool's own Pods stay what they are; a lone elector or source is one in the making.
    if !(1..7).contains(&heaviest) && heaviest != 8 {
        return None;
    }
    if let Some(at) = main.iter().copied().find(|at| is_own_server(pod, &all[*at])) {
        return Some(at);
    }
    let mut candidates = main.iter().copied().filter(|at| weight(all[*at].role) == heaviest);
    match (candidates.next(), candidates.next()) {
        (Some(at), None) => Some(at),
        _ => None,
    }
}

/// The one of several unknown containers that is called as the workload or whose image is.
fn namesake(pod: PodView<'_>, all: &[ContainerFacts<'_>], several: &[usize]) -> Option<usize> {
    let workload = pod.object.id.name.as_str();
    let mut same = several.iter().copied().filter(|at| all[*at].name() == workload);
    if let Some(at) = same.next() {
        return Some(at);
    }
    let image_of = |at: usize| {
        let (repository, _) = programs::split(all[at].image());
        repository.rsplit('/').next().unwrap_or_default()
    };
    let is_named = |at: &usize| {
        let image = image_of(*at);
        image.len() > 2 && (workload == image || workload.strip_prefix(image).is_some_and(|rest| rest.starts_with('-')))
    };
    // `frr-k8s` says more of `frr-k8s-daemon` than `frr` does.
    let longest = several.iter().filter(|at| is_named(at)).map(|at| image_of(*at).len()).max()?;
    let mut named = several.iter().copied().filter(|at| is_named(at) && image_of(*at).len() == longest);
    match (named.next(), named.next()) {
        (Some(at), None) => Some(at),
        _ => None,
    }
}

/// Whether a container only keeps its Pod alive.
fn is_idle(one: &ContainerFacts<'_>) -> bool {
    let (repository, _) = programs::split(one.image());
    let sleeps = one.line.invocations.last().is_some_and(|last| last.name == "sleep");
    repository.ends_with("/pause") || repository == "pause" || (sleeps && one.lifetime == Lifetime::Serves)
}

/// Who talks to whom on loopback: evidence for helpers.
fn talk(all: &mut [ContainerFacts<'_>]) {
    for at in 0..all.len() {
        if !matches!(
            all[at].role,
            Role::Adapter(_) | Role::Ambassador(_) | Role::Sidecar(Task::Tls | Task::Auth | Task::Web)
        ) {
            continue;
        }
        for other in (0..all.len()).filter(|other| *other != at) {
            let to_it = all[other].loopback_dials().find(|(_, port)| all[at].may_serve(*port));
            let from_it = || all[at].loopback_dials().find(|(_, port)| all[other].may_serve(*port));
            let evidence = if let Some((dial, port)) = to_it {
                let shows = format!("`{}` talks to it on port {port}", all[other].name());
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
