//! Objects that are merged into others, where no kustomization says so: their file is called a patch, or lies unused
//! beside a kustomization. And objects of which only a part matters.

use std::path::Path;

use super::file::File;
use crate::kube::Object;
use crate::yaml::NodeId;

/// Marks the objects of a file that are parts of objects by what they say, or by what the file is called.
pub(super) fn mark(file: &mut File) {
    let Some(path) = &file.path else { return };
    let is_called_patch = is_called_patch(path);
    let step = step_of_a_test(path);
    if is_called_patch {
        // a patch needs no version
        file.incomplete.clear();
    }
    for object in &mut file.objects {
        object.is_patch |= is_part_of_workload(object)
            || is_part_of_definition(object)
            || (is_called_patch || step.is_some()) && lacks_what_all_have(object)
            || step.is_some_and(|step| step > 0) && !is_of_kubernetes(&object.id.api_version)
            || is_template_of_spark(object, path)
            || is_of_the_api_service(object)
            || is_only_named(object);
    }
}

/// Whether an object has so little of a workload that it can only be a patch: no selector, no labels of its Pods and no
/// image of a container; one that it adds before these may have an image. Scripts and documentation refer to such files if no kustomization does.
fn is_part_of_workload(object: &Object) -> bool {
    let document = &object.document;
    let at = |path: &[&str]| document.at(object.node, path);
    let containers = || at(&["spec", "template", "spec", "containers"]).map_or(&[][..], |list| document.items(list));
    let has_image = || containers().iter().any(|container| document.get(*container, "image").is_some());
    object.id.api_version == "apps/v1"
        && matches!(object.id.kind.as_str(), "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
        && at(&["spec"]).is_some_and(|spec| !document.entries(spec).is_empty())
        && at(&["spec", "selector"]).is_none()
        && at(&["spec", "template", "metadata", "labels"]).is_none()
        && !has_image()
}

/// Whether it says neither whose definition it is nor what the kind is called: what kubebuilder makes to be merged into
/// the definitions that controller-gen makes (`config/crd/patches`).
fn is_part_of_definition(object: &Object) -> bool {
    let lacks = |field: &str| object.document.at(object.node, &["spec", field]).is_none();
    object.id.kind == "CustomResourceDefinition" && lacks("group") && lacks("names")
}

/// Whether a file calls itself a patch: `patch-web.yaml`, `dual_stack_patch.yml`, `patches/web.yaml`.
fn is_called_patch(path: &Path) -> bool {
    let is_patch = |word: &str| word.eq_ignore_ascii_case("patch") || word.eq_ignore_ascii_case("patches");
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let folder = path.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or_default();
    is_patch(folder) || stem.split(|letter: char| !letter.is_ascii_alphanumeric()).any(is_patch)
}

/// The number of the step that a file is in a test of kuttl, which lies beside what the step expects: its objects are
/// merged into those that are there (kudobuilder/kuttl: `CreateOrUpdate` in `pkg/test/utils/kubernetes.go`).
fn step_of_a_test(path: &Path) -> Option<u32> {
    let name = path.file_stem().and_then(|name| name.to_str())?;
    let (number, _) = name.split_once('-')?;
    let order = number.parse().ok()?;
    let is_beside = |what: &str| path.with_file_name(format!("{number}-{what}.yaml")).is_file();
    (is_beside("assert") || is_beside("errors")).then_some(order)
}

/// Whether an object lacks what the server wants of every object of its kind, or what one of its kind does nothing
/// without.
pub(super) fn lacks_what_all_have(object: &Object) -> bool {
    let has = |path: &[&str]| object.document.at(object.node, path).is_some();
    let text = |path: &[&str]| object.document.at(object.node, path).and_then(|node| object.document.str(node));
    let wanted: &[&[&str]] = match object.id.kind.as_str() {
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" => &[&["spec", "selector"]],
        "Pod" => &[&["spec", "containers"]],
        "Job" => &[&["spec", "template"]],
        "CronJob" => &[&["spec", "schedule"], &["spec", "jobTemplate"]],
        "Service" => {
            // these two need no ports
            let is_open =
                text(&["spec", "type"]) == Some("ExternalName") || text(&["spec", "clusterIP"]) == Some("None");
            if is_open { &[] } else { &[&["spec", "ports"]] }
        }
        "PersistentVolumeClaim" => &[&["spec", "accessModes"], &["spec", "resources"]],
        "PersistentVolume" => &[&["spec", "capacity"], &["spec", "accessModes"]],
        "HorizontalPodAutoscaler" => &[&["spec", "maxReplicas"], &["spec", "scaleTargetRef"]],
        "RoleBinding" | "ClusterRoleBinding" => &[&["roleRef"]],
        "StorageClass" => &[&["provisioner"]],
        "PriorityClass" => &[&["value"]],
        "APIService" => &[&["spec", "groupPriorityMinimum"]],
        "CustomResourceDefinition" => &[&["spec", "group"], &["spec", "names"]],
        "Ingress" => &[&["spec"]],
        "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" => &[&["webhooks"]],
        _ => &[],
    };
    is_of_kubernetes(&object.id.api_version) && wanted.iter().any(|path| !has(path))
}

/// Whether a Pod is a template that Spark makes Pods from: it gives them their names, and their container its image
/// (spark.apache.org: docs/latest/running-on-kubernetes.html, "Pod template"). It is told by the names that Spark gives
/// containers, or by a path or a label that says so where name and containers are absent.
fn is_template_of_spark(object: &Object, path: &Path) -> bool {
    if object.id.api_version != "v1" || object.id.kind != "Pod" {
        return false;
    }
    let document = &object.document;
    let containers = document.at(object.node, &["spec", "containers"]).map_or(&[][..], |list| document.items(list));
    let is_sparks = |name: &str| name == "spark-kubernetes-driver" || name.starts_with("spark-kubernetes-executor");
    let lacks_image = |container: &NodeId| {
        document.get(*container, "image").is_none() && document.get_str(*container, "name").is_some_and(is_sparks)
    };
    if containers.iter().any(lacks_image) {
        return true;
    }
    let metadata = |field: &str| {
        let map = document.at(object.node, &["metadata", field]);
        map.map_or(&[][..], |map| document.entries(map)).iter()
    };
    let mut labels = metadata("labels").chain(metadata("annotations"));
    let is_labelled = labels.any(|entry| {
        let value = document.str(entry.value()).unwrap_or_default();
        document.key(entry).contains("spark") || value.contains("spark")
    });
    let is_called_so = |name: &str| {
        let name = name.to_ascii_lowercase().replace(['-', '_'], "");
        name.contains("podtemplate") || name.split('.').next() == Some("spark")
    };
    let mut names = path.iter().rev().take(2).filter_map(|name| name.to_str());
    object.id.name.is_empty() && containers.is_empty() && (is_labelled || names.any(is_called_so))
}

/// Whether an object is of the one Service that every cluster makes itself, and says a part of it only.
fn is_of_the_api_service(object: &Object) -> bool {
    let is_default = object.id.namespace.as_deref().is_none_or(|namespace| namespace == "default");
    object.id.kind == "Service" && object.id.name == "kubernetes" && is_default && lacks_what_all_have(object)
}

/// Whether only what an object is called counts: `OpenShift`'s cluster version operator deletes it, and reads no more of
/// it (openshift/enhancements: `dev-guide/cluster-version-operator/dev/object-deletion.md`).
fn is_only_named(object: &Object) -> bool {
    let annotation = ["metadata", "annotations", "release.openshift.io/delete"];
    object.document.at(object.node, &annotation).is_some_and(|node| object.document.str(node) == Some("true"))
}

/// Whether an API version is one of Kubernetes' own: of no group, of one without dots, or of one under `k8s.io`.
fn is_of_kubernetes(api_version: &str) -> bool {
    api_version.split_once('/').is_none_or(|(group, _)| !group.contains('.') || group.ends_with(".k8s.io"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::is_called_patch;

    #[test]
    fn patches_are_told_by_their_names() {
        for name in ["web-patch.yaml", "patch_web.yml", "a/patches/web.yaml", "a/Patch/web.yaml", "web.patch.yaml"] {
            assert!(is_called_patch(Path::new(name)), "{name}");
        }
        for name in ["dispatch.yaml", "patchwork.yaml", "patches/web/app.yaml", "a.yaml"] {
            assert!(!is_called_patch(Path::new(name)), "{name}");
        }
    }
}
