//! Types of expressions, and what does not fit: `cel-go/checker`.
//!
//! The tree is changed on the way: qualified names become calls, escaped field names become the names of fields.

use super::ast::{At, Expr, FieldValue, Kind, Literal, Macro, MacroKind, Mode};
use super::functions::{self, Overload};
use super::types::{Bindings, Type};
use super::{CompileError, library};
use crate::words::nearest;

/// The variables of an expression and their types.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Names and types.
    pub variables: Vec<(String, Type)>,
    /// The minor version of Kubernetes whose functions there are; 0 for all.
    pub version: u8,
    /// Whether patches can be made: `Object{…}`, `JSONPatch{…}`.
    pub has_patches: bool,
}

/// So many steps one check takes at most; types of nested lists grow with each level.
const STEPS: usize = 200_000;

/// How deep an expression is checked: chains of operators and fields, in parentheses again and again, nest deeper than
/// a stack is.
const DEPTH: usize = 1000;

/// The minor version of Kubernetes whose servers take `sortBy`, which is a macro, with the other functions of lists.
const SORT_BY: u8 = 35;

/// Names of types, which are values too: `type(x) == string`.
const TYPES: [&str; 12] = [
    "bool",
    "int",
    "uint",
    "double",
    "string",
    "bytes",
    "list",
    "map",
    "null_type",
    "type",
    "google.protobuf.Timestamp",
    "google.protobuf.Duration",
];

/// What the check has found out about a node.
#[derive(Debug)]
pub struct Fact {
    /// The type of its value.
    pub of: Type,
    /// The signatures that fit a call.
    pub overloads: Vec<&'static Overload>,
    /// The field as it is written, where it has another name in the object.
    pub written: Option<String>,
}

/// Checks a tree and returns the type of its result.
pub fn check(expr: &mut Expr, scope: &Scope) -> Result<Type, CompileError> {
    Checker::new(scope).whole(expr)
}

/// Checks a tree and returns the type of its result, and what is known of each node, by its number; nothing of trees
/// whose types have grown too large.
pub fn check_with_facts(expr: &mut Expr, scope: &Scope) -> Result<(Type, Option<Vec<Fact>>), CompileError> {
    let mut checker = Checker { facts: Some(Vec::new()), ..Checker::new(scope) };
    let of = checker.whole(expr)?;
    let mut facts = checker.facts.take();
    for fact in facts.iter_mut().flatten() {
        fact.of = checker.bindings.resolve(&fact.of, true);
    }
    Ok((of, facts.filter(|_| !checker.bindings.is_exhausted())))
}

/// Whether a tree reads a variable.
pub fn uses(expr: &Expr, name: &str) -> bool {
    let mut work = vec![expr];
    while let Some(expr) = work.pop() {
        match &expr.kind {
            Kind::Ident(found) if found == name => return true,
            Kind::Ident(_) | Kind::Literal(_) => {}
            Kind::Select { operand, .. } => work.push(operand),
            Kind::Index { operand, index, .. } => work.extend([&**operand, &**index]),
            Kind::Call { target, args, .. } => {
                work.extend(target.as_deref());
                work.extend(args);
            }
            Kind::And(terms) | Kind::Or(terms) => work.extend(terms),
            Kind::Conditional(parts) => work.extend(parts.iter()),
            Kind::List(elements) => work.extend(elements.iter().map(|element| &element.value)),
            Kind::Map(entries) => work.extend(entries.iter().flat_map(|entry| [&entry.key, &entry.value])),
            Kind::Message { fields, .. } => work.extend(fields.iter().map(|field| &field.value)),
            Kind::Macro(of) => {
                work.push(&of.range);
                if !of.variables.iter().any(|variable| variable == name) {
                    work.extend(of.filter.as_ref());
                    work.push(&of.body);
                }
            }
        }
    }
    false
}

struct Checker<'scope> {
    scope: &'scope Scope,
    locals: Vec<(String, Type)>,
    bindings: Bindings,
    steps: usize,
    depth: usize,
    /// How many calls of `format` are around: their lists may hold anything (`ValidateHomogeneousAggregateLiterals`).
    formats: usize,
    /// What is known of each node, where that is asked for; then what the node being checked is about.
    facts: Option<Vec<Fact>>,
    overloads: Vec<&'static Overload>,
    written: Option<String>,
}

type Checked = Result<Type, CompileError>;

