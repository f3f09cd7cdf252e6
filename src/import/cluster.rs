//! Objects that the cluster makes of others, as a dump of it has them: they are nothing to apply.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::values::items;
use super::{Input, canonical};
use crate::text::Text;

/// Takes out what controllers and the server make by themselves; the second are those.
pub(super) fn split(inputs: Vec<Input>) -> (Vec<Input>, Vec<Input>) {
    let selecting = inputs.iter().filter(|input| {
        input.kind() == "Service"
            && input.object["spec"]["selector"].as_object().is_some_and(|labels| !labels.is_empty())
    });
    let selecting: HashSet<(Option<Text>, String)> =
        selecting.map(|input| (input.id.namespace.clone(), input.name().to_owned())).collect();
    let is_of_service = |input: &Input| {
        let label = input.object.pointer("/metadata/labels/kubernetes.io~1service-name").and_then(Json::as_str);
        let service = if input.kind() == "EndpointSlice" { label.unwrap_or_default() } else { input.name() };
        matches!(input.kind(), "Endpoints" | "EndpointSlice")
            && selecting.contains(&(input.id.namespace.clone(), service.to_owned()))
    };
    let (made, own) = inputs.into_iter().partition(|input| is_made(&input.object) || is_of_service(input));
    (own, made)
}

/// Whether an object by itself shows that the cluster made it.
#[must_use]
pub fn is_made(object: &Json) -> bool {
    let metadata = &object["metadata"];
    let is_named = |name: &str| metadata["name"] == name;
    let has = |map: &str, key: &str| metadata[map].get(key).is_some();
    // what one of another kind owns is made by who made that: an operator's Deployment, a CronJob's Job
    if items(&metadata["ownerReferences"]).iter().any(|owner| owner["controller"] == true) {
        return true;
    }
    match object["kind"].as_str().unwrap_or_default() {
        "Event" | "ControllerRevision" | "PodMetrics" | "NodeMetrics" | "ComponentStatus" | "CSINode" => true,
        "Node" => metadata["uid"].is_string(),
        "Lease" => object["spec"]["renewTime"].is_string(),
        "Endpoints" => {
            has("annotations", "endpoints.kubernetes.io/last-change-trigger-time")
                || has("labels", "endpoints.kubernetes.io/managed-by")
        }
        "EndpointSlice" => {
            metadata["labels"]["endpointslice.kubernetes.io/managed-by"] == "endpointslice-controller.k8s.io"
        }
        "ConfigMap" => is_named("kube-root-ca.crt"),
        "Secret" => has("annotations", "kubernetes.io/service-account.uid"),
        "ServiceAccount" => {
            let mut members = object.as_object().into_iter().flat_map(serde_json::Map::keys);
            let is_bare = members.all(|key| matches!(key.as_str(), "apiVersion" | "kind" | "metadata" | "secrets"));
            is_named("default") && is_bare && !has_own_marks(metadata)
        }
        "Service" => is_named("kubernetes") && metadata["labels"]["provider"] == "kubernetes",
        "APIService" => has("labels", "kube-aggregator.kubernetes.io/automanaged"),
        // a person may write the annotation, to bind a claim to a volume that is there
        "PersistentVolume" => {
            let is_of_cluster = metadata["uid"].is_string()
                || object["spec"]["claimRef"]["uid"].is_string()
                || object["status"]["phase"].is_string();
            has("annotations", "pv.kubernetes.io/provisioned-by") && is_of_cluster
        }
        _ => false,
    }
}

/// Whether an object has labels or annotations that no tool wrote.
fn has_own_marks(metadata: &Json) -> bool {
    let keys = |map: &str| metadata[map].as_object().into_iter().flat_map(serde_json::Map::keys);
    keys("labels").next().is_some() || keys("annotations").any(|key| !canonical::is_noise_annotation(key))
}
