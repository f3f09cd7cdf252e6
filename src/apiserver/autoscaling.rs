//! Autoscalers: `pkg/apis/autoscaling/validation`.

use super::field::Field;
use super::meta::{self, Scope};
use super::{formats, resources};
use crate::kube::versions::Change;

/// The type of a metric and the field that describes it, in the order in which the server looks.
const METRICS: [(&str, &str); 5] = [
    ("Object", "object"),
    ("External", "external"),
    ("Pods", "pods"),
    ("Resource", "resource"),
    ("ContainerResource", "containerResource"),
];

/// `ValidateHorizontalPodAutoscaler`, version 2.
pub fn autoscaler(object: Field) {
    let spec = bounds(object);
    let metrics = spec.child("metrics");
    metrics.items().for_each(metric);
    zero_replicas(spec, is_measured(spec));
    for direction in ["scaleUp", "scaleDown"] {
        let rules = spec.child("behavior").child(direction);
        if rules.is_set() {
            scaling_rules(rules);
        }
    }
}

/// Version 1: one target of CPU, which the server reads as a metric.
pub fn autoscaler_v1(object: Field) {
    let spec = bounds(object);
    zero_replicas(spec, false);
    let target = spec.child("targetCPUUtilizationPercentage");
    if target.is_set() && target.int() < 1 {
        let metric = target.as_item_of(spec.child("metrics"), 0);
        let path = metric.called(metric, "resource");
        let path = path.called(path, "target");
        target.called(path, "averageUtilization").invalid("must be above 0");
    }
}

/// Whether a metric says something of an app without Pods.
fn is_measured(spec: Field) -> bool {
    spec.child("metrics").items().any(|metric| matches!(metric.child("type").str(), "Object" | "External"))
}

fn zero_replicas(spec: Field, is_measured: bool) {
    let minimum = spec.child("minReplicas");
    if minimum.is_set() && minimum.int() == 0 && !is_measured {
        spec.child("metrics").forbidden("needs an Object or External metric for zero replicas");
    }
}

fn bounds(object: Field) -> Field {
    meta::object_meta(object.child("metadata"), Scope::Namespaced, formats::dns_subdomain);
    let spec = object.child("spec");
    let (minimum, maximum) = (spec.child("minReplicas"), spec.child("maxReplicas"));
    let least = i64::from(!minimum.has_change(Change::ScaleToZero));
    if minimum.is_set() && minimum.int() < least {
        match minimum.int() {
            0 if is_measured(spec) => minimum.invalid_but(
                "must be at least 1",
                "write 1, or turn on the feature gate `HPAScaleToZero` of the API server and the controller manager"
                    .to_owned(),
            ),
            0 => minimum.invalid_but(
                "must be at least 1",
                "write 1; 0 needs an Object or External metric and the feature gate `HPAScaleToZero`".to_owned(),
            ),
            _ => minimum.invalid(format!("must be at least {least}")),
        }
    }
    match maximum.int() {
        0 => maximum.required("an autoscaler needs an upper bound above 0"),
        value if value < 0 => maximum.invalid("must be at least 1"),
        _ => {}
    }
    if maximum.int() < minimum.opt_int().unwrap_or(1) {
        maximum.invalid("is below `minReplicas`");
    }
    let target = spec.child("scaleTargetRef");
    object_reference(target, target.child("kind").str() == "ReplicationController");
    spec
}

/// `ValidateCrossVersionObjectReference`
fn object_reference(reference: Field, core_allowed: bool) {
    for name in ["kind", "name"] {
        let field = reference.child(name);
        field.check_required(formats::path_segment);
    }
    let version = reference.child("apiVersion");
    if !version.has_change(Change::ScaledApiVersion) {
        return;
    }
    let slashes = version.str().matches('/').count();
    let group = version.str().split_once('/').map_or("", |(group, _)| group);
    if slashes > 1 {
        version.invalid("is not an API version: `apps/v1`");
    } else if group.is_empty() && !core_allowed {
        version.invalid("must include the group, as in `apps/v1`");
    }
}

