//! Durations as Go's `time.ParseDuration` reads them, which is how Kubernetes and most of its programs do.

/// Nanoseconds of `1h30m`, `1.5s`, `-2ms` or `0`; nothing where Go refuses the text, or its 64 bits do not hold the time.
#[must_use]
pub fn nanoseconds(text: &str) -> Option<i64> {
    let (is_negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut nanos: i128 = 0;
    while !rest.is_empty() {
        let whole = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, tail) = rest.split_at(whole);
        let (fraction, tail) = match tail.strip_prefix('.') {
            Some(tail) => tail.split_at(tail.bytes().take_while(u8::is_ascii_digit).count()),
            None => ("", tail),
        };
        if digits.is_empty() && fraction.is_empty() {
            return None;
        }
        let length = tail.find(|letter: char| letter == '.' || letter.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(length);
        let unit: i128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        let value: i128 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
        nanos = nanos.checked_add(value.checked_mul(unit)?)?;
        let kept = &fraction[..fraction.len().min(18)];
        if !kept.is_empty() {
            let scale = 10_i128.pow(u32::try_from(kept.len()).ok()?);
            nanos = nanos.checked_add(kept.parse::<i128>().ok()? * unit / scale)?;
        }
        rest = tail;
    }
    i64::try_from(if is_negative { -nanos } else { nanos }).ok()
}

/// Whole milliseconds of such a text, if it is not a time before now.
#[must_use]
pub fn milliseconds(text: &str) -> Option<u64> {
    u64::try_from(nanoseconds(text)?).ok().map(|nanoseconds| nanoseconds / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(milliseconds("15s"), Some(15_000));
        assert_eq!(milliseconds("1m30s"), Some(90_000));
        assert_eq!(milliseconds("500ms"), Some(500));
        assert_eq!(milliseconds("1.5s"), Some(1_500));
        assert_eq!(milliseconds("1.25m.5s"), Some(75_500));
        assert_eq!(milliseconds("1500us"), Some(1));
        assert_eq!(milliseconds("-1s"), None);
        assert_eq!(nanoseconds("-1.5h"), Some(-5_400_000_000_000));
        assert_eq!(nanoseconds("0"), Some(0));
        for text in ["", "15", "s", "1d", "$(X)", "1..5s", ".s", "+", "99999999999999999999s", "9999999h"] {
            assert_eq!(nanoseconds(text), None, "{text}");
        }
    }
}
