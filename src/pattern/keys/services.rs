//! `services`: Services beside the one that every app with a port has.

use std::collections::HashSet;

use serde_json::{Map, Value as Json, json};

use super::service::{services, write};
use super::targets::{Declared, declared, nowhere};
use crate::describe::{Description, Member, Spanned, port_of};
use crate::diagnostic::Finding;
use crate::origin::Maker;
use crate::pattern::objects;
use crate::pattern::objects::made::Objects;
use crate::pattern::plan::prepare::Prepared;

/// Adds the Services of `services`, once the names and selectors of all others are settled.
pub(crate) fn apply(prepared: &Prepared<'_>, objects: &mut Objects) -> Vec<Finding> {
    let description = prepared.description;
    let mut findings = Vec::new();
    let there = objects.iter().filter(|object| object["kind"] == "Service");
    let mut names: HashSet<String> =
        there.filter_map(|object| object["metadata"]["name"].as_str()).map(str::to_owned).collect();
    for member in services(description) {
        if names.contains(&member.key) {
            findings.push(
                Finding::error(
                    member.key_place.label(""),
                    format!("this document already generates a Service `{}`", member.key),
                )
                .help("set its type with expose: {type: …}, or choose another name here"),
            );
            continue;
        }
        match further(description, member, objects) {
            Ok(service) => {
                names.insert(member.key.clone());
                objects.push(service);
            }
            Err(finding) => findings.push(*finding),
        }
    }
    findings
}

/// One Service of `services`.
fn further(description: &Description, member: &Member, objects: &[Json]) -> Result<Json, Box<Finding>> {
    let own = objects::selector(description);
    let adopted = description.adopt.as_ref().and_then(|adopt| adopt.get("selector")).map(Spanned::to_json);
    let selector = adopted.unwrap_or(own);
    let lasting =
        |object: &&Json| ["Deployment", "StatefulSet", "DaemonSet"].iter().any(|kind| object["kind"] == *kind);
    let is_selected = |object: &&Json| object.pointer("/spec/selector/matchLabels") == Some(&selector);
    let Some(workload) = objects.iter().filter(lasting).find(is_selected) else {
        return Err(Box::new(
            Finding::error(member.key_place.label(""), "there are no Pods that this Service could lead to")
                .label(description.shape.place.label(format!("the shape is `{}`", description.shape.pattern)))
                .because("a Service needs long-running Pods, all of one kind")
                .help("leave `services` out"),
        ));
    };
    let template = &workload["spec"]["template"];
    let declared = declared(template);
    let ports = match member.value.member("ports") {
        Some(ports) => {
            ports.value.members().iter().map(|port| offered(port, &declared)).collect::<Result<Vec<_>, _>>()?
        }
        None => ports_of_own(description, objects),
    };
    if ports.is_empty() {
        return Err(Box::new(
            Finding::error(member.key_place.label(""), "this Service would have no port")
                .because("the document's own Service, whose ports it would have, has none")
                .help("ports: {metrics: 9102}"),
        ));
    }
    let mut service = json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": member.key},
        "spec": {"selector": selector, "ports": ports},
    });
    write(&mut service["spec"], &|key| member.value.member(key));
    if let Some(number) = member.value.get("node-port") {
        service["spec"]["ports"][0]["nodePort"] = number.to_json();
    }
    let component = workload.pointer("/metadata/labels/app.kubernetes.io~1component").and_then(Json::as_str);
    let mut labels: Map<String, Json> = objects::labels(description, component.unwrap_or("app"));
    labels.extend(selector.as_object().cloned().unwrap_or_default());
    objects::dress(&mut service, &labels, description, &Maker::Services);
    for (key, place) in [("labels", "/metadata/labels"), ("annotations", "/metadata/annotations")] {
        let own = member.value.get(key).map(Spanned::members).unwrap_or_default();
        if let Some(there) = service.pointer_mut(place).and_then(Json::as_object_mut) {
            there.extend(own.iter().map(|member| (member.key.clone(), member.value.to_json())));
        }
    }
    Ok(service)
}

/// The ports of the document's own Service, which another leads to as well.
fn ports_of_own(description: &Description, objects: &[Json]) -> Vec<Json> {
    let name = description.name_of("Service");
    let mut services = objects.iter().filter(|object| object["kind"] == "Service");
    let own = services.find(|object| object["metadata"]["name"] == *name);
    let mut ports = own.and_then(|own| own["spec"]["ports"].as_array().cloned()).unwrap_or_default();
    for port in ports.iter_mut().filter_map(Json::as_object_mut) {
        port.shift_remove("nodePort");
    }
    ports
}

/// A port of a Service: `9102`, `53/udp` or `{port, to, node-port}`.
fn offered(member: &Member, declared: &[Declared]) -> Result<Json, Box<Finding>> {
    let said = member.value.get("port").unwrap_or(&member.value);
    let number_of = |value: &Spanned| match value.text() {
        Some(text) => port_of(text).map(|(number, protocol)| (u64::from(number), protocol)),
        None => value.to_json().as_u64().map(|number| (number, "TCP")),
    };
    let (number, protocol) = number_of(said).unwrap_or((0, "TCP"));
    let to = member.value.get("to");
    let leads = |port: &&Declared| match to {
        Some(to) => match to.text() {
            Some(name) => port.name == name,
            None => to.to_json() == port.number && port.protocol == protocol,
        },
        None => port.number == number && port.protocol == protocol,
    };
    let Some(target) = declared.iter().find(leads) else {
        let what = to.map_or_else(|| number.to_string(), |to| to.to_json().to_string().replace('"', "`"));
        return Err(Box::new(nowhere(to.unwrap_or(said), &what, declared)));
    };
    let mut port = json!({"name": member.key, "port": number, "targetPort": target.name});
    if target.protocol != "TCP" {
        port["protocol"] = json!(target.protocol);
    }
    for (key, field) in [("speaks", "appProtocol"), ("node-port", "nodePort")] {
        if let Some(said) = member.value.get(key) {
            port[field] = said.to_json();
        }
    }
    Ok(port)
}
