//! A document before anything is rendered: parameters filled in, ports given out, the way of its traffic known.
//! What other documents may ask about it is settled here, so that references never wait for each other.

use super::container::app_port_name;
use super::document::Document;
use super::fill::Filled;
use super::inbound::Inbound;
use super::ports::{self, Ports};
use crate::describe::{Description, Expose};
use crate::diagnostic::Finding;
use crate::pattern::catalogue::definition::Claim;
use crate::pattern::names::{part_port_name, port_name};

/// A document that is ready to be rendered.
pub(crate) struct Prepared<'a> {
    pub description: &'a Description,
    pub shape: Filled,
    pub uses: Vec<Filled>,
    pub shape_ports: Ports,
    /// Of each entry of `use`.
    pub ports: Vec<Ports>,
    /// The port of what the Pod is there for: the app's, or that of a shape that brings its own containers.
    pub served: Option<u16>,
    /// How traffic enters the Pod.
    pub inbound: Option<Inbound>,
    /// The port that each entry of `use` hands traffic on to.
    pub upstreams: Vec<Option<u16>>,
}

impl<'a> Document<'a> {
    /// Gives out ports and settles the way of traffic.
    ///
    /// # Errors
    /// Ports that two want.
    pub(crate) fn prepare(self) -> Result<Prepared<'a>, Vec<Finding>> {
        let entries: Vec<&Filled> = self.entries().collect();
        let mut ports = ports::allocate(self.description.app.as_ref(), &entries)?;
        let shape_ports = ports.remove(0);
        let Document { description, shape, uses } = self;
        let own = shape.definition.serves.as_ref().and_then(|port| shape_ports.get(port).copied());
        let served = description.app.as_ref().and_then(|app| app.port).or(own);
        let (inbound, upstreams) = chain(description, &shape, served, &uses, &ports);
        Ok(Prepared { description, shape, uses, shape_ports, ports, served, inbound, upstreams })
    }
}

/// Inbound claimers chain in the order of `use`: the first is the outermost. Returns how traffic enters
/// and, for each entry, the port it hands on to.
fn chain(
    description: &Description,
    shape: &Filled,
    served: Option<u16>,
    uses: &[Filled],
    ports: &[Ports],
) -> (Option<Inbound>, Vec<Option<u16>>) {
    let mut upstreams = vec![None; uses.len()];
    let Some(app_port) = served else { return (None, upstreams) };
    let name = match &description.app {
        Some(app) => app_port_name(app, description.expose.as_ref().is_some_and(Expose::is_routed)),
        None => "http",
    };
    let claim = shape.definition.claims.clone();
    let name = claim.as_ref().map_or(name, |claim| &claim.protocol).to_owned();
    let mut inbound = Inbound { port: app_port, name, claim };
    if let Some((name, port)) = shape.front().first() {
        inbound = Inbound { port: *port, name: part_port_name(name), claim: Some(Claim::http()) };
    }
    for (at, filled) in uses.iter().enumerate().rev() {
        let Some(claim) = &filled.definition.claims else { continue };
        let Some(number) = ports[at].get(&claim.port) else { continue };
        upstreams[at] = Some(inbound.port);
        let entries = uses.iter().map(|filled| filled.entry.name.as_str());
        let name = port_name(&filled.entry.name, &claim.port, entries);
        inbound = Inbound { port: *number, name, claim: Some(claim.clone()) };
    }
    (Some(inbound), upstreams)
}
