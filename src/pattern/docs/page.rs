//! What `patterns explain <pattern>` prints, made from the definition so that it cannot drift.

use std::fmt::Write as _;

use serde_json::Value as Json;

use crate::pattern::catalogue::definition::Definition;
use crate::pattern::catalogue::folders::{Catalogue, Folder};
use crate::pattern::plan::containers::of_the_app;

/// The page of a pattern: what it is, its parameters, ports and image, and an example.
#[must_use]
pub fn page(catalogue: &Catalogue, folder: &Folder, definition: &Definition) -> String {
    let mut out = String::new();
    let kind = if definition.is_shape() { "shape" } else { "use" };
    let _ = writeln!(out, "{} ({}, under `{kind}`)\n{}\n", definition.name, definition.family, definition.summary);
    let _ = writeln!(out, "From {}.", definition.literature);
    section(&mut out, "Parameters", &parameters(definition));
    section(&mut out, "Ports", &ports(definition));
    let image = |role: &String| {
        let image = catalogue.images().get(role)?;
        // what a cluster's owner has to decide, and what the strict profile of `lint` therefore says of the output
        let pin = if image.image.contains('@') { "" } else { "; `images` can pin its digest (image-without-digest)" };
        Some((role.clone(), format!("{}, as user {}{pin}", image.image, image.user)))
    };
    let rows: Vec<_> = definition.image.iter().chain(&definition.images).filter_map(image).collect();
    section(&mut out, if rows.len() > 1 { "Images" } else { "Image" }, &rows);
    section(&mut out, "Variables of the app", &provides(definition));
    let further = folder.files().filter(|(name, _)| name.starts_with("example-")).map(|(_, text)| text);
    for example in folder.file("example.yaml").into_iter().chain(further) {
        let _ = write!(out, "\nExample\n\n{}", indented(example));
    }
    out
}

/// The files of a pattern's folder, one after the other.
#[must_use]
pub fn source(folder: &Folder) -> String {
    let mut out = String::new();
    for (at, (name, text)) in folder.files().enumerate() {
        let gap = if at == 0 { "" } else { "\n" };
        let _ = write!(out, "{gap}# {}\n{text}", folder.display(name));
    }
    out
}

pub(super) fn section(out: &mut String, title: &str, rows: &[(String, String)]) {
    if rows.is_empty() {
        return;
    }
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let _ = writeln!(out, "\n{title}\n");
    for (name, text) in rows {
        let _ = writeln!(out, "  {name:width$}  {text}");
    }
}

/// The parameters, each with its type, default and meaning, and those of its keys below it.
pub(super) fn parameters(definition: &Definition) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    write_rows(&definition.params, definition.main.as_deref(), 0, &mut rows);
    let of_container = definition.params["x-container"].as_object();
    for (name, schema) in of_container.into_iter().flatten() {
        rows.push(row(name, schema, false, false));
    }
    if of_container.is_some() {
        let without = definition.params["x-without"].as_array().into_iter().flatten().filter_map(Json::as_str);
        let without = of_the_app(&definition.params).chain(without);
        let without = without.map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
        let has_rights = definition.params["x-rights"] == true;
        let token = "; with `rights` or `cluster-rights` it has the token of the Pod's account";
        let token = if has_rights { token } else { "" };
        rows.push(("image, …".to_owned(), format!("the keys of `app` but {without}{token}")));
    }
    rows
}

/// The keys of a map, each with its type, default and meaning.
pub(super) fn rows(schema: &Json) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    write_rows(schema, None, 0, &mut rows);
    rows
}

/// Maps in maps in maps are told by their own pages.
const DEEPEST: usize = 2;

