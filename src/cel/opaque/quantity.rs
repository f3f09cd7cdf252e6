//! Quantities: `k8s.io/apimachinery/pkg/api/resource`.

use std::cmp::Ordering;

/// A quantity in thousand-millionths.
#[derive(Clone, Copy, Debug)]
pub struct Quantity {
    nano: i128,
    format: Format,
    /// The power of ten of its last digit, where the server holds it as a 64-bit number.
    scale: Option<i32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Decimal,
    Exponent,
    Binary,
}

const NANO: i128 = 1_000_000_000;

/// Digits of a 64-bit number that are always exact.
const DIGITS: usize = 18;

impl Quantity {
    /// `ParseQuantity`
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let parsed = crate::go::Quantity::parse(text)?;
        let nano = parsed.nano();
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let end = unsigned.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits = whole.trim_start_matches('0').len() + fraction.len();
        let power = |power: i32| (Format::Decimal, Some(power));
        let (format, exponent) = match suffix {
            "n" => power(-9),
            "u" => power(-6),
            "m" => power(-3),
            "" => power(0),
            "k" => power(3),
            "M" => power(6),
            "G" => power(9),
            "T" => power(12),
            "P" => power(15),
            "E" => power(18),
            _ if suffix.ends_with('i') => (Format::Binary, None),
            _ => (Format::Exponent, suffix[1..].parse::<i32>().ok()),
        };
        let places = i32::try_from(fraction.len()).unwrap_or(i32::MAX);
        let scale = match exponent {
            Some(exponent) => {
                let scale = exponent.saturating_sub(places);
                (digits <= DIGITS && scale >= -9).then_some(scale)
            }
            None => (fraction.is_empty() && nano < i128::from(i64::MAX) * NANO).then_some(0),
        };
        Some(Self { nano, format, scale })
    }

    /// A number as the server adds it to a quantity.
    #[must_use]
    pub fn of_int(value: i64) -> Self {
        Self { nano: i128::from(value) * NANO, format: Format::Exponent, scale: Some(0) }
    }

    /// Compares by value.
    #[must_use]
    pub fn compare(self, other: Self) -> Ordering {
        self.nano.cmp(&other.nano)
    }

    /// Minus one, nothing or one.
    #[must_use]
    pub fn sign(self) -> i64 {
        match self.nano.cmp(&0) {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        }
    }

    /// `AsApproximateFloat64`
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "the server approximates too")]
    pub fn approximate(self) -> f64 {
        self.nano as f64 / NANO as f64
    }

    /// `AsInt64`
    #[must_use]
    pub fn whole(self) -> Option<i64> {
        self.scale.filter(|scale| *scale >= 0)?;
        i64::try_from(self.nano / NANO).ok().filter(|_| self.nano % NANO == 0)
    }

    /// The sum, or with the sign -1 the difference.
    #[must_use]
    pub fn plus(self, other: Self, sign: i128) -> Self {
        let scale = self.scale.zip(other.scale).map(|(a, b)| a.min(b));
        let format = if self.nano == 0 { other.format } else { self.format };
        Self { nano: self.nano.saturating_add(other.nano.saturating_mul(sign)), format, scale }
    }

    /// As the server writes it back: `CanonicalizeBytes`.
    #[must_use]
    pub fn canonical(self) -> String {
        let sign = if self.nano < 0 { "-" } else { "" };
        let nano = self.nano.unsigned_abs();
        if nano == 0 {
            return "0".to_owned();
        }
        let thousand_nano = NANO.unsigned_abs();
        if self.format == Format::Binary && nano >= 1024 * thousand_nano {
            let mut whole = nano.div_ceil(thousand_nano);
            let mut power = 0;
            while whole.is_multiple_of(1024) && power < 6 {
                whole /= 1024;
                power += 1;
            }
            return format!("{sign}{whole}{}", ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][power]);
        }
        let (mut mantissa, mut power) = (nano, 0);
        while mantissa.is_multiple_of(1000) && power < 9 {
            mantissa /= 1000;
            power += 1;
        }
        if self.format == Format::Exponent {
            let exponent = power * 3 - 9;
            return if exponent == 0 { format!("{sign}{mantissa}") } else { format!("{sign}{mantissa}e{exponent}") };
        }
        let suffix = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"].get(usize::try_from(power).unwrap_or(0));
        format!("{sign}{mantissa}{}", suffix.unwrap_or(&""))
    }
}
