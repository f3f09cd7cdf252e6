//! A value against the schema of a definition: `apiextensions-apiserver/pkg/apiserver/validation`.

mod both;
mod values;

use std::cell::Cell;
use std::collections::HashSet;

use super::super::field::Run;
use super::super::meta::{self, Scope};
use super::super::{Cause, Reason, Target, formats as names, near};
use super::metadata_problems;
use super::prepared::Prepared;
use crate::kube::FastSet;
use crate::words::did_you_mean;
use crate::yaml::{Document, Entry, Key, Keys, NodeId, Value};

pub use both::Both;

/// Judges one value by a schema.
pub struct Judge<'run> {
    schema: &'run Document,
    document: &'run Document,
    prepared: &'run Prepared,
    target: Target,
    /// The kind of the object, for messages.
    pub kind: &'run str,
    /// Whether `status` is dropped from new objects.
    pub is_status_dropped: bool,
    /// Whether a default is judged, and not an object.
    pub is_default: bool,
    /// `items` of lists that keep unknown fields: the flag holds for what is in them (`skipPrune` in
    /// `pkg/apiserver/schema/pruning/algorithm.go` of k8s.io/apiextensions-apiserver).
    kept: HashSet<NodeId>,
    /// The schema that was asked last, and its keywords.
    asked: Cell<Option<(NodeId, Keys)>>,
    /// Fields that the schema does not have: they are reported alone.
    pub unknown: Vec<Cause>,
    /// All other mistakes.
    pub errors: Vec<Cause>,
}

impl<'run> Judge<'run> {
    /// A judge that has said nothing yet.
    pub fn new(schema: &'run Document, document: &'run Document, prepared: &'run Prepared, target: Target) -> Self {
        let (unknown, errors) = (Vec::new(), Vec::new());
        let (kind, is_status_dropped, kept) = ("this kind", false, HashSet::new());
        let (is_default, asked) = (false, Cell::new(None));
        Self { schema, document, prepared, target, kind, is_status_dropped, is_default, kept, asked, unknown, errors }
    }

    /// The value of a keyword of a schema: one is asked for many in a row, and has few.
    #[inline]
    fn keyword(&self, schema: NodeId, name: &str) -> Option<NodeId> {
        let key = Key::new(name);
        let keys = match self.asked.get() {
            Some((asked, keys)) if asked == schema => keys,
            _ => self.ask(schema),
        };
        if keys.may_have(key) { self.schema.entry_of(schema, key).map(|entry| entry.value()) } else { None }
    }

    #[inline(never)]
    fn ask(&self, schema: NodeId) -> Keys {
        let keys = Keys::of(self.schema.entries(schema));
        self.asked.set(Some((schema, keys)));
        keys
    }

    fn is_true(&self, schema: NodeId, name: &str) -> bool {
        self.keyword(schema, name).is_some_and(|node| self.schema.value(node) == Value::Bool(true))
    }

    fn number(&self, schema: NodeId, name: &str) -> Option<f64> {
        as_number(self.schema.value(self.keyword(schema, name)?))
    }

    fn count(&self, schema: NodeId, name: &str) -> Option<usize> {
        match self.schema.value(self.keyword(schema, name)?) {
            Value::Int(value) => usize::try_from(value).ok(),
            _ => None,
        }
    }

    fn property(&self, schema: NodeId, name: &str) -> Option<NodeId> {
        self.schema.get(self.keyword(schema, "properties")?, name)
    }

    fn say(&mut self, reason: Reason, path: &str, node: NodeId, message: String) {
        self.errors.push(Cause { reason, path: path.to_owned(), node, message, help: None, fix: None });
    }

