//! The tree of an expression as cel-go has it: loops in place of macros, calls in place of operators.

use super::way::Way;
use crate::cel::ast::{Expr, Kind, Literal, Macro, MacroKind, Mode};
use crate::cel::check::Fact;
use crate::cel::types::Type;

/// How many nodes an expression may have; each `optMap` doubles what it is called on.
const NODES: usize = 500_000;

/// How deep they may be in each other: no more than the server reads, but for chains of operators in parentheses.
const DEPTH: usize = 1000;

/// The variable of loops that collects the result.
pub const RESULT: &str = "@result";

/// The variable that holds the list of `sortBy`.
const SORTED: &str = "@__sortBy_input__";

/// A node.
#[derive(Debug)]
pub struct Node<'e> {
    /// Its number.
    pub id: usize,
    /// The type of its value.
    pub of: Type,
    /// What it is.
    pub kind: Form<'e>,
}

/// What a node is.
#[derive(Debug)]
pub enum Form<'e> {
    /// A constant: its size, and its value where that is a whole number.
    Literal { size: u64, number: Option<i64> },
    /// A variable, or the name of a type.
    Ident(&'e str),
    /// `a.b`, `has(a.b)`
    Select { operand: Box<Node<'e>>, field: &'e str, is_test: bool },
    /// A call, with one way for each signature that fits.
    Call { function: &'e str, ways: Vec<Way>, target: Option<Box<Node<'e>>>, args: Vec<Node<'e>> },
    /// `[a, b]`
    List(Vec<Node<'e>>),
    /// `{a: b}`
    Map(Vec<(Node<'e>, Node<'e>)>),
    /// A loop over the elements of a list or map.
    Loop(Box<Loop<'e>>),
    /// A value under a separate name.
    Bind { name: &'e str, value: Box<Node<'e>>, body: Box<Node<'e>> },
}

/// A loop.
#[derive(Debug)]
pub struct Loop<'e> {
    /// What it goes over.
    pub range: Node<'e>,
    /// One variable, or two for index and element, or key and value.
    pub variables: &'e [String],
    /// What [`RESULT`] is before the first element.
    pub start: Node<'e>,
    /// Whether it goes on.
    pub condition: Node<'e>,
    /// What [`RESULT`] becomes.
    pub step: Node<'e>,
    /// Its value in the end.
    pub result: Node<'e>,
}

/// Makes the tree; nothing where it would be too large.
pub fn expand<'e>(expr: &'e Expr, facts: &'e [Fact], version: u8) -> Option<(Node<'e>, usize)> {
    let mut expander = Expander { facts, version, count: 0, depth: 0 };
    let node = expander.node(expr)?;
    Some((node, expander.count))
}

struct Expander<'e> {
    facts: &'e [Fact],
    version: u8,
    count: usize,
    depth: usize,
}

impl<'e> Expander<'e> {
    fn make(&mut self, of: Type, kind: Form<'e>) -> Node<'e> {
        self.count += 1;
        Node { id: self.count - 1, of, kind }
    }

    fn nodes<'a>(&mut self, exprs: impl Iterator<Item = &'a Expr>) -> Option<Vec<Node<'e>>>
    where
        'e: 'a,
        'a: 'e,
    {
        exprs.map(|expr| self.node(expr)).collect()
    }

    fn type_of(&self, expr: &Expr) -> Type {
        self.facts.get(expr.number).map_or(Type::Dyn, |fact| fact.of.clone())
    }

    fn node(&mut self, expr: &'e Expr) -> Option<Node<'e>> {
        self.depth += 1;
        let node = if self.depth > DEPTH { None } else { self.expanded(expr) };
        self.depth -= 1;
        node
    }

    fn expanded(&mut self, expr: &'e Expr) -> Option<Node<'e>> {
        if self.count > NODES {
            return None;
        }
        let fact = self.facts.get(expr.number)?;
        let kind = match &expr.kind {
            Kind::Literal(literal) => constant(literal),
            Kind::Ident(name) => Form::Ident(name),
            Kind::Select { operand, field, mode } => {
                let operand = self.node(operand)?;
                let field = fact.written.as_deref().unwrap_or(field);
                match mode {
                    Mode::Optional => {
                        let name = Form::Literal { size: count(field), number: None };
                        let name = self.make(Type::String, name);
                        call("_?._", vec![Way::Plain], vec![operand, name])
                    }
                    _ => Form::Select { operand: Box::new(operand), field, is_test: *mode == Mode::Test },
                }
            }
            Kind::Index { operand, index, optional } => {
                let function = if *optional { "_[?_]" } else { "_[_]" };
                let ways =
                    if *optional { vec![Way::Plain] } else { indexed(&self.type_of(operand), &self.type_of(index)) };
                call(function, ways, self.nodes([&**operand, &**index].into_iter())?)
            }
            Kind::Call { function, target, args } => {
                let args = self.nodes(args.iter())?;
                let is_member = target.is_some();
                let ways = fact.overloads.iter().map(|one| Way::of(function, is_member, one, self.version)).collect();
                let target = match target {
                    Some(target) => Some(Box::new(self.node(target)?)),
                    None => None,
                };
                Form::Call { function, ways, target, args }
            }
            Kind::And(terms) | Kind::Or(terms) => call("_&&_", vec![Way::Sum], self.nodes(terms.iter())?),
            Kind::Conditional(parts) => call("_?_:_", vec![Way::Conditional], self.nodes(parts.iter())?),
            Kind::List(elements) => Form::List(self.nodes(elements.iter().map(|element| &element.value))?),
            Kind::Map(entries) => {
                let pair =
                    |entry: &'e crate::cel::ast::MapEntry| Some((self.node(&entry.key)?, self.node(&entry.value)?));
                Form::Map(entries.iter().map(pair).collect::<Option<_>>()?)
            }
            // definitions have no messages
            Kind::Message { .. } => return None,
            Kind::Macro(of) => match of.kind {
                MacroKind::OptMap | MacroKind::OptFlatMap => self.optional(of, &fact.of)?,
                MacroKind::SortBy => self.sorted(of, &fact.of)?,
                _ => {
                    let range = self.node(&of.range)?;
                    self.repeated(of, &fact.of, range)?
                }
            },
        };
        Some(self.make(fact.of.clone(), kind))
    }

    fn result(&mut self, of: &Type) -> Node<'e> {
        self.make(of.clone(), Form::Ident(RESULT))
    }

    fn called(&mut self, of: &Type, function: &'e str, way: Way, args: Vec<Node<'e>>) -> Node<'e> {
        self.make(of.clone(), call(function, vec![way], args))
    }

    /// A scalar constant.
    fn scalar(&mut self, of: Type) -> Node<'e> {
        self.make(of, Form::Literal { size: 1, number: None })
    }

    fn repeated(&mut self, of: &'e Macro, value: &Type, range: Node<'e>) -> Option<Form<'e>> {
        use MacroKind as M;
        let mut condition = None;
        let (start, step, result);
        match of.kind {
            M::All | M::Exists => {
                start = self.scalar(Type::Bool);
                let mut before = self.result(&Type::Bool);
                if of.kind == M::Exists {
                    before = self.called(&Type::Bool, "!_", Way::Plain, vec![before]);
                }
                condition = Some(self.called(&Type::Bool, "@not_strictly_false", Way::Plain, vec![before]));
                let terms = vec![self.result(&Type::Bool), self.node(&of.body)?];
                step = self.called(&Type::Bool, "_&&_", Way::Sum, terms);
                result = self.result(&Type::Bool);
            }
            M::ExistsOne => {
                start = self.scalar(Type::Int);
                let terms = vec![self.result(&Type::Int), self.scalar(Type::Int)];
                let more = self.called(&Type::Int, "_+_", Way::Plain, terms);
                let parts = vec![self.node(&of.body)?, more, self.result(&Type::Int)];
                step = self.called(&Type::Int, "_?_:_", Way::Conditional, parts);
                let sides = vec![self.result(&Type::Int), self.scalar(Type::Int)];
                result = self.called(&Type::Bool, "_==_", Way::Compare, sides);
            }
            M::TransformMap | M::TransformMapEntry => {
                start = self.make(value.clone(), Form::Map(Vec::new()));
                let mut parts = vec![self.result(value)];
                if of.kind == M::TransformMap {
                    let key = of.variables.first()?;
                    parts.push(self.make(Type::Dyn, Form::Ident(key)));
                }
                parts.push(self.node(&of.body)?);
                let more = self.called(value, "cel.@mapInsert", Way::Plain, parts);
                step = self.filtered(of.filter.as_ref(), more, value)?;
                result = self.result(value);
            }
            _ => {
                start = self.make(value.clone(), Form::List(Vec::new()));
                let element = match of.kind {
                    M::Filter => {
                        let item = if let Type::List(item) = value { (**item).clone() } else { Type::Dyn };
                        self.make(item, Form::Ident(of.variables.first()?))
                    }
                    _ => self.node(&of.body)?,
                };
                let one = self.make(value.clone(), Form::List(vec![element]));
                let before = self.result(value);
                let more = self.called(value, "_+_", Way::AddList, vec![before, one]);
                let filter = if of.kind == M::Filter { Some(&of.body) } else { of.filter.as_ref() };
                step = self.filtered(filter, more, value)?;
                result = self.result(value);
            }
        }
        let condition = condition.unwrap_or_else(|| self.scalar(Type::Bool));
        Some(Form::Loop(Box::new(Loop { range, variables: &of.variables, start, condition, step, result })))
    }

    fn filtered(&mut self, filter: Option<&'e Expr>, more: Node<'e>, value: &Type) -> Option<Node<'e>> {
        let Some(filter) = filter else { return Some(more) };
        let parts = vec![self.node(filter)?, more, self.result(value)];
        Some(self.called(value, "_?_:_", Way::Conditional, parts))
    }

    /// `target.hasValue() ? optional.of(bind(x, target.value(), body)) : optional.none()`
    fn optional(&mut self, of: &'e Macro, value: &Type) -> Option<Form<'e>> {
        let asked = Box::new(self.node(&of.range)?);
        let has = Form::Call { function: "hasValue", ways: vec![Way::Plain], target: Some(asked), args: Vec::new() };
        let has = self.make(Type::Bool, has);
        let taken = Box::new(self.node(&of.range)?);
        let inner = if let Type::Optional(inner) = &taken.of { (**inner).clone() } else { Type::Dyn };
        let taken = Form::Call { function: "value", ways: vec![Way::Plain], target: Some(taken), args: Vec::new() };
        let taken = Box::new(self.make(inner, taken));
        let body = Box::new(self.node(&of.body)?);
        let of_body = body.of.clone();
        let mut yes = self.make(of_body, Form::Bind { name: of.variables.first()?, value: taken, body });
        if of.kind == MacroKind::OptMap {
            yes = self.called(value, "optional.of", Way::Plain, vec![yes]);
        }
        let no = self.called(value, "optional.none", Way::Plain, Vec::new());
        Some(call("_?_:_", vec![Way::Conditional], vec![has, yes, no]))
    }

    /// `bind(list, range, list.@sortByAssociatedKeys(list.map(x, body)))`
    fn sorted(&mut self, of: &'e Macro, value: &Type) -> Option<Form<'e>> {
        let range = Box::new(self.node(&of.range)?);
        let keys = Type::list(self.type_of(&of.body));
        let input = self.make(value.clone(), Form::Ident(SORTED));
        let mapped = self.repeated(of, &keys, input)?;
        let mapped = self.make(keys, mapped);
        let ways = Way::of_keys(&self.type_of(&of.body));
        let target = Some(Box::new(self.make(value.clone(), Form::Ident(SORTED))));
        let body = Form::Call { function: "@sortByAssociatedKeys", ways, target, args: vec![mapped] };
        let body = Box::new(self.make(value.clone(), body));
        Some(Form::Bind { name: SORTED, value: range, body })
    }
}

fn call<'e>(function: &'e str, ways: Vec<Way>, args: Vec<Node<'e>>) -> Form<'e> {
    Form::Call { function, ways, target: None, args }
}

/// The signatures of `_[_]` that fit.
fn indexed(of: &Type, index: &Type) -> Vec<Way> {
    match of {
        Type::List(_) => vec![Way::IndexList],
        Type::Map(..) => vec![Way::IndexMap],
        Type::Dyn if matches!(index, Type::Int | Type::Dyn) => vec![Way::IndexList, Way::IndexMap, Way::Plain],
        Type::Dyn => vec![Way::IndexMap, Way::Plain],
        _ => vec![Way::Plain],
    }
}

fn count(text: &str) -> u64 {
    u64::try_from(text.chars().count()).unwrap_or(u64::MAX)
}

fn constant(literal: &Literal) -> Form<'static> {
    let number = if let Literal::Int(number) = literal { Some(*number) } else { None };
    let size = match literal {
        Literal::String(text) => count(text),
        Literal::Bytes(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        _ => 1,
    };
    Form::Literal { size, number }
}
