//! `ports`: the further ports of a container.

use std::collections::BTreeMap;

use super::super::formats::port_of;
use super::super::spanned::{Kind, Member, Place, Spanned};
use super::{App, text_of};
use crate::diagnostic::Finding;

/// A further port.
#[derive(Clone, Debug)]
pub struct NamedPort {
    /// Its name.
    pub name: String,
    /// Its number.
    pub number: u16,
    /// TCP or UDP.
    pub protocol: &'static str,
    /// Not on the Service.
    pub private: bool,
    /// The node's port that leads there.
    pub host_port: Option<u16>,
    /// The port of every node that leads to it through the Service.
    pub node_port: Option<u16>,
    /// Its port on the Service, if it is another.
    pub service_port: Option<u16>,
    /// What the Service says that is spoken there.
    pub speaks: Option<String>,
    /// Where it is written.
    pub place: Place,
}

/// A number that a port can have.
pub(super) fn port_number(value: &Spanned) -> Option<u16> {
    u16::try_from(value.to_json().as_u64()?).ok()
}

/// Reads `ports`.
pub(super) fn named_ports(value: Option<&Spanned>) -> Vec<NamedPort> {
    let read = |member: &Member| {
        let port = member.value.get("port").unwrap_or(&member.value);
        let (number, protocol) = match &port.kind {
            Kind::Text(text) => port_of(text)?,
            _ => (port_number(port)?, "TCP"),
        };
        let host_port = member.value.get("host-port").and_then(port_number);
        let node_port = member.value.get("node-port").and_then(port_number);
        let service_port = member.value.get("service").and_then(port_number);
        let speaks = text_of(&member.value, "speaks");
        let private = member.value.get("private").is_some_and(|private| private.to_json() == true);
        let (name, place) = (member.key.clone(), port.place.clone());
        Some(NamedPort { name, number, protocol, private, host_port, node_port, service_port, speaks, place })
    };
    value.map(Spanned::members).unwrap_or_default().iter().filter_map(read).collect()
}

/// Two ports of one number in one container.
pub(super) fn check_ports(app: &App) -> Vec<Finding> {
    let mut findings = Vec::new();
    let main = app.port.zip(app.port_place.as_ref());
    let main_protocol = app.transport();
    let mut taken: BTreeMap<(u16, &str), &Place> =
        main.map(|(port, place)| ((port, main_protocol), place)).into_iter().collect();
    for port in &app.ports {
        if let Some(other) = taken.insert((port.number, port.protocol), &port.place) {
            findings.push(
                Finding::clash(format!("port {} is named twice", port.number), other.label(""), port.place.label(""))
                    .help("remove one of them"),
            );
        }
    }
    findings
}
