//! What a document has, seen as a whole: its containers, and what the checks of patterns may ask of it.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::fill::{Filled, fill};
use super::probes::health_keys;
use crate::describe::{App, Description, Expose};
use crate::diagnostic::Finding;
use crate::pattern::catalogue::folders::Catalogue;

/// A document whose parameters are filled in. Nothing is given out yet.
pub(crate) struct Document<'a> {
    pub description: &'a Description,
    pub shape: Filled,
    pub uses: Vec<Filled>,
}

impl<'a> Document<'a> {
    /// Fills in what a document asks for.
    ///
    /// # Errors
    /// What is wrong with its entries, each by itself.
    pub(crate) fn fill(catalogue: &Catalogue, description: &'a Description) -> Result<Self, Vec<Finding>> {
        let mut findings = Vec::new();
        let mut keep = |filled: Result<Filled, Vec<Finding>>| filled.map_err(|mistakes| findings.extend(mistakes)).ok();
        let shape = keep(fill(catalogue, &description.name, &description.shape, true));
        let uses = description.uses.iter().filter_map(|entry| keep(fill(catalogue, &description.name, entry, false)));
        let uses = uses.collect();
        match shape {
            Some(shape) if findings.is_empty() => Ok(Self { description, shape, uses }),
            _ => Err(findings),
        }
    }

    /// Its shape and the entries of `use`.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Filled> {
        std::iter::once(&self.shape).chain(&self.uses)
    }
}

/// What is wrong with the patterns that a document asks for, each by itself.
#[must_use]
pub fn check(catalogue: &Catalogue, description: &Description) -> Vec<Finding> {
    Document::fill(catalogue, description).err().unwrap_or_default()
}

/// The containers of the user's, wherever a document has them.
pub(crate) fn apps<'a>(
    description: &'a Description,
    shape: &'a Filled,
    uses: &'a [Filled],
) -> impl Iterator<Item = &'a App> {
    let own = description.app.iter().chain(description.inits.iter().map(|init| &init.app));
    own.chain(std::iter::once(shape).chain(uses).flat_map(|filled| &filled.containers))
}

/// What a pattern's checks may ask about the rest of its document.
pub(crate) fn facts(description: &Description, shape: &Filled, uses: &[Filled]) -> Json {
    let app = description.app.as_ref();
    let volumes = apps(description, shape, uses).flat_map(|app| &app.volumes);
    let volume_kinds: BTreeSet<String> =
        volumes.filter_map(|volume| volume.source.as_object()?.keys().next().cloned()).collect();
    let claim = uses.iter().find_map(|filled| filled.definition.claims.as_ref());
    json!({
        "scheme": claim.map(|claim| claim.scheme.clone()),
        "expose": description.expose.is_some(),
        "ingress": description.expose.as_ref().is_some_and(|expose| expose.is_routed() && expose.gateway.is_none()),
        "tls": description.expose.as_ref().is_some_and(Expose::has_tls),
        "open_service": description.expose.as_ref().is_some_and(|expose| !expose.is_routed()),
        "uses": description.uses.iter().map(|entry| entry.name.clone()).collect::<Vec<_>>(),
        "serves": shape.definition.serves.is_some(),
        "ports": app.map(|app| app.ports.iter().map(|port| port.name.clone()).collect::<Vec<_>>()),
        "protocol": app.and_then(|app| app.protocol.clone()),
        "inits": description.inits.iter().map(|init| init.name.clone()).collect::<Vec<_>>(),
        "health": app.is_some_and(|app| app.has("health")),
        "health_keys": app.and_then(|app| app.written.get("health")).map(health_keys).unwrap_or_default(),
        "volume_kinds": volume_kinds,
        "place": description.place.is_some(),
        "isolate": description.isolate.is_some(),
        "mesh": description.meshed,
        "volumes": app.map(|app| app.volumes.iter().map(|volume| volume.name.clone()).collect::<Vec<_>>()),
        "port": app.and_then(|app| app.port),
        "env": app.map(|app| app.env.iter().map(|variable| variable.name.clone()).collect::<Vec<_>>()),
        "writable": app.map(|app| app.writable.iter().map(|path| path.path.clone()).collect::<Vec<_>>()),
        "mounts": app.map(|app| app.volumes.iter().map(|volume| volume.mount.clone()).collect::<Vec<_>>()),
        "claims": app.is_some_and(|app| app.volumes.iter().any(|volume| volume.claim.is_some())),
        "loopback": app.is_some_and(|app| app.loopback),
        "priority": description.priority.is_some(),
        "app": app.map(|app| app.keys().collect::<Vec<_>>()).unwrap_or_default(),
        "minor": description.target.minor(),
    })
}
