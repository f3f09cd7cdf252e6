//! Keys that YAML reads as something else than was written: `N:` is `false`.

use std::sync::Arc;

use super::spanned::Place;
use crate::diagnostic::Finding;
use crate::yaml::{Document, Entry, NodeId, Value};

/// What becomes part of the objects as it is written, where kubectl's reading is the rule.
const MANIFESTS: [&str; 2] = ["extra", "patch"];

/// Every key of a description that is not the text that is there: it would name another variable, parameter or
/// environment than its author sees.
pub(super) fn check(document: &Document) -> Vec<Finding> {
    let Value::Map(entries) = document.value(document.root()) else { return Vec::new() };
    let mut findings = Vec::new();
    for entry in entries {
        let key = document.key(entry);
        findings.extend(check_key(document, entry.key, &key));
        if !MANIFESTS.contains(&key.as_ref()) {
            findings.extend(check_below(document, entry.value()));
        }
    }
    findings
}

fn check_below(document: &Document, node: NodeId) -> Vec<Finding> {
    match document.value(node) {
        Value::List(items) => items.iter().flat_map(|item| check_below(document, *item)).collect(),
        Value::Map(entries) => {
            let of_entry = |entry: &Entry| {
                let of_key = check_key(document, entry.key, &document.key(entry));
                of_key.into_iter().chain(check_below(document, entry.value()))
            };
            entries.iter().flat_map(of_entry).collect()
        }
        _ => Vec::new(),
    }
}

fn check_key(document: &Document, key: NodeId, read: &str) -> Option<Finding> {
    let place = Place { source: Arc::clone(&document.source), span: document.span(key) };
    let written = place.source.slice(place.span);
    if matches!(document.value(key), Value::Str(_)) || written == read {
        return None;
    }
    Some(
        Finding::error(place.label(""), format!("YAML reads the key `{written}` as `{read}`"))
            .because("kubectl reads YAML 1.1, where yes, no, on, off, y and n are booleans and 010 is 8")
            .help(format!("quote it: \"{written}\"")),
    )
}
