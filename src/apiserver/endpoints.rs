//! Endpoints and their slices: `validateEndpointSubsets`, `pkg/apis/discovery/validation`.

use std::collections::HashSet;

use super::field::Field;
use super::meta::{self, Scope};
use super::{formats, ip};

/// `ValidateEndpoints`
pub fn endpoints(object: Field) {
    meta::object_meta(object.child("metadata"), Scope::Namespaced, formats::dns_subdomain);
    object.child("kind").warn("Endpoints are deprecated since v1.33; use EndpointSlice of `discovery.k8s.io/v1`");
    for subset in object.child("subsets").items() {
        let (ready, not_ready) = (subset.child("addresses"), subset.child("notReadyAddresses"));
        if ready.is_empty() && not_ready.is_empty() {
            subset.required("it needs `addresses` or `notReadyAddresses`");
        }
        for address in ready.items().chain(not_ready.items()) {
            let text = address.child("ip");
            endpoint_address(text, text);
            if let Some(message) = ip::address_warning(text.str()) {
                text.warn(message);
            }
            address.child("hostname").check_unless_empty(formats::dns_label);
            let node = address.child("nodeName");
            if node.is_set() {
                node.check(formats::dns_subdomain);
            }
        }
        let ports = subset.child("ports");
        for port in ports.items() {
            let name = port.child("name");
            if !name.is_empty() {
                name.check(formats::dns_label);
            } else if ports.len() > 1 {
                name.required("ports need names if there are several");
            }
            port.child("port").in_range(1, 65535);
            port.child("protocol").one_of(port.child("protocol").str_or("TCP"), &["TCP", "UDP", "SCTP"]);
            app_protocol(port);
        }
    }
}

fn app_protocol(port: Field) {
    let protocol = port.child("appProtocol");
    if protocol.is_set() {
        protocol.check(formats::qualified_name);
    }
}

fn endpoint_address(address: Field, at: Field) {
    if ip::check_address(address)
        && let Some(rule) = ip::parse_sloppy(address.str()).and_then(ip::endpoint)
    {
        at.invalid(rule);
    }
}

/// `ValidateEndpointSlice`
pub fn endpoint_slice(object: Field) {
    meta::object_meta(object.child("metadata"), Scope::Namespaced, formats::dns_subdomain);
    let kind = object.child("addressType");
    if kind.is_empty() {
        kind.required("");
    } else {
        kind.one_of(kind.str(), &["FQDN", "IPv4", "IPv6"]);
    }
    if kind.str() == "FQDN" {
        kind.warn("FQDN endpoints are deprecated, and nothing reads them");
    }
    slice_ports(object.child("ports"));
    let endpoints = object.child("endpoints");
    if endpoints.len() > 1000 {
        endpoints.too_many(1000);
    }
    for endpoint in endpoints.items() {
        slice_endpoint(endpoint, kind.str());
    }
}

fn slice_ports(ports: Field) {
    if ports.len() > 20_000 {
        ports.too_many(20_000);
    }
    let mut names = HashSet::new();
    for port in ports.items() {
        let name = port.child("name");
        name.check_unless_empty(formats::dns_label);
        if names.contains(&name.str()) {
            name.duplicate(name.str());
        }
        names.insert(name.str());
        port.child("protocol").one_of(port.child("protocol").opt_str().unwrap_or("TCP"), &["TCP", "UDP", "SCTP"]);
        app_protocol(port);
    }
}

fn slice_endpoint(endpoint: Field, kind: &str) {
    let addresses = endpoint.child("addresses");
    if addresses.is_empty() {
        addresses.required("an endpoint needs at least one address");
    } else if addresses.len() > 100 {
        addresses.too_many(100);
    }
    for address in addresses.items() {
        let is_ipv6 = ip::parse_sloppy(address.str()).map(ip::is_ipv6);
        match kind {
            "IPv4" => {
                endpoint_address(address, address);
                if is_ipv6 == Some(true) {
                    address.as_path_of(addresses).invalid("has an address that is not IPv4");
                }
            }
            "IPv6" => {
                match ip::canonical_address(address.str()) {
                    Some(rule) => address.invalid(rule),
                    None => endpoint_address(address, address),
                }
                if is_ipv6 == Some(false) {
                    address.as_path_of(addresses).invalid("has an address that is not IPv6");
                }
            }
            "FQDN" if address.is_empty() => address.required(""),
            "FQDN" => address.check(formats::fully_qualified_domain),
            _ => {}
        }
        if matches!(kind, "IPv4")
            && let Some(message) = ip::address_warning(address.str())
        {
            address.warn(message);
        }
    }
    let (node, host) = (endpoint.child("nodeName"), endpoint.child("hostname"));
    if node.is_set() {
        node.check(formats::dns_subdomain);
    }
    if host.is_set() {
        host.check(formats::dns_label);
    }
    hints(endpoint.child("hints").child("forZones"), formats::label_value);
    hints(endpoint.child("hints").child("forNodes"), formats::dns_subdomain);
}

fn hints(hints: Field, format: fn(&str) -> Option<&'static str>) {
    if hints.len() > 8 {
        hints.too_many(8);
    }
    let mut seen = HashSet::new();
    for name in hints.items().map(|hint| hint.child("name")) {
        if seen.contains(&name.str()) {
            name.duplicate(name.str());
        }
        seen.insert(name.str());
        name.check(format);
    }
}