fn metric(metric: Field) {
    let kind = metric.child("type");
    let names = METRICS.map(|(name, _)| name);
    if kind.is_empty() {
        kind.required("it defines where the metric comes from");
    } else {
        kind.one_of(kind.str(), &names);
    }
    let present: Vec<&'static str> =
        METRICS.iter().map(|(_, field)| *field).filter(|field| metric.child(field).is_set()).collect();
    if let Some(first) = present.first() {
        source(metric.child(first), first);
    }
    let Some((_, expected)) = METRICS.iter().find(|(name, _)| *name == kind.str()) else {
        if present.len() > 1 {
            for field in present {
                metric.child(field).forbidden("is one of several sources");
            }
        }
        return;
    };
    if !metric.child(expected).is_set() {
        metric.child(expected).required("it describes the metric");
    }
    if present.len() > 1 {
        for other in present.iter().filter(|field| *field != expected) {
            metric.child(other).forbidden(format!("is not allowed with `type: {}`", kind.str()));
        }
    }
}

fn source(source: Field, kind: &str) {
    let target = source.child("target");
    let (value, average) = (target.child("value"), target.child("averageValue"));
    let utilization = target.child("averageUtilization");
    match kind {
        "object" => {
            object_reference(source.child("describedObject"), true);
            metric_identifier(source);
            metric_target(target);
            if !value.is_set() && !average.is_set() {
                average.required("an Object metric needs a `value` or an `averageValue`");
            }
        }
        "external" => {
            metric_identifier(source);
            metric_target(target);
            if !value.is_set() && !average.is_set() {
                average.required("an External metric needs a `value` or an `averageValue`");
            } else if value.is_set() && average.is_set() {
                value.forbidden("excludes `averageValue`");
            }
        }
        "pods" => {
            metric_identifier(source);
            metric_target(target);
            if !average.is_set() {
                average.required("a Pods metric needs an `averageValue`");
            }
        }
        _ => {
            let (name, container) = (source.child("name"), source.child("container"));
            if name.is_empty() {
                name.required("");
            } else if kind == "containerResource" {
                resources::container_resource_name(name.str(), name);
            }
            if kind == "containerResource" {
                container.check_required(formats::dns_label);
            }
            metric_target(target);
            if !utilization.is_set() && !average.is_set() {
                utilization.required("a resource metric needs an `averageUtilization` or an `averageValue`");
            } else if utilization.is_set() && average.is_set() {
                average.forbidden("excludes `averageUtilization`");
            }
        }
    }
}

fn metric_identifier(source: Field) {
    let name = source.at(&["metric", "name"]);
    name.check_required(formats::path_segment);
}

fn metric_target(target: Field) {
    let kind = target.child("type");
    if kind.is_empty() {
        kind.required("Utilization, Value or AverageValue");
    } else if !["Utilization", "Value", "AverageValue"].contains(&kind.str()) {
        kind.invalid("must be Utilization, Value or AverageValue");
    }
    for name in ["value", "averageValue"] {
        let quantity = target.child(name);
        if quantity.is_set() && quantity.quantity().sign() <= 0 {
            quantity.invalid("must be above 0");
        }
    }
    let utilization = target.child("averageUtilization");
    if utilization.is_set() && utilization.int() < 1 {
        utilization.invalid("must be above 0");
    }
}

fn scaling_rules(rules: Field) {
    let window = rules.child("stabilizationWindowSeconds");
    window.in_range(0, 3600);
    let select = rules.child("selectPolicy");
    if select.is_set() {
        select.one_of(select.str(), &["Disabled", "Max", "Min"]);
    }
    let policies = rules.child("policies");
    if policies.is_set() && policies.is_empty() {
        policies.required("leave it out for the default, or set one");
    }
    for policy in policies.items() {
        let (kind, value, period) = (policy.child("type"), policy.child("value"), policy.child("periodSeconds"));
        kind.one_of(kind.str(), &["Percent", "Pods"]);
        if value.int() <= 0 {
            value.invalid("must be above 0");
        }
        period.in_range(1, 1800);
    }
    if rules.child("tolerance").quantity().sign() < 0 {
        rules.child("tolerance").invalid("cannot be negative");
    }
}
