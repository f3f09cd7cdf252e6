//! The rules of a definition, compiled: types, and what rules cost at most.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::bounds::{self, Declared, Limit, REQUEST};
use super::names::{escape, is_reserved};
use super::schema::Schema;
use super::words::Words;
use super::{DEPTH, KEYWORD, Level, Rule};
use crate::apiserver::Reason;
use crate::cel::{Bound, CompileError, Field, Fields, Scope, Type};
use crate::kube::versions::Target;
use crate::kube::{FastSet, Mentions, Object};
use crate::policy::compile::{Problem, compile_and_estimate};
use crate::text::Text;
use crate::yaml::{Keys, NodeId};

/// What makes a type another than `type` says.
const FLAGS: Keys = Keys::these(&["x-kubernetes-embedded-resource", "x-kubernetes-int-or-string"]);

/// Reads the schema of one version.
pub(super) struct Reader<'run> {
    definition: &'run Object,
    target: Target,
    /// What does not compile, or costs too much.
    pub problems: Vec<Problem>,
    /// How many lists are around, whose elements cannot be found again in the object as it was.
    uncorrelated: usize,
    /// How many values of the present schema one object can have; nothing without a bound.
    count: Option<u64>,
    /// What all rules so far cost, and the dearest of them.
    total: u64,
    dearest: Option<(u64, NodeId)>,
    /// Where rules are written.
    written: Mentions,
    /// Whether a rule around can read the present value, so that its type is asked for.
    is_read: bool,
    /// The words of the rules around; nothing where every field gets its type.
    words: Option<Words<'run>>,
}

impl<'run> Reader<'run> {
    /// Of a definition. With `all`, fields that no rule names have types, too: what is said about a name that is wrong
    /// looks at all of them.
    pub fn new(definition: &'run Object, target: Target, all: bool) -> Self {
        let (written, words) = (Mentions::Anywhere, (!all).then(Words::default));
        let (problems, uncorrelated, count, total, dearest) = (Vec::new(), 0, Some(1), 0, None);
        Self { definition, target, problems, uncorrelated, count, total, dearest, written, is_read: false, words }
    }

    /// The rules below the root of a schema.
    pub fn root(&mut self, node: NodeId) -> Level {
        self.written = Mentions::of(&self.definition.document, node, KEYWORD);
        let (_, level) = self.level(node, true, 0);
        if let (Some(message), Some((_, node))) = (Limit::Schema.exceeded(self.total), self.dearest) {
            self.refuse(node, message);
        }
        level
    }

