//! A schema of a definition, read in place, and values as rules see them.

use crate::apiserver::schema_duration;
use crate::cel::{self, Branch, Item, ListKind, Origin, Tree, Value};
use crate::yaml::{Document, NodeId, Value as Yaml};

use super::DEPTH;

/// A schema, read in place.
#[derive(Clone, Copy)]
pub(super) struct Schema<'run> {
    pub document: &'run Document,
}

impl<'run> Schema<'run> {
    /// The value of a keyword.
    pub fn keyword(self, node: NodeId, name: &str) -> Option<NodeId> {
        self.document.get(node, name)
    }

    /// The text of a keyword, empty where there is none.
    pub fn text(self, node: NodeId, name: &str) -> &'run str {
        self.document.get_str(node, name).unwrap_or_default()
    }

    /// Whether a keyword is true.
    pub fn is_true(self, node: NodeId, name: &str) -> bool {
        self.keyword(node, name).is_some_and(|node| self.document.value(node) == Yaml::Bool(true))
    }

    /// The schema of a property.
    pub fn property(self, node: NodeId, name: &str) -> Option<NodeId> {
        self.keyword(self.keyword(node, "properties")?, name)
    }

    /// `additionalProperties`, where it is a schema.
    pub fn others(self, node: NodeId) -> Option<NodeId> {
        self.keyword(node, "additionalProperties").filter(|others| !self.document.entries(*others).is_empty())
    }

    /// Fills in defaults, and takes out nulls that the schema does not want.
    pub fn fill(self, node: NodeId, tree: &mut Tree, depth: usize) {
        if depth > DEPTH {
            return;
        }
        match &mut tree.branch {
            Branch::List(items, _) => {
                if let Some(inner) = self.keyword(node, "items") {
                    for item in items {
                        self.fill(inner, item, depth + 1);
                    }
                }
            }
            Branch::Map(map) => {
                let schema_of = |key: &str| self.property(node, key).or_else(|| self.others(node));
                map.retain(|key, value| {
                    let is_null = matches!(value.branch, Branch::Leaf(Value::Null));
                    !is_null || schema_of(key).is_some_and(|schema| self.is_true(schema, "nullable"))
                });
                for (key, value) in map.iter_mut() {
                    if let Some(schema) = schema_of(key) {
                        self.fill(schema, value, depth + 1);
                    }
                }
                let origin = tree.origin;
                let properties = self.keyword(node, "properties");
                for entry in properties.map_or(&[][..], |node| self.document.entries(node)) {
                    let name = self.document.key(entry).into_owned();
                    if tree.get(&name).is_none()
                        && let Some(default) = self.keyword(entry.value(), "default")
                        && let Some(mut value) = Tree::read(self.document, default)
                    {
                        // what is filled in is not written in the object
                        place(&mut value, origin);
                        self.fill(entry.value(), &mut value, depth + 1);
                        tree.fill(&name, value);
                    }
                }
            }
            Branch::Leaf(_) => {}
        }
    }

    /// The value as rules see it: by its type in the schema.
    pub fn value(self, node: NodeId, tree: &Tree, is_root: bool) -> Item {
        let value = match (&tree.branch, self.text(node, "type")) {
            (_, _) if self.is_true(node, "x-kubernetes-int-or-string") => return tree.clone().freeze(),
            #[expect(clippy::cast_precision_loss, reason = "the server converts it too")]
            (Branch::Leaf(Value::Int(number)), "number") => Value::Double(*number as f64),
            (Branch::Leaf(Value::Double(number)), "integer") if number.fract() == 0.0 =>
            {
                #[expect(clippy::cast_possible_truncation, reason = "a whole number of the schema's range")]
                Value::Int(*number as i64)
            }
            (Branch::Leaf(Value::String(text)), "string") => match self.text(node, "format") {
                "date-time" | "date" => cel::timestamp(text).unwrap_or(Value::Unknown("this is not a time")),
                "duration" => schema_duration(text).map_or(Value::Unknown("this is not a duration"), Value::Duration),
                "byte" => match crate::kube::base64(text) {
                    Some(bytes) => Value::Bytes(std::rc::Rc::from(bytes)),
                    None => Value::Unknown("this is not base64"),
                },
                _ => Value::String(std::rc::Rc::clone(text)),
            },
            (Branch::Leaf(value), _) => value.clone(),
            (Branch::List(items, _), _) => {
                let inner = self.keyword(node, "items");
                let item =
                    |item: &Tree| inner.map_or_else(|| item.clone().freeze(), |inner| self.value(inner, item, false));
                let kind = match self.text(node, "x-kubernetes-list-type") {
                    "set" | "map" => ListKind::Unordered,
                    _ => ListKind::Atomic,
                };
                Value::List(std::rc::Rc::new(cel::List { items: items.iter().map(item).collect(), kind }))
            }
            (Branch::Map(map), _) => {
                let is_resource = is_root || self.is_true(node, "x-kubernetes-embedded-resource");
                let mut entries = Vec::new();
                for (key, part) in map {
                    let item = match self.property(node, key).or_else(|| self.others(node)) {
                        Some(schema) if !(is_resource && key == "metadata") => self.value(schema, part, false),
                        None if !is_resource || !matches!(key.as_str(), "apiVersion" | "kind" | "metadata") => continue,
                        _ => part.clone().freeze(),
                    };
                    entries.push((cel::Key::String(std::rc::Rc::from(key.as_str())), item));
                }
                Value::map(entries)
            }
        };
        Item { value, origin: tree.origin }
    }
}

fn place(tree: &mut Tree, origin: Origin) {
    tree.origin = origin;
    match &mut tree.branch {
        Branch::List(items, _) => items.iter_mut().for_each(|item| place(item, origin)),
        Branch::Map(map) => map.values_mut().for_each(|value| place(value, origin)),
        Branch::Leaf(_) => {}
    }
}
