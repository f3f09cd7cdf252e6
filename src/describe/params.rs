//! `params`: a description's own typed parameters, and `${name}` in its values.

use std::cell::Cell;
use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::keywords;
use super::schema::{self, Subject};
use super::spanned::{Kind, Member, Place, Spanned};
use crate::diagnostic::Finding;
use crate::limits;
use crate::words::{is_secret_name, list, nearest};

/// The parameters of one document with their values.
#[derive(Debug, Default)]
pub struct Params {
    values: BTreeMap<String, Spanned>,
    /// Declared, but without any value.
    unset: BTreeMap<String, Place>,
    values_come_later: bool,
    /// How many bytes were put into texts.
    inserted: Cell<u64>,
}

/// A value from outside the description: `--set` and `--params`.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The parameter.
    pub name: String,
    /// Its value.
    pub value: Spanned,
    /// Where it was set.
    pub place: Place,
    /// What sets it.
    pub origin: Origin,
}

/// What sets a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `--set` on the command line: the text is what was typed, whatever YAML makes of it.
    Flag,
    /// A file, where quotes say what is text.
    File,
}

impl Params {
    /// Settles the parameters that `declared` (the `params` map) names: its defaults, then `settings`, of which the
    /// last one of a name counts. Settings of other names are passed over: they may belong to another document.
    pub fn settle(declared: Option<&Member>, settings: &[Setting], findings: &mut Vec<Finding>) -> Self {
        let mut params = Self::default();
        if let Some(member) = declared.filter(|member| !matches!(member.value.kind, Kind::Map(_))) {
            findings.push(
                Finding::error(member.value.place.label(""), "`params` takes a map of names and JSON Schemas")
                    .help("params: {tag: {type: string, default: 1.7.0}}"),
            );
        }
        for declaration in declared.map(|member| member.value.members()).into_iter().flatten() {
            let name = &declaration.key;
            let schema = declaration.value.to_json();
            check_declaration(declaration, &schema, findings);
            let setting = settings.iter().rev().find(|setting| setting.name == *name);
            let mut value = match (setting, declaration.value.get("default")) {
                (Some(setting), _) if setting.origin == Origin::Flag => as_declared(setting.value.clone(), &schema),
                (Some(setting), _) => setting.value.clone(),
                (None, Some(default)) => default.clone(),
                (None, None) => {
                    params.unset.insert(name.clone(), declaration.key_place.clone());
                    continue;
                }
            };
            let before = findings.len();
            let subject = format!("`{name}`");
            let subject = Subject { name: &subject, member: "key", help: None, place: &declaration.key_place };
            schema::check(&schema, &value, subject, findings);
            if is_secret_name(name) {
                findings[before..].iter_mut().for_each(|finding| finding.secrets.push(value.place.span));
            }
            if findings.len() > before {
                value.kind = Kind::Lost;
            }
            params.values.insert(name.clone(), value);
        }
        params
    }

    /// The same parameters, of which those without a value are no mistake.
    pub fn with_values_to_come(self) -> Self {
        Self { values_come_later: true, ..self }
    }

    /// Replaces every `${name}` below `value`.
    pub fn substitute(&self, value: &mut Spanned, findings: &mut Vec<Finding>) {
        match &mut value.kind {
            Kind::List(items) => items.iter_mut().for_each(|item| self.substitute(item, findings)),
            Kind::Map(members) => members.iter_mut().for_each(|member| self.substitute(&mut member.value, findings)),
            Kind::Text(text) if text.contains("${") => {
                value.kind = self.replace(text, &value.place, findings).unwrap_or(Kind::Lost);
            }
            _ => {}
        }
    }

