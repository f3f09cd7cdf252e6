//! General proxies, which are what their place makes them.

use crate::kube::types::VolumeMount;

use super::super::config::ConfigFile;
use super::super::container::{Confidence, ContainerFacts, Evidence};
use super::super::{Bind, Role, Task, Way, hosts, nginx};
use crate::kube::ContainerList;

/// A general proxy is what its place makes it: others talk to it, or it is in front of them.
pub(super) fn direct_proxies(all: &mut [ContainerFacts<'_>]) {
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
        } else if is_for_the_pod && others_beside(all, at) {
            all[at].role = Role::Ambassador(Way::Broker);
            let listen = &all[at].listens[0];
            let node = all[at].node_of(&listen.proof);
            all[at].evidence.push(Evidence { node, shows: "only the Pod itself can reach it".to_owned() });
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

fn others_beside(all: &[ContainerFacts<'_>], at: usize) -> bool {
    all.iter().enumerate().any(|(other, one)| other != at && one.container.runs_beside_app())
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
pub(super) fn leave_untied(all: &mut [ContainerFacts<'_>]) {
    let beside = all.iter().filter(|one| one.container.runs_beside_app()).count();
    for at in 0..all.len() {
        let is_general = matches!(all[at].role, Role::Sidecar(Task::Web)) && !all[at].container.is_native_sidecar();
        if !is_general || beside < 2 || faces_inward(all, at) {
            continue;
        }
        // two folders of one volume have nothing to do with each other
        let shares = |a: &VolumeMount, b: &VolumeMount| {
            let is_whole = a.sub_path.is_none() || b.sub_path.is_none();
            a.name == b.name && (is_whole || a.sub_path == b.sub_path)
        };
        let mounts = |at: usize| all[at].container.container.volume_mounts.iter().flatten();
        let is_tied = all.iter().enumerate().filter(|(other, _)| *other != at).any(|(number, other)| {
            other.loopback_dials().any(|(_, port)| all[at].may_serve(port))
                || mounts(number).any(|theirs| mounts(at).any(|own| shares(own, theirs)))
        });
        // Its configuration is out of sight, and there is another container that it may ask.
        let may_pass_on = all[at].has_other_configuration()
            && all
                .iter()
                .enumerate()
                .any(|(other, one)| other != at && one.role == Role::Unknown && one.declared().next().is_some());
        if !is_tied && may_pass_on {
            all[at].confidence = Confidence::Likely;
        } else if !is_tied {
            all[at].role = Role::Unknown;
            all[at].evidence.clear();
        }
    }
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
