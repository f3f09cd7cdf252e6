//! Quotas and limit ranges: `ValidateResourceQuota`, `ValidateLimitRange`.

use std::collections::HashSet;

use std::cmp::Ordering;

use super::field::Field;
use super::meta::{self, Scope};
use super::{formats, resources};
use crate::go::Quantity;

const SCOPES: [&str; 7] = [
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "VolumeAttributesClass",
    "CrossNamespacePodAffinity",
];
const COMPUTE: [&str; 6] = ["cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory"];

/// `ValidateResourceQuota`
pub fn resource_quota(object: Field) {
    meta::object_meta(object.child("metadata"), Scope::Namespaced, formats::dns_subdomain);
    let spec = object.child("spec");
    let hard = spec.child("hard");
    for (name, quantity) in hard.entries() {
        quota_name(&name, quantity.at_key());
        resources::quantity_value(&name, quantity.quantity(), quantity);
    }
    scopes(spec.child("scopes"), hard);
    scope_selector(spec.child("scopeSelector"), hard);
    warnings(hard);
}

fn quota_name(name: &str, at: Field) {
    if resources::resource_name(name, at) && !name.contains('/') && !resources::is_quota(name) {
        at.invalid("is not a resource of quotas");
    }
}

/// `IsResourceQuotaScopeValidForResource`
fn scope_fits(scope: &str, name: &str) -> bool {
    match scope {
        "BestEffort" => name == "pods",
        "VolumeAttributesClass" => matches!(name, "persistentvolumeclaims" | "requests.storage"),
        scope if SCOPES.contains(&scope) => name == "pods" || COMPUTE.contains(&name),
        _ => true,
    }
}

fn applies(scope: &str, hard: Field, at: Field) {
    for (name, _) in hard.entries() {
        if resources::is_quota(&name) && !scope_fits(scope, &name) {
            at.invalid(format!("has `{scope}`, which does not apply to `{name}`"));
        }
    }
}

fn conflicts(scopes: &[&str], at: Field) {
    for (one, other) in [("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")] {
        if scopes.contains(&one) && scopes.contains(&other) {
            at.invalid(format!("has both {one} and {other}, and no Pod is both"));
        }
    }
}

fn scopes(scopes: Field, hard: Field) {
    for scope in scopes.items().map(|scope| scope.as_path_of(scopes)) {
        if !SCOPES.contains(&scope.str()) {
            scope.invalid(format!("has `{}`, which is not a scope", scope.str()));
        }
        applies(scope.str(), hard, scope);
    }
    let names: Vec<&str> = scopes.items().map(Field::str).collect();
    conflicts(&names, scopes);
}

/// `validateScopedResourceSelectorRequirement`; the server's paths lack the index.
fn scope_selector(selector: Field, hard: Field) {
    let expressions = selector.child("matchExpressions");
    for expression in expressions.items() {
        let scope = expression.child("scopeName").called(expressions, "scopeName");
        let operator = expression.child("operator").called(expressions, "operator");
        let values = expression.child("values").called(expressions, "values");
        if !SCOPES.contains(&scope.str()) {
            scope.invalid("is not a scope");
        }
        applies(scope.str(), hard, scope.as_path_of(expressions));
        let takes_values = matches!(scope.str(), "PriorityClass" | "VolumeAttributesClass");
        if SCOPES.contains(&scope.str()) && !takes_values && operator.str() != "Exists" {
            operator.invalid("must be Exists for this scope");
        }
        match operator.str() {
            "In" | "NotIn" if values.is_empty() => values.required("`In` and `NotIn` compare with values"),
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                values.invalid("have no meaning for `Exists` and `DoesNotExist`");
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            _ => operator.invalid("must be In, NotIn, Exists or DoesNotExist"),
        }
    }
    let names: Vec<&str> = expressions.items().map(|expression| expression.child("scopeName").str()).collect();
    conflicts(&names, expressions);
}

fn warnings(hard: Field) {
    for (name, requests, limits) in [
        ("cpu", "requests.cpu", "limits.cpu"),
        ("memory", "requests.memory", "limits.memory"),
        ("", "requests.ephemeral-storage", "limits.ephemeral-storage"),
    ] {
        let request = hard.lookup(requests).or_else(|| hard.lookup(name).filter(|_| !name.is_empty()));
        let Some((request, limit)) = request.zip(hard.lookup(limits)) else { continue };
        if request.quantity().compare(limit.quantity()) == Ordering::Greater {
            request.warn(format!("`{requests}` above `{limits}` can never be used up"));
        }
    }
}

