//! What the API server fills in for Pods: `pkg/apis/core/v1/defaults.go` and the admission plugins.

use super::values::{OF_TOKEN, int, text};
use crate::cel::{Branch, Tree, Value};
use crate::kube::image::Reference;

/// The defaults of every Pod, also of one that a template makes.
pub(super) fn pod_spec(spec: &mut Tree) {
    spec.fill("restartPolicy", text("Always"));
    spec.fill("dnsPolicy", text("ClusterFirst"));
    spec.fill("terminationGracePeriodSeconds", int(30));
    spec.fill("securityContext", Tree::empty());
    spec.fill("schedulerName", text("default-scheduler"));
    // the two are one field under an old and a new name
    for (one, other) in [("serviceAccountName", "serviceAccount"), ("serviceAccount", "serviceAccountName")] {
        if let Some(account) = spec.get(one).cloned() {
            spec.fill(other, account);
        }
    }
    let on_host = spec.get("hostNetwork").is_some_and(|flag| matches!(flag.branch, Branch::Leaf(Value::Bool(true))));
    for list in ["containers", "initContainers", "ephemeralContainers"] {
        for container in spec.get_mut(list).map(Tree::items_mut).into_iter().flatten() {
            self::container(container, on_host);
        }
    }
    for volume in spec.get_mut("volumes").map(Tree::items_mut).into_iter().flatten() {
        self::volume(volume);
    }
}

fn container(container: &mut Tree, on_host: bool) {
    let image = container.get("image").and_then(Tree::text).unwrap_or_default().to_owned();
    container.fill("resources", Tree::empty());
    container.fill("terminationMessagePath", text("/dev/termination-log"));
    container.fill("terminationMessagePolicy", text("File"));
    container.fill("imagePullPolicy", text(Reference::of(&image).pull_policy()));
    for port in container.get_mut("ports").map(Tree::items_mut).into_iter().flatten() {
        port.fill("protocol", text("TCP"));
        if let Some(number) = port.get("containerPort").cloned().filter(|_| on_host) {
            port.fill("hostPort", number);
        }
    }
    for variable in container.get_mut("env").map(Tree::items_mut).into_iter().flatten() {
        if let Some(field) = variable.at_mut(&["valueFrom", "fieldRef"]) {
            field.fill("apiVersion", text("v1"));
        }
    }
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let Some(probe) = container.get_mut(name) else { continue };
        probe.fill("timeoutSeconds", int(1));
        probe.fill("periodSeconds", int(10));
        probe.fill("successThreshold", int(1));
        probe.fill("failureThreshold", int(3));
        http_get(probe);
        if let Some(grpc) = probe.get_mut("grpc") {
            grpc.fill("service", text(""));
        }
    }
    for hook in ["postStart", "preStop"] {
        if let Some(hook) = container.at_mut(&["lifecycle", hook]) {
            http_get(hook);
        }
    }
}

fn http_get(holder: &mut Tree) {
    if let Some(get) = holder.get_mut("httpGet") {
        get.fill("path", text("/"));
        get.fill("scheme", text("HTTP"));
    }
}

fn volume(volume: &mut Tree) {
    let has_source = volume.map_mut().is_some_and(|map| map.keys().any(|key| key != "name"));
    if !has_source {
        volume.fill("emptyDir", Tree::empty());
    }
    for source in ["configMap", "secret", "downwardAPI", "projected"] {
        if let Some(source) = volume.get_mut(source) {
            source.fill("defaultMode", int(0o644));
            fields(source);
        }
    }
    for source in volume.at_mut(&["projected", "sources"]).map(Tree::items_mut).into_iter().flatten() {
        if let Some(token) = source.get_mut("serviceAccountToken") {
            token.fill("expirationSeconds", int(3600));
        }
        if let Some(api) = source.get_mut("downwardAPI") {
            fields(api);
        }
    }
    if let Some(path) = volume.get_mut("hostPath") {
        path.fill("type", text(""));
    }
    if let Some(spec) = volume.at_mut(&["ephemeral", "volumeClaimTemplate", "spec"]) {
        spec.fill("volumeMode", text("Filesystem"));
    }
}

fn fields(source: &mut Tree) {
    for item in source.get_mut("items").map(Tree::items_mut).into_iter().flatten() {
        if let Some(field) = item.get_mut("fieldRef") {
            field.fill("apiVersion", text("v1"));
        }
    }
}

/// What happens to Pods alone, and not to templates.
pub(super) fn bare_pod(spec: &mut Tree) {
    spec.fill("enableServiceLinks", Value::Bool(true));
    for list in ["containers", "initContainers"] {
        for container in spec.get_mut(list).map(Tree::items_mut).into_iter().flatten() {
            let Some(resources) = container.get_mut("resources") else { continue };
            let Some(Branch::Map(limits)) = resources.get("limits").map(|limits| limits.branch.clone()) else {
                continue;
            };
            resources.fill("requests", Tree::empty());
            if let Some(requests) = resources.get_mut("requests") {
                for (name, limit) in limits {
                    requests.fill(&name, limit);
                }
            }
        }
    }
    if spec.get("priorityClassName").is_some() {
        spec.fill("priority", Value::Unknown("the priority class sets it"));
        spec.fill("preemptionPolicy", Value::Unknown("the priority class sets it"));
    } else {
        // a cluster may have a class that is the default
        for name in ["priority", "preemptionPolicy"] {
            spec.fill(name, Value::Unknown("the cluster's default priority class sets it"));
        }
        spec.fill("priorityClassName", Value::Perhaps("the cluster may have a default priority class"));
    }
    spec.fill("serviceAccountName", text("default"));
    spec.fill("serviceAccount", text("default"));
    spec.fill("tolerations", Value::Unknown("the API server adds two tolerations"));
    if let Some(list) = spec.get_mut("tolerations")
        && matches!(list.branch, Branch::List(..))
    {
        list.branch = Branch::Leaf(Value::Unknown("the API server adds two tolerations"));
    }
    let is_without = spec
        .get("automountServiceAccountToken")
        .is_some_and(|flag| matches!(flag.branch, Branch::Leaf(Value::Bool(false))));
    if is_without {
        return;
    }
    if spec.get("volumes").is_none() {
        spec.fill("volumes", Value::Perhaps(OF_TOKEN));
    } else if let Some(volumes) = spec.get_mut("volumes")
        && let Branch::List(items, _) = &mut volumes.branch
    {
        items.push(Value::Unknown(OF_TOKEN).into());
    }
    for list in ["containers", "initContainers"] {
        for container in spec.get_mut(list).map(Tree::items_mut).into_iter().flatten() {
            if let Some(mounts) = container.get_mut("volumeMounts")
                && let Branch::List(items, _) = &mut mounts.branch
            {
                items.push(Value::Unknown(OF_TOKEN).into());
            } else {
                container.fill("volumeMounts", Value::Perhaps(OF_TOKEN));
            }
        }
    }
}
