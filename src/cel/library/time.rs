//! Times and durations: `cel-go/common/types/timestamp.go`, `duration.go`, and Go's `time`.

use super::{Budget, Called, Fail, Item, Value, error, made, no_overload};
use crate::go::duration::nanoseconds;

const SECOND: i64 = 1_000_000_000;

/// Calls a function; `None` if it is not of this library, or the arguments have other types.
pub fn call(function: &str, is_member: bool, args: &[Item], _: &mut Budget) -> Called {
    let value = match (function, args) {
        ("duration", [Item { value: Value::String(text), .. }]) if !is_member => match nanoseconds(text) {
            Some(nanos) => Value::Duration(nanos),
            None => return error(format!("time: invalid duration \"{text}\"")),
        },
        ("timestamp", [Item { value: Value::String(text), .. }]) if !is_member => match parse_timestamp(text) {
            Some((seconds, nanos)) => Value::Timestamp(seconds, nanos),
            None => return error(format!("parsing time \"{text}\" failed")),
        },
        ("timestamp", [Item { value: Value::Int(seconds), .. }]) if !is_member => in_range(*seconds, 0)?,
        (_, [Item { value: Value::Duration(nanos), .. }]) => Value::Int(match function {
            "getHours" => nanos / SECOND / 3600,
            "getMinutes" => nanos / SECOND / 60,
            "getSeconds" => nanos / SECOND,
            "getMilliseconds" => nanos / 1_000_000,
            _ => return Ok(None),
        }),
        (_, [Item { value: Value::Timestamp(seconds, nanos), .. }, zone @ ..]) => {
            let offset = match zone {
                [] => 0,
                [Item { value: Value::String(zone), .. }] => offset(zone)?,
                _ => return Ok(None),
            };
            let seconds = seconds + offset;
            let (year, month, day) = civil(seconds.div_euclid(86_400));
            let of_day = seconds.rem_euclid(86_400);
            Value::Int(match function {
                "getFullYear" => year,
                "getMonth" => month - 1,
                "getDate" => day,
                "getDayOfMonth" => day - 1,
                "getDayOfYear" => seconds.div_euclid(86_400) - days(year, 1, 1),
                // 1970 began on a Thursday
                "getDayOfWeek" => (seconds.div_euclid(86_400) + 4).rem_euclid(7),
                "getHours" => of_day / 3600,
                "getMinutes" => of_day / 60 % 60,
                "getSeconds" => of_day % 60,
                "getMilliseconds" => i64::from(nanos / 1_000_000),
                _ => return Ok(None),
            })
        }
        _ => return Ok(None),
    };
    made(value)
}

/// Sums and differences of times.
pub fn arithmetic(function: &str, a: &Value, b: &Value) -> Result<Value, Fail> {
    let overflow = || Fail::Error("duration overflow".to_owned());
    match (function, a, b) {
        ("_+_", Value::Duration(a), Value::Duration(b)) => a.checked_add(*b).map(Value::Duration).ok_or_else(overflow),
        ("_-_", Value::Duration(a), Value::Duration(b)) => a.checked_sub(*b).map(Value::Duration).ok_or_else(overflow),
        ("_+_", Value::Timestamp(..), Value::Duration(nanos)) => shift(a, i128::from(*nanos)),
        ("_+_", Value::Duration(nanos), Value::Timestamp(..)) => shift(b, i128::from(*nanos)),
        ("_-_", Value::Timestamp(..), Value::Duration(nanos)) => shift(a, -i128::from(*nanos)),
        ("_-_", Value::Timestamp(a, b), Value::Timestamp(c, d)) => {
            let nanos = (i128::from(*a) - i128::from(*c)) * i128::from(SECOND) + i128::from(*b) - i128::from(*d);
            i64::try_from(nanos).map(Value::Duration).map_err(|_| overflow())
        }
        _ => Err(no_overload()),
    }
}

