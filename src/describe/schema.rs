//! Checking a value of a description against a JSON Schema, all mistakes at once, each where it is.
//!
//! The subset of JSON Schema that descriptions and patterns use: `type`, `properties`, `required`,
//! `additionalProperties`, `propertyNames`, `items`, `minItems`, `uniqueItems`, `enum`, `const`, `pattern`, `format`,
//! `minimum`, `maximum`, `minLength`, `maxLength`, `patternProperties`, `anyOf` (told apart by type), `oneOf` (told apart by the member
//! that each requires first) and `default`. Of our own: `x-example`, the right form, and `x-wrong`, keys that people
//! write and the right form of each.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value as Json, json};

use super::formats::{self, Mistake};
use super::spanned::{Kind, Member, Place, Spanned};
use super::variants;
use crate::diagnostic::Finding;
use crate::words::{clip, list, nearest};
use crate::yaml::{self, Source};

/// What a schema is about, for messages.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// As it reads in a sentence: "`https`", "a description".
    pub name: &'a str,
    /// What its members are called: "parameter", "key".
    pub member: &'a str,
    /// Where to read more: "patterns explain https".
    pub help: Option<&'a str>,
    /// Where to point when something is missing.
    pub place: &'a Place,
}

/// A JSON Schema that is written as YAML and compiled in.
#[must_use]
pub fn embedded(name: &str, text: &str) -> Json {
    let source = Arc::new(Source::from_text(name, text));
    let (documents, _) = yaml::as_kubectl(yaml::read(&source));
    documents.first().map_or(Json::Null, |document| Spanned::from_node(document, document.root()).to_json())
}

/// Checks `value`; what is wrong goes to `findings`.
pub fn check(schema: &Json, value: &Spanned, subject: Subject<'_>, findings: &mut Vec<Finding>) {
    if matches!(value.kind, Kind::Lost) {
        return;
    }
    // checked against the grammar of `app` instead, where that is known
    if schema.get("x-container").is_some() || schema.get("x-volumes").is_some() {
        return;
    }
    let schema = match (schema.get("x-reference"), &value.kind) {
        (Some(mark), Kind::Map(_)) if mark.get("each").is_none() && is_free(schema) => spelt_out(),
        _ => schema,
    };
    let Some(schema) = branch(schema, value) else {
        findings.push(wrong_type(schema, value, subject));
        return;
    };
    if let Some(types) = schema.get("type")
        && !accepts(types, value)
    {
        findings.push(wrong_type(schema, value, subject));
        return;
    }
    let schema = match variants::choose(schema, value, subject) {
        Ok(schema) => schema,
        Err(finding) => return findings.push(*finding),
    };
    match &value.kind {
        Kind::Map(_) => check_map(schema, value, subject, findings),
        Kind::List(items) => check_list(schema, value, items, subject, findings),
        Kind::Text(text) => check_text(schema, value, text, findings),
        Kind::Number(number) => check_number(schema, value, number.as_f64().unwrap_or(0.0), findings),
        Kind::Null | Kind::Bool(_) | Kind::Lost => {}
    }
    check_choice(schema, value, findings);
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

/// The value with the schema's defaults filled in wherever a member is absent or null; null where there is none,
/// so that a template can ask for every parameter.
#[must_use]
pub fn with_defaults(schema: &Json, value: &Json) -> Json {
    let schema = schema.get("anyOf").and_then(Json::as_array).map_or(schema, |branches| {
        branches
            .iter()
            .find(|branch| branch.get("type").is_none_or(|types| accepts_json(types, value)))
            .unwrap_or(schema)
    });
    let (schema, others) = variants::of_json(schema, value);
    match value {
        Json::Object(members) => {
            let mut filled: Map<String, Json> = others.into_iter().map(|name| (name.to_owned(), Json::Null)).collect();
            let properties = schema.get("properties").and_then(Json::as_object);
            for (name, property) in properties.into_iter().flatten() {
                match members.get(name).filter(|value| !value.is_null()) {
                    Some(value) => filled.insert(name.clone(), with_defaults(property, value)),
                    None => filled.insert(name.clone(), property.get("default").cloned().unwrap_or_default()),
                };
            }
            for (name, value) in members {
                if filled.get(name).is_none_or(Json::is_null) && !value.is_null() {
                    let rest = schema.get("additionalProperties").unwrap_or(&Json::Null);
                    filled.insert(name.clone(), with_defaults(rest, value));
                }
            }
            Json::Object(filled)
        }
        Json::Array(items) => {
            let item_schema = schema.get("items").unwrap_or(&Json::Null);
            Json::Array(items.iter().map(|item| with_defaults(item_schema, item)).collect())
        }
        other => other.clone(),
    }
}

/// The branch of an `anyOf` that has the value's type; the schema itself if it has no branches.
fn branch<'schema>(schema: &'schema Json, value: &Spanned) -> Option<&'schema Json> {
    let Some(branches) = schema.get("anyOf").and_then(Json::as_array) else { return Some(schema) };
    branches.iter().find(|branch| branch.get("type").is_none_or(|types| accepts(types, value)))
}

