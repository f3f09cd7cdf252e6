//! Maps in the place of objects that lack what says of which kind they are: kubectl refuses the file that they are in.

use std::sync::Arc;

use super::foreign::is_for_functions;
use crate::words::edits_within;
use crate::yaml::{Document, NodeId, Value};

/// A map in the place of an object that does not say of which kind it is.
#[derive(Debug)]
pub struct Incomplete {
    /// Its document.
    pub document: Arc<Document>,
    /// The map.
    pub node: NodeId,
    /// Whether it is an item of a `v1` List, whose items say it themselves.
    pub is_item: bool,
}

/// What a map says under `apiVersion` or `kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity<'doc> {
    /// A text.
    Said(&'doc str),
    /// Nothing.
    Missing,
    /// Nothing, but under a key that differs in case, dashes or a letter or two: this one.
    Misspelt(NodeId),
    /// Nothing that could be a name.
    Unusable(NodeId),
}

impl Incomplete {
    /// Whether it has no such key at all.
    #[must_use]
    pub fn is_missing(&self, field: &str) -> bool {
        self.identity(field) == Identity::Missing
    }

    /// What the map says under `apiVersion` or `kind`.
    #[must_use]
    pub fn identity(&self, field: &str) -> Identity<'_> {
        let document = &self.document;
        if let Some(value) = document.get(self.node, field) {
            let text = document.str(value).filter(|text| !text.trim().is_empty());
            return text.map_or(Identity::Unusable(value), Identity::Said);
        }
        let edits = if field.len() > 4 { 2 } else { 1 };
        let is_it = |key: &str| {
            let letters: String = key.chars().filter(|letter| !['-', '_', ' '].contains(letter)).collect();
            letters.eq_ignore_ascii_case(field) || edits_within(edits, &letters, field).is_some()
        };
        let key = document.entries(self.node).iter().find(|entry| is_it(&document.key(entry)));
        key.map_or(Identity::Missing, |entry| Identity::Misspelt(entry.key))
    }
}

/// What a document has of them: its own map, or items of the list that it is. Items of a list of one kind take theirs
/// from it.
pub(super) fn of(document: &Arc<Document>) -> Vec<Incomplete> {
    let root = document.root();
    let said = |node: NodeId, field: &str| document.get_str(node, field).is_some_and(|text| !text.trim().is_empty());
    let is_incomplete = |node: NodeId| {
        matches!(document.value(node), Value::Map(entries) if !entries.is_empty())
            && !(said(node, "apiVersion") && said(node, "kind"))
            && !is_for_functions(document, node)
    };
    let of = |node: NodeId, is_item: bool| Incomplete { document: Arc::clone(document), node, is_item };
    if is_incomplete(root) {
        return vec![of(root, false)];
    }
    if document.get_str(root, "kind") != Some("List") || document.get_str(root, "apiVersion") != Some("v1") {
        return Vec::new();
    }
    let items = document.get(root, "items").map_or(&[][..], |items| document.items(items));
    items.iter().filter(|item| is_incomplete(**item)).map(|item| of(*item, true)).collect()
}
