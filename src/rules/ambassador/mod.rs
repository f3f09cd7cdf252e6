//! Ambassadors: proxies that a container talks to as if they were what they stand for.

mod ambassador_bypassed;
mod ambassador_exposed;
mod ambassador_ip_hash;
mod mirror_percent_zero;
mod split_weights;

use super::Rule;
use crate::diagnostic::Family;
use crate::facts::{ContainerFacts, Dial, PodFacts, Role};

/// What rules of this folder belong to.
const FAMILY: Family = Family::Ambassador;

/// The family's rules.
pub const RULES: &[&Rule] = &[
    &ambassador_bypassed::RULE,
    &ambassador_exposed::RULE,
    &ambassador_ip_hash::RULE,
    &mirror_percent_zero::RULE,
    &split_weights::RULE,
];

/// The ambassadors of a Pod with a container that talks to them on loopback, and the port.
fn called<'a, 'run>(
    facts: &'a PodFacts<'run>,
) -> impl Iterator<Item = (&'a ContainerFacts<'run>, &'a ContainerFacts<'run>, &'a Dial<'run>, u16)> {
    facts.running().filter(|member| matches!(member.role, Role::Ambassador(_))).filter_map(|ambassador| {
        facts.others(ambassador).find_map(|caller| {
            let (dial, port) = caller.loopback_dials().find(|(_, port)| ambassador.may_serve(*port))?;
            Some((ambassador, caller, dial, port))
        })
    })
}
