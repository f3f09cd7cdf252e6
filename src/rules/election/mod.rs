//! Leader election.

mod election_dead_lock_kind;
mod election_recreate;
mod election_single_replica;
mod election_timing;
mod election_without_lease_rbac;
mod election_without_token;
mod replicas_without_election;

use super::Rule;
use crate::diagnostic::Family;
use crate::kube::{Index, Object, Typed};

/// What rules of this folder belong to.
const FAMILY: Family = Family::Election;

/// The family's rules.
pub const RULES: &[&Rule] = &[
    &election_dead_lock_kind::RULE,
    &election_recreate::RULE,
    &election_single_replica::RULE,
    &election_timing::RULE,
    &election_without_lease_rbac::RULE,
    &election_without_token::RULE,
    &replicas_without_election::RULE,
];

/// How many replicas a Deployment or StatefulSet asks for; nothing for other kinds, and where an autoscaler
/// decides.
fn replicas(object: &Object, index: &Index<'_>) -> Option<i32> {
    let replicas = match &object.typed {
        Some(Typed::Deployment(deployment)) => deployment.spec.replicas,
        Some(Typed::StatefulSet(set)) => set.spec.replicas,
        _ => return None,
    };
    let is_scaled = || !index.scalers(object).is_empty();
    (!is_scaled()).then_some(replicas.unwrap_or(1))
}
