//! Numbers that prove themselves by a digit: of books, cards and people.

use super::all_digits;

fn without_spaces(text: &str) -> String {
    text.chars().filter(|letter| !matches!(letter, ' ' | '\t' | '\n' | '\x0c' | '\r' | '-')).collect()
}

fn digit(letter: char) -> u32 {
    letter.to_digit(10).unwrap_or_default()
}

pub(super) fn is_isbn10(text: &str) -> bool {
    let text = without_spaces(text);
    let Some((digits, check)) = text.split_at_checked(9) else { return false };
    if !all_digits(digits) || !(check == "X" || check.len() == 1 && all_digits(check)) {
        return false;
    }
    let sum: u32 = digits.chars().zip(1..).map(|(letter, place)| digit(letter) * place).sum();
    let check = if check == "X" { 10 } else { check.chars().next().map_or(0, digit) };
    (sum + 10 * check).is_multiple_of(11)
}

pub(super) fn is_isbn13(text: &str) -> bool {
    let text = without_spaces(text);
    if text.len() != 13 || !all_digits(&text) {
        return false;
    }
    let sum: u32 = text.chars().zip([1, 3].into_iter().cycle()).map(|(letter, factor)| digit(letter) * factor).sum();
    sum.is_multiple_of(10)
}

/// A number of one of the issuers, by Luhn's sum.
pub(super) fn is_card(text: &str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let starts = |ranges: &[std::ops::RangeInclusive<u32>], length: usize| {
        digits
            .get(..length)
            .and_then(|head| head.parse().ok())
            .is_some_and(|head: u32| ranges.iter().any(|r| r.contains(&head)))
    };
    let is_issued = match digits.len() {
        13 => starts(&[4..=4], 1),
        14 => starts(&[300..=305, 360..=369, 380..=389], 3),
        15 => starts(&[34..=34, 37..=37], 2) || starts(&[2131..=2131, 1800..=1800], 4),
        16 => starts(&[4..=4], 1) || starts(&[51..=55], 2) || starts(&[6011..=6011, 6500..=6599, 3500..=3599], 4),
        _ => false,
    };
    let doubled = |value: u32| if value > 9 { value - 9 } else { value };
    let sum: u32 = digits
        .chars()
        .rev()
        .map(digit)
        .zip([false, true].into_iter().cycle())
        .map(|(value, is_second)| if is_second { doubled(value * 2) } else { value })
        .sum();
    is_issued && sum.is_multiple_of(10)
}

/// Eleven bytes of three, two and four digits.
pub(super) fn is_social_security(text: &str) -> bool {
    let parts: Vec<&str> = text.split([' ', '-']).collect();
    text.len() == 11 && parts.iter().map(|part| part.len()).eq([3, 2, 4]) && parts.iter().all(|part| all_digits(part))
}
