//! What kubectl makes of a scalar's text: YAML 1.1 as go-yaml v2 resolves it.
//!
//! Follows `resolve` in `go.yaml.in/yaml/v2/resolve.go` (v2.4.3) case by case; the table of recorded
//! answers is `tests/kubectl-yaml/cases.jsonl`.

/// What a scalar turned out to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Resolved {
    /// `null`, `~` or nothing at all.
    Null,
    /// `true`, `yes`, `on`, `y` and their opposites.
    Bool(bool),
    /// A whole number that fits 64 signed bits.
    Int(i64),
    /// A whole number that fits only 64 unsigned bits.
    Uint(u64),
    /// Any other number.
    Float(f64),
    /// The text itself.
    Str,
}

impl Resolved {
    /// The type's name as kubectl's users know it.
    #[must_use]
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Int(_) | Self::Uint(_) | Self::Float(_) => "number",
            Self::Str => "string",
        }
    }
}

/// Resolves a plain (unquoted, untagged) scalar.
#[must_use]
pub fn resolve_plain(text: &str) -> Resolved {
    let Some(&first) = text.as_bytes().first() else { return Resolved::Null };
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => resolve_word(text),
        b'.' => resolve_dotted(text),
        b'0'..=b'9' | b'+' | b'-' => resolve_number(text),
        _ => Resolved::Str,
    }
}

/// Resolves a scalar under one of YAML's own tags (`!!int "3"`).
///
/// # Errors
/// The type that the text has instead, when it cannot be read as the tag asks.
pub fn resolve_tagged(tag: &str, text: &str) -> Result<Resolved, Resolved> {
    if tag == "str" {
        return Ok(Resolved::Str);
    }
    let found = match tag {
        "timestamp" if is_timestamp(text) => return Ok(Resolved::Str),
        // A timestamp under another tag is tried as a number first and is then a string.
        _ => resolve_plain(text),
    };
    let agrees = match (tag, found) {
        ("bool", Resolved::Bool(_))
        | ("int", Resolved::Int(_) | Resolved::Uint(_))
        | ("float", Resolved::Float(_))
        | ("null", Resolved::Null) => true,
        #[expect(clippy::cast_precision_loss, reason = "go-yaml converts the same way")]
        ("float", Resolved::Int(value)) => return Ok(Resolved::Float(value as f64)),
        _ => false,
    };
    if agrees { Ok(found) } else { Err(found) }
}

fn resolve_word(text: &str) -> Resolved {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Resolved::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Resolved::Bool(false),
        "~" | "null" | "Null" | "NULL" => Resolved::Null,
        _ => Resolved::Str,
    }
}

fn resolve_dotted(text: &str) -> Resolved {
    match text {
        ".nan" | ".NaN" | ".NAN" => Resolved::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" => Resolved::Float(f64::INFINITY),
        _ => parse_float(text).map_or(Resolved::Str, Resolved::Float),
    }
}

fn resolve_number(text: &str) -> Resolved {
    match text {
        "+.inf" | "+.Inf" | "+.INF" => return Resolved::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Resolved::Float(f64::NEG_INFINITY),
        _ => {}
    }
    let plain = if text.contains('_') { std::borrow::Cow::Owned(text.replace('_', "")) } else { text.into() };
    if let Some(value) = parse_int(&plain) {
        return value;
    }
    if let Some(value) = parse_float(&plain) {
        return Resolved::Float(value);
    }
    Resolved::Str
}

/// Go's `strconv.ParseInt(text, 0, 64)`, then `ParseUint`: the prefixes 0x, 0o, 0b and 0 choose the base.
fn parse_int(text: &str) -> Option<Resolved> {
    let (negative, unsigned, signed) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..], true),
        b'+' => (false, &text[1..], true),
        _ => (false, text, false),
    };
    let (base, digits) = match unsigned.as_bytes() {
        [b'0', b'x' | b'X', _, ..] => (16, &unsigned[2..]),
        [b'0', b'b' | b'B', _, ..] => (2, &unsigned[2..]),
        [b'0', b'o' | b'O', _, ..] => (8, &unsigned[2..]),
        [b'0', _, ..] => (8, &unsigned[1..]),
        _ => (10, unsigned),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| char::from(byte).is_digit(base)) {
        return None;
    }
    let value = i128::from_str_radix(digits, base).ok()?;
    let value = if negative { -value } else { value };
    if let Ok(value) = i64::try_from(value) {
        return Some(Resolved::Int(value));
    }
    match u64::try_from(value) {
        Ok(value) if !signed => Some(Resolved::Uint(value)),
        _ => None,
    }
}

/// Decimal floats only, as go-yaml's `yamlStyleFloat` admits them; out of range is no float.
fn parse_float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_ok = match mantissa.split_once('.') {
        Some(("", fraction)) => digits(fraction),
        Some((whole, fraction)) => digits(whole) && (fraction.is_empty() || digits(fraction)),
        None => digits(mantissa),
    };
    let exponent_ok = exponent.is_none_or(|part| digits(part.strip_prefix(['+', '-']).unwrap_or(part)));
    if !mantissa_ok || !exponent_ok {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// Whether go-yaml's `parseTimestamp` accepts the text; it matters under `!!timestamp` alone, because
/// kubectl hands every timestamp on as the string it was and no timestamp reads as a number.
fn is_timestamp(text: &str) -> bool {
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let number =
        |part: &str, most: u32| (1..=2).contains(&part.len()) && part.parse::<u32>().is_ok_and(|value| value <= most);
    let date_ok = match date.split('-').collect::<Vec<_>>()[..] {
        [year, month, day] => year.len() == 4 && year.parse::<u32>().is_ok() && number(month, 12) && number(day, 31),
        _ => false,
    };
    let time_ok = time.is_none_or(|time| {
        let clock = time.split(['Z', '+', '-', '.']).next().unwrap_or(time);
        match clock.split(':').collect::<Vec<_>>()[..] {
            [hour, minute, second] => number(hour, 23) && number(minute, 59) && number(second, 59),
            _ => false,
        }
    });
    date_ok && time_ok
}

/// A float as Go's `encoding/json` writes it: no exponent between 1e-6 and 1e21, no trailing `.0`.
#[must_use]
pub fn json_float(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        let text = format!("{value:e}");
        return match text.split_once('e') {
            Some((mantissa, exponent)) if !exponent.starts_with('-') => format!("{mantissa}e+{exponent}"),
            _ => text,
        };
    }
    format!("{value}")
}

/// A float as a map key: Go's `strconv.FormatFloat(value, 'g', -1, 32)`, which `sigs.k8s.io/yaml` uses.
#[must_use]
pub fn key_float(value: f64) -> String {
    if value.is_nan() {
        return ".nan".to_owned();
    }
    #[expect(clippy::cast_possible_truncation, reason = "sigs.k8s.io/yaml formats keys as 32-bit floats")]
    let value = value as f32;
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let power: i32 = exponent.parse().unwrap_or(0);
    if !(-4..6).contains(&power) {
        return format!("{mantissa}e{}{:02}", if power < 0 { '-' } else { '+' }, power.abs());
    }
    format!("{value}")
}
