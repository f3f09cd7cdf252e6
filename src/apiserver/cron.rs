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

/// Whether none of the days of a schedule is in one of its months: 31 February, 31 April. A day of the week that it names
/// comes in any case.
#[must_use]
pub fn never_comes(text: &str) -> bool {
    const LONGEST: [u64; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let columns: Vec<&str> = text.split_whitespace().collect();
    let [_, _, days, months, weekday] = columns[..] else { return false };
    let is_any_weekday = weekday.split(',').any(|range| {
        let (range, step) = range.split_once('/').unwrap_or((range, "1"));
        matches!(range, "*" | "?") && step == "1"
    });
    if schedule(text).is_some() || !is_any_weekday {
        return false;
    }
    let of = |text: &str, column: &'static Column| -> Vec<(u64, u64, u64)> {
        text.split(',').filter_map(|one| range(one, column)).collect()
    };
    let first = of(days, &COLUMNS[2]).into_iter().map(|(low, ..)| low).min();
    let months = of(months, &COLUMNS[3]).into_iter().flat_map(|(low, high, step)| {
        (low..=high).step_by(usize::try_from(step).unwrap_or(1)).filter_map(|month| usize::try_from(month).ok())
    });
    let longest = months.filter_map(|month| LONGEST.get(month - 1)).max();
    first.zip(longest).is_some_and(|(first, longest)| first > *longest)
}

/// Whether a text is `*`, `5`, `1-5` or `mon-fri`, with an optional `/step`.
fn is_range(text: &str, column: &Column) -> bool {
    range(text, column).is_some()
}

/// The first, the last and the step of such a text.
fn range(text: &str, column: &Column) -> Option<(u64, u64, u64)> {
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
    let mut by = 1;
    if let Some(step) = step {
        by = number(step).filter(|step| *step > 0)?;
        if second.is_none() {
            high = column.high;
        }
    }
    (low >= column.low && high <= column.high && low <= high).then_some((low, high, by))
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
    fn some_schedules_never_come() {
        for never in [
            "0 0 31 2 *",
            "0 0 30 2 *",
            "0 0 30,31 feb *",
            "0 0 31 4,6,9,11 *",
            "0 0 31 apr ?",
            "0 0 30-31 2 *",
            "0 0 30/1 2 *",
            "*/5 * 31 2/12 *",
            "0 0 31 6 */1",
            "0  0 31  SEP  *",
        ] {
            assert!(never_comes(never), "{never}");
        }
        for comes in [
            "0 0 29 2 *",
            "0 0 31 2 1",
            "0 0 31 2 */2",
            "0 0 31 * *",
            "0 0 31 2,3 *",
            "0 0 31 2-12/3 *",
            "0 0 28-31 2 *",
            "0 0 */31 2 *",
            "0 0 30 4 *",
            "@yearly",
            "0 0 32 2 *",
            "* * * * *",
        ] {
            assert!(!never_comes(comes), "{comes}");
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
