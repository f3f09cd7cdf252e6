//! The container that a Pod is there for.

use super::super::container::{Confidence, ContainerFacts, Evidence};
use super::super::{Form, Role, Task, Way, programs};
use super::{is_called_proxy, is_told_of};
use crate::kube::{ContainerList, FastSet, PodView, Typed};

/// Among so many unknown containers the one is looked for that others connect to.
const MOST_ASKED: usize = 16;

/// The container that the Pod is there for: the one that is left over, the one with the workload's name, or among known
/// programs the one that the others can support.
pub(super) fn choose_app(pod: PodView<'_>, all: &mut [ContainerFacts<'_>]) {
    let main: Vec<usize> = (0..all.len()).filter(|at| all[*at].container.list == ContainerList::Main).collect();
    let unknown: Vec<usize> = main
        .iter()
        .copied()
        .filter(|at| all[*at].role == Role::Unknown)
        .filter(|at| main.len() == 1 || !is_called_helper(pod, &all[*at]) && !stands_before(pod, all, *at))
        .collect();
    // An unknown container that is called after the workload goes first.
    let claims = claims(pod);
    let known = main.iter().copied().find(|at| is_own_server(pod, &claims, &all[*at]));
    // `esp-echo` is called after both
    let is_of_both = || unknown.iter().any(|at| is_word_of(&pod.object.id.name, all[*at].name()));
    let known =
        known.filter(|at| all[*at].role == Role::Server || pod.object.id.name == all[*at].name() || !is_of_both());
    let known = known.filter(|at| {
        namesake(pod, all, &unknown)
            .is_none_or(|other| all[other].name() != pod.object.id.name && all[other].image() == all[*at].image())
    });
    let chosen = match (unknown.as_slice(), main.as_slice()) {
        ([_, ..], [_, _, ..]) if known.is_some() => {
            known.map(|at| (at, Confidence::Likely, "the workload is named after it, or stores its data"))
        }
        ([only], [_]) => Some((*only, Confidence::Certain, "the only container")),
        ([only], _) => Some(match served(all, &main, *only) {
            Some(server) => (server, Confidence::Likely, "serves what the others provide"),
            // by its name alone another may be one
            None if main.iter().any(|at| at != only && all[*at].role == Role::Unknown) => {
                (*only, Confidence::Likely, "the only container that is not named like a helper")
            }
            None => (*only, Confidence::Certain, "the only container that is not a known helper"),
        }),
        ([], _) => main_helper(pod, &claims, all, &without_unknown(all, &main)).map(|at| {
            let shows = if main.len() == 1 { "the only container" } else { "the others support it" };
            (at, Confidence::Likely, shows)
        }),
        (several, _) => namesake(pod, all, several)
            .map(|at| (at, Confidence::Likely, "has the workload's name"))
            .or_else(|| Some((dialled(all, several)?, Confidence::Likely, "the others connect to it"))),
    };
    let Some((at, confidence, shows)) = chosen.filter(|(at, ..)| !all[*at].is_idle()) else { return };
    all[at].role = Role::App;
    all[at].confidence = confidence;
    let node = all[at].container.name_node();
    all[at].evidence.insert(0, Evidence { node, shows: shows.to_owned() });
}

