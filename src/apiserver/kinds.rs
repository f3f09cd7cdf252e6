//! Which rules judge which kind, and kinds that a server does not have.

use super::field::Field;
use super::meta;
use super::{Cause, Reason};
use super::{
    admission, admission_policies, apps, attachments, autoscaling, batch, certificates, cluster, config, custom,
    devices, endpoints, flow_control, formats,
};
use super::{networking, nodes, pod, policy, policy_bindings, quota, rbac, service, storage};
use crate::kube::Object;
use crate::kube::versions::{KindHistory, Target};
use crate::words::edits_within;

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
    ("v1", "Node", nodes::node),
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
    ("certificates.k8s.io/v1", "CertificateSigningRequest", certificates::signing_request),
    ("coordination.k8s.io/v1", "Lease", policy::lease),
    ("discovery.k8s.io/v1", "EndpointSlice", endpoints::endpoint_slice),
    ("scheduling.k8s.io/v1", "PriorityClass", policy::priority_class),
    ("node.k8s.io/v1", "RuntimeClass", networking::runtime_class),
    ("storage.k8s.io/v1", "StorageClass", storage::class),
    ("storage.k8s.io/v1", "CSIDriver", storage::csi_driver),
    ("storage.k8s.io/v1", "VolumeAttributesClass", storage::attributes_class),
    ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", admission::validating_webhooks),
    ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", admission::mutating_webhooks),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", admission_policies::validating),
    ("admissionregistration.k8s.io/v1", "MutatingAdmissionPolicy", admission_policies::mutating),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding", policy_bindings::validating),
    ("admissionregistration.k8s.io/v1", "MutatingAdmissionPolicyBinding", policy_bindings::mutating),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition", custom::definition::definition),
    ("apiregistration.k8s.io/v1", "APIService", cluster::api_service),
    ("flowcontrol.apiserver.k8s.io/v1", "FlowSchema", flow_control::flow_schema),
    ("flowcontrol.apiserver.k8s.io/v1", "PriorityLevelConfiguration", flow_control::priority_level),
    ("networking.k8s.io/v1", "IPAddress", cluster::ip_address),
    ("networking.k8s.io/v1", "ServiceCIDR", cluster::service_cidr),
    ("resource.k8s.io/v1", "DeviceClass", devices::class),
    ("resource.k8s.io/v1", "ResourceClaim", devices::claim),
    ("resource.k8s.io/v1", "ResourceClaimTemplate", devices::claim_template),
    ("storage.k8s.io/v1", "CSINode", attachments::csi_node),
    ("storage.k8s.io/v1", "CSIStorageCapacity", attachments::storage_capacity),
    ("storage.k8s.io/v1", "VolumeAttachment", attachments::volume_attachment),
];

/// API versions that went before the oldest supported server, and what took their place. What later versions
/// dropped is in `versions`.
const REMOVED: &[(&str, &[&str], &str)] = &[("batch/v2alpha1", &["CronJob"], "batch/v1")];

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

/// The kinds whose rules are known.
pub fn judged() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|(_, kind, _)| *kind)
}

/// The version in which a server has a kind of Kubernetes, the newest where there are several.
#[must_use]
pub fn served_version(kind: &str, target: Target) -> Option<&'static str> {
    let mut of_kind = KINDS.iter().rev().filter(|(_, known, _)| *known == kind).map(|(version, ..)| *version);
    of_kind.find(|version| KindHistory::of(version, kind).is_some_and(|history| history.is_served_by(target)))
}

/// The rules of a kind, if they are known.
pub fn rules(api_version: &str, kind: &str) -> Option<Rules> {
    KINDS.iter().find(|(version, name, _)| (*version, *name) == (api_version, kind)).map(|(_, _, rules)| *rules)
}

