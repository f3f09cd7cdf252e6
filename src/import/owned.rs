//! What belongs to a workload: its Service, route, autoscaler, budget and claims, and what they add to its document.

use std::collections::HashMap;
use std::rc::Rc;

use serde_json::{Map, Value as Json, json};

use super::canonical::{self, items, text};
use super::container::{self, Ports};
use super::recognise::{self, Front, Recognised};
use super::{Input, Known};
use super::{compare, services};
use crate::describe::fits;
use crate::pattern::app_protocol;

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

/// A workload with the objects that its document makes.
pub(super) struct Owned<'a> {
    pub workload: &'a Input,
    /// What its document is called: as the workload, if that can be a document's name and no other has it.
    pub name: String,
    /// Which of its containers is the app.
    pub main: usize,
    /// Ports on which other containers listen, by their names.
    pub listens: Rc<Vec<(String, u64)>>,
    pub service: Option<&'a Input>,
    pub ingress: Option<&'a Input>,
    pub autoscaler: Option<&'a Input>,
    pub budget: Option<&'a Input>,
    pub account: Option<&'a Input>,
    pub claims: Vec<&'a Input>,
    /// Services that lead to the same Pods.
    pub further: Vec<&'a Input>,
    /// Objects about the workload that no key makes.
    pub extra: Vec<&'a Input>,
    /// Numbers of the ports of all Services of the run, by the names of both.
    pub services: &'a HashMap<(String, String), u64>,
    /// What of its Pod patterns of the catalogue bring.
    pub uses: Rc<Vec<Recognised>>,
}

impl<'a> Owned<'a> {
    /// A workload alone.
    pub(super) fn new(
        workload: &'a Input,
        name: String,
        known: Known,
        services: &'a HashMap<(String, String), u64>,
        recognise: bool,
    ) -> Self {
        let mut owned = Self {
            workload,
            name,
            main: known.app,
            listens: Rc::new(known.listens),
            service: None,
            ingress: None,
            autoscaler: None,
            budget: None,
            account: None,
            claims: Vec::new(),
            further: Vec::new(),
            extra: Vec::new(),
            services,
            uses: Rc::default(),
        };
        if recognise {
            owned.uses = Rc::new(recognise::of(owned.template(), owned.main, &owned.name));
        }
        owned
    }

