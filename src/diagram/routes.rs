//! How requests come in: Gateways and Ingresses to Services, Services to the containers behind them.

use std::collections::HashMap;

use serde_json::{Map, Value as Json};

use super::build::{Builder, ServiceBox, Workload};
use super::model::{Flow, Look, NodeIndex};
use super::workload::{Seen, list};
use crate::limits;
use crate::text::Text;

/// Boxes for everything that a request passes before it reaches a Pod.
pub(super) fn boxes(builder: &mut Builder<'_>) {
    for seen in builder.seen {
        let (kind, name) = (&seen.object.id.kind, &seen.object.id.name);
        if seen.is("", "Service") {
            let node = builder.diagram.add(Look::Service, name.clone());
            let is_headless = seen.text("/spec/clusterIP") == Some("None");
            let line = if is_headless { "headless Service" } else { "Service" };
            builder.diagram.nodes[node].lines.push(line.to_owned());
            let namespace = seen.object.id.namespace.as_deref().map(str::to_owned);
            builder.named.entry((name.to_string(), namespace.clone())).or_insert(node);
            builder.services.push(ServiceBox { name: name.to_string(), namespace, node });
        } else if is_ingress(seen) || is_route(seen) {
            let node = builder.diagram.add(Look::Route, name.clone());
            builder.diagram.nodes[node].lines.push(kind.to_string());
        }
    }
}

fn is_ingress(seen: &Seen<'_>) -> bool {
    seen.is("networking.k8s.io", "Ingress")
}

fn is_route(seen: &Seen<'_>) -> bool {
    seen.is("gateway.networking.k8s.io", "HTTPRoute") || seen.is("gateway.networking.k8s.io", "GRPCRoute")
}

/// Arrows from Gateways to routes to Services to containers.
pub(super) fn arrows(builder: &mut Builder<'_>) {
    let mut routes = builder.diagram.nodes.iter().enumerate().filter(|(_, node)| node.look == Look::Route);
    let mut nodes: Vec<NodeIndex> = routes.by_ref().map(|(index, _)| index).collect();
    nodes.reverse();
    let labelled = Labelled::of(builder);
    for seen in builder.seen {
        // what is too much to show is not drawn to its end
        if builder.diagram.exceeds(limits::PARTS_OF_TEXT) {
            return;
        }
        if is_ingress(seen) {
            if let Some(node) = nodes.pop() {
                ingress(builder, seen, node);
            }
        } else if is_route(seen) {
            if let Some(node) = nodes.pop() {
                route(builder, seen, node);
            }
        } else if seen.is("", "Service") {
            service(builder, seen, &labelled);
        }
    }
}

fn ingress(builder: &mut Builder<'_>, seen: &Seen<'_>, node: NodeIndex) {
    let clients = builder.outside(Look::Outside, "clients", "outside the cluster");
    let mut backends: Vec<&Json> = seen.json.pointer("/spec/defaultBackend").into_iter().collect();
    let mut hosts: Vec<String> = Vec::new();
    for rule in seen.list("/spec/rules") {
        hosts.extend(rule["host"].as_str().map(str::to_owned));
        backends.extend(list(rule, "/http/paths").iter().map(|path| &path["backend"]));
    }
    hosts.dedup();
    builder.diagram.nodes[node].lines.extend(hosts);
    builder.diagram.link(clients, node, Flow::Call, "");
    for backend in backends {
        let name = backend.pointer("/service/name").and_then(Json::as_str).unwrap_or_default();
        let port = backend.pointer("/service/port");
        let port = port.and_then(|port| port["number"].as_u64().map(|port| format!(":{port}")));
        to_service(builder, node, name, seen.namespace(), &port.unwrap_or_default());
    }
}

fn route(builder: &mut Builder<'_>, seen: &Seen<'_>, node: NodeIndex) {
    let hosts = seen.list("/spec/hostnames").iter().filter_map(Json::as_str).map(str::to_owned);
    builder.diagram.nodes[node].lines.extend(hosts);
    for parent in seen.list("/spec/parentRefs") {
        let kind = parent["kind"].as_str().unwrap_or("Gateway");
        let gateway = builder.outside(Look::Outside, parent["name"].as_str().unwrap_or_default(), kind);
        builder.diagram.link(gateway, node, Flow::Call, "");
    }
    for rule in seen.list("/spec/rules") {
        let backends = list(rule, "/backendRefs");
        let weight = |backend: &Json| backend["weight"].as_u64().unwrap_or(1);
        let all: u64 = backends.iter().map(weight).fold(0, u64::saturating_add);
        for backend in backends {
            let share = weight(backend).saturating_mul(100).checked_div(all).filter(|_| backends.len() > 1);
            let port = backend["port"].as_u64().map_or_else(String::new, |port| format!(":{port}"));
            let label = share.map_or(port, |share| format!("{share} %"));
            to_service(builder, node, backend["name"].as_str().unwrap_or_default(), namespace(backend, seen), &label);
        }
        for filter in list(rule, "/filters") {
            let Some(mirror) = filter.get("requestMirror") else { continue };
            let label =
                mirror["percent"].as_u64().map_or_else(|| "copy".to_owned(), |share| format!("copy of {share} %"));
            let backend = &mirror["backendRef"];
            to_service(builder, node, backend["name"].as_str().unwrap_or_default(), namespace(backend, seen), &label);
        }
    }
}

