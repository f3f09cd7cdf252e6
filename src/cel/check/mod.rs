//! Types of expressions, and what does not fit: `cel-go/checker`.
//!
//! The tree is changed on the way: qualified names become calls, escaped field names become the names of fields.

mod calls;
mod fields;
mod macros;

use super::CompileError;
use super::ast::{At, Expr, Kind, Literal};
use super::functions::Overload;
use super::library;
use super::types::{Bindings, Type};
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

/// How many steps one check takes at most; types of nested lists grow with each level.
const STEPS: usize = 200_000;

/// How deep an expression is checked: chains of operators and fields, in parentheses again and again, nest deeper than
/// a stack is.
const DEPTH: usize = 1000;

/// The minor version of Kubernetes whose servers take `sortBy`, which is a macro, with the other functions of lists.
const SORT_BY: u8 = 35;

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
            return Err(CompileError::unsupported(expr.at, "the expression is too complex to check"));
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
            return Err(CompileError::unsupported(expr.at, "the expression is too complex to check"));
        }
        let at = expr.at;
        if let Some(name) = expr.qualified(3).filter(|name| library::type_named(name).is_some())
            && self.find(name.split('.').next().unwrap_or_default()).is_none()
        {
            expr.kind = Kind::Ident(name);
            return Ok(Type::Type(std::sync::Arc::new(Type::Dyn)));
        }
        match &mut expr.kind {
            Kind::Literal(literal) => Ok(literal_type(literal)),
            Kind::Ident(name) => self.find(name).ok_or_else(|| {
                let known = self.locals.iter().chain(&self.scope.variables).map(|(name, _)| name.as_str());
                let hint = nearest(name, known).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                CompileError::new(at, format!("unknown variable `{name}`{hint}"))
            }),
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
                    CompileError::new(
                        at,
                        format!("both sides of `:` must have the same type, but these are {yes} and {no}"),
                    )
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
            CompileError::new(
                at,
                format!("{what} must have the same type: the earlier ones are {known}, but this is {found}"),
            )
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
        Err(CompileError::new(expr.at, format!("true or false is expected here, but this is {of}")))
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
