//! `'%s is %d'.format([…])`: `cel-go/ext/formatting.go`.

use super::convert::{double, plain};
use super::{Budget, Fail, Item, Value, error, time};

/// Fills a format.
pub fn format(format: &str, args: &[Item], budget: &mut Budget) -> Result<String, Fail> {
    let mut out = String::new();
    let mut args = args.iter().enumerate();
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(tail) = rest.strip_prefix('%') {
            out.push('%');
            rest = tail;
            continue;
        }
        let Some((_, item)) = args.next() else {
            return error("index out of range");
        };
        let mut precision = None;
        if let Some(tail) = rest.strip_prefix('.') {
            let digits = tail.bytes().take_while(u8::is_ascii_digit).count();
            precision = Some(tail[..digits].parse::<usize>().unwrap_or(usize::MAX));
            rest = &tail[digits..];
        }
        let Some(clause) = rest.chars().next() else { return error("unexpected end of string") };
        rest = &rest[clause.len_utf8()..];
        if precision.is_some_and(|precision| precision > 100) {
            return Err(Fail::Unknown("a precision of more than 100 digits is not evaluated".to_owned()));
        }
        let written = self::clause(clause, precision.unwrap_or(6), &item.value, budget)?;
        budget.spend(1 + written.len() / 10)?;
        out.push_str(&written);
    }
    out.push_str(rest);
    Ok(out)
}

fn clause(clause: char, precision: usize, value: &Value, budget: &mut Budget) -> Result<String, Fail> {
    let not = |what: &str| error(format!("error during formatting: {what}, was given {}", value.type_name()));
    Ok(match (clause, value) {
        ('s', _) => return text(value, false, budget),
        ('d', Value::Int(value)) => value.to_string(),
        ('d', Value::Uint(value)) => value.to_string(),
        ('d', _) => return not("decimal clause can only be used on integers"),
        ('f', Value::Double(value)) if value.is_finite() => grouped(&format!("{value:.precision$}")),
        // the server's locale decides about the form of powers, infinities and NaN
        ('f' | 'e', Value::Double(_)) => return Err(Fail::Unknown("how the server writes this number".to_owned())),
        ('f' | 'e', _) => return not("fixed-point clause can only be used on doubles"),
        ('b', Value::Int(value)) => signed(*value, |value| format!("{value:b}")),
        ('b', Value::Uint(value)) => format!("{value:b}"),
        ('b', Value::Bool(value)) => u8::from(*value).to_string(),
        ('b', _) => return not("only integers and bools can be formatted as binary"),
        ('o', Value::Int(value)) => signed(*value, |value| format!("{value:o}")),
        ('o', Value::Uint(value)) => format!("{value:o}"),
        ('o', _) => return not("octal clause can only be used on integers"),
        ('x', Value::Int(value)) => signed(*value, |value| format!("{value:x}")),
        ('X', Value::Int(value)) => signed(*value, |value| format!("{value:X}")),
        ('x', Value::Uint(value)) => format!("{value:x}"),
        ('X', Value::Uint(value)) => format!("{value:X}"),
        ('x' | 'X', Value::String(text)) => hex(text.as_bytes(), clause == 'X'),
        ('x' | 'X', Value::Bytes(bytes)) => hex(bytes, clause == 'X'),
        ('x' | 'X', _) => return not("only integers, byte buffers, and strings can be formatted as hex"),
        _ => return error(format!("could not parse formatting clause: unrecognized formatting clause \"{clause}\"")),
    })
}

fn signed(value: i64, write: impl Fn(u64) -> String) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}", write(value.unsigned_abs()))
}

fn hex(bytes: &[u8], upper: bool) -> String {
    bytes.iter().map(|byte| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") }).collect()
}

/// Thousands with commas, as the server's English has them.
fn grouped(number: &str) -> String {
    let (sign, number) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
    let (whole, fraction) = number.split_once('.').map_or((number, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut out = sign.to_owned();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// `%s`, and inside lists and maps the same with quotes.
fn text(value: &Value, is_inside: bool, budget: &mut Budget) -> Result<String, Fail> {
    budget.spend(1)?;
    Ok(match value {
        Value::List(list) => {
            let mut parts = Vec::new();
            for item in &list.items {
                parts.push(text(&item.value, true, budget)?);
            }
            format!("[{}]", parts.join(", "))
        }
        Value::Map(map) => {
            let mut parts = Vec::new();
            for (key, item) in &map.entries {
                let key = text(&key.value(), true, budget)?;
                parts.push(format!("{key}:{}", text(&item.value, true, budget)?));
            }
            parts.sort_unstable();
            format!("{{{}}}", parts.join(", "))
        }
        Value::String(inner) if is_inside => {
            budget.spend(inner.len() / 10)?;
            format!("{:?}", &**inner)
        }
        Value::Double(value) if is_inside => format!("{value:.6}"),
        Value::Double(value) => double(*value),
        Value::Timestamp(seconds, nanos) if is_inside => {
            format!("timestamp({:?})", time::write_timestamp(*seconds, *nanos))
        }
        Value::Duration(nanos) if is_inside => format!("duration({:?})", time::write_duration(*nanos)),
        Value::Unknown(why) | Value::Perhaps(why) => return Err(Fail::Unknown((*why).to_owned())),
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Uint(_)
        | Value::String(_)
        | Value::Bytes(_)
        | Value::Timestamp(..)
        | Value::Duration(_)
        | Value::Type(_) => plain(value),
        other => {
            return error(format!(
                "error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, \
                 lists, types, durations, and timestamps, was given {}",
                other.type_name()
            ));
        }
    })
}
