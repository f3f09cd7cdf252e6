//! Evaluation at a bounded cost.

mod budget;
mod comprehension;
mod equality;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::Program;
use super::ast::{Expr, Kind, Literal, Mode};
use super::library;
use super::value::{Item, Key, Origin, Value};

pub use budget::{Budget, Evaluated, Fail};
pub use equality::{contains, equal};

/// The composed variables of a policy, evaluated when they are first read.
#[derive(Debug, Default)]
pub struct Variables<'run> {
    programs: Vec<(&'run str, &'run Program)>,
    /// Places by name; the first of several counts.
    by_name: HashMap<&'run str, usize>,
    values: RefCell<Vec<Option<Evaluated>>>,
}

impl<'run> Variables<'run> {
    /// Variables by name; each may read those before it.
    #[must_use]
    pub fn new(programs: Vec<(&'run str, &'run Program)>) -> Self {
        let values = RefCell::new(vec![None; programs.len()]);
        let by_name = programs.iter().enumerate().rev().map(|(at, (name, _))| (*name, at)).collect();
        Self { programs, by_name, values }
    }
}

/// One evaluation of expressions over the same values.
#[derive(Debug)]
pub struct Evaluation<'run> {
    /// The variables' values by name.
    pub bound: Vec<(&'static str, Item)>,
    /// What `variables` holds.
    pub variables: Option<&'run Variables<'run>>,
    /// What is left to spend on this object.
    pub budget: Budget,
    call: Budget,
    locals: Vec<(&'run str, Item)>,
}

impl<'run> Evaluation<'run> {
    /// Over these values.
    #[must_use]
    pub fn new(bound: Vec<(&'static str, Item)>, variables: Option<&'run Variables<'run>>, budget: Budget) -> Self {
        Self { bound, variables, budget, call: Budget::new(0), locals: Vec::new() }
    }

    /// Evaluates an expression.
    ///
    /// # Errors
    /// Why it has no value.
    pub fn run(&mut self, program: &'run Program) -> Evaluated {
        let limit = Budget::CALL.min(self.budget.left());
        self.call = Budget::new(limit);
        let value = self.eval(&program.expr);
        let spent = limit - self.call.left();
        self.budget = Budget::new(self.budget.left().saturating_sub(spent));
        value
    }

    fn eval(&mut self, expr: &'run Expr) -> Evaluated {
        self.call.spend(1)?;
        match &expr.kind {
            Kind::Literal(literal) => Ok(constant(literal).into()),
            Kind::Ident(name) => self.ident(name),
            Kind::Select { operand, field, mode } => self.select(operand, field, *mode),
            Kind::Index { operand, index, optional } => {
                let of = self.eval(operand)?;
                let key = self.eval(index)?;
                index_of(&of, &key, *optional)
            }
            Kind::Call { function, target, args } => self.call(function, target.as_deref(), args),
            Kind::And(terms) => self.logical(terms, false),
            Kind::Or(terms) => self.logical(terms, true),
            Kind::Conditional(parts) => {
                let [condition, yes, no] = &**parts;
                let condition = self.eval(condition)?;
                let Value::Bool(is_yes) = condition.value else { return Err(no_overload()) };
                let branch = self.eval(if is_yes { yes } else { no })?;
                let origin = branch.origin.or(condition.origin);
                Ok(Item { origin, ..branch })
            }
            Kind::List(elements) => {
                let mut items = Vec::new();
                for element in elements {
                    let item = self.eval(&element.value)?;
                    if element.optional {
                        items.extend(opened(item)?);
                    } else {
                        items.push(item);
                    }
                }
                Ok(Value::list(items).into())
            }
            Kind::Map(written) => {
                let mut entries: Vec<(Key, Item)> = Vec::new();
                for entry in written {
                    let key = self.eval(&entry.key)?;
                    let key = key.value.key().ok_or_else(|| Fail::Error("unsupported key type".to_owned()))?;
                    let item = self.eval(&entry.value)?;
                    let item = if entry.optional { opened(item)? } else { Some(item) };
                    entries.extend(item.map(|item| (key, item)));
                }
                Ok(Value::map(entries).into())
            }
            Kind::Macro(of) => self.comprehension(of),
            // only mutations make them, and they are not evaluated
            Kind::Message { .. } => Err(Fail::Unknown("it makes an object of a patch".to_owned())),
        }
    }

    fn ident(&mut self, name: &'run str) -> Evaluated {
        if let Some((_, item)) = self.locals.iter().rev().find(|(known, _)| *known == name) {
            return known(item.clone());
        }
        if let Some((_, item)) = self.bound.iter().find(|(known, _)| *known == name) {
            return known(item.clone());
        }
        match library::type_named(name) {
            Some(name) => Ok(Value::Type(name).into()),
            None => Err(Fail::Error(format!("no such attribute: {name}"))),
        }
    }

    fn select(&mut self, operand: &'run Expr, field: &'run str, mode: Mode) -> Evaluated {
        if let Kind::Ident(name) = &operand.kind
            && name == "variables"
            && let Some(variables) = self.variables
            && !self.locals.iter().any(|(known, _)| *known == "variables")
        {
            return self.variable(variables, field, mode);
        }
        let of = self.eval(operand)?;
        let (value, was_optional) = match &of.value {
            Value::Optional(Some(inner)) => (inner.value.clone(), true),
            Value::Optional(None) => {
                return Ok(match mode {
                    Mode::Test => Value::Bool(false).into(),
                    _ => Value::Optional(None).into(),
                });
            }
            value => (value.clone(), false),
        };
        let Value::Map(map) = &value else {
            // as in cel-go, what has no fields lacks this one too, but for a list
            return match (value.unknown(), mode) {
                (Some(why), _) => Err(Fail::Unknown(why.to_owned())),
                _ if matches!(value, Value::List(_)) => Err(no_overload()),
                (None, Mode::Test) => Ok(Item { value: Value::Bool(false), origin: of.origin }),
                (None, Mode::Optional) => Ok(Item { value: Value::Optional(None), origin: of.origin }),
                (None, Mode::Plain) if was_optional => Ok(Item { value: Value::Optional(None), origin: of.origin }),
                (None, Mode::Plain) => Err(Fail::Error(format!("no such key: {field}"))),
            };
        };
        let found = map.field(field);
        if let Some(Item { value: Value::Perhaps(why), .. }) = found {
            return Err(Fail::Unknown((*why).to_owned()));
        }
        match mode {
            Mode::Test => {
                let origin = found.map_or(of.origin, |item| item.origin.or(of.origin));
                Ok(Item { value: Value::Bool(found.is_some()), origin })
            }
            Mode::Optional => Ok(optional(found, of.origin)),
            Mode::Plain if was_optional => Ok(optional(found, of.origin)),
            Mode::Plain => match found {
                Some(item) => known(Item { value: item.value.clone(), origin: item.origin.or(of.origin) }),
                None => Err(Fail::Error(format!("no such key: {field}"))),
            },
        }
    }

    fn variable(&mut self, variables: &'run Variables<'run>, name: &str, mode: Mode) -> Evaluated {
        let Some(at) = variables.by_name.get(name).copied() else {
            return Err(Fail::Error(format!("no such key: {name}")));
        };
        if mode == Mode::Test {
            return Ok(Value::Bool(true).into());
        }
        let known = variables.values.borrow().get(at).cloned().flatten();
        let value = match known {
            Some(value) => value,
            None => {
                // its own names alone are visible to a variable
                let locals = std::mem::take(&mut self.locals);
                let value = self.eval(&variables.programs[at].1.expr);
                self.locals = locals;
                if let Some(slot) = variables.values.borrow_mut().get_mut(at) {
                    *slot = Some(value.clone());
                }
                value
            }
        };
        match value {
            Err(Fail::Error(error)) => {
                Err(Fail::Error(format!("composited variable \"{name}\" fails to evaluate: {error}")))
            }
            Ok(item) if mode == Mode::Optional => {
                let origin = item.origin;
                Ok(Item { value: Value::Optional(Some(Rc::new(item))), origin })
            }
            other => other,
        }
    }

    /// `&&`, or `||` where `decides` is true. One term that decides is enough, whatever the others are.
    fn logical(&mut self, terms: &'run [Expr], decides: bool) -> Evaluated {
        let mut failure: Option<Fail> = None;
        let mut origin = Origin::Nowhere;
        for term in terms {
            match self.eval(term) {
                Ok(Item { value: Value::Bool(value), origin }) if value == decides => {
                    return Ok(Item { value: Value::Bool(decides), origin });
                }
                Ok(Item { value: Value::Bool(_), origin: other }) => origin = origin.and(other),
                Ok(_) => failure = Some(graver(failure, no_overload())),
                Err(Fail::Exhausted) => return Err(Fail::Exhausted),
                Err(fail) => failure = Some(graver(failure, fail)),
            }
        }
        match failure {
            Some(fail) => Err(fail),
            None => Ok(Item { value: Value::Bool(!decides), origin }),
        }
    }

    fn call(&mut self, function: &'run str, target: Option<&'run Expr>, args: &'run [Expr]) -> Evaluated {
        let mut values = Vec::with_capacity(args.len() + 1);
        for arg in target.into_iter().chain(args) {
            values.push(self.eval(arg)?);
        }
        let origin = values.iter().fold(Origin::Nowhere, |origin, item| origin.and(item.origin));
        // what is taken out of a list or an optional knows better where it was
        let called = library::call(function, target.is_some(), &values, &mut self.call)?;
        Ok(Item { origin: called.origin.or(origin), ..called })
    }
}

/// Of two failures, the one that says less about the server: what is unknown may turn out to decide.
fn graver(known: Option<Fail>, new: Fail) -> Fail {
    match (known, new) {
        (Some(Fail::Unknown(why)), _) | (_, Fail::Unknown(why)) => Fail::Unknown(why),
        (Some(known), _) => known,
        (None, new) => new,
    }
}

fn known(item: Item) -> Evaluated {
    match item.value.unknown() {
        Some(why) => Err(Fail::Unknown(why.to_owned())),
        None => Ok(item),
    }
}

fn placed(item: &Item, outer: Origin) -> Item {
    Item { value: item.value.clone(), origin: item.origin.or(outer) }
}

pub(super) fn no_overload() -> Fail {
    Fail::Error("no such overload".to_owned())
}

fn optional(found: Option<&Item>, outer: Origin) -> Item {
    match found {
        Some(item) => {
            let item = placed(item, outer);
            Item { origin: item.origin, value: Value::Optional(Some(Rc::new(item))) }
        }
        None => Item { value: Value::Optional(None), origin: outer },
    }
}

/// What an optional element of a literal adds.
fn opened(item: Item) -> Result<Option<Item>, Fail> {
    match item.value {
        Value::Optional(inner) => Ok(inner.map(|inner| (*inner).clone())),
        _ => Err(no_overload()),
    }
}

fn constant(literal: &Literal) -> Value {
    match literal {
        Literal::Null => Value::Null,
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Int(value) => Value::Int(*value),
        Literal::Uint(value) => Value::Uint(*value),
        Literal::Double(value) => Value::Double(*value),
        Literal::String(text) => Value::text(text),
        Literal::Bytes(bytes) => Value::Bytes(Rc::from(bytes.as_slice())),
    }
}

fn index_of(of: &Item, key: &Item, is_optional: bool) -> Evaluated {
    let (value, was_optional) = match &of.value {
        Value::Optional(Some(inner)) => (inner.value.clone(), true),
        Value::Optional(None) => return Ok(Item { value: Value::Optional(None), origin: of.origin }),
        value => (value.clone(), false),
    };
    let is_optional = is_optional || was_optional;
    let (found, missing) = match &value {
        Value::List(list) => {
            let number = whole(&key.value).ok_or_else(no_overload)?;
            let found = usize::try_from(number).ok().and_then(|number| list.items.get(number));
            (found, format!("index out of bounds: {number}"))
        }
        Value::Map(map) => (map.get(&key.value), format!("no such key: {}", library::plain(&key.value))),
        _ => return Err(value.unknown().map_or_else(no_overload, |why| Fail::Unknown(why.to_owned()))),
    };
    match found {
        _ if is_optional => Ok(optional(found, of.origin)),
        Some(item) => known(placed(item, of.origin)),
        None => Err(Fail::Error(missing)),
    }
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Int(value) => Some(*value),
        Value::Uint(value) => i64::try_from(*value).ok(),
        #[expect(clippy::cast_possible_truncation, reason = "a whole number; a list has no more elements than fit")]
        Value::Double(value) if value.fract() == 0.0 => Some(*value as i64),
        _ => None,
    }
}
