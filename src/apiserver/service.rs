//! Services: `validateService`, and the checks of `pkg/registry/core/service/storage` that need no cluster.

mod addresses;
mod ports;

use super::field::Field;
use super::meta::{self, NameFormat, Scope};
use super::{formats, ip};
use crate::kube::versions::Change;
use addresses::cluster_ips;
pub use ports::PORTS_NEED_NAMES;
use ports::{allocated, ports};

const TYPES: [&str; 4] = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];

/// The defaults that the rules look at.
struct Service<'a> {
    spec: Field<'a>,
    kind: &'a str,
}

impl Service<'_> {
    fn is_headless(&self) -> bool {
        let ips = self.spec.child("clusterIPs");
        match ips.items().next() {
            Some(first) => ips.len() == 1 && first.str() == "None",
            None => self.spec.child("clusterIP").str() == "None",
        }
    }

    fn has_node_ports(&self) -> bool {
        matches!(self.kind, "NodePort" | "LoadBalancer")
    }
}

/// `ValidateServiceCreate`
pub fn service(object: Field) {
    let (metadata, spec) = (object.child("metadata"), object.child("spec"));
    meta::object_meta(metadata, Scope::Namespaced, name_format(object));
    let service = Service { spec, kind: spec.child("type").str_or("ClusterIP") };
    topology_annotations(metadata.child("annotations"));
    by_type(&service);
    ports(&service);
    meta::label_map(spec.child("selector"));
    session_affinity(spec);
    if service.kind != "ExternalName" {
        cluster_ips(&service);
    }
    for address in spec.child("externalIPs").items() {
        if ip::check_address(address)
            && let Some(rule) = ip::parse_sloppy(address.str()).and_then(ip::endpoint)
        {
            address.invalid(rule);
        }
    }
    source_ranges(&service, metadata);
    traffic(&service);
    warnings(&service, metadata);
}

/// What a Service can be called.
pub fn name_format(object: Field) -> NameFormat {
    if object.has_change(Change::RelaxedServiceNames) { formats::dns_label } else { formats::dns_1035_label }
}

fn topology_annotations(annotations: Field) {
    let (hints, mode) = ("service.kubernetes.io/topology-aware-hints", "service.kubernetes.io/topology-mode");
    if let (Some(old), Some(new)) = (annotations.get(hints), annotations.get(mode))
        && old != new
    {
        annotations.key(mode).invalid("differs from the annotation that it replaces");
    }
    if annotations.has(hints) {
        annotations.key(hints).at_key().warn(format!("`{hints}` is deprecated; use `{mode}`"));
    }
}

fn by_type(service: &Service) {
    let spec = service.spec;
    spec.child("type").one_of(service.kind, &TYPES);
    let ips = spec.child("clusterIPs");
    match service.kind {
        "LoadBalancer" | "NodePort" if service.is_headless() => {
            let written = if ips.is_empty() { spec.child("clusterIP") } else { ips };
            written.as_item_of(ips, 0).invalid(format!("cannot be None for a {} Service", service.kind));
        }
        "ExternalName" => {
            let written = if ips.is_empty() { spec.child("clusterIP") } else { ips };
            for field in [written.as_path_of(ips), spec.child("ipFamilies"), spec.child("ipFamilyPolicy")] {
                if !field.is_empty() {
                    field.forbidden("cannot be set for an ExternalName Service");
                }
            }
            let name = spec.child("externalName");
            let text = name.str().strip_suffix('.').unwrap_or(name.str());
            if text.is_empty() {
                name.required("");
            } else if let Some(rule) = formats::dns_subdomain(text) {
                name.invalid(rule);
            }
        }
        _ => {}
    }
    let allocate = spec.child("allocateLoadBalancerNodePorts");
    let class = spec.child("loadBalancerClass");
    if service.kind != "LoadBalancer" {
        for field in [allocate, class].into_iter().filter(|field| field.is_set()) {
            field.forbidden("is only for LoadBalancer Services");
        }
    } else if class.is_set() {
        class.check(formats::qualified_name);
    }
}

fn session_affinity(spec: Field) {
    let affinity = spec.child("sessionAffinity");
    affinity.one_of(affinity.str_or("None"), &["ClientIP", "None"]);
    let timeout = spec.at(&["sessionAffinityConfig", "clientIP", "timeoutSeconds"]);
    if affinity.str() == "ClientIP" && timeout.is_set() {
        timeout.in_range(1, 86400);
    }
}

