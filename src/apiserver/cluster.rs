//! Kinds of the cluster itself: address ranges of Services, addresses, and APIs that another server serves
//! (`pkg/apis/networking/validation`, `kube-aggregator/pkg/apis/apiregistration/validation`).

use super::field::Field;
use super::formats;
use super::ip::{self, Cidr};
use super::meta::{self, Scope};

/// `ValidateIPAddress`
pub fn ip_address(object: Field) {
    meta::object_meta(object.child("metadata"), Scope::Cluster, ip::canonical_address);
    let parent = object.at(&["spec", "parentRef"]);
    if !parent.is_set() {
        parent.required("an address needs an owner, for example a Service");
        return;
    }
    parent.child("group").check_unless_empty(formats::dns_subdomain);
    for name in ["resource", "name"] {
        let field = parent.child(name);
        field.check_required(formats::path_segment);
    }
    parent.child("namespace").check_unless_empty(formats::path_segment);
}

/// `ValidateServiceCIDR`
pub fn service_cidr(object: Field) {
    meta::object_meta(object.child("metadata"), Scope::Cluster, formats::dns_subdomain);
    let ranges = object.at(&["spec", "cidrs"]);
    if ranges.is_empty() {
        ranges.required("");
        return;
    }
    if ranges.len() > 2 {
        ranges.invalid("has more than 2 ranges, one of each family");
        return;
    }
    for range in ranges.items() {
        range.check(ip::canonical_cidr);
    }
    let families: Vec<bool> = ranges
        .items()
        .filter_map(|range| Cidr::parse_sloppy(range.str()))
        .map(|one| ip::is_ipv6(one.address))
        .collect();
    if let [one, other] = families[..]
        && one == other
    {
        ranges.invalid("has two ranges of one family");
    }
}

/// `ValidateAPIService`
pub fn api_service(object: Field) {
    let (metadata, spec) = (object.child("metadata"), object.child("spec"));
    meta::object_meta_of_library(metadata, Scope::Cluster, formats::path_segment);
    let (group, version, name) = (spec.child("group"), spec.child("version"), metadata.child("name"));
    let wanted = format!("{}.{}", version.str(), group.str());
    if !name.is_empty() && formats::path_segment(name.str()).is_none() && name.str() != wanted {
        name.invalid(format!("must be version and group, `{wanted}`"));
    }
    if group.is_empty() && version.str() != "v1" {
        group.required("only v1 of Kubernetes itself has none");
    }
    group.check_unless_empty(formats::dns_subdomain);
    version.check(formats::version_label);
    spec.child("groupPriorityMinimum").in_range(1, 20_000);
    spec.child("versionPriority").in_range(1, 1000);
    let (service, bundle, skip) = (spec.child("service"), spec.child("caBundle"), spec.child("insecureSkipTLSVerify"));
    if !service.is_set() {
        if !bundle.is_empty() {
            bundle.invalid("is for an API behind a `service`");
        }
        if skip.is_true() {
            skip.invalid("is for an API behind a `service`");
        }
        return;
    }
    for name in ["namespace", "name"] {
        if service.child(name).is_empty() {
            service.child(name).required("");
        }
    }
    let port = service.child("port");
    if port.is_set() {
        port.in_range(1, 65535);
    }
    if skip.is_true() && !bundle.is_empty() {
        skip.invalid("excludes `caBundle`");
    }
}
