//! Evaluation at a bounded cost.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::rc::Rc;

use super::Program;
use super::ast::{Expr, Kind, Literal, Macro, MacroKind, Mode};
use super::library;
use super::value::{Item, Key, List, ListKind, Origin, Value};

/// Why an expression has no value.
#[derive(Clone, Debug)]
pub enum Fail {
    /// The server fails too: `no such key: replicas`.
    Error(String),
    /// It depends on what only a cluster knows, or on what is not evaluated here.
    Unknown(String),
    /// It costs more than the server allows.
    Exhausted,
}

/// A value, or why there is none.
pub type Evaluated = Result<Item, Fail>;

/// What is left to spend. A unit is about what the server counts as one
/// (`k8s.io/apiserver/pkg/apis/cel/config.go`).
#[derive(Clone, Copy, Debug)]
pub struct Budget(u64);

impl Budget {
    /// What one expression may cost.
    pub const CALL: u64 = 1_000_000;
    /// What one policy or definition may cost for one object.
    pub const OBJECT: u64 = 10_000_000;

    /// So many units.
    #[must_use]
    pub fn new(units: u64) -> Self {
        Self(units)
    }

    /// How many are left.
    #[must_use]
    pub fn left(self) -> u64 {
        self.0
    }

    /// Takes units out.
    ///
    /// # Errors
    /// When nothing is left.
    pub fn spend(&mut self, units: usize) -> Result<(), Fail> {
        let units = u64::try_from(units).unwrap_or(u64::MAX);
        match self.0.checked_sub(units) {
            Some(left) => {
                self.0 = left;
                Ok(())
            }
            None => {
                self.0 = 0;
                Err(Fail::Exhausted)
            }
        }
    }
}

/// The composed variables of a policy, evaluated when they are first read.
#[derive(Debug, Default)]
pub struct Variables<'run> {
    programs: Vec<(&'run str, &'run Program)>,
    values: RefCell<Vec<Option<Evaluated>>>,
}