fn source_ranges(service: &Service, metadata: Field) {
    let ranges = service.spec.child("loadBalancerSourceRanges").called(service.spec, "LoadBalancerSourceRanges");
    let annotation = metadata.child("annotations").key("service.beta.kubernetes.io/load-balancer-source-ranges");
    let is_strict = ranges.has_change(Change::StrictAddresses);
    if !ranges.is_empty() {
        if service.kind != "LoadBalancer" {
            ranges.forbidden("are only for LoadBalancer Services");
        }
        for range in ranges.items() {
            if let Some(rule) = ip::cidr(range.str().trim(), is_strict) {
                range.invalid(rule);
            }
        }
    } else if annotation.is_set() {
        if service.kind != "LoadBalancer" {
            annotation.forbidden("is only for LoadBalancer Services");
        }
        let text = annotation.str().trim();
        let wrong = text.split(',').filter(|_| !text.is_empty()).find_map(|range| ip::cidr(range.trim(), is_strict));
        if let Some(rule) = wrong {
            annotation.invalid(format!("has a range that {rule}"));
        }
    }
}

/// Traffic policies, the health check that one of them needs, and the preferred way.
fn traffic(service: &Service) {
    let spec = service.spec;
    let external = spec.child("externalTrafficPolicy");
    let accessible = service.has_node_ports() || service.kind == "ClusterIP" && !spec.child("externalIPs").is_empty();
    if accessible {
        external.one_of(external.str_or("Cluster"), &["Cluster", "Local"]);
    } else if !external.is_empty() {
        external.invalid("is for Services that can be reached from outside");
    }
    let check = spec.child("healthCheckNodePort");
    let needs_check = service.kind == "LoadBalancer" && external.str() == "Local";
    if !needs_check && check.int() != 0 {
        check.invalid("is only for LoadBalancer Services with `externalTrafficPolicy: Local`");
    } else if needs_check && check.int() != 0 {
        check.in_range(1, 65535);
        allocated(check);
    }
    let internal = spec.child("internalTrafficPolicy");
    if internal.is_set() {
        internal.one_of(internal.str(), &["Cluster", "Local"]);
    }
    let distribution = spec.child("trafficDistribution");
    if distribution.is_set() {
        let newer = distribution.has_change(Change::PreferSameTraffic);
        let known = if newer { &["PreferClose", "PreferSameZone", "PreferSameNode"][..] } else { &["PreferClose"] };
        distribution.one_of(distribution.str(), known);
    }
}

/// `GetWarningsForService`
fn warnings(service: &Service, _metadata: Field) {
    let spec = service.spec;
    let (external, name) = (spec.child("externalIPs"), spec.child("externalName"));
    let balancer = spec.child("loadBalancerIP");
    let address_warning = |address: Field| {
        if let Some(message) = ip::address_warning(address.str()) {
            address.warn(message);
        }
    };
    let ips = spec.child("clusterIPs");
    if ips.is_empty() {
        address_warning(spec.child("clusterIP"));
    } else {
        ips.items().for_each(address_warning);
    }
    let headless = service.kind == "ClusterIP" && spec.child("clusterIP").str() == "None";
    if headless && !spec.has_change(Change::HeadlessWarnings) {
        // Older servers say nothing.
    } else if headless {
        for field in [balancer, external].into_iter().filter(|field| !field.is_empty()) {
            field.warn("has no effect on a headless Service");
        }
        if spec.child("sessionAffinity").str_or("None") != "None" {
            spec.child("sessionAffinity").warn("`sessionAffinity` has no effect on a headless Service");
        }
    } else if !external.is_empty()
        && service.kind != "ExternalName"
        && spec.has_change(Change::ExternalAddressesDeprecated)
    {
        external.warn("`externalIPs` is deprecated, and some clusters ignore it");
    }
    external.items().for_each(address_warning);
    address_warning(balancer);
    for range in spec.child("loadBalancerSourceRanges").items() {
        if let Some(message) = ip::cidr_warning(range.str()) {
            range.warn(message);
        }
    }
    if service.kind == "ExternalName" && !external.is_empty() {
        external.warn("`externalIPs` has no effect on an ExternalName Service");
    }
    if service.kind != "ExternalName" && !name.is_empty() {
        name.warn("`externalName` has no effect unless `type` is ExternalName");
    }
    let distribution = spec.child("trafficDistribution");
    if distribution.str() == "PreferClose" && distribution.has_change(Change::PreferCloseDeprecated) {
        distribution.warn("PreferClose is deprecated; use PreferSameZone");
    }
}
