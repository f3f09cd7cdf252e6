//! Services: `validateService`, and the checks of `pkg/registry/core/service/storage` that need no cluster.

use super::field::Field;
use super::meta::{self, NameFormat, Scope};
use super::seen::Seen;
use super::{formats, ip};
use crate::kube::FastSet;
use crate::kube::versions::Change;

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

/// What is said of each port without a name.
pub const PORTS_NEED_NAMES: &str = "ports need names if there are several";

fn ports(service: &Service) {
    let ports = service.spec.child("ports");
    if ports.is_empty() && !service.is_headless() && service.kind != "ExternalName" {
        ports.required("a Service without ports forwards nothing");
    }
    let (mut names, mut numbers, mut node_ports) = (Seen::default(), Seen::default(), Seen::default());
    for port in ports.items() {
        let name = port.child("name");
        if name.is_empty() {
            if ports.len() > 1 {
                name.required(PORTS_NEED_NAMES);
            }
        } else {
            name.check(formats::dns_label);
            if names.contains(&name.str()) {
                name.duplicate(name.str());
            }
            names.insert(name.str());
        }
        port.child("port").in_range(1, 65535);
        let protocol = port.child("protocol").str_or("TCP");
        port.child("protocol").one_of(protocol, &["TCP", "UDP", "SCTP"]);
        target_port(port);
        let app = port.child("appProtocol");
        if app.is_set() {
            app.check(formats::qualified_name);
        }
        let key = (protocol, port.child("port").int());
        if numbers.contains(&key) {
            port.duplicate(&format!("{}/{}", key.1, key.0));
        }
        numbers.insert(key);
        let node_port = port.child("nodePort");
        if node_port.int() == 0 {
            continue;
        }
        if service.kind == "ClusterIP" {
            node_port.forbidden("is not for ClusterIP Services");
        } else if service.has_node_ports() {
            allocated(node_port);
        }
        if node_ports.contains(&(protocol, node_port.int())) {
            node_port.duplicate(&node_port.int().to_string());
        }
        node_ports.insert((protocol, node_port.int()));
    }
}

/// Which ports a node gives away is a flag of the server (`--service-node-port-range`), and a dry run does
/// not ask; so this is not an error.
fn allocated(port: Field) {
    if !(30000..=32767).contains(&port.int()) {
        port.warn_of_flag(format!("{} is outside 30000 to 32767, the range that servers use by default", port.int()));
    }
}

/// Zero or an empty name becomes the port's own number.
fn target_port(port: Field) {
    use super::field::IntOrString;
    let target = port.child("targetPort");
    match target.int_or_string() {
        None | Some(IntOrString::Int(0) | IntOrString::Str("")) => {
            let number = port.child("port");
            if !(1..=65535).contains(&number.int()) {
                number.as_path_of(target).invalid("is taken from `port`, which is not a port number");
            }
        }
        Some(IntOrString::Int(_)) => target.in_range(1, 65535),
        Some(IntOrString::Str(_)) => target.check(formats::port_name),
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

/// `ValidateServiceClusterIPsRelatedFields`
fn cluster_ips(service: &Service) {
    let spec = service.spec;
    let (single, list) = (spec.child("clusterIP"), spec.child("clusterIPs"));
    let first = list.items().next();
    if single.is_empty() && !list.is_empty() {
        list.invalid("needs its first address in `clusterIP` too");
    }
    if let Some(first) = first
        && !single.is_empty()
        && first.str() != single.str()
    {
        list.invalid("must begin with the address of `clusterIP`");
    }
    let (families, policy) = (spec.child("ipFamilies"), spec.child("ipFamilyPolicy"));
    let mut seen = FastSet::default();
    for family in families.items() {
        family.one_of(family.str(), &["IPv4", "IPv6"]);
        if seen.contains(&family.str()) {
            family.duplicate(family.str());
        }
        seen.insert(family.str());
    }
    if policy.is_set() {
        policy.one_of(policy.str(), &["SingleStack", "PreferDualStack", "RequireDualStack"]);
    }
    if list.is_empty() && !single.is_empty() && single.str() != "None" {
        // One address stands for a list of one.
        let only = single.as_item_of(list, 0);
        ip::check_address(only);
        family_of(only, families.items().next());
    }
    for (index, address) in list.items().enumerate() {
        if index == 0 && address.str() == "None" {
            if list.len() > 1 {
                list.invalid("cannot contain anything besides None");
            }
            continue;
        }
        ip::check_address(address);
    }
    if list.len() > 2 {
        list.invalid("has more than 2 addresses, one of each family");
    }
    let addresses: Vec<_> = list.items().map(|address| ip::parse_sloppy(address.str())).collect();
    if let [Some(one), Some(other)] = addresses.as_slice()
        && ip::is_ipv6(*one) == ip::is_ipv6(*other)
    {
        list.invalid("has two addresses of one family");
    }
    for (address, family) in list.items().zip(families.items()).filter(|_| !service.is_headless()) {
        family_of(address, Some(family));
    }
    let is_default_single = policy.str() == "SingleStack" || !policy.is_set() && !selectorless_headless(service);
    if is_default_single && (list.len() == 2 || families.len() == 2) {
        policy.invalid("must be PreferDualStack or RequireDualStack for two families");
    }
}

/// Whether an address is of the family that is at its place.
fn family_of(address: Field, family: Option<Field>) {
    let Some(family) = family else { return };
    let is_ipv6 = ip::parse_sloppy(address.str()).map(ip::is_ipv6);
    if is_ipv6.is_some_and(|six| six != (family.str() == "IPv6")) {
        address.invalid(format!("is not an {} address, as `ipFamilies` requires", family.str()));
    }
}

fn selectorless_headless(service: &Service) -> bool {
    service.is_headless() && service.spec.child("selector").is_empty()
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
