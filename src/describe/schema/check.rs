//! Checking a value against a schema.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use serde_json::{Value as Json, json};

use super::super::formats::{self, Mistake};
use super::super::spanned::{Kind, Member, Spanned};
use super::members::{by_pattern, home, in_another_form, of_another_map, of_the_description, unknown};
use super::subject::Subject;
use super::types::{accepts, branch, other_word, wrong_type};
use super::variants;
use crate::diagnostic::Finding;
use crate::words::{clip, list, nearest};

/// Everything in which `value` differs from its schema.
#[must_use]
pub fn check(schema: &Json, value: &Spanned, subject: Subject<'_>) -> Vec<Finding> {
    let mut checker = Checker::default();
    checker.value(schema, value, subject);
    checker.findings
}

/// The keys of `value` that its schema does not have. The rest may be missing, or still change: an environment is part of
/// a description, before parameters.
#[must_use]
pub fn check_keys(schema: &Json, value: &Spanned, subject: Subject<'_>) -> Vec<Finding> {
    let mut checker = Checker { only_keys: true, ..Checker::default() };
    checker.value(schema, value, subject);
    checker.findings
}

/// Goes through a value and goes on after a mistake, so that all of them show in one run.
#[derive(Default)]
struct Checker {
    /// Says nothing about values.
    only_keys: bool,
    findings: Vec<Finding>,
}

impl Checker {
    fn value(&mut self, schema: &Json, value: &Spanned, subject: Subject<'_>) {
        if matches!(value.kind, Kind::Lost) {
            return;
        }
        // checked against the grammar of `app` instead, where containers are filled in
        if schema.get("x-container").is_some() || schema.get("x-volumes").is_some() {
            return;
        }
        let schema = match (schema.get("x-reference"), &value.kind) {
            (Some(mark), Kind::Map(_)) if mark.get("each").is_none() && is_free(schema) => spelt_out(),
            _ => schema,
        };
        let fits = |schema: &&Json| schema.get("type").is_none_or(|types| accepts(types, value));
        let Some(schema) = branch(schema, value).filter(fits) else {
            if !self.only_keys {
                self.findings.push(wrong_type(branch(schema, value).unwrap_or(schema), value, subject));
            }
            return;
        };
        let schema = match variants::choose(schema, value, subject) {
            Ok(schema) => schema,
            Err(_) if self.only_keys => return,
            Err(finding) => return self.findings.push(*finding),
        };
        match &value.kind {
            Kind::Text(_) | Kind::Number(_) if self.only_keys => {}
            Kind::Map(_) => self.map(schema, value, subject),
            Kind::List(items) => self.list(schema, value, items, subject),
            Kind::Text(text) => self.findings.extend(check_text(schema, value, text)),
            Kind::Number(number) => {
                self.findings.extend(check_number(schema, value, number.as_f64().unwrap_or(0.0)));
            }
            Kind::Null | Kind::Bool(_) | Kind::Lost => {}
        }
        if !self.only_keys {
            self.findings.extend(check_choice(schema, value));
        }
    }

