//! The ports of a Pod that is so large that each question for one cannot look at all of its containers.

use super::container::ContainerFacts;
use crate::kube::FastMap;

/// Up to this many ports and containers, a search is faster than a table.
const FEW: usize = 32;

/// Which containers that run beside the app declare a port or listen there, by their places; nothing where few do.
#[derive(Debug)]
pub(super) struct Ports(Option<FastMap<u16, Vec<usize>>>);

impl Ports {
    pub(super) fn of(members: &[ContainerFacts<'_>]) -> Self {
        let count: usize = members.iter().map(|one| one.declared().count() + one.listens.len()).sum();
        if count <= FEW && members.len() <= FEW {
            return Self(None);
        }
        let mut places: FastMap<u16, Vec<usize>> = FastMap::default();
        for (at, one) in members.iter().enumerate().filter(|(_, one)| one.container.runs_beside_app()) {
            for port in one.declared().chain(one.listens.iter().map(|listen| listen.port)) {
                let places = places.entry(port).or_default();
                if places.last() != Some(&at) {
                    places.push(at);
                }
            }
        }
        Self(Some(places))
    }

    /// The containers that run beside the app and may serve a port, in their order, each with its place.
    pub(super) fn serving<'a, 'run>(
        &'a self,
        members: &'a [ContainerFacts<'run>],
        port: u16,
    ) -> impl Iterator<Item = (usize, &'a ContainerFacts<'run>)> {
        let scanned = if self.0.is_some() { &[] } else { members };
        let serves = move |one: &ContainerFacts<'_>| one.container.runs_beside_app() && one.may_serve(port);
        let scanned = scanned.iter().enumerate().filter(move |(_, one)| serves(one));
        let looked_up = self.0.as_ref().and_then(|places| places.get(&port)).into_iter().flatten();
        scanned.chain(looked_up.filter_map(|at| Some((*at, members.get(*at)?))))
    }
}