fn write_rows(schema: &Json, main: Option<&str>, depth: usize, rows: &mut Vec<(String, String)>) {
    for map in maps(schema) {
        let required: Vec<&str> = map["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
        for (name, schema) in map["properties"].as_object().into_iter().flatten() {
            let (shown, text) = row(name, schema, required.contains(&name.as_str()), main == Some(name.as_str()));
            let shown = format!("{:indent$}{shown}", "", indent = 2 * depth);
            if rows.iter().all(|(other, _)| *other != shown) || depth > 0 {
                rows.push((shown, text));
                if depth + 1 < DEEPEST {
                    write_rows(schema, None, depth + 1, rows);
                }
            }
        }
        if let Some(named) = map
            .get("additionalProperties")
            .filter(|named| maps(named).iter().any(|map| map.get("properties").is_some()))
        {
            write_rows(named, None, depth, rows);
        }
    }
}

fn row(name: &str, schema: &Json, is_required: bool, is_main: bool) -> (String, String) {
    let mut facts = vec![schema_type(schema)];
    match &schema["default"] {
        Json::Null if is_required => facts.push("required".to_owned()),
        Json::Null => {}
        Json::String(default) => facts.push(format!("default {default}")),
        default => facts.push(format!("default {default}")),
    }
    if is_main {
        facts.push("may be given alone".to_owned());
    }
    let description = schema["description"].as_str().map(|text| format!(": {text}")).unwrap_or_default();
    (name.to_owned(), facts.join(", ") + &description)
}

/// The forms of a value that are maps, and those of its items.
pub(super) fn maps(schema: &Json) -> Vec<&Json> {
    let mut maps = Vec::new();
    if schema.get("properties").is_some() || schema["additionalProperties"].is_object() {
        maps.push(schema);
    }
    if schema.get("items").is_some() {
        maps.extend(self::maps(&schema["items"]));
    }
    maps.extend(schema["anyOf"].as_array().into_iter().flatten().flat_map(self::maps));
    maps
}

fn schema_type(schema: &Json) -> String {
    if let Some(choices) = schema["enum"].as_array() {
        return choices
            .iter()
            .map(|choice| choice.as_str().map_or_else(|| choice.to_string(), str::to_owned))
            .collect::<Vec<_>>()
            .join(" or ");
    }
    let word = |name: &str| match name {
        "integer" => "number".to_owned(),
        "object" => "map".to_owned(),
        "array" => "list".to_owned(),
        other => other.to_owned(),
    };
    match (&schema["format"], &schema["type"]) {
        (Json::String(format), _) if format == "interval" => "duration".to_owned(),
        (Json::String(format), _) => format.clone(),
        (_, Json::String(name)) => word(name),
        (_, Json::Array(names)) => names.iter().filter_map(Json::as_str).map(word).collect::<Vec<_>>().join(" or "),
        _ if schema.get("x-container").is_some() => "container".to_owned(),
        _ if schema.get("x-reference").is_some() => "document or service/<name>".to_owned(),
        _ if schema.get("x-volumes").is_some() => "map".to_owned(),
        _ => schema["anyOf"].as_array().into_iter().flatten().map(schema_type).collect::<Vec<_>>().join(" or "),
    }
}

fn ports(definition: &Definition) -> Vec<(String, String)> {
    let row = |port: &crate::pattern::catalogue::definition::Port| {
        let claim = definition.claims.as_ref().filter(|claim| claim.port == port.name);
        let role = claim.map_or_else(String::new, |claim| {
            format!(", takes the app's traffic as {}; the Service listens on {}", claim.scheme, claim.service)
        });
        let moves = match (&port.param, port.port) {
            (Some(param), 0) if port.well_known.is_none() => format!("the number in `{param}`"),
            (Some(param), _) => format!("the next free one if taken, or `{param}`"),
            (None, _) => "the next free one if taken".to_owned(),
        };
        let moves = match &port.when {
            Some(when) if port.port > 0 || port.well_known.is_some() => format!("{moves}; only {}", condition(when)),
            _ => moves,
        };
        let number = match &port.well_known {
            Some(known) => format!("by {}", known.param),
            None if port.port == 0 => "any".to_owned(),
            None => port.port.to_string(),
        };
        let known = port.well_known.iter().flat_map(|known| &known.of);
        let table: Vec<String> = known.map(|(value, number)| format!("{value} {number}")).collect();
        let table = if table.is_empty() { String::new() } else { format!(": {}", table.join(", ")) };
        (number, format!("{} ({moves}){role}{table}", port.name))
    };
    definition.ports.iter().map(row).collect()
}

/// A condition over parameters in words: "with `from: redis`", "with `files` and `engine: fluentd`".
fn condition(when: &str) -> String {
    let term = |term: &str| {
        let term = term.trim().strip_prefix("params.")?;
        let (key, value) = match term.split_once(" == ") {
            Some((key, value)) => (key, Some(value.strip_prefix('\'')?.strip_suffix('\'')?)),
            None => (term, None),
        };
        let is_name = |text: &str| text.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-'));
        let text = value.map_or_else(|| key.to_owned(), |value| format!("{key}: {value}"));
        (is_name(key) && value.is_none_or(is_name)).then(|| format!("`{text}`"))
    };
    let joined = |word: &str| {
        let terms: Option<Vec<String>> = when.split(&format!(" {word} ")).map(term).collect();
        terms.map(|terms| format!("with {}", terms.join(&format!(" {word} "))))
    };
    joined("and").or_else(|| joined("or")).unwrap_or_else(|| "where a program runs".to_owned())
}

fn provides(definition: &Definition) -> Vec<(String, String)> {
    let meaning = |suffix: &str| match suffix {
        "HOST" => "the address to dial",
        "PORT" => "the port to dial",
        _ => "",
    };
    definition.provides.keys().map(|suffix| (format!("<AS>_{suffix}"), meaning(suffix).to_owned())).collect()
}

fn indented(text: &str) -> String {
    text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") }).collect()
}