    /// The value of a text with holes. A hole that is the whole text keeps the parameter's type.
    fn replace(&self, text: &str, place: &Place, findings: &mut Vec<Finding>) -> Option<Kind> {
        if let Some(name) =
            text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).filter(|name| !name.contains("${"))
        {
            return self.value(name, place, findings).map(|value| value.kind.clone());
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            if rest[..at].ends_with('$') {
                // `$${` is a literal `${`
                out.push_str(&rest[..at - 1]);
                out.push_str("${");
                rest = &rest[at + 2..];
                continue;
            }
            out.push_str(&rest[..at]);
            let Some(end) = rest[at..].find('}') else {
                findings.push(
                    Finding::error(place.label(""), "`${` without a closing `}`").help("write $${ for a literal ${"),
                );
                return None;
            };
            let value = self.value(&rest[at + 2..at + end], place, findings)?;
            if let Kind::Text(text) = &value.kind {
                self.inserted.set(self.inserted.get().saturating_add(text.len() as u64));
                if self.inserted.get() > limits::INSERTED.most {
                    findings.push(Finding::error(
                        place.label(""),
                        format!(
                            "parameters add more than {} to the strings of this document (limit {})",
                            limits::INSERTED,
                            limits::INSERTED.name
                        ),
                    ));
                    return None;
                }
            }
            match &value.kind {
                Kind::Text(text) => out.push_str(text),
                Kind::Lost => return None,
                Kind::List(_) | Kind::Map(_) => {
                    let name = &rest[at + 2..at + end];
                    findings.push(Finding::error(
                        place.label(""),
                        format!("`{name}` is a list or a map, which cannot be inserted into a string"),
                    ));
                    return None;
                }
                _ => out.push_str(&value.to_json().to_string()),
            }
            rest = &rest[at + end + 1..];
        }
        out.push_str(rest);
        Some(Kind::Text(out))
    }

    fn value(&self, name: &str, place: &Place, findings: &mut Vec<Finding>) -> Option<&Spanned> {
        if let Some(value) = self.values.get(name) {
            return Some(value);
        }
        if let Some(declared) = self.unset.get(name) {
            if self.values_come_later {
                return None;
            }
            findings.push(
                Finding::error(place.label("used here"), format!("`{name}` has no value"))
                    .label(declared.label("declared without a default"))
                    .help(format!("--set {name}=…, or give it a `default`")),
            );
            return None;
        }
        let known: Vec<&str> = self.values.keys().chain(self.unset.keys()).map(String::as_str).collect();
        let label = nearest(name, known.iter().copied())
            .map_or_else(String::new, |name| format!("did you mean `${{{name}}}`?"));
        let help = if known.is_empty() {
            "declare it under `params`, or write $${ for a literal ${".to_owned()
        } else {
            format!("declared are {}", list(&known))
        };
        findings.push(Finding::error(place.label(label), format!("no parameter is called `{name}`")).help(help));
        None
    }
}

/// `--set tag=1.10` arrives as text or as a number that YAML made of it; a parameter of type string keeps the text.
fn as_declared(value: Spanned, schema: &Json) -> Spanned {
    if schema.get("type").and_then(Json::as_str) != Some("string")
        || matches!(value.kind, Kind::Text(_) | Kind::List(_) | Kind::Map(_))
    {
        return value;
    }
    let text = value.place.source.slice(value.place.span).to_owned();
    Spanned { kind: Kind::Text(text), ..value }
}

/// The types of JSON Schema.
const TYPES: &[&str] = &["string", "integer", "number", "boolean", "array", "object"];

fn check_declaration(declaration: &Member, schema: &Json, findings: &mut Vec<Finding>) {
    let known = keywords::OF_PARAMETERS;
    let Some(members) = schema.as_object() else {
        findings.push(
            Finding::error(declaration.value.place.label(""), format!("`{}` needs a JSON Schema", declaration.key))
                .help(format!("{}: {{type: string, default: …}}", declaration.key)),
        );
        return;
    };
    let properties: Map<String, Json> = known.iter().map(|name| ((*name).to_owned(), Json::Bool(true))).collect();
    for (name, _) in members {
        if properties.contains_key(name) {
            continue;
        }
        if let Some(member) = declaration.value.member(name) {
            let label = nearest(name, known).map_or_else(String::new, |name| format!("did you mean `{name}`?"));
            findings.push(Finding::error(
                member.key_place.label(label),
                format!("a parameter's schema has no key `{name}`"),
            ));
        }
    }
    if let Some(kind) = declaration.value.get("type")
        && !kind.text().is_some_and(|kind| TYPES.contains(&kind))
    {
        let label = kind
            .text()
            .and_then(|kind| nearest(kind, TYPES.iter().copied()))
            .map_or_else(String::new, |name| format!("did you mean `{name}`?"));
        findings.push(
            Finding::error(kind.place.label(label), "this is not a type of JSON Schema")
                .help(format!("there are {}", list(TYPES))),
        );
    }
    for bound in ["minimum", "maximum", "minLength", "maxLength", "minItems"] {
        if let Some(value) = declaration.value.get(bound).filter(|value| !matches!(value.kind, Kind::Number(_))) {
            findings.push(Finding::error(value.place.label(""), format!("`{bound}` takes a number")));
        }
    }
    if let Some(value) = declaration.value.get("uniqueItems").filter(|value| !matches!(value.kind, Kind::Bool(_))) {
        findings.push(Finding::error(value.place.label(""), "`uniqueItems` takes true or false"));
    }
    if let Some(pattern) = declaration.value.get("pattern")
        && let Some(text) = pattern.text()
        && regex_lite::Regex::new(text).is_err()
    {
        findings.push(Finding::error(pattern.place.label(""), "this is not a regular expression"));
    }
}