/// A kind that the server does not have.
pub fn unknown_kind(object: &Object, target: Target) -> Option<Cause> {
    let (version, kind) = (object.id.api_version.as_str(), object.id.kind.as_str());
    for (name, value) in [("apiVersion", version), ("kind", kind)] {
        if value.is_empty() {
            let message = format!("`{name}` is missing, so the kind of object is unknown");
            return Some(cause(object, Reason::Required, name, message, None));
        }
    }
    if let Some((_, _, successor)) = REMOVED.iter().find(|(old, kinds, _)| *old == version && kinds.contains(&kind)) {
        let message = format!("{kind} is no longer served in `{version}`");
        return Some(cause(object, Reason::UnknownKind, "apiVersion", message, Some(format!("write `{successor}`"))));
    }
    if let Some(history) = KindHistory::of(version, kind) {
        return unserved_kind(object, history, target);
    }
    let Some((_, kinds)) = CLOSED_GROUPS.iter().find(|(group, _)| *group == version) else {
        return unknown_version(object, target);
    };
    if kinds.contains(&kind) || kind.ends_with("List") {
        return None;
    }
    let near = kinds.iter().find(|known| edits_within(2, known, kind).is_some()).map(|known| (version, *known));
    let elsewhere = KINDS.iter().find(|(_, known, _)| *known == kind).map(|(group, known, _)| (*group, *known));
    // the very word before one that is like it
    let help = elsewhere.or(near).map(|(group, known)| format!("did you mean `{known}` of `{group}`?"));
    // early servers of OpenShift had it beside the kinds of Kubernetes (openshift/api: `apps/v1/legacy.go`)
    let of_openshift = (version, kind) == ("v1", "DeploymentConfig");
    let help = if of_openshift { Some("OpenShift has it in `apps.openshift.io/v1`".to_owned()) } else { help };
    Some(cause(object, Reason::UnknownKind, "kind", format!("`{version}` has no kind `{kind}`"), help))
}

/// A built-in kind in a version that its group never had, or in a group whose name is misspelt. A definition cannot bring
/// it: names of groups need a dot there, and groups of Kubernetes are not for others
/// (kubernetes/kubernetes: `ValidateCustomResourceDefinitionSpec`).
fn unknown_version(object: &Object, target: Target) -> Option<Cause> {
    let (version, kind) = (object.id.api_version.as_str(), object.id.kind.as_str());
    // what has no metadata is a file of another program
    object.document.get(object.node, "metadata")?;
    let (group, number) = version.rsplit_once('/').unwrap_or(("", version));
    let known = KindHistory::all().iter().filter(|known| known.kind == kind).find(|known| {
        let (known_group, _) = known.api_version.rsplit_once('/').unwrap_or(("", known.api_version));
        known_group == group || is_misspelt_group(group, known_group, version)
    })?;
    let (known_group, _) = known.api_version.rsplit_once('/').unwrap_or_default();
    let write = known.instead(target).map(|(instead, _)| format!("write `{instead}`"));
    let message = if known_group == group {
        let of = if group.is_empty() { "of the core group".to_owned() } else { format!("of `{group}`") };
        format!("{kind} {of} does not exist in `{number}`")
    } else {
        format!("servers have no `{version}` with the kind `{kind}`")
    };
    Some(cause(object, Reason::UnknownKind, "apiVersion", message, write))
}

/// Whether a group is written in the place of one of Kubernetes: its name without a version (`apps`), or none (`v2`),
/// with a letter more, less or changed (`app/v1`), in capitals, without its domain (`networking/v1`), or the name that
/// the core has in texts (`core/v1`).
fn is_misspelt_group(group: &str, known: &str, version: &str) -> bool {
    const DOMAIN: &str = ".k8s.io";
    if known.is_empty() {
        return group == "core";
    }
    if group.is_empty() {
        let is_number = || version.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        return version.eq_ignore_ascii_case(known) || !known.contains('.') && is_number();
    }
    let edits = if known.ends_with(DOMAIN) && group.ends_with(DOMAIN) { 3 } else { 1 };
    group.eq_ignore_ascii_case(known)
        || known.strip_suffix(DOMAIN).and_then(|known| known.split('.').next()) == Some(group)
        || edits_within(edits, group, known).is_some()
}