fn accepts(types: &Json, value: &Spanned) -> bool {
    let name = value.type_name();
    let matches = |wanted: &Json| wanted == name || (wanted == "number" && name == "integer");
    match types {
        Json::Array(types) => types.iter().any(matches),
        one => matches(one),
    }
}

fn accepts_json(types: &Json, value: &Json) -> bool {
    let name = match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(number) if number.is_f64() => "number",
        Json::Number(_) => "integer",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    };
    match types {
        Json::Array(types) => types.iter().any(|wanted| wanted == name),
        one => one == name || (one == "number" && name == "integer"),
    }
}

fn wrong_type(schema: &Json, value: &Spanned, subject: Subject<'_>) -> Finding {
    let mut wanted: Vec<String> = Vec::new();
    let branches =
        schema.get("anyOf").and_then(Json::as_array).map_or_else(|| std::slice::from_ref(schema), Vec::as_slice);
    for types in branches.iter().filter_map(|branch| branch.get("type")) {
        match types {
            Json::Array(types) => wanted.extend(types.iter().filter_map(Json::as_str).map(noun)),
            one => wanted.extend(one.as_str().map(noun)),
        }
    }
    let found = match value.type_name() {
        "number" if wanted.iter().any(|wanted| wanted == "a whole number") => "a fraction".to_owned(),
        found => noun(found),
    };
    let mut finding = Finding::error(
        value.place.label(format!("this is {found}")),
        format!("{} takes {}, not {found}", subject.name, wanted.join(" or ")),
    );
    let choices = || {
        let names: Vec<&str> = schema.get("enum")?.as_array()?.iter().filter_map(Json::as_str).collect();
        Some(format!("one of {}", list(&names)))
    };
    finding.help = schema.get("x-example").and_then(Json::as_str).map(str::to_owned).or_else(choices);
    if matches!(schema.get("format").and_then(Json::as_str), Some("duration" | "interval"))
        && let Kind::Number(number) = &value.kind
    {
        finding = finding.help(format!("add a unit: {number}s for seconds, {number}m for minutes"));
    }
    let choices = schema.get("enum").and_then(Json::as_array);
    let text = yaml_boolean(value);
    if text.is_some() {
        finding = finding.because("kubectl reads YAML 1.1, where yes, no, on, off, y and n are booleans");
    }
    if let Some(word) = other_word(schema, value) {
        finding.help = Some(format!("write {word}"));
    } else if let Some(text) =
        text.filter(|text| choices.is_none_or(|choices| choices.iter().any(|choice| choice == text)))
    {
        finding.help = Some(format!("write \"{text}\""));
    }
    finding
}

/// What a schema calls what other programs call by the word that is written.
fn other_word<'schema>(schema: &'schema Json, value: &Spanned) -> Option<&'schema str> {
    let words = schema.get("x-words")?.as_object()?;
    let raw = value.place.source.slice(value.place.span);
    let word = value.text().unwrap_or(raw).to_ascii_lowercase();
    words.get(&word)?.as_str()
}

/// The text of a plain scalar that YAML 1.1 turned into a boolean.
fn yaml_boolean(value: &Spanned) -> Option<&str> {
    let raw = value.place.source.slice(value.place.span);
    (matches!(value.kind, Kind::Bool(_)) && !raw.eq_ignore_ascii_case("true") && !raw.eq_ignore_ascii_case("false"))
        .then_some(raw)
}

fn noun(type_name: &str) -> String {
    match type_name {
        "integer" => "a whole number".to_owned(),
        "array" => "a list".to_owned(),
        "object" => "a map".to_owned(),
        "null" => "nothing".to_owned(),
        other => format!("a {other}"),
    }
}

