//! Reading manifests as JSON: absent members and those of another type read as empty.

use serde_json::Value as Json;

/// The elements of a list; none of anything else.
pub(super) fn items(value: &Json) -> &[Json] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A string's text; empty for anything else.
pub(super) fn text(value: &Json) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Removes members from a map.
pub(super) fn remove(value: &mut Json, keys: &[&str]) {
    if let Some(members) = value.as_object_mut() {
        for key in keys {
            members.shift_remove(*key);
        }
    }
}

/// The containers of a Pod's spec, init containers first.
pub(super) fn containers(spec: &Json) -> impl Iterator<Item = &Json> {
    items(&spec["initContainers"]).iter().chain(items(&spec["containers"]))
}

/// Where a kind keeps its Pod template, as a JSON pointer.
pub(super) fn template_pointer(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "Deployment" | "StatefulSet" | "DaemonSet" | "Job" => "/spec/template",
        "CronJob" => "/spec/jobTemplate/spec/template",
        _ => return None,
    })
}

/// The spec of a workload's Pods.
pub(super) fn pod_spec(object: &Json) -> Option<&Json> {
    object.pointer(template_pointer(object["kind"].as_str()?)?)?.get("spec")
}

/// Removes nulls, which are absent to the server.
pub(super) fn without_nulls(value: &mut Json) {
    match value {
        Json::Object(members) => {
            members.retain(|_, value| !value.is_null());
            members.values_mut().for_each(without_nulls);
        }
        Json::Array(items) => items.iter_mut().for_each(without_nulls),
        _ => {}
    }
}

/// Whether empty lists of this kind are absent to the server: all of them are `omitempty` in its types. A
/// `NetworkPolicy`'s are not: `ingress: []` admits no traffic.
pub(super) fn has_no_empty_lists(kind: &str) -> bool {
    template_pointer(kind).is_some()
        || matches!(
            kind,
            "Service"
                | "Ingress"
                | "HorizontalPodAutoscaler"
                | "PodDisruptionBudget"
                | "PersistentVolumeClaim"
                | "ServiceAccount"
        )
}

/// Fields of the kinds above that are absent to the server where their text is empty: `omitempty` in its types, and no
/// pointers, which an empty text would set.
const EMPTY_IS_ABSENT: [&str; 25] = [
    "clusterIP",
    "concurrencyPolicy",
    "dnsPolicy",
    "effect",
    "externalName",
    "externalTrafficPolicy",
    "fsType",
    "hostIP",
    "hostname",
    "imagePullPolicy",
    "loadBalancerIP",
    "nodeName",
    "podManagementPolicy",
    "priorityClassName",
    "protocol",
    "restartPolicy",
    "schedulerName",
    "scheme",
    "serviceName",
    "sessionAffinity",
    "subPath",
    "subPathExpr",
    "subdomain",
    "terminationMessagePath",
    "terminationMessagePolicy",
];

/// Maps whose keys are the user's own.
const OWN_KEYS: [&str; 6] = ["labels", "annotations", "matchLabels", "nodeSelector", "selector", "volumeAttributes"];

/// Removes empty texts where they are absent to the server.
pub(super) fn without_empty_texts(value: &mut Json) {
    match value {
        Json::Object(members) => {
            members.retain(|key, value| value != "" || !EMPTY_IS_ABSENT.contains(&key.as_str()));
            let further = members.iter_mut().filter(|(key, _)| !OWN_KEYS.contains(&key.as_str()));
            further.for_each(|(_, value)| without_empty_texts(value));
        }
        Json::Array(items) => items.iter_mut().for_each(without_empty_texts),
        _ => {}
    }
}

/// Removes empty lists.
pub(super) fn without_empty_lists(value: &mut Json) {
    match value {
        Json::Object(members) => {
            members.retain(|_, value| !value.as_array().is_some_and(Vec::is_empty));
            members.values_mut().for_each(without_empty_lists);
        }
        Json::Array(items) => items.iter_mut().for_each(without_empty_lists),
        _ => {}
    }
}