    /// What the document makes in other words.
    pub(super) fn objects(&self) -> impl Iterator<Item = &'a Input> {
        let one = [self.service, self.ingress, self.autoscaler, self.budget, self.account];
        let lists = self.claims.iter().chain(&self.further).copied();
        std::iter::once(self.workload).chain(one.into_iter().flatten()).chain(lists)
    }

    /// The workload alone.
    pub(super) fn bare(&self) -> Self {
        let (uses, listens) = (Rc::clone(&self.uses), Rc::clone(&self.listens));
        let known = Known { app: self.main, listens: Vec::new() };
        Self { listens, uses, ..Self::new(self.workload, self.name.clone(), known, self.services, false) }
    }

    /// Whether the Service leads to a port of the app.
    pub(super) fn leads(&self) -> bool {
        let spec = canonical::pod_spec(&self.workload.object);
        let app = spec.and_then(|spec| items(&spec["containers"]).get(self.main));
        app.is_some_and(|app| self.main_port(app).is_some())
    }

    /// The labels that the workload selects its Pods by.
    pub(super) fn selector(&self) -> Map<String, Json> {
        let spec = &self.workload.object["spec"];
        spec["selector"]["matchLabels"].as_object().cloned().unwrap_or_default()
    }

    fn template(&self) -> &Json {
        let pointer = canonical::template_pointer(self.workload.kind()).unwrap_or_default();
        self.workload.object.pointer(pointer).unwrap_or(&Json::Null)
    }

    /// The labels of all that the document makes, by what they are on, the Pods' first; further Services have their own.
    pub(super) fn labelled(&self) -> Vec<(&'static str, &Json)> {
        let one =
            |on: &'static str, input: Option<&'a Input>| input.map(|input| (on, &input.object["metadata"]["labels"]));
        let objects = [
            one("workload", Some(self.workload)),
            one("service", self.service),
            one("route", self.ingress),
            one("scaler", self.autoscaler),
            one("budget", self.budget),
            one("account", self.account),
        ];
        let claims = self.claims.iter().filter_map(|claim| one("claim", Some(claim)));
        std::iter::once(("pod", &self.template()["metadata"]["labels"]))
            .chain(objects.into_iter().flatten())
            .chain(claims)
            .collect()
    }

    /// Annotations by what they are on.
    pub(super) fn annotated(&self) -> Vec<(&'static str, &Json)> {
        let of = |input: Option<&'a Input>| input.map_or(&Json::Null, |input| &input.object["metadata"]["annotations"]);
        vec![
            ("pod", &self.template()["metadata"]["annotations"]),
            ("service", of(self.service)),
            ("workload", &self.workload.object["metadata"]["annotations"]),
            ("route", of(self.ingress)),
            ("account", of(self.account)),
            ("budget", of(self.budget)),
            ("claim", self.claim_annotations()),
        ]
    }

    /// What all claims are annotated with; nothing where they differ.
    fn claim_annotations(&self) -> &'a Json {
        let mut all = self.claims.iter().map(|claim| &claim.object["metadata"]["annotations"]);
        let first = all.next().unwrap_or(&Json::Null);
        if all.all(|other| other == first) { first } else { &Json::Null }
    }

    /// How a claim is made, if this document makes it.
    pub(super) fn claim(&self, name: &str) -> Option<Json> {
        let claim = self.claims.iter().find(|claim| claim.name() == name)?;
        create(&claim.object)
    }

    fn service_ports(&self) -> &'a [Json] {
        self.service.map_or(&[], |service| items(&service.object["spec"]["ports"]))
    }

    /// What takes the app's traffic: where the outermost listens, and where the innermost passes it on.
    pub(super) fn front(&self) -> Option<Front> {
        let fronts = || self.uses.iter().filter_map(|one| one.front);
        let outer = fronts().find(|front| fronts().all(|other| other.upstream != front.listens))?;
        let inner = fronts().find(|front| fronts().all(|other| other.listens != front.upstream))?;
        Some(Front { upstream: inner.upstream, ..outer })
    }

    /// The number of the app's port that a Service's port leads to.
    fn target(&self, app: &Json, port: &Json) -> Option<u64> {
        let spec = canonical::pod_spec(&self.workload.object)?;
        let Some(front) = self.front() else {
            let number = target(app, port)?;
            let declares =
                |container: &Json| items(&container["ports"]).iter().any(|port| port["containerPort"] == number);
            // one that another container declares, or is known to listen on, is that one's
            let is_others = !declares(app) && (canonical::containers(spec).any(declares) || self.is_helpers(number));
            return (!is_others).then_some(number);
        };
        let number = canonical::containers(spec).find_map(|container| target(container, port))?;
        Some(if number == front.listens { front.upstream } else { number })
    }

    /// Whether another container than the app is known to listen on a port.
    fn is_helpers(&self, number: u64) -> bool {
        self.listens.iter().any(|(_, listens)| *listens == number)
    }

    /// The ports of a container beside the app that further Services lead to and that it does not declare, with the
    /// names that they have there.
    pub(super) fn undeclared(&self, container: &Json) -> Vec<(u64, String)> {
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

    /// The app without what patterns bring it. What they make of its probes, where it listens on loopback alone, is
    /// undone; the second is whether that was so.
    pub(super) fn own_app(&self, app: &Json) -> (Json, bool) {
        let mut app = app.clone();
        for one in self.uses.iter() {
            let retain = |list: Option<&mut Json>, key: &str, brought: &[String]| {
                if let Some(elements) = list.and_then(Json::as_array_mut) {
                    elements.retain(|element| {
                        !element[key]
                            .as_str()
                            .is_some_and(|own| brought.iter().any(|one| one == own.trim_end_matches('/')))
                    });
                }
            };
            retain(app.get_mut("env"), "name", &one.variables);
            retain(app.get_mut("volumeMounts"), "mountPath", &one.mounts);
            if let (true, Some(members)) = (one.answers, app.as_object_mut()) {
                members.shift_remove("readinessProbe");
            }
        }
        let mut is_behind = false;
        let Some(front) = self.front() else { return (app, false) };
        for probe in ["readinessProbe", "livenessProbe", "startupProbe"] {
            for handler in ["httpGet", "tcpSocket"] {
                let Some(check) = app.get_mut(probe).and_then(|probe| probe.get_mut(handler)) else { continue };
                if check["port"] == front.listens {
                    check["port"] = json!(front.upstream);
                    if let Some(members) = check.as_object_mut() {
                        members.shift_remove("scheme");
                    }
                    is_behind = true;
                }
            }
        }
        (app, is_behind)
    }

    /// The Service's port that is the app's own: the one that speaks HTTP, else the first.
    fn main_port(&self, app: &Json) -> Option<&'a Json> {
        let ports = self.service_ports();
        let leads =
            |port: &&Json| self.target(app, port).is_some() && port["protocol"].as_str().unwrap_or("TCP") == "TCP";
        let is_web = |port: &&Json| {
            let name = port["name"].as_str().unwrap_or_default();
            let metrics = name.contains("metrics") || name.contains("monitor");
            !metrics && (name.starts_with("http") || name == "web" || matches!(port["port"].as_u64(), Some(80 | 443)))
        };
        // of several that lead to one port, the one that does not promise TLS
        let is_tls =
            |port: &&Json| port["name"].as_str().is_some_and(|name| name.starts_with("https")) || port["port"] == 443;
        let has_plain = |port: &&Json| {
            let target = self.target(app, port);
            ports.iter().any(|other| is_web(&other) && !is_tls(&other) && self.target(app, other) == target)
        };
        let first = ports.iter().find(|port| leads(port) && is_web(port) && !(is_tls(port) && has_plain(port)));
        first.or_else(|| ports.iter().find(leads)).or_else(|| {
            // all of it is UDP
            ports.iter().find(|port| self.target(app, port).is_some())
        })
    }

    /// The ports of the app.
    pub(super) fn ports(&self, app: &Json) -> Ports {
        let main = self.main_port(app);
        let is_udp = main.is_some_and(|port| port["protocol"] == "UDP");
        let mut ports = Ports { main: main.and_then(|port| self.target(app, port)), is_udp, ..Ports::default() };
        for port in self.service_ports() {
            if let Some(number) = self.target(app, port) {
                ports.offered.push(number);
                if port["protocol"] == "UDP" && !self.declares_udp(number) && Some(number) != ports.main {
                    let name = port["name"].as_str().map_or_else(|| format!("port-{number}"), str::to_owned);
                    ports.undeclared_udp.push((number, name));
                } else if let Some(name) = port["name"].as_str() {
                    ports.names.push((number, name.to_owned()));
                }
                let service = port["port"].as_u64().filter(|service| *service != number && !self.is_headless());
                ports.services.extend(service.map(|service| (number, service)));
                let speaks = port["appProtocol"].as_str().map(str::to_owned);
                ports.speaks.extend(speaks.map(|speaks| (number, speaks)));
                ports.nodes.extend(port["nodePort"].as_u64().map(|node| (number, node)));
            }
        }
        // what a further Service leads to is declared, too
        for port in self.further.iter().flat_map(|service| items(&service.object["spec"]["ports"])) {
            let elsewhere = || {
                let spec = canonical::pod_spec(&self.workload.object)?;
                let others = canonical::containers(spec).filter(|container| container["name"] != app["name"]);
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
                (port["targetPort"].as_u64().or_else(|| target(app, port)), elsewhere(), helpers())
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
        let spec = canonical::pod_spec(&self.workload.object);
        let mut ports =
            spec.into_iter().flat_map(canonical::containers).flat_map(|container| items(&container["ports"]));
        ports.any(|port| port["containerPort"] == number && port["protocol"] == "UDP")
    }

    /// What the app speaks, if anything shows that it is not plain HTTP or if its Service keeps its number.
    pub(super) fn protocol(&self, app: &Json, main: Option<u64>) -> Option<&'static str> {
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

    /// Whether the Service that is made is a list of Pods, whose ports are the Pods' own.
    fn is_headless(&self) -> bool {
        let is_set = self.workload.kind() == "StatefulSet";
        let said = self.service.map(|service| service.object["spec"]["clusterIP"] == "None");
        said.unwrap_or(is_set) || is_set && self.is_sharded()
    }

    /// Whether the shape is one whose replicas have names that clients know.
    fn is_sharded(&self) -> bool {
        self.workload.kind() == "StatefulSet" && self.workload.object["spec"]["replicas"].as_u64().unwrap_or(1) > 1
    }

    /// `min`, `max` and `cpu` of an autoscaler.
    pub(super) fn scale(&self) -> Option<Json> {
        let spec = &self.autoscaler?.object["spec"];
        let mut scale = Map::new();
        let min = spec["minReplicas"].as_u64().unwrap_or(1);
        if min != 2 {
            scale.insert("min".to_owned(), json!(min));
        }
        scale.insert("max".to_owned(), spec["maxReplicas"].clone());
        let (cpu, memory) = self.aims();
        if let Some(cpu) = cpu.filter(|cpu| *cpu != 70 || memory.is_some()) {
            scale.insert("cpu".to_owned(), json!(format!("{cpu}%")));
        }
        scale.extend(memory.map(|memory| ("memory".to_owned(), json!(format!("{memory}%")))));
        Some(Json::Object(scale))
    }

    fn aims(&self) -> (Option<u64>, Option<u64>) {
        let Some(autoscaler) = self.autoscaler else { return (None, None) };
        let spec = &canonical::canonical(&autoscaler.object, &canonical::Around::default())["spec"];
        let of = |name: &str| {
            let metric = items(&spec["metrics"]).iter().find(|metric| metric["resource"]["name"] == name)?;
            metric["resource"]["target"]["averageUtilization"].as_u64()
        };
        (of("cpu"), of("memory"))
    }

    /// The autoscaler as an entry of `use`, where it goes by memory too.
    pub(super) fn autoscale(&self) -> Option<Json> {
        let (_, memory) = self.aims();
        memory?;
        Some(json!({"autoscale": self.scale()?}))
    }

    /// `budget`, where it is not the one that is made by itself.
    pub(super) fn budget(&self, is_made: bool) -> Json {
        let Some(budget) = self.budget else { return Json::Null };
        let same = compare::as_budget(&budget.object, &self.workload.object, self.autoscaler.is_some());
        let spec = &same.as_ref().unwrap_or(&budget.object)["spec"];
        match (spec.get("maxUnavailable"), spec.get("minAvailable")) {
            (Some(share), _) if is_made && *share == 1 => Json::Null,
            (Some(share), _) => json!({"unavailable": share}),
            (None, Some(share)) => json!({"available": share}),
            (None, None) => Json::Null,
        }
    }

    /// `expose`: a host of an Ingress, the Service's type or its port.
    pub(super) fn expose(&self, app: &Json, main: Option<u64>) -> Json {
        let mut expose = Map::new();
        let Some(port) = main.and_then(|_| self.main_port(app)) else { return Json::Null };
        let number = port["port"].as_u64();
        let natural = match self.protocol(app, main) {
            None if self.front().is_some_and(|front| front.is_tls) => Some(443),
            None => Some(80),
            Some("https") => Some(443),
            Some(_) => main,
        };
        // its shape leads to it by other ways
        if self.is_sharded() {
            return Json::Null;
        }
        let mut keys = services::keys(self.service.map_or(&Json::Null, |service| &service.object["spec"]));
        let also = if self.is_headless() { Map::new() } else { self.also(app, port) };
        // what the generator says by itself, or where nothing is said
        let spoken = self.protocol(app, main).unwrap_or_else(|| self.default_port_name(app, main));
        let speaks =
            port["appProtocol"].as_str().filter(|said| self.front().is_none() && Some(*said) != app_protocol(spoken));
        let is_set = self.workload.kind() == "StatefulSet";
        if is_set && self.is_headless() {
            // that is what the shape makes
            keys.shift_remove("type");
        }
        if let Some(ingress) = self.ingress {
            self.route(&ingress.object["spec"], &mut expose);
            keys.shift_remove("type");
        } else if let Some(kind) = keys.shift_remove("type") {
            expose.insert("type".to_owned(), kind);
        } else if is_set && self.is_headless() {
            if !keys.is_empty() {
                expose.insert("type".to_owned(), json!("Headless"));
            }
        } else if !keys.is_empty() || !also.is_empty() || speaks.is_some() || number != natural || is_set {
            expose.insert("type".to_owned(), json!("ClusterIP"));
        }
        if number != natural && !self.is_headless() {
            expose.insert("port".to_owned(), json!(number));
        }
        if expose.contains_key("type") {
            expose.extend(port["nodePort"].as_u64().map(|node| ("node-port".to_owned(), json!(node))));
        }
        expose.extend(speaks.map(|speaks| ("speaks".to_owned(), json!(speaks))));
        if !also.is_empty() {
            expose.insert("ports".to_owned(), Json::Object(also));
        }
        expose.extend(keys);
        Json::Object(expose)
    }

    /// `ports` of `expose`: those that lead where the main one does.
    fn also(&self, app: &Json, main: &Json) -> Map<String, Json> {
        let transport = |port: &Json| port["protocol"].as_str().unwrap_or("TCP").to_owned();
        let others = self.service_ports().iter().filter(|port| port["port"] != main["port"]);
        let others = others.filter(|port| transport(port) == transport(main));
        let others =
            others.filter(|port| self.target(app, port).is_some() && self.target(app, port) == self.target(app, main));
        let one = |port: &Json| {
            let number = port["port"].as_u64()?;
            let name = port["name"].as_str().map_or_else(|| format!("port-{number}"), str::to_owned);
            let mut value = json!({"port": number});
            for (key, field) in [("speaks", "appProtocol"), ("node-port", "nodePort")] {
                if let Some(said) = port.get(field) {
                    value[key] = said.clone();
                }
            }
            let is_short = value.as_object().is_some_and(|value| value.len() == 1);
            Some((name, if is_short { json!(number) } else { value }))
        };
        others.filter_map(one).collect()
    }

    fn route(&self, spec: &Json, expose: &mut Map<String, Json>) {
        let rules = items(&spec["rules"]);
        let hosts: Vec<&str> = rules.iter().filter_map(|rule| rule["host"].as_str()).collect();
        match hosts.as_slice() {
            [one] => expose.insert("host".to_owned(), json!(one)),
            several => expose.insert("hosts".to_owned(), json!(several)),
        };
        if let Some(class) = spec["ingressClassName"].as_str() {
            expose.insert("class".to_owned(), json!(class));
        }
        if let Some(secret) = items(&spec["tls"]).first().and_then(|tls| tls["secretName"].as_str()) {
            expose.insert("tls".to_owned(), json!(secret));
        }
        let mut paths = Map::new();
        for path in rules.first().map(|rule| items(&rule["http"]["paths"])).unwrap_or_default() {
            let at = path["path"].as_str().unwrap_or("/");
            let backend = &path["backend"]["service"];
            let name = text(&backend["name"]);
            let target = if self.service.is_some_and(|service| service.name() == name) {
                self.name.clone()
            } else {
                let port = &backend["port"];
                let number = port["number"].as_u64().or_else(|| self.port_of(&name, port["name"].as_str()?));
                format!("service/{name}:{}", number.unwrap_or(80))
            };
            paths.insert(at.to_owned(), json!(target));
        }
        let only_root = paths.len() == 1 && paths.get("/").is_some_and(|target| *target == self.name);
        if !only_root {
            expose.insert("paths".to_owned(), Json::Object(paths));
        }
    }

    fn port_of(&self, service: &str, name: &str) -> Option<u64> {
        self.services.get(&(service.to_owned(), name.to_owned())).copied()
    }

    /// What the objects are called already, where we would choose another name.
    pub(super) fn adopt(&self, app: &Json, ports: &Ports) -> Json {
        let mut adopt = Map::new();
        let name = self.name.as_str();
        let is_batch = matches!(self.workload.kind(), "Job" | "CronJob");
        let own = Map::from_iter([("app.kubernetes.io/name".to_owned(), json!(name))]);
        let selector = self.selector();
        if !is_batch && !selector.is_empty() && selector != own {
            adopt.insert("selector".to_owned(), Json::Object(selector));
        }
        let mut names = Map::new();
        let workload = Some(self.workload).filter(|workload| workload.kind() != "Job");
        for input in
            [workload, self.service, self.account, self.ingress, self.autoscaler, self.budget].into_iter().flatten()
        {
            if input.name() != name {
                names.insert(input.kind().to_owned(), json!(input.name()));
            }
        }
        if self.service.is_none()
            && let Some(service) = self.workload.object["spec"]["serviceName"].as_str().filter(|one| *one != name)
        {
            names.insert("Service".to_owned(), json!(service));
        }
        if !names.is_empty() {
            adopt.insert("names".to_owned(), Json::Object(names));
        }
        if app["name"] != name {
            adopt.insert("container".to_owned(), app["name"].clone());
        }
        if ports.main.is_some() {
            let default = self.default_port_name(app, ports.main);
            let declared = items(&app["ports"]).iter().find(|port| ports.is_main(port));
            let offered = self.main_port(app).filter(|_| self.front().is_none());
            for (key, port) in [("port", declared), ("service-port", offered)] {
                let own = port.and_then(|port| port["name"].as_str());
                let form = if key == "port" { "port-name" } else { "dns-label" };
                if let Some(own) = own.filter(|name| *name != default && fits(form, name)) {
                    adopt.insert(key.to_owned(), json!(own));
                }
            }
        }
        let further = self.further_names(app, ports);
        if !further.is_empty() {
            adopt.insert("service-ports".to_owned(), Json::Object(further));
        }
        let spec = canonical::pod_spec(&self.workload.object);
        adopt.extend(spec.and_then(image_pull).map(|policy| ("image-pull".to_owned(), policy)));
        if spec.is_some_and(|spec| spec["automountServiceAccountToken"] == true) {
            adopt.insert("token".to_owned(), json!(true));
        }
        if self.workload.kind() == "StatefulSet" {
            let spec = &self.workload.object["spec"];
            let claim = items(&spec["volumeClaimTemplates"]).first();
            if let Some(claim) = claim.and_then(|claim| claim["metadata"]["name"].as_str()).filter(|one| *one != "data")
            {
                let mounted = items(&app["volumeMounts"]).iter().any(|mount| mount["name"] == claim);
                if mounted {
                    adopt.insert("claim".to_owned(), json!(claim));
                }
            }
            if spec["podManagementPolicy"].as_str().unwrap_or("OrderedReady") == "OrderedReady" {
                adopt.insert("ordered".to_owned(), json!(true));
            }
        }
        Json::Object(adopt)
    }

    /// What the Service calls further ports of the app, where their containers call them otherwise.
    fn further_names(&self, app: &Json, ports: &Ports) -> Map<String, Json> {
        let one = |port: &Json| {
            let number = self.target(app, port).filter(|number| Some(*number) != ports.main)?;
            let offered = port["name"].as_str().filter(|name| fits("dns-label", name))?;
            let is_it = |one: &&Json| {
                one["containerPort"] == number && (one["protocol"] == "UDP") == (port["protocol"] == "UDP")
            };
            let declared = items(&app["ports"]).iter().find(is_it).and_then(|one| one["name"].as_str());
            let key = container::key_of(number, declared, Some(offered));
            (key != offered).then(|| (key, json!(offered)))
        };
        self.service_ports().iter().filter_map(one).collect()
    }

    /// What the generator would call the app's port.
    fn default_port_name(&self, app: &Json, main: Option<u64>) -> &'static str {
        if let Some(protocol) = self.protocol(app, main) {
            return protocol;
        }
        let http_at_main = ["readinessProbe", "livenessProbe"].iter().any(|probe| {
            let http = &app[*probe]["httpGet"];
            let port = &http["port"];
            let named = items(&app["ports"]).iter().find(|one| port.is_string() && one["name"] == *port);
            let number = named.map_or_else(|| port.as_u64(), |one| one["containerPort"].as_u64());
            http.is_object() && number == main && super::health::is_word(&app[*probe])
        });
        if http_at_main || self.ingress.is_some() { "http" } else { "app" }
    }
}

