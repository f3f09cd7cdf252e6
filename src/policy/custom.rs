//! Rules in CEL of custom resource definitions, `x-kubernetes-validations`, as the API server evaluates them when an
//! object is created: `apiextensions-apiserver/pkg/apiserver/schema/cel`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::compile::{Problem, compile};
use crate::cel::{
    self, Branch, Budget, Evaluation, Fail, Field, Fields, Item, ListKind, Origin, Program, Scope, Tree, Type, Value,
};
use crate::kube::Object;
use crate::kube::validation::{Cause, Reason, Target, schema_duration};
use crate::yaml::{Document, NodeId, Value as Yaml};

/// How deep a schema is followed.
const DEPTH: usize = 60;

/// The rules of one version of a definition.
#[derive(Debug)]
pub struct CustomRules {
    document: Arc<Document>,
    schema: NodeId,
    root: Level,
    /// What does not compile: the server refuses the definition.
    pub problems: Vec<Problem>,
}

/// The rules of a part of the schema, and of the parts below.
#[derive(Debug, Default)]
struct Level {
    rules: Vec<Rule>,
    properties: BTreeMap<String, Level>,
    items: Option<Box<Level>>,
    others: Option<Box<Level>>,
}

#[derive(Debug)]
struct Rule {
    node: NodeId,
    program: Program,
    /// Compares with the object as it was, and there is none when it is created.
    is_transition: bool,
    message: String,
    message_expression: Option<Program>,
    reason: Reason,
    path: String,
}

/// What the rules say to an object.
#[derive(Debug, Default)]
pub struct Said {
    /// Why the server refuses it.
    pub causes: Vec<Cause>,
    /// Rules that were not evaluated, with the reason.
    pub unknown: Vec<(NodeId, String)>,
}

impl CustomRules {
    /// Reads and compiles the rules of the schema at a node; nothing where there are none. `definition` is the object
    /// that holds it.
    #[must_use]
    pub fn read(definition: &Object, schema: NodeId, target: Target) -> Option<Self> {
        let document = &definition.document;
        if !document.source.slice(document.span(schema)).contains("x-kubernetes-validations") {
            return None;
        }
        let mut reader = Reader { definition, target, problems: Vec::new(), uncorrelated: 0 };
        let (_, root) = reader.level(schema, true, 0);
        let is_empty = root.is_empty() && reader.problems.is_empty();
        (!is_empty).then(|| Self { document: Arc::clone(document), schema, root, problems: reader.problems })
    }

    /// What the rules say to an object that its schema takes.
    #[must_use]
    pub fn judge(&self, object: &Object) -> Said {
        let mut said = Said::default();
        if self.problems.iter().any(|problem| !problem.is_unsupported) {
            return said;
        }
        let Some(mut tree) = Tree::read(&object.document, object.node) else { return said };
        let schema = Schema { document: &self.document };
        schema.fill(self.schema, &mut tree, 0);
        let mut judge = Judge { said: &mut said, object, schema, budget: Budget::new(Budget::OBJECT) };
        judge.level(&self.root, self.schema, &tree, "", true);
        said
    }
}

impl Level {
    fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.properties.is_empty() && self.items.is_none() && self.others.is_none()
    }

    fn some(self) -> Option<Box<Self>> {
        if self.is_empty() { None } else { Some(Box::new(self)) }
    }
}

/// A schema, read in place.
#[derive(Clone, Copy)]
struct Schema<'run> {
    document: &'run Document,
}

impl<'run> Schema<'run> {
    fn keyword(self, node: NodeId, name: &str) -> Option<NodeId> {
        self.document.get(node, name)
    }

