//! What a document's Services are beside their ports: the keys of `expose` about the Service that every app with a port
//! has, and `services`, the further ones that lead to the same Pods.

use std::collections::HashMap;
use std::net::IpAddr;

use serde_json::{Value as Json, json};

use super::peers::is_cidr;
use super::targets;
use crate::describe::{Description, Expose, Member, Place, Spanned, duration_seconds};
use crate::diagnostic::Finding;
use crate::pattern::objects::made::Objects;
use crate::pattern::plan::containers::OF_A_SERVICE;
use crate::pattern::plan::inbound::HEADLESS;
use crate::pattern::plan::prepare::Prepared;

/// Keys of `expose` that are about the Service itself, and not about a route to it.
const KEYS: &[&str] = &["node-port", "ports", "speaks", "ip", "address", "sources", "local", "sticky", "unready"];

/// Keys that do not go with the type of their Service, and values that no Service can have.
pub(crate) fn check(description: &Description) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(expose) = &description.expose {
        findings.extend(check_keys(&|key| expose.member(key)));
        if let (Some(class), false) = (expose.member("class"), expose.service_type.as_deref() == Some("LoadBalancer"))
            && class.value.text().is_some_and(|class| class.contains('/'))
        {
            findings.push(
                Finding::error(class.value.place.label(""), "the class of an Ingress is the name of an IngressClass")
                    .help("class: nginx, or type: LoadBalancer for the class of a load balancer"),
            );
        }
        for port in ["port", "ports"].iter().filter_map(|key| expose.member(key)) {
            if expose.service_type.as_deref() == Some(HEADLESS) {
                findings.push(
                    Finding::error(port.key_place.label(""), "a headless Service has the ports of its Pods")
                        .because("clients get the Pods' addresses and connect to them directly")
                        .help(format!("leave `{}` out", port.key)),
                );
            }
        }
        findings.extend(check_also(description, expose));
    }
    let kind = description.expose.as_ref().and_then(|expose| expose.service_type.as_deref());
    for port in description.app.iter().flat_map(|app| &app.ports) {
        let key = if port.service_port.is_some() { "service" } else { "speaks" };
        if port.private && (port.service_port.is_some() || port.speaks.is_some()) {
            let message = format!("the port `{}` is on no Service", port.name);
            let help = format!("leave out `private` or `{key}`");
            findings.push(Finding::error(port.place.label(""), message).help(help));
        }
    }
    for port in description.app.iter().flat_map(|app| &app.ports).filter(|port| port.node_port.is_some()) {
        if port.private {
            let message = format!("the port `{}` is on no Service, and so on no node", port.name);
            findings.push(Finding::error(port.place.label(""), message).help("leave out `private` or `node-port`"));
        } else if !kind.is_some_and(|kind| OPEN.contains(&kind)) {
            findings.push(unfit(&port.place, "node-port", OPEN));
        }
    }
    for service in services(description) {
        findings.extend(check_keys(&|key| service.value.member(key)));
        for label in service.value.get("labels").map(Spanned::members).unwrap_or_default() {
            // what prunes, and what finds the objects of a system, goes by these
            let fixed = ["app.kubernetes.io/part-of", "app.kubernetes.io/managed-by"].contains(&label.key.as_str());
            if fixed || label.key.starts_with("patterns/") {
                let message = format!("`{}` is set by `patterns gen`", label.key);
                findings.push(Finding::error(label.key_place.label(""), message).help("leave it out"));
            }
        }
    }
    findings.extend(same_node_ports(description));
    findings
}

/// Further ports that lead where the first does: each has its own name and number.
fn check_also(description: &Description, expose: &Expose) -> Vec<Finding> {
    let mut findings = Vec::new();
    let ports = expose.member("ports").map(|ports| ports.value.members()).unwrap_or_default();
    let further = || description.app.iter().flat_map(|app| &app.ports).filter(|port| !port.private);
    let mut taken: Vec<u64> = further().map(|port| port.service_port.unwrap_or(port.number).into()).collect();
    taken.extend(expose.member("port").and_then(|port| port.value.to_json().as_u64()));
    for member in ports {
        let number = member.value.get("port").unwrap_or(&member.value);
        let is_taken = number.to_json().as_u64().is_some_and(|port| {
            taken.contains(&port) || {
                taken.push(port);
                false
            }
        });
        if is_taken || further().any(|port| port.name == member.key) {
            let what = if is_taken { "this number" } else { "this name" };
            findings.push(
                Finding::error(member.key_place.label(""), format!("another port of the Service has {what}"))
                    .help("give each its own, or remove one of them"),
            );
        }
        if let Some(port) = member.value.member("node-port")
            && !expose.service_type.as_deref().is_some_and(|kind| OPEN.contains(&kind))
        {
            findings.push(unfit(&port.key_place, "node-port", OPEN));
        }
    }
    findings
}

