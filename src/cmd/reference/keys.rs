//! The keys of descriptions and settings, from their schemas.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::table;
use crate::describe;
use crate::lint;
use crate::project;

/// How deep keys are listed.
const DEEPEST: usize = 4;

/// The page of the keys of a description.
pub fn descriptions() -> String {
    let mut rows = Vec::new();
    add("", describe::grammar(), 0, &mut rows);
    "# Keys of a description\n\nGenerated from the schema that `patterns schema` prints and that editors use for \
     completion. The parameters of each pattern are on [its page](patterns.md).\n\n"
        .to_owned()
        + &table(["key", "type", "meaning", "example"], rows.into_iter())
}

/// The page of the keys of `.patterns.yaml`.
pub fn settings() -> String {
    let mut rows = Vec::new();
    add("", project::grammar(), 0, &mut rows);
    add("lint.", lint::settings_schema(), 1, &mut rows);
    "# Keys of `.patterns.yaml`\n\nThe nearest file counts, searching upwards to the repository's root; files are \
     never combined. `patterns schema --settings` prints the schema.\n\n"
        .to_owned()
        + &table(["key", "type", "meaning", "example"], rows.into_iter())
}

/// Adds the keys of a schema and of the objects and lists below it.
fn add(prefix: &str, schema: &Json, depth: usize, rows: &mut Vec<[String; 4]>) {
    if depth >= DEEPEST {
        return;
    }
    for (name, below) in schema["properties"].as_object().into_iter().flatten() {
        let key = format!("{prefix}{name}");
        let text = |field: &str| below[field].as_str().unwrap_or_default();
        let example = text("x-example");
        let example = if example.is_empty() || example.contains('\n') { String::new() } else { format!("`{example}`") };
        rows.push([format!("`{key}`"), kind(below), text("description").to_owned(), example]);
        add(&format!("{key}."), below, depth + 1, rows);
        add(&format!("{key}[]."), &below["items"], depth + 1, rows);
        add(&format!("{key}.*."), &below["additionalProperties"], depth + 1, rows);
    }
}

/// The type of a value, and the values that are allowed.
fn kind(schema: &Json) -> String {
    let texts = |list: &[Json]| list.iter().map(|one| one.as_str().unwrap_or("…").to_owned()).collect::<Vec<_>>();
    if let Some(choices) = schema["enum"].as_array() {
        return texts(choices).join(", ");
    }
    let default = match &schema["default"] {
        Json::Null => String::new(),
        Json::String(default) => format!(", default {default}"),
        default => format!(", default {default}"),
    };
    types(schema).join(" or ") + &default
}

/// The types of a value, each once, or what may be written where that is one of few words.
fn types(schema: &Json) -> Vec<String> {
    let text = |one: &Json| one.as_str().unwrap_or("…").to_owned();
    let mut types: Vec<String> = match (&schema["enum"], &schema["type"]) {
        (Json::Array(choices), _) => choices.iter().map(text).collect(),
        (_, Json::String(kind)) => vec![kind.clone()],
        (_, Json::Array(kinds)) => kinds.iter().map(text).collect(),
        _ => schema["anyOf"].as_array().into_iter().flatten().flat_map(types).collect(),
    };
    let mut seen = HashSet::new();
    types.retain(|one| seen.insert(one.clone()));
    types
}