    fn text(self, node: NodeId, name: &str) -> &'run str {
        self.document.get_str(node, name).unwrap_or_default()
    }

    fn is_true(self, node: NodeId, name: &str) -> bool {
        self.keyword(node, name).is_some_and(|node| self.document.value(node) == Yaml::Bool(true))
    }

    fn property(self, node: NodeId, name: &str) -> Option<NodeId> {
        self.keyword(self.keyword(node, "properties")?, name)
    }

    /// `additionalProperties`, where it is a schema.
    fn others(self, node: NodeId) -> Option<NodeId> {
        self.keyword(node, "additionalProperties").filter(|others| !self.document.entries(*others).is_empty())
    }

    /// Fills in defaults, and takes out nulls that the schema does not want.
    fn fill(self, node: NodeId, tree: &mut Tree, depth: usize) {
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
                        && let Some(default) = self.keyword(entry.value, "default")
                        && let Some(mut value) = Tree::read(self.document, default)
                    {
                        // what is filled in is not written in the object
                        place(&mut value, origin);
                        self.fill(entry.value, &mut value, depth + 1);
                        tree.fill(&name, value);
                    }
                }
            }
            Branch::Leaf(_) => {}
        }
    }

    /// The value as rules see it: by its type in the schema.
    fn value(self, node: NodeId, tree: &Tree, is_root: bool) -> Item {
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

struct Reader<'run> {
    definition: &'run Object,
    target: Target,
    problems: Vec<Problem>,
    /// How many lists are around, whose elements cannot be found again in the object as it was.
    uncorrelated: usize,
}

