//! The kinds that are decoded into Rust types; one line each.

use k8s_openapi::api::{
    apps::v1 as apps, autoscaling::v2 as autoscaling, batch::v1 as batch, coordination::v1 as coordination,
    core::v1 as core, discovery::v1 as discovery, networking::v1 as networking, policy::v1 as policy, rbac::v1 as rbac,
    scheduling::v1 as scheduling,
};

use super::decode::{Problem, decode};
use crate::yaml::{Document, NodeId};

macro_rules! typed {
    ($($api_version:literal $kind:ident $type:ty,)*) => {
        /// An object as its Rust type.
        #[derive(Debug)]
        #[expect(missing_docs, reason = "the variants are Kubernetes' kinds")]
        pub enum Typed {
            $($kind(Box<$type>),)*
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
        ) -> Option<(Option<Typed>, Vec<Problem>)> {
            match (api_version, kind) {
                $(($api_version, stringify!($kind)) => {
                    let (object, problems) = decode::<$type>(document, node);
                    Some((object.map(|object| Typed::$kind(Box::new(object))), problems))
                })*
                _ => None,
            }
        }

        /// All kinds of the table.
        pub const KINDS: &[(&str, &str)] = &[$(($api_version, stringify!($kind)),)*];
    };
}

typed! {
    "v1" Pod core::Pod,
    "v1" PodTemplate core::PodTemplate,
    "v1" ReplicationController core::ReplicationController,
    "v1" Service core::Service,
    "v1" ConfigMap core::ConfigMap,
    "v1" Secret core::Secret,
    "v1" ServiceAccount core::ServiceAccount,
    "v1" PersistentVolumeClaim core::PersistentVolumeClaim,
    "v1" PersistentVolume core::PersistentVolume,
    "v1" Namespace core::Namespace,
    "v1" ResourceQuota core::ResourceQuota,
    "v1" LimitRange core::LimitRange,
    "v1" Endpoints core::Endpoints,
    "apps/v1" Deployment apps::Deployment,
    "apps/v1" StatefulSet apps::StatefulSet,
    "apps/v1" DaemonSet apps::DaemonSet,
    "apps/v1" ReplicaSet apps::ReplicaSet,
    "batch/v1" Job batch::Job,
    "batch/v1" CronJob batch::CronJob,
    "autoscaling/v2" HorizontalPodAutoscaler autoscaling::HorizontalPodAutoscaler,
    "policy/v1" PodDisruptionBudget policy::PodDisruptionBudget,
    "networking.k8s.io/v1" Ingress networking::Ingress,
    "networking.k8s.io/v1" NetworkPolicy networking::NetworkPolicy,
    "rbac.authorization.k8s.io/v1" Role rbac::Role,
    "rbac.authorization.k8s.io/v1" ClusterRole rbac::ClusterRole,
    "rbac.authorization.k8s.io/v1" RoleBinding rbac::RoleBinding,
    "rbac.authorization.k8s.io/v1" ClusterRoleBinding rbac::ClusterRoleBinding,
    "coordination.k8s.io/v1" Lease coordination::Lease,
    "discovery.k8s.io/v1" EndpointSlice discovery::EndpointSlice,
    "scheduling.k8s.io/v1" PriorityClass scheduling::PriorityClass,
}
