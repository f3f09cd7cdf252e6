//! What one document refers to, resolved for its templates.

use serde_json::{Map, Value as Json, json};

use super::fill::Filled;
use super::references::{Directory, Mark};
use super::referent::{Referent, Resolved};
use crate::describe::{Description, Kind, Place, Spanned};
use crate::diagnostic::Finding;

/// Resolves what a document refers to. It goes on after a mistake, so that all of them show in one run.
pub(crate) struct Resolver<'a> {
    directory: &'a Directory<'a>,
    /// The document that refers to others.
    pub(super) from: &'a Description,
    /// What is wrong with its references.
    pub(crate) findings: Vec<Finding>,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(directory: &'a Directory<'a>, from: &'a Description) -> Self {
        Self { directory, from, findings: Vec::new() }
    }

    /// Resolves every reference among an entry's parameters.
    pub(crate) fn references(&mut self, filled: &Filled) -> Json {
        let mut references = Map::new();
        let properties = filled.definition.params["properties"].as_object();
        for (param, schema) in properties.into_iter().flatten() {
            let Some(mark) = Mark::of(schema) else { continue };
            let Some(value) = filled.given.get(param) else {
                references.insert(param.clone(), Json::Null);
                continue;
            };
            let port = mark.port_from.as_ref().and_then(|param| filled.params.get(param)?.as_u64());
            let mark = Mark { port: port.and_then(|port| u16::try_from(port).ok()).or(mark.port), ..mark };
            references.insert(param.clone(), self.value(value, &mark));
        }
        Json::Object(references)
    }

    /// What a parameter refers to: one target, or a map or list of them.
    fn value(&mut self, value: &Spanned, mark: &Mark) -> Json {
        match &value.kind {
            Kind::Map(members) if mark.each => members
                .iter()
                .map(|member| {
                    let target = self.directory.named(self.from, &member.key, &member.key_place, mark);
                    (member.key.clone(), json!(self.settle(target)))
                })
                .collect(),
            Kind::List(items) if mark.each => items.iter().map(|item| self.target(item, mark)).collect(),
            _ => self.target(value, mark),
        }
    }

    /// A target by its name, or spelt out as a map.
    fn target(&mut self, value: &Spanned, mark: &Mark) -> Json {
        let target = match value.text() {
            Some(name) => self.directory.named(self.from, name, &value.place, mark),
            None => self.directory.spelt_out(self.from, value, mark),
        };
        json!(self.settle(target))
    }

    fn settle(&mut self, target: Resolved) -> Option<Referent> {
        target.unwrap_or_else(|finding| {
            self.findings.push(*finding);
            None
        })
    }

    /// A Service that a route can lead to, as `mark` says.
    pub(super) fn backend(&mut self, name: &str, place: &Place, mark: &Mark) -> Option<Referent> {
        let target = match self.directory.named(self.from, name, place, mark) {
            Ok(target) => target,
            Err(finding) => {
                self.findings.push(*finding);
                return None;
            }
        };
        let Some(target) = target else {
            // a document that is wrong in itself has been reported
            if name.strip_prefix("service/").unwrap_or(name).contains(['/', ':']) {
                self.findings.push(
                    Finding::error(place.label(""), "a route leads to a Service")
                        .help("write the name of a document of this file, or service/<name>"),
                );
            }
            return None;
        };
        if let Some(namespace) = &target.namespace {
            self.findings.push(
                Finding::error(
                    place.label(format!("is in namespace `{namespace}`")),
                    "this route cannot reach its backend",
                )
                .because("a route can refer to another namespace only if a ReferenceGrant there allows it"),
            );
        }
        if target.scheme.as_deref() == Some("https") {
            self.findings.push(
                Finding::error(
                    place.label("only accepts TLS"),
                    "the route and this backend do not speak the same protocol",
                )
                .because("an HTTPRoute speaks plain HTTP to its backends"),
            );
        }
        Some(target)
    }
}
