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

/// `*`, `5`, `1-5`, `mon-fri`, each with an optional `/step`.
fn is_range(text: &str, column: &Column) -> bool {
    let mut parts = text.split('/');
    let range = parts.next().unwrap_or_default();
    let step = parts.next();
    if parts.next().is_some() {
        return false;
    }
    let mut ends = range.split('-');
    let first = ends.next().unwrap_or_default();
    let second = ends.next();
    let (low, mut high) = if first == "*" || first == "?" {
        (column.low, column.high)
    } else {
        let Some(low) = number_or_name(first, column) else { return false };
        let Some(high) = second.map_or(Some(low), |text| number_or_name(text, column)) else { return false };
        if ends.next().is_some() {
            return false;
        }
        (low, high)
    };
    if let Some(step) = step {
        if number(step).is_none_or(|step| step == 0) {
            return false;
        }
        if second.is_none() {
            high = column.high;
        }
    }
    low >= column.low && high <= column.high && low <= high
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