impl<'run> Variables<'run> {
    /// Variables by name; each may read those before it.
    #[must_use]
    pub fn new(programs: Vec<(&'run str, &'run Program)>) -> Self {
        let values = RefCell::new(vec![None; programs.len()]);
        Self { programs, values }
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
        let Some(at) = variables.programs.iter().position(|(known, _)| *known == name) else {
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

    fn comprehension(&mut self, of: &'run Macro) -> Evaluated {
        let range = self.eval(&of.range)?;
        if let MacroKind::OptMap | MacroKind::OptFlatMap = of.kind {
            return self.optional_map(of, &range);
        }
        if let Some(why) = range.value.unknown() {
            return Err(Fail::Unknown(why.to_owned()));
        }
        let is_map = matches!(range.value, Value::Map(_));
        let count = self.locals.len();
        let folded = self.fold(of, &range, is_map);
        self.locals.truncate(count);
        folded
    }

    fn fold(&mut self, of: &'run Macro, range: &Item, is_map: bool) -> Evaluated {
        let origin = range.origin;
        let length = match &range.value {
            Value::List(list) => list.items.len(),
            Value::Map(map) => map.entries.len(),
            _ => return Err(no_overload()),
        };
        let mut failure: Option<Fail> = None;
        let mut hits = 0;
        let mut items = Vec::new();
        let mut entries: Vec<(Key, Item)> = Vec::new();
        let mut keyed: Vec<(Value, Item)> = Vec::new();
        let count = self.locals.len();
        for number in 0..length {
            self.locals.truncate(count);
            let Some((first, second)) = pair(range, number) else { break };
            let element = match of.variables.as_slice() {
                [one, two] => {
                    self.locals.push((one, first.clone()));
                    self.locals.push((two, second.clone()));
                    second
                }
                [one] => {
                    let element = if is_map { first.clone() } else { second };
                    self.locals.push((one, element.clone()));
                    element
                }
                _ => return Err(no_overload()),
            };
            if let Some(filter) = &of.filter {
                let kept = self.eval(filter)?;
                let Value::Bool(kept) = kept.value else { return Err(no_overload()) };
                if !kept {
                    continue;
                }
            }
            match of.kind {
                MacroKind::All | MacroKind::Exists => {
                    let decides = of.kind == MacroKind::Exists;
                    match self.eval(&of.body) {
                        Ok(Item { value: Value::Bool(value), origin: place }) if value == decides => {
                            return Ok(Item {
                                value: Value::Bool(decides),
                                origin: place.or(element.origin).or(origin),
                            });
                        }
                        Ok(Item { value: Value::Bool(_), .. }) => {}
                        Ok(_) => failure = Some(graver(failure, no_overload())),
                        Err(Fail::Exhausted) => return Err(Fail::Exhausted),
                        Err(fail) => failure = Some(graver(failure, fail)),
                    }
                }
                MacroKind::ExistsOne | MacroKind::Filter => {
                    let Value::Bool(is_hit) = self.eval(&of.body)?.value else { return Err(no_overload()) };
                    if is_hit {
                        hits += 1;
                        items.push(element);
                    }
                }
                MacroKind::Map | MacroKind::TransformList => items.push(self.eval(&of.body)?),
                MacroKind::TransformMap => {
                    let key = first.value.key().ok_or_else(no_overload)?;
                    let item = self.eval(&of.body)?;
                    entries.push((key, item));
                }
                MacroKind::TransformMapEntry => {
                    let made = self.eval(&of.body)?;
                    let Value::Map(map) = made.value else { return Err(no_overload()) };
                    self.call.spend(map.entries.len())?;
                    for (key, item) in &map.entries {
                        entries.push((key.clone(), item.clone()));
                    }
                }
                MacroKind::SortBy => keyed.push((self.eval(&of.body)?.value, element)),
                MacroKind::OptMap | MacroKind::OptFlatMap => {}
            }
        }
        self.locals.truncate(count);
        if let Some(fail) = failure {
            return Err(fail);
        }
        let value = match of.kind {
            MacroKind::All => Value::Bool(true),
            MacroKind::Exists => Value::Bool(false),
            MacroKind::ExistsOne => Value::Bool(hits == 1),
            MacroKind::TransformMap | MacroKind::TransformMapEntry => {
                let count = entries.len();
                let map = Value::map(entries);
                if of.kind == MacroKind::TransformMapEntry
                    && matches!(&map, Value::Map(map) if map.entries.len() < count)
                {
                    return Err(Fail::Error("insert failed: key already exists".to_owned()));
                }
                map
            }
            MacroKind::SortBy => {
                let mut failed = false;
                keyed.sort_by(|a, b| {
                    a.0.compare(&b.0).unwrap_or_else(|| {
                        failed = true;
                        Ordering::Equal
                    })
                });
                if failed {
                    return Err(no_overload());
                }
                Value::list(keyed.into_iter().map(|(_, item)| item).collect())
            }
            _ => Value::list(items),
        };
        Ok(Item { value, origin })
    }

    fn optional_map(&mut self, of: &'run Macro, range: &Item) -> Evaluated {
        let Value::Optional(inner) = &range.value else { return Err(no_overload()) };
        let (Some(inner), Some(name)) = (inner, of.variables.first()) else {
            return Ok(Item { value: Value::Optional(None), origin: range.origin });
        };
        let count = self.locals.len();
        self.locals.push((name, placed(inner, range.origin)));
        let made = self.eval(&of.body);
        self.locals.truncate(count);
        let made = made?;
        if of.kind == MacroKind::OptFlatMap {
            return Ok(made);
        }
        let origin = made.origin.or(range.origin);
        Ok(Item { value: Value::Optional(Some(Rc::new(made))), origin })
    }
}

/// What the two variables of a macro stand for: index and element, or key and value.
fn pair(range: &Item, number: usize) -> Option<(Item, Item)> {
    match &range.value {
        Value::List(list) => {
            let index = Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
            Some((index.into(), placed(list.items.get(number)?, range.origin)))
        }
        Value::Map(map) => {
            let (key, item) = map.entries.get(number)?;
            let item = placed(item, range.origin);
            Some((Item { value: key.value(), origin: item.origin }, item))
        }
        _ => None,
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

/// Whether two values are equal; values of different types are not.
pub(super) fn equal(a: &Value, b: &Value, budget: &mut Budget) -> Result<bool, Fail> {
    budget.spend(1)?;
    if let Some(why) = a.unknown().or(b.unknown()) {
        return Err(Fail::Unknown(why.to_owned()));
    }
    Ok(match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::String(a), Value::String(b)) => {
            budget.spend(a.len().min(b.len()) / 10)?;
            a == b
        }
        (Value::List(a), Value::List(b)) => return equal_lists(a, b, budget),
        (Value::Map(a), Value::Map(b)) => {
            if a.entries.len() != b.entries.len() {
                return Ok(false);
            }
            for (key, item) in &a.entries {
                let Some(other) = b.get(&key.value()) else { return Ok(false) };
                if !equal(&item.value, &other.value, budget)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Optional(a), Value::Optional(b)) => match (a, b) {
            (Some(a), Some(b)) => return equal(&a.value, &b.value, budget),
            (None, None) => true,
            _ => false,
        },
        (Value::Type(a), Value::Type(b)) | (Value::Format(a), Value::Format(b)) => a == b,
        (Value::Quantity(a), Value::Quantity(b)) => a.compare(*b) == Ordering::Equal,
        (Value::Ip(a), Value::Ip(b)) => a == b,
        (Value::Cidr(a, b), Value::Cidr(c, d)) => a == c && b == d,
        (Value::Url(a), Value::Url(b)) => a == b,
        (Value::Semver(a), Value::Semver(b)) => a.compare(b) == Ordering::Equal,
        (a, b) => a.compare(b) == Some(Ordering::Equal),
    })
}

fn equal_lists(a: &List, b: &List, budget: &mut Budget) -> Result<bool, Fail> {
    if a.items.len() != b.items.len() {
        return Ok(false);
    }
    if a.kind == ListKind::Unordered || b.kind == ListKind::Unordered {
        for item in &a.items {
            if !contains(b, &item.value, budget)? {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    for (a, b) in a.items.iter().zip(&b.items) {
        if !equal(&a.value, &b.value, budget)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a list holds a value.
pub(super) fn contains(list: &List, value: &Value, budget: &mut Budget) -> Result<bool, Fail> {
    for item in &list.items {
        if equal(&item.value, value, budget)? {
            return Ok(true);
        }
    }
    Ok(false)
}
