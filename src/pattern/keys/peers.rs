//! Who may talk to the Pods of a document, and to whom they may talk: the peers of its `NetworkPolicy`s.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value as Json, json};

use crate::describe::{Description, Kind, Place, Spanned, fits, port_of};
use crate::diagnostic::Finding;
use crate::pattern::objects;
use crate::pattern::plan::prepare::Prepared;
use crate::pattern::plan::references::Directory;
use crate::words::{did_you_mean, list, nearest};

/// The peer that is everybody.
pub(super) const ANYONE: &str = "anyone";

/// The documents of a file, and the names that their Pods go by: a document has several kinds where its shape has parts.
pub(crate) struct Neighbours<'a> {
    pub directory: &'a Directory<'a>,
    pub pods: HashMap<&'a str, BTreeSet<String>>,
}

/// A port of the document's Pods.
pub(super) struct Declared {
    name: String,
    number: u64,
}

pub(super) fn declared(workload: &Json) -> Vec<Declared> {
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
pub(super) fn pods_named(names: &BTreeSet<String>) -> Json {
    json!({"matchExpressions": [{"key": NAME, "operator": "In", "values": names}]})
}

/// Who may come in, and at which ports.
pub(super) struct Peer {
    pub(super) from: Json,
    pub(super) ports: Ports,
}

/// The ports at which a peer may come in.
pub(super) enum Ports {
    /// All that the app's traffic takes.
    Inbound,
    /// Those that are named.
    Of(Vec<u64>),
    /// All that there are.
    All,
}

/// Reads `from` and `to`. It goes on after a mistake, so that all of them show in one run.
pub(super) struct PeerReader<'a> {
    prepared: &'a Prepared<'a>,
    neighbours: &'a Neighbours<'a>,
    /// What is wrong with what has been read.
    pub(super) findings: Vec<Finding>,
}

impl<'a> PeerReader<'a> {
    pub(super) fn new(prepared: &'a Prepared<'a>, neighbours: &'a Neighbours<'a>) -> Self {
        Self { prepared, neighbours, findings: Vec::new() }
    }

    /// Who may come in: the entries of `from`.
    pub(super) fn peers(&mut self, from: &Spanned, declared: &[Declared]) -> Vec<Peer> {
        from.items().iter().filter_map(|item| self.admitted(item, declared)).collect()
    }

    /// One entry of `from`: a peer, alone or with the names of ports.
    fn admitted(&mut self, item: &Spanned, declared: &[Declared]) -> Option<Peer> {
        let (name, place, names) = match &item.kind {
            Kind::Text(name) => (name.as_str(), &item.place, None),
            Kind::Map(members) if members.len() == 1 => {
                (members[0].key.as_str(), &members[0].key_place, Some(&members[0].value))
            }
            _ => {
                self.findings.push(
                    Finding::error(item.place.label(""), "an entry of `from` names one peer")
                        .help("write namespace/monitoring, or {namespace/monitoring: [admin]}"),
                );
                return None;
            }
        };
        let from = self.peer(name, place)?;
        let ports = match names.map(Spanned::items) {
            None => Ports::Inbound,
            Some(names) if names.iter().any(|name| name.text() == Some(ALL)) => Ports::All,
            Some(names) => Ports::Of(names.iter().filter_map(|name| self.port(name, declared)).collect()),
        };
        if matches!(ports, Ports::Inbound) && self.prepared.inbound.is_none() {
            self.findings.push(
                Finding::error(place.label(""), "this document has no port that a peer could connect to")
                    .help("give the app a `port`, or name ports: {namespace/monitoring: [metrics]}"),
            );
        }
        Some(Peer { from, ports })
    }

