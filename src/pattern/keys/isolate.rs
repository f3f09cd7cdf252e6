//! `isolate`: a `NetworkPolicy` for each workload. `true` admits what its containers declare for clients, and nothing else;
//! `from` and `to` say who may talk to whom. Status, metrics and whatever else a pattern tells about the Pod are open to
//! nobody who is not named.
//!
//! The kubelet's probes come from the Pod's own node, which no policy cuts off (kubernetes/website:
//! content/en/docs/concepts/services-networking/network-policies.md).

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::operated::Operated;
use super::peers::{ANYONE, Declared, NAME, Neighbours, Peer, Ports, declared, egress, named, peers};
use crate::diagnostic::Finding;
use crate::origin;
use crate::pattern::names::{JOB_MARK, port_name};
use crate::pattern::objects;
use crate::pattern::plan::prepare::Prepared;

/// What to know beside the objects.
pub(crate) const NOTE: &str = "note: `isolate` needs a network plugin that enforces NetworkPolicies; the kubelet's probes come from the node and are always allowed";

/// The names of the Pods that a document makes.
pub(crate) fn pods(objects: &[Json]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for mut workload in workloads(objects) {
        let templates = objects::templates(&mut workload);
        names.extend(templates.iter().filter_map(|pod| pod["metadata"]["labels"][NAME].as_str().map(str::to_owned)));
    }
    names
}

fn workloads(objects: &[Json]) -> Vec<Json> {
    let written = objects.iter().filter(|object| objects::is_workload(object)).cloned();
    written.chain(objects.iter().flat_map(objects::made_later)).collect()
}
/// What to know of a document whose metrics nobody may read now.
pub(crate) fn note(prepared: &Prepared<'_>) -> Option<String> {
    let description = prepared.description;
    if description.isolate.as_ref()?.to_json() != true {
        return None;
    }
    let entries = || prepared.uses.iter().map(|filled| filled.entry.name.as_str());
    let at = prepared.uses.iter().position(|filled| filled.definition.name == "metrics")?;
    let metrics = &prepared.uses[at];
    let name = match metrics.params["port"].as_str() {
        Some(name) => name.to_owned(),
        // the app's own port is for clients
        None => prepared.ports[at].get("main").map(|_| port_name(&metrics.entry.name, "main", entries()))?,
    };
    Some(format!(
        "note: `isolate: true` blocks all access to the metrics of {}; to let Prometheus scrape them, write \
         isolate: {{from: [{ANYONE}, {{namespace/monitoring: [{name}]}}]}}",
        description.name
    ))
}

/// Adds the policies.
pub(crate) fn apply(
    prepared: &Prepared<'_>,
    neighbours: &Neighbours<'_>,
    objects: &mut Vec<Json>,
    findings: &mut Vec<Finding>,
) {
    let Some(isolate) = &prepared.description.isolate else { return };
    let workloads = workloads(objects);
    let behind = behind(prepared);
    let operated = Operated::of(prepared);
    let declared: Vec<Declared> = workloads.iter().flat_map(declared).collect();
    let within = (workloads.len() > 1).then(|| json!([{"podSelector": named(&pods(objects))}]));
    let peers = isolate.get("from").map(|from| peers(prepared, neighbours, from, &declared, findings));
    let egress = isolate.get("to").map(|to| egress(prepared, neighbours, to, within.as_ref(), findings));
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
            let pods = template.pointer("/metadata/labels/app.kubernetes.io~1name").and_then(Json::as_str);
            let pods = json!(pods.map(|name| name.replace('.', "-")));
            let name = if several || own_name.is_null() { pods } else { without_mark(&own_name) };
            // what a pattern is in front of is reached through that pattern alone
            let behind = |port: u64| behind.iter().any(|upstream| u64::from(*upstream) == port);
            let ports: Vec<Json> = objects::declared_ports(template)
                .filter(|(port, _)| !behind(*port))
                .map(|(port, protocol)| json!({"protocol": protocol, "port": port}))
                .collect();
            let ingress = match &peers {
                Some(peers) => admitted(prepared, peers, template, &ports, within.as_ref()),
                None => to_clients(&operated, template, ports),
            };
            let chosen = selector.clone().unwrap_or_else(|| objects::own_labels(template));
            let mut metadata = json!({"name": name, "labels": labels});
            if !namespace.is_null() {
                metadata["namespace"] = namespace.clone();
            }
            metadata["annotations"] = kept(&annotations);
            let mut spec =
                json!({"podSelector": {"matchLabels": chosen}, "policyTypes": ["Ingress"], "ingress": ingress});
            if let Some(egress) = &egress {
                spec["policyTypes"] = json!(["Ingress", "Egress"]);
                spec["egress"] = egress.clone();
            }
            policies.push(json!({
                "apiVersion": "networking.k8s.io/v1",
                "kind": "NetworkPolicy",
                "metadata": metadata,
                "spec": spec,
            }));
        }
    }
    objects.append(&mut policies);
}

