//! The functions of expressions, one file for each library.

mod convert;
mod format;
mod lists;
mod named;
mod net;
mod quantity;
mod semver;
mod strings;
mod time;
mod url;

use std::cmp::Ordering;
use std::rc::Rc;

use super::CompileError;
use super::ast::{Expr, Kind, Literal};
use super::eval::{Budget, Evaluated, Fail, contains, equal, no_overload};
use super::value::{Item, ListKind, Origin, Value};
use crate::go::regex;

pub use crate::go::duration::nanoseconds as duration;
pub use convert::plain;

/// A time, or a date.
pub fn timestamp(text: &str) -> Option<(i64, u32)> {
    time::parse_timestamp(text).or_else(|| time::parse_date(text))
}

/// Calls a function; the receiver comes first.
pub fn call(function: &str, is_member: bool, args: &[Item], budget: &mut Budget) -> Evaluated {
    for arg in args {
        if let Some(why) = arg.value.unknown() {
            return Err(Fail::Unknown(why.to_owned()));
        }
    }
    if let Some(made) = operator(function, args, budget)? {
        return Ok(made.into());
    }
    if let Some(item) = optional(function, args)? {
        return Ok(item);
    }
    let libraries = [
        strings::call,
        lists::call,
        convert::call,
        time::call,
        quantity::call,
        semver::call,
        net::call,
        url::call,
        named::call,
    ];
    for library in libraries {
        if let Some(item) = library(function, is_member, args, budget)? {
            return Ok(item);
        }
    }
    Err(no_overload())
}

/// What a library makes of a call; nothing where it has no such function.
type Called = Result<Option<Item>, Fail>;

fn error<T>(message: impl Into<String>) -> Result<T, Fail> {
    Err(Fail::Error(message.into()))
}

/// A function's name as it is written.
pub fn spoken(function: &str) -> &str {
    match function {
        "@in" => "in",
        "!_" => "!",
        "-_" => "-",
        _ => function.strip_prefix('_').and_then(|name| name.strip_suffix('_')).unwrap_or(function),
    }
}

/// The type that a name means: names of types are values too, `type(x) == string`.
pub fn type_named(name: &str) -> Option<&'static str> {
    const NAMES: [&str; 12] = [
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
    NAMES.into_iter().find(|known| *known == name)
}

/// Refuses constants that the server refuses when it compiles: patterns, times, durations.
pub fn check_literals(function: &str, target: Option<&Expr>, args: &[Expr]) -> Result<(), CompileError> {
    let constant = |expr: &Expr| match &expr.kind {
        Kind::Literal(Literal::String(text)) => Some(text.clone()),
        _ => None,
    };
    let (("duration" | "timestamp", None, [last]) | ("matches", _, [.., last])) = (function, target, args) else {
        return Ok(());
    };
    let Some(text) = constant(last) else { return Ok(()) };
    let wrong = match function {
        "duration" => duration(&text).is_none().then(|| "this is not a duration such as 1h30m".to_owned()),
        "timestamp" => {
            time::parse_timestamp(&text).is_none().then(|| "this is not a time such as 2030-01-31T00:00:00Z".to_owned())
        }
        _ => regex::refusal(&text).map(|why| format!("this is not a regular expression: {why}")),
    };
    wrong.map_or(Ok(()), |message| Err(CompileError::new(last.at, message)))
}

