//! `expose`: the way in from outside, and what it may lead to.

use serde_json::{Value as Json, json};

use super::fill::Filled;
use super::prepare::Prepared;
use super::references::Directory;
use super::rules::{mirror, rules};
use crate::describe::{Description, Expose};
use crate::diagnostic::Finding;

/// What does not go together in `expose` itself, or with the shape and the patterns in front of the app.
pub(crate) fn check(
    description: &Description,
    shape: &Filled,
    has_port: bool,
    claimers: &[&Filled],
    findings: &mut Vec<Finding>,
) {
    check_own_gateway(description, findings);
    let Some(expose) = &description.expose else { return };
    if let Some(why) = &shape.definition.unexposed {
        let finding = Finding::error(
            expose.place.label(""),
            format!("`expose` has nothing to expose in `{}`", shape.entry.pattern),
        );
        findings.push(finding.label(shape.entry.place.label(why.clone())));
        return;
    }
    if !has_port {
        findings.push(
            Finding::error(expose.place.label(""), "`expose` needs the app's `port`")
                .help("app: {image: …, port: 8080}"),
        );
    }
    check_keys(expose, description.own_gateway.is_some(), findings);
    check_protocol(description, expose, claimers, findings);
    let encrypted = claimers
        .first()
        .filter(|filled| filled.definition.claims.as_ref().is_some_and(|claim| claim.scheme == "HTTPS"));
    if let Some(filled) = encrypted.filter(|_| expose.is_routed()) {
        findings.push(
            Finding::error(expose.place.label("speaks plain HTTP to the Pods"), "the route and the Pod do not speak the same protocol")
                .label(filled.entry.place.label("only accepts TLS"))
                .because("an Ingress or HTTPRoute terminates TLS at the edge, and has no portable way to use TLS to a backend with a private certificate")
                .help(format!("expose: {{type: LoadBalancer}} passes TLS through; or leave out `{}` and let the edge terminate TLS", filled.entry.name)),
        );
    }
}

/// A Gateway of the document's own leads where `expose` says, and to one listener for each of its hosts.
fn check_own_gateway(description: &Description, findings: &mut Vec<Finding>) {
    let Some(place) = &description.own_gateway else { return };
    let Some(expose) = &description.expose else {
        findings.push(
            Finding::error(place.label("makes a Gateway"), "this Gateway would have no listeners")
                .because("its listeners are for the hosts of `expose`")
                .help("expose: {host: www.example.com}"),
        );
        return;
    };
    for key in ["gateway", "class", "type"] {
        let Some(member) = expose.member(key) else { continue };
        findings.push(
            Finding::error(member.key_place.label("is another"), "this document is exposed in two ways")
                .label(place.label("makes a Gateway, which is one"))
                .help(format!("leave out `{key}`, or write mesh: istio")),
        );
    }
}

/// What a route cannot carry.
fn check_protocol(description: &Description, expose: &Expose, claimers: &[&Filled], findings: &mut Vec<Finding>) {
    let Some(app) = description.app.as_ref().filter(|_| claimers.is_empty() && expose.is_routed()) else { return };
    let (Some(protocol), Some(place)) = (&app.protocol, &app.protocol_place) else { return };
    match protocol.as_str() {
        "http" => {}
        "grpc" => {
            if expose.gateway.is_none() {
                findings.push(
                    Finding::error(expose.place.label("makes an Ingress"), "an Ingress has no portable way to carry gRPC")
                        .label(place.label("the app uses this protocol"))
                        .because("its controllers speak HTTP/1.1 to a backend unless annotations of theirs say otherwise; a GRPCRoute is made for it")
                        .help("expose: {host: …, gateway: <the name of your Gateway>}"),
                );
            }
            for key in ["timeout", "retries", "paths"] {
                let Some(member) = expose.member(key) else { continue };
                findings.push(
                    Finding::error(member.key_place.label(""), format!("a GRPCRoute has no `{key}`"))
                        .label(place.label("makes the route a GRPCRoute"))
                        .help("leave it out; a gRPC client sets its own deadlines"),
                );
            }
        }
        "https" => findings.push(
            Finding::error(expose.place.label("speaks plain HTTP to the Pods"), "the route and the Pod do not speak the same protocol")
                .label(place.label("the app only accepts TLS"))
                .because("an Ingress or HTTPRoute terminates TLS at the edge, and has no portable way to use TLS to a backend with a private certificate")
                .help("expose: {type: LoadBalancer} passes TLS through"),
        ),
        other => findings.push(
            Finding::error(place.label(""), format!("a route cannot carry {other}"))
                .label(expose.place.label("makes a route"))
                .because("Ingresses and HTTPRoutes carry only HTTP")
                .help("expose: {type: LoadBalancer} opens the Service itself"),
        ),
    }
}

