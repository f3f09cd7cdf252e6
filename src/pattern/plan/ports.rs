//! Ports of one Pod. Its containers share one network namespace, so each port can be bound once.
//!
//! The app's port never moves. Ports that the description sets are kept; two equal ones clash. All others come
//! from the patterns' tables, moved up by one while taken, in the order of `use`.

use std::collections::BTreeMap;

use super::fill::Filled;
use crate::describe::{App, Place};
use crate::diagnostic::Finding;

/// The numbers of one entry's ports, by the name that its templates use.
pub(crate) type Ports = BTreeMap<String, u16>;

/// Gives every entry its ports.
///
/// # Errors
/// Ports that two want.
pub(super) fn allocate(app: Option<&App>, entries: &[&Filled]) -> Result<Vec<Ports>, Vec<Finding>> {
    let mut findings = Vec::new();
    let mut taken: BTreeMap<u16, (Place, String)> = BTreeMap::new();
    if let Some(app) = app
        && let (Some(port), Some(place)) = (app.port, &app.port_place)
    {
        taken.insert(port, (place.clone(), format!("the app listens on {port}")));
    }
    for entry in entries {
        for (port, place) in entry.ports_beside() {
            if let Some((other, text)) = taken.get(&port) {
                findings.push(
                    Finding::error(place.label("so does this"), format!("two containers want port {port} of this Pod"))
                        .label(other.label(text))
                        .because("containers of a Pod share one network namespace; the second bind fails")
                        .help("change the port of one of them"),
                );
            }
            taken.entry(port).or_insert((place.clone(), format!("listens on {port}")));
        }
    }
    let mut allocated: Vec<Ports> = vec![Ports::new(); entries.len()];
    for (entry, ports) in entries.iter().zip(&mut allocated) {
        for (port, param) in entry.ports().filter_map(|port| Some((port, port.param.as_ref()?))) {
            let Some(number) = entry.given_port(param) else { continue };
            let place = entry.place_of(param).clone();
            if let Some((other, text)) = taken.get(&number) {
                findings.push(clash(number, other, text, &place, entry, param));
            }
            taken.entry(number).or_insert((place, format!("listens on {number}")));
            ports.insert(port.name.clone(), number);
        }
    }
    for (entry, ports) in entries.iter().zip(&mut allocated) {
        for port in entry.ports() {
            if ports.contains_key(&port.name) {
                continue;
            }
            let wanted = port.number(&entry.params);
            if let Some(finding) = app.filter(|_| port.local).and_then(|app| same_as_app(app, wanted, entry)) {
                findings.push(finding);
                continue;
            }
            let free = (wanted..=u16::MAX).find(|number| !taken.contains_key(number));
            let Some(number) = free else { continue };
            taken.insert(number, (entry.entry.place.clone(), format!("listens on {number}")));
            ports.insert(port.name.clone(), number);
        }
    }
    if findings.is_empty() { Ok(allocated) } else { Err(findings) }
}

/// An ambassador is on loopback where the app looks for the real thing; an app that listens there itself
/// would talk to itself.
fn same_as_app(app: &App, wanted: u16, entry: &Filled) -> Option<Finding> {
    let place = app.port_place.as_ref().filter(|_| app.port == Some(wanted))?;
    let name = &entry.entry.name;
    Some(
        Finding::error(
            entry.entry.place.label(format!("would listen on 127.0.0.1:{wanted}")),
            format!("the app itself listens on {wanted}, the port of `{name}`"),
        )
        .label(place.label(format!("the app listens on {wanted}")))
        .because("containers of a Pod share one network namespace; the second bind fails")
        .help(format!("give `{name}` another `port`; the app finds it in {}_PORT", super::provides::prefix(name))),
    )
}

fn clash(number: u16, other: &Place, text: &str, place: &Place, entry: &Filled, param: &str) -> Finding {
    let default = entry
        .ports()
        .find(|port| port.param.as_deref() == Some(param))
        .map(|port| port.number(&entry.params))
        .filter(|port| *port > 0);
    let help = match default {
        Some(default) if default != number => {
            format!("leave `{param}` out (`{}` then takes {default}), or choose another", entry.entry.name)
        }
        _ => format!("choose another `{param}`"),
    };
    Finding::error(place.label("so does this"), format!("two containers want port {number} of this Pod"))
        .label(other.label(text))
        .because("containers of a Pod share one network namespace; the second bind fails")
        .help(help)
}
