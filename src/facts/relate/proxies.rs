//! General proxies, which are what their place makes them.

use std::collections::{BTreeSet, HashMap};

use super::super::config::ConfigFile;
use super::super::container::{Confidence, ContainerFacts, Evidence};
use super::super::{Bind, Role, Task, Way, hosts, nginx};
use super::loopback::Loopback;
use crate::kube::ContainerList;
use crate::text::Text;

/// A general proxy is what its place makes it: others talk to it, or it is in front of them.
pub(super) fn direct_proxies(all: &mut [ContainerFacts<'_>], loopback: &Loopback) {
    let beside = all.iter().filter(|one| one.container.runs_beside_app()).count();
    for at in 0..all.len() {
        let is_general = matches!(all[at].role, Role::Sidecar(Task::Web) | Role::Ambassador(Way::Broker));
        if !is_general || !all[at].is_general_proxy() {
            continue;
        }
        // what looks at its metrics or health is no client
        let is_client = |other: &ContainerFacts<'_>| {
            !matches!(other.role, Role::Adapter(_) | Role::Sidecar(Task::Config | Task::Telemetry | Task::Logs))
        };
        let callers = loopback.callers(all, at).into_iter().map(|other| &all[other]);
        let caller = callers.filter(|other| is_client(other)).find_map(|other| {
            let (dial, port) = other.loopback_dials().find(|(_, port)| all[at].may_serve(*port))?;
            let shows = format!("`{}` connects to it on port {port}", other.name());
            Some(Evidence { node: other.node_of(&dial.proof), shows })
        });
        let faces_inward = all[at].loopback_dials().next().is_some();
        // of an Envoy's addresses one is its administrator's
        let least = if all[at].runs("envoy") { 2 } else { 1 };
        let is_for_the_pod = all[at].listens_nowhere_else
            && all[at].listens.len() >= least
            && all[at].listens.iter().all(|listen| listen.bind == Bind::Loopback);
        let way = all[at].configs.files.iter().find_map(way);
        if let Some(caller) = caller {
            all[at].role = Role::Ambassador(way.unwrap_or(Way::Broker));
            all[at].evidence.push(caller);
        } else if let Some(way) = way {
            all[at].role = Role::Ambassador(way);
        } else if is_for_the_pod && beside > usize::from(all[at].container.runs_beside_app()) {
            all[at].role = Role::Ambassador(Way::Broker);
            let listen = &all[at].listens[0];
            let node = all[at].node_of(&listen.proof);
            all[at].evidence.push(Evidence { node, shows: "only its own Pod can reach it".to_owned() });
        } else if faces_inward {
            let tls = all[at].configs.files.iter().any(|file| {
                let text = file.text();
                text.contains("ssl_certificate")
                    || text.contains("DownstreamTlsContext")
                    || text.contains("bind") && text.contains(" ssl crt")
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
/// in front of no container here.
fn faces_inward(all: &[ContainerFacts<'_>], at: usize, loopback: &Loopback) -> bool {
    let is_node = all[at].container.pod.spec.host_network == Some(true);
    let dials = all[at].loopback_dials().next().is_some();
    dials && (!is_node && loopback.has_other_open(at) || !loopback.called(all, at).is_empty())
}

/// A web server or forwarder that has nothing to do with the others of its Pod is there for its own sake, and what its
/// image is says nothing of what it is for.
pub(super) fn leave_untied(all: &mut [ContainerFacts<'_>], loopback: &Loopback) {
    let beside = all.iter().filter(|one| one.container.runs_beside_app()).count();
    // Who mounts a volume, as a whole or at all, and who each of its folders.
    let mut mounting: HashMap<(Text, Part), Vec<usize>> = HashMap::new();
    for (at, one) in all.iter().enumerate() {
        let parts = mounts(one).flat_map(|(volume, part)| [(volume.clone(), Part::Any), (volume, part)]);
        for part in parts.collect::<BTreeSet<_>>() {
            mounting.entry(part).or_default().push(at);
        }
    }
    let mounts_too = |at: usize, volume: &Text, part: Part| {
        let who = mounting.get(&(volume.clone(), part));
        who.is_some_and(|who| who.iter().take(2).any(|other| *other != at))
    };
    // There are containers that a proxy may ask: it is none of them itself, as it has a role.
    let may_be_asked = |one: &ContainerFacts<'_>| one.role == Role::Unknown && one.declared().next().is_some();
    let mut has_asked = all.iter().any(may_be_asked);
    for at in 0..all.len() {
        let is_general = matches!(all[at].role, Role::Sidecar(Task::Web)) && !all[at].container.is_native_sidecar();
        if !is_general || beside < 2 || faces_inward(all, at, loopback) {
            continue;
        }
        // two folders of one volume have nothing to do with each other
        let shares = |(volume, part): (Text, Part)| match part {
            Part::Any | Part::Whole => mounts_too(at, &volume, Part::Any),
            folder @ Part::Folder(_) => mounts_too(at, &volume, Part::Whole) || mounts_too(at, &volume, folder),
        };
        let is_tied = !loopback.callers(all, at).is_empty() || mounts(&all[at]).any(shares);
        // Its configuration is out of sight, and there is another container that it may ask.
        let may_pass_on = has_asked && all[at].has_other_configuration();
        if !is_tied && may_pass_on {
            all[at].confidence = Confidence::Likely;
        } else if !is_tied {
            all[at].role = Role::Unknown;
            all[at].evidence.clear();
            has_asked |= may_be_asked(&all[at]);
        }
    }
}

/// What of a volume a container mounts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Part {
    /// Whatever it is.
    Any,
    Whole,
    Folder(Text),
}

/// Each volume that a container mounts, with what of it.
fn mounts<'facts>(one: &'facts ContainerFacts<'_>) -> impl Iterator<Item = (Text, Part)> + 'facts {
    one.container.container.volume_mounts.iter().flatten().map(|mount| {
        let part = mount.sub_path.clone().map_or(Part::Whole, Part::Folder);
        (mount.name.clone(), part)
    })
}

/// How a proxy's configuration chooses where a request goes.
fn way(file: &ConfigFile<'_>) -> Option<Way> {
    let lines = file.lines();
    let is_split = |directive: &nginx::Directive<'_>| directive.name() == "split_clients";
    let splits = lines.contains("weighted_clusters")
        || (lines.contains("split_clients") && nginx::directives(file.text()).iter().any(is_split));
    if splits {
        return Some(Way::Split);
    }
    hosts::hashes(file).then_some(Way::Shard)
}
