//! Labels that something in the run selects by or reads.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::WORKLOADS;
use crate::import::Input;
use crate::import::values::{items, pod_spec, template_pointer};

/// Labels that something in the run selects by: they are no tool's noise.
pub(in crate::import) fn used_labels(inputs: &[Input]) -> Vec<String> {
    let mut used_labels = HashSet::new();
    for input in inputs.iter().filter(|input| !WORKLOADS.contains(&input.kind())) {
        collect(&input.object["spec"], &mut used_labels);
    }
    for input in inputs.iter().filter(|input| WORKLOADS.contains(&input.kind())) {
        if let Some(spec) = pod_spec(&input.object) {
            collect(&spec["affinity"], &mut used_labels);
            collect(&spec["topologySpreadConstraints"], &mut used_labels);
            own_labels(spec, &mut used_labels);
        }
    }
    for input in inputs {
        // Helm's labels have these names only where Helm has written them.
        let labels = &input.object["metadata"]["labels"];
        let is_helm =
            labels.get("helm.sh/chart").is_some() || matches!(labels["heritage"].as_str(), Some("Helm" | "Tiller"));
        if !is_helm {
            let template = template_pointer(input.kind()).and_then(|way| input.object.pointer(way));
            let all = [labels, template.map_or(&Json::Null, |template| &template["metadata"]["labels"])];
            let said = |name: &&str| all.iter().any(|labels| labels.get(name).is_some());
            used_labels.extend(
                ["chart", "heritage", "release"].iter().filter(|name| said(name)).map(|name| (*name).to_owned()),
            );
        }
    }
    let mut used_labels: Vec<String> = used_labels.into_iter().collect();
    used_labels.sort_unstable();
    used_labels
}

/// Labels that Pods read of themselves: `metadata.labels['release']`.
fn own_labels(value: &Json, used_labels: &mut HashSet<String>) {
    match value {
        Json::Object(members) => {
            let field = members.get("fieldPath").and_then(Json::as_str);
            let label = field.and_then(|path| path.strip_prefix("metadata.labels['")?.strip_suffix("']"));
            used_labels.extend(label.map(str::to_owned));
            members.values().for_each(|value| own_labels(value, used_labels));
        }
        Json::Array(elements) => elements.iter().for_each(|element| own_labels(element, used_labels)),
        _ => {}
    }
}

fn collect(value: &Json, used_labels: &mut HashSet<String>) {
    match value {
        Json::Object(members) => {
            for (key, value) in members {
                if matches!(key.as_str(), "matchLabels" | "selector")
                    && let Some(labels) = value.as_object()
                {
                    used_labels
                        .extend(labels.iter().filter(|(_, value)| value.is_string()).map(|(key, _)| key.clone()));
                }
                // Istio's words for it
                let listed = match key.as_str() {
                    "subsets" => items(value),
                    "workloadSelector" => std::slice::from_ref(value),
                    _ => &[],
                };
                let labels = listed.iter().filter_map(|one| one["labels"].as_object());
                used_labels.extend(labels.flat_map(|labels| labels.keys().cloned()));
                if key == "matchExpressions" {
                    used_labels.extend(items(value).iter().filter_map(|one| one["key"].as_str()).map(str::to_owned));
                }
                collect(value, used_labels);
            }
        }
        Json::Array(elements) => elements.iter().for_each(|element| collect(element, used_labels)),
        _ => {}
    }
}
