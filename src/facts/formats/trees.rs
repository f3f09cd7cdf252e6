//! Formats of trees: YAML (and JSON, which is YAML), TOML.

use std::sync::Arc;

use super::{DEPTH, Entry, range_of, unquoted};
use crate::yaml::{self, Document, NodeId, Part, Source, Value};

/// Each scalar of each document.
pub(super) fn yaml(text: &str) -> Vec<Entry> {
    let source = Arc::new(Source::from_text("configuration", text));
    let mut found = Vec::new();
    for part in yaml::read(&source) {
        if let Part::Document(document) = part {
            add(&document, document.root(), &mut Vec::new(), &mut found);
        }
    }
    // The source may have taken a byte order mark out.
    found.retain(|entry| text.get(entry.range.clone()).is_some());
    found
}

fn add(document: &Document, node: NodeId, path: &mut Vec<String>, found: &mut Vec<Entry>) {
    if path.len() >= DEPTH {
        return;
    }
    match document.value(node) {
        Value::Map(_) => {
            for entry in document.entries(node) {
                path.push(document.key(entry).into_owned());
                add(document, entry.value, path, found);
                path.pop();
            }
        }
        Value::List(_) => {
            for (number, item) in document.items(node).iter().enumerate() {
                path.push(number.to_string());
                add(document, *item, path, found);
                path.pop();
            }
        }
        Value::Null => {}
        _ => {
            let raw = document.raw(node);
            let value = document.str(node).map_or_else(|| raw.trim().to_owned(), str::to_owned);
            let range = document.span(node).range();
            let bare = unquoted(raw);
            // without the quotes, where the text is written as it is
            let range = if bare == value && bare.len() < raw.len() { range.start + 1..range.end - 1 } else { range };
            found.push(Entry { key: path.clone(), value, range });
        }
    }
}

/// `key = value`, `[table]`, `[[table]]`, dotted keys, arrays over several lines; inline tables are passed over.
pub(super) fn toml(text: &str) -> Vec<Entry> {
    let mut found = Vec::new();
    let mut table: Vec<String> = Vec::new();
    let mut counts: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    let mut array: Option<(Vec<String>, usize)> = None;
    let mut literal: Option<&str> = None;
    for line in text.lines() {
        let bare = line.trim();
        if let Some(quotes) = literal {
            if bare.contains(quotes) {
                literal = None;
            }
            continue;
        }
        if let Some((key, mut number)) = array.take() {
            let ended = items(text, bare, &key, &mut number, &mut found);
            if !ended {
                array = Some((key, number));
            }
            continue;
        }
        if bare.starts_with('#') || bare.is_empty() {
            continue;
        }
        if let Some(name) = bare.strip_prefix("[[").and_then(|rest| rest.split("]]").next()) {
            let number = counts.entry(name.to_owned()).or_insert(0);
            table = keys(name);
            table.push(number.to_string());
            *number += 1;
        } else if let Some(name) = bare.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            table = keys(name);
        } else if let Some((name, value)) = bare.split_once('=') {
            let key: Vec<String> = table.iter().cloned().chain(keys(name)).collect();
            let value = value.trim_start();
            if let Some(quotes) = ["\"\"\"", "'''"].into_iter().find(|quotes| value.starts_with(quotes)) {
                literal = (!value[3..].contains(quotes)).then_some(quotes);
            } else if let Some(inner) = value.strip_prefix('[') {
                let mut number = 0;
                if !items(text, inner, &key, &mut number, &mut found) {
                    array = Some((key, number));
                }
            } else if !value.starts_with('{') {
                let value = unquoted(scalar(value).0);
                found.push(Entry { key, value: value.to_owned(), range: range_of(text, value) });
            }
        }
    }
    found
}

/// The segments of a dotted key.
fn keys(name: &str) -> Vec<String> {
    name.split('.').map(|segment| unquoted(segment.trim()).to_owned()).take(DEPTH).collect()
}

/// Items of an array on one line; whether the array ends there.
fn items(text: &str, line: &str, key: &[String], number: &mut usize, found: &mut Vec<Entry>) -> bool {
    let mut rest = line.trim_start();
    loop {
        rest = rest.trim_start_matches([',', ' ', '\t']);
        if rest.is_empty() || rest.starts_with('#') {
            return false;
        }
        if rest.starts_with(']') {
            return true;
        }
        let (value, after) = scalar(rest);
        if value.is_empty() {
            return false;
        }
        let bare = unquoted(value);
        let key = key.iter().cloned().chain([number.to_string()]).collect();
        found.push(Entry { key, value: bare.to_owned(), range: range_of(text, bare) });
        *number += 1;
        rest = after;
    }
}

/// A scalar and what follows it.
fn scalar(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote) {
            let mut before = ' ';
            let end = inner.find(|sign| {
                let is_end = sign == quote && (quote == '\'' || before != '\\');
                before = sign;
                is_end
            });
            let end = end.map_or(text.len(), |end| end + 2);
            return text.split_at(end);
        }
    }
    let end = text.find([',', ']', '#', ' ', '\t']).unwrap_or(text.len());
    text.split_at(end)
}
