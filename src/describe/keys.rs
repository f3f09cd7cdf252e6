//! Keys that YAML reads as something else than was written: `N:` is `false`.

use std::sync::Arc;

use super::spanned::Place;
use crate::diagnostic::Finding;
use crate::yaml::{Document, NodeId, Value};

/// What becomes part of the objects as it is written, where kubectl's reading is the rule.
const MANIFESTS: [&str; 2] = ["extra", "patch"];

/// Reports every key of a description that is not the text that is there: it would name another variable,
/// parameter or environment than its author sees.
pub(super) fn check(document: &Document, findings: &mut Vec<Finding>) {
    let Value::Map(entries) = document.value(document.root()) else { return };
    for entry in entries {
        check_key(document, entry.key, &document.key(entry), findings);
        if !MANIFESTS.contains(&document.key(entry).as_ref()) {
            check_below(document, entry.value, findings);
        }
    }
}

fn check_below(document: &Document, node: NodeId, findings: &mut Vec<Finding>) {
    match document.value(node) {
        Value::List(items) => items.iter().for_each(|item| check_below(document, *item, findings)),
        Value::Map(entries) => {
            for entry in entries {
                check_key(document, entry.key, &document.key(entry), findings);
                check_below(document, entry.value, findings);
            }
        }
        _ => {}
    }
}

fn check_key(document: &Document, key: NodeId, read: &str, findings: &mut Vec<Finding>) {
    let place = Place { source: Arc::clone(&document.source), span: document.span(key) };
    let written = place.source.slice(place.span);
    if matches!(document.value(key), Value::Str(_)) || written == read {
        return;
    }
    findings.push(
        Finding::error(place.label(""), format!("YAML reads the key `{written}` as `{read}`"))
            .because("kubectl reads YAML 1.1, where yes, no, on, off, y and n are booleans and 010 is 8")
            .help(format!("quote it: \"{written}\"")),
    );
}