    /// Judges a value; `mark` is what a mistake of the whole underlines.
    pub fn value(&mut self, both: Both, node: NodeId, mark: NodeId, path: &str) {
        let schema = both.schema;
        let value = self.document.value(node);
        let is_int_or_string = self.is_true(schema, "x-kubernetes-int-or-string");
        let expected = self.keyword(schema, "type").and_then(|node| self.schema.str(node)).unwrap_or("");
        let fits = match (expected, value) {
            (_, Value::Null) => self.is_true(schema, "nullable") || expected.is_empty(),
            ("", Value::Bool(_) | Value::Float(_) | Value::List(_) | Value::Map(_)) => !is_int_or_string,
            ("" | "integer" | "number", Value::Int(_) | Value::Uint(_))
            | ("" | "string", Value::Str(_))
            | ("number", Value::Float(_))
            | ("object", Value::Map(_))
            | ("array", Value::List(_))
            | ("boolean", Value::Bool(_)) => true,
            ("integer", Value::Float(number)) => number.fract() == 0.0,
            _ => false,
        };
        if !fits {
            let expected = if is_int_or_string { "integer or string" } else { expected };
            let message = format!("`{}` must be of type {expected}, but this is {}", last(path), value.type_name());
            self.say(Reason::WrongType, path, node, message);
            return;
        }
        self.enumeration(schema, node, path);
        match value {
            Value::Map(_) => self.map(both, node, mark, path, false),
            Value::List(items) => self.list(both, items, mark, path),
            Value::Str(text) => self.text(schema, text, node, path),
            Value::Int(_) | Value::Uint(_) | Value::Float(_) => self.bounds(schema, value, node, path),
            Value::Null | Value::Bool(_) => {}
        }
        if !matches!(value, Value::Map(_)) {
            self.junctors(both, node, mark, path);
        }
    }

    /// `allOf`, `anyOf`, `oneOf` and `not`.
    fn junctors(&mut self, both: Both, node: NodeId, mark: NodeId, path: &str) {
        let document = self.schema;
        let parts = |judge: &Self, name| judge.keyword(both.schema, name).map_or(&[][..], |node| document.items(node));
        for part in parts(self, "allOf") {
            self.value(both.nested(*part), node, mark, path);
        }
        for (name, least) in [("anyOf", "none"), ("oneOf", "not exactly one")] {
            let all = parts(self, name);
            let taken = all.iter().filter(|part| self.takes(both.nested(**part), node, mark)).count();
            if !all.is_empty() && (taken == 0 || name == "oneOf" && taken > 1) {
                let message = format!("`{}` fits {least} of the {} schemas of `{name}`", last(path), all.len());
                self.say(Reason::Invalid, path, mark, message);
            }
        }
        if let Some(part) = self.keyword(both.schema, "not")
            && self.takes(both.nested(part), node, mark)
        {
            self.say(Reason::Invalid, path, mark, format!("`{}` is accepted by the schema under `not`", last(path)));
        }
    }

    fn takes(&self, both: Both, node: NodeId, mark: NodeId) -> bool {
        let mut judge = Judge::new(self.schema, self.document, self.prepared, self.target);
        judge.value(both, node, mark, "");
        judge.errors.is_empty()
    }

