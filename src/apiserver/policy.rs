//! Budgets, leases and priorities: `pkg/apis/policy`, `coordination` and `scheduling`.

use super::field::Field;
use super::meta::{self, Scope};
use super::{apps, formats, pod};

/// `ValidatePodDisruptionBudget`. The name is any that can be in a URL.
pub fn disruption_budget(object: Field) {
    meta::object_meta(object.child("metadata"), Scope::Namespaced, formats::path_segment);
    let spec = object.child("spec");
    let (minimum, maximum) = (spec.child("minAvailable"), spec.child("maxUnavailable"));
    if minimum.is_set() && maximum.is_set() {
        spec.invalid("has both `minAvailable` and `maxUnavailable`");
    }
    for field in [minimum, maximum] {
        apps::int_or_percent(field);
        apps::at_most_all(field);
    }
    meta::label_selector(spec.child("selector"));
    let policy = spec.child("unhealthyPodEvictionPolicy");
    if policy.is_set() {
        policy.one_of(policy.str(), &["AlwaysAllow", "IfHealthyBudget"]);
    }
}

/// `ValidateLease`
pub fn lease(object: Field) {
    meta::object_meta(object.child("metadata"), Scope::Namespaced, formats::dns_subdomain);
    let spec = object.child("spec");
    let duration = spec.child("leaseDurationSeconds");
    if duration.is_set() && duration.int() <= 0 {
        duration.invalid("must be above 0");
    }
    spec.child("leaseTransitions").non_negative();
}

/// `ValidatePriorityClass`
pub fn priority_class(object: Field) {
    meta::object_meta(object.child("metadata"), Scope::Cluster, formats::dns_subdomain);
    let (name, value) = (object.at(&["metadata", "name"]), object.child("value"));
    let system = [("system-node-critical", 2_000_001_000), ("system-cluster-critical", 2_000_000_000)];
    if name.str().starts_with("system-") {
        let is_system = system.contains(&(name.str(), value.int())) && !object.child("globalDefault").is_true();
        if !is_system {
            name.forbidden("starts with `system-`, which is reserved for Kubernetes");
        }
    } else if value.int() > 1_000_000_000 {
        value.forbidden("is above 1000000000, the maximum for users");
    }
    pod::preemption_policy(object.child("preemptionPolicy"));
}