/// A built-in kind that is not in the server of this version. One that `--runtime-config` can turn on is not known
/// to be missing.
fn unserved_kind(object: &Object, history: &KindHistory, target: Target) -> Option<Cause> {
    if history.exists_in(target) {
        return None;
    }
    let (version, kind) = (history.api_version, history.kind);
    let message = match history.since.filter(|since| *since > target.0) {
        Some(since) => format!("{kind} is served in `{version}` only from v1.{since} on"),
        None => format!("{kind} is no longer served in `{version}`"),
    };
    let help = history.instead(target).map(|(version, kind)| format!("write `{version}` and `kind: {kind}`"));
    let same_kind = history.instead(target).filter(|(_, other)| *other == kind);
    let help = same_kind.map_or(help, |(version, _)| Some(format!("write `{version}`")));
    Some(cause(object, Reason::UnknownKind, "apiVersion", message, help))
}

/// What the server says about an API version that will go.
pub fn deprecation(object: Field, api_version: &str, kind: &str) {
    let Some(history) = KindHistory::of(api_version, kind) else { return };
    let Some(deprecated) = history.deprecated.filter(|since| *since <= object.target().0) else { return };
    let removed = history.removed.map_or_else(String::new, |removed| format!(" and goes in v1.{removed}"));
    let instead = history.instead(object.target());
    let instead = instead.map_or_else(String::new, |(version, kind)| format!("; use {kind} of `{version}`"));
    let is_served = history.is_served_by(object.target());
    let off = if is_served { "" } else { ", is served only with --runtime-config" };
    let message = format!("`{api_version}` of {kind} is deprecated since v1.{deprecated}{off}{removed}{instead}");
    let field = object.child("apiVersion");
    if is_served { field.warn(message) } else { field.warn_of_flag(message) }
}

fn cause(object: &Object, reason: Reason, path: &str, message: String, help: Option<String>) -> Cause {
    let node = object.document.get(object.node, path).unwrap_or(object.node);
    Cause { reason, path: path.to_owned(), node, message, help, fix: None }
}

/// Groups whose files tools read and no server sees: names there may be paths, as Tanka's are
/// (grafana/tanka: `pkg/spec/v1alpha1/environment.go`; kind.sigs.k8s.io, k3d.io, ctlptl, eksctl.io, kuttl.dev,
/// krew.sigs.k8s.io, skaffold.dev and kubernetes/kubernetes `cmd/kubeadm/app/apis`).
const OF_CLIENTS: [&str; 9] = [
    "ctlptl.dev",
    "eksctl.io",
    "k3d.io",
    "kind.x-k8s.io",
    "krew.googlecontainertools.github.com",
    "kubeadm.k8s.io",
    "kuttl.dev",
    "skaffold",
    "tanka.dev",
];

/// Whether an object is a file of a program, and none that a server takes: of one of these groups, of those in which the
/// cluster's own programs have their configuration (`kubelet.config.k8s.io`), or of a version without a group other than
/// the core's `v1`, such as Talos has.
#[must_use]
pub fn is_of_client(api_version: &str) -> bool {
    const TESTS: [&str; 2] = ["chainsaw.kyverno.io", "cli.kyverno.io"];
    let Some((group, _)) = api_version.split_once('/') else { return api_version != "v1" && !api_version.is_empty() };
    OF_CLIENTS.contains(&group)
        || TESTS.contains(&group)
        || group.ends_with(".config.k8s.io")
        || group == "audit.k8s.io"
}

/// What holds for kinds that are not judged in full: a name, labels, annotations. Not the namespace: whether they have
/// one is unknown, and a server clears that of an object that belongs to none (kubernetes/kubernetes:
/// `apiserver/pkg/registry/rest/meta.go`, `EnsureObjectNamespaceMatchesRequestNamespace`).
pub fn metadata(object: Field) {
    let group = object.child("apiVersion").str().split('/').next().unwrap_or_default();
    if OF_CLIENTS.contains(&group) {
        return;
    }
    let metadata = object.child("metadata");
    metadata.child("name").check_unless_empty(formats::path_segment);
    meta::label_map(metadata.child("labels"));
    meta::annotation_map(metadata.child("annotations"));
}
