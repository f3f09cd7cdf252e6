//! Which rules judge which kind, and kinds that a server does not have.

use super::super::Object;
use super::field::Field;
use super::meta::{self, Scope};
use super::{Cause, Reason};
use super::{admission, apps, autoscaling, batch, config, endpoints, formats, networking, pod, policy, quota, rbac};
use super::{service, storage};

/// The rules of a kind.
type Rules = fn(Field);

/// Every kind that is judged in full; one line each.
const KINDS: &[(&str, &str, Rules)] = &[
    ("v1", "Pod", pod::pod),
    ("v1", "PodTemplate", apps::pod_template),
    ("v1", "ReplicationController", apps::replication_controller),
    ("v1", "Service", service::service),
    ("v1", "Endpoints", endpoints::endpoints),
    ("v1", "ConfigMap", config::config_map),
    ("v1", "Secret", config::secret),
    ("v1", "ServiceAccount", config::service_account),
    ("v1", "Namespace", config::namespace),
    ("v1", "PersistentVolumeClaim", storage::claim),
    ("v1", "PersistentVolume", storage::volume),
    ("v1", "ResourceQuota", quota::resource_quota),
    ("v1", "LimitRange", quota::limit_range),
    ("apps/v1", "Deployment", apps::deployment),
    ("apps/v1", "ReplicaSet", apps::replica_set),
    ("apps/v1", "DaemonSet", apps::daemon_set),
    ("apps/v1", "StatefulSet", apps::stateful_set),
    ("apps/v1", "ControllerRevision", apps::controller_revision),
    ("batch/v1", "Job", batch::job),
    ("batch/v1", "CronJob", batch::cron_job),
    ("autoscaling/v1", "HorizontalPodAutoscaler", autoscaling::autoscaler_v1),
    ("autoscaling/v2", "HorizontalPodAutoscaler", autoscaling::autoscaler),
    ("policy/v1", "PodDisruptionBudget", policy::disruption_budget),
    ("networking.k8s.io/v1", "Ingress", networking::ingress),
    ("networking.k8s.io/v1", "IngressClass", networking::ingress_class),
    ("networking.k8s.io/v1", "NetworkPolicy", networking::network_policy),
    ("rbac.authorization.k8s.io/v1", "Role", rbac::role),
    ("rbac.authorization.k8s.io/v1", "ClusterRole", rbac::cluster_role),
    ("rbac.authorization.k8s.io/v1", "RoleBinding", rbac::role_binding),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", rbac::cluster_role_binding),
    ("coordination.k8s.io/v1", "Lease", policy::lease),
    ("discovery.k8s.io/v1", "EndpointSlice", endpoints::endpoint_slice),
    ("scheduling.k8s.io/v1", "PriorityClass", policy::priority_class),
    ("node.k8s.io/v1", "RuntimeClass", networking::runtime_class),
    ("storage.k8s.io/v1", "StorageClass", storage::class),
    ("storage.k8s.io/v1", "CSIDriver", storage::csi_driver),
    ("storage.k8s.io/v1", "VolumeAttributesClass", storage::attributes_class),
    ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", admission::validating_webhooks),
    ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", admission::mutating_webhooks),
];

/// Built-in kinds whose fields and metadata are judged, but not the rest: their names are DNS names.
const METADATA_ONLY: &[(&str, &str, Scope)] = &[
    ("v1", "Node", Scope::Cluster),
    ("storage.k8s.io/v1", "CSINode", Scope::Cluster),
    ("storage.k8s.io/v1", "VolumeAttachment", Scope::Cluster),
    ("certificates.k8s.io/v1", "CertificateSigningRequest", Scope::Cluster),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", Scope::Cluster),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding", Scope::Cluster),
    ("flowcontrol.apiserver.k8s.io/v1", "FlowSchema", Scope::Cluster),
    ("flowcontrol.apiserver.k8s.io/v1", "PriorityLevelConfiguration", Scope::Cluster),
    ("networking.k8s.io/v1", "ServiceCIDR", Scope::Cluster),
    ("apiregistration.k8s.io/v1", "APIService", Scope::Cluster),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition", Scope::Cluster),
];

