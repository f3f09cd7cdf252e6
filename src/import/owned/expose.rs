//! `expose`, the autoscaler and the budget.

use serde_json::{Map, Value as Json, json};

use super::Owned;
use crate::import::around::Around;
use crate::import::canonical;
use crate::import::container::duration;
use crate::import::values::{containers, items, pod_spec, text};
use crate::import::{budgets, services};
use crate::pattern::app_protocol;

/// `metric` and `external`: what is measured beside CPU and memory, where there are words for it.
fn measured(spec: &Json) -> Map<String, Json> {
    let mut found = Map::new();
    for (key, kind, field) in [("metric", "Pods", "pods"), ("external", "External", "external")] {
        let mut all =
            items(&spec["metrics"]).iter().filter(|metric| metric["type"] == kind).map(|metric| &metric[field]);
        let (Some(metric), None) = (all.next(), all.next()) else { continue };
        let is_plain = metric["metric"]["selector"].is_null() && metric["target"]["type"] == "AverageValue";
        let average = &metric["target"]["averageValue"];
        if is_plain && (average.is_string() || average.is_number()) {
            found.insert(key.to_owned(), json!({"name": metric["metric"]["name"], "average": average}));
        }
    }
    found
}

/// How fast an autoscaler goes into one direction, in the language's words; nothing where there are none.
fn pace(rules: &Json) -> Option<Map<String, Json>> {
    let mut pace = Map::new();
    let wait = rules["stabilizationWindowSeconds"].as_u64();
    pace.extend(wait.map(|seconds| ("wait".to_owned(), json!(duration(seconds)))));
    let steps: Option<Vec<Json>> = items(&rules["policies"])
        .iter()
        .map(|policy| {
            let key = if policy["type"] == "Pods" { "pods" } else { "percent" };
            let (value, every) = (policy["value"].as_u64()?, policy["periodSeconds"].as_u64()?);
            Some(json!({key: value, "every": duration(every)}))
        })
        .collect();
    let steps = steps?;
    pace.extend((!steps.is_empty()).then(|| ("steps".to_owned(), json!(steps))));
    let choose = match rules["selectPolicy"].as_str() {
        None | Some("Max") => None,
        Some("Min") => Some("least"),
        Some(_) => Some("none"),
    };
    pace.extend(choose.map(|choose| ("choose".to_owned(), json!(choose))));
    Some(pace)
}

