//! The kinds that are decoded into Rust types; one line each.

use k8s_openapi::api::{
    admissionregistration::v1 as admission, apps::v1 as apps, autoscaling::v1 as autoscaling_v1,
    autoscaling::v2 as autoscaling, batch::v1 as batch, certificates::v1 as certificates,
    coordination::v1 as coordination, core::v1 as core, discovery::v1 as discovery, flowcontrol::v1 as flowcontrol,
    networking::v1 as networking, node::v1 as node, policy::v1 as policy, rbac::v1 as rbac, resource::v1 as resource,
    scheduling::v1 as scheduling, storage::v1 as storage,
};
use k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1 as apiregistration;

use super::decode::{Decoded, decode};
use crate::yaml::{Document, NodeId};

macro_rules! typed {
    ($($api_version:literal $kind:ident $variant:ident $type:ty,)*) => {
        /// An object as its Rust type.
        #[derive(Debug)]
        #[expect(missing_docs, reason = "the variants are Kubernetes' kinds")]
        pub enum Typed {
            $($variant(Box<$type>),)*
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
        ) -> Option<Decoded<Typed>> {
            match (api_version, kind) {
                $(($api_version, stringify!($kind)) => {
                    let Decoded { value, problems, versioned } = decode::<$type>(document, node);
                    let value = value.map(|object| Typed::$variant(Box::new(object)));
                    Some(Decoded { value, problems, versioned })
                })*
                _ => None,
            }
        }

        /// All kinds of the table.
        pub const KINDS: &[(&str, &str)] = &[$(($api_version, stringify!($kind)),)*];
    };
}

typed! {
    "v1" Pod Pod core::Pod,
    "v1" PodTemplate PodTemplate core::PodTemplate,
    "v1" ReplicationController ReplicationController core::ReplicationController,
    "v1" Service Service core::Service,
    "v1" ConfigMap ConfigMap core::ConfigMap,
    "v1" Secret Secret core::Secret,
    "v1" ServiceAccount ServiceAccount core::ServiceAccount,
    "v1" PersistentVolumeClaim PersistentVolumeClaim core::PersistentVolumeClaim,
    "v1" PersistentVolume PersistentVolume core::PersistentVolume,
    "v1" Namespace Namespace core::Namespace,
    "v1" ResourceQuota ResourceQuota core::ResourceQuota,
    "v1" LimitRange LimitRange core::LimitRange,
    "v1" Endpoints Endpoints core::Endpoints,
    "apps/v1" Deployment Deployment apps::Deployment,
    "apps/v1" StatefulSet StatefulSet apps::StatefulSet,
    "apps/v1" DaemonSet DaemonSet apps::DaemonSet,
    "apps/v1" ControllerRevision ControllerRevision apps::ControllerRevision,
    "apps/v1" ReplicaSet ReplicaSet apps::ReplicaSet,
    "batch/v1" Job Job batch::Job,
    "batch/v1" CronJob CronJob batch::CronJob,
    "autoscaling/v2" HorizontalPodAutoscaler HorizontalPodAutoscaler autoscaling::HorizontalPodAutoscaler,
    "autoscaling/v1" HorizontalPodAutoscaler HorizontalPodAutoscalerV1 autoscaling_v1::HorizontalPodAutoscaler,
    "policy/v1" PodDisruptionBudget PodDisruptionBudget policy::PodDisruptionBudget,
    "networking.k8s.io/v1" Ingress Ingress networking::Ingress,
    "networking.k8s.io/v1" IngressClass IngressClass networking::IngressClass,
    "networking.k8s.io/v1" NetworkPolicy NetworkPolicy networking::NetworkPolicy,
    "node.k8s.io/v1" RuntimeClass RuntimeClass node::RuntimeClass,
    "storage.k8s.io/v1" StorageClass StorageClass storage::StorageClass,
    "storage.k8s.io/v1" CSIDriver CSIDriver storage::CSIDriver,
    "storage.k8s.io/v1" CSINode CSINode storage::CSINode,
    "storage.k8s.io/v1" VolumeAttachment VolumeAttachment storage::VolumeAttachment,
    "storage.k8s.io/v1" VolumeAttributesClass VolumeAttributesClass storage::VolumeAttributesClass,
    "v1" Node Node core::Node,
    "networking.k8s.io/v1" ServiceCIDR ServiceCIDR networking::ServiceCIDR,
    "networking.k8s.io/v1" IPAddress IPAddress networking::IPAddress,
    "storage.k8s.io/v1" CSIStorageCapacity CSIStorageCapacity storage::CSIStorageCapacity,
    "apiregistration.k8s.io/v1" APIService APIService apiregistration::APIService,
    "resource.k8s.io/v1" DeviceClass DeviceClass resource::DeviceClass,
    "resource.k8s.io/v1" ResourceClaim ResourceClaim resource::ResourceClaim,
    "resource.k8s.io/v1" ResourceClaimTemplate ResourceClaimTemplate resource::ResourceClaimTemplate,
    "certificates.k8s.io/v1" CertificateSigningRequest CertificateSigningRequest certificates::CertificateSigningRequest,
    "admissionregistration.k8s.io/v1" ValidatingWebhookConfiguration ValidatingWebhookConfiguration
        admission::ValidatingWebhookConfiguration,
    "admissionregistration.k8s.io/v1" MutatingWebhookConfiguration MutatingWebhookConfiguration
        admission::MutatingWebhookConfiguration,
    "admissionregistration.k8s.io/v1" ValidatingAdmissionPolicy ValidatingAdmissionPolicy
        admission::ValidatingAdmissionPolicy,
    "admissionregistration.k8s.io/v1" ValidatingAdmissionPolicyBinding ValidatingAdmissionPolicyBinding
        admission::ValidatingAdmissionPolicyBinding,
    "admissionregistration.k8s.io/v1" MutatingAdmissionPolicy MutatingAdmissionPolicy
        admission::MutatingAdmissionPolicy,
    "admissionregistration.k8s.io/v1" MutatingAdmissionPolicyBinding MutatingAdmissionPolicyBinding
        admission::MutatingAdmissionPolicyBinding,
    "flowcontrol.apiserver.k8s.io/v1" FlowSchema FlowSchema flowcontrol::FlowSchema,
    "flowcontrol.apiserver.k8s.io/v1" PriorityLevelConfiguration PriorityLevelConfiguration
        flowcontrol::PriorityLevelConfiguration,
    "rbac.authorization.k8s.io/v1" Role Role rbac::Role,
    "rbac.authorization.k8s.io/v1" ClusterRole ClusterRole rbac::ClusterRole,
    "rbac.authorization.k8s.io/v1" RoleBinding RoleBinding rbac::RoleBinding,
    "rbac.authorization.k8s.io/v1" ClusterRoleBinding ClusterRoleBinding rbac::ClusterRoleBinding,
    "coordination.k8s.io/v1" Lease Lease coordination::Lease,
    "discovery.k8s.io/v1" EndpointSlice EndpointSlice discovery::EndpointSlice,
    "scheduling.k8s.io/v1" PriorityClass PriorityClass scheduling::PriorityClass,
}
