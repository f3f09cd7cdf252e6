//! Objects as Rust types, of the kinds of which something is asked; one line each.

use super::decode::{Decoded, Struct, decode_object};
use super::types::{self, Read as _};
use crate::yaml::{Document, NodeId};

pub use super::decode::KINDS;

macro_rules! typed {
    ($($api_version:literal $kind:ident $variant:ident $type:ident,)*) => {
        /// An object as its Rust type.
        #[derive(Debug)]
        #[expect(missing_docs, reason = "the variants are Kubernetes' kinds")]
        pub enum Typed {
            $($variant(Box<types::$type>),)*
            /// A kind that is decoded, and of which nothing is asked here.
            Other,
        }

        impl Typed {
            fn read(api_version: &str, kind: &str, document: &Document, node: NodeId) -> Self {
                match (api_version, kind) {
                    $(($api_version, stringify!($kind)) => Self::$variant(Box::new(types::$type::read(document, node))),)*
                    _ => Self::Other,
                }
            }
        }
    };
}

/// Whether objects of this kind are decoded.
#[must_use]
pub fn is_known(api_version: &str, kind: &str) -> bool {
    KINDS.contains(&(api_version, kind))
}

/// Decodes an object by its kind; nothing for a kind that is not in the table.
#[must_use]
pub fn decode_kind(
    api_version: &str,
    kind: &str,
    document: &Document,
    node: NodeId,
) -> Option<(Option<Typed>, Decoded)> {
    let decoded = decode_object(document, node, (api_version, kind), Struct::of_kind(api_version, kind)?);
    let typed = (!decoded.is_other).then(|| Typed::read(api_version, kind, document, node));
    Some((typed, decoded))
}

typed! {
    "v1" Pod Pod Pod,
    "v1" PodTemplate PodTemplate PodTemplate,
    "v1" ReplicationController ReplicationController ReplicationController,
    "v1" Service Service Service,
    "v1" ConfigMap ConfigMap ConfigMap,
    "v1" ServiceAccount ServiceAccount ServiceAccount,
    "v1" PersistentVolumeClaim PersistentVolumeClaim PersistentVolumeClaim,
    "v1" PersistentVolume PersistentVolume PersistentVolume,
    "apps/v1" Deployment Deployment Deployment,
    "apps/v1" StatefulSet StatefulSet StatefulSet,
    "apps/v1" DaemonSet DaemonSet DaemonSet,
    "apps/v1" ReplicaSet ReplicaSet ReplicaSet,
    "batch/v1" Job Job Job,
    "batch/v1" CronJob CronJob CronJob,
    "autoscaling/v2" HorizontalPodAutoscaler HorizontalPodAutoscaler Known,
    "autoscaling/v1" HorizontalPodAutoscaler HorizontalPodAutoscalerV1 Known,
    "policy/v1" PodDisruptionBudget PodDisruptionBudget PodDisruptionBudget,
    "networking.k8s.io/v1" Ingress Ingress Known,
    "networking.k8s.io/v1" NetworkPolicy NetworkPolicy NetworkPolicy,
    "storage.k8s.io/v1" StorageClass StorageClass StorageClass,
    "admissionregistration.k8s.io/v1" ValidatingWebhookConfiguration ValidatingWebhookConfiguration Known,
    "admissionregistration.k8s.io/v1" MutatingWebhookConfiguration MutatingWebhookConfiguration MutatingWebhookConfiguration,
    "admissionregistration.k8s.io/v1" ValidatingAdmissionPolicy ValidatingAdmissionPolicy Known,
    "admissionregistration.k8s.io/v1" ValidatingAdmissionPolicyBinding ValidatingAdmissionPolicyBinding Known,
    "rbac.authorization.k8s.io/v1" Role Role Role,
    "rbac.authorization.k8s.io/v1" ClusterRole ClusterRole ClusterRole,
    "rbac.authorization.k8s.io/v1" RoleBinding RoleBinding RoleBinding,
    "rbac.authorization.k8s.io/v1" ClusterRoleBinding ClusterRoleBinding ClusterRoleBinding,
    "scheduling.k8s.io/v1" PriorityClass PriorityClass PriorityClass,
}