    fn schema(&self) -> Schema<'run> {
        Schema { document: &self.definition.document }
    }

    /// The type of a schema, and the rules in it; neither where no rule asks for them.
    fn level(&mut self, node: NodeId, is_root: bool, depth: usize) -> (Option<Declared>, Level) {
        let schema = self.schema();
        let has_rules = schema.keyword(node, KEYWORD).is_some();
        let is_read = self.is_read || has_rules;
        if depth > DEPTH || !is_read && !self.written.may_be_in(schema.document.span(node)) {
            return (None, Level::default());
        }
        let was_read = std::mem::replace(&mut self.is_read, is_read);
        let texts = if has_rules { self.texts(node) } else { Vec::new() };
        if let Some(words) = &mut self.words {
            for text in &texts {
                words.enter(text);
            }
        }
        let (declared, mut level) = self.read(node, is_root, depth);
        if let Some(words) = &mut self.words {
            for text in &texts {
                words.leave(text);
            }
        }
        self.is_read = was_read;
        if let Some(declared) = declared.as_ref().filter(|_| has_rules) {
            level.rules = self.rules(node, declared);
        }
        (declared, level)
    }

    /// The type of a schema (`SchemaDeclType`), and the rules below it.
    fn read(&mut self, node: NodeId, is_root: bool, depth: usize) -> (Option<Declared>, Level) {
        let mut level = Level::default();
        let schema = self.schema();
        let has_flags = Keys::of(schema.document.entries(node)).may_share(FLAGS);
        let is_resource = is_root || has_flags && schema.is_true(node, "x-kubernetes-embedded-resource");
        let count = self.count;
        let of_type = schema.text(node, "type");
        let each = bounds::repeats(schema, node, of_type);
        self.count = count.zip(each).map(|(count, each)| count.saturating_mul(each));
        let of_type = if is_resource && of_type.is_empty() { "object" } else { of_type };
        let declared = match of_type {
            _ if has_flags && schema.is_true(node, "x-kubernetes-int-or-string") => {
                Some(bounds::int_or_string(schema, node, self.target))
            }
            "array" => schema.keyword(node, "items").and_then(|items| {
                let is_lost = usize::from(schema.text(node, "x-kubernetes-list-type") != "map");
                self.uncorrelated += is_lost;
                let (item, inner) = self.level(items, false, depth + 1);
                self.uncorrelated -= is_lost;
                level.items = inner.some();
                item.map(|item| bounds::list(schema, node, item))
            }),
            "object" => self.object(node, is_resource, depth, &mut level),
            "string" => Some(bounds::text(schema, node)),
            "boolean" => Some(bounds::leaf(Type::Bool, 0, 4)),
            "number" => Some(bounds::leaf(Type::Double, 0, 1)),
            "integer" => Some(bounds::leaf(Type::Int, 0, 1)),
            _ => None,
        };
        self.count = count;
        (declared, level)
    }

    fn object(&mut self, node: NodeId, is_resource: bool, depth: usize, level: &mut Level) -> Option<Declared> {
        let schema = self.schema();
        if let Some(others) = schema.others(node) {
            let (value, inner) = self.level(others, false, depth + 1);
            level.others = inner.some();
            return value.map(|value| bounds::map(schema, node, value));
        }
        let is_filled = is_resource && !bounds::has_metadata(schema, node);
        let mut object = Fieldwise { shortest: 2, ..Fieldwise::default() };
        let required = schema.keyword(node, "required").map_or(&[][..], |node| schema.document.items(node));
        let required: FastSet<&str> = required.iter().filter_map(|name| schema.document.str(*name)).collect();
        let properties = schema.keyword(node, "properties").map_or(&[][..], |node| schema.document.entries(node));
        for entry in properties {
            let name = schema.document.key(entry);
            let is_required = required.contains(&*name);
            // what no rule names counts only for the length of what must be there
            let is_named = self.words.as_ref().is_none_or(|words| words.name(&name));
            let is_read = self.is_read && (is_named || is_required);
            let was_read = std::mem::replace(&mut self.is_read, is_read);
            let (declared, inner) = self.level(entry.value(), false, depth + 1);
            self.is_read = was_read;
            let Some(declared) = declared else { continue };
            if !inner.is_empty() {
                level.properties.insert(name.to_string(), inner);
            }
            if is_filled && matches!(&*name, "apiVersion" | "kind" | "metadata") {
                continue;
            }
            let is_there = is_required && !bounds::is_set(schema, entry.value(), "default");
            object.add(&name, declared, is_there);
        }
        if is_filled {
            let text = || bounds::leaf(Type::String, REQUEST - 2, 2);
            object.add("apiVersion", text(), required.contains("apiVersion"));
            object.add("kind", text(), required.contains("kind"));
            let metadata = self.metadata(schema.property(node, "metadata"));
            object.add("metadata", metadata, required.contains("metadata"));
        }
        Some(object.declared("object"))
    }

    /// What expressions know of the metadata of a resource.
    fn metadata(&self, node: Option<NodeId>) -> Declared {
        let mut metadata = Fieldwise { shortest: 2, ..Fieldwise::default() };
        for name in ["name", "generateName"] {
            let most = bounds::name(self.schema(), node, name, self.target);
            metadata.add(name, bounds::leaf(Type::String, most, 2), false);
        }
        metadata.declared("metadata")
    }

    /// The expressions of the rules of a schema.
    fn texts(&self, node: NodeId) -> Vec<&'run str> {
        let schema = self.schema();
        let rules = schema.keyword(node, KEYWORD).map_or(&[][..], |node| schema.document.items(node));
        rules.iter().flat_map(|rule| ["rule", "messageExpression"].map(|keyword| schema.text(*rule, keyword))).collect()
    }

    fn refuse(&mut self, node: NodeId, message: String) {
        let error = CompileError::about(self.definition.document.str(node).unwrap_or_default(), message);
        self.problems.push(Problem::of(self.definition, node, &error));
    }

    /// Counts the cost of an expression.
    fn spend(&mut self, node: NodeId, cost: Option<u64>, limit: Limit) {
        let cost = cost.unwrap_or(0);
        self.total = self.total.saturating_add(cost);
        if self.dearest.is_none_or(|(known, _)| known < cost) {
            self.dearest = Some((cost, node));
        }
        if let Some(message) = limit.exceeded(cost) {
            self.refuse(node, message);
        }
    }

    fn rules(&mut self, node: NodeId, declared: &Declared) -> Vec<Rule> {
        let schema = self.schema();
        let document = schema.document;
        let of = &declared.of;
        let times = bounds::count(self.count, declared.shortest);
        let mut rules = Vec::new();
        for item in schema.keyword(node, KEYWORD).map_or(&[][..], |node| document.items(node)) {
            let Some(node) = schema.keyword(*item, "rule") else { continue };
            let Some(text) = document.str(node).filter(|text| !text.trim().is_empty()) else { continue };
            let is_optional = schema.is_true(*item, "optionalOldSelf");
            let old = if is_optional { Type::optional(of.clone()) } else { of.clone() };
            let variables = vec![("self".to_owned(), of.clone()), ("oldSelf".to_owned(), old)];
            let scope = Scope { variables, version: self.target.0, ..Scope::default() };
            let program = match compile_and_estimate(text, &scope, &declared.bound, &[Type::Bool]) {
                Ok((program, cost)) => {
                    self.spend(node, cost.map(|cost| cost.saturating_mul(times)), Limit::Rule);
                    program
                }
                Err(error) => {
                    self.problems.push(Problem::of(self.definition, node, &error));
                    continue;
                }
            };
            let uses_old = program.uses("oldSelf");
            if uses_old && self.uncorrelated > 0 {
                self.refuse(
                    node,
                    "`oldSelf` cannot be used here: it is in a list that is not a map, whose elements cannot be matched with the previous object"
                        .to_owned(),
                );
            } else if let Some(flag) = schema.keyword(*item, "optionalOldSelf").filter(|_| !uses_old) {
                self.refuse(flag, "`optionalOldSelf` is for rules that use `oldSelf`".to_owned());
            }
            let mut message_expression = None;
            if let Some(node) = schema.keyword(*item, "messageExpression")
                && let Some(text) = document.str(node).filter(|text| !text.trim().is_empty())
            {
                match compile_and_estimate(text, &scope, &declared.bound, &[Type::String]) {
                    Ok((program, cost)) => {
                        self.spend(node, cost, Limit::Message);
                        message_expression = Some(program);
                    }
                    Err(error) => self.problems.push(Problem::of(self.definition, node, &error)),
                }
            }
            let message = schema.text(*item, "message").trim();
            rules.push(Rule {
                node,
                is_transition: !is_optional && uses_old,
                program,
                message: if message.is_empty() { format!("failed rule: {}", text.trim()) } else { message.to_owned() },
                message_expression,
                reason: match schema.text(*item, "reason") {
                    "FieldValueForbidden" => Reason::Forbidden,
                    "FieldValueRequired" => Reason::Required,
                    "FieldValueDuplicate" => Reason::Duplicate,
                    _ => Reason::Invalid,
                },
                path: self.schema().text(*item, "fieldPath").to_owned(),
            });
        }
        rules
    }
}

