//! Where in an object a node is, as people write it: `spec.containers[0].ports`.

use std::fmt;

use crate::yaml::{Document, Entry, NodeId, Value};

/// The keys of a JSON pointer, `~1` and `~0` read (RFC 6901): `metadata`, `a/b` of `/metadata/a~1b`.
pub fn pointer_keys(pointer: &str) -> impl Iterator<Item = String> {
    pointer.split('/').skip(1).map(|key| key.replace("~1", "/").replace("~0", "~"))
}

/// One step down from a map or a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// Into the value of a map under this key.
    Key(String),
    /// Into the item of a list with this number, from 0.
    Item(usize),
}

/// The steps from an object's outermost map down to a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(pub Vec<Segment>);

impl Path {
    /// The way from `from` down to `to`, which may be a key; empty where `to` is not below `from`.
    #[must_use]
    pub fn between(document: &Document, from: NodeId, to: NodeId) -> Self {
        let target = document.span(to);
        let mut steps = Vec::new();
        let mut at = from;
        while at != to {
            let next = match document.value(at) {
                Value::Map(entries) => {
                    let leads = |entry: &Entry| {
                        let key = || Segment::Key(document.key(entry).into_owned());
                        if entry.is_at(to) {
                            return Some((key(), to));
                        }
                        (entry.value() == to || document.span(entry.value()).contains(target))
                            .then(|| (key(), entry.value()))
                    };
                    // Most maps are in the order of their bytes; what aliases and merge keys bring is looked for.
                    let next = entries.partition_point(|entry| document.span(entry.key).start <= target.start);
                    let near = next.checked_sub(1).and_then(|at| leads(&entries[at]));
                    near.or_else(|| entries.iter().find_map(leads))
                }
                Value::List(items) => {
                    let leads = |index: usize| {
                        let item = items[index];
                        (item == to || document.span(item).contains(target)).then_some((Segment::Item(index), item))
                    };
                    let next = items.partition_point(|item| document.span(*item).start <= target.start);
                    next.checked_sub(1).and_then(leads).or_else(|| (0..items.len()).find_map(leads))
                }
                _ => None,
            };
            let Some((step, node)) = next else { return Self(Vec::new()) };
            steps.push(step);
            at = node;
        }
        Self(steps)
    }

    /// The value that the path leads to, from a map or list.
    #[must_use]
    pub fn follow(&self, document: &Document, from: NodeId) -> Option<NodeId> {
        self.0.iter().try_fold(from, |at, step| match step {
            Segment::Key(key) => document.get(at, key),
            Segment::Item(index) => document.items(at).get(*index).copied(),
        })
    }

    /// The innermost field: `containerPort`, also of `args[0]` the `args`.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.0.iter().rev().find_map(|step| match step {
            Segment::Key(key) => Some(key.as_str()),
            Segment::Item(_) => None,
        })
    }

    /// The path as `kubectl explain` takes it: fields alone.
    #[must_use]
    pub fn fields(&self) -> Vec<&str> {
        let mut fields = Vec::new();
        for step in &self.0 {
            if let Segment::Key(key) = step {
                fields.push(key.as_str());
            }
        }
        fields
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            match step {
                Segment::Key(key) if index == 0 => write!(f, "{key}")?,
                Segment::Key(key) => write!(f, ".{key}")?,
                Segment::Item(number) => write!(f, "[{number}]")?,
            }
        }
        Ok(())
    }
}