    /// A port of the Pods, by its name or number.
    fn port(&mut self, name: &Spanned, declared: &[Declared]) -> Option<u64> {
        let said = name.to_json();
        let text = name.text().map_or_else(|| said.to_string(), str::to_owned);
        let found = declared.iter().find(|port| port.name == text || said == port.number);
        if found.is_none() {
            let names: Vec<&str> = declared.iter().map(|port| port.name.as_str()).collect();
            let label = nearest(&text, names.iter().copied()).map_or_else(String::new, did_you_mean);
            let help = if names.is_empty() {
                "the Pods declare none".to_owned()
            } else {
                format!("there are {}", list(&names))
            };
            self.findings.push(
                Finding::error(name.place.label(label), format!("no port of these Pods is called `{text}`")).help(help),
            );
        }
        found.map(|port| port.number)
    }

    /// The peer of a name; null is anyone.
    fn peer(&mut self, name: &str, place: &Place) -> Option<Json> {
        if name == ANYONE {
            self.check_word(ANYONE, "all clients", place);
            return Some(Json::Null);
        }
        let is_document = name == PODS && self.neighbours.directory.document(name).is_some();
        if let Some(peer) = by_labels(name).filter(|_| !is_document).or_else(|| elsewhere(name)) {
            return Some(peer);
        }
        if let Some((document, _)) = self.neighbours.directory.document(name) {
            return Some(self.pods_of(document));
        }
        if let Some(finding) = self.prepared.description.left_out.refuse(name, place) {
            self.findings.push(finding);
            return None;
        }
        let meant = nearest(name, self.neighbours.directory.names().chain([ANYONE]));
        let label = meant.map_or_else(String::new, did_you_mean);
        self.findings.push(
            Finding::error(
                place.label(label),
                format!("`{name}` is neither a document of this file nor a namespace or CIDR"),
            )
            .help(
                "write a document's name, namespace/<name>, pods/<label>=<value>, a CIDR such as 10.0.0.0/8, or anyone",
            ),
        );
        None
    }

    /// The Pods of a document, as a peer.
    fn pods_of(&self, document: &Description) -> Json {
        let parts = self.neighbours.pods.get(document.name.as_str()).filter(|names| names.len() > 1);
        let adopted = document.adopt.as_ref().and_then(|adopt| adopt.get("selector")).map(Spanned::to_json);
        let own = || adopted.unwrap_or_else(|| objects::selector(document));
        let pods = parts.map_or_else(|| json!({"matchLabels": own()}), pods_named);
        let mut peer = json!({"podSelector": pods});
        let here = self.prepared.description.namespace.as_ref();
        if let Some(namespace) = document.namespace.as_ref().filter(|namespace| here != Some(*namespace)) {
            peer["namespaceSelector"] = json!({"matchLabels": {"kubernetes.io/metadata.name": namespace}});
        }
        peer
    }

    /// A word with a meaning here, which a document may be called, too.
    fn check_word(&mut self, word: &str, meaning: &str, place: &Place) {
        if self.neighbours.directory.document(word).is_some() {
            let message = format!("`{word}` means {meaning}, but a document has that name too");
            self.findings.push(Finding::error(place.label(""), message).help("rename the document"));
        }
    }

    /// The egress rules: the entries of `to`, and the Pods of the document itself.
    pub(super) fn egress(&mut self, to: &Spanned, within: Option<&Json>) -> Json {
        let mut rules: Vec<Json> = to.items().iter().filter_map(|item| self.destination(item)).collect();
        rules.extend(within.map(|within| json!({"to": within})));
        Json::Array(rules)
    }

    /// The rule of one entry of `to`.
    fn destination(&mut self, item: &Spanned) -> Option<Json> {
        let text = item.text()?;
        if text == ANYONE {
            self.check_word(ANYONE, "all clients", &item.place);
            return Some(json!({}));
        }
        if text == "dns" {
            self.check_word("dns", "the cluster's DNS", &item.place);
            return Some(dns());
        }
        if let Some((document, target)) = self.neighbours.directory.document(text) {
            let to = self.peer(text, &item.place)?;
            // one that is wrong in itself has been reported
            return self.rule_of(item, &to, document, target?);
        }
        if let Some(finding) = self.prepared.description.left_out.refuse(text, &item.place) {
            self.findings.push(finding);
            return None;
        }
        let rule = to_address(text);
        if rule.is_none() {
            let names = self.neighbours.directory.names().chain(["dns"]);
            let label = nearest(text, names).map_or_else(String::new, did_you_mean);
            self.findings.push(
                Finding::error(
                    item.place.label(label),
                    format!("`{text}` is neither a document of this file nor Pods, a namespace or a CIDR with a port"),
                )
                .help(instead_of(text)),
            );
        }
        rule
    }