fn shift(time: &Value, nanos: i128) -> Result<Value, Fail> {
    let Value::Timestamp(seconds, fraction) = time else { return Err(no_overload()) };
    let all = i128::from(*seconds) * i128::from(SECOND) + i128::from(*fraction) + nanos;
    let seconds = i64::try_from(all.div_euclid(i128::from(SECOND)));
    let fraction = u32::try_from(all.rem_euclid(i128::from(SECOND)));
    match (seconds, fraction) {
        (Ok(seconds), Ok(fraction)) => in_range(seconds, fraction),
        _ => error("timestamp overflow"),
    }
}

/// Times from year 1 to 9999.
fn in_range(seconds: i64, nanos: u32) -> Result<Value, Fail> {
    if (-62_135_596_800..=253_402_300_799).contains(&seconds) {
        Ok(Value::Timestamp(seconds, nanos))
    } else {
        error("timestamp overflow")
    }
}

/// The offset of a time zone in seconds. Those with a name change over the years, and are left to the server.
fn offset(zone: &str) -> Result<i64, Fail> {
    if matches!(zone, "UTC" | "") {
        return Ok(0);
    }
    let (sign, digits) = match zone.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, zone.strip_prefix('+').unwrap_or(zone)),
    };
    let parsed = digits.split_once(':').and_then(|(hours, minutes)| {
        let hours: i64 = hours.parse().ok()?;
        Some(hours * 3600 + minutes.parse::<i64>().ok()? * 60)
    });
    match parsed {
        Some(seconds) if seconds.abs() < 86_400 => Ok(sign * seconds),
        _ => Err(Fail::Unknown(format!("the time zone {zone} is not evaluated"))),
    }
}

/// Days since 1970 of a date.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The date of a day since 1970.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

/// `time.Parse(time.RFC3339, …)`
pub fn parse_timestamp(text: &str) -> Option<(i64, u32)> {
    if !crate::go::is_rfc3339(text) {
        return None;
    }
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let clock = text.get(11..)?;
    // an hour may have one digit
    let (hours, rest) = clock.split_once(':')?;
    let (minutes, rest) = rest.split_once(':')?;
    let (seconds, mut rest) = rest.split_at_checked(2)?;
    let mut nanos = 0;
    if let Some(fraction) = rest.strip_prefix(['.', ',']) {
        let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
        let padded = format!("{:0<9}", &fraction[..digits.min(9)]);
        nanos = padded.parse().ok()?;
        rest = &fraction[digits..];
    }
    let offset = match rest.strip_prefix('Z') {
        Some(_) => 0,
        None => offset(rest).ok()?,
    };
    let of_day = hours.parse::<i64>().ok()? * 3600 + minutes.parse::<i64>().ok()? * 60 + seconds.parse::<i64>().ok()?;
    Some((days(year, month, day) * 86_400 + of_day - offset, nanos))
}

/// A date alone, which a field of `format: date` holds.
pub fn parse_date(text: &str) -> Option<(i64, u32)> {
    parse_timestamp(&format!("{text}T00:00:00Z"))
}

/// `time.RFC3339Nano`
pub fn write_timestamp(seconds: i64, nanos: u32) -> String {
    let (year, month, day) = civil(seconds.div_euclid(86_400));
    let of_day = seconds.rem_euclid(86_400);
    let fraction = if nanos == 0 { String::new() } else { format!(".{nanos:09}").trim_end_matches('0').to_owned() };
    let (hours, minutes, seconds) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}{fraction}Z")
}

/// Seconds with a fraction and an `s`.
pub fn write_duration(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let (whole, fraction) = (nanos.unsigned_abs() / 1_000_000_000, nanos.unsigned_abs() % 1_000_000_000);
    let fraction =
        if fraction == 0 { String::new() } else { format!(".{fraction:09}").trim_end_matches('0').to_owned() };
    format!("{sign}{whole}{fraction}s")
}