/// A container that a script keeps files for, if a web server serves them: the server is what the Pod is there for.
fn served(all: &[ContainerFacts<'_>], main: &[usize], only: usize) -> Option<usize> {
    // a single command is a program, whatever shell starts it
    if all[only].line.script.is_none() || !all[only].listens.is_empty() || is_called_app(all[only].name()) {
        return None;
    }
    let names = |at: usize| all[at].container.container.volume_mounts.iter().flatten().map(|mount| mount.name.as_str());
    let own: FastSet<&str> = names(only).collect();
    let is_fed = |at: &usize| all[*at].role == Role::Sidecar(Task::Web) && names(*at).any(|name| own.contains(name));
    main.iter().copied().filter(|at| *at != only).find(is_fed)
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

/// Of several containers those that are known for something; the others are called helpers.
fn without_unknown(all: &[ContainerFacts<'_>], main: &[usize]) -> Vec<usize> {
    main.iter().copied().filter(|at| main.len() == 1 || all[*at].role != Role::Unknown).collect()
}

/// The claims that a StatefulSet makes for each Pod.
fn claims(pod: PodView<'_>) -> FastSet<&str> {
    let claims = match &pod.object.typed {
        Some(Typed::StatefulSet(set)) => set.spec.volume_claim_templates.as_deref().unwrap_or_default(),
        _ => &[],
    };
    claims.iter().filter_map(|claim| claim.metadata.name.as_deref()).collect()
}

/// A known program that the workload is there for, whatever is beside it: it has its name, or of a
/// StatefulSet it has the data.
fn is_own_server(pod: PodView<'_>, claims: &FastSet<&str>, one: &ContainerFacts<'_>) -> bool {
    let (workload, name) = (pod.object.id.name.as_str(), one.name());
    let is_named = is_called_app(name)
        || workload == name
        // operators name what they make so: `cluster1-haproxy`
        || workload.strip_suffix(name).is_some_and(|rest| rest.ends_with('-'))
        || workload.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'));
    let (repository, _) = programs::split(one.image());
    let is_of_image = repository.rsplit('/').next().is_some_and(|image| image == workload);
    let mut mounts = one.container.container.volume_mounts.iter().flatten();
    let stores = !claims.is_empty() && mounts.any(|mount| claims.contains(mount.name.as_str()));
    match one.role {
        Role::Server => is_named || stores || is_of_image,
        Role::Unknown | Role::App | Role::Init(_) | Role::MeshProxy | Role::Elector => false,
        _ => is_named,
    }
}

/// What its author calls the app, and nothing else.
fn is_called_app(name: &str) -> bool {
    matches!(
        name,
        "app" | "application" | "main" | "main-app" | "main-application" | "main-container" | "app-container"
    )
}

/// Of containers that all are known the one that stands for itself.
fn main_helper(pod: PodView<'_>, claims: &FastSet<&str>, all: &[ContainerFacts<'_>], main: &[usize]) -> Option<usize> {
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
    if let Some(at) = main.iter().copied().find(|at| is_own_server(pod, claims, &all[*at])) {
        return Some(at);
    }
    let candidates: Vec<usize> = main.iter().copied().filter(|at| weight(all[*at].role) == heaviest).collect();
    let named = candidates.iter().copied().filter(|at| is_word_of(&pod.object.id.name, all[*at].name()));
    match (candidates.as_slice(), named.collect::<Vec<_>>().as_slice()) {
        ([at], _) | (_, [at]) => Some(*at),
        _ => None,
    }
}

/// Whether a workload's name says a container's, whole words of it: `shop-redis-ha` says `redis`.
fn is_word_of(workload: &str, name: &str) -> bool {
    let words: Vec<&str> = workload.split('-').collect();
    let wanted: Vec<&str> = name.split('-').collect();
    words.windows(wanted.len()).any(|window| window == wanted)
}

/// The one of several unknown containers that is called as the workload or whose image is.
fn namesake(pod: PodView<'_>, all: &[ContainerFacts<'_>], several: &[usize]) -> Option<usize> {
    let workload = pod.object.id.name.as_str();
    let mut same = several.iter().copied().filter(|at| all[*at].name() == workload);
    if let Some(at) = same.next() {
        return Some(at);
    }
    let mut main = several.iter().copied().filter(|at| is_called_app(all[*at].name()));
    if let (Some(at), None) = (main.next(), main.next()) {
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

/// The one of several unknown containers that another one connects to and that connects to none itself.
fn dialled(all: &[ContainerFacts<'_>], several: &[usize]) -> Option<usize> {
    let ports: Vec<Vec<u16>> = several.iter().map(|at| all[*at].known_ports()).collect();
    let asks = |from: usize, to: usize| {
        from != to && all[several[from]].loopback_dials().any(|(_, port)| ports[to].contains(&port))
    };
    let counted = 0..several.len().min(MOST_ASKED);
    let is_asked =
        |to: &usize| counted.clone().any(|from| asks(from, *to)) && !counted.clone().any(|other| asks(*to, other));
    let mut asked = counted.clone().filter(is_asked);
    match (asked.next(), asked.next()) {
        (Some(only), None) if several.len() <= MOST_ASKED => Some(several[only]),
        _ => None,
    }
}

/// Whether a container is called a helper, whatever it does. One that the workload is called after is none.
fn is_called_helper(pod: PodView<'_>, one: &ContainerFacts<'_>) -> bool {
    let (repository, _) = programs::split(one.image());
    let image = repository.rsplit('/').next().unwrap_or_default();
    if [one.name(), image].contains(&pod.object.id.name.as_str()) {
        return false;
    }
    one.name() == "sidecar"
        || [one.name(), image].iter().any(|name| {
            let mut words = name.split(['-', '_', '.']).skip(1);
            words.any(|word| matches!(word, "sidecar" | "helper" | "fix" | "agent"))
        })
}

/// Whether a container is called a proxy and asks another of its Pod on loopback: the name alone says little.
fn stands_before(pod: PodView<'_>, all: &[ContainerFacts<'_>], at: usize) -> bool {
    let name = all[at].name();
    is_called_proxy(name)
        && name != pod.object.id.name
        && all.iter().enumerate().any(|(other, one)| {
            let is_app = other != at && one.role == Role::Unknown && one.container.list == ContainerList::Main;
            is_app && is_told_of(&all[at], one)
        })
}
