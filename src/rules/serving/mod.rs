//! Services of many Pods: stateful sets, shards, scatter and gather.

mod gather_quorum_is_everything;
mod gather_without_timeout;
mod hpa_on_shards;
mod no_such_pod;
mod peer_discovery_needs_unready;
pub(super) mod shard_count_mismatch;
mod shards_behind_cluster_ip;
mod shards_on_deployment;
mod statefulset_grace_zero;
mod statefulset_partition_above_replicas;
mod statefulset_service_missing;
mod statefulset_service_not_headless;
mod volume_claim_not_mounted;

use super::Rule;
use crate::diagnostic::Family;
use crate::facts::shards::ShardList;
use crate::kube::types::{StatefulSet, StatefulSetSpec};
use crate::kube::{Index, Object, Typed};

/// What rules of this folder belong to.
const FAMILY: Family = Family::Serving;

/// The family's rules.
pub const RULES: &[&Rule] = &[
    &gather_quorum_is_everything::RULE,
    &gather_without_timeout::RULE,
    &hpa_on_shards::RULE,
    &no_such_pod::RULE,
    &peer_discovery_needs_unready::RULE,
    &shard_count_mismatch::RULE,
    &shards_behind_cluster_ip::RULE,
    &shards_on_deployment::RULE,
    &statefulset_grace_zero::RULE,
    &statefulset_partition_above_replicas::RULE,
    &statefulset_service_missing::RULE,
    &statefulset_service_not_headless::RULE,
    &volume_claim_not_mounted::RULE,
];

fn stateful_set(object: &Object) -> Option<&StatefulSet> {
    match &object.typed {
        Some(Typed::StatefulSet(set)) if !object.is_patch => Some(set),
        _ => None,
    }
}

/// The ordinals of a StatefulSet's Pods: the first and the number of them.
fn ordinals(spec: &StatefulSetSpec) -> (u32, u32) {
    let whole = |number: i32| u32::try_from(number).unwrap_or(0);
    let start = spec.ordinals.as_ref().and_then(|ordinals| ordinals.start).map_or(0, whole);
    (start, whole(spec.replicas.unwrap_or(1)))
}

/// Whether a Service has no address of its own, so that its name leads to the Pods.
fn is_headless(service: &Object) -> Option<bool> {
    let Some(Typed::Service(service)) = &service.typed else { return None };
    let spec = service.spec.as_ref()?;
    (spec.type_.as_deref() != Some("ExternalName")).then(|| spec.cluster_ip.as_deref() == Some("None"))
}

/// The StatefulSets whose Pods hold shards by a hash of the key, with the lists that say so.
fn hashed<'run>(index: &Index<'run>, lists: &[ShardList<'run>]) -> Vec<(&'run Object, usize)> {
    let hashed = lists.iter().enumerate().filter(|(_, list)| list.is_hashed);
    hashed.filter_map(|(at, list)| Some((list.stateful_set(index)?, at))).collect()
}