/// `ValidateLimitRange`
pub fn limit_range(object: Field) {
    meta::object_meta_named_later(object.child("metadata"), Scope::Namespaced, formats::dns_subdomain);
    let mut seen = HashSet::new();
    for limit in object.at(&["spec", "limits"]).items() {
        let kind = limit.child("type");
        if let Some(rule) = formats::qualified_name(kind.str()) {
            kind.invalid(rule);
        } else if !kind.str().contains('/') && !["Pod", "Container", "PersistentVolumeClaim"].contains(&kind.str()) {
            kind.invalid("must be Container, Pod or PersistentVolumeClaim");
        }
        if seen.contains(&kind.str()) {
            kind.duplicate(kind.str());
        }
        seen.insert(kind.str());
        limit_item(limit, kind.str());
    }
}

fn limit_item(limit: Field, kind: &str) {
    let lists = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"];
    let mut names: Vec<String> = Vec::new();
    for list in lists {
        if kind == "Pod" && matches!(list, "default" | "defaultRequest") {
            if !limit.child(list).is_empty() {
                limit.child(list).forbidden("is for containers, not for whole Pods");
            }
            continue;
        }
        for (name, quantity) in limit.child(list).entries() {
            if matches!(kind, "Pod" | "Container") {
                resources::container_resource_name(&name, quantity.at_key());
            } else {
                resources::resource_name(&name, quantity.at_key());
            }
            if !names.iter().any(|other| *other == name) {
                names.push(name.into_owned());
            }
        }
    }
    let has_storage = |list| limit.child(list).has("storage");
    if kind == "PersistentVolumeClaim" && !has_storage("min") && !has_storage("max") {
        limit.child("limits").required("a limit for claims needs a minimum or maximum of `storage`");
    }
    for name in &names {
        limit_bounds(limit, kind, name);
    }
}

fn limit_bounds(limit: Field, kind: &str, name: &str) {
    let written = |list: &'static str| limit.child(list).lookup(name).map(Field::quantity);
    let defaults_apply = kind != "Pod";
    let (min, max) = (written("min"), written("max"));
    // For containers the server fills missing defaults from the bounds.
    let fill = |value: Option<Quantity>, from: Option<Quantity>| {
        value.or_else(|| from.filter(|_| kind == "Container")).filter(|_| defaults_apply)
    };
    let default = fill(written("default"), max);
    let request = fill(fill(written("defaultRequest"), default), min);
    let at = |list: &'static str| limit.child(list).entry_or_map(name);
    let above = |one: Option<Quantity>, other: Option<Quantity>| {
        one.zip(other).is_some_and(|(one, other)| one.compare(other) == Ordering::Greater)
    };
    for (low, high, list, rule) in [
        (min, max, "min", "is above the maximum"),
        (min, request, "defaultRequest", "is below the minimum"),
        (request, max, "defaultRequest", "is above the maximum"),
        (request, default, "defaultRequest", "is above the default limit"),
        (min, default, "default", "is below the minimum"),
        (default, max, "default", "is above the maximum"),
    ] {
        if above(low, high) {
            at(list).invalid(format!("{rule} of `{name}`"));
        }
    }
    let ratio = written("maxLimitRequestRatio");
    if above(Some(Quantity::whole(1)), ratio) {
        at("maxLimitRequestRatio").invalid("is below 1, but a limit cannot be below its request");
    }
    if let (Some(ratio), Some(min), Some(max)) = (ratio, min, max) {
        #[expect(clippy::cast_precision_loss, reason = "the server compares floats too")]
        let exceeds = min.milli() != 0 && ratio.milli() as f64 / 1000.0 > max.milli() as f64 / min.milli() as f64;
        if exceeds {
            at("maxLimitRequestRatio").invalid("is above maximum divided by minimum");
        }
    }
    let equal = default.zip(request).is_none_or(|(one, other)| one.compare(other) == Ordering::Equal);
    if !resources::is_overcommit_allowed(name) && !equal {
        at("defaultRequest").invalid(format!("must equal `default`: `{name}` cannot be overcommitted"));
    }
}
