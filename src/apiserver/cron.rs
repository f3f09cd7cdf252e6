//! Schedules of `CronJob`s: the grammar of `github.com/robfig/cron/v3`, `ParseStandard`.

use crate::go::duration;

const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// One of the five columns.
struct Column {
    low: u64,
    high: u64,
    names: &'static [&'static str],
}

const COLUMNS: [Column; 5] = [
    Column { low: 0, high: 59, names: &[] },
    Column { low: 0, high: 23, names: &[] },
    Column { low: 1, high: 31, names: &[] },
    Column { low: 1, high: 12, names: MONTHS },
    Column { low: 0, high: 6, names: DAYS },
];

/// What is wrong with a schedule, as the rest of a sentence.
pub fn schedule(text: &str) -> Option<&'static str> {
    // The server also refuses a schedule that merely contains these letters.
    if text.contains("TZ") {
        return Some("names a time zone, which belongs in `timeZone`");
    }
    if let Some(descriptor) = text.strip_prefix('@') {
        let known = ["yearly", "annually", "monthly", "weekly", "daily", "midnight", "hourly"].contains(&descriptor);
        let every = descriptor.strip_prefix("every ").is_some_and(|every| duration::nanoseconds(every).is_some());
        return (!known && !every).then_some("is not a schedule: `@hourly`, `@daily`, `@every 1h30m` and the like");
    }
    let columns: Vec<&str> = text.split_whitespace().collect();
    if columns.len() != COLUMNS.len() {
        return Some("is not a five-field cron expression: minute, hour, day of the month, month, day of the week");
    }
    let wrong = columns.iter().zip(&COLUMNS).position(|(text, column)| {
        !text.split(',').filter(|range| !range.is_empty()).all(|range| is_range(range, column))
    })?;
    Some(
        [
            "has a minute outside 0 to 59, or one that cannot be read",
            "has an hour outside 0 to 23, or one that cannot be read",
            "has a day of the month outside 1 to 31, or one that cannot be read",
            "has a month outside 1 to 12, or one that cannot be read",
            "has a day of the week outside 0 to 6, or one that cannot be read",
        ][wrong],
    )
}

/// The days of the month and the months that a schedule names, where these alone decide on which days it is due: nothing
/// for one that is refused, and for one that names days of the week besides, of which either is enough (`dayMatches` of
/// `SpecSchedule`).
#[must_use]
pub fn days(text: &str) -> Option<(Vec<u64>, Vec<u64>)> {
    let columns: Vec<&str> = text.split_whitespace().collect();
    let [_, _, days, months, "*" | "?"] = columns.as_slice() else { return None };
    if schedule(text).is_some() {
        return None;
    }
    let all = |text: &str, column: &Column| -> Vec<u64> {
        let ranges = text.split(',').filter_map(|range| range_of(range, column));
        ranges.flat_map(|(low, high, step)| (low..=high).step_by(usize::try_from(step).unwrap_or(1))).collect()
    };
    Some((all(days, &COLUMNS[2]), all(months, &COLUMNS[3])))
}

/// `*`, `5`, `1-5`, `mon-fri`, each with an optional `/step`.
fn is_range(text: &str, column: &Column) -> bool {
    range_of(text, column).is_some()
}

/// What a range begins and ends with, and its step.
fn range_of(text: &str, column: &Column) -> Option<(u64, u64, u64)> {
    let mut parts = text.split('/');
    let range = parts.next().unwrap_or_default();
    let step = parts.next();
    if parts.next().is_some() {
        return None;
    }
    let mut ends = range.split('-');
    let first = ends.next().unwrap_or_default();
    let second = ends.next();
    let (low, mut high) = if first == "*" || first == "?" {
        (column.low, column.high)
    } else {
        let low = number_or_name(first, column)?;
        let high = second.map_or(Some(low), |text| number_or_name(text, column))?;
        if ends.next().is_some() {
            return None;
        }
        (low, high)
    };
    let mut each = 1;
    if let Some(step) = step {
        each = number(step).filter(|step| *step > 0)?;
        if second.is_none() {
            high = column.high;
        }
    }
    (low >= column.low && high <= column.high && low <= high).then_some((low, high, each))
}

fn number_or_name(text: &str, column: &Column) -> Option<u64> {
    let named = column.names.iter().position(|name| text.eq_ignore_ascii_case(name));
    named.map_or_else(|| number(text), |index| Some(index as u64 + column.low))
}

fn number(text: &str) -> Option<u64> {
    text.parse::<i64>().ok().and_then(|value| u64::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_columns() {
        let february = |days: &[u64]| Some((days.to_vec(), vec![2]));
        assert_eq!(days("0 0 30 2 *"), february(&[30]));
        assert_eq!(days("0 0 30,31 feb ?"), february(&[30, 31]));
        assert_eq!(days("0 0 10/10 2 *"), february(&[10, 20, 30]));
        for other in ["0 0 30 2 mon", "0 0 30 2 */2", "@yearly", "0 0 32 2 *", "0 0 30 2"] {
            assert_eq!(days(other), None, "{other}");
        }
    }

    #[test]
    fn schedules() {
        for good in ["* * * * *", "*/5 0-6 1,15 jan-mar MON", "0 0 * * ?", "1/10 * * * *", "@daily", "@every 1h30m"] {
            assert_eq!(schedule(good), None, "{good}");
        }
        for bad in [
            "* * * *",
            "* * * * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * * 13 *",
            "* * * * 7",
            "5-1 * * * *",
            "*/0 * * * *",
            "a * * * *",
            "1-2-3 * * * *",
            "1/2/3 * * * *",
            "@often",
            "@every x",
            "TZ=UTC * * * * *",
            " ",
        ] {
            assert!(schedule(bad).is_some(), "{bad}");
        }
    }
}