/// API versions that servers of all supported versions have dropped, and what took their place.
const REMOVED: &[(&str, &[&str], &str)] = &[
    ("extensions/v1beta1", &["Deployment", "DaemonSet", "ReplicaSet"], "apps/v1"),
    ("extensions/v1beta1", &["Ingress", "NetworkPolicy"], "networking.k8s.io/v1"),
    ("apps/v1beta1", &["Deployment", "StatefulSet"], "apps/v1"),
    ("apps/v1beta2", &["Deployment", "DaemonSet", "ReplicaSet", "StatefulSet"], "apps/v1"),
    ("batch/v1beta1", &["CronJob"], "batch/v1"),
    ("batch/v2alpha1", &["CronJob"], "batch/v1"),
    ("policy/v1beta1", &["PodDisruptionBudget"], "policy/v1"),
    ("autoscaling/v2beta1", &["HorizontalPodAutoscaler"], "autoscaling/v2"),
    ("autoscaling/v2beta2", &["HorizontalPodAutoscaler"], "autoscaling/v2"),
    ("networking.k8s.io/v1beta1", &["Ingress", "IngressClass"], "networking.k8s.io/v1"),
    (
        "rbac.authorization.k8s.io/v1beta1",
        &["Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"],
        "rbac.authorization.k8s.io/v1",
    ),
    ("coordination.k8s.io/v1beta1", &["Lease"], "coordination.k8s.io/v1"),
    ("discovery.k8s.io/v1beta1", &["EndpointSlice"], "discovery.k8s.io/v1"),
    ("scheduling.k8s.io/v1beta1", &["PriorityClass"], "scheduling.k8s.io/v1"),
    ("node.k8s.io/v1beta1", &["RuntimeClass"], "node.k8s.io/v1"),
    ("storage.k8s.io/v1beta1", &["StorageClass", "CSIDriver", "CSINode", "VolumeAttachment"], "storage.k8s.io/v1"),
    ("apiextensions.k8s.io/v1beta1", &["CustomResourceDefinition"], "apiextensions.k8s.io/v1"),
    (
        "admissionregistration.k8s.io/v1beta1",
        &["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"],
        "admissionregistration.k8s.io/v1",
    ),
];

/// Groups whose names no custom resource can have, with every kind that a server takes in them.
const CLOSED_GROUPS: &[(&str, &[&str])] = &[
    (
        "v1",
        &[
            "Pod",
            "PodTemplate",
            "ReplicationController",
            "Service",
            "Endpoints",
            "ConfigMap",
            "Secret",
            "ServiceAccount",
            "Namespace",
            "Node",
            "PersistentVolumeClaim",
            "PersistentVolume",
            "ResourceQuota",
            "LimitRange",
            "Event",
            "ComponentStatus",
            "Binding",
            "List",
        ],
    ),
    ("apps/v1", &["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "ControllerRevision"]),
    ("batch/v1", &["Job", "CronJob"]),
    ("autoscaling/v1", &["HorizontalPodAutoscaler", "Scale"]),
    ("autoscaling/v2", &["HorizontalPodAutoscaler"]),
    ("policy/v1", &["PodDisruptionBudget", "Eviction"]),
];

/// The rules of a kind, if they are known.
pub fn rules(api_version: &str, kind: &str) -> Option<Rules> {
    KINDS.iter().find(|(version, name, _)| (*version, *name) == (api_version, kind)).map(|(_, _, rules)| *rules)
}

/// A kind that no server of a supported version has.
pub fn unknown_kind(object: &Object) -> Option<Cause> {
    let (version, kind) = (object.id.api_version.as_str(), object.id.kind.as_str());
    for (name, value) in [("apiVersion", version), ("kind", kind)] {
        if value.is_empty() {
            let message = format!("`{name}` is missing: nothing says what this is");
            return Some(cause(object, Reason::Required, name, message, None));
        }
    }
    if let Some((_, _, successor)) = REMOVED.iter().find(|(old, kinds, _)| *old == version && kinds.contains(&kind)) {
        let message = format!("servers no longer have `{version}` of {kind}");
        return Some(cause(object, Reason::UnknownKind, "apiVersion", message, Some(format!("write `{successor}`"))));
    }
    let (_, kinds) = CLOSED_GROUPS.iter().find(|(group, _)| *group == version)?;
    if kinds.contains(&kind) || kind.ends_with("List") {
        return None;
    }
    let near = kinds.iter().find(|known| strsim::damerau_levenshtein(known, kind) <= 2).map(|known| (version, *known));
    let elsewhere = KINDS.iter().find(|(_, known, _)| *known == kind).map(|(group, known, _)| (*group, *known));
    let help = near.or(elsewhere).map(|(group, known)| format!("did you mean `{known}` of `{group}`?"));
    Some(cause(object, Reason::UnknownKind, "kind", format!("`{version}` has no kind `{kind}`"), help))
}

fn cause(object: &Object, reason: Reason, path: &str, message: String, help: Option<String>) -> Cause {
    let node = object.document.get(object.node, path).unwrap_or(object.node);
    Cause { reason, path: path.to_owned(), node, message, help, fix: None }
}

/// What holds for kinds that are not judged in full: a name, labels, annotations.
pub fn metadata(object: Field, api_version: &str, kind: &str) {
    let metadata = object.child("metadata");
    let known = METADATA_ONLY.iter().find(|(version, name, _)| (*version, *name) == (api_version, kind));
    if let Some((_, _, scope)) = known {
        meta::object_meta(metadata, *scope, formats::dns_subdomain);
        return;
    }
    metadata.child("name").check_unless_empty(formats::path_segment);
    metadata.child("namespace").check_unless_empty(formats::dns_label);
    meta::label_map(metadata.child("labels"));
    meta::annotation_map(metadata.child("annotations"));
}