    fn map(&mut self, schema: &Json, value: &Spanned, subject: Subject<'_>) {
        let least = schema.get("minProperties").and_then(Json::as_u64).unwrap_or(0);
        if (value.members().len() as u64) < least && !self.only_keys {
            let message = format!("{} needs at least {}", subject.name, plural(least, "entry", "entries"));
            let mut finding = Finding::error(value.place.label(""), message);
            if let Some(example) = schema.get("x-example").and_then(Json::as_str) {
                finding = finding.help(format!("for example `{example}`"));
            }
            self.findings.push(finding);
        }
        let properties = schema.get("properties").and_then(Json::as_object);
        let names: Vec<&str> = properties.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        let wrong_forms = schema.get("x-wrong").and_then(Json::as_object);
        let example = schema.get("x-example").and_then(Json::as_str);
        // where people write keys of the description
        let is_app = schema.get("x-inner").is_some();
        let is_inner = is_app || subject.member == "parameter";
        let (mut misspelt, mut foreign) = (Vec::new(), Vec::new());
        let mut misplaced: BTreeMap<&str, Vec<&Member>> = BTreeMap::new();
        for member in value.members() {
            if let Some(names) = schema.get("propertyNames").filter(|_| !self.only_keys) {
                let key = Spanned { kind: Kind::Text(member.key.clone()), place: member.key_place.clone() };
                let before = self.findings.len();
                self.value(names, &key, subject);
                for finding in &mut self.findings[before..] {
                    finding.help = finding.help.take().or_else(|| example.map(str::to_owned));
                }
            }
            let own = properties.and_then(|properties| properties.get(&member.key));
            let own = own.or_else(|| by_pattern(schema, &member.key));
            match own.or_else(|| schema.get("additionalProperties")) {
                Some(Json::Bool(true)) => {}
                // null takes a value back, which is how an environment removes a key
                Some(Json::Object(_)) if matches!(member.value.kind, Kind::Null) => {}
                Some(schema @ Json::Object(_)) => {
                    let name = format!("`{}`", member.key);
                    let inner = Subject { name: &name, member: "key", help: subject.help, place: &member.key_place };
                    self.value(schema, &member.value, inner);
                }
                _ if wrong_forms.is_some_and(|forms| forms.contains_key(&member.key)) => foreign.push(member),
                _ => {
                    if let Some(home) = home(properties, &member.key) {
                        misplaced.entry(home).or_default().push(member);
                        continue;
                    }
                    let meant = nearest(&member.key, names.iter().copied());
                    let is_elsewhere = is_inner && meant.is_none();
                    let elsewhere = is_elsewhere.then(|| of_the_description(member, is_app, subject)).flatten();
                    misspelt.extend(meant);
                    self.findings.push(elsewhere.unwrap_or_else(|| unknown(&names, member, subject, example)));
                }
            }
        }
        self.findings.extend(wrong_forms.and_then(|forms| in_another_form(forms, &foreign, subject)));
        self.findings
            .extend(misplaced.into_iter().filter_map(|(home, members)| of_another_map(home, &members, subject)));
        // what is missing is probably in the keys of another form
        if foreign.is_empty() && !self.only_keys {
            self.findings.extend(check_required(schema, value, subject, &misspelt));
        }
    }

    fn list(&mut self, schema: &Json, value: &Spanned, items: &[Spanned], subject: Subject<'_>) {
        let least = schema.get("minItems").and_then(Json::as_u64).unwrap_or(0);
        if (items.len() as u64) < least && !self.only_keys {
            let message = format!("{} needs at least {}", subject.name, plural(least, "entry", "entries"));
            self.findings.push(Finding::error(value.place.label(""), message));
        }
        if schema.get("uniqueItems") == Some(&Json::Bool(true)) && !self.only_keys {
            self.findings.extend(check_unique(items, subject));
        }
        if let Some(schema) = schema.get("items") {
            let name = format!("an entry of {}", subject.name);
            for item in items {
                self.value(schema, item, Subject { name: &name, place: &item.place, ..subject });
            }
        }
    }
}

/// Keys that a map needs and does not have.
fn check_required(schema: &Json, value: &Spanned, subject: Subject<'_>, misspelt: &[&str]) -> Vec<Finding> {
    let required = schema.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str);
    let is_absent = |name: &&str| value.get(name).is_none_or(|value| matches!(value.kind, Kind::Null));
    // a misspelt key is one mistake, not two
    let missing = required.filter(is_absent).filter(|name| !misspelt.contains(name));
    let finding = |name: &str| {
        let mut finding = Finding::error(subject.place.label(""), format!("{} needs `{name}`", subject.name));
        let meaning = schema["properties"][name]["description"].as_str();
        finding.why = meaning.map(|meaning| format!("`{name}`: {meaning}").into());
        let example = schema["properties"][name]["x-example"].as_str();
        finding.help = subject.help.or(example).map(str::to_owned);
        finding
    };
    missing.map(finding).collect()
}

/// Whether a schema leaves the form of its value open.
fn is_free(schema: &Json) -> bool {
    schema.get("type").or_else(|| schema.get("anyOf")).is_none()
}

/// A reference (`x-reference`) that gives the port of a Service as well.
fn spelt_out() -> &'static Json {
    static SCHEMA: OnceLock<Json> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        json!({
            "type": "object",
            "required": ["service"],
            "properties": {
                "service": {"type": "string", "format": "dns-label", "description": "the Service's name"},
                "port": {"type": "integer", "minimum": 1, "maximum": 65535, "description": "the Service's port"},
            },
        })
    })
}

