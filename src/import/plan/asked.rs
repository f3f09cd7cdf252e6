//! Labels that something in the run selects by or reads.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::WORKLOADS;
use crate::import::Input;
use crate::import::values::{items, pod_spec, template_pointer};

/// Labels that something in the run selects by: they are no tool's noise.
pub(in crate::import) fn asked(inputs: &[Input]) -> Vec<String> {
    let mut asked = HashSet::new();
    for input in inputs.iter().filter(|input| !WORKLOADS.contains(&input.kind())) {
        collect(&input.object["spec"], &mut asked);
    }
    for input in inputs.iter().filter(|input| WORKLOADS.contains(&input.kind())) {
        if let Some(spec) = pod_spec(&input.object) {
            collect(&spec["affinity"], &mut asked);
            collect(&spec["topologySpreadConstraints"], &mut asked);
            own_labels(spec, &mut asked);
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
            asked.extend(
                ["chart", "heritage", "release"].iter().filter(|name| said(name)).map(|name| (*name).to_owned()),
            );
        }
    }
    let mut asked: Vec<String> = asked.into_iter().collect();
    asked.sort_unstable();
    asked
}

/// Labels that Pods read of themselves: `metadata.labels['release']`.
fn own_labels(value: &Json, asked: &mut HashSet<String>) {
    match value {
        Json::Object(members) => {
            let field = members.get("fieldPath").and_then(Json::as_str);
            let label = field.and_then(|path| path.strip_prefix("metadata.labels['")?.strip_suffix("']"));
            asked.extend(label.map(str::to_owned));
            members.values().for_each(|value| own_labels(value, asked));
        }
        Json::Array(elements) => elements.iter().for_each(|element| own_labels(element, asked)),
        _ => {}
    }
}

fn collect(value: &Json, asked: &mut HashSet<String>) {
    match value {
        Json::Object(members) => {
            for (key, value) in members {
                if matches!(key.as_str(), "matchLabels" | "selector")
                    && let Some(labels) = value.as_object()
                {
                    asked.extend(labels.iter().filter(|(_, value)| value.is_string()).map(|(key, _)| key.clone()));
                }
                // Istio's words for it
                let listed = match key.as_str() {
                    "subsets" => items(value),
                    "workloadSelector" => std::slice::from_ref(value),
                    _ => &[],
                };
                let labels = listed.iter().filter_map(|one| one["labels"].as_object());
                asked.extend(labels.flat_map(|labels| labels.keys().cloned()));
                if key == "matchExpressions" {
                    asked.extend(items(value).iter().filter_map(|one| one["key"].as_str()).map(str::to_owned));
                }
                collect(value, asked);
            }
        }
        Json::Array(elements) => elements.iter().for_each(|element| collect(element, asked)),
        _ => {}
    }
}
