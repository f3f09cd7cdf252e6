//! An object as the API server shows it to a policy: defaults filled in, quantities in their canonical form, empty
//! fields gone, and unknown what only a cluster can tell.
//!
//! After `pkg/apis/*/v1/defaults.go`, the strategies in `pkg/registry` and the admission plugins that are on by default
//! (Kubernetes 1.36). Limit ranges and webhooks may change more; they are not looked at.

use std::collections::BTreeMap;

use super::pod::{bare_pod, pod_spec};
use crate::cel::{Branch, Item, Tree, Value, canonical_quantity};
use crate::kube::{Object, is_known};

/// Why a value is unknown.
const OF_SERVER: &str = "the API server sets it";
const OF_NAMESPACE: &str = "the namespace is not written";
pub(super) const OF_TOKEN: &str = "the API server adds the service account's token to a Pod";

/// Built-in kinds that have no namespace.
const CLUSTERED: [&str; 24] = [
    "Namespace",
    "Node",
    "PersistentVolume",
    "ClusterRole",
    "ClusterRoleBinding",
    "StorageClass",
    "CSIDriver",
    "CSINode",
    "VolumeAttachment",
    "VolumeAttributesClass",
    "IngressClass",
    "RuntimeClass",
    "PriorityClass",
    "ServiceCIDR",
    "CertificateSigningRequest",
    "ValidatingWebhookConfiguration",
    "MutatingWebhookConfiguration",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "FlowSchema",
    "PriorityLevelConfiguration",
    "CustomResourceDefinition",
    "APIService",
    "IPAddress",
];

/// Whether objects of a built-in kind have no namespace.
#[must_use]
pub fn is_clustered(kind: &str) -> bool {
    CLUSTERED.contains(&kind)
}

/// The object as an expression sees it; nothing where it is too large, or not known well enough.
#[must_use]
pub fn admitted(object: &Object) -> Option<Item> {
    let mut tree = Tree::read(&object.document, object.node)?;
    let kind = object.id.kind.as_str();
    tree.fill("apiVersion", Value::text(&object.id.api_version));
    tree.fill("kind", Value::text(kind));
    metadata(&mut tree, kind);
    if is_known(&object.id.api_version, kind) {
        clean(&mut tree, "");
        canonical(&mut tree);
        defaults(&mut tree, kind);
    }
    Some(tree.freeze())
}

fn metadata(tree: &mut Tree, kind: &str) {
    tree.fill("metadata", Tree::empty());
    let has_spec = tree.get("spec").is_some();
    let Some(metadata) = tree.get_mut("metadata") else { return };
    if !is_clustered(kind) {
        metadata.fill("namespace", Value::Unknown(OF_NAMESPACE));
    }
    metadata.fill("name", Value::Unknown(OF_SERVER));
    for name in ["uid", "creationTimestamp", "managedFields"] {
        metadata.fill(name, Value::Unknown(OF_SERVER));
    }
    if has_spec {
        metadata.fill("generation", Value::Unknown(OF_SERVER));
    }
}

/// Maps whose keys are the user's.
const MAPS: [&str; 13] = [
    "labels",
    "annotations",
    "matchLabels",
    "nodeSelector",
    "data",
    "stringData",
    "binaryData",
    "parameters",
    "limits",
    "requests",
    "capacity",
    "hard",
    "volumeAttributes",
];

/// Fields that stay although they are empty: pointers, and those that are always written.
const KEPT: [&str; 22] = [
    "emptyDir",
    "securityContext",
    "podSelector",
    "namespaceSelector",
    "selector",
    "resources",
    "strategy",
    "template",
    "spec",
    "metadata",
    "status",
    "storageClassName",
    "rollingUpdate",
    "rules",
    "roleRef",
    "rule",
    "labelSelector",
    "objectSelector",
    "scaleUp",
    "scaleDown",
    "type",
    "http",
];

/// Takes out what the types of the API leave out: nulls, empty texts, lists and maps, and `false` and `0` where the
/// field is not a pointer.
fn clean(tree: &mut Tree, name: &str) {
    const FALSE: [&str; 10] = [
        "hostNetwork",
        "hostPID",
        "hostIPC",
        "stdin",
        "stdinOnce",
        "tty",
        "readOnly",
        "paused",
        "publishNotReadyAddresses",
        "unschedulable",
    ];
    const ZERO: [&str; 9] = [
        "minReadySeconds",
        "initialDelaySeconds",
        "hostPort",
        "nodePort",
        "timeoutSeconds",
        "periodSeconds",
        "successThreshold",
        "failureThreshold",
        "healthCheckNodePort",
    ];
    match &mut tree.branch {
        Branch::Map(map) => {
            // a Service's selector is a map of labels, others are not
            let is_open = MAPS.contains(&name);
            for (key, value) in map.iter_mut() {
                clean(value, if is_open { "" } else { key });
            }
            map.retain(|key, value| match &value.branch {
                Branch::Leaf(Value::Null) => false,
                _ if is_open => true,
                Branch::Leaf(Value::String(text)) => !text.is_empty() || KEPT.contains(&key.as_str()),
                Branch::Leaf(Value::Bool(false)) => !FALSE.contains(&key.as_str()),
                Branch::Leaf(Value::Int(0)) => !ZERO.contains(&key.as_str()),
                Branch::List(items, _) => !items.is_empty(),
                Branch::Map(map) => !map.is_empty() || !MAPS.contains(&key.as_str()),
                Branch::Leaf(_) => true,
            });
        }
        Branch::List(items, _) => items.iter_mut().for_each(|item| clean(item, "")),
        Branch::Leaf(_) => {}
    }
}

