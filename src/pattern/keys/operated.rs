//! The ports of a document that are for those who operate it, and not for its clients.

use crate::pattern::names::port_name;
use crate::pattern::plan::prepare::Prepared;

/// The ports that tell those who operate a document's Pods about them.
pub(super) struct Operated {
    /// Of entries of `use`, by name and number.
    uses: Vec<(String, u64)>,
    /// Of the shape, by what it calls them.
    shape: Vec<String>,
    /// Of the app, by the names that the description gives them, and those that are for clients.
    app: Vec<String>,
    clients: Vec<String>,
    /// Where all traffic comes in.
    inbound: Option<u64>,
}

impl Operated {
    pub(super) fn of(prepared: &Prepared<'_>) -> Self {
        let entries = || prepared.uses.iter().map(|filled| filled.entry.name.as_str());
        let mut uses = Vec::new();
        let mut app = Vec::new();
        for (filled, ports) in prepared.uses.iter().zip(&prepared.ports) {
            let is_traffic = |name: &str| {
                filled.definition.claims.as_ref().is_some_and(|claim| claim.port == name)
                    || filled.definition.ports.iter().any(|port| port.name == name && port.traffic)
            };
            let closed = ports.iter().filter(|(name, _)| !is_traffic(name));
            uses.extend(
                closed.map(|(name, number)| (port_name(&filled.entry.name, name, entries()), u64::from(*number))),
            );
            app.extend(filled.params["port"].as_str().map(str::to_owned));
        }
        let definition = &prepared.shape.definition;
        let is_served = |name: &str| {
            definition.serves.as_deref() == Some(name)
                || definition.claims.as_ref().is_some_and(|claim| claim.port == name)
        };
        let shape = prepared.shape_ports.keys().filter(|name| !is_served(name)).cloned().collect();
        let clients = prepared.description.app.iter().flat_map(|app| &app.ports).map(|port| port.name.clone());
        let clients = clients.filter(|name| !app.contains(name)).collect();
        let inbound = prepared.inbound.as_ref().map(|inbound| u64::from(inbound.port));
        Self { uses, shape, app, clients, inbound }
    }

    pub(super) fn has(&self, name: &str, number: u64) -> bool {
        if self.inbound == Some(number) || self.clients.iter().any(|client| client == name) {
            return false;
        }
        name == "status"
            || name.ends_with("-status")
            || self.app.iter().chain(&self.shape).any(|closed| closed == name)
            || self.uses.iter().any(|(closed, at)| closed == name && *at == number)
    }
}