/// An object while its fields are put together.
#[derive(Default)]
struct Fieldwise {
    fields: BTreeMap<Text, Field>,
    bounds: BTreeMap<Text, Bound>,
    shortest: u64,
}

impl Fieldwise {
    /// Adds a field; `is_there` says whether every object has it.
    fn add(&mut self, name: &str, declared: Declared, is_there: bool) {
        if is_there {
            let length = u64::try_from(name.len()).unwrap_or(u64::MAX);
            self.shortest = self.shortest.saturating_add(length + 4).saturating_add(declared.shortest);
        }
        let text = Text::from(name);
        let escaped = match escape(name) {
            Some(Cow::Borrowed(_)) => text.clone(),
            Some(Cow::Owned(escaped)) => escaped.as_str().into(),
            None => return,
        };
        // a word of the language can be written as it is, too
        if is_reserved(name) {
            self.fields.insert(text.clone(), Field { name: text.clone(), of: declared.of.clone() });
        }
        self.fields.insert(escaped.clone(), Field { name: text, of: declared.of });
        self.bounds.insert(escaped, declared.bound);
    }

    fn declared(self, name: &'static str) -> Declared {
        let of = Type::Object(Fields::new(name, self.fields));
        Declared { of, bound: Bound::object(self.bounds), shortest: self.shortest }
    }
}

#[cfg(test)]
mod tests;
