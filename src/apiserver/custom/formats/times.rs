//! Dates, times and durations.

use super::all_digits;
use crate::go::is_rfc3339;

pub(super) fn is_date(text: &str) -> bool {
    text.len() == 10 && is_rfc3339(&format!("{text}T00:00:00Z"))
}

/// A date, `t`, a time up to 23:59:59, a fraction after any letter, and a zone.
pub(super) fn is_date_time(text: &str) -> bool {
    let text = text.to_lowercase();
    let mut parts = text.split('t');
    let (Some(date), Some(time)) = (parts.next(), parts.next()) else { return false };
    if text.len() < 4 || !is_date(date) {
        return false;
    }
    let Some((clock, mut rest)) = time.split_at_checked(8) else { return false };
    let fields: Vec<&str> = clock.split(':').collect();
    let is_clock = fields.len() == 3
        && fields
            .iter()
            .zip(["23", "59", "59"])
            .all(|(field, most)| field.len() == 2 && all_digits(field) && *field <= most);
    let is_zone = |zone: &str| {
        let offset = zone.strip_prefix(['+', '-']).and_then(|offset| offset.split_once(':'));
        zone == "z" || offset.is_some_and(|(h, m)| h.len() == 2 && m.len() == 2 && all_digits(h) && all_digits(m))
    };
    if is_clock && is_zone(rest) {
        return true;
    }
    let Some(mark) = rest.chars().next() else { return false };
    rest = &rest[mark.len_utf8()..];
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    is_clock && digits > 0 && is_zone(&rest[digits..])
}

/// `strfmt.ParseDuration`, in nanoseconds: what Go reads, or numbers with units of any length anywhere in the text.
#[must_use]
pub fn duration(text: &str) -> Option<i64> {
    const UNITS: [(&[&str], i64); 8] = [
        (&["ns", "nano"], 1),
        (&["us", "µs", "micro"], 1_000),
        (&["ms", "milli"], 1_000_000),
        (&["s", "sec"], 1_000_000_000),
        (&["m", "min"], 60_000_000_000),
        (&["h", "hr", "hour"], 3_600_000_000_000),
        (&["d", "day"], 86_400_000_000_000),
        (&["w", "wk", "week"], 604_800_000_000_000),
    ];
    if let Some(nanos) = crate::cel::duration_of_go(text) {
        return Some(nanos);
    }
    let is_space = |letter: char| matches!(letter, ' ' | '\t' | '\n' | '\x0c' | '\r');
    let (mut rest, mut total, mut is_read) = (text, 0_i64, false);
    while let Some(start) = rest.find(|letter: char| letter.is_ascii_digit()) {
        rest = &rest[start..];
        let (number, tail) = rest.split_at(rest.bytes().take_while(u8::is_ascii_digit).count());
        let tail = tail.trim_start_matches(is_space);
        let end = tail.find(|letter: char| !letter.is_ascii_alphabetic() && letter != 'µ').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        rest = tail;
        if unit.is_empty() {
            continue;
        }
        let number: i64 = number.parse().ok()?;
        let unit = unit.to_lowercase();
        for (names, nanos) in UNITS {
            for name in names {
                if unit == *name || Some(name) == names.last() && unit.starts_with(name) {
                    is_read = true;
                    total = total.wrapping_add(number.wrapping_mul(nanos));
                }
            }
        }
    }
    is_read.then_some(total)
}