/// Writes quantities as the server does.
fn canonical(tree: &mut Tree) {
    let Branch::Map(map) = &mut tree.branch else {
        tree.items_mut().iter_mut().for_each(canonical);
        return;
    };
    for (key, value) in map.iter_mut() {
        match key.as_str() {
            "limits" | "requests" | "capacity" | "hard" | "overhead" => {
                value.map_mut().into_iter().flatten().for_each(|(_, value)| quantity(value));
            }
            "sizeLimit" => quantity(value),
            "data" | "stringData" | "labels" | "annotations" => {}
            _ => canonical(value),
        }
    }
}

fn quantity(tree: &mut Tree) {
    let text = match &tree.branch {
        Branch::Leaf(Value::String(text)) => text.to_string(),
        Branch::Leaf(Value::Int(value)) => value.to_string(),
        Branch::Leaf(Value::Double(value)) => value.to_string(),
        _ => return,
    };
    if let Some(canonical) = canonical_quantity(&text) {
        tree.branch = Branch::Leaf(Value::text(&canonical));
    }
}

pub(super) fn text(value: &str) -> Value {
    Value::text(value)
}

pub(super) fn int(value: i64) -> Value {
    Value::Int(value)
}

fn map(entries: &[(&str, Value)]) -> Tree {
    let mut tree = Tree::empty();
    for (name, value) in entries {
        tree.fill(name, value.clone());
    }
    tree
}

