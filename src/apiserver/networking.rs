//! Ingresses, their classes and network policies: `pkg/apis/networking/validation`.

use std::collections::HashSet;

use super::field::{Field, IntOrString};
use super::ip::{self, Cidr};
use super::meta::{self, Scope};
use super::{formats, pod, service};

/// `ValidateIngressCreate`
pub fn ingress(object: Field) {
    let (metadata, spec) = (object.child("metadata"), object.child("spec"));
    meta::object_meta(metadata, Scope::Namespaced, formats::dns_subdomain);
    let (rules, backend_field) = (spec.child("rules"), spec.child("defaultBackend"));
    if rules.is_empty() && !backend_field.is_set() {
        spec.invalid("needs `rules` or a `defaultBackend`");
    }
    if backend_field.is_set() {
        backend(backend_field);
    }
    for rule in rules.items() {
        let host = rule.child("host");
        if ip::parse_sloppy(host.str()).is_some() {
            host.invalid("must be a name, not an address");
        }
        host_name(host);
        let http = rule.child("http");
        if http.is_set() && http.child("paths").is_empty() {
            http.child("paths").required("");
        }
        http.child("paths").items().for_each(path);
    }
    for tls in spec.child("tls").items() {
        for host in tls.child("hosts").items() {
            if host.is_empty() {
                host.check(formats::dns_subdomain);
            }
            host_name(host);
        }
        tls.child("secretName").check_unless_empty(formats::dns_subdomain);
    }
    let class = spec.child("ingressClassName");
    if class.is_set() {
        class.check(formats::dns_subdomain);
    }
    let annotation = metadata.child("annotations").key("kubernetes.io/ingress.class");
    if !metadata.child("annotations").has("kubernetes.io/ingress.class") {
        return;
    }
    if !class.is_set() {
        annotation.at_key().warn("the annotation is deprecated; use `spec.ingressClassName`");
    } else if class.str() != annotation.str() {
        // The server leaves `metadata` out of this path.
        let annotations = annotation.called(object, "annotations");
        annotation.called(annotations, "kubernetes.io/ingress.class").invalid("differs from `ingressClassName`");
    }
}

fn host_name(host: Field) {
    if host.str().contains('*') {
        host.check(formats::wildcard_subdomain);
    } else {
        host.check_unless_empty(formats::dns_subdomain);
    }
}

fn path(path: Field) {
    let (kind, text) = (path.child("pathType"), path.child("path"));
    match kind.opt_str() {
        None => {
            kind.required("Prefix, Exact or ImplementationSpecific");
            return;
        }
        Some("Exact" | "Prefix") => {
            if !text.str().starts_with('/') {
                text.invalid("must begin with `/`");
            }
            let inside = ["//", "/./", "/../", "%2f", "%2F"].into_iter().find(|part| text.str().contains(part));
            let behind = ["/..", "/."].into_iter().find(|part| text.str().ends_with(part));
            if let Some(part) = inside.or(behind) {
                text.invalid(format!("may not contain `{part}`: it would match nothing or too much"));
            }
        }
        Some("ImplementationSpecific") => {
            if !text.is_empty() && !text.str().starts_with('/') {
                text.invalid("must begin with `/`");
            }
        }
        Some(other) => kind.not_supported(other, &["Exact", "ImplementationSpecific", "Prefix"]),
    }
    backend(path.child("backend"));
}

/// `validateIngressBackend`
fn backend(backend: Field) {
    let (resource, service) = (backend.child("resource"), backend.child("service"));
    match (resource.is_set(), service.is_set()) {
        (true, true) => backend.invalid("has both a resource and a service"),
        (true, false) => typed_reference(resource),
        (false, false) => backend.invalid("needs a service or a resource"),
        (false, true) => {
            let name = service.child("name");
            name.check_required(service::name_format(name));
            let (port_name, number) = (service.at(&["port", "name"]), service.at(&["port", "number"]));
            match (!port_name.is_empty(), number.int() != 0) {
                (true, true) => backend.invalid("has a port by name and by number"),
                (true, false) => port_name.check(formats::port_name),
                (false, true) => number.in_range(1, 65535),
                (false, false) => backend.required("it needs `port.name` or `port.number`"),
            }
        }
    }
}

/// An API group, a kind and a name.
fn typed_reference(reference: Field) {
    let group = reference.child("apiGroup");
    if group.is_set() {
        group.check(formats::dns_subdomain);
    }
    for name in ["kind", "name"] {
        let field = reference.child(name);
        field.check_required(formats::path_segment);
    }
}

