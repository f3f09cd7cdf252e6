//! `mesh: istio`: labels and annotations with which the mesh adds its own proxy, never a copy of that proxy.
//!
//! Names from istio/api: label and annotation references. The proxy of a namespace that does not run Istio's CNI
//! plugin needs more rights than Pod Security restricted gives.

use serde_json::{Map, Value as Json, json};

use super::objects;
use super::prepare::Prepared;

/// What to know beside the objects.
pub(super) const NOTE: &str = "note: Istio injects its proxy into these Pods; in a namespace that enforces Pod Security restricted that takes Istio's CNI plugin";

/// Has the mesh inject its proxy into every Pod.
pub(super) fn apply(prepared: &Prepared<'_>, objects: &mut [Json]) {
    if !prepared.description.meshed {
        return;
    }
    let owned = owned_ports(prepared);
    for template in objects.iter_mut().filter(|object| objects::is_workload(object)).flat_map(objects::templates) {
        let declared: Vec<u64> = objects::declared_ports(template).map(|(number, _)| number).collect();
        let excluded: Vec<String> =
            declared.into_iter().filter(|port| owned.contains(port)).map(|port| port.to_string()).collect();
        put(template, "labels", "sidecar.istio.io/inject", "true");
        // a proxy that starts before and stops after everything else, so that Jobs end (Istio 1.24)
        put(template, "annotations", "sidecar.istio.io/nativeSidecar", "true");
        if !excluded.is_empty() {
            put(template, "annotations", "traffic.sidecar.istio.io/excludeInboundPorts", &excluded.join(","));
        }
    }
}

/// Ports of our own containers that nobody in the mesh calls: for probes, and for metrics that are scraped from
/// outside of it.
fn owned_ports(prepared: &Prepared<'_>) -> Vec<u64> {
    let inbound = prepared.inbound.as_ref().map(|inbound| inbound.port);
    let ports = prepared.ports.iter().chain([&prepared.shape_ports]).flat_map(|ports| ports.values().copied());
    ports.filter(|port| Some(*port) != inbound && Some(*port) != prepared.served).map(u64::from).collect()
}

fn put(template: &mut Json, kind: &str, key: &str, value: &str) {
    let Some(template) = template.as_object_mut() else { return };
    let metadata = template.entry("metadata").or_insert_with(|| Json::Object(Map::new()));
    let Some(metadata) = metadata.as_object_mut() else { return };
    let there = metadata.entry(kind).or_insert_with(|| Json::Object(Map::new()));
    if let Some(there) = there.as_object_mut() {
        there.insert(key.to_owned(), json!(value));
    }
}
