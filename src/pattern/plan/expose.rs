//! `expose`: the way in from outside, and what it may lead to.

use serde_json::{Value as Json, json};

use super::fill::Filled;
use super::prepare::Prepared;
use super::resolver::Resolver;
use super::rules::{mirror, rules};
use crate::describe::{Description, Expose, Place};
use crate::diagnostic::{Finding, Label};

/// What does not go together in `expose` itself, or with the shape and the patterns in front of the app.
pub(crate) fn check(description: &Description, shape: &Filled, has_port: bool, claimers: &[&Filled]) -> Vec<Finding> {
    let mut findings = check_own_gateway(description);
    let Some(expose) = &description.expose else { return findings };
    if let Some(why) = &shape.definition.unexposed {
        let finding = Finding::error(
            expose.place.label(""),
            format!("`expose` has nothing to expose in `{}`", shape.entry.pattern),
        );
        let finding = finding.label(shape.entry.place.label(why.clone()));
        let has = |key: &str| expose.member(key).is_some() && !shape.params[key].is_null();
        let help = format!("shape: {{{}: {{…, unready: true}}}}", shape.entry.pattern);
        findings.push(if has("unready") { finding.help(help) } else { finding });
        return findings;
    }
    if !has_port {
        findings.push(
            Finding::error(expose.place.label(""), "`expose` needs the app's `port`")
                .help("app: {image: …, port: 8080}"),
        );
    }
    findings.extend(check_keys(expose, description.own_gateway.is_some()));
    findings.extend(check_protocol(description, expose, claimers));
    let encrypted = claimers
        .first()
        .filter(|filled| filled.definition.claims.as_ref().is_some_and(|claim| claim.scheme == "HTTPS"));
    if let Some(filled) = encrypted.filter(|_| expose.is_routed()) {
        findings.push(speaks_plain(expose, filled.entry.place.label("only accepts TLS")).help(format!(
            "expose: {{type: LoadBalancer}} passes TLS through; or leave out `{}` and let the edge terminate TLS",
            filled.entry.name
        )));
    }
    findings
}

/// A route to something that only accepts TLS.
fn speaks_plain(expose: &Expose, backend: Label) -> Finding {
    let primary = expose.place.label("speaks plain HTTP to the Pods");
    Finding::error(primary, "the route and the Pod do not speak the same protocol")
        .label(backend)
        .because("an Ingress or HTTPRoute terminates TLS at the edge, and has no portable way to use TLS to a backend with a private certificate")
}

/// A Gateway of the document's own leads where `expose` says, and to one listener for each of its hosts.
fn check_own_gateway(description: &Description) -> Vec<Finding> {
    let Some(place) = &description.own_gateway else { return Vec::new() };
    let Some(expose) = &description.expose else {
        let finding = Finding::error(place.label("makes a Gateway"), "this Gateway would have no listeners")
            .because("its listeners are for the hosts of `expose`");
        return vec![finding.help("expose: {host: www.example.com}")];
    };
    let second = |key: &str| {
        let member = expose.member(key)?;
        Some(
            Finding::error(member.key_place.label("is another"), "this document is exposed in two ways")
                .label(place.label("makes a Gateway, which is one"))
                .help(format!("leave out `{key}`, or write mesh: istio")),
        )
    };
    ["gateway", "class", "type"].into_iter().filter_map(second).collect()
}

/// What a route cannot carry.
fn check_protocol(description: &Description, expose: &Expose, claimers: &[&Filled]) -> Vec<Finding> {
    let app = description.app.as_ref().filter(|_| claimers.is_empty() && expose.is_routed());
    let Some((protocol, place)) = app.and_then(|app| Some((app.protocol.as_deref()?, app.protocol_place.as_ref()?)))
    else {
        return Vec::new();
    };
    match protocol {
        "http" => Vec::new(),
        "grpc" => check_grpc(expose, place),
        "https" => vec![
            speaks_plain(expose, place.label("the app only accepts TLS"))
                .help("expose: {type: LoadBalancer} passes TLS through"),
        ],
        other => vec![
            Finding::error(place.label(""), format!("a route cannot carry {other}"))
                .label(expose.place.label("makes a route"))
                .because("Ingresses and HTTPRoutes carry only HTTP")
                .help("expose: {type: LoadBalancer} opens the Service itself"),
        ],
    }
}

/// gRPC needs a `GRPCRoute`, which has fewer fields than an `HTTPRoute`.
fn check_grpc(expose: &Expose, protocol: &Place) -> Vec<Finding> {
    let mut findings = Vec::new();
    if expose.gateway.is_none() {
        findings.push(
            Finding::error(expose.place.label("makes an Ingress"), "an Ingress has no portable way to carry gRPC")
                .label(protocol.label("the app uses this protocol"))
                .because("its controllers speak HTTP/1.1 to a backend unless annotations of theirs say otherwise; a GRPCRoute is made for it")
                .help("expose: {host: …, gateway: <the name of your Gateway>}"),
        );
    }
    for key in ["timeout", "retries", "paths"] {
        let Some(member) = expose.member(key) else { continue };
        findings.push(
            Finding::error(member.key_place.label(""), format!("a GRPCRoute has no `{key}`"))
                .label(protocol.label("makes the route a GRPCRoute"))
                .help("leave it out; a gRPC client sets its own deadlines"),
        );
    }
    findings
}

