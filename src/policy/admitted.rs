//! An object as the API server shows it to a policy: defaults filled in, quantities in their canonical form, empty
//! fields gone, and unknown what only a cluster can tell.
//!
//! After `pkg/apis/*/v1/defaults.go`, the strategies in `pkg/registry` and the admission plugins that are on by default
//! (Kubernetes 1.36). Limit ranges and webhooks may change more; they are not looked at.

use super::defaults::defaults;
use super::values::OF_SERVER;
use crate::cel::{Branch, Item, Tree, Value, canonical_quantity};
use crate::kube::{Object, is_known};

const OF_NAMESPACE: &str = "the namespace is not set";

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
