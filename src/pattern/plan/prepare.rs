//! A document before anything is rendered: parameters filled in, ports given out, the way of its traffic known.
//! What other documents may ask about it is settled here, so that references never wait for each other.

use super::catalogue::Catalogue;
use super::checks;
use super::context::{self, Inbound};
use super::definition::Claim;
use super::fill::{Filled, fill};
use super::ports::{self, Ports, part_port_name, port_name};
use crate::describe::{Description, Expose};
use crate::diagnostic::Finding;

/// A document that is ready to be rendered.
pub(super) struct Prepared<'a> {
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

/// Prepares all documents of a file; one that is wrong is none.
pub(super) fn prepare_all<'a>(
    catalogue: &Catalogue,
    descriptions: &'a [Description],
    findings: &mut Vec<Finding>,
) -> Vec<Option<Prepared<'a>>> {
    descriptions.iter().map(|description| prepare(catalogue, description, findings)).collect()
}

/// What is wrong with the patterns that a document asks for, each by itself.
#[must_use]
pub fn check(catalogue: &Catalogue, description: &Description) -> Vec<Finding> {
    let mut findings = Vec::new();
    fill_all(catalogue, description, &mut findings);
    findings
}

fn prepare<'a>(
    catalogue: &Catalogue,
    description: &'a Description,
    findings: &mut Vec<Finding>,
) -> Option<Prepared<'a>> {
    let before = findings.len();
    let (shape, uses) = fill_all(catalogue, description, findings);
    let shape = shape.filter(|_| uses.len() == description.uses.len())?;
    checks::check_app(description, &shape, &uses, findings);
    checks::check_images(catalogue, description, findings);
    let document = context::document(description, &shape, &uses);
    std::iter::once(&shape).chain(&uses).for_each(|filled| filled.check_within(&document, findings));
    let entries: Vec<&Filled> = std::iter::once(&shape).chain(&uses).collect();
    let mut ports = ports::allocate(description.app.as_ref(), &entries, findings);
    let shape_ports = ports.remove(0);
    if findings.len() > before {
        return None;
    }
    let own = shape.definition.serves.as_ref().and_then(|port| shape_ports.get(port).copied());
    let served = description.app.as_ref().and_then(|app| app.port).or(own);
    let (inbound, upstreams) = chain(description, &shape, served, &uses, &ports);
    Some(Prepared { description, shape, uses, shape_ports, ports, served, inbound, upstreams })
}

fn fill_all(
    catalogue: &Catalogue,
    description: &Description,
    findings: &mut Vec<Finding>,
) -> (Option<Filled>, Vec<Filled>) {
    let shape = fill(catalogue, &description.name, &description.shape, true, findings);
    let uses = description
        .uses
        .iter()
        .filter_map(|entry| fill(catalogue, &description.name, entry, false, findings))
        .collect();
    (shape, uses)
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
        Some(app) => context::app_port_name(app, description.expose.as_ref().is_some_and(Expose::is_routed)),
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
