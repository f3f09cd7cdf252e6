use std::collections::HashSet;
use std::sync::Arc;

use crate::diagnostic::{Label, Level};
use crate::kube::{File, Object};
use crate::rules::{Check, Findings, Rule};
use crate::words::clip;
use crate::yaml::{Document, Duplicate, Entry, NodeId, Value};

/// A key that is duplicated in one map.
pub static RULE: Rule = rule!("duplicate_key.md", Error, Check::File(check));

fn check(file: &File, found: &mut Findings<'_>) {
    let mut before: Option<&Arc<Document>> = None;
    for object in &file.objects {
        // a list has several objects
        if before.is_none_or(|before| !Arc::ptr_eq(before, &object.document)) {
            check_document(file, object, found);
        }
        before = Some(&object.document);
    }
}

/// Looks at the document of an object.
fn check_document(file: &File, object: &Object, found: &mut Findings<'_>) {
    let document = &object.document;
    if document.duplicates.is_empty() {
        return;
    }
    let merged = if file.is_kustomized { annotations(document) } else { HashSet::new() };
    for duplicate in document.written_twice().filter(|duplicate| !merged.contains(&{ duplicate.kept.key })) {
        match (file.is_kustomized, object.is_patch) {
            (true, true) => say_of_patch(document, duplicate, found),
            (true, false) => say_with_kustomize(document, duplicate, found),
            (false, _) => say(document, duplicate, found),
        }
    }
}

/// What kubectl makes of it. Nothing is lost where the first is nothing, or the last has all of it.
fn say(document: &Document, duplicate: &Duplicate, found: &mut Findings<'_>) {
    let key = clip(&document.key(&duplicate.kept));
    let (lost, kept) = (duplicate.lost.key, duplicate.kept.key);
    let (is_same_text, is_harmless) = (document.raw(lost) == document.raw(kept), loses_nothing(document, duplicate));
    let message = match (is_same_text, is_harmless) {
        (true, false) => format!("duplicate key `{key}`: the first one is silently lost"),
        (true, true) => format!("duplicate key `{key}`; nothing is lost"),
        (false, _) => {
            let one = if is_harmless { "nothing" } else { "one of them" };
            let end = if is_harmless { "is lost" } else { "is silently lost" };
            format!("`{}` and `{}` are the same key; {one} {end}", document.raw(lost), document.raw(kept))
        }
    };
    let saying = found.at_span(document.span(lost), message);
    if is_harmless {
        saying
            .level(Level::Warning)
            .here("redundant")
            .label(Label::node(document, kept, "this one is kept"))
            .because("kubectl keeps the last of two equal keys; kustomize rejects duplicates, and so does the API server in JSON")
            .help(if is_same(document, duplicate.lost.value(), duplicate.kept.value()) {
                "remove one of them"
            } else {
                "remove the first one"
            });
    } else {
        saying
            .here("this one is lost")
            .label(Label::node(document, kept, "this one is kept"))
            .because("kubectl keeps the last of two equal keys and drops the others before the API server sees them")
            .help("merge the two, or remove one of them");
    }
}

/// What kustomize makes of it: it refuses the file.
fn say_with_kustomize(document: &Document, duplicate: &Duplicate, found: &mut Findings<'_>) {
    let key = clip(&document.key(&duplicate.kept));
    found
        .at_span(document.span(duplicate.lost.key), format!("duplicate key `{key}`: kustomize refuses the file"))
        .here("this is one")
        .label(Label::node(document, duplicate.kept.key, "and this is the other"))
        .because("kustomize stops at duplicate keys: \"mapping key already defined\"; kubectl alone keeps the last")
        .help("merge the two, or remove one of them");
}

/// What kustomize makes of it in a patch: it merges the first, even if that is nothing.
fn say_of_patch(document: &Document, duplicate: &Duplicate, found: &mut Findings<'_>) {
    let (first, last) = (duplicate.lost, duplicate.kept);
    if is_same(document, first.value(), last.value()) {
        return;
    }
    let key = clip(&document.key(&last));
    found
        .at_span(document.span(last.key), format!("duplicate key `{key}`: the last one is silently lost"))
        .here("this one is lost")
        .label(Label::node(document, first.key, "this one is kept"))
        .because("in a patch, kustomize applies the first of two equal keys; kubectl keeps the last")
        .help("merge the two, or remove one of them");
}

/// Whether the lost value is nothing, or all of it is in the one that is kept.
fn loses_nothing(document: &Document, duplicate: &Duplicate) -> bool {
    let (lost, kept) = (duplicate.lost.value(), duplicate.kept.value());
    document.is_null(lost) || is_same(document, lost, kept) || is_within(document, lost, kept)
}

/// Whether all that a map says is in another one, too, which may say more; large ones are not looked at.
fn is_within(document: &Document, lost: NodeId, kept: NodeId) -> bool {
    let is_large = |node| document.raw(node).len() > LARGE;
    let entries = document.entries(lost);
    let is_there = |entry: &Entry| {
        let there = document.get(kept, &document.key(entry));
        there.is_some_and(|there| is_same(document, entry.value(), there) || is_within(document, entry.value(), there))
    };
    let are_maps = [lost, kept].iter().all(|node| matches!(document.value(*node), Value::Map(_)));
    are_maps && !is_large(lost) && !is_large(kept) && entries.iter().all(is_there)
}

/// Bytes of a value that is large.
const LARGE: usize = 10_000;

/// Whether two values are the same; large ones only if they are written alike.
fn is_same(document: &Document, one: NodeId, other: NodeId) -> bool {
    let (one_text, other_text) = (document.raw(one), document.raw(other));
    one_text == other_text
        || one_text.len().max(other_text.len()) <= LARGE && document.to_json(one) == document.to_json(other)
}

/// The keys whose duplicates kustomize merges: `metadata.annotations` of an object, and those in it.
fn annotations(document: &Document) -> HashSet<NodeId> {
    let annotations =
        document.get(document.root(), "metadata").and_then(|metadata| document.entry(metadata, "annotations"));
    let inner = annotations.map_or(&[][..], |annotations| document.entries(annotations.value()));
    annotations.iter().chain(inner).map(|entry| entry.key).collect()
}
