//! Ports of the node that lead to containers: `host-port`, and those of Pods on the node's network.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::describe::{App, Place};
use crate::diagnostic::Finding;
use crate::pattern::objects;
use crate::pattern::plan::document::apps;
use crate::pattern::plan::prepare::Prepared;

/// A port of a container, and the one of its node that leads there.
pub(super) struct HostPort {
    pub(super) port: u16,
    pub(super) on_node: u16,
    pub(super) protocol: &'static str,
}

/// The ports of the node that an app takes, and where they are written.
pub(super) fn of_app(app: &App) -> impl Iterator<Item = (HostPort, &Place)> {
    let protocol = app.transport();
    let main =
        app.port.zip(app.host_port).into_iter().map(move |(port, host_port)| {
            (HostPort { port, on_node: host_port, protocol }, app.place_at(&["host-port"]))
        });
    main.chain(app.ports.iter().filter_map(|port| {
        let place = app.place_at(&["ports", &port.name, "host-port"]);
        Some((HostPort { port: port.number, on_node: port.host_port?, protocol: port.protocol }, place))
    }))
}

/// Two containers that want one port of the node.
pub(super) fn check(prepared: &Prepared<'_>, template: &Json) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut taken: BTreeMap<(u64, &str), &str> = BTreeMap::new();
    for list in ["initContainers", "containers"] {
        let containers = template["spec"][list].as_array().into_iter().flatten();
        for (container, port) in
            containers.flat_map(|one| one["ports"].as_array().into_iter().flatten().map(move |port| (one, port)))
        {
            let Some(number) = port["hostPort"].as_u64() else { continue };
            let name = container["name"].as_str().unwrap_or_default();
            let protocol = port["protocol"].as_str().unwrap_or("TCP");
            if let Some(other) = taken.insert((number, protocol), name) {
                findings.push(same_host_port(prepared, number, protocol, [other, name]));
            }
        }
    }
    findings
}

fn same_host_port(prepared: &Prepared<'_>, number: u64, protocol: &str, [other, name]: [&str; 2]) -> Finding {
    let is_it = |own: &HostPort| u64::from(own.on_node) == number && own.protocol == protocol;
    let written = apps(prepared.description, &prepared.shape, &prepared.uses).flat_map(of_app);
    let places: Vec<&Place> = written.filter(|(own, _)| is_it(own)).map(|(_, place)| place).collect();
    let message = if other == name {
        format!("two ports of `{name}` want port {number} of the node")
    } else {
        format!("`{other}` and `{name}` want port {number} of the node")
    };
    let place = places.get(1).copied().unwrap_or(&prepared.description.name_place);
    let finding = Finding::error(place.label("and so does this"), message);
    let finding = places.first().into_iter().fold(finding, |finding, first| finding.label(first.label("takes it")));
    finding.help("give one of them another `host-port`")
}

/// Two Pods cannot have one port of a node: where a Deployment takes some, the old Pod stops before the new one starts.
pub(super) fn give_way(object: &mut Json) {
    let takes_ports = |template: &&mut Json| {
        let is_host = template["spec"]["hostNetwork"] == true;
        let lists = ["initContainers", "containers"].map(|list| template["spec"][list].as_array());
        let mut ports = lists.into_iter().flatten().flatten().filter_map(|one| one["ports"].as_array()).flatten();
        ports.any(|port| is_host || port.get("hostPort").is_some())
    };
    let takes_some = objects::templates(object).iter().any(takes_ports);
    let surge = json!({"maxUnavailable": 0, "maxSurge": 1});
    if let Some(rolling) =
        object.pointer_mut("/spec/strategy/rollingUpdate").filter(|rolling| takes_some && **rolling == surge)
    {
        *rolling = json!({"maxUnavailable": 1, "maxSurge": 0});
    }
}
