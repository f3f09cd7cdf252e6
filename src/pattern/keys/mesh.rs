//! `mesh: istio`: labels and annotations with which the mesh adds its own proxy, never a copy of that proxy.
//!
//! Names from istio/api: label and annotation references. The proxy of a namespace that does not run Istio's CNI
//! plugin needs more rights than Pod Security restricted gives.

use serde_json::{Map, Value as Json, json};

use crate::diagnostic::Finding;
use crate::origin::Maker;
use crate::pattern::objects;
use crate::pattern::objects::made::Objects;
use crate::pattern::plan::prepare::Prepared;

/// What to know beside the objects.
pub(crate) const NOTE: &str = "note: Istio injects its proxy into these Pods; in a namespace that enforces Pod Security restricted, that requires Istio's CNI plugin";

/// Has the mesh inject its proxy into every Pod, and lead in through its own Gateway if that is asked for.
pub(crate) fn apply(prepared: &Prepared<'_>, objects: &mut Objects) -> Vec<Finding> {
    if !prepared.description.meshed {
        return Vec::new();
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
    objects.extend(gateway(prepared));
    Vec::new()
}

/// One listener for each host; Istio runs the proxies behind it (istio/istio.io:
/// content/en/docs/tasks/traffic-management/ingress/gateway-api).
fn gateway(prepared: &Prepared<'_>) -> Option<Json> {
    let description = prepared.description;
    description.own_gateway.as_ref()?;
    let expose = description.expose.as_ref()?;
    let listener = |(at, host): (usize, &String)| {
        let (name, protocol, port) = if expose.tls.is_some() { ("https", "HTTPS", 443) } else { ("http", "HTTP", 80) };
        let name = if at == 0 { name.to_owned() } else { format!("{name}-{}", at + 1) };
        let mut listener = json!({
            "name": name,
            "hostname": host,
            "protocol": protocol,
            "port": port,
            "allowedRoutes": {"namespaces": {"from": "Same"}},
        });
        if let Some(secret) = &expose.tls {
            let certificate = json!({"group": "", "kind": "Secret", "name": secret});
            listener["tls"] = json!({"mode": "Terminate", "certificateRefs": [certificate]});
        }
        listener
    };
    let listeners: Vec<Json> = expose.hosts.iter().enumerate().map(listener).collect();
    let mut gateway = json!({
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": description.name},
        "spec": {"gatewayClassName": "istio", "listeners": listeners},
    });
    let labels = objects::labels(description, &prepared.shape.definition.name);
    objects::dress(&mut gateway, &labels, description, &Maker::Mesh);
    Some(gateway)
}

/// Ports of our own containers that nothing in the mesh calls: for probes, and for metrics that are scraped from
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