fn namespace<'json>(backend: &'json Json, seen: &'json Seen<'_>) -> Option<&'json str> {
    backend["namespace"].as_str().or_else(|| seen.namespace())
}

fn named(builder: &Builder<'_>, name: &str, namespace: Option<&str>) -> Option<NodeIndex> {
    builder.named.get(&(name.to_owned(), namespace.map(str::to_owned))).copied()
}

fn to_service(builder: &mut Builder<'_>, from: NodeIndex, name: &str, namespace: Option<&str>, label: &str) {
    let service = named(builder, name, namespace);
    let service = service.unwrap_or_else(|| builder.outside(Look::Outside, name, "Service"));
    builder.diagram.link(from, service, Flow::Call, label);
}

fn service(builder: &mut Builder<'_>, seen: &Seen<'_>, labelled: &Labelled) {
    let id = &seen.object.id;
    let Some(node) = named(builder, &id.name, id.namespace.as_deref()) else { return };
    match seen.text("/spec/type") {
        Some("ExternalName") => {
            let host = seen.text("/spec/externalName").unwrap_or_default();
            let outside = builder.outside(Look::Outside, host, "another host");
            builder.diagram.link(node, outside, Flow::Call, "");
        }
        Some(kind @ ("LoadBalancer" | "NodePort")) => {
            let clients = builder.outside(Look::Outside, "clients", "outside the cluster");
            kind.clone_into(&mut builder.diagram.nodes[node].lines[0]);
            builder.diagram.nodes[node].lines[0].push_str(" Service");
            builder.diagram.link(clients, node, Flow::Call, "");
        }
        _ => {}
    }
    let Some(selector) = seen.json.pointer("/spec/selector").and_then(Json::as_object).filter(|all| !all.is_empty())
    else {
        return;
    };
    for workload in labelled.candidates(builder.workloads.len(), seen.namespace(), selector) {
        let workload = &builder.workloads[workload];
        if workload.namespace.as_deref() != id.namespace.as_deref() || builder.diagram.exceeds(limits::PARTS_OF_TEXT) {
            continue;
        }
        let selects = selector.iter().all(|(key, value)| workload.labels.get(key).map(Text::as_str) == value.as_str());
        if !selects {
            continue;
        }
        let ports = seen.list("/spec/ports");
        if ports.is_empty() {
            builder.diagram.link(node, workload.node, Flow::Call, "");
        }
        for port in ports {
            let number = port["port"].as_u64().unwrap_or_default();
            let target = behind(workload, port.get("targetPort").unwrap_or(&port["port"]));
            builder.diagram.link(node, target, Flow::Call, format!(":{number}"));
        }
    }
}

/// The places of workloads by namespace and label.
struct Labelled(HashMap<(Option<String>, Text, Text), Vec<usize>>);

impl Labelled {
    fn of(builder: &Builder<'_>) -> Self {
        let mut all: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, workload) in builder.workloads.iter().enumerate() {
            for (key, value) in &workload.labels {
                all.entry((workload.namespace.clone(), key.clone(), value.clone())).or_default().push(at);
            }
        }
        Self(all)
    }

    /// Those that have the rarest of the labels that a selector names, in order.
    fn candidates(&self, all: usize, namespace: Option<&str>, selector: &Map<String, Json>) -> Vec<usize> {
        let texts = selector.iter().filter_map(|(key, value)| Some((key, value.as_str()?)));
        let labelled = texts.map(|(key, value)| {
            self.0
                .get(&(namespace.map(str::to_owned), key.as_str().into(), value.into()))
                .map_or(&[][..], Vec::as_slice)
        });
        labelled.min_by_key(|places| places.len()).map_or_else(|| (0..all).collect(), <[usize]>::to_vec)
    }
}

/// The container that listens on a target port; the Pod, where none says so.
fn behind(workload: &Workload<'_>, target: &Json) -> NodeIndex {
    let listens = |one: &&super::pod::Placed<'_>| {
        one.view.container.ports.iter().flatten().any(|port| match target {
            Json::String(name) => port.name.as_deref() == Some(name),
            number => number.as_i64() == Some(i64::from(port.container_port)),
        })
    };
    let alone = || match workload.containers.as_slice() {
        [only] => Some(only),
        all => all.iter().find(|one| one.look == Look::App),
    };
    workload.containers.iter().find(listens).or_else(alone).map_or(workload.node, |one| one.node)
}
