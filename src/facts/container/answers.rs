//! What rules ask of a container's facts.

use super::ContainerFacts;
use crate::facts::endpoints::{Bind, Dial, Listen};
use crate::facts::images::is_bare;
use crate::facts::proof::{Certainty, Location, Proof};
use crate::kube::FastSet;
use crate::yaml::{NodeId, work};

impl<'run> ContainerFacts<'run> {
    /// The image's reference.
    #[must_use]
    pub fn image(&self) -> &'run str {
        self.container.container.image.as_deref().unwrap_or_default()
    }

    /// Whether it is there for another container's sake.
    #[must_use]
    pub fn is_helper(&self) -> bool {
        self.role.is_helper()
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'run str {
        &self.container.container.name
    }

    /// The ports that it declares.
    pub fn declared(&self) -> impl Iterator<Item = u16> + use<'run> {
        let ports = self.container.container.ports.as_deref().unwrap_or_default();
        ports.iter().inspect(|_| work::count(1)).filter_map(|port| u16::try_from(port.container_port).ok())
    }

    /// The ports that it declares, and those where its programs listen, each once.
    #[must_use]
    pub fn known_ports(&self) -> Vec<u16> {
        let all = self.declared().chain(self.listens.iter().map(|listen| listen.port));
        let mut seen = FastSet::default();
        all.filter(|port| seen.insert(*port)).collect()
    }

    /// Whether it declares a port, or its programs listen there by anything that is known.
    #[must_use]
    pub fn may_serve(&self, port: u16) -> bool {
        work::count(1 + self.listens.len());
        self.declared().any(|declared| declared == port) || self.listens.iter().any(|listen| listen.port == port)
    }

    /// Whether it declares a port, or its programs are known to listen there.
    #[must_use]
    pub fn surely_serves(&self, port: u16) -> bool {
        let listens = |listen: &Listen| listen.port == port && listen.certainty.is_certain();
        self.declared().any(|declared| declared == port) || self.listens.iter().any(listens)
    }

    /// The loopback addresses with a port that it dials.
    pub fn loopback_dials(&self) -> impl Iterator<Item = (&Dial<'run>, u16)> {
        self.dials.iter().filter(|dial| dial.is_loopback).filter_map(|dial| Some((dial, dial.port?)))
    }

    /// Whether it runs a program of this name.
    #[must_use]
    pub fn runs(&self, program: &str) -> bool {
        self.program.is_some_and(|known| known.program == program)
    }

    /// Whether it is a proxy that does whatever its configuration says.
    #[must_use]
    pub fn is_general_proxy(&self) -> bool {
        let name = self.program.map_or("", |program| program.program.as_str());
        matches!(
            name,
            "nginx"
                | "unprivileged-nginx"
                | "bitnami-nginx"
                | "openresty"
                | "envoy"
                | "haproxy"
                | "caddy"
                | "traefik"
                | "socat"
        )
    }

    /// Whether its image is known to hold its program and no shell or tool beside it.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        is_bare(self.image())
    }

    /// The place of its command line: its arguments, its command, or its image.
    #[must_use]
    pub fn line_place(&self) -> Location<'run> {
        let at = |field: &str| self.container.at(&[field]);
        let node = at("args").or_else(|| at("command")).or_else(|| at("image")).unwrap_or(self.container.node);
        Location::node(self.container.pod.object, node)
    }

    /// Whether facts of it that are certain say that it serves a port, and how.
    #[must_use]
    pub fn listen_at(&self, port: u16) -> Option<&Listen<'run>> {
        let at = self.listens.iter().filter(|listen| listen.port == port);
        at.max_by_key(|listen| (listen.certainty, listen.bind != Bind::Loopback))
    }

    /// What shows a fact, as a node of the container's own object; its name where it is written elsewhere.
    #[must_use]
    pub fn node_of(&self, proof: &Proof<'run>) -> NodeId {
        let is_own = std::ptr::eq(proof.place.object, self.container.pod.object);
        if is_own { proof.place.node } else { self.container.name_node() }
    }

    /// How sure a listen on loopback only is; nothing where it listens otherwise, or that is not known.
    #[must_use]
    pub fn only_on_loopback(&self, port: u16) -> Option<&Listen<'run>> {
        let mut all = self.listens.iter().filter(|listen| listen.port == port && !listen.udp);
        let first = all.next()?;
        let is_closed = |listen: &Listen<'run>| listen.bind == Bind::Loopback && listen.certainty > Certainty::Unknown;
        (is_closed(first) && all.all(is_closed)).then_some(first)
    }
}
