//! The bytes of a file that no report may show: what its Secrets hold.

use std::sync::Arc;

use crate::kube::{File, Object, PodView, names_a_secret, refused_secret};
use crate::words::is_secret_name;
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
    let file = File::read(source);
    let mut hidden = Vec::new();
    file.objects.iter().for_each(|object| by_name(object, &mut hidden));
    if !names_a_secret(&source.text) {
        hidden.sort_unstable();
        return hidden;
    }
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

/// Values under names that say what they hold: variables of containers, keys of a `ConfigMap`.
fn by_name(object: &Object, hidden: &mut Vec<Span>) {
    let document = &object.document;
    let variables = object.pods().flat_map(PodView::containers).filter_map(|view| view.at(&["env"]));
    for variable in variables.flat_map(|env| document.items(env)) {
        if document.get_str(*variable, "name").is_some_and(is_secret_name) {
            hidden.extend(document.get(*variable, "value").map(|value| document.span(value)));
        }
    }
    if object.id.kind == "ConfigMap" {
        let data = document.get(object.node, "data").map(|data| document.entries(data)).unwrap_or_default();
        let secret = data.iter().filter(|entry| is_secret_name(&document.key(entry)));
        hidden.extend(secret.map(|entry| document.span(entry.value)));
    }
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
