//! Quantities: `k8s.io/apimachinery/pkg/api/resource`.

use std::cmp::Ordering;

/// A number with an SI or binary suffix, in thousand-millionths. What exceeds the range is held at its end,
/// which no comparison of real manifests reaches.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quantity {
    nano: i128,
    format: Format,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Format {
    #[default]
    Decimal,
    Exponent,
    Binary,
}

const NANO: i128 = 1_000_000_000;

impl Quantity {
    /// A whole number.
    #[must_use]
    pub fn whole(value: i64) -> Self {
        Self { nano: i128::from(value) * NANO, format: Format::Decimal }
    }

    /// Reads a quantity that is written as a text or as a number.
    #[must_use]
    pub fn of_json(value: &serde_json::Value) -> Option<Self> {
        Self::parse(&value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    }

    /// Reads a quantity as `ParseQuantity` does. A sign or a suffix without digits is zero.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return None;
        }
        let (negative, rest) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        let whole_end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (whole, rest) = rest.split_at(whole_end);
        let (fraction, suffix) = match rest.strip_prefix('.') {
            Some(rest) => rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())),
            None => ("", rest),
        };
        // Only zeroes before the end: the server's reader returns before it looks for a fraction or suffix.
        let (scale, format) = if suffix.is_empty() { (Scale::Ten(0), Format::Decimal) } else { scale(suffix)? };
        let magnitude = magnitude(whole, fraction, scale);
        let magnitude = if format == Format::Binary { magnitude.min(i128::from(i64::MAX) * NANO) } else { magnitude };
        Some(Self { nano: if negative { -magnitude } else { magnitude }, format })
    }

    /// Below, at or above zero.
    #[must_use]
    pub fn sign(self) -> i32 {
        match self.nano.cmp(&0) {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        }
    }

    /// Thousand-millionths.
    pub(crate) fn nano(self) -> i128 {
        self.nano
    }

    /// Compares by value.
    #[must_use]
    pub fn compare(self, other: Self) -> Ordering {
        self.nano.cmp(&other.nano)
    }

    /// The sum.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { nano: self.nano.saturating_add(other.nano), format: self.format }
    }

    /// Thousandths, rounded away from zero.
    #[must_use]
    pub fn milli(self) -> i128 {
        div_away(self.nano, NANO / 1000)
    }

    /// Units, rounded away from zero.
    #[must_use]
    pub fn value(self) -> i128 {
        div_away(self.nano, NANO)
    }

    /// Whether it is a whole number to the precision of thousandths.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self.milli() % 1000 == 0
    }

    /// Whether the server writes it as one of 1, 1k … 1E, 1Ki … 1Ei.
    #[must_use]
    pub fn is_unit(self) -> bool {
        let power_of = |base: i128| {
            let mut power = NANO;
            (0..=6).any(|_| {
                let hit = power == self.nano;
                power = power.saturating_mul(base);
                hit
            })
        };
        match self.format {
            _ if self.nano == NANO => true,
            Format::Decimal => power_of(1000),
            Format::Binary => power_of(1024),
            Format::Exponent => false,
        }
    }

    /// Whether the server writes it as 1 or 1m.
    #[must_use]
    pub fn is_unit_or_milli(self) -> bool {
        self.nano == NANO || (self.nano == NANO / 1000 && self.format != Format::Exponent)
    }
}

#[derive(Clone, Copy)]
enum Scale {
    Ten(i32),
    Two(u32),
}

fn scale(suffix: &str) -> Option<(Scale, Format)> {
    let scale = match suffix {
        "n" => Scale::Ten(-9),
        "u" => Scale::Ten(-6),
        "m" => Scale::Ten(-3),
        "k" => Scale::Ten(3),
        "M" => Scale::Ten(6),
        "G" => Scale::Ten(9),
        "T" => Scale::Ten(12),
        "P" => Scale::Ten(15),
        "E" => Scale::Ten(18),
        "Ki" => Scale::Two(10),
        "Mi" => Scale::Two(20),
        "Gi" => Scale::Two(30),
        "Ti" => Scale::Two(40),
        "Pi" => Scale::Two(50),
        "Ei" => Scale::Two(60),
        _ => {
            let exponent = suffix.strip_prefix(['e', 'E'])?;
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            return Some((Scale::Ten(exponent.parse().ok()?), Format::Exponent));
        }
    };
    Some((scale, if matches!(scale, Scale::Two(_)) { Format::Binary } else { Format::Decimal }))
}

