//! `params`: a description's own typed parameters, and `${name}` in its values.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::schema::{self, Subject};
use super::spanned::{Kind, Member, Place, Spanned};
use super::{keywords, looks_like_secret};
use crate::diagnostic::Finding;
use crate::limits;
use crate::secret_texts::reads_as_name;
use crate::words::{is_secret_name, list, nearest};

/// The parameters of one document with their values.
#[derive(Debug, Default)]
pub struct Params {
    values: BTreeMap<String, Spanned>,
    /// Declared, but without any value.
    unset: BTreeMap<String, Place>,
    values_come_later: bool,
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
    /// Settles the parameters that `declared` (the `params` map) names, and says what is wrong with them: its defaults,
    /// then `settings`, of which the last one of a name counts. Settings of other names are passed over: they may
    /// belong to another document.
    pub fn settle(declared: Option<&Member>, settings: &[Setting]) -> (Self, Vec<Finding>) {
        let (mut params, mut findings) = (Self::default(), Vec::new());
        if let Some(member) = declared.filter(|member| !matches!(member.value.kind, Kind::Map(_))) {
            findings.push(
                Finding::error(member.value.place.label(""), "`params` takes a map of names and JSON Schemas")
                    .help("params: {tag: {type: string, default: 1.7.0}}"),
            );
        }
        for declaration in declared.map(|member| member.value.members()).into_iter().flatten() {
            let name = &declaration.key;
            if let Some(written) = declaration.misread() {
                // the key is a mistake already, whatever is set and used by either name
                let lost = Spanned { kind: Kind::Lost, ..declaration.value.clone() };
                params.values.insert(written.to_owned(), lost.clone());
                params.values.insert(name.clone(), lost);
                continue;
            }
            let schema = declaration.value.to_json();
            findings.extend(check_declaration(declaration, &schema));
            let Some(mut value) = value_of(declaration, &schema, settings) else {
                params.unset.insert(name.clone(), declaration.key_place.clone());
                continue;
            };
            let subject = format!("`{name}`");
            let subject = Subject { name: &subject, member: "key", help: None, place: &declaration.key_place };
            let mut mistakes = schema::check(&schema, &value, subject);
            if is_secret_name(name) {
                for finding in &mut mistakes {
                    finding.secrets.push(value.place.span);
                }
            }
            if !mistakes.is_empty() {
                value.kind = Kind::Lost;
            }
            mistakes.extend(plaintext(name, &value));
            findings.extend(mistakes);
            params.values.insert(name.clone(), value);
        }
        (params, findings)
    }

    /// The same parameters, of which those without a value are no mistake.
    pub fn with_values_to_come(self) -> Self {
        Self { values_come_later: true, ..self }
    }

    /// Replaces every `${name}` below `value`, and says which cannot be replaced.
    pub fn substitute(&self, value: &mut Spanned) -> Vec<Finding> {
        let mut substitution = Substitution { params: self, inserted: 0, findings: Vec::new() };
        substitution.below(value);
        substitution.findings
    }
}

/// That a parameter whose name says so is a secret in the open, wherever it is put. What it calls a Secret is none.
fn plaintext(name: &str, value: &Spanned) -> Option<Finding> {
    let text = value.text()?;
    let names_one = name.to_ascii_lowercase().ends_with("secret") && reads_as_name(text);
    (!names_one && looks_like_secret(name, text)).then(|| {
        Finding::error(value.place.label(""), format!("the parameter `{name}` is a plaintext secret"))
            .hide(value.place.span)
            .because("its value would be in the output, and in whatever keeps that")
            .help("name the Secret instead: secret/<name>/<key>, as the value of a variable of `env`")
    })
}

/// What a parameter is set to, or its default.
fn value_of(declaration: &Member, schema: &Json, settings: &[Setting]) -> Option<Spanned> {
    match settings.iter().rev().find(|setting| setting.name == declaration.key) {
        Some(setting) if setting.origin == Origin::Flag => Some(as_declared(setting.value.clone(), schema)),
        Some(setting) => Some(setting.value.clone()),
        None => declaration.value.get("default").cloned(),
    }
}

/// Puts parameters into texts, and goes on after a mistake, so that all of them show in one run.
struct Substitution<'a> {
    params: &'a Params,
    /// How many bytes were put into texts.
    inserted: u64,
    findings: Vec<Finding>,
}

impl<'a> Substitution<'a> {
    fn below(&mut self, value: &mut Spanned) {
        match &mut value.kind {
            Kind::List(items) => items.iter_mut().for_each(|item| self.below(item)),
            Kind::Map(members) => members.iter_mut().for_each(|member| self.below(&mut member.value)),
            Kind::Text(text) if text.contains("${") => {
                value.kind = self.text(text, &value.place).unwrap_or(Kind::Lost);
            }
            _ => {}
        }
    }

