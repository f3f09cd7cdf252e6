//! A field of the object under validation: its value or its absence, and the path that leads to it.
//!
//! Validation functions take fields instead of typed structs, so path and bytes of a finding cannot drift
//! from the value that was judged. A field is two words and a number; its path is text only once
//! something is wrong. Mirrors `k8s.io/apimachinery/pkg/util/validation/field`.

mod run;
mod value;

use std::borrow::Cow;

use super::Cause;
use crate::kube::versions::{Change, Target};
use crate::yaml::{Document, Entry, Key, Keys, NodeId, Value};

use run::PathNode;
pub use run::Run;
pub use value::IntOrString;

/// A value, or the place where one is missing.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    run: &'a Run<'a>,
    at: At,
    /// What to underline where the value is missing, or is a map or list that runs over many lines.
    mark: NodeId,
    step: u32,
}

/// What is at the end of a path.
#[derive(Clone, Copy, Debug)]
enum At {
    Node(NodeId),
    /// Nothing. The path goes on with this name unless it is empty: what is missing has no step before one is needed.
    Missing(&'static str),
}

impl From<Option<NodeId>> for At {
    fn from(node: Option<NodeId>) -> Self {
        node.map_or(Self::Missing(""), Self::Node)
    }
}

impl<'a> Field<'a> {
    /// The field of a map.
    #[must_use]
    #[inline]
    pub fn child(self, name: &'static str) -> Self {
        self.child_of(Key::new(name))
    }

    fn child_of(self, key: Key<'static>) -> Self {
        // as `entry`, but most of what is asked for is not there, and no call should be needed to know
        let found = match self.at {
            At::Node(map) if self.run.may_have(map, key) => self.run.entry(map, key),
            _ => None,
        };
        match found {
            Some(entry) => self.child_at(key.text(), *entry),
            None => Self { at: At::Missing(key.text()), step: self.noted(), ..self },
        }
    }

