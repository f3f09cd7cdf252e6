//! Ambassadors: proxies that a container talks to as if they were what they stand for.

mod ambassador_bypassed;
mod ambassador_exposed;
mod ambassador_ip_hash;
mod mirror_percent_zero;
mod no_such_subset;
mod regex_in_literal_path;
mod route_not_attached;
mod split_weights;

use super::Rule;
use crate::diagnostic::Family;
use crate::facts::{ContainerFacts, Dial, PodFacts, Role};
use crate::kube::FastMap;

/// What rules of this folder belong to.
const FAMILY: Family = Family::Ambassador;

/// The family's rules.
pub const RULES: &[&Rule] = &[
    &ambassador_bypassed::RULE,
    &ambassador_exposed::RULE,
    &ambassador_ip_hash::RULE,
    &mirror_percent_zero::RULE,
    &no_such_subset::RULE,
    &regex_in_literal_path::RULE,
    &route_not_attached::RULE,
    &split_weights::RULE,
];

/// An ambassador, a container that talks to it on loopback, how, and the port.
type Call<'a, 'run> = (&'a ContainerFacts<'run>, &'a ContainerFacts<'run>, &'a Dial<'run>, u16);

/// The ambassadors of a Pod with the first container that talks to each on loopback.
fn called<'a, 'run>(facts: &'a PodFacts<'run>) -> impl Iterator<Item = Call<'a, 'run>> {
    let mut ambassadors = facts.running().filter(|member| matches!(member.role, Role::Ambassador(_))).peekable();
    let callers = if ambassadors.peek().is_some() { callers(facts) } else { FastMap::default() };
    ambassadors.filter_map(move |ambassador| {
        let ports = ambassador.declared().chain(ambassador.listens.iter().map(|listen| listen.port));
        let others = ports.filter_map(|port| {
            let dials = callers.get(&port)?.iter();
            let (place, caller, dial) = dials.copied().find(|(_, caller, _)| is_other(caller, ambassador))?;
            Some((place, caller, dial, port))
        });
        let (_, caller, dial, port) = others.min_by_key(|(place, ..)| *place)?;
        Some((ambassador, caller, dial, port))
    })
}

fn is_other(one: &ContainerFacts<'_>, other: &ContainerFacts<'_>) -> bool {
    one.container.node != other.container.node
}

/// A container that dials, and the places of it and of the dial among all.
type Caller<'a, 'run> = ((usize, usize), &'a ContainerFacts<'run>, &'a Dial<'run>);

/// Who dials a port on loopback: the first two containers, since one of them may be the ambassador itself.
fn callers<'a, 'run>(facts: &'a PodFacts<'run>) -> FastMap<u16, Vec<Caller<'a, 'run>>> {
    let mut callers: FastMap<u16, Vec<Caller<'a, 'run>>> = FastMap::default();
    for (at, caller) in facts.running().enumerate() {
        for (place, (dial, port)) in caller.loopback_dials().enumerate() {
            let known = callers.entry(port).or_default();
            if known.len() < 2 && known.last().is_none_or(|(_, last, _)| is_other(last, caller)) {
                known.push(((at, place), caller, dial));
            }
        }
    }
    callers
}
