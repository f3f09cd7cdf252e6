//! Whether a pattern's folder is whole: what can be known before anybody uses it.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::definition;
use crate::describe::{self, Kind, Place, Spanned, Subject, keywords};
use crate::diagnostic::Finding;
use crate::pattern::catalogue::definition::Definition;
use crate::pattern::catalogue::families::Family;
use crate::pattern::catalogue::folders::{Folder, POD_TEMPLATE};
use crate::pattern::catalogue::images::Image;
use crate::pattern::plan::view::DocumentView;
use crate::pattern::template::expressions::{compiles, paths};
use crate::pattern::template::render::Renderer;
use crate::words::{clip, did_you_mean, nearest};
use crate::yaml::Span;

/// What the schema of a parameter may have, beside our `x-…`.
fn keywords() -> impl Iterator<Item = &'static str> {
    keywords::OF_PARAMETERS.into_iter().chain(keywords::OF_PATTERNS)
}

/// Everything that is wrong with a folder, each thing where it is.
pub(super) fn check(folder: &Folder, images: &BTreeMap<String, Image>) -> Vec<Finding> {
    let (root, mut findings) = definition::read(folder);
    let Some(root) = root else { return findings };
    let definition = match definition::of(&root) {
        Ok(definition) => definition,
        Err(finding) => {
            findings.push(*finding);
            return findings;
        }
    };
    let mut checker = Checker { folder, root: &root, definition: &definition, findings };
    checker.names();
    checker.links(images);
    checker.schema(root.get("params"));
    checker.templates();
    let mut findings = checker.findings;
    if findings.is_empty() {
        findings = check_defaults(&root);
    }
    findings
}

struct Checker<'a> {
    folder: &'a Folder,
    root: &'a Spanned,
    definition: &'a Definition,
    findings: Vec<Finding>,
}