fn check_map(schema: &Json, value: &Spanned, subject: Subject<'_>, findings: &mut Vec<Finding>) {
    let properties = schema.get("properties").and_then(Json::as_object);
    let names: Vec<&str> = properties.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let wrong_forms = schema.get("x-wrong").and_then(Json::as_object);
    let (mut misspelt, mut foreign) = (Vec::new(), Vec::new());
    let mut misplaced: BTreeMap<&str, Vec<&Member>> = BTreeMap::new();
    for member in value.members() {
        if let Some(names) = schema.get("propertyNames") {
            let key = Spanned { kind: Kind::Text(member.key.clone()), place: member.key_place.clone() };
            check(names, &key, subject, findings);
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
                check(schema, &member.value, inner, findings);
            }
            _ if wrong_forms.is_some_and(|forms| forms.contains_key(&member.key)) => foreign.push(member),
            _ => {
                if let Some(home) = home(properties, &member.key) {
                    misplaced.entry(home).or_default().push(member);
                    continue;
                }
                misspelt.extend(nearest(&member.key, names.iter().copied()));
                findings.push(unknown(&names, member, subject, schema.get("x-example").and_then(Json::as_str)));
            }
        }
    }
    findings.extend(wrong_forms.and_then(|forms| in_another_form(forms, &foreign, subject)));
    findings.extend(misplaced.into_iter().filter_map(|(home, members)| of_another_map(home, &members, subject)));
    if !foreign.is_empty() {
        // what is missing is probably in them
        return;
    }
    for name in schema.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str) {
        let is_absent = value.get(name).is_none_or(|value| matches!(value.kind, Kind::Null));
        // a misspelt key is one mistake, not two
        if is_absent && !misspelt.contains(&name) {
            let mut finding = Finding::error(subject.place.label(""), format!("{} needs `{name}`", subject.name));
            let meaning = properties.and_then(|properties| properties.get(name)?.get("description")?.as_str());
            finding.why = meaning.map(|meaning| format!("`{name}`: {meaning}"));
            finding.help = subject.help.map(str::to_owned);
            findings.push(finding);
        }
    }
}

/// The key beside it whose map has such a key.
fn home<'schema>(properties: Option<&'schema Map<String, Json>>, key: &str) -> Option<&'schema str> {
    let has = |schema: &Json| schema["properties"].get(key).is_some();
    properties.into_iter().flatten().find(|(_, schema)| has(schema)).map(|(name, _)| name.as_str())
}

/// Keys that are Kubernetes', or written elsewhere: one mistake, however many they are.
fn in_another_form(forms: &Map<String, Json>, foreign: &[&Member], subject: Subject<'_>) -> Option<Finding> {
    let mut right: Vec<&str> = foreign.iter().filter_map(|member| forms[&member.key].as_str()).collect();
    right.dedup();
    let member = plural(subject.member, foreign);
    several(foreign, |keys| format!("{} has no {member} {keys}", subject.name), &right.join("; "))
}

/// Keys that belong to the map under another key.
fn of_another_map(home: &str, members: &[&Member], subject: Subject<'_>) -> Option<Finding> {
    let keys: Vec<String> = members.iter().map(|member| format!("{}: …", member.key)).collect();
    several(
        members,
        |names| format!("{} has no {} {names}: `{home}` has", subject.name, plural(subject.member, members)),
        &format!("{home}: {{{}}}", keys.join(", ")),
    )
}

fn plural(noun: &str, members: &[&Member]) -> String {
    if members.len() == 1 { noun.to_owned() } else { format!("{noun}s") }
}

/// One finding about several keys.
fn several(members: &[&Member], message: impl Fn(String) -> String, help: &str) -> Option<Finding> {
    let (first, others) = members.split_first()?;
    let keys: Vec<&str> = members.iter().map(|member| member.key.as_str()).collect();
    let finding = Finding::error(first.key_place.label(""), message(list(&keys))).help(help);
    Some(others.iter().fold(finding, |finding, other| finding.label(other.key_place.label("and this"))))
}

/// The schema of `patternProperties` for a key.
fn by_pattern<'schema>(schema: &'schema Json, key: &str) -> Option<&'schema Json> {
    let patterns = schema.get("patternProperties")?.as_object()?.iter();
    let fits = |pattern: &str| regex_lite::Regex::new(pattern).is_ok_and(|regex| regex.is_match(key));
    patterns.filter(|(pattern, _)| fits(pattern)).map(|(_, schema)| schema).next()
}

fn unknown(known: &[&str], member: &Member, subject: Subject<'_>, example: Option<&str>) -> Finding {
    let key = &member.key;
    let label = nearest(key, known.iter().copied()).map_or_else(String::new, |name| format!("did you mean `{name}`?"));
    let message = format!("{} has no {} `{key}`", subject.name, subject.member);
    let finding = Finding::error(member.key_place.label(label), message);
    match subject.help {
        Some(help) => finding.help(help),
        None if known.is_empty() => finding,
        None if example.is_some() && finding.primary.text.is_empty() => {
            finding.help(format!("{}; it has {}", example.unwrap_or_default(), list(known)))
        }
        None => finding.help(format!("it has {}", list(known))),
    }
}