fn defaults(tree: &mut Tree, kind: &str) {
    let name = tree.at(&["metadata", "name"]).and_then(Tree::text).map(str::to_owned);
    match kind {
        "Pod" => {
            tree.fill("status", Value::Unknown(OF_SERVER));
            if let Some(spec) = tree.get_mut("spec") {
                pod_spec(spec);
                bare_pod(spec);
            }
        }
        "PodTemplate" => template(tree, "template"),
        "Deployment" => {
            workload(tree);
            let Some(spec) = tree.get_mut("spec") else { return };
            spec.fill("replicas", int(1));
            spec.fill("strategy", Tree::empty());
            if let Some(strategy) = spec.get_mut("strategy") {
                strategy.fill("type", text("RollingUpdate"));
                rolling(strategy, &[("maxUnavailable", text("25%")), ("maxSurge", text("25%"))]);
            }
            spec.fill("revisionHistoryLimit", int(10));
            spec.fill("progressDeadlineSeconds", int(600));
        }
        "ReplicaSet" | "ReplicationController" => {
            workload(tree);
            if let Some(spec) = tree.get_mut("spec") {
                spec.fill("replicas", int(1));
            }
        }
        "StatefulSet" => {
            workload(tree);
            let Some(spec) = tree.get_mut("spec") else { return };
            spec.fill("replicas", int(1));
            spec.fill("podManagementPolicy", text("OrderedReady"));
            spec.fill("revisionHistoryLimit", int(10));
            spec.fill("updateStrategy", Tree::empty());
            if let Some(strategy) = spec.get_mut("updateStrategy") {
                strategy.fill("type", text("RollingUpdate"));
                // the second depends on a feature gate
                rolling(strategy, &[("partition", int(0)), ("maxUnavailable", Value::Perhaps(OF_SERVER))]);
            }
            spec.fill("persistentVolumeClaimRetentionPolicy", Tree::empty());
            if let Some(policy) = spec.get_mut("persistentVolumeClaimRetentionPolicy") {
                policy.fill("whenDeleted", text("Retain"));
                policy.fill("whenScaled", text("Retain"));
            }
            for claim in spec.get_mut("volumeClaimTemplates").map(Tree::items_mut).into_iter().flatten() {
                claim.fill("apiVersion", text("v1"));
                claim.fill("kind", text("PersistentVolumeClaim"));
                claim.fill("status", map(&[("phase", text("Pending"))]));
                if let Some(spec) = claim.get_mut("spec") {
                    spec.fill("volumeMode", text("Filesystem"));
                }
            }
        }
        "DaemonSet" => {
            workload(tree);
            let Some(spec) = tree.get_mut("spec") else { return };
            spec.fill("updateStrategy", Tree::empty());
            if let Some(strategy) = spec.get_mut("updateStrategy") {
                strategy.fill("type", text("RollingUpdate"));
                rolling(strategy, &[("maxUnavailable", int(1)), ("maxSurge", int(0))]);
            }
            spec.fill("revisionHistoryLimit", int(10));
            if let Some(metadata) = tree.get_mut("metadata") {
                metadata.fill("annotations", Tree::empty());
                if let Some(annotations) = metadata.get_mut("annotations") {
                    annotations.fill("deprecated.daemonset.template.generation", text("1"));
                }
            }
        }
        "Job" => job_object(tree, name.as_deref()),
        "CronJob" => {
            tree.fill("status", Value::Unknown(OF_SERVER));
            let Some(spec) = tree.get_mut("spec") else { return };
            spec.fill("concurrencyPolicy", text("Allow"));
            spec.fill("suspend", Value::Bool(false));
            spec.fill("successfulJobsHistoryLimit", int(3));
            spec.fill("failedJobsHistoryLimit", int(1));
            if let Some(job) = spec.get_mut("jobTemplate") {
                job.fill("metadata", Tree::empty());
                template(job, "spec.template");
            }
        }
        "Service" => service(tree),
        "ConfigMap" | "ServiceAccount" | "Role" | "ClusterRole" => {}
        "Secret" => secret(tree),
        "RoleBinding" | "ClusterRoleBinding" => {
            const GROUP: &str = "rbac.authorization.k8s.io";
            if let Some(role) = tree.get_mut("roleRef") {
                role.fill("apiGroup", text(GROUP));
            }
            for subject in tree.get_mut("subjects").map(Tree::items_mut).into_iter().flatten() {
                if subject.get("kind").and_then(Tree::text) != Some("ServiceAccount") {
                    subject.fill("apiGroup", text(GROUP));
                }
            }
        }
        "PersistentVolumeClaim" => {
            tree.fill("status", map(&[("phase", text("Pending"))]));
            if let Some(metadata) = tree.get_mut("metadata") {
                metadata.fill("finalizers", Value::Unknown(OF_SERVER));
            }
            if let Some(spec) = tree.get_mut("spec") {
                spec.fill("volumeMode", text("Filesystem"));
                spec.fill("storageClassName", Value::Perhaps("the cluster's default class is filled in"));
            }
        }
        "PersistentVolume" => {
            tree.fill("status", Value::Unknown(OF_SERVER));
            if let Some(spec) = tree.get_mut("spec") {
                spec.fill("persistentVolumeReclaimPolicy", text("Retain"));
                spec.fill("volumeMode", text("Filesystem"));
            }
        }
        "Namespace" => {
            tree.fill("status", map(&[("phase", text("Active"))]));
            tree.fill("spec", Tree::empty());
            if let Some(spec) = tree.get_mut("spec") {
                spec.fill("finalizers", Value::list(vec![text("kubernetes").into()]));
            }
            if let Some(metadata) = tree.get_mut("metadata") {
                metadata.fill("labels", Tree::empty());
                if let (Some(labels), Some(name)) = (metadata.get_mut("labels"), name) {
                    labels.fill("kubernetes.io/metadata.name", text(&name));
                }
            }
        }
        "NetworkPolicy" => {
            let Some(spec) = tree.get_mut("spec") else { return };
            for direction in ["ingress", "egress"] {
                for rule in spec.get_mut(direction).map(Tree::items_mut).into_iter().flatten() {
                    for port in rule.get_mut("ports").map(Tree::items_mut).into_iter().flatten() {
                        port.fill("protocol", text("TCP"));
                    }
                }
            }
            let mut types = vec![text("Ingress").into()];
            if spec.get("egress").is_some() {
                types.push(text("Egress").into());
            }
            spec.fill("policyTypes", Value::list(types));
        }
        "HorizontalPodAutoscaler" => {
            tree.fill("status", Value::Unknown(OF_SERVER));
            if let Some(spec) = tree.get_mut("spec") {
                spec.fill("minReplicas", int(1));
                spec.fill("metrics", Value::Unknown(OF_SERVER));
            }
        }
        "StorageClass" => {
            tree.fill("reclaimPolicy", text("Delete"));
            tree.fill("volumeBindingMode", text("Immediate"));
        }
        "Ingress" | "PodDisruptionBudget" => tree.fill("status", Value::Unknown(OF_SERVER)),
        _ => tree.fill("status", Value::Perhaps(OF_SERVER)),
    }
}

