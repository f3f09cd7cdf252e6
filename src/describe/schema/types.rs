//! The type that a value has, and those that its schema takes.

use serde_json::Value as Json;

use super::super::grammar::grammar;
use super::super::spanned::{Kind, Spanned};
use super::check::check;
use super::subject::Subject;
use crate::diagnostic::Finding;
use crate::words::list;

/// The branch of an `anyOf` that has the value's type; the schema itself if it has no branches.
pub(super) fn branch<'schema>(schema: &'schema Json, value: &Spanned) -> Option<&'schema Json> {
    let Some(branches) = schema.get("anyOf").and_then(Json::as_array) else { return Some(schema) };
    branches.iter().find(|branch| branch.get("type").is_none_or(|types| accepts(types, value)))
}

/// Whether a value has one of the types.
pub(super) fn accepts(types: &Json, value: &Spanned) -> bool {
    let name = value.type_name();
    let matches = |wanted: &Json| wanted == name || (wanted == "number" && name == "integer");
    match types {
        Json::Array(types) => types.iter().any(matches),
        one => matches(one),
    }
}

/// That a value has none of the types that its schema takes.
pub(super) fn wrong_type(schema: &Json, value: &Spanned, subject: Subject<'_>) -> Finding {
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
    finding.help = finding.help.or_else(|| of_map(schema, value, subject.name));
    if let Some(written) = of_name(schema, value) {
        finding.help = Some(written);
    }
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

/// How a name is written where a map under that name belongs.
fn of_name(schema: &Json, value: &Spanned) -> Option<String> {
    let form = schema.get("x-of-name")?.as_str()?;
    let is_name = |name: &&str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    let name = value.text().filter(is_name)?;
    // a word of Kubernetes, `deployment`, is the name of nothing here
    let of_kubernetes = grammar()["x-wrong"].get(name).or_else(|| schema.get("x-of-names")?.get(name));
    let of_kubernetes = of_kubernetes.and_then(Json::as_str).map(str::to_owned);
    Some(of_kubernetes.unwrap_or_else(|| form.replace('…', name)))
}

/// The map that a scalar was written for, with its required keys: the first that takes the scalar has it.
fn of_map(schema: &Json, value: &Spanned, name: &str) -> Option<String> {
    let required = schema["required"].as_array().filter(|_| schema["type"] == "object")?;
    let mut raw = Some(value.place.source.slice(value.place.span))
        .filter(|raw| value.members().is_empty() && !raw.contains('\n'));
    let keys = required.iter().filter_map(Json::as_str).map(|key| {
        let of_key = &schema["properties"][key];
        let fits = raw.is_some()
            && of_key.get("type").is_some()
            && check(of_key, value, Subject { name: key, member: "key", help: None, place: &value.place }).is_empty();
        let text = if fits { raw.take() } else { None };
        format!("{key}: {}", text.unwrap_or("…"))
    });
    let keys: Vec<String> = keys.collect();
    (!keys.is_empty()).then(|| format!("{}: {{{}}}", name.trim_matches('`'), keys.join(", ")))
}

/// What a schema calls what other programs call by the word that is written.
pub(super) fn other_word<'schema>(schema: &'schema Json, value: &Spanned) -> Option<&'schema str> {
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