fn check_list(schema: &Json, value: &Spanned, items: &[Spanned], subject: Subject<'_>, findings: &mut Vec<Finding>) {
    let least = schema.get("minItems").and_then(Json::as_u64).unwrap_or(0);
    if (items.len() as u64) < least {
        findings
            .push(Finding::error(value.place.label(""), format!("{} needs at least {least} entries", subject.name)));
    }
    if schema.get("uniqueItems") == Some(&Json::Bool(true)) {
        check_unique(items, subject, findings);
    }
    if let Some(schema) = schema.get("items") {
        let name = format!("an entry of {}", subject.name);
        for item in items {
            check(schema, item, Subject { name: &name, place: &item.place, ..subject }, findings);
        }
    }
}

/// The order of such a list says nothing, and neither does an entry's repetition: one of them was to be another.
fn check_unique(items: &[Spanned], subject: Subject<'_>, findings: &mut Vec<Finding>) {
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
}

fn check_text(schema: &Json, value: &Spanned, text: &str, findings: &mut Vec<Finding>) {
    let characters = text.chars().count() as u64;
    let bound = |name: &str| schema.get(name).and_then(Json::as_u64);
    if bound("minLength").is_some_and(|least| characters < least) {
        let least = bound("minLength").unwrap_or(1);
        let message = if characters == 0 {
            "this must not be empty".to_owned()
        } else {
            format!("this is shorter than {least} characters")
        };
        findings.push(Finding::error(value.place.label(""), message));
    } else if let Some(most) = bound("maxLength").filter(|most| characters > *most) {
        findings.push(Finding::error(
            value.place.label(format!("{characters} characters")),
            format!("this is longer than {most} characters"),
        ));
    } else if let Some(format) = schema.get("format").and_then(Json::as_str) {
        findings.extend(formats::check(format, text).map(|mistake| of_format(mistake, value)));
    } else if let Some(pattern) = schema.get("pattern").and_then(Json::as_str)
        && let Ok(regex) = regex_lite::Regex::new(pattern)
        && !regex.is_match(text)
    {
        let message = schema.get("x-message").and_then(Json::as_str);
        let message = message.map_or_else(|| format!("this does not match {pattern}"), str::to_owned);
        findings.push(Finding::error(value.place.label(""), message));
    }
}

fn of_format(mistake: Mistake, value: &Spanned) -> Finding {
    let mut finding = Finding::error(value.place.label(""), mistake.message);
    finding.why = mistake.why.map(str::to_owned);
    finding.help = mistake.help;
    if mistake.secret { finding.hide(value.place.span) } else { finding }
}

fn check_number(schema: &Json, value: &Spanned, number: f64, findings: &mut Vec<Finding>) {
    let bound = |name: &str| schema.get(name).and_then(Json::as_f64);
    if let Some(least) = bound("minimum").filter(|least| number < *least) {
        findings.push(Finding::error(value.place.label(""), format!("this must be at least {least}")));
    } else if let Some(most) = bound("maximum").filter(|most| number > *most) {
        findings.push(Finding::error(value.place.label(""), format!("this must be at most {most}")));
    } else if let Some(format @ ("quantity" | "memory")) = schema.get("format").and_then(Json::as_str)
        && let Some(mistake) = formats::check(format, &value.to_json().to_string())
    {
        findings.push(of_format(mistake, value));
    }
}

fn check_choice(schema: &Json, value: &Spanned, findings: &mut Vec<Finding>) {
    let json = value.to_json();
    if let Some(wanted) = schema.get("const").filter(|wanted| **wanted != json) {
        let mut finding = Finding::error(value.place.label(""), format!("this must be {wanted}"));
        finding.help = schema.get("x-example").and_then(Json::as_str).map(str::to_owned);
        findings.push(finding);
    }
    let Some(choices) = schema.get("enum").and_then(Json::as_array) else { return };
    if choices.contains(&json) {
        return;
    }
    let known: Vec<&str> = choices.iter().filter_map(Json::as_str).collect();
    let meant = value.text().and_then(|text| nearest(text, known.iter().copied()));
    let label = meant.map_or_else(String::new, |name| format!("did you mean `{name}`?"));
    let mut finding = Finding::error(value.place.label(label), format!("this must be one of {}", list(&known)));
    if let Some(word) = other_word(schema, value) {
        finding.primary.text.clear();
        finding.help = Some(format!("write {word}"));
    }
    findings.push(finding);
}
