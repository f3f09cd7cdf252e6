//! Which containers of a Pod dial which ports on loopback, and which may serve them: asked of each container, so that
//! each question looks only at those that have the port.

use std::collections::{BTreeSet, HashMap};

use super::super::container::ContainerFacts;

/// Ports of a Pod's containers, by their places among all of them.
pub(super) struct Loopback {
    diallers: HashMap<u16, BTreeSet<usize>>,
    servers: HashMap<u16, BTreeSet<usize>>,
    /// Those that may listen elsewhere, too.
    open: BTreeSet<usize>,
}

impl Loopback {
    pub(super) fn of(all: &[ContainerFacts<'_>]) -> Self {
        let (mut diallers, mut servers) = (HashMap::new(), HashMap::new());
        let add = |ports: &mut HashMap<u16, BTreeSet<usize>>, port, at| {
            ports.entry(port).or_default().insert(at);
        };
        for (at, one) in all.iter().enumerate() {
            one.loopback_dials().for_each(|(_, port)| add(&mut diallers, port, at));
            let listens = one.listens.iter().map(|listen| listen.port);
            one.declared().chain(listens).for_each(|port| add(&mut servers, port, at));
        }
        let open = (0..all.len()).filter(|at| !all[*at].listens_nowhere_else).collect();
        Self { diallers, servers, open }
    }

    /// The other containers that dial a port where this one may listen, in order.
    pub(super) fn callers(&self, all: &[ContainerFacts<'_>], at: usize) -> BTreeSet<usize> {
        let ports = all[at].declared().chain(all[at].listens.iter().map(|listen| listen.port));
        others(&self.diallers, ports, at)
    }

    /// The other containers that may listen where this one dials, in order.
    pub(super) fn called(&self, all: &[ContainerFacts<'_>], at: usize) -> BTreeSet<usize> {
        others(&self.servers, all[at].loopback_dials().map(|(_, port)| port), at)
    }

    /// Whether another container may listen anywhere.
    pub(super) fn has_other_open(&self, at: usize) -> bool {
        self.open.iter().any(|other| *other != at)
    }
}

fn others(by_port: &HashMap<u16, BTreeSet<usize>>, ports: impl Iterator<Item = u16>, at: usize) -> BTreeSet<usize> {
    let ports: BTreeSet<u16> = ports.collect();
    ports.iter().filter_map(|port| by_port.get(port)).flatten().copied().filter(|other| *other != at).collect()
}