/// `ValidateIngressClass`
pub fn ingress_class(object: Field) {
    meta::object_meta(object.child("metadata"), Scope::Cluster, formats::dns_subdomain);
    let (controller, parameters) = (object.at(&["spec", "controller"]), object.at(&["spec", "parameters"]));
    if controller.str().len() > 250 {
        controller.too_long(250);
    }
    controller.check_required(formats::domain_prefixed_path);
    if !parameters.is_set() {
        return;
    }
    typed_reference(parameters);
    let (scope, namespace) = (parameters.child("scope"), parameters.child("namespace"));
    match scope.opt_str().unwrap_or("Cluster") {
        "Namespace" => {
            if namespace.is_set() {
                namespace.check(formats::dns_label);
            } else {
                namespace.required("`scope` is Namespace");
            }
        }
        "Cluster" => {
            if namespace.is_set() {
                namespace.forbidden("has no meaning where `scope` is Cluster");
            }
        }
        other => scope.not_supported(other, &["Cluster", "Namespace"]),
    }
}

/// `ValidateNetworkPolicy`
pub fn network_policy(object: Field) {
    meta::object_meta(object.child("metadata"), Scope::Namespaced, formats::dns_subdomain);
    let spec = object.child("spec");
    meta::label_selector(spec.child("podSelector"));
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        for rule in spec.child(direction).items() {
            rule.child("ports").items().for_each(policy_port);
            rule.child(peers).items().for_each(policy_peer);
        }
    }
    let types = spec.child("policyTypes");
    if types.len() > 2 {
        types.invalid("has more than Ingress and Egress");
    }
    for kind in types.items() {
        kind.one_of(kind.str(), &["Ingress", "Egress"]);
    }
}

fn policy_port(port: Field) {
    pod_protocol(port.child("protocol"));
    let (number, end) = (port.child("port"), port.child("endPort"));
    match number.int_or_string() {
        Some(IntOrString::Int(value)) => {
            number.in_range(1, 65535);
            if end.is_set() {
                if end.int() < value {
                    end.invalid("is below `port`");
                }
                end.in_range(1, 65535);
            }
        }
        Some(IntOrString::Str(_)) => {
            if end.is_set() {
                end.invalid("needs a `port` that is a number");
            }
            number.check(formats::port_name);
        }
        None if end.is_set() => end.invalid("needs a `port`"),
        None => {}
    }
}

/// A protocol that is a pointer: an empty text is not missing.
fn pod_protocol(protocol: Field) {
    protocol.one_of(protocol.opt_str().unwrap_or("TCP"), &["TCP", "UDP", "SCTP"]);
}

fn policy_peer(peer: Field) {
    let (pods, namespaces, block) = (peer.child("podSelector"), peer.child("namespaceSelector"), peer.child("ipBlock"));
    meta::label_selector(pods);
    meta::label_selector(namespaces);
    if block.is_set() {
        ip_block(block);
    }
    let count = [pods, namespaces, block].iter().filter(|field| field.is_set()).count();
    if count == 0 {
        peer.required("a peer needs a podSelector, a namespaceSelector or an ipBlock");
    } else if count > 1 && block.is_set() {
        peer.forbidden("has `ipBlock` beside a selector");
    }
}

/// `ValidateIPBlock`
fn ip_block(block: Field) {
    let cidr = block.child("cidr");
    if cidr.is_empty() {
        cidr.required("");
        return;
    }
    ip::check_cidr(cidr);
    cidr_warning(cidr);
    let Some(range) = Cidr::parse_sloppy(cidr.str()) else { return };
    for except in block.child("except").items() {
        ip::check_cidr(except);
        cidr_warning(except);
        let Some(part) = Cidr::parse_sloppy(except.str()) else { continue };
        if !range.contains(part.address) || range.length >= part.length {
            except.invalid("must be a part of `cidr`");
        }
    }
}

fn cidr_warning(cidr: Field) {
    if let Some(message) = ip::cidr_warning(cidr.str()) {
        cidr.warn(message);
    }
}

/// `ValidateRuntimeClass`, of `pkg/apis/node`.
pub fn runtime_class(object: Field) {
    meta::object_meta(object.child("metadata"), Scope::Cluster, formats::dns_subdomain);
    let handler = object.child("handler");
    handler.check_required(formats::dns_label);
    let overhead = object.child("overhead");
    super::resources::overhead(overhead.child("podFixed").called(overhead, "limits"));
    let scheduling = object.child("scheduling");
    meta::label_map(scheduling.child("nodeSelector"));
    let tolerations = scheduling.child("tolerations");
    pod::tolerations(tolerations);
    let mut seen = HashSet::new();
    for toleration in tolerations.items() {
        let key = ["key", "operator", "value", "effect"].map(|name| toleration.child(name).str());
        if seen.contains(&key) {
            toleration.duplicate(key[0]);
        }
        seen.insert(key);
    }
    for (key, value) in scheduling.child("nodeSelector").entries() {
        if let Some(message) = pod::node_label_message(&key) {
            value.at_key().warn(format!("`{key}` is {message}"));
        }
    }
}