    /// The way to the port at which another document's traffic comes in.
    fn rule_of(&mut self, item: &Spanned, to: &Json, document: &Description, target: &Prepared<'_>) -> Option<Json> {
        let Some(inbound) = &target.inbound else {
            let message = format!("nothing can connect to `{}`: it listens on no port", document.name);
            let finding = Finding::error(item.place.label(""), message);
            self.findings.push(finding.label(document.name_place.label("has no `port`")));
            return None;
        };
        let is_udp = document.app.as_ref().is_some_and(|app| app.protocol.as_deref() == Some("udp"));
        let protocol = if is_udp { "UDP" } else { "TCP" };
        Some(json!({"to": [to], "ports": [{"protocol": protocol, "port": inbound.port}]}))
    }
}

/// The way to Pods, a namespace or addresses, at a port or at all of them.
fn to_address(text: &str) -> Option<Json> {
    let (peer, port) = text.rsplit_once(':')?;
    let to = by_labels(peer).or_else(|| elsewhere(peer))?;
    if port == ALL {
        return Some(json!({"to": [to]}));
    }
    let (port, protocol) = port_of(port)?;
    Some(json!({"to": [to], "ports": [{"protocol": protocol, "port": port}]}))
}

/// All Pods of a namespace, or addresses.
fn elsewhere(name: &str) -> Option<Json> {
    match name.strip_prefix("namespace/") {
        Some(namespace) => fits("namespace", namespace)
            .then(|| json!({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}})),
        None => is_cidr(name).then(|| json!({"ipBlock": {"cidr": name}})),
    }
}

/// All ports, in the place of their names.
const ALL: &str = "*";

/// Pods by their labels: `pods/app=web,tier=front`, all of them as `pods`, both also behind `namespace/<name>/`.
fn by_labels(name: &str) -> Option<Json> {
    let (namespace, pods) = match name.strip_prefix("namespace/") {
        Some(rest) => rest.split_once('/').map(|(namespace, pods)| (Some(namespace), pods))?,
        None => (None, name),
    };
    let mut labels = Map::new();
    if pods != PODS {
        for label in pods.strip_prefix(PODS)?.strip_prefix('/')?.split(',') {
            let (key, value) = label.split_once('=')?;
            (fits("label-key", key) && fits("label-value", value)).then_some(())?;
            labels.insert(key.to_owned(), json!(value));
        }
    }
    let selector = if labels.is_empty() { json!({}) } else { json!({"matchLabels": labels}) };
    Some(match namespace {
        None => json!({"podSelector": selector}),
        Some(namespace) if fits("namespace", namespace) => json!({
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
            "podSelector": selector,
        }),
        Some(_) => return None,
    })
}

/// What the names of peers begin with that are Pods, whatever made them.
const PODS: &str = "pods";

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

/// What to write under `to` for something else.
fn instead_of(text: &str) -> String {
    match text {
        peer if elsewhere(peer).or_else(|| by_labels(peer)).is_some() => {
            format!("with its port, such as {peer}:5432, or {peer}:* for all")
        }
        service if service.starts_with("service/") => {
            "a policy selects Pods and addresses: write the document of that Service, or the CIDR and port of its Pods"
                .to_owned()
        }
        _ => "write a document's name, pods/<label>=<value>:5432, a CIDR with a port such as 10.0.0.0/8:5432, or dns"
            .to_owned(),
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

/// The label that tells the Pods of a document, and of each of its parts, from all others.
pub(super) const NAME: &str = "app.kubernetes.io/name";
