//! Custom resources, judged by the schemas of the definitions in the same run:
//! `apiextensions-apiserver/pkg/apiserver/{schema,validation}`.
//!
//! Structural schemas are read as the server reads them. Rules in CEL, `oneOf` and its relatives, and formats
//! are not judged: an object without errors may still be refused.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use regex_lite::Regex;

use super::super::{Definition, Definitions, Object};
use super::decoding;
use super::{Cause, Reason};
use crate::yaml::{Entry, NodeId, Value};

/// The schemas of the custom resource definitions of a run.
#[derive(Debug, Default)]
pub struct Schemas {
    definitions: Definitions,
    /// Patterns that could be compiled, by document and node; others are not judged.
    patterns: HashMap<(usize, NodeId), Regex>,
}

impl Schemas {
    /// Collects the definitions among some objects.
    pub fn collect<'object>(objects: impl IntoIterator<Item = &'object Object>) -> Self {
        let definitions = Definitions::collect(objects);
        let mut patterns = HashMap::new();
        for definition in definitions.all() {
            compile(definition, &mut patterns);
        }
        Self { definitions, patterns }
    }

    /// Whether there is no schema at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.definitions.is_empty()
    }

    /// Whether the run has a schema for the kind of an object.
    #[must_use]
    pub fn knows(&self, object: &Object) -> bool {
        !self.definitions.of(object).is_empty()
    }

    /// What the schema of its kind says to an object; nothing if the run has none.
    #[must_use]
    pub fn judge(&self, object: &Object) -> Option<Vec<Cause>> {
        self.judge_by(object).map(|(causes, _)| causes)
    }

    /// The same, with the definition that it goes by: the nearest. If several are equally near, an object is right
    /// if one of them takes it, and otherwise judged by the newest.
    #[must_use]
    pub fn judge_by(&self, object: &Object) -> Option<(Vec<Cause>, &Definition)> {
        let mut newest = None;
        for definition in self.definitions.of(object) {
            let causes = self.judge_one(object, definition);
            if causes.is_empty() {
                return Some((causes, definition));
            }
            newest.get_or_insert((causes, definition));
        }
        newest
    }

    fn judge_one(&self, object: &Object, schema: &Definition) -> Vec<Cause> {
        let patterns = &self.patterns;
        let mut judge =
            Judge { schema, patterns, object, kept: HashSet::new(), unknown: Vec::new(), errors: Vec::new() };
        judge.map(schema.node, object.node, object.node, "", true);
        // As with built-in kinds, unknown fields stand alone.
        if judge.unknown.is_empty() { judge.errors } else { judge.unknown }
    }
}

fn compile(Definition { document, node }: &Definition, patterns: &mut HashMap<(usize, NodeId), Regex>) {
    let mut work = vec![*node];
    while let Some(node) = work.pop() {
        if let Some(pattern) = document.get(node, "pattern")
            && let Some(regex) = document.str(pattern).and_then(|text| Regex::new(text).ok())
        {
            patterns.insert((Arc::as_ptr(document).addr(), pattern), regex);
        }
        work.extend(document.entries(node).iter().map(|entry| entry.value));
        work.extend(document.items(node));
    }
}

struct Judge<'run> {
    schema: &'run Definition,
    patterns: &'run HashMap<(usize, NodeId), Regex>,
    object: &'run Object,
    /// `items` of lists that keep unknown fields: the flag holds for what is in them (`skipPrune` in
    /// `pkg/apiserver/schema/pruning/algorithm.go` of k8s.io/apiextensions-apiserver).
    kept: HashSet<NodeId>,
    unknown: Vec<Cause>,
    errors: Vec<Cause>,
}

