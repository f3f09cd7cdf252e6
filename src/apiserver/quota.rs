//! Quotas and limit ranges: `ValidateResourceQuota`, `ValidateLimitRange`.

use std::collections::HashSet;

use std::cmp::Ordering;

use super::field::Field;
use super::meta::{self, Scope};
use super::{formats, resources};
use crate::go::Quantity;
use crate::kube::api_resources;

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
    if let Some(count) = counted(name).filter(|_| !resources::is_standard(name)) {
        at.invalid_but(resources::NOT_STANDARD, format!("write `{count}`"));
        return;
    }
    if resources::resource_name(name, at) && !name.contains('/') && !resources::is_quota(name) {
        at.invalid("is not a resource of quotas");
    }
}

/// How the objects of a kind are counted that is named as in `kubectl get`: `deployments.apps` or `deployments`
/// (`ObjectCountQuotaResourceNameFor`).
fn counted(name: &str) -> Option<String> {
    let (resource, group) = match name.split_once('.') {
        Some((resource, group)) => (resource, api_resources::groups_of(resource).find(|known| *known == group)?),
        None => (name, api_resources::groups_of(name).find(|group| !group.is_empty())?),
    };
    (!resource.contains('/')).then(|| format!("count/{resource}.{group}"))
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

/// For containers the server fills missing defaults from the bounds; Pods have none.
fn filled<'a>(kind: &str, value: Option<Field<'a>>, from: Option<Field<'a>>) -> Option<Field<'a>> {
    value.or_else(|| from.filter(|_| kind == "Container")).filter(|_| kind != "Pod")
}

fn limit_bounds(limit: Field, kind: &str, name: &str) {
    let written = |list: &'static str| limit.child(list).lookup(name);
    let (min, max) = (written("min"), written("max"));
    let default = filled(kind, written("default"), max);
    let request = filled(kind, filled(kind, written("defaultRequest"), default), min);
    // each with what it is to be below, or above
    for (list, own, order, bound, what) in [
        ("min", min, Ordering::Greater, max, "above the maximum"),
        ("defaultRequest", request, Ordering::Less, min, "below the minimum"),
        ("defaultRequest", request, Ordering::Greater, max, "above the maximum"),
        ("defaultRequest", request, Ordering::Greater, default, "above the default limit"),
        ("default", default, Ordering::Less, min, "below the minimum"),
        ("default", default, Ordering::Greater, max, "above the maximum"),
    ] {
        let Some((own, bound)) = own.zip(bound) else { continue };
        if own.quantity().compare(bound.quantity()) == order {
            // what the server fills in has no entry
            let (at, of) = match written(list) {
                Some(_) => (limit.child(list).entry_or_map(name), format!("in `{list}`")),
                None => (limit.child(list), format!("of `{name}`")),
            };
            at.invalid(format!("{of} is {}, {what} {}", own.raw(), bound.raw()));
        }
    }
    let at = |list: &'static str| limit.child(list).entry_or_map(name);
    let quantity = |field: Option<Field<'_>>| field.map(Field::quantity);
    let (min, max, default, request) = (quantity(min), quantity(max), quantity(default), quantity(request));
    let above = |one: Option<Quantity>, other: Option<Quantity>| {
        one.zip(other).is_some_and(|(one, other)| one.compare(other) == Ordering::Greater)
    };
    let ratio = quantity(written("maxLimitRequestRatio"));
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
