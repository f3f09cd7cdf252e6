//! Quantities: `library/quantity.go` of the server over `k8s.io/apimachinery/pkg/api/resource`.

use std::cmp::Ordering;

use super::{Budget, Called, Item, Value, error, made};
use crate::cel::opaque::Quantity;

/// Calls a function; `None` if it is not of this library, or the arguments have other types.
pub fn call(function: &str, is_member: bool, args: &[Item], budget: &mut Budget) -> Called {
    let value = match (function, args) {
        ("quantity" | "isQuantity", [Item { value: Value::String(text), .. }]) if !is_member => {
            budget.spend(text.len() / 10)?;
            match (function, Quantity::parse(text)) {
                ("isQuantity", parsed) => Value::Bool(parsed.is_some()),
                (_, Some(quantity)) => Value::Quantity(quantity),
                (_, None) => {
                    return error(
                        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
                    );
                }
            }
        }
        (_, [Item { value: Value::Quantity(a), .. }]) => match function {
            "sign" => Value::Int(a.sign()),
            "asApproximateFloat" => Value::Double(a.approximate()),
            "isInteger" => Value::Bool(a.whole().is_some()),
            "asInteger" => match a.whole() {
                Some(value) => Value::Int(value),
                None => return error("cannot convert value to integer"),
            },
            _ => return Ok(None),
        },
        (_, [Item { value: Value::Quantity(a), .. }, Item { value: Value::Quantity(b), .. }]) => match function {
            "isGreaterThan" => Value::Bool(a.compare(*b) == Ordering::Greater),
            "isLessThan" => Value::Bool(a.compare(*b) == Ordering::Less),
            "compareTo" => Value::Int(a.compare(*b) as i64),
            "add" => Value::Quantity(a.plus(*b, 1)),
            "sub" => Value::Quantity(a.plus(*b, -1)),
            _ => return Ok(None),
        },
        (_, [Item { value: Value::Quantity(a), .. }, Item { value: Value::Int(b), .. }]) => {
            let b = Quantity::of_int(*b);
            match function {
                "add" => Value::Quantity(a.plus(b, 1)),
                "sub" => Value::Quantity(a.plus(b, -1)),
                _ => return Ok(None),
            }
        }
        _ => return Ok(None),
    };
    made(value)
}