/// Types that take a port of every node.
const OPEN: &[&str] = &["NodePort", "LoadBalancer"];

pub(super) fn services(description: &Description) -> &[Member] {
    description.services.as_ref().map(|services| services.value.members()).unwrap_or_default()
}

fn unfit(place: &Place, key: &str, kinds: &[&str]) -> Finding {
    Finding::error(place.label(""), format!("only a Service of type {} can have `{key}`", kinds.join(" or ")))
        .because("the API server refuses or ignores it in others")
        .help(format!("type: {}, or leave `{key}` out", kinds[kinds.len() - 1]))
}

fn check_keys<'a>(member: &dyn Fn(&str) -> Option<&'a Member>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let kind = member("type").and_then(|kind| kind.value.text()).unwrap_or("ClusterIP");
    for (key, kinds) in [("node-port", OPEN), ("local", OPEN), ("address", &OPEN[1..]), ("sources", &OPEN[1..])] {
        // a Service inside has an address of the cluster's, where its type says that it is meant
        let is_inside = key == "address" && kind == "ClusterIP" && member("type").is_some();
        if let Some(member) = member(key).filter(|_| !kinds.contains(&kind) && !is_inside) {
            findings.push(unfit(&member.key_place, key, kinds));
        }
    }
    if let Some(address) = member("address")
        && address.value.text().is_some_and(|text| text.parse::<IpAddr>().is_err())
    {
        findings.push(
            Finding::error(address.value.place.label(""), "this is not an IP address").help("address: 192.0.2.10"),
        );
    }
    for source in member("sources").map(|sources| sources.value.items()).unwrap_or_default() {
        if source.text().is_some_and(|text| !is_cidr(text)) {
            findings.push(
                Finding::error(source.place.label(""), "this is not a range of addresses")
                    .help("sources: [10.0.0.0/8]"),
            );
        }
    }
    findings
}

/// Two Service ports cannot have one port of the nodes.
fn same_node_ports(description: &Description) -> Vec<Finding> {
    let mut findings = Vec::new();
    let number = |member: &Member| member.value.to_json().as_u64();
    let app = description.app.iter();
    let main = description.expose.as_ref().and_then(|expose| expose.member("node-port"));
    let is_udp = app.clone().any(|app| app.protocol.as_deref() == Some("udp"));
    let main = main.and_then(|member| Some((number(member)?, is_udp, &member.value.place)));
    let also = description.expose.as_ref().and_then(|expose| expose.member("ports"));
    let also = also.map(|ports| ports.value.members()).unwrap_or_default().iter();
    let also = also.filter_map(|port| port.value.member("node-port"));
    let also = also.filter_map(|member| Some((number(member)?, is_udp, &member.value.place)));
    let further = app.flat_map(|app| &app.ports);
    let further = further.filter_map(|port| Some((u64::from(port.node_port?), port.protocol == "UDP", &port.place)));
    let own = services(description).iter().flat_map(|service| {
        let ports = service.value.get("ports").map(Spanned::members).unwrap_or_default();
        let first =
            service.value.member("node-port").and_then(|member| Some((number(member)?, false, &member.value.place)));
        let ports = ports.iter().filter_map(|port| {
            let member = port.value.member("node-port")?;
            let is_udp = port.value.get("port").and_then(Spanned::text).is_some_and(|text| text.ends_with("/udp"));
            Some((number(member)?, is_udp, &member.value.place))
        });
        first.into_iter().chain(ports)
    });
    let mut taken: HashMap<(u64, bool), &Place> = HashMap::new();
    for (number, is_udp, place) in main.into_iter().chain(also).chain(further).chain(own) {
        if let Some(other) = taken.insert((number, is_udp), place) {
            findings.push(
                Finding::error(place.label("so does this"), format!("two ports want port {number} of the nodes"))
                    .label(other.label("takes it"))
                    .because("the API server allocates each node port only once")
                    .help("choose another `node-port`, or leave it out to let the server choose"),
            );
        }
    }
    findings
}

/// Writes what `expose` says into the document's Service.
pub(crate) fn apply(prepared: &Prepared<'_>, objects: &mut Objects) -> Vec<Finding> {
    let description = prepared.description;
    let is_own = |object: &Json| object["kind"] == "Service" && object["metadata"]["name"] == *description.name;
    let Some(service) = objects.iter_mut().find(|object| is_own(object)) else {
        return without_service(description).collect();
    };
    let Some(expose) = &description.expose else { return Vec::new() };
    write_own(description, expose, service);
    targets::lead(expose, objects, &is_own)
}

