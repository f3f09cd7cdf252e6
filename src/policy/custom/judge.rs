//! What the rules of a definition say to an object.

use super::schema::Schema;
use super::{Level, Rule, Said, Unjudged};
use crate::apiserver::Cause;
use crate::cel::{Branch, Budget, Evaluation, Fail, Item, Origin, Tree, Value};
use crate::kube::Object;
use crate::yaml::NodeId;

/// One look at an object.
pub(super) struct Judge<'run> {
    /// Collects what is found.
    pub said: &'run mut Said,
    pub object: &'run Object,
    /// The schema of the object's version.
    pub schema: Schema<'run>,
    /// What evaluation may still cost.
    pub budget: Budget,
}

impl Judge<'_> {
    /// Judges a part of the object, and the parts below.
    pub fn level(&mut self, level: &Level, node: NodeId, tree: &Tree, path: &str, is_root: bool) {
        if matches!(tree.branch, Branch::Leaf(Value::Null)) {
            return;
        }
        if !level.rules.is_empty() {
            self.rules(level, node, tree, path, is_root);
        }
        match &tree.branch {
            Branch::List(items, _) => {
                if let (Some(inner), Some(schema)) = (&level.items, self.schema.keyword(node, "items")) {
                    for (number, item) in items.iter().enumerate() {
                        self.level(inner, schema, item, &format!("{path}[{number}]"), false);
                    }
                }
            }
            Branch::Map(map) => {
                for (key, value) in map {
                    if let (Some(inner), Some(schema)) = (&level.others, self.schema.others(node)) {
                        self.level(inner, schema, value, &format!("{path}[{key}]"), false);
                    }
                    if let (Some(inner), Some(schema)) = (level.properties.get(key), self.schema.property(node, key)) {
                        let inner_path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                        self.level(inner, schema, value, &inner_path, false);
                    }
                }
            }
            Branch::Leaf(_) => {}
        }
    }

    fn rules(&mut self, level: &Level, node: NodeId, tree: &Tree, path: &str, is_root: bool) {
        let value = self.schema.value(node, tree, is_root);
        let bound = vec![("self", value), ("oldSelf", Value::Optional(None).into())];
        let mut evaluation = Evaluation::new(bound, None, self.budget);
        for rule in &level.rules {
            if rule.is_transition {
                let why = "it compares with the previous object, so it is evaluated only on updates";
                self.said.unknown.push(Unjudged { node: rule.node, why: why.to_owned(), is_too_costly: false });
                continue;
            }
            let (origin, message) = match evaluation.run(&rule.program) {
                Ok(Item { value: Value::Bool(true), .. }) => continue,
                Ok(Item { origin, .. }) => {
                    let made = rule.message_expression.as_ref().and_then(|program| match evaluation.run(program) {
                        Ok(Item { value: Value::String(text), .. }) => Some(text.trim().to_owned()),
                        _ => None,
                    });
                    let made = made.filter(|text| !text.is_empty() && text.len() <= 5 * 1024 && !text.contains('\n'));
                    (origin, made.unwrap_or_else(|| rule.message.clone()))
                }
                Err(Fail::Error(error)) => {
                    let rule = rule.message.strip_prefix("failed rule: ").unwrap_or(&rule.message);
                    (Origin::Nowhere, format!("{error} evaluating rule: {rule}"))
                }
                Err(Fail::Unknown(why)) => {
                    self.said.unknown.push(Unjudged { node: rule.node, why, is_too_costly: false });
                    continue;
                }
                Err(Fail::Exhausted) => {
                    let why = "its cost is above or close to the API server's limit".to_owned();
                    self.said.unknown.push(Unjudged { node: rule.node, why, is_too_costly: true });
                    continue;
                }
            };
            self.say(rule, tree, path, origin, message);
        }
        self.budget = evaluation.budget;
    }

    fn say(&mut self, rule: &Rule, tree: &Tree, path: &str, origin: Origin, message: String) {
        let mark = |origin: Origin| match origin {
            Origin::Node { mark, .. } => Some(mark),
            _ => None,
        };
        let document = &self.object.document;
        let own = mark(tree.origin).unwrap_or(self.object.node);
        let own = if own == self.object.node { document.get(own, "kind").unwrap_or(own) } else { own };
        let read = mark(origin).filter(|read| *read != self.object.node);
        let inner = rule.path.trim_start_matches('.');
        let path = match (path.is_empty(), inner.is_empty()) {
            (true, _) => inner.to_owned(),
            (false, true) => path.to_owned(),
            (false, false) => format!("{path}.{inner}"),
        };
        self.said.causes.push(Cause {
            reason: rule.reason,
            path,
            node: read.unwrap_or(own),
            message,
            help: None,
            fix: None,
        });
    }
}
