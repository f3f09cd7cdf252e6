//! What must be unique in a woven Pod, whichever pattern made it.

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// Things of one name in a Pod.
pub(crate) struct Repeated {
    /// What they are, and how many.
    pub what: String,
    /// The name, as a description writes it.
    pub name: String,
    /// Whether they are volumes.
    pub are_volumes: bool,
}

/// Things of one name in a Pod, and containers without an image.
pub(crate) fn repeated(pod: &Json) -> Vec<Repeated> {
    let spec = &pod["spec"];
    let list = |value: &Json| value.as_array().cloned().unwrap_or_default();
    let containers: Vec<Json> = list(&spec["initContainers"]).into_iter().chain(list(&spec["containers"])).collect();
    let ports: Vec<Json> = containers.iter().flat_map(|container| list(&container["ports"])).collect();
    let mut found = twice("containers called", containers.iter().map(|container| &container["name"]));
    let imageless = containers.iter().filter(|container| container["image"].as_str().is_none_or(str::is_empty));
    found.extend(imageless.map(|container| Repeated {
        what: format!("a container {} without an image", container["name"]),
        name: container["name"].as_str().unwrap_or_default().to_owned(),
        are_volumes: false,
    }));
    let volumes = twice("volumes called", list(&spec["volumes"]).iter().map(|volume| &volume["name"]));
    found.extend(volumes.into_iter().map(|repeated| Repeated { are_volumes: true, ..repeated }));
    found.extend(twice("ports called", ports.iter().map(|port| &port["name"])));
    // one number is two ports where TCP and UDP differ, as of a DNS server
    let is = |port: &Json, protocol: &str| port["protocol"].as_str().unwrap_or("TCP") == protocol;
    for protocol in ["TCP", "UDP", "SCTP"] {
        let numbers = ports.iter().filter(|port| is(port, protocol)).map(|port| &port["containerPort"]);
        found.extend(twice("listeners on port", numbers));
    }
    for container in &containers {
        found.extend(twice("mounts at", list(&container["volumeMounts"]).iter().map(|mount| &mount["mountPath"])));
    }
    found
}

fn twice<'json>(what: &str, names: impl Iterator<Item = &'json Json>) -> Vec<Repeated> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for name in names.filter(|name| !name.is_null()) {
        *counts.entry(name.as_str().map_or_else(|| name.to_string(), str::to_owned)).or_default() += 1;
    }
    let several = counts.into_iter().filter(|(_, count)| *count > 1);
    several.map(|(name, count)| Repeated { what: format!("{count} {what} {name}"), name, are_volumes: false }).collect()
}
