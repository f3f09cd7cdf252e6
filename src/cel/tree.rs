//! An object on its way to a value: as it is written, then with what the server fills in.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::value::{Item, Key, List, ListKind, Map, Origin, Value};
use crate::yaml::{Document, NodeId, Value as Yaml};

/// How deep an object may nest, and how many parts it may have, to be judged.
const DEPTH: usize = 200;
const PARTS: usize = 500_000;

/// A part of an object.
#[derive(Clone, Debug)]
pub struct Tree {
    /// What it is.
    pub branch: Branch,
    /// Where it was read.
    pub origin: Origin,
}

/// What a part of an object is.
#[derive(Clone, Debug)]
pub enum Branch {
    /// A scalar.
    Leaf(Value),
    /// A list.
    List(Vec<Tree>, ListKind),
    /// A map.
    Map(BTreeMap<String, Tree>),
}

impl From<Value> for Tree {
    fn from(value: Value) -> Self {
        Self { branch: Branch::Leaf(value), origin: Origin::Nowhere }
    }
}

impl Tree {
    /// Reads a node of a document; nothing for one that is too large to be judged.
    #[must_use]
    pub fn read(document: &Document, node: NodeId) -> Option<Self> {
        let mut parts = 0;
        read(document, node, node, 0, &mut parts)
    }

    /// An empty map that is not written.
    #[must_use]
    pub fn empty() -> Self {
        Self { branch: Branch::Map(BTreeMap::new()), origin: Origin::Nowhere }
    }

    /// The part under a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        match &self.branch {
            Branch::Map(map) => map.get(name),
            _ => None,
        }
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Self> {
        match &mut self.branch {
            Branch::Map(map) => map.get_mut(name),
            _ => None,
        }
    }

    /// The part at the end of a path.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |tree, name| tree.get(name))
    }

    /// The same, to be changed.
    pub fn at_mut(&mut self, path: &[&str]) -> Option<&mut Self> {
        path.iter().try_fold(self, |tree, name| tree.get_mut(name))
    }

    /// The text that it is.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.branch {
            Branch::Leaf(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// The elements of a list, to be changed.
    pub fn items_mut(&mut self) -> &mut [Self] {
        match &mut self.branch {
            Branch::List(items, _) => items,
            _ => &mut [],
        }
    }

    /// The entries of a map, to be changed; none where it is not a map.
    pub fn map_mut(&mut self) -> Option<&mut BTreeMap<String, Self>> {
        match &mut self.branch {
            Branch::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Fills a field in where it is absent. What is filled in is underlined where its map is.
    pub fn fill(&mut self, name: &str, value: impl Into<Self>) {
        let origin = self.origin;
        if let Branch::Map(map) = &mut self.branch
            && !map.contains_key(name)
        {
            let mut value = value.into();
            value.origin = value.origin.or(origin);
            map.insert(name.to_owned(), value);
        }
    }

    /// The value that expressions see.
    #[must_use]
    pub fn freeze(self) -> Item {
        let value = match self.branch {
            Branch::Leaf(value) => value,
            Branch::List(items, kind) => {
                Value::List(Rc::new(List { items: items.into_iter().map(Self::freeze).collect(), kind }))
            }
            // in the order of the names already
            Branch::Map(map) => {
                let entry = |(name, tree): (String, Self)| (Key::String(Rc::from(name)), tree.freeze());
                Value::Map(Rc::new(Map { entries: map.into_iter().map(entry).collect() }))
            }
        };
        Item { value, origin: self.origin }
    }
}

fn read(document: &Document, node: NodeId, mark: NodeId, depth: usize, parts: &mut usize) -> Option<Tree> {
    *parts += 1;
    if depth > DEPTH || *parts > PARTS {
        return None;
    }
    let branch = match document.value(node) {
        Yaml::Null => Branch::Leaf(Value::Null),
        Yaml::Bool(value) => Branch::Leaf(Value::Bool(value)),
        Yaml::Int(value) => Branch::Leaf(Value::Int(value)),
        #[expect(clippy::cast_precision_loss, reason = "the server reads such a number as a double")]
        Yaml::Uint(value) => Branch::Leaf(Value::Double(value as f64)),
        Yaml::Float(value) => Branch::Leaf(Value::Double(value)),
        Yaml::Str(text) => Branch::Leaf(Value::text(text)),
        Yaml::List(items) => {
            let item = |item: &NodeId| {
                let mark = document.entries(*item).first().map_or(*item, |entry| entry.key);
                read(document, *item, mark, depth + 1, parts)
            };
            Branch::List(items.iter().map(item).collect::<Option<_>>()?, ListKind::Atomic)
        }
        Yaml::Map(entries) => {
            let mut map = BTreeMap::new();
            for entry in entries {
                let value = read(document, entry.value(), entry.key, depth + 1, parts)?;
                map.insert(document.key(entry).into_owned(), value);
            }
            Branch::Map(map)
        }
    };
    let mark = if matches!(branch, Branch::Leaf(_)) { node } else { mark };
    Some(Tree { branch, origin: Origin::Node { node, mark, span: document.span(node) } })
}