/// Keys of `expose` that need or exclude each other.
fn check_keys(expose: &Expose, own_gateway: bool) -> Vec<Finding> {
    let mut findings = Vec::from_iter(check_hosts(expose));
    findings.extend(check_host(expose));
    findings.extend(check_gateway_keys(expose));
    findings.extend(check_ingress_keys(expose, own_gateway));
    findings.extend(check_canary(expose));
    findings.extend(check_two_ways(expose));
    findings.extend(check_certificate(expose, own_gateway));
    findings
}

/// Host names that are said in two ways.
fn check_hosts(expose: &Expose) -> Option<Finding> {
    let (host, hosts) = (expose.member("host")?, expose.member("hosts")?);
    Some(
        Finding::error(hosts.key_place.label("and these"), "`expose` has `host` and `hosts`")
            .label(host.key_place.label("this"))
            .help("write all of them under `hosts`"),
    )
}

/// A route goes by host names.
fn check_host(expose: &Expose) -> Option<Finding> {
    (expose.hosts.is_empty() && expose.service_type.is_none()).then(|| {
        Finding::error(expose.place.label(""), "`expose` needs `host`")
            .because("a route is selected by the host name that clients request")
            .help("expose: {host: www.example.com}, {type: LoadBalancer} for a Service that anyone can connect to, or {type: ClusterIP} for one inside the cluster")
    })
}

/// Keys that only a route on a Gateway has.
fn check_gateway_keys(expose: &Expose) -> impl Iterator<Item = Finding> {
    const FIELD: &str = "only an HTTPRoute has a portable field for it";
    const WAY: &str = "only an HTTPRoute has a portable way to split or mirror requests";
    let keys = [("timeout", FIELD), ("retries", FIELD), ("canary", FIELD), ("split", WAY), ("mirror", WAY)];
    keys.into_iter().filter(|_| expose.gateway.is_none()).filter_map(|(key, why)| {
        let place = &expose.member(key)?.key_place;
        let finding = Finding::error(place.label(""), format!("`{key}` needs `gateway`")).because(why);
        Some(finding.help("gateway: <the name of your Gateway>"))
    })
}

/// Keys that only an Ingress has.
fn check_ingress_keys(expose: &Expose, own_gateway: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
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
    findings
}

/// The header of a canary.
fn check_canary(expose: &Expose) -> Option<Finding> {
    let header = expose.member("canary")?.value.get("header").filter(|header| header.members().len() != 1)?;
    let finding = Finding::error(header.place.label(""), "a canary uses exactly one header");
    Some(finding.help("header: {x-canary: \"yes\"}"))
}

/// A Service that is open and a route.
fn check_two_ways(expose: &Expose) -> Option<Finding> {
    let gateway = expose.member("gateway").filter(|_| expose.service_type.is_some())?;
    let kind = expose.member("type")?.key_place.label("");
    let finding = Finding::clash("`expose` is set up in two ways", kind, gateway.key_place.label(""));
    Some(finding.help("leave out `type` to use the Gateway, or `gateway` to open the Service itself"))
}

/// Where the certificate is.
fn check_certificate(expose: &Expose, own_gateway: bool) -> Option<Finding> {
    let tls = expose.member("tls")?;
    if own_gateway {
        return tls.value.text().is_none().then(|| {
            Finding::error(tls.value.place.label(""), "a Gateway of the mesh has no default certificate")
                .help("tls: <the Secret with the certificate>")
        });
    }
    if expose.gateway.is_some() {
        return Some(
            Finding::error(tls.key_place.label(""), "a route has no certificate: its Gateway does")
                .because("an HTTPRoute has no field for it; TLS terminates at the Gateway's listener")
                .help("name the Secret in the Gateway: spec.listeners[].tls.certificateRefs"),
        );
    }
    expose.service_type.is_some().then(|| {
        Finding::error(tls.key_place.label(""), "a Service passes TLS through and has no certificate")
            .help("put `https` under `use`: it holds the certificate in the Pod")
    })
}

/// What templates see of `expose`.
pub(crate) fn context(prepared: &Prepared<'_>, resolver: &mut Resolver<'_>) -> Json {
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
        "rules": rules(expose, resolver),
        "gateway": gateway,
        "gateway_namespace": namespace,
        "type": expose.service_type,
        "mirror": mirror(expose, resolver),
        "path_type": text("path-type"),
        "tls": text("tls").filter(|tls| *tls != false),
    })
}