impl Checker<'_> {
    fn wrong(&mut self, place: &Place, message: impl Into<String>) {
        self.findings.push(Finding::error(place.label(""), message));
    }

    /// Where a key of the definition has its value.
    fn place(&self, key: &str) -> Place {
        self.root.get(key).map_or_else(|| self.root.place.clone(), |value| value.place.clone())
    }

    fn names(&mut self) {
        let (family, name) = (self.folder.family().to_owned(), self.folder.name().to_owned());
        if self.definition.name != name {
            self.wrong(&self.place("name"), format!("this is not the name of the folder, `{name}`"));
        }
        if !describe::is_service_name(&name) {
            self.wrong(&self.place("name"), "a pattern's name is lower-case letters, digits and `-`");
        }
        if self.definition.family != family {
            self.wrong(&self.place("family"), format!("this is not the name of the folder above, `{family}`"));
        } else if Family::named(&family).is_none() {
            let place = self.place("family");
            self.findings.push(
                Finding::error(place.label(""), format!("`{family}` is not a family of patterns"))
                    .help(format!("there are {}", Family::names())),
            );
        }
    }

    /// What one part of the definition says of another.
    fn links(&mut self, images: &BTreeMap<String, Image>) {
        let definition = self.definition;
        let params = params(definition);
        let has_param = |name: &str| params.contains(&name);
        let has_port = |name: &String| definition.ports.iter().any(|port| port.name == *name);
        if let Some(main) = definition.main.as_ref().filter(|main| !has_param(main)) {
            self.wrong(&self.place("main"), format!("there is no parameter `{main}`"));
        }
        for role in definition.image.iter().chain(&definition.images).filter(|role| !images.contains_key(*role)) {
            let key = if definition.image.as_ref() == Some(role) { "image" } else { "images" };
            let place = self.place(key);
            let known = nearest(role, images.keys().map(String::as_str));
            let label = known.map_or_else(String::new, did_you_mean);
            self.findings.push(
                Finding::error(place.label(label), format!("no image role is called `{role}`"))
                    .help("give it an image in images.yaml beside the families: {image: …, user: …}"),
            );
        }
        for (at, param) in definition.ports.iter().enumerate().filter_map(|(at, port)| Some((at, port.param.as_ref()?)))
        {
            if !has_param(param) {
                let place = self.item("ports", at, "param");
                self.wrong(&place, format!("there is no parameter `{param}`"));
            }
        }
        if let Some(claim) = definition.claims.as_ref().filter(|claim| !has_port(&claim.port)) {
            self.wrong(&self.place("claims"), format!("it has no port `{}`", claim.port));
        }
        if let Some(port) = definition.serves.as_ref().filter(|port| !has_port(port)) {
            self.wrong(&self.place("serves"), format!("it has no port `{port}`"));
        }
        for (at, check) in definition.checks.iter().enumerate() {
            let place = self.item("checks", at, "that");
            self.expression(&check.that, &place, &["params", "document", "references"], &params);
            if !has_param(&check.at) {
                let place = self.item("checks", at, "at");
                self.wrong(&place, format!("there is no parameter `{}`", check.at));
            }
        }
        for (at, when) in definition.ports.iter().enumerate().filter_map(|(at, port)| Some((at, port.when.as_ref()?))) {
            let place = self.item("ports", at, "when");
            self.expression(when, &place, &["params"], &params);
        }
        for (at, variant) in definition.variants.iter().enumerate() {
            let place = self.item("variants", at, "when");
            self.expression(&variant.when, &place, &["params"], &params);
        }
        for (at, note) in definition.notes.iter().enumerate() {
            for (key, expression) in [("when", &note.when), ("say", &note.say)] {
                let place = self.item("notes", at, key);
                let known = ["params", "app", "document", "entry", "prefix"];
                self.expression(expression, &place, &known, &params);
            }
        }
        for (name, template) in &definition.config {
            if self.folder.file(template).is_none() {
                let place = self.root.get("config").and_then(|config| config.get(name));
                let place = place.map_or_else(|| self.place("config"), |value| value.place.clone());
                self.wrong(&place, format!("the folder has no file {template}"));
            }
        }
    }

    /// Whether what an expression speaks of exists: a name that does not would be none, in silence.
    fn expression(&mut self, text: &str, place: &Place, variables: &[&str], params: &[&str]) {
        if let Err(error) = compiles(text) {
            self.wrong(place, format!("this is not an expression: {error}"));
            return;
        }
        for path in paths(text) {
            let mut steps = path.split('.');
            let (variable, field) = (steps.next().unwrap_or_default(), steps.next());
            let message = match (variable, field) {
                (variable, _) if !variables.contains(&variable) => {
                    Some((format!("no `{variable}` is known here"), nearest(variable, variables.iter().copied())))
                }
                ("document", Some(field)) if !DocumentView::names().any(|name| name == field) => {
                    Some((format!("`document` has no `{field}`"), nearest(field, DocumentView::names())))
                }
                ("params", Some(field)) if !params.contains(&field) => {
                    Some((format!("there is no parameter `{field}`"), nearest(field, params.iter().copied())))
                }
                _ => None,
            };
            let Some((message, meant)) = message else { continue };
            let label = meant.map_or_else(String::new, did_you_mean);
            self.findings.push(Finding::error(within(place, &path).label(label), message));
        }
    }

    fn item(&self, list: &str, at: usize, key: &str) -> Place {
        let item = self.root.get(list).and_then(|list| list.items().get(at));
        item.and_then(|item| item.get(key)).map_or_else(|| self.place(list), |value| value.place.clone())
    }

    /// Keywords that we do not know would be passed over in silence.
    fn schema(&mut self, schema: Option<&Spanned>) {
        let Some(schema) = schema else { return };
        if !matches!(schema.kind, Kind::Map(_)) {
            if !matches!(schema.kind, Kind::Bool(_)) {
                self.wrong(&schema.place, "a schema is a map");
            }
            return;
        }
        for member in schema.members() {
            let known = keywords().any(|word| word == member.key) || member.key.starts_with("x-");
            if !known {
                let meant = nearest(&member.key, keywords());
                let label = meant.map_or_else(String::new, did_you_mean);
                let message = format!("a parameter's schema has no `{}`", member.key);
                let mut finding = Finding::error(member.key_place.label(label), message);
                if meant.is_none() && matches!(member.value.kind, Kind::Map(_)) {
                    let key = clip(&member.key);
                    finding =
                        finding.help(format!("a schema names its keys under `properties`: properties: {{{key}: …}}"));
                }
                self.findings.push(finding);
            }
            match member.key.as_str() {
                "properties" => member.value.members().iter().for_each(|member| self.schema(Some(&member.value))),
                "items" | "additionalProperties" | "propertyNames" => self.schema(Some(&member.value)),
                "anyOf" | "oneOf" => member.value.items().iter().for_each(|item| self.schema(Some(item))),
                "pattern" if member.value.text().is_none_or(|text| regex_lite::Regex::new(text).is_err()) => {
                    self.wrong(&member.value.place, "this is not a regular expression");
                }
                "format" if member.value.text().is_none_or(|text| !describe::is_format(text)) => {
                    self.wrong(&member.value.place, "there is no such format");
                }
                _ => {}
            }
        }
    }

    fn templates(&mut self) {
        let renderer = Renderer::new(self.folder, Vec::new());
        let names: Vec<String> = self.folder.files().map(|(name, _)| name.to_owned()).collect();
        for name in names.iter().filter(|name| name.rsplit_once('.').is_some_and(|(_, end)| end == "j2")) {
            if let Err(fault) = renderer.compile(name) {
                self.findings.push(fault.for_author(&self.root.place));
            }
        }
        let is_empty = !names.iter().any(|name| name.ends_with(".yaml.j2") && !name.contains('/'));
        if (is_empty && self.definition.replicas.is_none())
            || (self.definition.is_shape() && self.folder.file(POD_TEMPLATE).is_none())
        {
            self.wrong(
                &self.place("name"),
                format!("the folder has no {POD_TEMPLATE}, so it would add nothing to a Pod"),
            );
        }
    }
}

