//! What of a document is hidden as a whole: values of Secrets, duplicates, all below a node.

use std::collections::HashSet;

use crate::words::is_secret_name;
use crate::yaml::{Document, Entry, NodeId, Span, Value};

/// The values below a node, without those that only name a Secret or a type.
pub(super) fn scalars_of(document: &Document, node: NodeId, hidden: &mut Vec<Span>) {
    let mut waiting = vec![node];
    while let Some(node) = waiting.pop().map(|node| document.referred(node)) {
        let below = document.entries(node).iter().filter(|entry| document.key(entry) != "type");
        waiting.extend(document.items(node).iter().copied().chain(below.map(|entry| entry.value())));
        let is_scalar = !matches!(document.value(node), Value::Map(_) | Value::List(_) | Value::Null | Value::Bool(_));
        if is_scalar && !document.source.slice(document.span(node)).trim_matches(['"', '\'']).starts_with("secret/") {
            hidden.push(document.span(node));
        }
    }
}

/// What a later key of the same name overrides is as secret as what is kept.
pub(super) fn of_duplicates(document: &Document, hidden: &mut Vec<Span>) {
    let spans: HashSet<Span> =
        if document.duplicates.is_empty() { HashSet::new() } else { hidden.iter().copied().collect() };
    for duplicate in &document.duplicates {
        let values = [duplicate.lost, duplicate.kept].map(|entry| document.span(entry.value()));
        if is_secret_name(&document.key(&duplicate.lost)) || values.iter().any(|span| spans.contains(span)) {
            hidden.extend(values);
        }
    }
}

/// All that a Secret holds.
pub(super) fn of_secret(document: &Document, secret: NodeId, hidden: &mut Vec<Span>) {
    let lost = document.duplicates.iter().flat_map(|duplicate| [duplicate.lost, duplicate.kept]);
    let entries = document.entries(secret).iter().copied().chain(lost.clone());
    let annotations = document.at(secret, &["metadata", "annotations"]);
    // `stringdata` is misspelled, and holds what `stringData` would
    let is_plain = |key: &str| matches!(key, "apiVersion" | "kind" | "metadata" | "type" | "immutable");
    let kept = entries.filter(|entry| !is_plain(&document.key(entry)));
    for node in kept.map(Entry::value).chain(annotations) {
        let keys = document.entries(node).iter().copied().chain(lost.clone());
        hide_between_keys(document, node, keys, hidden);
    }
}

/// Hides a map's bytes but for its keys: this covers values in every style, and those that a later
/// duplicate overrides.
fn hide_between_keys(document: &Document, map: NodeId, keys: impl Iterator<Item = Entry>, hidden: &mut Vec<Span>) {
    let whole = document.span(map);
    let mut visible: Vec<Span> = keys.map(|entry| document.span(entry.key)).collect();
    visible.extend(document.comments.iter().map(|comment| comment.span));
    visible.retain(|span| whole.contains(*span));
    visible.sort_unstable();
    let mut at = whole.range().start;
    for span in visible {
        hidden.push(Span::new(at, span.range().start));
        at = span.range().end;
    }
    hidden.push(Span::new(at, whole.range().end));
}