/// Keys about the document's Service, which its shape does not make.
fn without_service(description: &Description) -> impl Iterator<Item = Finding> {
    let shape = || description.shape.place.label(format!("the shape is `{}`", description.shape.pattern));
    let ports = description.app.iter().filter_map(|app| app.written.get("ports")).flat_map(Spanned::members);
    let of_ports = ports.flat_map(move |port| {
        let members = OF_A_SERVICE.iter().filter_map(|key| port.value.member(key));
        members.map(move |member| {
            Finding::error(member.key_place.label(""), format!("the port `{}` is on no Service", port.key))
                .label(shape())
                .help(format!("leave `{}` out", member.key))
        })
    });
    let expose = description.expose.iter();
    let of_expose = expose.flat_map(|expose| KEYS.iter().filter_map(|key| expose.member(key))).map(move |member| {
        Finding::error(member.key_place.label(""), "there is no Service to apply this to")
            .label(shape())
            .help(format!("leave `{}` out", member.key))
    });
    of_ports.chain(of_expose)
}

/// Further ports of the document's Service that lead where its first one does.
pub(crate) fn further_ports(description: &Description, inbound: &Json) -> Vec<Json> {
    let ports = description.expose.as_ref().and_then(|expose| expose.member("ports"));
    let port = |member: &Member| {
        let number = member.value.get("port").unwrap_or(&member.value).to_json();
        let mut port = json!({"name": member.key, "port": number, "targetPort": inbound["name"]});
        if !inbound["transport"].is_null() {
            port["protocol"] = inbound["transport"].clone();
        }
        for (key, field) in [("speaks", "appProtocol"), ("node-port", "nodePort")] {
            if let Some(said) = member.value.get(key) {
                port[field] = said.to_json();
            }
        }
        port
    };
    ports.map(|ports| ports.value.members().iter().map(port).collect()).unwrap_or_default()
}

fn write_own(description: &Description, expose: &Expose, service: &mut Json) {
    write(&mut service["spec"], &|key| expose.member(key));
    let Some(ports) = service.pointer_mut("/spec/ports").and_then(Json::as_array_mut) else { return };
    for port in ports.iter_mut() {
        let further = description.app.iter().flat_map(|app| &app.ports).find(|further| port["name"] == *further.name);
        if let Some(number) = further.and_then(|further| further.node_port) {
            port["nodePort"] = json!(number);
        }
    }
    // the app's own comes first
    if let (Some(member), Some(port)) = (expose.member("node-port"), ports.first_mut()) {
        port["nodePort"] = member.value.to_json();
    }
}

/// Writes the fields of a Service that its keys say.
pub(super) fn write<'a>(spec: &mut Json, member: &dyn Fn(&str) -> Option<&'a Member>) {
    let Some(spec) = spec.as_object_mut() else { return };
    match member("type").and_then(|kind| kind.value.text()) {
        Some(HEADLESS) => {
            spec.shift_insert(0, "clusterIP".to_owned(), json!("None"));
        }
        Some(kind) => {
            spec.shift_remove("clusterIP");
            if kind != "ClusterIP" && !spec.contains_key("type") {
                spec.shift_insert(0, "type".to_owned(), json!(kind));
            }
        }
        None => {}
    }
    if spec.get("type").is_some_and(|kind| kind == "LoadBalancer") {
        spec.extend(member("class").map(|class| ("loadBalancerClass".to_owned(), class.value.to_json())));
    }
    let is_inside = member("type").and_then(|kind| kind.value.text()) == Some("ClusterIP");
    let field = if is_inside { "clusterIP" } else { "loadBalancerIP" };
    spec.extend(member("address").map(|address| (field.to_owned(), address.value.to_json())));
    spec.extend(member("sources").map(|sources| ("loadBalancerSourceRanges".to_owned(), sources.value.to_json())));
    match member("ip").and_then(|ip| ip.value.text()) {
        Some("dual") => drop(spec.insert("ipFamilyPolicy".to_owned(), json!("PreferDualStack"))),
        Some("require-dual") => drop(spec.insert("ipFamilyPolicy".to_owned(), json!("RequireDualStack"))),
        Some(family) => {
            spec.insert("ipFamilyPolicy".to_owned(), json!("SingleStack"));
            spec.insert("ipFamilies".to_owned(), json!([family]));
        }
        None => {}
    }
    let is = |key: &str| member(key).is_some_and(|member| member.value.to_json() == true);
    spec.extend(is("local").then(|| ("externalTrafficPolicy".to_owned(), json!("Local"))));
    spec.extend(is("unready").then(|| ("publishNotReadyAddresses".to_owned(), json!(true))));
    let sticky = member("sticky").filter(|sticky| sticky.value.to_json() != false);
    if let Some(sticky) = sticky {
        spec.insert("sessionAffinity".to_owned(), json!("ClientIP"));
        let seconds = sticky.value.text().and_then(|text| duration_seconds(text).ok());
        spec.extend(
            seconds
                .map(|seconds| ("sessionAffinityConfig".to_owned(), json!({"clientIP": {"timeoutSeconds": seconds}}))),
        );
    }
}