fn operator(function: &str, args: &[Item], budget: &mut Budget) -> Result<Option<Value>, Fail> {
    Ok(Some(match (function, args) {
        ("!_", [a]) => match a.value {
            Value::Bool(value) => Value::Bool(!value),
            _ => return Err(no_overload()),
        },
        ("-_", [a]) => match a.value {
            Value::Int(value) => Value::Int(value.checked_neg().ok_or_else(overflow)?),
            Value::Double(value) => Value::Double(-value),
            _ => return Err(no_overload()),
        },
        ("_==_", [a, b]) => Value::Bool(equal(&a.value, &b.value, budget)?),
        ("_!=_", [a, b]) => Value::Bool(!equal(&a.value, &b.value, budget)?),
        ("_<_" | "_<=_" | "_>_" | "_>=_", [a, b]) => {
            let order = order(&a.value, &b.value, budget)?;
            Value::Bool(match function {
                "_<_" => order.is_lt(),
                "_<=_" => order.is_le(),
                "_>_" => order.is_gt(),
                _ => order.is_ge(),
            })
        }
        ("@in", [a, b]) => match &b.value {
            Value::List(list) => Value::Bool(contains(list, &a.value, budget)?),
            Value::Map(map) => match map.get(&a.value) {
                Some(Item { value: Value::Perhaps(why), .. }) => return Err(Fail::Unknown((*why).to_owned())),
                found => Value::Bool(found.is_some()),
            },
            _ => return Err(no_overload()),
        },
        ("_+_" | "_-_" | "_*_" | "_/_" | "_%_", [a, b]) => arithmetic(function, &a.value, &b.value, budget)?,
        ("size", [a]) => Value::Int(count(size(&a.value, budget)?)),
        ("dyn", [a]) => a.value.clone(),
        ("type", [a]) => Value::Type(a.value.type_name()),
        _ => return Ok(None),
    }))
}

fn order(a: &Value, b: &Value, budget: &mut Budget) -> Result<Ordering, Fail> {
    if let (Value::String(a), Value::String(b)) = (a, b) {
        budget.spend(a.len().min(b.len()) / 10)?;
    }
    a.compare(b).ok_or_else(|| {
        let is_nan = |value: &Value| matches!(value, Value::Double(number) if number.is_nan());
        let has_nan = is_nan(a) || is_nan(b) && is_number(a);
        let unordered = || Fail::Error("NaN values cannot be ordered".to_owned());
        if has_nan { unordered() } else { no_overload() }
    })
}

fn size(value: &Value, budget: &mut Budget) -> Result<usize, Fail> {
    // what the server adds may be one element, or none
    let added = match value {
        Value::List(list) => list.items.last().and_then(|item| item.value.unknown()),
        Value::Map(map) => map.entries.iter().find_map(|(_, item)| match item.value {
            Value::Perhaps(why) => Some(why),
            _ => None,
        }),
        _ => None,
    };
    if let Some(why) = added {
        return Err(Fail::Unknown(why.to_owned()));
    }
    match value {
        Value::String(text) => {
            budget.spend(text.len() / 10)?;
            Ok(text.chars().count())
        }
        Value::Bytes(bytes) => Ok(bytes.len()),
        Value::List(list) => Ok(list.items.len()),
        Value::Map(map) => Ok(map.entries.len()),
        _ => Err(no_overload()),
    }
}

fn is_number(value: &Value) -> bool {
    matches!(value, Value::Int(_) | Value::Uint(_) | Value::Double(_))
}

fn count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn overflow() -> Fail {
    Fail::Error("integer overflow".to_owned())
}

