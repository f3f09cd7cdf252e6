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
        b'1'..=b'9' => resolve_decimal(text),
        b'0' | b'+' | b'-' => resolve_number(text),
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

/// The most letters that a word has.
const WORD: usize = 5;

fn resolve_word(text: &str) -> Resolved {
    // most texts are longer than all words, or have none's first two letters
    if let [first, second, ..] = text.as_bytes()
        && (text.len() > WORD
            || !matches!(
                (first | 0x20, second | 0x20),
                (b'y', b'e') | (b't', b'r') | (b'o', b'n' | b'f') | (b'n', b'o' | b'u') | (b'f', b'a')
            ))
    {
        return Resolved::Str;
    }
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
        _ => {
            let plain = if separates_digits(text) { text.replace('_', "") } else { text.to_owned() };
            parse_float(&plain).map_or(Resolved::Str, Resolved::Float)
        }
    }
}

/// Whether every `_` is between two digits, as Go's `strconv.ParseFloat` wants it.
fn separates_digits(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    text.match_indices('_').all(|(at, _)| at > 0 && is_digit(at - 1) && is_digit(at + 1))
}

/// So many digits are a number of 64 bits.
const DIGITS: usize = 18;

/// What begins with a digit that chooses no other base.
fn resolve_decimal(text: &str) -> Resolved {
    // quantities, versions and times end in letters
    if !text.ends_with(|last: char| last.is_ascii_digit() || matches!(last, '.' | '_')) {
        return Resolved::Str;
    }
    let digits = text.bytes().map(|byte| byte.wrapping_sub(b'0')).take_while(|digit| *digit < 10);
    let (count, value) = digits.fold((0, 0), |(count, value): (usize, i64), digit| {
        (count + 1, value.wrapping_mul(10).wrapping_add(i64::from(digit)))
    });
    if count == text.len() && count <= DIGITS { Resolved::Int(value) } else { resolve_number(text) }
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
    // go-yaml's own reading of binary numbers, which takes a sign after the prefix.
    if let Some(value) = plain.strip_prefix("0b").filter(|digits| digits.starts_with(['+', '-']))
        && let Ok(value) = i64::from_str_radix(value, 2)
    {
        return Resolved::Int(value);
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

/// Decimal floats only, as go-yaml's `yamlStyleFloat` admits them; out of range is not a float.
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
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    // Takes one or two digits within bounds off the front.
    let number = |text: &mut &str, least: u32, most: u32| {
        let (digits, rest) = text.split_at(digits(text).min(2));
        *text = rest;
        digits.parse().ok().filter(|value| (least..=most).contains(value))
    };
    let sign = |text: &mut &str, signs: &[char]| text.strip_prefix(signs).map(|rest| *text = rest);
    let mut rest = text;
    let mut parse = || -> Option<bool> {
        let (year, after) = rest.split_at_checked(4).filter(|(year, _)| digits(year) == 4)?;
        rest = after;
        sign(&mut rest, &['-'])?;
        let month = number(&mut rest, 1, 12)?;
        sign(&mut rest, &['-'])?;
        number(&mut rest, 1, days(year.parse().ok()?, month))?;
        if rest.is_empty() {
            return Some(true);
        }
        let has_zone = !rest.starts_with(' ');
        sign(&mut rest, &['T', 't', ' '])?;
        if !has_zone {
            rest = rest.trim_start_matches(' ');
        }
        number(&mut rest, 0, 23)?;
        sign(&mut rest, &[':'])?;
        number(&mut rest, 0, 59)?;
        sign(&mut rest, &[':'])?;
        number(&mut rest, 0, 59)?;
        if let Some(fraction) = rest.strip_prefix(['.', ','])
            && digits(fraction) > 0
        {
            rest = &fraction[digits(fraction)..];
        }
        Some(if has_zone { is_zone(rest) } else { rest.is_empty() })
    };
    parse().unwrap_or(false)
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// `Z` or `+01:30`; Go lets 24 hours and 60 minutes pass.
fn is_zone(text: &str) -> bool {
    let within = |digits: Option<&str>, most: u32| {
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        digits.and_then(|digits| digits.parse().ok()).is_some_and(|value: u32| value <= most)
    };
    text == "Z"
        || (text.len() == 6
            && text.starts_with(['+', '-'])
            && text.get(3..4) == Some(":")
            && within(text.get(1..3), 24)
            && within(text.get(4..6), 60))
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