impl Owned<'_> {
    /// `min`, `max` and `cpu` of an autoscaler.
    pub(in crate::import) fn scale(&self) -> Option<Json> {
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
        scale.extend(measured(spec));
        for (key, field) in [("up", "scaleUp"), ("down", "scaleDown")] {
            let pace = spec["behavior"].get(field).and_then(pace).filter(|pace| !pace.is_empty());
            scale.extend(pace.map(|pace| (key.to_owned(), Json::Object(pace))));
        }
        Some(Json::Object(scale))
    }

    fn aims(&self) -> (Option<u64>, Option<u64>) {
        let Some(autoscaler) = self.autoscaler else { return (None, None) };
        let spec = &canonical::canonical(&autoscaler.object, &Around::default())["spec"];
        let of = |name: &str| {
            let metric = items(&spec["metrics"]).iter().find(|metric| metric["resource"]["name"] == name)?;
            metric["resource"]["target"]["averageUtilization"].as_u64()
        };
        (of("cpu"), of("memory"))
    }

    /// The autoscaler as an entry of `use`, where it goes by memory too.
    pub(in crate::import) fn autoscale(&self) -> Option<Json> {
        let scale = self.scale()?;
        // what the shape has no keys for
        let is_more = ["memory", "metric", "external", "up", "down"].iter().any(|key| scale.get(*key).is_some());
        (is_more || self.aims() == (None, None)).then(|| json!({"autoscale": scale}))
    }

    /// `budget`, where it is not the one that is made by itself.
    pub(in crate::import) fn budget(&self, is_made: bool) -> Json {
        let Some(budget) = self.budget else {
            return if self.unbudgeted.is_some() { json!(false) } else { Json::Null };
        };
        let same = budgets::as_budget(&budget.object, &self.workload.object, self.autoscaler.is_some());
        let spec = &same.as_ref().unwrap_or(&budget.object)["spec"];
        match (spec.get("maxUnavailable"), spec.get("minAvailable")) {
            (Some(share), _) if is_made && *share == 1 => Json::Null,
            (Some(share), _) => json!({"unavailable": share}),
            (None, Some(share)) => json!({"available": share}),
            (None, None) => Json::Null,
        }
    }

    /// `expose`: a host of an Ingress, the Service's type or its port.
    pub(in crate::import) fn expose(&self, app: &Json, main: Option<u64>) -> Json {
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
            match ingress.kind() {
                "HTTPRoute" => self.gateway(&ingress.object["spec"], &mut expose),
                _ => self.route(&ingress.object["spec"], &mut expose),
            }
            keys.shift_remove("type");
            // beside a route the language has no word for it
            keys.shift_remove("address");
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

    /// `ports` of `expose`: those that lead where the main one does, or to a container beside the app.
    fn also(&self, app: &Json, main: &Json) -> Map<String, Json> {
        let transport = |port: &Json| port["protocol"].as_str().unwrap_or("TCP").to_owned();
        let others = self.service_ports().iter().filter(|port| port["port"] != main["port"]);
        let others = others.filter(|port| transport(port) == transport(main));
        let is_main = |port: &Json| self.target(port).is_some() && self.target(port) == self.target(main);
        let others = others.filter(|port| is_main(port) || self.beside(app, port).is_some());
        let one = |port: &Json| {
            let number = port["port"].as_u64()?;
            let name = port["name"].as_str().map_or_else(|| format!("port-{number}"), str::to_owned);
            let mut value = json!({"port": number});
            if let Some(target) = self.beside(app, port).filter(|_| !is_main(port)) {
                value["to"] = json!(target);
            } else if self.is_anothers(app, number) {
                value["to"] = json!(self.target(main));
            }
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

    /// The number of a port that a container beside the app declares and a Service's port leads to.
    fn beside(&self, app: &Json, port: &Json) -> Option<u64> {
        let spec = pod_spec(&self.workload.object).filter(|_| self.front().is_none())?;
        let transport = |port: &Json| port["protocol"].as_str().unwrap_or("TCP").to_owned();
        let target = if port["targetPort"].is_null() { &port["port"] } else { &port["targetPort"] };
        let declared = |container: &&Json| {
            let field = if target.is_string() { "name" } else { "containerPort" };
            let found = items(&container["ports"]).iter().find(|one| one[field] == *target)?;
            found["containerPort"].as_u64().filter(|_| transport(found) == transport(port))
        };
        // what the app declares, too, is the app's
        let runs = items(&spec["initContainers"]).iter().filter(|container| container["restartPolicy"] == "Always");
        let runs = runs.chain(items(&spec["containers"]));
        let mut others = runs.filter(|container| container["name"] != app["name"]);
        declared(&app).is_none().then(|| others.find_map(|container| declared(&container)))?
    }

    /// Whether a container beside the app listens on a number, to which a port of that number would seem to lead.
    fn is_anothers(&self, app: &Json, number: u64) -> bool {
        let Some(spec) = pod_spec(&self.workload.object) else { return false };
        let declares = |container: &Json| items(&container["ports"]).iter().any(|port| port["containerPort"] == number);
        let others = containers(spec).filter(|container| container["name"] != app["name"]);
        !declares(app) && (others.into_iter().any(declares) || self.listens.iter().any(|(_, port)| *port == number))
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
        if let Some(tls) = items(&spec["tls"]).first() {
            let certificate = tls["secretName"].as_str().filter(|secret| !secret.is_empty());
            expose.insert("tls".to_owned(), certificate.map_or(json!(true), |secret| json!(secret)));
        }
        let all = || rules.iter().flat_map(|rule| items(&rule["http"]["paths"]));
        let first = all().next().and_then(|path| path["pathType"].as_str()).unwrap_or("Prefix");
        if first != "Prefix" && all().all(|path| path["pathType"] == first) {
            expose.insert("path-type".to_owned(), json!(first));
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
}
