//! Ambassadors: proxies that a container talks to as if they were what they stand for.

pub(super) mod ambassador_bypassed;
pub(super) mod ambassador_exposed;
pub(super) mod ambassador_ip_hash;
pub(super) mod ambassador_port_mismatch;
mod mirror_percent_zero;
mod split_weights;

use super::Rule;
use super::scene::{Member, Scene};
use crate::recognise::Role;
use crate::recognise::address::{Loopback, loopbacks};

/// The family's rules.
pub const RULES: &[&Rule] = &[
    &ambassador_bypassed::RULE,
    &ambassador_exposed::RULE,
    &ambassador_ip_hash::RULE,
    &ambassador_port_mismatch::RULE,
    &mirror_percent_zero::RULE,
    &split_weights::RULE,
];

/// The ambassadors of a Pod with a container that talks to them on loopback.
fn called<'a, 'run>(
    scene: &'a Scene<'run>,
) -> impl Iterator<Item = (&'a Member<'run>, &'a Member<'run>, Loopback<'run>)> {
    scene.running().filter(|member| matches!(member.one.role, Role::Ambassador(_))).filter_map(|ambassador| {
        scene.others(ambassador).find_map(|caller| {
            let calls = loopbacks(&caller.one.container);
            let call = calls.into_iter().find(|call| ambassador.may_serve(call.port))?;
            Some((ambassador, caller, call))
        })
    })
}
