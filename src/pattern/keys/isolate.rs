//! `isolate`: a `NetworkPolicy` for each workload. `true` admits what its containers declare for clients, and nothing else;
//! `from` and `to` say who may talk to whom. Status, metrics and whatever else a pattern tells about the Pod are open to
//! nobody who is not named.
//!
//! The kubelet's probes come from the Pod's own node, which no policy cuts off (kubernetes/website:
//! content/en/docs/concepts/services-networking/network-policies.md).

use std::collections::{BTreeSet, HashMap};

use serde_json::{Value as Json, json};

use crate::describe::{Kind, Place, Spanned, is_service_name};
use crate::diagnostic::Finding;
use crate::pattern::names::{JOB_MARK, port_name};
use crate::pattern::objects;
use crate::pattern::plan::prepare::Prepared;
use crate::pattern::plan::references::Directory;
use crate::words::{list, nearest};

/// What to know beside the objects.
pub(crate) const NOTE: &str = "note: `isolate` works where the cluster's network plugin enforces NetworkPolicies; the kubelet's probes come from the node and pass in any case";

/// The documents of a file, and the names that their Pods go by: a document has several kinds where its shape has parts.
pub(crate) struct Neighbours<'a> {
    pub directory: &'a Directory<'a>,
    pub pods: HashMap<&'a str, BTreeSet<String>>,
}

/// The label that tells the Pods of a document, and of each of its parts, from all others.
const NAME: &str = "app.kubernetes.io/name";

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
        "note: `isolate: true` closes the metrics of {} to all; so that Prometheus can read them write \
         isolate: {{from: [{ANYONE}, {{namespace/monitoring: [{name}]}}]}}",
        description.name
    ))
}

/// The peer that is everybody.
const ANYONE: &str = "anyone";

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

/// The ports that tell those who operate a document's Pods about them.
struct Operated {
    /// Of entries of `use`, by name and number.
    uses: Vec<(String, u64)>,
    /// Of the shape, by what it calls them.
    shape: Vec<String>,
    /// Of the app, by the names that the description gives them, and those that are for clients.
    app: Vec<String>,
    clients: Vec<String>,
    /// Where all traffic comes in.
    inbound: Option<u64>,
}

impl Operated {
    fn of(prepared: &Prepared<'_>) -> Self {
        let entries = || prepared.uses.iter().map(|filled| filled.entry.name.as_str());
        let mut uses = Vec::new();
        let mut app = Vec::new();
        for (filled, ports) in prepared.uses.iter().zip(&prepared.ports) {
            let is_traffic = |name: &str| {
                filled.definition.claims.as_ref().is_some_and(|claim| claim.port == name)
                    || filled.definition.ports.iter().any(|port| port.name == name && port.traffic)
            };
            let closed = ports.iter().filter(|(name, _)| !is_traffic(name));
            uses.extend(
                closed.map(|(name, number)| (port_name(&filled.entry.name, name, entries()), u64::from(*number))),
            );
            app.extend(filled.params["port"].as_str().map(str::to_owned));
        }
        let definition = &prepared.shape.definition;
        let is_served = |name: &str| {
            definition.serves.as_deref() == Some(name)
                || definition.claims.as_ref().is_some_and(|claim| claim.port == name)
        };
        let shape = prepared.shape_ports.keys().filter(|name| !is_served(name)).cloned().collect();
        let clients = prepared.description.app.iter().flat_map(|app| &app.ports).map(|port| port.name.clone());
        let clients = clients.filter(|name| !app.contains(name)).collect();
        let inbound = prepared.inbound.as_ref().map(|inbound| u64::from(inbound.port));
        Self { uses, shape, app, clients, inbound }
    }

    fn has(&self, name: &str, number: u64) -> bool {
        if self.inbound == Some(number) || self.clients.iter().any(|client| client == name) {
            return false;
        }
        name == "status"
            || name.ends_with("-status")
            || self.app.iter().chain(&self.shape).any(|closed| closed == name)
            || self.uses.iter().any(|(closed, at)| closed == name && *at == number)
    }
}

/// Where the workload comes from, which is where its policy comes from too.
fn kept(annotations: &Json) -> Json {
    let members = annotations.as_object().into_iter().flatten();
    let ours = members.filter(|(key, _)| matches!(key.as_str(), "patterns/source" | "patterns/from"));
    Json::Object(ours.map(|(key, value)| (key.clone(), value.clone())).collect())
}

/// A port of the document's Pods.
struct Declared {
    name: String,
    number: u64,
}

