//! Versions: `library/semverlib.go` of the server over blang/semver.

use std::cmp::Ordering;
use std::rc::Rc;

use super::{Budget, Called, Item, Value, error, made};
use crate::cel::opaque::Semver;

/// Calls a function; `None` if it is not of this library, or the arguments have other types.
pub fn call(function: &str, is_member: bool, args: &[Item], budget: &mut Budget) -> Called {
    let value = match (function, args) {
        ("semver" | "isSemver", [Item { value: Value::String(text), .. }, rest @ ..]) if !is_member => {
            budget.spend(text.len() / 10)?;
            let parsed = match rest {
                [Item { value: Value::Bool(true), .. }] => Semver::parse_loosely(text),
                [] | [Item { value: Value::Bool(false), .. }] => Semver::parse(text),
                _ => return Ok(None),
            };
            match (function, parsed) {
                ("isSemver", parsed) => Value::Bool(parsed.is_some()),
                (_, Some(version)) => Value::Semver(Rc::new(version)),
                (_, None) => return error(format!("\"{text}\" is not a semantic version")),
            }
        }
        (_, [Item { value: Value::Semver(a), .. }]) => {
            let [major, minor, patch] = a.numbers();
            let number = match function {
                "major" => major,
                "minor" => minor,
                "patch" => patch,
                _ => return Ok(None),
            };
            Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
        }
        (_, [Item { value: Value::Semver(a), .. }, Item { value: Value::Semver(b), .. }]) => match function {
            "isGreaterThan" => Value::Bool(a.compare(b) == Ordering::Greater),
            "isLessThan" => Value::Bool(a.compare(b) == Ordering::Less),
            "compareTo" => Value::Int(a.compare(b) as i64),
            _ => return Ok(None),
        },
        _ => return Ok(None),
    };
    made(value)
}
