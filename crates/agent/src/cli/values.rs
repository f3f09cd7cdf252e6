//! Values as Kubernetes users write them.

use std::time::Duration;

/// Times as Kubernetes users write them: `500ms`, `15s`, `1h30m`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let duration =
        humantime::parse_duration(text).map_err(|error| format!("{error}; write it like 500ms, 15s or 1h30m"))?;
    // A year is longer than any of these times means; beyond that, clock arithmetic could overflow.
    if duration > Duration::from_secs(366 * 24 * 3600) { Err("longer than a year".to_owned()) } else { Ok(duration) }
}

/// Sizes as Kubernetes users write them: `1Mi`, `500k`, `4096`.
pub fn bytes(text: &str) -> Result<usize, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor: usize = match unit {
        "" => 1,
        "k" => 1000,
        "Ki" => 1 << 10,
        "M" => 1_000_000,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        _ => return Err("write it like 4096, 512Ki or 1Mi".to_owned()),
    };
    let number: usize = number.parse().map_err(|_| "write it like 4096, 512Ki or 1Mi".to_owned())?;
    number.checked_mul(factor).filter(|bytes| *bytes > 0).ok_or_else(|| "out of range".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{bytes, duration};

    #[test]
    fn times_and_sizes() {
        assert_eq!(duration("1h30m").unwrap().as_secs(), 5400);
        assert_eq!(duration("500ms").unwrap().as_millis(), 500);
        assert!(duration("15").unwrap_err().contains("15s"));
        assert!(duration("9999h").is_err());
        assert_eq!((bytes("1Mi"), bytes("4096"), bytes("2k")), (Ok(1 << 20), Ok(4096), Ok(2000)));
        assert!(bytes("0").is_err() && bytes("1Zi").is_err() && bytes("99999999999Gi").is_err());
    }
}
