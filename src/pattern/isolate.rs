//! `isolate: true`: a `NetworkPolicy` for each workload that admits what its containers declare, and nothing else.
//!
//! The kubelet's probes come from the Pod's own node, which no policy cuts off (kubernetes/website:
//! content/en/docs/concepts/services-networking/network-policies.md).

use serde_json::{Value as Json, json};

use super::objects;
use super::prepare::Prepared;

/// What to know beside the objects.
pub(super) const NOTE: &str = "note: `isolate` works where the cluster's network plugin enforces NetworkPolicies; the kubelet's probes come from the node and pass in any case";

/// Adds the policies.
pub(super) fn apply(prepared: &Prepared<'_>, objects: &mut Vec<Json>) {
    if prepared.description.isolate.is_none() {
        return;
    }
    let written = objects.iter().filter(|object| objects::is_workload(object)).cloned();
    let workloads: Vec<Json> = written.chain(objects.iter().flat_map(objects::made_later)).collect();
    let behind = behind(prepared);
    let mut policies: Vec<Json> = Vec::new();
    for mut workload in workloads {
        let own_name = workload["metadata"]["name"].clone();
        let labels = workload["metadata"]["labels"].clone();
        let annotations = workload["metadata"]["annotations"].clone();
        let namespace = workload["metadata"]["namespace"].clone();
        let selector = workload.pointer("/spec/selector/matchLabels").cloned();
        let templates = objects::templates(&mut workload);
        let several = templates.len() > 1;
        for template in templates {
            // the parts of a JobSet are told apart by their Pods, as a Job is that has its name when it runs
            let pods = template.pointer("/metadata/labels/app.kubernetes.io~1name").cloned().unwrap_or_default();
            let name = if several || own_name.is_null() { pods } else { own_name.clone() };
            // what a pattern stands in front of is reached through that pattern alone
            let behind = |port: u64| behind.iter().any(|upstream| u64::from(*upstream) == port);
            let ports: Vec<Json> = objects::declared_ports(template)
                .filter(|(port, _)| !behind(*port))
                .map(|(port, protocol)| json!({"protocol": protocol, "port": port}))
                .collect();
            let ingress = if ports.is_empty() { json!([]) } else { json!([{"ports": ports}]) };
            let chosen = selector.clone().unwrap_or_else(|| objects::own_labels(template));
            let mut metadata = json!({"name": name, "labels": labels});
            if !namespace.is_null() {
                metadata["namespace"] = namespace.clone();
            }
            metadata["annotations"] = kept(&annotations);
            policies.push(json!({
                "apiVersion": "networking.k8s.io/v1",
                "kind": "NetworkPolicy",
                "metadata": metadata,
                "spec": {"podSelector": {"matchLabels": chosen}, "policyTypes": ["Ingress"], "ingress": ingress},
            }));
        }
    }
    objects.append(&mut policies);
}

/// The ports that something in the same Pod stands in front of.
fn behind(prepared: &Prepared<'_>) -> Vec<u16> {
    let front = prepared.shape.front();
    let decorated = front.iter().skip(1).map(|(_, port)| *port).chain(prepared.served.filter(|_| !front.is_empty()));
    prepared.upstreams.iter().flatten().copied().chain(decorated).collect()
}

/// Where the workload comes from, which is where its policy comes from too.
fn kept(annotations: &Json) -> Json {
    let members = annotations.as_object().into_iter().flatten();
    let ours = members.filter(|(key, _)| matches!(key.as_str(), "patterns/source" | "patterns/from"));
    Json::Object(ours.map(|(key, value)| (key.clone(), value.clone())).collect())
}
