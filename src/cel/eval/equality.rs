//! Which values are equal.

use std::cmp::Ordering;

use super::super::value::{List, ListKind, Value};
use super::{Budget, Fail};

/// Whether two values are equal; values of different types are not.
pub fn equal(a: &Value, b: &Value, budget: &mut Budget) -> Result<bool, Fail> {
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
pub fn contains(list: &List, value: &Value, budget: &mut Budget) -> Result<bool, Fail> {
    for item in &list.items {
        if equal(&item.value, value, budget)? {
            return Ok(true);
        }
    }
    Ok(false)
}
