//! Nodes: `ValidateNode` in `pkg/apis/core/validation/validation.go`, and the warnings of `pkg/registry/core/node`.

use std::collections::HashSet;

use super::field::Field;
use super::ip::{self, Cidr};
use super::meta::{self, Scope};
use super::{formats, resources};

/// `ValidateNode`
pub fn node(object: Field) {
    let (metadata, spec, status) = (object.child("metadata"), object.child("spec"), object.child("status"));
    meta::object_meta(metadata, Scope::Cluster, formats::dns_subdomain);
    annotations(metadata.child("annotations"));
    taints(spec.child("taints"), metadata);
    for name in ["capacity", "allocatable"] {
        for (resource, quantity) in status.child(name).entries() {
            resources::quantity_value(&resource, quantity.quantity(), quantity);
        }
    }
    pod_ranges(spec);
    if spec.child("configSource").is_set() {
        spec.child("configSource").warn("`configSource` has no effect: the feature was removed");
    }
    if !spec.child("externalID").is_empty() {
        spec.child("externalID").warn("`externalID` is deprecated, and Kubernetes does not use it");
    }
}

/// Annotations that hold JSON, from the time before `spec.taints`.
fn annotations(annotations: Field) {
    for (key, what) in [
        ("scheduler.alpha.kubernetes.io/taints", "list of taints"),
        ("scheduler.alpha.kubernetes.io/preferAvoidPods", "list of Pods to avoid"),
    ] {
        let text = annotations.get(key).unwrap_or_default();
        if !text.is_empty() && serde_json::from_str::<serde_json::Value>(text).is_err() {
            annotations.key(key).invalid(format!("is not JSON, but must contain a {what}"));
        }
    }
}

/// `validateNodeTaints`; the server's paths name them in the metadata.
fn taints(taints: Field, metadata: Field) {
    let named = taints.called(metadata, "taints");
    let mut seen = HashSet::new();
    for (index, taint) in (0..).zip(taints.items()) {
        let taint = taint.as_item_of(named, index);
        let (key, effect) = (taint.child("key"), taint.child("effect"));
        key.check(formats::qualified_name);
        taint.child("value").check(formats::label_value);
        if effect.is_empty() {
            effect.required("NoSchedule, PreferNoSchedule or NoExecute");
        } else {
            effect.one_of(effect.str(), &["NoExecute", "NoSchedule", "PreferNoSchedule"]);
        }
        if !seen.insert((key.str(), effect.str())) {
            taint.duplicate(&format!("{}:{}", key.str(), effect.str()));
        }
    }
}

/// The ranges of a node's Pods: one, or one of each family. `podCIDR` wins over `podCIDRs` if they differ.
fn pod_ranges(spec: Field) {
    let (single, list) = (spec.child("podCIDR"), spec.child("podCIDRs"));
    let ranges: Vec<Field> = match list.items().next() {
        Some(first) if single.is_empty() || single.str() == first.str() => list.items().collect(),
        _ if single.is_empty() => return,
        _ => vec![single.as_item_of(list, 0)],
    };
    for range in &ranges {
        ip::check_cidr(*range);
        if let Some(warning) = ip::cidr_warning(range.str()) {
            range.warn(warning);
        }
    }
    if ranges.len() > 1 {
        let families: Option<HashSet<bool>> =
            ranges.iter().map(|range| Cidr::parse_sloppy(range.str()).map(|one| ip::is_ipv6(one.address))).collect();
        if ranges.len() > 2 || families.is_none_or(|families| families.len() < 2) {
            list.invalid("has more than one range of a family");
        }
    }
}