    /// Judges a map.
    pub fn map(&mut self, both: Both, node: NodeId, mark: NodeId, path: &str, is_root: bool) {
        let Both { schema, base, is_nested } = both;
        let document = self.document;
        let properties = self.keyword(schema, "properties");
        let others = self.keyword(schema, "additionalProperties");
        let keeps = self.is_true(schema, "x-kubernetes-preserve-unknown-fields") || self.kept.contains(&schema);
        let is_embedded = self.is_true(schema, "x-kubernetes-embedded-resource") && !is_nested;
        for entry in document.entries(node) {
            let key = document.key(entry);
            let inner = if path.is_empty() { key.to_string() } else { [path, ".", &key].concat() };
            let is_identity = (is_root || is_embedded) && matches!(&*key, "apiVersion" | "kind" | "metadata");
            let errors = self.errors.len();
            match (properties.and_then(|properties| self.schema.get(properties, &key)), others) {
                (Some(property), _) => {
                    let base = self.property(base, &key).or_else(|| self.keyword(base, "additionalProperties"));
                    let of = Both { schema: property, base: base.unwrap_or(property), is_nested };
                    // fields of metadata that the schema does not show are known all the same
                    self.entry(if is_identity { of.nested(property) } else { of }, *entry, &inner);
                }
                _ if is_nested || is_identity => {}
                (None, Some(others)) if !self.schema.entries(others).is_empty() => {
                    self.entry(Both::of(others), *entry, &inner);
                }
                (None, Some(others)) if self.schema.value(others) != Value::Bool(false) => {}
                (None, _) if keeps => {}
                (None, _) => self.unknown_field(properties, &key, entry.key, inner),
            }
            if is_root && self.is_status_dropped && key == "status" {
                self.errors.truncate(errors);
            }
        }
        self.required(both, node, mark, path, is_root);
        let count = document.entries(node).len() + self.filled_in(both, node, mark);
        let entries = || counted(count, "entry", "entries");
        if let Some(most) = self.count(schema, "maxProperties").filter(|most| count > *most) {
            let message = format!("`{}` has {}, but its schema allows {most}", last(path), entries());
            self.say(Reason::TooMany, path, mark, message);
        }
        if let Some(least) = self.count(schema, "minProperties").filter(|least| count < *least) {
            let message = format!("`{}` has {}, but its schema requires {least}", last(path), entries());
            self.say(Reason::Invalid, path, mark, message);
        }
        if is_embedded {
            self.embedded(node, mark, path);
        }
        self.junctors(both, node, mark, path);
    }

    /// Judges what defaults add to a map by a schema that restricts it: they are right by their own. Returns how many
    /// they are.
    fn filled_in(&mut self, both: Both, node: NodeId, mark: NodeId) -> usize {
        let definition = self.schema;
        let all = self.keyword(both.base, "properties").map_or(&[][..], |properties| definition.entries(properties));
        let mut count = 0;
        for property in all {
            let Some(default) = definition.get(property.value(), "default") else { continue };
            let key = definition.key(property);
            let is_written = self.document.get(node, &key).is_some_and(|value| {
                self.document.value(value) != Value::Null || self.is_true(property.value(), "nullable")
            });
            if is_written {
                continue;
            }
            count += 1;
            if let Some(own) = self.property(both.schema, &key).filter(|_| both.is_nested) {
                let mut judge = Judge::new(definition, definition, self.prepared, self.target);
                judge.value(Both { schema: own, base: property.value(), is_nested: true }, default, default, &key);
                self.errors.extend(judge.errors.into_iter().map(|cause| Cause { node: mark, ..cause }));
            }
        }
        count
    }

    /// The server drops a null that the schema does not want.
    fn entry(&mut self, both: Both, entry: Entry, path: &str) {
        if self.document.value(entry.value()) != Value::Null || self.is_true(both.base, "nullable") {
            self.value(both, entry.value(), entry.key, path);
        }
    }

    /// `validateEmbeddedResource`
    fn embedded(&mut self, node: NodeId, mark: NodeId, path: &str) {
        let document = self.document;
        let dotted = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        for name in ["apiVersion", "kind"] {
            let Some(value) = document.get(node, name).filter(|value| document.value(*value) != Value::Null) else {
                self.say(Reason::Required, &dotted(name), mark, format!("`{name}` is missing"));
                continue;
            };
            let Some(text) = document.str(value) else {
                self.say(Reason::Invalid, &dotted(name), value, format!("`{name}` must be a string"));
                continue;
            };
            let rule = match name {
                _ if text.is_empty() => Some("is empty"),
                "apiVersion" => (text.matches('/').count() > 1).then_some("has more than one `/`: `group/version`"),
                _ => names::api_label(&text.to_lowercase()),
            };
            if let Some(rule) = rule {
                self.say(Reason::Invalid, &dotted(name), value, format!("`{name}` {rule}"));
            }
        }
        let Some(metadata) = document.get(node, "metadata") else { return };
        self.unknown.extend(metadata_problems(document, metadata, &dotted("metadata")));
        let run = Run::new(document, node, self.target, FastSet::default());
        meta::of_library(run.root().child("metadata"), Scope::Namespaced, names::path_segment);
        let (causes, _) = run.finish();
        self.errors.extend(causes.into_iter().map(|cause| Cause { path: dotted(&cause.path), ..cause }));
    }

