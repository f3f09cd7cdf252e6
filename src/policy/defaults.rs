//! What the API server fills into an object of a built-in kind (`pkg/apis/*/v1/defaults.go`, Kubernetes 1.36).

use std::collections::BTreeMap;

use super::pod::{bare_pod, pod_spec};
use super::values::{OF_SERVER, int, map, text};
use crate::cel::{Branch, Tree, Value};

pub(super) fn defaults(tree: &mut Tree, kind: &str) {
    let name = tree.at(&["metadata", "name"]).and_then(Tree::text).map(str::to_owned);
    let name = name.as_deref();
    match kind {
        "Pod" => pod(tree),
        "PodTemplate" => template(tree, "template"),
        "Deployment" => deployment(tree),
        "ReplicaSet" | "ReplicationController" => replica_set(tree),
        "StatefulSet" => stateful_set(tree),
        "DaemonSet" => daemon_set(tree),
        "Job" => job_object(tree, name),
        "CronJob" => cron_job(tree),
        "Service" => service(tree),
        "ConfigMap" | "ServiceAccount" | "Role" | "ClusterRole" => {}
        "Secret" => secret(tree),
        "RoleBinding" | "ClusterRoleBinding" => role_binding(tree),
        "PersistentVolumeClaim" => claim(tree),
        "PersistentVolume" => volume(tree),
        "Namespace" => namespace(tree, name),
        "NetworkPolicy" => network_policy(tree),
        "HorizontalPodAutoscaler" => autoscaler(tree),
        "StorageClass" => {
            tree.fill("reclaimPolicy", text("Delete"));
            tree.fill("volumeBindingMode", text("Immediate"));
        }
        "Ingress" | "PodDisruptionBudget" => tree.fill("status", Value::Unknown(OF_SERVER)),
        _ => tree.fill("status", Value::Perhaps(OF_SERVER)),
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

fn pod(tree: &mut Tree) {
    tree.fill("status", Value::Unknown(OF_SERVER));
    if let Some(spec) = tree.get_mut("spec") {
        pod_spec(spec);
        bare_pod(spec);
    }
}

fn deployment(tree: &mut Tree) {
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

fn replica_set(tree: &mut Tree) {
    workload(tree);
    if let Some(spec) = tree.get_mut("spec") {
        spec.fill("replicas", int(1));
    }
}

fn stateful_set(tree: &mut Tree) {
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
        claim_template(claim);
    }
}

fn claim_template(claim: &mut Tree) {
    claim.fill("apiVersion", text("v1"));
    claim.fill("kind", text("PersistentVolumeClaim"));
    claim.fill("status", map(&[("phase", text("Pending"))]));
    if let Some(spec) = claim.get_mut("spec") {
        spec.fill("volumeMode", text("Filesystem"));
    }
}

fn daemon_set(tree: &mut Tree) {
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

fn cron_job(tree: &mut Tree) {
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

fn role_binding(tree: &mut Tree) {
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

fn claim(tree: &mut Tree) {
    tree.fill("status", map(&[("phase", text("Pending"))]));
    if let Some(metadata) = tree.get_mut("metadata") {
        metadata.fill("finalizers", Value::Unknown(OF_SERVER));
    }
    if let Some(spec) = tree.get_mut("spec") {
        spec.fill("volumeMode", text("Filesystem"));
        spec.fill("storageClassName", Value::Perhaps("the cluster's default class is filled in"));
    }
}

fn volume(tree: &mut Tree) {
    tree.fill("status", Value::Unknown(OF_SERVER));
    if let Some(spec) = tree.get_mut("spec") {
        spec.fill("persistentVolumeReclaimPolicy", text("Retain"));
        spec.fill("volumeMode", text("Filesystem"));
    }
}

fn namespace(tree: &mut Tree, name: Option<&str>) {
    tree.fill("status", map(&[("phase", text("Active"))]));
    tree.fill("spec", Tree::empty());
    if let Some(spec) = tree.get_mut("spec") {
        spec.fill("finalizers", Value::list(vec![text("kubernetes").into()]));
    }
    if let Some(metadata) = tree.get_mut("metadata") {
        metadata.fill("labels", Tree::empty());
        if let (Some(labels), Some(name)) = (metadata.get_mut("labels"), name) {
            labels.fill("kubernetes.io/metadata.name", text(name));
        }
    }
}

fn network_policy(tree: &mut Tree) {
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

fn autoscaler(tree: &mut Tree) {
    tree.fill("status", Value::Unknown(OF_SERVER));
    if let Some(spec) = tree.get_mut("spec") {
        spec.fill("minReplicas", int(1));
        spec.fill("metrics", Value::Unknown(OF_SERVER));
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