    /// The value of a text with holes. A hole that is the whole text keeps the parameter's type.
    fn text(&mut self, text: &str, place: &Place) -> Option<Kind> {
        let whole = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
        if let Some(name) = whole.filter(|name| !name.contains("${")) {
            return self.value(name, place).map(|value| value.kind.clone());
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
                self.findings.push(
                    Finding::error(place.label(""), "`${` without a closing `}`").help("write $${ for a literal ${"),
                );
                return None;
            };
            out.push_str(&self.inserted(&rest[at + 2..at + end], place)?);
            rest = &rest[at + end + 1..];
        }
        out.push_str(rest);
        Some(Kind::Text(out))
    }

    /// What a parameter puts into a text.
    fn inserted(&mut self, name: &str, place: &Place) -> Option<String> {
        let value = self.value(name, place)?;
        match &value.kind {
            Kind::Text(text) => {
                self.inserted = self.inserted.saturating_add(text.len() as u64);
                if self.inserted > limits::INSERTED.most {
                    let (most, limit) = (limits::INSERTED, limits::INSERTED.name);
                    let message =
                        format!("parameters add more than {most} to the strings of this document (limit {limit})");
                    self.findings.push(Finding::error(place.label(""), message));
                    return None;
                }
                Some(text.clone())
            }
            Kind::Lost => None,
            Kind::List(_) | Kind::Map(_) => {
                let message = format!("`{name}` is a list or a map, which cannot be inserted into a string");
                self.findings.push(Finding::error(place.label(""), message));
                None
            }
            _ => Some(value.to_json().to_string()),
        }
    }

    fn value(&mut self, name: &str, place: &Place) -> Option<&'a Spanned> {
        let params = self.params;
        if let Some(value) = params.values.get(name) {
            return Some(value);
        }
        if let Some(declared) = params.unset.get(name) {
            if !params.values_come_later {
                self.findings.push(
                    Finding::error(place.label("used here"), format!("`{name}` has no value"))
                        .label(declared.label("declared without a default"))
                        .help(format!("--set {name}=…, or give it a `default`")),
                );
            }
            return None;
        }
        if self.findings.len() >= limits::MISTAKES.count() {
            // no more than those before are shown
            self.findings.push(Finding::error(place.label(""), format!("no parameter is called `{name}`")));
            return None;
        }
        let known: Vec<&str> = params.values.keys().chain(params.unset.keys()).map(String::as_str).collect();
        let label = nearest(name, known.iter().copied())
            .map_or_else(String::new, |name| format!("did you mean `${{{name}}}`?"));
        let help = if known.is_empty() {
            "declare it under `params`, or write $${ for a literal ${".to_owned()
        } else {
            format!("declared are {}; write $${{ for a literal ${{", list(&known))
        };
        self.findings.push(Finding::error(place.label(label), format!("no parameter is called `{name}`")).help(help));
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

/// What is wrong with the schema of a parameter.
fn check_declaration(declaration: &Member, schema: &Json) -> Vec<Finding> {
    let Some(members) = schema.as_object() else {
        let message = format!("`{}` needs a JSON Schema", declaration.key);
        let finding = Finding::error(declaration.value.place.label(""), message);
        return vec![finding.help(format!("{}: {{type: string, default: …}}", declaration.key))];
    };
    let mut findings = Vec::new();
    for (name, _) in members.iter().filter(|(name, _)| !keywords::OF_PARAMETERS.contains(&name.as_str())) {
        if let Some(member) = declaration.value.member(name) {
            let label = nearest(name, keywords::OF_PARAMETERS)
                .map_or_else(String::new, |name| format!("did you mean `{name}`?"));
            let message = format!("a parameter's schema has no key `{name}`");
            findings.push(Finding::error(member.key_place.label(label), message));
        }
    }
    findings.extend(check_type(declaration));
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
    findings
}

/// A type that JSON Schema does not have.
fn check_type(declaration: &Member) -> Option<Finding> {
    let kind = declaration.value.get("type")?;
    if kind.text().is_some_and(|kind| TYPES.contains(&kind)) {
        return None;
    }
    let meant = kind.text().and_then(|kind| nearest(kind, TYPES.iter().copied()));
    let label = meant.map_or_else(String::new, |name| format!("did you mean `{name}`?"));
    let finding = Finding::error(kind.place.label(label), "this is not a type of JSON Schema");
    Some(finding.help(format!("there are {}", list(TYPES))))
}
