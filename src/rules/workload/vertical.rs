//! What a `VerticalPodAutoscaler` asks for in place of a Pod.

use crate::kube::{Index, Object};
use crate::yaml::NodeId;

/// Whether one of the run writes a request of this resource into each new Pod of a workload, also where there is none
/// (kubernetes/autoscaler: vertical-pod-autoscaler/pkg/admission-controller/resource/pod/patch/resource_updates.go).
pub fn requests(index: &Index<'_>, workload: &Object, container: &str, resource: &str) -> bool {
    index.kind("VerticalPodAutoscaler").iter().any(|scaler| {
        is_for(scaler, workload)
            && index.reach(workload, scaler).is_some()
            && text(scaler, &["spec", "updatePolicy", "updateMode"]) != Some("Off")
            && recommends(scaler, container, resource)
    })
}

fn text<'a>(object: &'a Object, path: &[&str]) -> Option<&'a str> {
    object.document.str(object.document.at(object.node, path)?)
}

fn is_for(scaler: &Object, workload: &Object) -> bool {
    let target = |field| text(scaler, &["spec", "targetRef", field]);
    target("kind") == Some(&workload.id.kind) && target("name") == Some(&workload.id.name)
}

/// Whether it does so for a container: by the policy for it, else by that for all others.
fn recommends(scaler: &Object, container: &str, resource: &str) -> bool {
    let document = &scaler.document;
    let policies = document.at(scaler.node, &["spec", "resourcePolicy", "containerPolicies"]);
    let policies = policies.map_or(&[][..], |list| document.items(list));
    let of = |name: &str| policies.iter().find(|policy| document.get_str(**policy, "containerName") == Some(name));
    let Some(policy) = of(container).or_else(|| of("*")) else { return matches!(resource, "cpu" | "memory") };
    let is_listed = |list: NodeId| document.items(list).iter().any(|item| document.str(*item) == Some(resource));
    let controlled = document.get(*policy, "controlledResources");
    document.get_str(*policy, "mode") != Some("Off")
        && controlled.map_or_else(|| matches!(resource, "cpu" | "memory"), is_listed)
}
