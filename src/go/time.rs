//! Times as Go reads them: `time.Parse` with the layouts of `metav1.Time` and `metav1.MicroTime`.

/// `time.RFC3339`: a fraction of any length is taken though the layout has none.
pub fn is_rfc3339(text: &str) -> bool {
    parse(text, None).is_some()
}

/// `metav1.RFC3339Micro`: six digits of a fraction.
pub fn is_rfc3339_micro(text: &str) -> bool {
    parse(text, Some(6)).is_some()
}

/// `2006-01-02T15:04:05[.000000]Z07:00`
fn parse(text: &str, fraction: Option<usize>) -> Option<()> {
    let rest = &mut text.as_bytes();
    let year = number(rest, 4, 4)?;
    literal(rest, b'-')?;
    let month = number(rest, 2, 2).filter(|month| (1..=12).contains(month))?;
    literal(rest, b'-')?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    number(rest, 2, 2).filter(|day| (1..=days).contains(day))?;
    literal(rest, b'T')?;
    // Go takes an hour of one digit.
    number(rest, 1, 2).filter(|hour| *hour < 24)?;
    literal(rest, b':')?;
    number(rest, 2, 2).filter(|minute| *minute < 60)?;
    literal(rest, b':')?;
    number(rest, 2, 2).filter(|second| *second < 60)?;
    match fraction {
        Some(digits) => {
            literal(rest, b'.').or_else(|| literal(rest, b','))?;
            number(rest, digits, digits)?;
        }
        None => {
            if literal(rest, b'.').or_else(|| literal(rest, b',')).is_some() {
                let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
                *rest = rest.get(digits..).filter(|_| digits > 0)?;
            }
        }
    }
    if literal(rest, b'Z').is_none() {
        literal(rest, b'+').or_else(|| literal(rest, b'-'))?;
        number(rest, 2, 2).filter(|hours| *hours <= 24)?;
        literal(rest, b':')?;
        number(rest, 2, 2).filter(|minutes| *minutes <= 60)?;
    }
    rest.is_empty().then_some(())
}

fn literal(rest: &mut &[u8], byte: u8) -> Option<()> {
    *rest = rest.strip_prefix(&[byte])?;
    Some(())
}

fn number(rest: &mut &[u8], least: usize, most: usize) -> Option<u32> {
    let digits = rest.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
    let (number, tail) = rest.split_at_checked(digits).filter(|_| digits >= least)?;
    *rest = tail;
    std::str::from_utf8(number).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for good in
            ["2006-01-02T15:04:05Z", "2006-01-02T15:04:05.1Z", "2006-01-02T15:04:05+02:00", "2024-02-29T5:04:05Z"]
        {
            assert!(is_rfc3339(good), "{good}");
        }
        for bad in [
            "",
            " ",
            "2006-01-02",
            "2006-01-02 15:04:05Z",
            "2006-01-02t15:04:05z",
            "2006-01-02T15:04:05",
            "2023-02-29T15:04:05Z",
            "2006-13-02T15:04:05Z",
            "2006-01-02T24:04:05Z",
            "2006-01-02T15:04:60Z",
            "2006-01-02T15:04:05.Z",
            "2006-01-02T15:04:05+0200",
        ] {
            assert!(!is_rfc3339(bad), "{bad}");
        }
        assert!(is_rfc3339_micro("2006-01-02T15:04:05.000000Z") && !is_rfc3339_micro("2006-01-02T15:04:05Z"));
    }
}
