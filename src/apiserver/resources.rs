//! Resource names and lists: `ValidateContainerResourceRequirements` and `pkg/apis/core/helper`.

use std::cmp::Ordering;

use super::field::Field;
use super::formats;
use crate::go::Quantity;
use crate::kube::{FastMap, FastSet};

/// Whose resources are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A container's: any resource of a node.
    Container,
    /// A whole Pod's: cpu, memory and huge pages.
    Pod,
}

const CONTAINER: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];
const COUNTS: [&str; 9] = [
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
];
const QUOTA: [&str; 10] = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.storage",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
];

/// `IsHugePageResourceName`
pub fn is_huge_page(name: &str) -> bool {
    name.starts_with("hugepages-")
}

/// `IsStandardQuotaResourceName`
pub fn is_quota(name: &str) -> bool {
    QUOTA.contains(&name) || COUNTS.contains(&name) || is_huge_page(name) || name.starts_with("requests.hugepages-")
}

pub fn is_standard(name: &str) -> bool {
    is_quota(name) || name == "storage"
}

fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// `IsExtendedResourceName`
pub fn is_extended(name: &str) -> bool {
    !is_native(name) && !name.starts_with("requests.") && formats::qualified_name(&format!("requests.{name}")).is_none()
}

/// `IsOvercommitAllowed`: whether a request may be less than the limit.
pub fn is_overcommit_allowed(name: &str) -> bool {
    is_native(name) && !is_huge_page(name)
}

/// What is said of a resource without a domain that is none of Kubernetes' own.
pub const NOT_STANDARD: &str = "is not a standard resource: others are written as `example.com/name`";

/// `validateResourceName`; true if nothing is wrong.
pub fn resource_name(name: &str, at: Field) -> bool {
    if let Some(rule) = formats::qualified_name(name) {
        at.invalid(rule);
        return false;
    }
    if !name.contains('/') && !is_standard(name) {
        at.invalid(NOT_STANDARD);
        return false;
    }
    true
}

/// `validateContainerResourceName`
pub fn container_resource_name(name: &str, at: Field) {
    if !resource_name(name, at) {
        return;
    }
    if !name.contains('/') {
        if !CONTAINER.contains(&name) && !is_huge_page(name) {
            at.invalid("is not a resource of containers: cpu, memory, ephemeral-storage, hugepages-…");
        }
    } else if !is_native(name) && !is_extended(name) {
        at.invalid("is not a name of an extended resource");
    }
}

fn pod_resource_name(name: &str, at: Field) {
    if resource_name(name, at) && !matches!(name, "cpu" | "memory") && !is_huge_page(name) {
        at.not_supported(name, &["cpu", "memory", "hugepages-…"]);
    }
}

/// `ValidateResourceQuantityValue`
pub fn quantity_value(name: &str, quantity: Quantity, at: Field) {
    if quantity.sign() < 0 {
        at.invalid("cannot be negative");
    }
    if (COUNTS.contains(&name) || is_extended(name)) && !quantity.is_whole() {
        at.invalid("must be a whole number");
    }
}

fn huge_page_value(name: &str, quantity: Quantity, at: Field) {
    let size = name.strip_prefix("hugepages-").and_then(Quantity::parse);
    let fits = size.is_some_and(|size| size.sign() > 0 && size.is_whole() && quantity.value() % size.value() == 0);
    if !fits {
        at.invalid("is not a multiple of the page size in its name");
    }
}

/// `validateResourceRequirements`
pub fn requirements(resources: Field, owner: Owner, claims: &FastSet<&str>) {
    let (limits, requests) = (resources.child("limits"), resources.child("requests"));
    let judge = |name: &str, at: Field| {
        match owner {
            Owner::Container => container_resource_name(name, at.at_key()),
            Owner::Pod => pod_resource_name(name, at.at_key()),
        }
        quantity_value(name, at.quantity(), at);
        if is_huge_page(name) {
            huge_page_value(name, at.quantity(), at);
        }
    };
    for (name, limit) in limits.entries() {
        judge(&name, limit);
    }
    // few are found faster by looking at each
    let many = (limits.len() > 16).then(|| limits.entries().collect::<FastMap<_, _>>());
    let limit_of = |name: &str| match &many {
        Some(many) => many.get(name).copied(),
        None => limits.lookup(name),
    };
    for (name, request) in requests.entries() {
        judge(&name, request);
        let shown = request.as_path_of(requests);
        match limit_of(&name).map(|limit| request.quantity().compare(limit.quantity())) {
            Some(order) if order != Ordering::Equal && !is_overcommit_allowed(&name) => {
                shown.invalid(format!("must have as much `{name}` as the limit: it cannot be overcommitted"));
            }
            Some(Ordering::Greater) => shown.invalid(format!("has more `{name}` than the limit allows")),
            None if !is_overcommit_allowed(&name) => {
                limits.required(&format!("`{name}` cannot be overcommitted, so it needs a limit"));
            }
            _ => {}
        }
    }
    let names = |wanted: fn(&str) -> bool| limits.entries().chain(requests.entries()).any(|(name, _)| wanted(&name));
    if names(is_huge_page) && !names(|name| matches!(name, "cpu" | "memory")) {
        resources.forbidden("has huge pages but neither cpu nor memory, one of which is required");
    }
    resource_claims(resources.child("claims"), claims);
}

/// Claims of a container, which the Pod must have.
fn resource_claims(claims: Field, of_pod: &FastSet<&str>) {
    // what is asked of each so far; nothing is all of it
    let mut seen: FastMap<&str, FastSet<&str>> = FastMap::default();
    for claim in claims.items() {
        let (name, request) = (claim.child("name").str(), claim.child("request").str());
        if name.is_empty() {
            claim.required("it refers to one of the Pod's `resourceClaims`");
            continue;
        }
        claim.child("request").check_unless_empty(formats::dns_label);
        let parts = seen.entry(name).or_default();
        if parts.contains("") || parts.contains(request) || request.is_empty() && !parts.is_empty() {
            claim.duplicate(name);
        }
        parts.insert(request);
        if !of_pod.contains(name) {
            claim.not_found(name, "among the Pod's `resourceClaims`");
        }
    }
}

/// `validateOverhead`: limits of no container in particular.
pub fn overhead(overhead: Field) {
    for (name, quantity) in overhead.entries() {
        let at = quantity;
        container_resource_name(&name, at.at_key());
        quantity_value(&name, quantity.quantity(), at);
        if is_huge_page(&name) {
            huge_page_value(&name, quantity.quantity(), at);
        }
    }
}