impl Reader<'_> {
    fn schema(&self) -> Schema<'_> {
        Schema { document: &self.definition.document }
    }

    /// The type of a schema (`SchemaDeclType`), and the rules in it.
    fn level(&mut self, node: NodeId, is_root: bool, depth: usize) -> (Option<Type>, Level) {
        let mut level = Level::default();
        if depth > DEPTH {
            return (None, level);
        }
        let document = Arc::clone(&self.definition.document);
        let schema = Schema { document: &document };
        let is_resource = is_root || schema.is_true(node, "x-kubernetes-embedded-resource");
        let of_type = schema.text(node, "type");
        let of_type = if is_resource && of_type.is_empty() { "object" } else { of_type };
        let of = match of_type {
            _ if schema.is_true(node, "x-kubernetes-int-or-string") => Some(Type::Dyn),
            "array" => schema.keyword(node, "items").and_then(|items| {
                let is_lost = usize::from(schema.text(node, "x-kubernetes-list-type") != "map");
                self.uncorrelated += is_lost;
                let (of, inner) = self.level(items, false, depth + 1);
                self.uncorrelated -= is_lost;
                level.items = inner.some();
                of.map(Type::list)
            }),
            "object" => self.object(node, is_resource, depth, &mut level),
            "string" => Some(match schema.text(node, "format") {
                "byte" => Type::Bytes,
                "duration" => Type::Duration,
                "date" | "date-time" => Type::Timestamp,
                _ => Type::String,
            }),
            "boolean" => Some(Type::Bool),
            "number" => Some(Type::Double),
            "integer" => Some(Type::Int),
            _ => None,
        };
        level.rules = of.as_ref().map(|of| self.rules(node, of)).unwrap_or_default();
        (of, level)
    }

    fn object(&mut self, node: NodeId, is_resource: bool, depth: usize, level: &mut Level) -> Option<Type> {
        let document = Arc::clone(&self.definition.document);
        let schema = Schema { document: &document };
        if let Some(others) = schema.others(node) {
            let (of, inner) = self.level(others, false, depth + 1);
            level.others = inner.some();
            return of.map(|of| Type::map(Type::String, of));
        }
        let mut fields = BTreeMap::new();
        for entry in schema.keyword(node, "properties").map_or(&[][..], |node| document.entries(node)) {
            let name = document.key(entry).into_owned();
            let (of, inner) = self.level(entry.value, false, depth + 1);
            if let Some(of) = of {
                if !inner.is_empty() {
                    level.properties.insert(name.clone(), inner);
                }
                if RESERVED.contains(&name.as_str()) {
                    fields.insert(name.clone(), Field { name: name.clone(), of: of.clone() });
                }
                if let Some(escaped) = escape(&name) {
                    fields.insert(escaped, Field { name, of });
                }
            }
        }
        if is_resource {
            let text = |name: &str| (name.to_owned(), Field { name: name.to_owned(), of: Type::String });
            fields.extend([text("apiVersion"), text("kind")]);
            let metadata = Fields::plain("metadata", &[("name", Type::String), ("generateName", Type::String)]);
            let field = Field { name: "metadata".to_owned(), of: Type::Object(metadata) };
            fields.insert("metadata".to_owned(), field);
        }
        Some(Type::Object(Fields::new("object", fields)))
    }

    fn rules(&mut self, node: NodeId, of: &Type) -> Vec<Rule> {
        let document = Arc::clone(&self.definition.document);
        let schema = Schema { document: &document };
        let mut rules = Vec::new();
        for item in schema.keyword(node, "x-kubernetes-validations").map_or(&[][..], |node| document.items(node)) {
            let Some(node) = schema.keyword(*item, "rule") else { continue };
            let Some(text) = document.str(node).filter(|text| !text.trim().is_empty()) else { continue };
            let is_optional = schema.is_true(*item, "optionalOldSelf");
            let old = if is_optional { Type::optional(of.clone()) } else { of.clone() };
            let variables = vec![("self".to_owned(), of.clone()), ("oldSelf".to_owned(), old)];
            let scope = Scope { variables, version: self.target.0 };
            let program = match compile(text, &scope, &[Type::Bool]) {
                Ok(program) => program,
                Err(error) => {
                    self.problems.push(Problem::of(self.definition, node, &error));
                    continue;
                }
            };
            let uses_old = program.uses("oldSelf");
            let mut refuse = |node: NodeId, message: &str| {
                let end = document.str(node).map_or(0, str::len);
                let error = cel::CompileError {
                    at: cel::At { start: 0, end },
                    message: message.to_owned(),
                    is_unsupported: false,
                };
                self.problems.push(Problem::of(self.definition, node, &error));
            };
            if uses_old && self.uncorrelated > 0 {
                refuse(
                    node,
                    "`oldSelf` cannot be used here: it is in a list that is not a map, whose elements cannot be found in the object as it was",
                );
            } else if let Some(flag) = schema.keyword(*item, "optionalOldSelf").filter(|_| !uses_old) {
                refuse(flag, "`optionalOldSelf` is for rules that use `oldSelf`");
            }
            let mut message_expression = None;
            if let Some(node) = schema.keyword(*item, "messageExpression")
                && let Some(text) = document.str(node).filter(|text| !text.trim().is_empty())
            {
                match compile(text, &scope, &[Type::String]) {
                    Ok(program) => message_expression = Some(program),
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

/// Words that an expression may write as they are, or as `__namespace__` (`celReservedSymbols`).
const RESERVED: [&str; 21] = [
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// The name by which expressions ask for a property; nothing for one that they cannot ask for
/// (`k8s.io/apiserver/pkg/cel/escaping.go`).
fn escape(name: &str) -> Option<String> {
    if name.is_empty() || name.starts_with(|letter: char| letter.is_ascii_digit()) {
        return None;
    }
    if RESERVED.contains(&name) {
        return Some(format!("__{name}__"));
    }
    let mut out = String::new();
    let mut rest = name;
    while let Some(letter) = rest.chars().next() {
        if let Some(tail) = rest.strip_prefix("__") {
            out.push_str("__underscores__");
            rest = tail;
            continue;
        }
        match letter {
            '.' => out.push_str("__dot__"),
            '-' => out.push_str("__dash__"),
            '/' => out.push_str("__slash__"),
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => out.push(letter),
            _ => return None,
        }
        rest = &rest[letter.len_utf8()..];
    }
    Some(out)
}

struct Judge<'run> {
    said: &'run mut Said,
    object: &'run Object,
    schema: Schema<'run>,
    budget: Budget,
}

impl Judge<'_> {
    fn level(&mut self, level: &Level, node: NodeId, tree: &Tree, path: &str, is_root: bool) {
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
                let why = "it compares with the object as it was, and is evaluated when an object is changed";
                self.said.unknown.push((rule.node, why.to_owned()));
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
                    self.said.unknown.push((rule.node, why));
                    continue;
                }
                Err(Fail::Exhausted) => {
                    self.said
                        .unknown
                        .push((rule.node, "it costs more than the API server spends on it, or nearly".to_owned()));
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