/// The parameters that a pattern has. A container of the user's has the keys of `app`, and its own beside them.
fn params(definition: &Definition) -> Vec<&str> {
    let own = definition.params.get("properties");
    let container = definition.params.get("x-container");
    let app = container.and_then(|_| describe::grammar().pointer("/properties/app/properties"));
    let names = [own, container, app].into_iter().flatten().filter_map(Json::as_object);
    names.flat_map(|members| members.keys()).map(String::as_str).collect()
}

/// Where a name is written in a scalar; the scalar, if it is written in another way.
fn within(place: &Place, name: &str) -> Place {
    let Some(at) = place.source.slice(place.span).find(name) else { return place.clone() };
    let start = place.span.range().start + at;
    Place { span: Span::new(start, start + name.len()), ..place.clone() }
}

/// Defaults follow their own schemas.
fn check_defaults(root: &Spanned) -> Vec<Finding> {
    let properties = root.get("params").and_then(|params| params.get("properties"));
    let mut findings = Vec::new();
    for member in properties.map(Spanned::members).unwrap_or_default() {
        let Some(default) = member.value.get("default") else { continue };
        let schema: Json = member.value.to_json();
        let name = format!("the default of `{}`", member.key);
        let subject = Subject { name: &name, member: "key", help: None, place: &default.place };
        findings.extend(describe::check(&schema, default, subject));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::Catalogue;

    #[test]
    fn every_built_in_pattern_is_whole() {
        let catalogue = Catalogue::built_in();
        let findings: Vec<Finding> = catalogue.folders().flat_map(|folder| check(folder, catalogue.images())).collect();
        let messages: Vec<String> =
            findings.iter().map(|finding| format!("{}: {}", finding.primary.source.name, finding.message)).collect();
        assert_eq!(messages, Vec::<String>::new());
    }
}
