//! What `patterns explain app.health` prints: a key of descriptions, or of a pattern's parameters.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::page::{maps, rows, section};
use crate::describe::grammar;
use crate::pattern::catalogue::folders::Catalogue;

/// What is known of a key: of descriptions (`isolate`, `app.volumes.mount`), of a pattern (`sharded.router`), of what
/// Kubernetes calls otherwise (`nodeSelector`), or of one that several maps have (`mount`). None of no such key.
#[must_use]
pub fn key(catalogue: &Catalogue, path: &str) -> Option<String> {
    let steps: Vec<&str> = path.split('.').collect();
    let (first, rest) = steps.split_first()?;
    if let Some(schema) = at(grammar(), &steps) {
        return Some(page(path, "a key of descriptions", schema));
    }
    let definition = catalogue.folder(first).and_then(|folder| folder.definition().ok());
    if let Some(schema) = definition.and_then(|definition| at(&definition.params, rest)).filter(|_| !rest.is_empty()) {
        return Some(page(path, &format!("a parameter of the pattern {first}"), schema));
    }
    if !rest.is_empty() {
        return None;
    }
    if let Some(form) = grammar()["x-wrong"].get(path).and_then(Json::as_str) {
        return Some(format!("descriptions have no key `{path}`; write\n\n  {form}\n"));
    }
    let places = named(catalogue, path);
    if places.is_empty() {
        return None;
    }
    let mut out = format!("{path} is a key of several maps\n");
    section(&mut out, "Explain one of", &places);
    Some(out)
}

/// What is known of a key of another schema, such as that of the settings. None of no such key.
#[must_use]
pub fn key_of(schema: &Json, path: &str, what: &str) -> Option<String> {
    let steps: Vec<&str> = path.split('.').collect();
    at(schema, &steps).map(|schema| page(path, what, schema))
}

fn page(path: &str, what: &str, schema: &Json) -> String {
    let mut out = format!("{path} ({what})\n");
    if let Some(meaning) = schema["description"].as_str() {
        let _ = writeln!(out, "{meaning}");
    }
    if let Some(example) = schema["x-example"].as_str() {
        let _ = writeln!(out, "\n  {example}");
    }
    section(&mut out, "Keys", &rows(schema));
    out
}

/// The schema at a path of keys. Where names are free, as those of volumes are, they may be left out or be anything.
fn at<'a>(schema: &'a Json, path: &[&str]) -> Option<&'a Json> {
    let Some((first, rest)) = path.split_first() else { return Some(schema) };
    maps(schema).into_iter().find_map(|map| {
        if let Some(found) = map["properties"].get(*first).and_then(|next| at(next, rest)) {
            return Some(found);
        }
        let named = map.get("additionalProperties").filter(|named| named.is_object())?;
        at(named, path).or_else(|| if rest.is_empty() { None } else { at(named, rest) })
    })
}

/// Where a key of this name is, with its meaning there.
fn named(catalogue: &Catalogue, name: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    search(grammar(), name, &mut Vec::new(), &mut found);
    for definition in catalogue.folders().filter_map(|folder| folder.definition().ok()) {
        search(&definition.params, name, &mut vec![&definition.name], &mut found);
    }
    found
}

fn search<'a>(schema: &'a Json, name: &str, path: &mut Vec<&'a str>, found: &mut Vec<(String, String)>) {
    for map in maps(schema) {
        for (key, next) in map["properties"].as_object().into_iter().flatten() {
            path.push(key);
            let whole = path.join(".");
            if key == name && found.iter().all(|(other, _)| *other != whole) {
                found.push((whole, next["description"].as_str().unwrap_or_default().to_owned()));
            }
            search(next, name, path, found);
            path.pop();
        }
        if let Some(named) = map.get("additionalProperties").filter(|named| named.is_object()) {
            search(named, name, path, found);
        }
    }
}

/// The keys at the top of descriptions, for what is nearly one.
pub fn top_keys<'a>() -> impl Iterator<Item = &'a str> {
    grammar()["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str())
}

/// How many patterns are named at most.
const MOST: usize = 3;

/// The patterns that a word has to do with, by what they say of themselves: `cache`, `leader-election`, `ELECTION_URL`. None
/// where too many have, or none has.
#[must_use]
pub fn mentioning(catalogue: &Catalogue, word: &str) -> Option<String> {
    let whole = word.to_lowercase().replace(['-', '_', ' '], " ");
    let texts: Vec<(&str, String)> = catalogue
        .folders()
        .filter_map(|folder| {
            let definition = folder.definition().ok()?;
            let text = format!("{} {} {}", definition.summary, definition.literature, definition.params);
            let plain = text.to_lowercase().replace(|letter: char| !letter.is_alphanumeric(), " ");
            Some((folder.name(), format!(" {plain} ")))
        })
        .collect();
    let having = |word: &str| -> Vec<&str> {
        let word = format!(" {word} ");
        texts.iter().filter(|(_, text)| text.contains(&word)).map(|(name, _)| *name).collect()
    };
    let found = Some(having(&whole)).filter(|names| (1..=MOST).contains(&names.len()))?;
    let names: Vec<String> = found.iter().map(|name| format!("`patterns explain {name}`")).collect();
    Some(names.join(", "))
}
