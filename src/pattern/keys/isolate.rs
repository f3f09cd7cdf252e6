//! `isolate`: a `NetworkPolicy` for each workload. `true` admits what its containers declare for clients, and nothing else;
//! `from` and `to` say who may talk to whom. Status, metrics and whatever else a pattern tells about the Pod are open
//! only to those who are named.
//!
//! The kubelet's probes come from the Pod's own node, which no policy cuts off (kubernetes/website:
//! content/en/docs/concepts/services-networking/network-policies.md).

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::operated::Operated;
use super::peers::{ANYONE, Declared, NAME, Neighbours, Peer, PeerReader, Ports, declared, pods_named};
use crate::diagnostic::Finding;
use crate::origin;
use crate::pattern::names::{JOB_MARK, port_name};
use crate::pattern::objects;
use crate::pattern::objects::made::Objects;
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
/// What to know of a document whose metrics are closed to all now.
pub(crate) fn note(prepared: &Prepared<'_>) -> Option<String> {
    let description = prepared.description;
    let isolate = description.isolate.as_ref()?.to_json();
    let entries = || prepared.uses.iter().map(|filled| filled.entry.name.as_str());
    let at = prepared.uses.iter().position(|filled| filled.definition.name == "metrics")?;
    let metrics = &prepared.uses[at];
    let name = match metrics.params["port"].as_str() {
        Some(name) => name.to_owned(),
        // the app's own port is for clients
        None => prepared.ports[at].get("main").map(|_| port_name(&metrics.entry.name, "main", entries()))?,
    };
    let number =
        description.app.iter().flat_map(|app| &app.ports).find(|port| port.name == name).map(|port| port.number);
    let number = number.or_else(|| prepared.ports[at].get("main").copied());
    let is_it = |port: &Json| {
        *port == *name || port == "*" || port.as_u64().is_some_and(|port| number.map(u64::from) == Some(port))
    };
    let from = isolate["from"].as_array();
    let named = from.into_iter().flatten().filter_map(Json::as_object).flat_map(serde_json::Map::values);
    if named.filter_map(Json::as_array).flatten().any(is_it) {
        return None;
    }
    if from.is_some() {
        return Some(format!(
            "note: `isolate` blocks all access to the metrics of {}; to let Prometheus scrape them, add \
             {{namespace/monitoring: [{name}]}} to `from`",
            description.name
        ));
    }
    Some(format!(
        "note: `isolate: true` blocks all access to the metrics of {}; to let Prometheus scrape them, write \
         isolate: {{from: [{ANYONE}, {{namespace/monitoring: [{name}]}}]}}",
        description.name
    ))
}

/// Adds the policies.
pub(crate) fn apply(prepared: &Prepared<'_>, neighbours: &Neighbours<'_>, objects: &mut Objects) -> Vec<Finding> {
    let Some(isolate) = &prepared.description.isolate else { return Vec::new() };
    let workloads = workloads(objects);
    let declared: Vec<Declared> = workloads.iter().flat_map(declared).collect();
    let within = (workloads.len() > 1).then(|| json!([{"podSelector": pods_named(&pods(objects))}]));
    let mut reader = PeerReader::new(prepared, neighbours);
    let policies = Policies {
        peers: isolate.get("from").map(|from| reader.peers(from, &declared)),
        egress: isolate.get("to").map(|to| reader.egress(to, within.as_ref())),
        within,
        prepared,
        behind: behind(prepared),
        operated: Operated::of(prepared),
    };
    objects.extend(workloads.into_iter().flat_map(|workload| policies.of_workload(workload)));
    reader.findings
}

/// What all policies of a document have in common.
struct Policies<'a> {
    prepared: &'a Prepared<'a>,
    /// Who may come in, if that is said.
    peers: Option<Vec<Peer>>,
    /// The egress rules, if there are any.
    egress: Option<Json>,
    /// The Pods of all parts of the document, where it has several.
    within: Option<Json>,
    /// Ports that something in the same Pod is in front of.
    behind: Vec<u16>,
    operated: Operated,
}

impl Policies<'_> {
    /// The policies of a workload: one for each of its Pod templates.
    fn of_workload(&self, mut workload: Json) -> Vec<Json> {
        let own = workload["metadata"].clone();
        let selector = workload.pointer("/spec/selector/matchLabels").cloned();
        let templates = objects::templates(&mut workload);
        let several = templates.len() > 1;
        let policy = |template: &mut Json| {
            // the parts of a JobSet are told apart by their Pods, as a Job is that has its name when it runs
            let pods = template.pointer("/metadata/labels/app.kubernetes.io~1name").and_then(Json::as_str);
            let pods = json!(pods.map(|name| name.replace('.', "-")));
            let mut metadata = json!({
                "name": if several || own["name"].is_null() { pods } else { without_mark(&own["name"]) },
                "labels": own["labels"],
            });
            if !own["namespace"].is_null() {
                metadata["namespace"] = own["namespace"].clone();
            }
            metadata["annotations"] = origin_of(&own["annotations"]);
            let selected = selector.clone().unwrap_or_else(|| objects::own_labels(template));
            json!({
                "apiVersion": "networking.k8s.io/v1",
                "kind": "NetworkPolicy",
                "metadata": metadata,
                "spec": self.spec(template, &selected),
            })
        };
        templates.into_iter().map(policy).collect()
    }

    fn spec(&self, template: &Json, selected: &Json) -> Json {
        // what a pattern is in front of is reached through that pattern alone
        let behind = |port: u64| self.behind.iter().any(|upstream| u64::from(*upstream) == port);
        let ports: Vec<Json> = objects::declared_ports(template)
            .filter(|(port, _)| !behind(*port))
            .map(|(port, protocol)| json!({"protocol": protocol, "port": port}))
            .collect();
        let ingress = match &self.peers {
            Some(peers) => admitted(self.prepared, peers, template, &ports, self.within.as_ref()),
            None => to_clients(&self.operated, template, ports),
        };
        let mut spec =
            json!({"podSelector": {"matchLabels": selected}, "policyTypes": ["Ingress"], "ingress": ingress});
        if let Some(egress) = &self.egress {
            spec["policyTypes"] = json!(["Ingress", "Egress"]);
            spec["egress"] = egress.clone();
        }
        spec
    }
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

/// Who may come in where no peer is named: anyone, to what is for clients.
fn to_clients(operated: &Operated, template: &Json, mut ports: Vec<Json>) -> Json {
    let closed: Vec<u64> = objects::named_ports(template)
        .filter(|(name, number, _)| operated.has(name, *number))
        .map(|(_, number, _)| number)
        .collect();
    ports.retain(|port| port["port"].as_u64().is_none_or(|number| !closed.contains(&number)));
    if ports.is_empty() { json!([]) } else { json!([{"ports": ports}]) }
}

/// Where the workload comes from, which is where its policy comes from too.
fn origin_of(annotations: &Json) -> Json {
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
