//! YAML, and JSON, which is YAML.

use std::sync::Arc;

use super::{Collector, DEPTH, unquoted};
use crate::yaml::{self, Document, NodeId, Part, Source, Value};

/// Each scalar of each document.
pub(super) fn yaml(found: &mut Collector<'_>) {
    let source = Arc::new(Source::from_text("configuration", found.text));
    for part in yaml::read(&source) {
        match part {
            Part::Document(document) => {
                // one text is no configuration: a template that is yet to be filled in, or another format
                found.is_whole &=
                    matches!(document.value(document.root()), Value::Map(_) | Value::List(_) | Value::Null);
                add(&document, document.root(), &mut Vec::new(), found);
            }
            Part::Refused(_) => found.is_whole = false,
        }
    }
}

fn add(document: &Document, node: NodeId, path: &mut Vec<String>, found: &mut Collector<'_>) {
    if path.len() >= DEPTH || !found.visits() {
        found.is_whole = false;
        return;
    }
    match document.value(node) {
        Value::Map(_) => {
            for entry in document.entries(node) {
                path.push(document.key(entry).into_owned());
                add(document, entry.value(), path, found);
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
            found.add(path, 0, value, range);
        }
    }
}
