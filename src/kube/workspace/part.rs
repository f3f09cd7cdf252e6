//! Objects that are merged into others, where no kustomization says so: their file is called a patch, or lies unused
//! beside a kustomization.

use std::path::Path;

use crate::kube::Object;

/// Whether a file calls itself a patch: `patch-web.yaml`, `dual_stack_patch.yml`, `patches/web.yaml`.
pub(super) fn is_called_patch(path: &Path) -> bool {
    let is_patch = |word: &str| word.eq_ignore_ascii_case("patch") || word.eq_ignore_ascii_case("patches");
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let folder = path.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or_default();
    is_patch(folder) || stem.split(|letter: char| !letter.is_ascii_alphanumeric()).any(is_patch)
}

/// Whether an object lacks what the server wants of every object of its kind.
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
        _ => &[],
    };
    is_of_kubernetes(&object.id.api_version) && wanted.iter().any(|path| !has(path))
}

/// Whether an object is of the one Service that every cluster makes itself, and says a part of it only.
pub(super) fn is_of_the_api_service(object: &Object) -> bool {
    let is_default = object.id.namespace.as_deref().is_none_or(|namespace| namespace == "default");
    object.id.kind == "Service" && object.id.name == "kubernetes" && is_default && lacks_what_all_have(object)
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