/// A Job's name without what stands for the hash of its spec: the policy stays when another Job takes its place.
fn without_mark(name: &Json) -> Json {
    json!(name.as_str().map(|name| name.trim_end_matches(JOB_MARK)))
}

/// The ports that something in the same Pod is in front of.
fn behind(prepared: &Prepared<'_>) -> Vec<u16> {
    let front = prepared.shape.front();
    let decorated = front.iter().skip(1).map(|(_, port)| *port).chain(prepared.served.filter(|_| !front.is_empty()));
    prepared.upstreams.iter().flatten().copied().chain(decorated).collect()
}

/// Who may come in where nobody is named: anyone, to what is for clients.
fn to_clients(operated: &Operated, template: &Json, mut ports: Vec<Json>) -> Json {
    let closed: Vec<u64> = objects::named_ports(template)
        .filter(|(name, number, _)| operated.has(name, *number))
        .map(|(_, number, _)| number)
        .collect();
    ports.retain(|port| port["port"].as_u64().is_none_or(|number| !closed.contains(&number)));
    if ports.is_empty() { json!([]) } else { json!([{"ports": ports}]) }
}

/// Where the workload comes from, which is where its policy comes from too.
fn kept(annotations: &Json) -> Json {
    let members = annotations.as_object().into_iter().flatten();
    let ours = members.filter(|(key, _)| [origin::SOURCE, origin::FROM].contains(&key.as_str()));
    Json::Object(ours.map(|(key, value)| (key.clone(), value.clone())).collect())
}

/// The ingress rules of one Pod template. Parts of a document that its traffic does not enter talk to each other.
fn admitted(prepared: &Prepared<'_>, peers: &[Peer], template: &Json, ports: &[Json], within: Option<&Json>) -> Json {
    let of = |number: u64| ports.iter().find(|port| port["port"] == number).cloned();
    let declared: Vec<u64> = objects::declared_ports(template).map(|(number, _)| number).collect();
    let inbound = prepared.inbound.as_ref().map(|inbound| u64::from(inbound.port));
    let mut rules = Vec::new();
    for peer in peers {
        let wanted = match &peer.ports {
            Ports::Inbound => inbound.into_iter().collect(),
            Ports::Of(numbers) => numbers.clone(),
            Ports::All => {
                rules.push(if peer.from.is_null() { json!({}) } else { json!({"from": [peer.from]}) });
                continue;
            }
        };
        let open: Vec<Json> = wanted
            .into_iter()
            .filter(|number| declared.contains(number))
            .filter_map(|number| of(number).or(Some(json!({"protocol": "TCP", "port": number}))))
            .collect();
        if !open.is_empty() {
            rules.push(match &peer.from {
                Json::Null => json!({"ports": open}),
                from => json!({"from": [from], "ports": open}),
            });
        }
    }
    if let Some(within) = within.filter(|_| !ports.is_empty()) {
        rules.push(json!({"from": within, "ports": ports}));
    }
    Json::Array(rules)
}
