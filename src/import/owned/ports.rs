//! Ports: which are the app's, where a Service leads, and what is spoken there.

use std::collections::{HashMap, HashSet};

use serde_json::Value as Json;

use super::Owned;
use crate::import::container::Ports;
use crate::import::health;
use crate::import::recognise::Front;
use crate::import::values::{containers, items, pod_spec};

/// Protocols by the names that ports have, and by their well-known number.
const KNOWN: &[(&str, &[&str], u64)] = &[
    ("grpc", &["grpc", "kubernetes.io/h2c"], 0),
    ("redis", &["redis"], 6379),
    ("memcached", &["memcached", "memcache"], 11211),
    ("mysql", &["mysql"], 3306),
    ("postgres", &["postgres", "postgresql"], 5432),
    ("mongodb", &["mongodb", "mongo"], 27017),
    ("kafka", &["kafka"], 9092),
    ("amqp", &["amqp"], 5672),
    ("mqtt", &["mqtt"], 1883),
];

/// What a port is called whose protocol is not given.
const UNKNOWN: &str = "app";

/// What the containers of a Pod declare.
#[derive(Default)]
pub(in crate::import) struct Declared {
    /// Numbers of the app's ports, by name and alone.
    names: HashMap<String, u64>,
    app: HashSet<u64>,
    /// The same of all containers.
    all_names: HashMap<String, u64>,
    all: HashSet<u64>,
    udp: HashSet<u64>,
}

impl Declared {
    fn of(spec: Option<&Json>, main: usize) -> Self {
        let mut declared = Self::default();
        let Some(spec) = spec else { return declared };
        let app = items(&spec["containers"]).get(main);
        for port in app.map_or(&[][..], |app| items(&app["ports"])) {
            let Some(number) = port["containerPort"].as_u64() else { continue };
            declared.app.insert(number);
            let name = port["name"].as_str().map(str::to_owned);
            name.map(|name| declared.names.entry(name).or_insert(number));
        }
        for port in containers(spec).flat_map(|container| items(&container["ports"])) {
            let Some(number) = port["containerPort"].as_u64() else { continue };
            declared.all.insert(number);
            if port["protocol"] == "UDP" {
                declared.udp.insert(number);
            }
            let name = port["name"].as_str().map(str::to_owned);
            name.map(|name| declared.all_names.entry(name).or_insert(number));
        }
        declared
    }
}

impl<'a> Owned<'a> {
    fn declared(&self) -> &Declared {
        self.ports.get_or_init(|| Declared::of(pod_spec(&self.workload.object), self.main))
    }

    /// What takes the app's traffic: where the outermost listens, and where the innermost passes it on.
    pub(in crate::import) fn front(&self) -> Option<Front> {
        let fronts = || self.uses.iter().filter_map(|one| one.front);
        let outer = fronts().find(|front| fronts().all(|other| other.upstream != front.listens))?;
        let inner = fronts().find(|front| fronts().all(|other| other.listens != front.upstream))?;
        Some(Front { upstream: inner.upstream, ..outer })
    }

    /// The number of the app's port that a Service's port leads to.
    pub(super) fn target(&self, port: &Json) -> Option<u64> {
        let declared = self.declared();
        let Some(front) = self.front() else {
            let number = target(&declared.names, port)?;
            // one that another container declares, or is known to listen on, is that one's
            let is_others =
                !declared.app.contains(&number) && (declared.all.contains(&number) || self.is_helpers(number));
            return (!is_others).then_some(number);
        };
        let number = target(&declared.all_names, port)?;
        Some(if number == front.listens { front.upstream } else { number })
    }

    /// Whether another container than the app is known to listen on a port.
    fn is_helpers(&self, number: u64) -> bool {
        self.listens.iter().any(|(_, listens)| *listens == number)
    }

    /// The ports of a container beside the app that further Services lead to and that it does not declare, with the
    /// names that they have there.
    pub(in crate::import) fn undeclared(&self, container: &Json) -> Vec<(u64, String)> {
        let own = |number: u64| self.listens.iter().any(|(name, port)| container["name"] == **name && *port == number);
        let declared = |number: u64| items(&container["ports"]).iter().any(|port| port["containerPort"] == number);
        let ports = self.further.iter().flat_map(|service| items(&service.object["spec"]["ports"]));
        let mut found: Vec<(u64, String)> = Vec::new();
        for port in ports {
            let number =
                port["targetPort"].as_u64().or_else(|| port["port"].as_u64().filter(|_| port["targetPort"].is_null()));
            let Some(number) = number.filter(|number| own(*number) && !declared(*number)) else { continue };
            if found.iter().all(|(there, _)| *there != number) {
                found.push((number, format!("port-{number}")));
            }
        }
        found
    }