fn declared(workload: &Json) -> Vec<Declared> {
    let mut workload = workload.clone();
    let mut found = Vec::new();
    for template in objects::templates(&mut workload) {
        for list in ["initContainers", "containers"] {
            let containers = template["spec"][list].as_array().into_iter().flatten();
            for port in containers.filter_map(|container| container["ports"].as_array()).flatten() {
                let (Some(name), Some(number)) = (port["name"].as_str(), port["containerPort"].as_u64()) else {
                    continue;
                };
                found.push(Declared { name: name.to_owned(), number });
            }
        }
    }
    found
}

/// The Pods of all parts of a document, and of no other: `part-of` may be a system of several.
fn named(names: &BTreeSet<String>) -> Json {
    json!({"matchExpressions": [{"key": NAME, "operator": "In", "values": names}]})
}

/// Who may come in, and at which ports: all that the app's traffic takes, if none are named.
struct Peer {
    from: Json,
    ports: Option<Vec<u64>>,
}

fn peers(
    prepared: &Prepared<'_>,
    neighbours: &Neighbours<'_>,
    from: &Spanned,
    declared: &[Declared],
    findings: &mut Vec<Finding>,
) -> Vec<Peer> {
    let mut peers = Vec::new();
    for item in from.items() {
        let (name, place, names) = match &item.kind {
            Kind::Text(name) => (name.as_str(), &item.place, None),
            Kind::Map(members) if members.len() == 1 => {
                (members[0].key.as_str(), &members[0].key_place, Some(&members[0].value))
            }
            _ => {
                findings.push(
                    Finding::error(item.place.label(""), "an entry of `from` is one peer")
                        .help("write namespace/monitoring, or {namespace/monitoring: [admin]}"),
                );
                continue;
            }
        };
        let Some(from) = peer(prepared, neighbours, name, place, findings) else { continue };
        let ports = names.map(|names| names.items().iter().filter_map(|name| port(name, declared, findings)).collect());
        if ports.is_none() && prepared.inbound.is_none() {
            findings.push(
                Finding::error(place.label(""), "this document has no port that a peer could come in at")
                    .help("give the app a `port`, or name ports: {namespace/monitoring: [metrics]}"),
            );
        }
        peers.push(Peer { from, ports });
    }
    peers
}

fn port(name: &Spanned, declared: &[Declared], findings: &mut Vec<Finding>) -> Option<u64> {
    let text = name.text()?;
    let found = declared.iter().find(|port| port.name == text);
    if found.is_none() {
        let names: Vec<&str> = declared.iter().map(|port| port.name.as_str()).collect();
        let label =
            nearest(text, names.iter().copied()).map_or_else(String::new, |name| format!("did you mean `{name}`?"));
        let help =
            if names.is_empty() { "the Pods declare none".to_owned() } else { format!("there are {}", list(&names)) };
        findings.push(
            Finding::error(name.place.label(label), format!("no port of these Pods is called `{text}`")).help(help),
        );
    }
    found.map(|port| port.number)
}

fn peer(
    prepared: &Prepared<'_>,
    neighbours: &Neighbours<'_>,
    name: &str,
    place: &Place,
    findings: &mut Vec<Finding>,
) -> Option<Json> {
    if name == ANYONE {
        if neighbours.directory.document(ANYONE).is_some() {
            let message = format!("`{ANYONE}` is everybody, and a document is called that too");
            findings.push(Finding::error(place.label(""), message).help("rename the document"));
        }
        return Some(Json::Null);
    }
    if let Some(namespace) = name.strip_prefix("namespace/") {
        if is_service_name(namespace) {
            return Some(json!({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}));
        }
    } else if is_cidr(name) {
        return Some(json!({"ipBlock": {"cidr": name}}));
    } else if let Some((document, _)) = neighbours.directory.document(name) {
        let parts = neighbours.pods.get(document.name.as_str()).filter(|names| names.len() > 1);
        let pods = parts.map_or_else(|| json!({"matchLabels": objects::selector(document)}), named);
        let mut peer = json!({"podSelector": pods});
        let elsewhere =
            document.namespace.as_ref().filter(|namespace| prepared.description.namespace.as_ref() != Some(*namespace));
        if let Some(namespace) = elsewhere {
            peer["namespaceSelector"] = json!({"matchLabels": {"kubernetes.io/metadata.name": namespace}});
        }
        return Some(peer);
    }
    let meant = nearest(name, neighbours.directory.names().chain([ANYONE]));
    let label = meant.map_or_else(String::new, |name| format!("did you mean `{name}`?"));
    findings.push(
        Finding::error(
            place.label(label),
            format!("`{name}` is neither a document of this file nor a namespace or CIDR"),
        )
        .help("write a document's name, namespace/<name>, a CIDR such as 10.0.0.0/8, or anyone"),
    );
    None
}

