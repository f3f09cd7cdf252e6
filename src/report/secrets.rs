//! The bytes of a file that no report may show: what its Secrets hold.

use std::sync::Arc;

use crate::kube::{File, Object, names_a_secret, refused_secret};
use crate::yaml::{Document, Entry, NodeId, Source, Span};

/// What is hidden in the file that was shown last: findings come file by file.
#[derive(Debug, Default)]
pub(super) struct Secrets(Option<(Arc<Source>, Vec<Span>)>);

impl Secrets {
    /// Bytes of a file to hide, sorted. Keys and comments stay readable.
    pub(super) fn of(&mut self, source: &Arc<Source>) -> &[Span] {
        if self.0.as_ref().is_none_or(|(last, _)| !Arc::ptr_eq(last, source)) {
            self.0 = Some((Arc::clone(source), hidden(source)));
        }
        self.0.as_ref().map_or(&[], |(_, hidden)| hidden)
    }
}

fn hidden(source: &Arc<Source>) -> Vec<Span> {
    if !names_a_secret(&source.text) {
        return Vec::new();
    }
    let file = File::read(source);
    let mut hidden = Vec::new();
    for object in file.objects.iter().filter(|object| object.id.kind == "Secret") {
        of_object(object, &mut hidden);
    }
    for refusal in &file.refusals {
        if let Some(region) = refused_secret(&source.text, refusal.span) {
            of_unread(source, region, &mut hidden);
        }
    }
    // What kubectl drops after a Secret may be the rest of it.
    for document in file.objects.iter().filter(|object| object.id.kind == "Secret").map(|object| &object.document) {
        hidden.extend(document.dropped);
    }
    hidden.sort_unstable();
    hidden
}

fn of_object(object: &Object, hidden: &mut Vec<Span>) {
    let document = &object.document;
    let lost = document.duplicates.iter().flat_map(|duplicate| [duplicate.lost, duplicate.kept]);
    let entries = document.entries(object.node).iter().copied().chain(lost.clone());
    let annotations = document.at(object.node, &["metadata", "annotations"]);
    let kept = entries.filter(|entry| matches!(document.key(entry).as_ref(), "data" | "stringData"));
    for node in kept.map(|entry| entry.value).chain(annotations) {
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

/// A Secret that could not be read as YAML: of each line only the key is shown.
fn of_unread(source: &Source, region: Span, hidden: &mut Vec<Span>) {
    let mut at = region.range().start;
    for line in source.slice(region).split_inclusive('\n') {
        let start = at;
        at += line.len();
        let key = line.find(": ").or_else(|| line.trim_end().ends_with(':').then(|| line.trim_end().len() - 1));
        hidden.push(Span::new(start + key.map_or(0, |key| key + 1), at));
    }
}