/// Keys of `expose` that need or exclude each other.
fn check_keys(expose: &Expose, own_gateway: bool, findings: &mut Vec<Finding>) {
    if let (Some(host), Some(hosts)) = (expose.member("host"), expose.member("hosts")) {
        findings.push(
            Finding::error(hosts.key_place.label("and these"), "`expose` has `host` and `hosts`")
                .label(host.key_place.label("this"))
                .help("write all of them under `hosts`"),
        );
    }
    for key in ["timeout", "retries", "canary"] {
        let Some(member) = expose.member(key).filter(|_| expose.gateway.is_none()) else { continue };
        findings.push(
            Finding::error(member.key_place.label(""), format!("`{key}` needs `gateway`"))
                .because("only an HTTPRoute has a portable field for it")
                .help("gateway: <the name of your Gateway>"),
        );
    }
    if let Some(kind) = expose.member("path-type").filter(|_| expose.gateway.is_some() || own_gateway) {
        findings.push(
            Finding::error(kind.key_place.label(""), "a route on a Gateway goes by the beginning of a path")
                .because("`path-type` is a field of an Ingress")
                .help("leave it out"),
        );
    }
    if let (Some(class), Some(gateway)) = (expose.member("class"), expose.member("gateway")) {
        findings.push(
            Finding::error(class.key_place.label("is of an Ingress"), "a route on a Gateway has no `class`")
                .label(gateway.key_place.label("makes a route"))
                .help("leave out one of them"),
        );
    }
    for key in ["paths", "path-type", "class"] {
        let is_balancer = expose.service_type.as_deref() == Some("LoadBalancer");
        let opens = expose.service_type.is_some() && !(key == "class" && is_balancer);
        let Some(member) = expose.member(key).filter(|_| opens) else { continue };
        findings.push(
            Finding::error(member.key_place.label(""), format!("`{key}` is of a route, and `type` makes none"))
                .because("with `type` the Service itself takes the traffic")
                .help("leave out one of them"),
        );
    }
    if let Some(header) = expose.member("canary").and_then(|canary| canary.value.get("header"))
        && header.members().len() != 1
    {
        findings.push(
            Finding::error(header.place.label(""), "a canary uses exactly one header")
                .help("header: {x-canary: \"yes\"}"),
        );
    }
    if expose.hosts.is_empty() && expose.service_type.is_none() {
        findings.push(
            Finding::error(expose.place.label(""), "`expose` needs `host`")
                .because("a route is selected by the host name that clients request")
                .help(
                    "expose: {host: www.example.com}, or {type: LoadBalancer} for a Service that anyone can connect to",
                ),
        );
    }
    for key in ["split", "mirror"] {
        let Some(member) = expose.member(key).filter(|_| expose.gateway.is_none()) else { continue };
        findings.push(
            Finding::error(member.key_place.label(""), format!("`{key}` needs `gateway`"))
                .because("only an HTTPRoute has a portable way to split or mirror requests")
                .help("gateway: <the name of your Gateway>"),
        );
    }
    if let (Some(_), Some(gateway)) = (&expose.service_type, expose.member("gateway")) {
        let finding = Finding::error(gateway.key_place.label("and so is this"), "`expose` is set up in two ways");
        let kind = expose.member("type").map(|kind| kind.key_place.label("this is one"));
        findings.push(
            kind.into_iter()
                .fold(finding, Finding::label)
                .help("leave out `type` to use the Gateway, or `gateway` to open the Service itself"),
        );
    }
    let unnamed = expose.member("tls").filter(|tls| own_gateway && tls.value.text().is_none());
    if let Some(tls) = unnamed {
        findings.push(
            Finding::error(tls.value.place.label(""), "a Gateway of the mesh has no default certificate")
                .help("tls: <the Secret with the certificate>"),
        );
    }
    let Some(tls) = expose.member("tls").filter(|_| !own_gateway) else { return };
    if expose.gateway.is_some() {
        findings.push(
            Finding::error(tls.key_place.label(""), "a route has no certificate: its Gateway does")
                .because("an HTTPRoute has no field for it; TLS terminates at the Gateway's listener")
                .help("name the Secret in the Gateway: spec.listeners[].tls.certificateRefs"),
        );
    } else if expose.service_type.is_some() {
        findings.push(
            Finding::error(tls.key_place.label(""), "a Service passes TLS through and has no certificate")
                .help("put `https` under `use`: it holds the certificate in the Pod"),
        );
    }
}

/// What templates see of `expose`.
pub(crate) fn context(prepared: &Prepared<'_>, directory: &Directory<'_>, findings: &mut Vec<Finding>) -> Json {
    let Some(expose) = &prepared.description.expose else { return Json::Null };
    let (namespace, gateway) = match expose.gateway.as_deref().map(|gateway| gateway.split_once('/').ok_or(gateway)) {
        Some(Ok((namespace, gateway))) => (Some(namespace), Some(gateway)),
        Some(Err(gateway)) => (None, Some(gateway)),
        None => (None, None),
    };
    let is_grpc = prepared.inbound.as_ref().is_some_and(|inbound| inbound.claim.is_none())
        && prepared.description.app.as_ref().is_some_and(|app| app.protocol.as_deref() == Some("grpc"));
    let text = |key: &str| expose.member(key).map(|member| member.value.to_json());
    json!({
        "hosts": expose.hosts,
        "kind": if is_grpc { "GRPCRoute" } else { "HTTPRoute" },
        "class": text("class"),
        "timeout": text("timeout"),
        "retries": text("retries"),
        "rules": rules(prepared.description, expose, directory, findings),
        "gateway": gateway,
        "gateway_namespace": namespace,
        "type": expose.service_type,
        "mirror": mirror(prepared.description, expose, directory, findings),
        "path_type": text("path-type"),
        "tls": text("tls").filter(|tls| *tls != false),
    })
}