/// An address and the length of its prefix.
pub(super) fn is_cidr(text: &str) -> bool {
    let Some((address, length)) = text.rsplit_once('/') else { return false };
    let most = match address.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V4(_)) => 32,
        Ok(std::net::IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    length.parse::<u8>().is_ok_and(|length| length <= most)
}

/// The ingress rules of one Pod template. Parts of a document that its traffic does not enter talk to each other.
fn admitted(prepared: &Prepared<'_>, peers: &[Peer], template: &Json, ports: &[Json], within: Option<&Json>) -> Json {
    let of = |number: u64| ports.iter().find(|port| port["port"] == number).cloned();
    let declared: Vec<u64> = objects::declared_ports(template).map(|(number, _)| number).collect();
    let inbound = prepared.inbound.as_ref().map(|inbound| u64::from(inbound.port));
    let mut rules = Vec::new();
    for peer in peers {
        let wanted = peer.ports.clone().unwrap_or_else(|| inbound.into_iter().collect());
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

fn egress(
    prepared: &Prepared<'_>,
    neighbours: &Neighbours<'_>,
    to: &Spanned,
    within: Option<&Json>,
    findings: &mut Vec<Finding>,
) -> Json {
    let mut rules = Vec::new();
    for item in to.items() {
        let Some(text) = item.text() else { continue };
        if text == "dns" {
            rules.push(dns());
            if neighbours.directory.document("dns").is_some() {
                findings.push(
                    Finding::error(
                        item.place.label(""),
                        "`dns` is the cluster's DNS, and a document is called that too",
                    )
                    .help("rename the document"),
                );
            }
            continue;
        }
        if let Some((document, target)) = neighbours.directory.document(text) {
            let Some(to) = peer(prepared, neighbours, text, &item.place, findings) else { continue };
            // one that is wrong in itself has been reported
            let Some(target) = target else { continue };
            let Some(inbound) = &target.inbound else {
                findings.push(
                    Finding::error(item.place.label(""), format!("nothing can talk to `{text}`: it listens nowhere"))
                        .label(document.name_place.label("has no `port`")),
                );
                continue;
            };
            let is_udp = document.app.as_ref().is_some_and(|app| app.protocol.as_deref() == Some("udp"));
            let protocol = if is_udp { "UDP" } else { "TCP" };
            rules.push(json!({"to": [to], "ports": [{"protocol": protocol, "port": inbound.port}]}));
            continue;
        }
        let address = text.rsplit_once(':').filter(|(cidr, _)| is_cidr(cidr));
        let address = address.and_then(|(cidr, port)| Some((cidr, port.parse::<u16>().ok().filter(|port| *port > 0)?)));
        match address {
            Some((cidr, port)) => {
                rules.push(json!({"to": [{"ipBlock": {"cidr": cidr}}], "ports": [{"protocol": "TCP", "port": port}]}));
            }
            None => {
                let label = nearest(text, neighbours.directory.names().chain(["dns"]))
                    .map_or_else(String::new, |name| format!("did you mean `{name}`?"));
                findings.push(
                    Finding::error(
                        item.place.label(label),
                        format!("`{text}` is neither a document of this file nor a CIDR with a port"),
                    )
                    .help(instead_of(text)),
                );
            }
        }
    }
    rules.extend(within.map(|within| json!({"to": within})));
    Json::Array(rules)
}

/// What to write under `to` for something else.
fn instead_of(text: &str) -> String {
    match text {
        ANYONE => "0.0.0.0/0:443 is every IPv4 address at port 443; leave `to` out to close nothing".to_owned(),
        cidr if is_cidr(cidr) => format!("with its port, such as {cidr}:5432"),
        service if service.starts_with("service/") => {
            "a policy goes by Pods and addresses: write the document of that Service, or the CIDR and port of its Pods"
                .to_owned()
        }
        _ => "write a document's name, a CIDR with a port such as 10.0.0.0/8:5432, or dns".to_owned(),
    }
}

/// The cluster's DNS: Pods in kube-system, or the cache on the node (`NodeLocal DNSCache` listens at 169.254.20.10).
fn dns() -> Json {
    json!({
        "to": [
            {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}},
            {"ipBlock": {"cidr": "169.254.20.10/32"}},
        ],
        "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}],
    })
}
