//! Sidecars and Jobs.

mod duplicate_container_port;
mod native;
mod probe_port_not_in_container;
mod restart_policy_is_not_sidecar;
mod shared_volume_nobody_writes;
mod sidecar_blocks_job;

use super::Rule;
use crate::kube::{Object, Typed};

/// The family's rules.
pub const RULES: &[&Rule] = &[
    &duplicate_container_port::RULE,
    &probe_port_not_in_container::RULE,
    &restart_policy_is_not_sidecar::RULE,
    &shared_volume_nobody_writes::RULE,
    &sidecar_blocks_job::RULE,
];

/// A Job, or what makes Jobs: its Pods are meant to end.
fn is_job(object: &Object) -> bool {
    matches!(object.typed, Some(Typed::Job(_) | Typed::CronJob(_)))
}