/// The order of such a list says nothing, and neither does an entry's repetition: one of them was to be another.
fn check_unique(items: &[Spanned], subject: Subject<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut seen: HashMap<String, &Spanned> = HashMap::new();
    for item in items.iter().filter(|item| !item.is_lost()) {
        let text = item.text().map_or_else(|| item.to_json().to_string(), |text| format!("`{text}`"));
        let Some(first) = seen.get(&text) else {
            seen.insert(text, item);
            continue;
        };
        findings.push(
            Finding::error(item.place.label("again"), format!("{} has {} twice", subject.name, clip(&text)))
                .label(first.place.label("here"))
                .help("remove one of them"),
        );
    }
    findings
}

fn check_text(schema: &Json, value: &Spanned, text: &str) -> Option<Finding> {
    let characters = text.chars().count() as u64;
    let bound = |name: &str| schema.get(name).and_then(Json::as_u64);
    if let Some(least) = bound("minLength").filter(|least| characters < *least) {
        let message = if characters == 0 {
            "this must not be empty".to_owned()
        } else {
            format!("this is shorter than {least} characters")
        };
        return Some(Finding::error(value.place.label(""), message));
    }
    if let Some(most) = bound("maxLength").filter(|most| characters > *most) {
        let label = value.place.label(format!("{characters} characters"));
        return Some(Finding::error(label, format!("this is longer than {most} characters")));
    }
    if let Some(format) = schema.get("format").and_then(Json::as_str) {
        return formats::check(format, text).map(|mistake| of_format(mistake, value));
    }
    let pattern = schema.get("pattern").and_then(Json::as_str)?;
    if regex_lite::Regex::new(pattern).ok()?.is_match(text) {
        return None;
    }
    let message = schema.get("x-message").and_then(Json::as_str);
    let message = message.map_or_else(|| format!("this does not match {pattern}"), str::to_owned);
    Some(Finding::error(value.place.label(""), message))
}

fn of_format(mistake: Mistake, value: &Spanned) -> Finding {
    let shown = if mistake.secret { "holds no reference" } else { "" };
    let mut finding = Finding::error(value.place.label(shown), mistake.message);
    finding.why = mistake.why.map(Into::into);
    finding.help = mistake.help;
    if mistake.secret { finding.hide(value.place.span) } else { finding }
}

fn check_number(schema: &Json, value: &Spanned, number: f64) -> Option<Finding> {
    let bound = |name: &str| schema.get(name).and_then(Json::as_f64);
    if let Some(least) = bound("minimum").filter(|least| number < *least) {
        return Some(Finding::error(value.place.label(""), format!("this must be at least {least}")));
    }
    if let Some(most) = bound("maximum").filter(|most| number > *most) {
        return Some(Finding::error(value.place.label(""), format!("this must be at most {most}")));
    }
    let format =
        schema.get("format").and_then(Json::as_str).filter(|format| ["quantity", "memory"].contains(format))?;
    formats::check(format, &value.to_json().to_string()).map(|mistake| of_format(mistake, value))
}

/// `const` and `enum`.
fn check_choice(schema: &Json, value: &Spanned) -> Vec<Finding> {
    let json = value.to_json();
    let mut findings = Vec::new();
    if let Some(wanted) = schema.get("const").filter(|wanted| **wanted != json) {
        let mut finding = Finding::error(value.place.label(""), format!("this must be {wanted}"));
        finding.help = schema.get("x-example").and_then(Json::as_str).map(str::to_owned);
        findings.push(finding);
    }
    let choices = schema.get("enum").and_then(Json::as_array);
    let Some(choices) = choices.filter(|choices| !choices.contains(&json)) else { return findings };
    let known: Vec<&str> = choices.iter().filter_map(Json::as_str).collect();
    let meant = value.text().and_then(|text| nearest(text, known.iter().copied()));
    let label = meant.map_or_else(String::new, |name| format!("did you mean `{name}`?"));
    let mut finding = Finding::error(value.place.label(label), format!("this must be one of {}", list(&known)));
    if let Some(word) = other_word(schema, value) {
        finding.primary.text.clear();
        finding.help = Some(format!("write {word}"));
    }
    findings.push(finding);
    findings
}

fn plural(count: u64, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}