/// What is filled in for a rolling update, if that is what there is.
fn rolling(strategy: &mut Tree, fields: &[(&str, Value)]) {
    if strategy.get("type").and_then(Tree::text) != Some("RollingUpdate") {
        return;
    }
    strategy.fill("rollingUpdate", Tree::empty());
    if let Some(update) = strategy.get_mut("rollingUpdate") {
        for (name, value) in fields {
            update.fill(name, value.clone());
        }
    }
}

fn workload(tree: &mut Tree) {
    tree.fill("status", Value::Unknown(OF_SERVER));
    template(tree, "spec.template");
}

fn template(tree: &mut Tree, path: &str) {
    let path: Vec<&str> = path.split('.').collect();
    if let Some(template) = tree.at_mut(&path) {
        template.fill("metadata", Tree::empty());
        if let Some(spec) = template.get_mut("spec") {
            pod_spec(spec);
        }
    }
}

fn job_object(tree: &mut Tree, name: Option<&str>) {
    workload(tree);
    let Some(spec) = tree.get_mut("spec") else { return };
    spec.fill("completionMode", text("NonIndexed"));
    if spec.get("completions").is_none() && spec.get("parallelism").is_none() {
        spec.fill("completions", int(1));
    }
    spec.fill("parallelism", int(1));
    // an Indexed Job with a limit for each index has another
    let backoff = if spec.get("backoffLimitPerIndex").is_some() { i64::from(i32::MAX) } else { 6 };
    spec.fill("backoffLimit", int(backoff));
    spec.fill("suspend", Value::Bool(false));
    spec.fill("podReplacementPolicy", Value::Unknown(OF_SERVER));
    let is_manual =
        spec.get("manualSelector").is_some_and(|flag| matches!(flag.branch, Branch::Leaf(Value::Bool(true))));
    spec.fill("manualSelector", Value::Bool(false));
    if is_manual {
        return;
    }
    spec.fill("selector", Value::Unknown(OF_SERVER));
    let own = |tree: &mut Tree| {
        tree.fill("metadata", Tree::empty());
        let Some(metadata) = tree.get_mut("metadata") else { return };
        metadata.fill("labels", Tree::empty());
        let Some(labels) = metadata.get_mut("labels") else { return };
        for key in ["controller-uid", "batch.kubernetes.io/controller-uid"] {
            labels.fill(key, Value::Unknown(OF_SERVER));
        }
        for key in ["job-name", "batch.kubernetes.io/job-name"] {
            labels.fill(key, name.map_or(Value::Unknown(OF_SERVER), Value::text));
        }
    };
    // the Job itself gets them later
    if let Some(template) = spec.get_mut("template") {
        own(template);
    }
}

fn service(tree: &mut Tree) {
    tree.fill("status", Value::Unknown(OF_SERVER));
    let Some(spec) = tree.get_mut("spec") else { return };
    spec.fill("sessionAffinity", text("None"));
    spec.fill("type", text("ClusterIP"));
    let kind = spec.get("type").and_then(Tree::text).unwrap_or_default().to_owned();
    for port in spec.get_mut("ports").map(Tree::items_mut).into_iter().flatten() {
        port.fill("protocol", text("TCP"));
        if let Some(number) = port.get("port").cloned() {
            port.fill("targetPort", number);
        }
        if matches!(kind.as_str(), "NodePort" | "LoadBalancer") {
            port.fill("nodePort", Value::Unknown(OF_SERVER));
        }
    }
    if kind == "ExternalName" {
        return;
    }
    spec.fill("internalTrafficPolicy", text("Cluster"));
    if matches!(kind.as_str(), "NodePort" | "LoadBalancer") {
        spec.fill("externalTrafficPolicy", text("Cluster"));
    }
    if kind == "LoadBalancer" {
        spec.fill("allocateLoadBalancerNodePorts", Value::Bool(true));
    }
    if spec.get("clusterIP").and_then(Tree::text) == Some("None") {
        spec.fill("clusterIPs", Value::list(vec![text("None").into()]));
    }
    for name in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
        spec.fill(name, Value::Unknown(OF_SERVER));
    }
}

fn secret(tree: &mut Tree) {
    tree.fill("type", text("Opaque"));
    // texts move to `data`, encoded
    if let Some(map) = tree.map_mut()
        && let Some(Tree { branch: Branch::Map(texts), origin }) = map.remove("stringData")
    {
        let data = map.entry("data".to_owned()).or_insert(Tree { branch: Branch::Map(BTreeMap::new()), origin });
        if let Some(data) = data.map_mut() {
            for (key, value) in texts {
                data.insert(
                    key,
                    Tree { branch: Branch::Leaf(Value::Unknown("a Secret's text is not encoded here")), ..value },
                );
            }
        }
    }
}