/// The powers of ten that fit.
const POWERS: [i128; 39] = {
    let mut powers = [1; 39];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

fn power_of_ten(power: u32) -> i128 {
    POWERS.get(power as usize).copied().unwrap_or(i128::MAX)
}

/// The absolute value in thousand-millionths, rounded up and held at the end of the range.
fn magnitude(whole: &str, fraction: &str, scale: Scale) -> i128 {
    let kept = &fraction[..fraction.len().min(18)];
    let mantissa = mantissa(whole.trim_start_matches('0'), kept);
    let places = i32::try_from(kept.len()).unwrap_or(18);
    let cut = fraction.bytes().skip(18).any(|byte| byte != b'0');
    let (mantissa, power) = match scale {
        Scale::Ten(exponent) => (mantissa, exponent.saturating_sub(places).saturating_add(9)),
        Scale::Two(shift) => (mantissa.saturating_mul(1_i128 << shift), 9 - places),
    };
    let shifted = if mantissa == 0 {
        0
    } else if power >= 0 {
        mantissa.saturating_mul(power_of_ten(power.unsigned_abs()))
    } else {
        let divisor = power_of_ten(power.unsigned_abs().min(38));
        mantissa / divisor + i128::from(mantissa % divisor != 0)
    };
    if cut && shifted == 0 { 1 } else { shifted }
}

/// The number of these digits, held at the end of the range.
fn mantissa(whole: &str, fraction: &str) -> i128 {
    let digits = || whole.bytes().chain(fraction.bytes()).map(|byte| byte - b'0');
    if whole.len() + fraction.len() <= 18 {
        return digits().fold(0_u64, |value, digit| value * 10 + u64::from(digit)).into();
    }
    digits().fold(0_i128, |value, digit| value.saturating_mul(10).saturating_add(digit.into()))
}

fn div_away(value: i128, divisor: i128) -> i128 {
    let quotient = value / divisor;
    if value % divisor == 0 { quotient } else { quotient + value.signum() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nano(text: &str) -> Option<i128> {
        Quantity::parse(text).map(|quantity| quantity.nano)
    }

    #[test]
    fn values() {
        for (text, value) in [
            ("1", NANO),
            ("0.5", NANO / 2),
            (".5", NANO / 2),
            ("1.", NANO),
            ("500m", NANO / 2),
            ("1k", 1000 * NANO),
            ("1Ki", 1024 * NANO),
            ("1.5Ki", 1536 * NANO),
            ("1e3", 1000 * NANO),
            ("1E3", 1000 * NANO),
            ("1E", 10_i128.pow(18) * NANO),
            ("-1", -NANO),
            ("+1", NANO),
            ("1e-3", NANO / 1000),
            ("5n", 5),
            ("0.1n", 1),
            ("-", 0),
            (".", 0),
            ("m", 0),
            ("00", 0),
            ("123456789012345678", 123_456_789_012_345_678 * NANO),
            ("1234567890123456789", 1_234_567_890_123_456_789 * NANO),
            ("1.000000000000000001", NANO + 1),
            ("1e30", i128::MAX),
            ("1e99", i128::MAX),
            ("0e99", 0),
            ("1e-99", 1),
            ("1Ei", i128::from(i64::MAX).min(1 << 60) * NANO),
        ] {
            assert_eq!(nano(text), Some(value), "{text}");
        }
        for text in ["", " ", "1 Gi", "1gi", "1KiB", "1e", "e", "1.5.2", "1,5", "0x1", "1mm", "Gi1", "1e1.5", "--1"] {
            assert_eq!(nano(text), None, "{text}");
        }
    }

    #[test]
    fn rounding_and_order() {
        let quantity = |text| Quantity::parse(text).unwrap();
        assert_eq!(quantity("1.5m").milli(), 2);
        assert_eq!(quantity("1500m").value(), 2);
        assert!(quantity("1.5Gi").is_whole() && !quantity("1.5").is_whole());
        assert_eq!(quantity("1Gi").compare(quantity("1G")), Ordering::Greater);
        assert!(quantity("1Ki").is_unit() && quantity("1k").is_unit() && !quantity("1024").is_unit());
        assert!(quantity("1m").is_unit_or_milli() && !quantity("2m").is_unit_or_milli());
    }
}
