//! Which containers of a Pod dial which ports on loopback, and which may serve them: asked of each container, so that
//! each question looks only at those that have the port.

use std::collections::{BTreeMap, BTreeSet};

use super::super::container::ContainerFacts;
use super::super::endpoints::Dial;
use crate::kube::FastMap;

/// Ports of a Pod's containers, by their places among all of them.
pub(super) struct Loopback {
    /// With the place of the first dial of each among its own.
    diallers: FastMap<u16, BTreeMap<usize, usize>>,
    servers: FastMap<u16, BTreeSet<usize>>,
    /// Those that may listen elsewhere, too.
    open: BTreeSet<usize>,
}

impl Loopback {
    pub(super) fn of(all: &[ContainerFacts<'_>]) -> Self {
        let mut diallers: FastMap<u16, BTreeMap<usize, usize>> = FastMap::default();
        let mut servers: FastMap<u16, BTreeSet<usize>> = FastMap::default();
        for (at, one) in all.iter().enumerate() {
            for (number, dial) in one.dials.iter().enumerate().filter(|(_, dial)| dial.is_loopback) {
                if let Some(port) = dial.port {
                    diallers.entry(port).or_default().entry(at).or_insert(number);
                }
            }
            served(one).for_each(|port| _ = servers.entry(port).or_default().insert(at));
        }
        let open = (0..all.len()).filter(|at| !all[*at].listens_nowhere_else).collect();
        Self { diallers, servers, open }
    }

    /// The other containers that dial a port where this one may listen, in order.
    pub(super) fn callers(&self, all: &[ContainerFacts<'_>], at: usize) -> BTreeSet<usize> {
        let ports: BTreeSet<u16> = served(&all[at]).collect();
        let diallers = ports.iter().filter_map(|port| self.diallers.get(port)).flat_map(BTreeMap::keys);
        diallers.copied().filter(|other| *other != at).collect()
    }

    /// The first dial of a container to one of these ports where another may listen, and the port.
    pub(super) fn dial<'all, 'run>(
        &self,
        all: &'all [ContainerFacts<'run>],
        from: usize,
        to: usize,
        is_one: impl Fn(u16) -> bool,
    ) -> Option<(&'all Dial<'run>, u16)> {
        let ports = served(&all[to]).filter(|port| is_one(*port));
        let first = ports.filter_map(|port| self.diallers.get(&port)?.get(&from)).min()?;
        let dial = all[from].dials.get(*first)?;
        Some((dial, dial.port?))
    }

    /// Whether another container than this one is known to listen on a port.
    pub(super) fn is_surely_served(&self, all: &[ContainerFacts<'_>], but: usize, port: u16) -> bool {
        let mut servers = self.servers.get(&port).into_iter().flatten();
        servers.any(|other| *other != but && all[*other].surely_serves(port))
    }

    /// The other containers that may listen where this one dials, in order.
    pub(super) fn called(&self, all: &[ContainerFacts<'_>], at: usize) -> BTreeSet<usize> {
        let ports: BTreeSet<u16> = all[at].loopback_dials().map(|(_, port)| port).collect();
        let servers = ports.iter().filter_map(|port| self.servers.get(port)).flatten();
        servers.copied().filter(|other| *other != at).collect()
    }

    /// Whether another container may listen anywhere.
    pub(super) fn has_other_open(&self, at: usize) -> bool {
        self.open.iter().any(|other| *other != at)
    }
}

/// The ports where a container may listen.
fn served(one: &ContainerFacts<'_>) -> impl Iterator<Item = u16> {
    one.declared().chain(one.listens.iter().map(|listen| listen.port))
}