fn arithmetic(function: &str, a: &Value, b: &Value, budget: &mut Budget) -> Result<Value, Fail> {
    Ok(match (function, a, b) {
        ("_+_", Value::Int(a), Value::Int(b)) => Value::Int(a.checked_add(*b).ok_or_else(overflow)?),
        ("_-_", Value::Int(a), Value::Int(b)) => Value::Int(a.checked_sub(*b).ok_or_else(overflow)?),
        ("_*_", Value::Int(a), Value::Int(b)) => Value::Int(a.checked_mul(*b).ok_or_else(overflow)?),
        ("_/_", Value::Int(_), Value::Int(0)) | ("_/_", Value::Uint(_), Value::Uint(0)) => {
            return error("division by zero");
        }
        ("_%_", Value::Int(_), Value::Int(0)) | ("_%_", Value::Uint(_), Value::Uint(0)) => {
            return error("modulus by zero");
        }
        ("_/_", Value::Int(a), Value::Int(b)) => Value::Int(a.checked_div(*b).ok_or_else(overflow)?),
        ("_%_", Value::Int(a), Value::Int(b)) => Value::Int(a.checked_rem(*b).ok_or_else(overflow)?),
        ("_+_", Value::Uint(a), Value::Uint(b)) => Value::Uint(a.checked_add(*b).ok_or_else(unsigned_overflow)?),
        ("_-_", Value::Uint(a), Value::Uint(b)) => Value::Uint(a.checked_sub(*b).ok_or_else(unsigned_overflow)?),
        ("_*_", Value::Uint(a), Value::Uint(b)) => Value::Uint(a.checked_mul(*b).ok_or_else(unsigned_overflow)?),
        ("_/_", Value::Uint(a), Value::Uint(b)) => Value::Uint(a / b),
        ("_%_", Value::Uint(a), Value::Uint(b)) => Value::Uint(a % b),
        ("_+_", Value::Double(a), Value::Double(b)) => Value::Double(a + b),
        ("_-_", Value::Double(a), Value::Double(b)) => Value::Double(a - b),
        ("_*_", Value::Double(a), Value::Double(b)) => Value::Double(a * b),
        ("_/_", Value::Double(a), Value::Double(b)) => Value::Double(a / b),
        ("_+_", Value::String(a), Value::String(b)) => {
            budget.spend((a.len() + b.len()) / 10)?;
            Value::String(Rc::from([&**a, &**b].concat()))
        }
        ("_+_", Value::Bytes(a), Value::Bytes(b)) => {
            budget.spend((a.len() + b.len()) / 10)?;
            Value::Bytes(Rc::from([&**a, &**b].concat()))
        }
        ("_+_", Value::List(a), Value::List(b)) => {
            if a.kind == ListKind::Unordered || b.kind == ListKind::Unordered {
                return Err(Fail::Unknown("lists of x-kubernetes-list-type set or map are not added".to_owned()));
            }
            budget.spend(a.items.len() + b.items.len())?;
            Value::list(a.items.iter().chain(&b.items).cloned().collect())
        }
        _ => return time::arithmetic(function, a, b),
    })
}

fn unsigned_overflow() -> Fail {
    Fail::Error("unsigned integer overflow".to_owned())
}

fn optional(function: &str, args: &[Item]) -> Called {
    let item = match (function, args) {
        ("optional.none", []) => Value::Optional(None).into(),
        ("optional.of", [item]) => wrap(item),
        ("optional.ofNonZeroValue", [item]) => {
            let is_zero = match &item.value {
                Value::Null => true,
                Value::Bool(value) => !value,
                Value::Int(value) | Value::Duration(value) => *value == 0,
                Value::Uint(value) => *value == 0,
                Value::Double(value) => *value == 0.0,
                Value::String(text) => text.is_empty(),
                Value::Bytes(bytes) => bytes.is_empty(),
                Value::List(list) => list.items.is_empty(),
                Value::Map(map) => map.entries.is_empty(),
                _ => false,
            };
            if is_zero { Item { value: Value::Optional(None), origin: item.origin } } else { wrap(item) }
        }
        ("value" | "hasValue" | "or" | "orValue", [Item { value: Value::Optional(inner), origin }, rest @ ..]) => {
            match (function, inner, rest) {
                ("value" | "orValue", Some(inner), _) => {
                    Item { value: inner.value.clone(), origin: inner.origin.or(*origin) }
                }
                ("value", None, []) => return error("optional.none() dereference"),
                ("hasValue", inner, []) => Item { value: Value::Bool(inner.is_some()), origin: *origin },
                ("or", Some(_), [_]) => Item { value: Value::Optional(inner.clone()), origin: *origin },
                ("or" | "orValue", None, [other]) => {
                    Item { value: other.value.clone(), origin: other.origin.or(*origin) }
                }
                _ => return Err(no_overload()),
            }
        }
        _ => return Ok(None),
    };
    if let Some(why) = item.value.unknown() {
        return Err(Fail::Unknown(why.to_owned()));
    }
    Ok(Some(item))
}

fn wrap(item: &Item) -> Item {
    Item { value: Value::Optional(Some(Rc::new(item.clone()))), origin: item.origin }
}

#[expect(clippy::unnecessary_wraps, reason = "the last step of functions that return it")]
fn made(value: Value) -> Called {
    Ok(Some(Item { value, origin: Origin::Nowhere }))
}
