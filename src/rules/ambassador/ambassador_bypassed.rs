use std::collections::BTreeSet;

use super::{called, is_other};
use crate::facts::{ContainerFacts, Dial, PodFacts, Role};
use crate::kube::{FastMap, FastSet};
use crate::rules::{Check, Findings, Rule};
use crate::words::clip;
use crate::yaml::NodeId;

/// The app names what its ambassador stands for.
pub static RULE: Rule = rule!("ambassador_bypassed.md", Warning, Check::Facts(check));

/// How many ambassadors are shown that one address bypasses.
const MOST: usize = 8;

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let mut ambassadors = facts.running().filter(|member| matches!(member.role, Role::Ambassador(_))).peekable();
    if ambassadors.peek().is_none() {
        return;
    }
    let called: FastSet<NodeId> = called(facts).map(|(member, ..)| member.container.node).collect();
    let mut direct = direct(facts);
    for ambassador in ambassadors {
        let is_called = called.contains(&ambassador.container.node);
        for (caller, dial, node) in direct.that_bypass(ambassador) {
            let saying = found
                .at(
                    node,
                    format!(
                        "`{}` connects to `{}` directly, bypassing `{}`",
                        caller.name(),
                        clip(&dial.host),
                        ambassador.name()
                    ),
                )
                .here("what the ambassador is for")
                .and(ambassador.container.name_node(), format!("`{}` is the ambassador for it", ambassador.name()))
                .because("connections that bypass the ambassador get none of its routing, retries or encryption");
            if is_called {
                saying.help("name the ambassador's loopback address here too, or remove the variable");
            } else {
                saying.help("name the ambassador's loopback address, or remove the ambassador");
            }
        }
    }
}

/// Where the dial is written, if that is in the container itself.
fn own_node(caller: &ContainerFacts<'_>, dial: &Dial<'_>) -> Option<NodeId> {
    std::ptr::eq(dial.proof.place.object, caller.container.pod.object).then_some(dial.proof.place.node)
}

/// What an ambassador stands for: the hosts that it dials.
fn targets<'a>(ambassador: &'a ContainerFacts<'_>) -> impl Iterator<Item = (&'a str, Option<u16>)> {
    let outside = ambassador.dials.iter().filter(|dial| !dial.is_loopback);
    outside.flat_map(|dial| {
        // `cache-0.cache` is a Pod of the Service `cache`
        let service = governing_service(short(&dial.host)).map(|service| (service, None));
        std::iter::once((short(&dial.host), dial.port)).chain(service)
    })
}

/// The Service of a StatefulSet's Pod: what follows `<set>-<ordinal>.`.
fn governing_service(host: &str) -> Option<&str> {
    let (pod, service) = host.split_once('.')?;
    let (_, ordinal) = pod.rsplit_once('-')?;
    (!ordinal.is_empty() && ordinal.bytes().all(|byte| byte.is_ascii_digit())).then_some(service)
}

/// A Service's name without what the cluster adds to it.
fn short(host: &str) -> &str {
    host.strip_suffix(".svc.cluster.local").or_else(|| host.strip_suffix(".svc")).unwrap_or(host)
}

/// An address that a container names, and where it is written.
type Direct<'a, 'run> = (&'a ContainerFacts<'run>, &'a Dial<'run>, NodeId);

/// What the containers of a Pod dial outside of it.
struct Directs<'a, 'run> {
    all: Vec<Direct<'a, 'run>>,
    /// How often each was shown.
    shown: Vec<usize>,
    /// Their places by host.
    by_host: FastMap<&'a str, Vec<usize>>,
    /// Their places by host and port.
    by_port: FastMap<(&'a str, Option<u16>), Vec<usize>>,
}

fn direct<'a, 'run>(facts: &'a PodFacts<'run>) -> Directs<'a, 'run> {
    let callers = facts.running().filter(|caller| !caller.is_helper());
    let dials = callers.flat_map(|caller| {
        let outside = caller.dials.iter().filter(|dial| !dial.is_loopback);
        outside.filter_map(move |dial| Some((caller, dial, own_node(caller, dial)?)))
    });
    let all: Vec<Direct<'a, 'run>> = dials.collect();
    let (mut by_host, mut by_port) = (FastMap::<_, Vec<usize>>::default(), FastMap::<_, Vec<usize>>::default());
    for (at, (_, dial, _)) in all.iter().enumerate() {
        by_host.entry(short(&dial.host)).or_default().push(at);
        by_port.entry((short(&dial.host), dial.port)).or_default().push(at);
    }
    Directs { shown: vec![0; all.len()], all, by_host, by_port }
}

impl<'a, 'run> Directs<'a, 'run> {
    /// Those that name what an ambassador stands for, in their order.
    fn that_bypass(&mut self, ambassador: &'a ContainerFacts<'run>) -> Vec<Direct<'a, 'run>> {
        let mut places: BTreeSet<usize> = BTreeSet::new();
        for (host, port) in targets(ambassador) {
            let (shown, all) = (&self.shown, &self.all);
            let mut take = |list: Option<&mut Vec<usize>>| {
                let Some(list) = list else { return };
                list.retain(|at| shown[*at] < MOST);
                places.extend(list.iter().filter(|at| is_other(all[**at].0, ambassador)));
            };
            // where one of the two names no port, the host tells
            if port.is_none() {
                take(self.by_host.get_mut(host));
            } else {
                take(self.by_port.get_mut(&(host, port)));
                take(self.by_port.get_mut(&(host, None)));
            }
        }
        for at in &places {
            self.shown[*at] += 1;
        }
        places.into_iter().map(|at| self.all[at]).collect()
    }
}
