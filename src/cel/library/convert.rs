//! From one type to another: `ConvertToType` in `cel-go/common/types`.

use std::rc::Rc;

use super::{Budget, Called, Item, Value, error, made, time};

/// Calls a function; `None` if it is not of this library, or the arguments have other types.
pub fn call(function: &str, is_member: bool, args: &[Item], budget: &mut Budget) -> Called {
    let [arg] = args else { return Ok(None) };
    if is_member {
        return Ok(None);
    }
    if let Value::String(text) = &arg.value {
        budget.spend(text.len() / 10)?;
    }
    let value = match (function, &arg.value) {
        ("bool", Value::Bool(_))
        | ("bytes", Value::Bytes(_))
        | ("double", Value::Double(_))
        | ("int", Value::Int(_))
        | ("uint", Value::Uint(_))
        | ("string", Value::String(_))
        | ("timestamp", Value::Timestamp(..))
        | ("duration", Value::Duration(_)) => arg.value.clone(),
        ("bool", Value::String(text)) => match &**text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Value::Bool(true),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Value::Bool(false),
            other => return error(format!("type conversion error from '{other}' to 'bool'")),
        },
        ("bytes", Value::String(text)) => Value::Bytes(Rc::from(text.as_bytes())),
        #[expect(clippy::cast_precision_loss, reason = "a double has no more digits")]
        ("double", Value::Int(value)) => Value::Double(*value as f64),
        #[expect(clippy::cast_precision_loss, reason = "a double has no more digits")]
        ("double", Value::Uint(value)) => Value::Double(*value as f64),
        ("double", Value::String(text)) => match text.parse() {
            Ok(value) => Value::Double(value),
            Err(_) => return error(format!("strconv.ParseFloat: parsing \"{text}\": invalid syntax")),
        },
        ("int", Value::Uint(value)) => match i64::try_from(*value) {
            Ok(value) => Value::Int(value),
            Err(_) => return error("integer overflow"),
        },
        // the bounds themselves are refused, as a double cannot tell them from what is beyond
        #[expect(clippy::cast_possible_truncation, reason = "within the bounds")]
        ("int", Value::Double(value)) => {
            if !(*value > -9_223_372_036_854_775_808.0 && *value < 9_223_372_036_854_775_807.0) {
                return error("integer overflow");
            }
            Value::Int(*value as i64)
        }
        ("int", Value::String(text)) => match text.parse() {
            Ok(value) => Value::Int(value),
            Err(_) => return error(format!("strconv.ParseInt: parsing \"{text}\": invalid syntax")),
        },
        ("int", Value::Duration(value)) => Value::Int(*value),
        ("int", Value::Timestamp(seconds, _)) => Value::Int(*seconds),
        ("uint", Value::Int(value)) => match u64::try_from(*value) {
            Ok(value) => Value::Uint(value),
            Err(_) => return error("unsigned integer overflow"),
        },
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the bounds")]
        ("uint", Value::Double(value)) => {
            if !(*value >= 0.0 && *value < 18_446_744_073_709_551_615.0) {
                return error("unsigned integer overflow");
            }
            Value::Uint(*value as u64)
        }
        ("uint", Value::String(text)) => match text.parse() {
            Ok(value) if !text.starts_with('+') => Value::Uint(value),
            _ => return error(format!("strconv.ParseUint: parsing \"{text}\": invalid syntax")),
        },
        ("string", Value::Bytes(bytes)) => match std::str::from_utf8(bytes) {
            Ok(text) => Value::text(text),
            Err(_) => return error("invalid UTF-8 in bytes, cannot convert to string"),
        },
        (
            "string",
            value @ (Value::Bool(_)
            | Value::Int(_)
            | Value::Uint(_)
            | Value::Double(_)
            | Value::Timestamp(..)
            | Value::Duration(_)
            | Value::Ip(_)
            | Value::Cidr(..)),
        ) => Value::text(&plain(value)),
        _ => return Ok(None),
    };
    made(value)
}

/// A value as text, as `string()` writes it.
pub fn plain(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => value.to_string(),
        Value::Double(value) => double(*value),
        Value::String(text) => text.to_string(),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::Timestamp(seconds, nanos) => time::write_timestamp(*seconds, *nanos),
        Value::Duration(nanos) => time::write_duration(*nanos),
        Value::Type(name) => (*name).to_owned(),
        Value::Ip(address) => address.to_string(),
        Value::Cidr(address, length) => format!("{address}/{length}"),
        other => other.type_name().to_owned(),
    }
}

/// `%g` of Go: the shortest digits, with an exponent from 1e+06 on and below 1e-4.
pub fn double(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf".to_owned() } else { "-Inf".to_owned() };
    }
    let written = format!("{value:e}");
    let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return value.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}