impl<'run> Checker<'run> {
    fn new(scope: &'run Scope) -> Self {
        Self {
            scope,
            locals: Vec::new(),
            bindings: Bindings::default(),
            steps: 0,
            depth: 0,
            formats: 0,
            facts: None,
            overloads: Vec::new(),
            written: None,
        }
    }

    fn whole(&mut self, expr: &mut Expr) -> Checked {
        let of = self.expr(expr)?;
        Ok(self.bindings.resolve(&of, true))
    }

    fn find(&self, name: &str) -> Option<Type> {
        let local = self.locals.iter().rev().find(|(known, _)| known == name);
        local.or_else(|| self.scope.variables.iter().find(|(known, _)| known == name)).map(|(_, of)| of.clone())
    }

    fn resolve(&self, of: &Type) -> Type {
        self.bindings.resolve(of, false)
    }

    fn expr(&mut self, expr: &mut Expr) -> Checked {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(CompileError::unsupported(expr.at, "the expression is too complex to be checked"));
        }
        let of = self.node(expr)?;
        self.depth -= 1;
        if let Some(facts) = &mut self.facts {
            expr.number = facts.len();
            let (overloads, written) = (std::mem::take(&mut self.overloads), self.written.take());
            facts.push(Fact { of: of.clone(), overloads, written });
        }
        Ok(of)
    }

    fn node(&mut self, expr: &mut Expr) -> Checked {
        self.steps += 1;
        if self.steps > STEPS || self.bindings.is_exhausted() {
            return Err(CompileError::unsupported(expr.at, "the expression is too complex to be checked"));
        }
        let at = expr.at;
        if let Some(name) = expr.qualified(3).filter(|name| TYPES.contains(&name.as_str()))
            && self.find(name.split('.').next().unwrap_or_default()).is_none()
        {
            expr.kind = Kind::Ident(name);
            return Ok(Type::Type(std::sync::Arc::new(Type::Dyn)));
        }
        match &mut expr.kind {
            Kind::Literal(literal) => Ok(literal_type(literal)),
            Kind::Ident(name) => match self.find(name) {
                Some(of) => Ok(of),
                None => {
                    let known = self.locals.iter().chain(&self.scope.variables).map(|(name, _)| name.as_str());
                    let hint =
                        nearest(name, known).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                    Err(CompileError::new(at, format!("there is no variable `{name}` here{hint}")))
                }
            },
            Kind::Select { operand, field, mode } => {
                let of = self.expr(operand)?;
                self.select(at, &of, field, *mode)
            }
            Kind::Index { operand, index, optional } => {
                let of = self.expr(operand)?;
                let index_type = self.expr(index)?;
                self.index(at, &of, &index_type, *optional)
            }
            Kind::Call { .. } => self.call(expr),
            Kind::And(terms) | Kind::Or(terms) => {
                for term in terms {
                    self.boolean(term)?;
                }
                Ok(Type::Bool)
            }
            Kind::Conditional(parts) => {
                let [condition, yes, no] = &mut **parts;
                self.boolean(condition)?;
                let yes = self.expr(yes)?;
                let no = self.expr(no)?;
                self.join(&yes, &no).ok_or_else(|| {
                    let (yes, no) = (self.resolve(&yes), self.resolve(&no));
                    CompileError::new(at, format!("both sides of `:` must have one type, and these are {yes} and {no}"))
                })
            }
            Kind::List(elements) => {
                let mut of: Option<Type> = None;
                for element in elements {
                    let mut found = self.expr(&mut element.value)?;
                    if element.optional {
                        found = self.unwrap_optional(element.value.at, &found)?;
                    }
                    of = Some(self.same(element.value.at, of, found, "elements of a list")?);
                }
                let of = of.unwrap_or_else(|| self.bindings.fresh());
                Ok(Type::list(of))
            }
            Kind::Map(entries) => {
                let (mut key, mut value): (Option<Type>, Option<Type>) = (None, None);
                for entry in entries {
                    let of_key = self.expr(&mut entry.key)?;
                    key = Some(self.same(entry.key.at, key, of_key, "keys of a map")?);
                    let mut found = self.expr(&mut entry.value)?;
                    if entry.optional {
                        found = self.unwrap_optional(entry.value.at, &found)?;
                    }
                    value = Some(self.same(entry.value.at, value, found, "values of a map")?);
                }
                let key = key.unwrap_or_else(|| self.bindings.fresh());
                let value = value.unwrap_or_else(|| self.bindings.fresh());
                Ok(Type::map(key, value))
            }
            Kind::Macro(of) => self.comprehension(at, of),
            Kind::Message { name, fields } => self.message(at, name, fields),
        }
    }

    /// The objects of patches (`k8s.io/apiserver/pkg/cel/mutation`).
    fn message(&mut self, at: At, name: &str, fields: &mut [FieldValue]) -> Checked {
        if name.starts_with("google.") {
            return Err(CompileError::unsupported(at, "messages of protocol buffers are not evaluated"));
        }
        let is_object = name == "Object" || name.starts_with("Object.");
        if !self.scope.has_patches || !is_object && name != "JSONPatch" {
            let hint = if self.scope.has_patches {
                "; there are Object, Object.<field>, and JSONPatch"
            } else if is_object || name == "JSONPatch" {
                ": only the mutations of a MutatingAdmissionPolicy know it"
            } else {
                ""
            };
            return Err(CompileError::new(at, format!("there is no type `{name}` here{hint}")));
        }
        for field in fields {
            let mut found = self.expr(&mut field.value)?;
            let at = field.value.at;
            if field.optional {
                found = self.unwrap_optional(at, &found)?;
            }
            let wanted = match field.name.as_str() {
                _ if is_object => Type::Dyn,
                "op" | "path" | "from" => Type::String,
                "value" => Type::Dyn,
                other => {
                    let message = format!("JSONPatch has op, path, from and value, and no field `{other}`");
                    return Err(CompileError::new(at, message));
                }
            };
            if !self.bindings.assign(&wanted, &found) {
                let found = self.resolve(&found);
                return Err(CompileError::new(at, format!("`{}` is {wanted}, and this is {found}", field.name)));
            }
        }
        Ok(Type::Message(name.into()))
    }

    /// The type of elements that must be alike (`HomogeneousAggregateLiterals`).
    fn same(&mut self, at: At, known: Option<Type>, found: Type, what: &str) -> Checked {
        let Some(known) = known else { return Ok(found) };
        if self.formats > 0 {
            return Ok(Type::Dyn);
        }
        // a list of `dyn` and something else is refused too: conversion makes one type of them
        let joined = self.join(&known, &found);
        let (known, found) = (self.bindings.resolve(&known, true), self.bindings.resolve(&found, true));
        joined.filter(|_| known == found).ok_or_else(|| {
            CompileError::new(at, format!("{what} must have one type: {known} before, and this is {found}"))
        })
    }

    fn join(&mut self, a: &Type, b: &Type) -> Option<Type> {
        let before = self.bindings.mark();
        if self.bindings.assign(a, b) {
            // of two types that fit, the wider one
            let (a, b) = (self.resolve(a), self.resolve(b));
            return Some(if b == Type::Dyn || a == Type::Null { b } else { a });
        }
        self.bindings.undo(before);
        None
    }

    fn boolean(&mut self, expr: &mut Expr) -> Result<(), CompileError> {
        let of = self.expr(expr)?;
        if self.bindings.assign(&Type::Bool, &of) {
            return Ok(());
        }
        let of = self.resolve(&of);
        Err(CompileError::new(expr.at, format!("true or false belongs here, and this is {of}")))
    }

    fn unwrap_optional(&mut self, at: At, of: &Type) -> Checked {
        match self.resolve(of) {
            Type::Optional(inner) => Ok((*inner).clone()),
            Type::Dyn => Ok(Type::Dyn),
            other => Err(CompileError::new(at, format!("an optional value belongs behind `?`, and this is {other}"))),
        }
    }

    fn select(&mut self, at: At, of: &Type, field: &mut String, mode: Mode) -> Checked {
        let (of, was_optional) = match self.resolve(of) {
            Type::Optional(inner) => (self.resolve(&inner), true),
            other => (other, false),
        };
        let found = match &of {
            Type::Map(_, value) => (**value).clone(),
            Type::Dyn | Type::Var(_) => Type::Dyn,
            Type::Object(fields) => match fields.get(field) {
                Some(known) => {
                    if self.facts.is_some() && *field != known.name {
                        self.written = Some(field.clone());
                    }
                    field.clone_from(&known.name);
                    known.of.clone()
                }
                None => {
                    let hint = nearest(field, fields.names())
                        .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                    return Err(CompileError::new(at, format!("there is no field `{field}` in {of}{hint}")));
                }
            },
            Type::Message(name) => match field.as_str() {
                "op" | "path" | "from" if &**name == "JSONPatch" => Type::String,
                _ => Type::Dyn,
            },
            _ => return Err(CompileError::new(at, format!("{of} has no fields, and `{field}` is asked of it"))),
        };
        Ok(match mode {
            Mode::Test => Type::Bool,
            Mode::Optional => Type::optional(found),
            Mode::Plain if was_optional => Type::optional(found),
            Mode::Plain => found,
        })
    }

    fn index(&mut self, at: At, of: &Type, index: &Type, optional: bool) -> Checked {
        let (of, was_optional) = match self.resolve(of) {
            Type::Optional(inner) => (self.resolve(&inner), true),
            other => (other, false),
        };
        let (key, value) = match &of {
            Type::List(element) => (Type::Int, (**element).clone()),
            Type::Map(key, value) => ((**key).clone(), (**value).clone()),
            Type::Dyn | Type::Var(_) => (Type::Dyn, Type::Dyn),
            _ => return Err(CompileError::new(at, format!("{of} is neither a list nor a map, and cannot be indexed"))),
        };
        if !self.bindings.assign(&key, index) {
            let index = self.resolve(index);
            return Err(CompileError::new(at, format!("{of} is indexed by {key}, and this is {index}")));
        }
        Ok(if optional || was_optional { Type::optional(value) } else { value })
    }

    fn call(&mut self, expr: &mut Expr) -> Checked {
        let at = expr.at;
        let version = self.scope.version;
        let Kind::Call { function, target, args } = &mut expr.kind else { return Ok(Type::Dyn) };
        // `sets.contains(a, b)` is a function with one dot in its name
        if let Some(prefix) = target.as_deref().and_then(|target| target.qualified(1)) {
            let name = format!("{prefix}.{function}");
            if !functions::overloads(&name).is_empty() {
                *function = name;
                *target = None;
            }
        }
        let is_member = target.is_some();
        let mut types = Vec::new();
        if let Some(target) = target.as_deref_mut() {
            types.push(self.expr(target)?);
        }
        self.formats += usize::from(function == "format");
        let checked: Result<Vec<Type>, CompileError> = args.iter_mut().map(|arg| self.expr(arg)).collect();
        self.formats -= usize::from(function == "format");
        types.extend(checked?);
        let all = functions::overloads(function);
        let all = if function.starts_with("jsonpatch.") && !self.scope.has_patches { &[] } else { all };
        if all.is_empty() || !all.iter().any(|overload| overload.since <= version || version == 0) {
            let since = all.iter().map(|overload| overload.since).min().unwrap_or_default();
            let hint = if since > 0 {
                format!("; it comes with Kubernetes 1.{since}")
            } else {
                nearest(function, functions::names())
                    .map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
            };
            return Err(CompileError::new(at, format!("there is no function `{function}`{hint}")));
        }
        let fits = |overload: &&Overload| {
            overload.is_member == is_member
                && overload.params.len() == types.len()
                && (overload.since <= version || version == 0)
        };
        let mut only = None;
        let mut fitting = Vec::new();
        let mut result: Option<Type> = None;
        let mut count = 0;
        for overload in all.iter().filter(fits) {
            let before = self.bindings.mark();
            if let Some(found) = self.apply(overload, &types) {
                count += 1;
                only = Some(overload);
                if self.facts.is_some() {
                    fitting.push(overload);
                }
                result = match result {
                    Some(known) if known != found => Some(Type::Dyn),
                    _ => Some(found),
                };
            }
            self.bindings.undo(before);
        }
        let Some(mut result) = result else {
            let types: Vec<String> = types.iter().map(|of| self.resolve(of).to_string()).collect();
            return Err(CompileError::new(
                at,
                format!("`{}` does not take {}", library::spoken(function), described(is_member, &types)),
            ));
        };
        // what is left open stays open if several signatures fit
        if count == 1
            && let Some(bound) = only.and_then(|overload| self.apply(overload, &types))
        {
            result = bound;
        }
        library::check_literals(function, target.as_deref(), args)?;
        self.overloads = fitting;
        Ok(result)
    }

    /// The type of what a signature returns for these arguments, if they fit.
    fn apply(&mut self, overload: &Overload, types: &[Type]) -> Option<Type> {
        let mut vars = [None, None];
        for (param, of) in overload.params.iter().zip(types) {
            let param = self.bindings.instantiate(param, &mut vars);
            if !self.bindings.assign(&param, of) {
                return None;
            }
        }
        let result = self.bindings.instantiate(&overload.result, &mut vars);
        Some(self.resolve(&result))
    }

    fn comprehension(&mut self, at: At, of: &mut Macro) -> Checked {
        if of.kind == MacroKind::SortBy && (1..SORT_BY).contains(&self.scope.version) {
            let message = format!("there is no function `sortBy`; it comes with Kubernetes 1.{SORT_BY}");
            return Err(CompileError::new(at, message));
        }
        let range_type = self.expr(&mut of.range)?;
        let range = self.resolve(&range_type);
        if let MacroKind::OptMap | MacroKind::OptFlatMap = of.kind {
            let value = match range {
                Type::Optional(value) => (*value).clone(),
                Type::Dyn | Type::Var(_) => Type::Dyn,
                other => {
                    return Err(CompileError::new(
                        of.range.at,
                        format!("an optional value belongs here, and this is {other}"),
                    ));
                }
            };
            let count = self.locals.len();
            self.locals.extend(of.variables.first().map(|name| (name.clone(), value)));
            let checked = self.expr(&mut of.body);
            self.locals.truncate(count);
            let result = checked?;
            if of.kind == MacroKind::OptMap {
                return Ok(Type::optional(result));
            }
            return match self.resolve(&result) {
                result @ (Type::Optional(_) | Type::Dyn) => Ok(result),
                other => Err(CompileError::new(
                    of.body.at,
                    format!("optFlatMap needs an optional value, and this is {other}"),
                )),
            };
        }
        let (first, second) = match &range {
            Type::List(element) => (Type::Int, (**element).clone()),
            Type::Map(key, value) => ((**key).clone(), (**value).clone()),
            Type::Dyn | Type::Var(_) => (Type::Dyn, Type::Dyn),
            other => {
                return Err(CompileError::new(
                    of.range.at,
                    format!("{other} has no elements; a list or a map belongs here"),
                ));
            }
        };
        let is_map = matches!(range, Type::Map(..));
        let bound: Vec<Type> = match of.variables.len() {
            2 => vec![first.clone(), second.clone()],
            _ => vec![if is_map { first.clone() } else { second.clone() }],
        };
        let element = bound.first().cloned().unwrap_or(Type::Dyn);
        let count = self.locals.len();
        for (name, of) in of.variables.iter().zip(bound) {
            self.locals.push((name.clone(), of));
        }
        let checked = self.body(of);
        self.locals.truncate(count);
        let body = checked?;
        Ok(match of.kind {
            MacroKind::All | MacroKind::Exists | MacroKind::ExistsOne => Type::Bool,
            MacroKind::Map | MacroKind::TransformList => Type::list(body),
            MacroKind::Filter => Type::list(element),
            MacroKind::TransformMap => Type::map(first, body),
            MacroKind::TransformMapEntry => match self.resolve(&body) {
                map @ Type::Map(..) => map,
                Type::Dyn => Type::map(Type::Dyn, Type::Dyn),
                other => {
                    return Err(CompileError::new(
                        of.body.at,
                        format!("a map with one entry belongs here, and this is {other}"),
                    ));
                }
            },
            MacroKind::SortBy => {
                let comparable = matches!(
                    self.resolve(&body),
                    Type::Dyn
                        | Type::Int
                        | Type::Uint
                        | Type::Double
                        | Type::Bool
                        | Type::String
                        | Type::Bytes
                        | Type::Timestamp
                        | Type::Duration
                        | Type::Var(_)
                );
                if !comparable || is_map {
                    return Err(CompileError::new(at, "sortBy needs a list, and keys that have an order"));
                }
                range
            }
            MacroKind::OptMap | MacroKind::OptFlatMap => body,
        })
    }

    fn body(&mut self, of: &mut Macro) -> Checked {
        if let Some(filter) = &mut of.filter {
            self.boolean(filter)?;
        }
        match of.kind {
            MacroKind::All | MacroKind::Exists | MacroKind::ExistsOne | MacroKind::Filter => {
                self.boolean(&mut of.body)?;
                Ok(Type::Bool)
            }
            _ => self.expr(&mut of.body),
        }
    }
}

fn described(is_member: bool, types: &[String]) -> String {
    match types {
        [receiver, rest @ ..] if is_member => format!("({}) on {receiver}", rest.join(", ")),
        _ => format!("({})", types.join(", ")),
    }
}

fn literal_type(literal: &Literal) -> Type {
    match literal {
        Literal::Null => Type::Null,
        Literal::Bool(_) => Type::Bool,
        Literal::Int(_) => Type::Int,
        Literal::Uint(_) => Type::Uint,
        Literal::Double(_) => Type::Double,
        Literal::String(_) => Type::String,
        Literal::Bytes(_) => Type::Bytes,
    }
}
