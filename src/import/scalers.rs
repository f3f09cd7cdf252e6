//! What says how many replicas a workload has, and is not part of its description.

use std::collections::HashSet;

use super::Input;

/// What the objects of a run scale, by namespace, kind and name.
pub(super) struct Scaled<'a>(HashSet<(Option<&'a str>, &'a str, &'a str)>);

impl<'a> Scaled<'a> {
    /// What objects name as what they scale: an autoscaler of any group, or what takes a workload's place.
    pub(super) fn of(inputs: &'a [Input]) -> Self {
        let target = |input: &'a Input, field: &str| {
            let target = &input.object["spec"][field];
            let kind = target["kind"].as_str().unwrap_or("Deployment");
            Some((input.id.namespace.as_deref(), kind, target["name"].as_str()?))
        };
        let fields = ["scaleTargetRef", "workloadRef"];
        Self(inputs.iter().flat_map(|input| fields.iter().filter_map(move |field| target(input, field))).collect())
    }

    /// Whether something of the run sets the number of a workload's replicas, which the manifest leaves to it.
    pub(super) fn has(&self, workload: &Input) -> bool {
        matches!(workload.kind(), "Deployment" | "StatefulSet")
            && workload.object["spec"]["replicas"].is_null()
            && self.0.contains(&(workload.id.namespace.as_deref(), workload.kind(), workload.name()))
    }
}