impl Judge<'_> {
    fn keyword(&self, schema: NodeId, name: &str) -> Option<NodeId> {
        self.schema.document.get(schema, name)
    }

    fn is_true(&self, schema: NodeId, name: &str) -> bool {
        self.keyword(schema, name).is_some_and(|node| self.schema.document.value(node) == Value::Bool(true))
    }

    fn number(&self, schema: NodeId, name: &str) -> Option<f64> {
        as_number(self.schema.document.value(self.keyword(schema, name)?))
    }

    fn count(&self, schema: NodeId, name: &str) -> Option<usize> {
        match self.schema.document.value(self.keyword(schema, name)?) {
            Value::Int(value) => usize::try_from(value).ok(),
            _ => None,
        }
    }

    fn say(&mut self, reason: Reason, path: &str, node: NodeId, message: String) {
        self.errors.push(Cause { reason, path: path.to_owned(), node, message, help: None, fix: None });
    }

    /// Judges a value. `mark` is what to underline where the value runs over many lines.
    fn value(&mut self, schema: NodeId, node: NodeId, mark: NodeId, path: &str) {
        let value = self.object.document.value(node);
        let is_int_or_string = self.is_true(schema, "x-kubernetes-int-or-string");
        let expected = self.keyword(schema, "type").and_then(|node| self.schema.document.str(node)).unwrap_or("");
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
            let message = format!("`{}` must be of type {expected}, and this is {}", last(path), value.type_name());
            self.say(Reason::WrongType, path, node, message);
            return;
        }
        self.enumeration(schema, node, path);
        match value {
            Value::Map(_) => self.map(schema, node, mark, path, false),
            Value::List(items) => self.list(schema, items, mark, path),
            Value::Str(text) => self.text(schema, text, node, path),
            Value::Int(_) | Value::Uint(_) | Value::Float(_) => self.bounds(schema, value, node, path),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn map(&mut self, schema: NodeId, node: NodeId, mark: NodeId, path: &str, is_root: bool) {
        let document = Arc::clone(&self.object.document);
        let properties = self.keyword(schema, "properties");
        let others = self.keyword(schema, "additionalProperties");
        let keeps = self.is_true(schema, "x-kubernetes-preserve-unknown-fields") || self.kept.contains(&schema);
        let has_identity = is_root || self.is_true(schema, "x-kubernetes-embedded-resource");
        for entry in document.entries(node) {
            let key = document.key(entry);
            let inner = if path.is_empty() { key.to_string() } else { format!("{path}.{key}") };
            let is_identity = has_identity && matches!(&*key, "apiVersion" | "kind" | "metadata");
            let property = properties.and_then(|properties| self.keyword(properties, &key));
            match (property, others) {
                _ if is_identity => {}
                (Some(schema), _) => self.entry(schema, *entry, &inner),
                (None, Some(others)) if !self.schema.document.entries(others).is_empty() => {
                    self.entry(others, *entry, &inner);
                }
                (None, Some(others)) if self.schema.document.value(others) != Value::Bool(false) => {}
                (None, _) if keeps => {}
                (None, _) => self.unknown_field(properties, &key, entry.key, inner),
            }
        }
        self.required(schema, node, mark, path);
        let count = document.entries(node).len();
        if self.count(schema, "maxProperties").is_some_and(|most| count > most) {
            self.say(Reason::TooMany, path, mark, format!("`{}` has more entries than its schema allows", last(path)));
        }
        if self.count(schema, "minProperties").is_some_and(|least| count < least) {
            self.say(
                Reason::Invalid,
                path,
                mark,
                format!("`{}` has fewer entries than its schema asks for", last(path)),
            );
        }
    }

    /// The server drops a null that the schema does not want.
    fn entry(&mut self, schema: NodeId, entry: Entry, path: &str) {
        if self.object.document.value(entry.value) != Value::Null || self.is_true(schema, "nullable") {
            self.value(schema, entry.value, entry.key, path);
        }
    }

    fn unknown_field(&mut self, properties: Option<NodeId>, key: &str, node: NodeId, path: String) {
        let document = &self.schema.document;
        let known: Vec<_> =
            properties.map_or(&[][..], |node| document.entries(node)).iter().map(|e| document.key(e)).collect();
        let known: Vec<&str> = known.iter().map(|name| &**name).collect();
        let help = decoding::nearest(key, &known).map(|near| format!("did you mean `{near}`?"));
        let message = format!("the schema of {} has no `{key}` here", self.object.id.kind);
        self.unknown.push(Cause { reason: Reason::UnknownField, path, node, message, help, fix: None });
    }

    fn required(&mut self, schema: NodeId, node: NodeId, mark: NodeId, path: &str) {
        let Some(required) = self.keyword(schema, "required") else { return };
        let definition = Arc::clone(&self.schema.document);
        for name in definition.items(required).iter().filter_map(|name| definition.str(*name)) {
            let value = self.object.document.get(node, name);
            let property = self.keyword(schema, "properties").and_then(|properties| self.keyword(properties, name));
            let flag = |flag| property.is_some_and(|property| self.is_true(property, flag));
            let written =
                value.is_some_and(|value| self.object.document.value(value) != Value::Null || flag("nullable"));
            let has_default = property.is_some_and(|property| self.keyword(property, "default").is_some());
            if !written && !has_default {
                let inner = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
                self.say(Reason::Required, &inner, mark, format!("`{name}` is missing"));
            }
        }
    }

    fn list(&mut self, schema: NodeId, items: &[NodeId], mark: NodeId, path: &str) {
        if let Some(inner) = self.keyword(schema, "items") {
            if self.is_true(schema, "x-kubernetes-preserve-unknown-fields") || self.kept.contains(&schema) {
                self.kept.insert(inner);
            }
            for (index, item) in items.iter().enumerate() {
                let mark = self.object.document.entries(*item).first().map_or(*item, |entry| entry.key);
                self.value(inner, *item, mark, &format!("{path}[{index}]"));
            }
        }
        if self.count(schema, "maxItems").is_some_and(|most| items.len() > most) {
            self.say(Reason::TooMany, path, mark, format!("`{}` has more elements than its schema allows", last(path)));
        }
        if self.count(schema, "minItems").is_some_and(|least| items.len() < least) {
            self.say(
                Reason::Invalid,
                path,
                mark,
                format!("`{}` has fewer elements than its schema asks for", last(path)),
            );
        }
    }

    fn text(&mut self, schema: NodeId, text: &str, node: NodeId, path: &str) {
        let length = text.chars().count();
        if self.count(schema, "maxLength").is_some_and(|most| length > most) {
            self.say(Reason::TooLong, path, node, format!("`{}` is longer than its schema allows", last(path)));
        }
        if self.count(schema, "minLength").is_some_and(|least| length < least) {
            self.say(Reason::Invalid, path, node, format!("`{}` is shorter than its schema asks for", last(path)));
        }
        let regex = self
            .keyword(schema, "pattern")
            .and_then(|pattern| self.patterns.get(&(Arc::as_ptr(&self.schema.document).addr(), pattern)));
        if let Some(regex) = regex.filter(|regex| !regex.is_match(text)) {
            let message = format!("`{}` does not match {}", last(path), regex.as_str());
            self.say(Reason::Invalid, path, node, message);
        }
    }

    fn bounds(&mut self, schema: NodeId, value: Value, node: NodeId, path: &str) {
        let Some(value) = as_number(value) else { return };
        let format = self.keyword(schema, "format").and_then(|format| self.schema.document.str(format));
        if format == Some("int32") && !(f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&value) {
            self.say(Reason::Invalid, path, node, format!("`{}` does not fit into 32 bits", last(path)));
        }
        let below = self
            .number(schema, "minimum")
            .is_some_and(|least| value < least || self.is_true(schema, "exclusiveMinimum") && value <= least);
        let above = self
            .number(schema, "maximum")
            .is_some_and(|most| value > most || self.is_true(schema, "exclusiveMaximum") && value >= most);
        if below || above {
            let what = if below { "below what its schema asks for" } else { "above what its schema allows" };
            self.say(Reason::Invalid, path, node, format!("`{}` is {what}", last(path)));
        }
    }

    fn enumeration(&mut self, schema: NodeId, node: NodeId, path: &str) {
        let Some(values) = self.keyword(schema, "enum") else { return };
        let definition = &self.schema.document;
        let written = self.object.document.to_json(node);
        let allowed: Vec<String> = definition.items(values).iter().map(|value| definition.to_json(*value)).collect();
        let is_null = self.object.document.value(node) == Value::Null;
        if !is_null && !allowed.contains(&written) {
            let message = format!("`{}` cannot be {written}, one of {}", last(path), allowed.join(", "));
            self.say(Reason::NotSupported, path, node, message);
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

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}