    fn unknown_field(&mut self, properties: Option<NodeId>, key: &str, node: NodeId, path: String) {
        let document = self.schema;
        let entries = properties.map_or(&[][..], |node| document.entries(node));
        let known: Vec<_> = entries.iter().take(near::LOOKED_AT).map(|entry| document.key(entry)).collect();
        let known: Vec<&str> = known.iter().map(|name| &**name).collect();
        let help = near::nearest(key, &known).map(did_you_mean);
        let message = format!("the schema of {} has no `{key}` here", self.kind);
        self.unknown.push(Cause { reason: Reason::UnknownField, path, node, message, help, fix: None });
    }

    fn required(&mut self, both: Both, node: NodeId, mark: NodeId, path: &str, is_root: bool) {
        let Some(required) = self.keyword(both.schema, "required") else { return };
        let definition = self.schema;
        for name in definition.items(required).iter().filter_map(|name| definition.str(*name)) {
            let value = self.document.get(node, name);
            let property = self.property(both.base, name);
            let flag = |flag| property.is_some_and(|property| self.is_true(property, flag));
            let is_dropped = is_root && self.is_status_dropped && name == "status";
            let written = value.is_some_and(|value| self.document.value(value) != Value::Null || flag("nullable"));
            let has_default = property.is_some_and(|property| self.keyword(property, "default").is_some());
            if is_dropped || !written && !has_default {
                let inner = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
                let why = if is_dropped { ": the server drops it when an object is created" } else { "" };
                let state = if value.is_some() && !is_dropped { "is empty" } else { "is missing" };
                self.say(Reason::Required, &inner, mark, format!("`{name}` {state}{why}"));
            }
        }
    }

    fn list(&mut self, both: Both, items: &[NodeId], mark: NodeId, path: &str) {
        let Both { schema, base, is_nested } = both;
        if let Some(inner) = self.keyword(schema, "items") {
            if self.is_true(schema, "x-kubernetes-preserve-unknown-fields") || self.kept.contains(&schema) {
                self.kept.insert(inner);
            }
            let base = self.keyword(base, "items").unwrap_or(inner);
            for (index, item) in items.iter().enumerate() {
                let mark = self.document.entries(*item).first().map_or(*item, |entry| entry.key);
                self.value(Both { schema: inner, base, is_nested }, *item, mark, &format!("{path}[{index}]"));
            }
        }
        if !is_nested && !self.is_default {
            self.list_type(schema, items, path);
        }
        let elements = || counted(items.len(), "element", "elements");
        if let Some(most) = self.count(schema, "maxItems").filter(|most| items.len() > *most) {
            let message = format!("`{}` has {}, but its schema allows {most}", last(path), elements());
            self.say(Reason::TooMany, path, mark, message);
        }
        if let Some(least) = self.count(schema, "minItems").filter(|least| items.len() < *least) {
            let message = format!("`{}` has {}, but its schema requires {least}", last(path), elements());
            self.say(Reason::Invalid, path, mark, message);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "the server compares floats too")]
fn as_number(value: Value) -> Option<f64> {
    match value {
        Value::Int(value) => Some(value as f64),
        Value::Uint(value) => Some(value as f64),
        Value::Float(value) => Some(value),
        _ => None,
    }
}

/// `1 entry`, `no entries`.
pub(super) fn counted(count: usize, one: &str, several: &str) -> String {
    match count {
        0 => format!("no {several}"),
        1 => format!("1 {one}"),
        count => format!("{count} {several}"),
    }
}

/// The last step of a path.
pub fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}