    /// The Service's port that is the app's own: the one that speaks HTTP, else the first.
    pub(super) fn main_port(&self, app: &Json) -> Option<&'a Json> {
        let ports = self.service_ports();
        let answers = |port: &&Json| self.target(port).is_some_and(|number| self.answers(app, number));
        let is_listed = self.service.is_some_and(|service| service.object["spec"]["clusterIP"] == "None");
        let is_any = !is_listed && !ports.iter().any(|port| answers(&port));
        let leads = |port: &&Json| {
            let is_tcp = port["protocol"].as_str().unwrap_or("TCP") == "TCP";
            is_tcp && self.target(port).is_some() && (is_any || answers(port))
        };
        let is_web = |port: &&Json| {
            let name = port["name"].as_str().unwrap_or_default();
            let metrics = name.contains("metrics") || name.contains("monitor");
            !metrics && (name.starts_with("http") || name == "web" || matches!(port["port"].as_u64(), Some(80 | 443)))
        };
        // of several that lead to one port, the one that does not promise TLS
        let is_tls =
            |port: &&Json| port["name"].as_str().is_some_and(|name| name.starts_with("https")) || port["port"] == 443;
        let plain = ports.iter().filter(|other| is_web(other) && !is_tls(other));
        let plain: HashSet<Option<u64>> = plain.map(|other| self.target(other)).collect();
        let has_plain = |port: &&Json| plain.contains(&self.target(port));
        // what a route leads to is what it can carry
        let routed = self.routed();
        let routed = routed.and_then(|routed| ports.iter().find(|port| is_named(port, routed)).filter(leads));
        let is_first = |port: &&Json| leads(port) && is_web(port) && !(is_tls(port) && has_plain(port));
        routed.or_else(|| ports.iter().find(is_first)).or_else(|| ports.iter().find(leads)).or_else(|| {
            // all of it is UDP
            ports
                .iter()
                .find(|port| port["protocol"].as_str().is_some_and(|one| one != "TCP") && self.target(port).is_some())
        })
    }

    /// The port of the Service that its Ingress names, if that is one.
    fn routed(&self) -> Option<&'a Json> {
        let (ingress, service) = (self.ingress.filter(|ingress| ingress.kind() == "Ingress")?, self.service?);
        let rules = items(&ingress.object["spec"]["rules"]).iter();
        let paths = rules.flat_map(|rule| items(&rule["http"]["paths"])).map(|path| &path["backend"]["service"]);
        let mut ports = paths.filter(|backend| backend["name"] == service.name()).map(|backend| &backend["port"]);
        let first = ports.next()?;
        ports.all(|other| other == first).then_some(first)
    }

    /// Whether the app shows that it listens on a port: it declares it, or a probe asks it. What only a headless Service
    /// names is often a number that means nothing: a Service had to have one.
    fn answers(&self, app: &Json, number: u64) -> bool {
        self.declared().app.contains(&number) || health::asks(app, number) || self.front().is_some()
    }

    /// The ports of the app.
    pub(in crate::import) fn ports(&self, app: &Json) -> Ports {
        let main = self.main_port(app);
        let is_udp = main.is_some_and(|port| port["protocol"] == "UDP");
        let mut ports = Ports { main: main.and_then(|port| self.target(port)), is_udp, ..Ports::default() };
        if ports.main.is_some() {
            let declared = items(&app["ports"]).iter().find(|port| ports.is_main(port));
            let declared = declared.and_then(|port| port["name"].as_str());
            ports.main_names.extend(declared.map(str::to_owned));
            ports.main_names.push(self.default_port_name(app, ports.main).to_owned());
        }
        for port in self.service_ports() {
            if let Some(number) = self.target(port) {
                ports.offered.push(number);
                let is_udp = port["protocol"] == "UDP";
                // one number may be two ports
                let is_main = Some(number) == ports.main && is_udp == ports.is_udp;
                if is_udp && !self.declares_udp(number) && !is_main {
                    let name = port["name"].as_str().map_or_else(|| format!("port-{number}"), str::to_owned);
                    ports.undeclared_udp.push((number, name));
                } else if let Some(name) = port["name"].as_str() {
                    let names = if is_udp { &mut ports.udp_names } else { &mut ports.names };
                    names.push((number, name.to_owned()));
                }
                let service = port["port"].as_u64().filter(|service| *service != number && !self.is_headless());
                ports.services.extend(service.map(|service| (number, service)));
                let speaks = port["appProtocol"].as_str().map(str::to_owned);
                ports.speaks.extend(speaks.map(|speaks| (number, speaks)));
                // of a Service that is made without an address, a patch says its type and these with it
                let node = port["nodePort"].as_u64().filter(|_| !self.is_headless());
                ports.nodes.extend(node.map(|node| (number, node)));
            }
        }
        // what a further Service leads to is declared, too
        for port in self.further.iter().flat_map(|service| items(&service.object["spec"]["ports"])) {
            let elsewhere = || {
                let spec = pod_spec(&self.workload.object)?;
                let others = containers(spec).filter(|container| container["name"] != app["name"]);
                let is_it = |declared: &Json| {
                    declared["containerPort"] == port["targetPort"]
                        && (declared["protocol"] == "UDP") == (port["protocol"] == "UDP")
                };
                others
                    .flat_map(|container| items(&container["ports"]))
                    .find_map(|declared| is_it(declared).then_some(()))
            };
            let helpers =
                || port["targetPort"].as_u64().or(port["port"].as_u64()).is_some_and(|port| self.is_helpers(port));
            if let (Some(number), None, false) =
                (port["targetPort"].as_u64().or_else(|| target(&self.declared().names, port)), elsewhere(), helpers())
            {
                let name = port["name"].as_str().map_or_else(|| format!("port-{number}"), str::to_owned);
                if port["protocol"] != "UDP" {
                    ports.names.push((number, name));
                } else if !self.declares_udp(number) {
                    ports.undeclared_udp.push((number, name));
                }
            }
        }
        ports
    }

    /// Whether a container declares this port in UDP.
    fn declares_udp(&self, number: u64) -> bool {
        self.declared().udp.contains(&number)
    }

    /// What the app speaks, if anything shows that it is not plain HTTP or if its Service keeps its number.
    pub(in crate::import) fn protocol(&self, app: &Json, main: Option<u64>) -> Option<&'static str> {
        let main = main?;
        let port = self.main_port(app)?;
        // what the Service shows is spoken by the one in front
        if self.front().is_some() {
            return None;
        }
        let same = port["port"].as_u64() == Some(main);
        if port["protocol"] == "UDP" {
            return same.then_some("udp");
        }
        let declared = items(&app["ports"]).iter().find(|declared| {
            declared["containerPort"] == main && (declared["protocol"] == "UDP") == (port["protocol"] == "UDP")
        });
        let name = |port: Option<&'a Json>| port.and_then(|port| port["name"].as_str()).unwrap_or_default();
        let declared_name = declared.and_then(|port| port["name"].as_str()).unwrap_or_default();
        let said = port["appProtocol"].as_str().unwrap_or_default();
        let words = [said, name(Some(port)), declared_name];
        let is = |word: &str| words.iter().any(|one| *one == word || one.starts_with(&format!("{word}-")));
        // the generator calls a port so whose protocol is not given
        if words == ["", UNKNOWN, UNKNOWN] {
            return None;
        }
        if same || self.is_headless() {
            let known = KNOWN.iter().find(|(_, names, number)| names.iter().any(|name| is(name)) || *number == main);
            if let Some((protocol, ..)) = known {
                return Some(protocol);
            }
        }
        let probes = ["readinessProbe", "livenessProbe", "startupProbe"];
        let asks_main = |http: &&Json| match &http["port"] {
            Json::String(name) => {
                items(&app["ports"]).iter().any(|port| port["name"] == **name && port["containerPort"] == main)
            }
            number => *number == main,
        };
        let scheme = probes.iter().filter_map(|probe| app[*probe].get("httpGet")).find(asks_main);
        if scheme.is_some_and(|http| http["scheme"] == "HTTPS") || is("https") {
            return Some("https");
        }
        let web = scheme.is_some() || is("http") || is("web") || self.ingress.is_some() || port["port"] == 80;
        (!web && same).then_some("tcp")
    }

    /// What the generator would call the app's port.
    pub(super) fn default_port_name(&self, app: &Json, main: Option<u64>) -> &'static str {
        if let Some(protocol) = self.protocol(app, main) {
            return protocol;
        }
        let http_at_main = ["readinessProbe", "livenessProbe"].iter().any(|probe| {
            let http = &app[*probe]["httpGet"];
            let port = &http["port"];
            let named = items(&app["ports"]).iter().find(|one| port.is_string() && one["name"] == *port);
            let number = named.map_or_else(|| port.as_u64(), |one| one["containerPort"].as_u64());
            http.is_object() && number == main && health::is_word(&app[*probe])
        });
        if http_at_main || self.ingress.is_some() { "http" } else { UNKNOWN }
    }
}

/// Whether a port of a Service is the one that a backend names.
fn is_named(port: &Json, backend: &Json) -> bool {
    let is = |field: &str, said: &Json| !said.is_null() && port[field] == *said;
    is("port", &backend["number"]) || is("name", &backend["name"])
}

/// The number that a Service's port leads to.
fn target(names: &HashMap<String, u64>, port: &Json) -> Option<u64> {
    match &port["targetPort"] {
        Json::Null => port["port"].as_u64(),
        Json::String(name) => names.get(name).copied(),
        number => number.as_u64(),
    }
}
