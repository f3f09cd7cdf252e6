//! What says how many replicas a workload has, and is not part of its description.

use serde_json::Value as Json;

use super::Input;

/// Whether something of the run sets the number of a workload's replicas, which the manifest leaves to it.
pub(super) fn is_scaled(workload: &Input, inputs: &[Input]) -> bool {
    let is_left =
        matches!(workload.kind(), "Deployment" | "StatefulSet") && workload.object["spec"]["replicas"].is_null();
    is_left && inputs.iter().any(|input| input.id.namespace == workload.id.namespace && scales(&input.object, workload))
}

/// Whether an object names the workload as what it scales: an autoscaler of any group, or what takes its place.
fn scales(object: &Json, workload: &Input) -> bool {
    ["scaleTargetRef", "workloadRef"].iter().any(|target| {
        let target = &object["spec"][*target];
        let is_kind = target["kind"].as_str().map_or(workload.kind() == "Deployment", |kind| kind == workload.kind());
        target["name"] == *workload.name() && is_kind
    })
}