/// The policy of all containers, or of each one that says what does not follow from its tag.
fn image_pull(spec: &Json) -> Option<Json> {
    let policy = |container: &Json| canonical::pull_policy(container["image"].as_str().unwrap_or_default());
    let said = |container: &Json| {
        container["imagePullPolicy"].as_str().map_or_else(|| policy(container).to_owned(), str::to_owned)
    };
    let first = canonical::containers(spec).find_map(|container| container["imagePullPolicy"].as_str())?;
    let mut odd = canonical::containers(spec).filter(|container| said(container) != policy(container)).peekable();
    odd.peek()?;
    if canonical::containers(spec).all(|container| said(container) == first) {
        return Some(json!(first));
    }
    Some(Json::Object(odd.map(|container| (text(&container["name"]), json!(said(container)))).collect()))
}

/// The number that a Service's port leads to.
fn target(app: &Json, port: &Json) -> Option<u64> {
    match &port["targetPort"] {
        Json::Null => port["port"].as_u64(),
        Json::String(name) => {
            let named = items(&app["ports"]).iter().find(|port| port["name"] == **name)?;
            named["containerPort"].as_u64()
        }
        number => number.as_u64(),
    }
}

/// `create` of a claim, if the language has words for it.
pub(super) fn create(claim: &Json) -> Option<Json> {
    let spec = &claim["spec"];
    let [access] = items(&spec["accessModes"]) else { return None };
    let mut create = Map::from_iter([("size".to_owned(), spec["resources"]["requests"]["storage"].clone())]);
    if access != "ReadWriteOnce" {
        create.insert("access".to_owned(), access.clone());
    }
    if let Some(class) = spec["storageClassName"].as_str() {
        if class.is_empty() {
            return None;
        }
        create.insert("class".to_owned(), json!(class));
    }
    let said = spec.as_object()?.keys();
    let known = ["accessModes", "resources", "storageClassName", "volumeMode"];
    said.into_iter().all(|key| known.contains(&key.as_str())).then(|| Json::Object(create))
}