    /// Several fields of a map, in one look at its entries.
    #[must_use]
    #[inline]
    pub fn children<const COUNT: usize>(self, keys: &[Key<'static>; COUNT]) -> [Self; COUNT] {
        let step = self.noted();
        let mut found = keys.map(|key| Self { at: At::Missing(key.text()), step, ..self });
        let entries = self.node().map_or(&[][..], |map| self.run.document.entries(map));
        for entry in entries.iter().filter(|entry| !self.run.is_dropped(entry.value())) {
            if let Some(at) = keys.iter().position(|key| self.run.document.is_under(entry, *key)) {
                found[at] = self.child_at(keys[at].text(), *entry);
            }
        }
        found
    }

    /// The field that an entry is.
    #[inline]
    fn child_at(self, name: &'static str, entry: Entry) -> Self {
        let step = self.run.step(PathNode::Child(self.step, name));
        Self { at: self.non_null(entry.value()).into(), mark: entry.key, step, ..self }
    }

    /// The value's node.
    #[inline]
    fn node(self) -> Option<NodeId> {
        match self.at {
            At::Node(node) => Some(node),
            At::Missing(_) => None,
        }
    }

    /// Whether the field is written without a value: `name:`.
    pub(super) fn is_written_empty(self) -> bool {
        let key = || self.run.document.str(self.mark);
        matches!(self.at, At::Missing("")) && key().is_some_and(|key| key == self.last_step())
    }

    /// The last step of the path.
    #[inline]
    fn noted(self) -> u32 {
        match self.at {
            At::Node(_) | At::Missing("") => self.step,
            At::Missing(name) => self.run.step(PathNode::Child(self.step, name)),
        }
    }

    /// The same value under another path.
    fn under(self, step: u32) -> Self {
        Self { at: self.node().into(), step, ..self }
    }

    /// Which keys it may have: one look spares asking for many that are missing.
    #[must_use]
    pub fn keys(self) -> Keys {
        Keys::of(self.node().map_or(&[][..], |map| self.run.document.entries(map)))
    }

    /// A field behind several others.
    #[must_use]
    pub fn at(self, path: &[&'static str]) -> Self {
        path.iter().fold(self, |field, name| field.child(name))
    }

    /// A key of a map whose keys are the user's, under the path that the server writes.
    #[must_use]
    pub fn key(self, name: &'static str) -> Self {
        let step = self.run.step(PathNode::Named(self.noted(), name));
        match self.entry(Key::new(name)) {
            Some(entry) => Self { at: self.non_null(entry.value()).into(), mark: entry.key, step, ..self },
            None => Self { at: At::Missing(""), step, ..self },
        }
    }

    /// The same value under another path: the server's paths do not always follow the fields.
    #[must_use]
    pub fn called(self, parent: Self, name: &'static str) -> Self {
        self.under(self.run.step(PathNode::Child(parent.noted(), name)))
    }

    /// The same value under the path of another field.
    #[must_use]
    pub fn as_path_of(self, other: Self) -> Self {
        self.under(other.noted())
    }

    /// An entry of a map under the path that the server writes for some annotations: with a dot.
    #[must_use]
    pub fn after_dot(self, map: Self) -> Self {
        let Some(key) = self.last_key() else { return self };
        self.under(self.run.step(PathNode::Dotted(map.noted(), key)))
    }

    /// The same value as an element of another list.
    #[must_use]
    pub fn as_item_of(self, list: Self, index: u32) -> Self {
        self.under(self.run.step(PathNode::Index(list.noted(), index)))
    }

    #[inline]
    fn entry(self, key: Key<'_>) -> Option<&'a Entry> {
        let map = self.node()?;
        if self.run.may_have(map, key) { self.run.entry(map, key) } else { None }
    }

    #[inline]
    fn non_null(self, node: NodeId) -> Option<NodeId> {
        (!self.run.document.is_null(node)).then_some(node)
    }

    pub(super) fn value(self) -> Value<'a> {
        self.node().map_or(Value::Null, |node| self.run.document.value(node))
    }

    /// Whether there is a value other than null: a pointer that is not nil.
    #[must_use]
    pub fn is_set(self) -> bool {
        matches!(self.at, At::Node(_))
    }

    /// The elements of a list. A null among them is an element without a value.
    pub fn items(self) -> impl Iterator<Item = Self> {
        let nodes = match self.value() {
            Value::List(items) => items,
            _ => &[],
        };
        let kept = nodes.iter().filter(move |node| !self.run.is_dropped(**node));
        (0_u32..).zip(kept).map(move |(index, node)| {
            let mark = self.run.document.entries(*node).first().map_or(*node, |entry| entry.key);
            let step = self.run.step(PathNode::Index(self.step, index));
            Self { at: self.non_null(*node).into(), mark, step, ..self }
        })
    }

    /// The entries of a map, key first.
    pub fn entries(self) -> impl Iterator<Item = (Cow<'a, str>, Self)> {
        self.keyed().map(move |(key, value)| (self.run.document.key_text(key), value))
    }

    /// The values of the entries of a map.
    pub fn values(self) -> impl Iterator<Item = Self> {
        self.keyed().map(|(_, value)| value)
    }

    fn keyed(self) -> impl Iterator<Item = (NodeId, Self)> {
        let entries = self.node().map_or(&[][..], |node| self.run.document.entries(node));
        entries.iter().map(move |entry| {
            let step = self.run.step(PathNode::Key(self.step, entry.key));
            (entry.key, Self { at: self.non_null(entry.value()).into(), mark: entry.key, step, ..self })
        })
    }

    /// The text under a key of a map of texts, if the key is there.
    #[must_use]
    pub fn get(self, key: &str) -> Option<&'a str> {
        let entry = self.entry(Key::new(key))?;
        Some(self.run.document.str(entry.value()).unwrap_or_default())
    }

    /// Whether a map has a key.
    #[must_use]
    pub fn has(self, key: &str) -> bool {
        self.entry(Key::new(key)).is_some()
    }

    /// The key of an entry instead of its value: what to underline when the key is wrong.
    #[must_use]
    pub fn at_key(self) -> Self {
        Self { at: At::Missing(""), step: self.noted(), ..self }
    }

    /// The entry of a map under a key of the user's, if it is there.
    #[must_use]
    pub fn lookup(self, key: &str) -> Option<Self> {
        let entry = self.entry(Key::new(key))?;
        Some(Self { at: self.non_null(entry.value()).into(), mark: entry.key, ..self })
    }

    /// The entry under a key, or the map where the server filled the entry in.
    #[must_use]
    pub fn entry_or_map(self, key: &str) -> Self {
        let entry = self.entries().find(|(candidate, _)| candidate == key);
        entry.map_or(self, |(_, entry)| entry)
    }

    /// The same value under the key that `entry` has, in another map.
    #[must_use]
    pub fn as_entry_of(self, map: Self, entry: Self) -> Self {
        let Some(key) = entry.last_key() else { return self };
        self.under(self.run.step(PathNode::Key(map.noted(), key)))
    }

    /// The key that the path ends with.
    fn last_key(self) -> Option<NodeId> {
        match self.run.steps.borrow().get(self.step as usize) {
            Some(PathNode::Key(_, key)) if !matches!(self.at, At::Missing(name) if !name.is_empty()) => Some(*key),
            _ => None,
        }
    }

    /// The path as the server writes it.
    #[must_use]
    pub fn path(self) -> String {
        self.run.path(self.noted())
    }

    /// The end of the path, for messages.
    pub(super) fn last_step(self) -> String {
        self.run.last_step(self.noted())
    }

    /// The document that it is read from.
    pub(super) fn document(self) -> &'a Document {
        self.run.document
    }

    /// Whether the server drops nothing of the object.
    pub(super) fn is_whole(self) -> bool {
        self.run.dropped.is_empty()
    }

    /// The value's node, and what to underline where it is missing or too long to underline.
    pub(super) fn nodes(self) -> (Option<NodeId>, NodeId) {
        (self.node(), self.mark)
    }

    /// Notes something that was found.
    pub(super) fn push(self, cause: Cause) {
        let mut found = self.run.found.borrow_mut();
        let list = if cause.reason.is_warning() { &mut found.warnings } else { &mut found.errors };
        list.push(cause);
    }

    /// Whether the server that is asked follows a change of the rules.
    #[must_use]
    pub fn has_change(self, change: Change) -> bool {
        self.run.target.has(change)
    }

    /// The version of the server that is asked.
    #[must_use]
    pub fn target(self) -> Target {
        self.run.target
    }

    /// How many errors there are so far.
    #[must_use]
    pub fn error_count(self) -> usize {
        self.run.found.borrow().errors.len()
    }
}

#[cfg(test)]
mod tests;
