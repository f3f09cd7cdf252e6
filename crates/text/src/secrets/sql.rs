//! Passwords in statements of SQL: `IDENTIFIED BY '…'`, `WITH PASSWORD '…'`, `SET PASSWORD FOR … = '…'`.

use std::ops::Range;

use super::assigned::{floor, is_literal};
use super::is_plain;
use super::marks::Marks;

/// Words before a password.
static WORDS: Marks<5> = Marks::new([b"IDENTIFIED ", b"Identified ", b"identified ", b"PASSWORD", b"password"]);
/// The first of those that say themselves what is behind them.
const PASSWORD: usize = 3;

/// Bytes of a statement that are looked at on both sides of such a word.
const NEAR: usize = 160;
/// The longest password, with what is escaped in it.
const LONGEST: usize = 1024;

/// Finds them.
pub(super) fn find(text: &str, found: &mut Vec<Range<usize>>) {
    for number in WORDS.of(text).numbers() {
        for at in WORDS.places(text, number) {
            let behind = at + WORDS.mark(number).len();
            let near = || &text[behind..floor(text, (behind + NEAR).min(text.len()))];
            let secret = match (number, text.as_bytes().get(behind)) {
                (..PASSWORD, _) => identified(text, at, behind, near()),
                (_, Some(b'(')) => quoted(text, behind + 1),
                (_, Some(b' ' | b'\t' | b'\n' | b'\r')) => of_password(text, at, behind, near()),
                _ => None,
            };
            let secret = secret.filter(|range| is_plain(&text[range.clone()]) && is_literal(&text[range.clone()]));
            found.extend(secret);
        }
    }
}

/// What is behind `IDENTIFIED`: `BY '…'`, `WITH plugin BY '…'`, `WITH plugin AS '…'`, `BY PASSWORD '…'`.
fn identified(text: &str, at: usize, behind: usize, near: &str) -> Option<Range<usize>> {
    const BEFORE: [&str; 3] = ["by", "as", "using"];
    let mut start = 0;
    for word in near.split([' ', '\n', '\t']).take(6) {
        let end = start + word.len();
        if BEFORE.iter().any(|before| word.eq_ignore_ascii_case(before)) {
            let next = near[end..].trim_start();
            let next = next.get(..9).filter(|word| word.eq_ignore_ascii_case("password ")).map_or(next, |_| &next[9..]);
            let start = behind + near.len() - next.len();
            return quoted(text, start)
                .or_else(|| (is_of_user(text, at) && !next.starts_with('\'')).then(|| bare(text, start))?);
        }
        start = end + 1;
    }
    None
}

/// What is behind `PASSWORD`: `'…'`, or `FOR name = '…'`.
fn of_password(text: &str, at: usize, behind: usize, near: &str) -> Option<Range<usize>> {
    let near = near.trim_start();
    let is_for = near.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("for "));
    if is_for {
        let line = near.split(['\n', ';']).next().unwrap_or_default();
        let start = text.len() - text[behind..].trim_start().len();
        return quoted(text, start + line.find('=')? + 1);
    }
    let is_quoted = near.starts_with(['\'', '\\']);
    let find = if near.starts_with('$') { in_dollars } else { quoted };
    ((is_quoted || near.starts_with('$')) && is_of_user(text, at)).then(|| find(text, behind))?
}

/// What is between dollars from there on, as PostgreSQL takes it: `$$…$$`, `$tag$…$tag$`.
fn in_dollars(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = text[at..].trim_start();
    let inside = rest.strip_prefix('$')?;
    let tag = inside.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')?;
    let close = inside[tag..].starts_with('$').then(|| &rest[..tag + 2])?;
    let start = text.len() - rest.len() + close.len();
    let inside = text[start..].lines().next().unwrap_or_default();
    let inside = &inside[..floor(inside, inside.len().min(LONGEST))];
    let end = inside.find(close).filter(|end| *end > 0)?;
    Some(start..start + end)
}

/// Whether the words before belong to a statement about users.
fn is_of_user(text: &str, at: usize) -> bool {
    const WORDS: [&str; 6] = ["user", "role", "with", "login", "encrypted", "grant"];
    let before = text[floor(text, at.saturating_sub(NEAR))..at].to_ascii_lowercase();
    WORDS.iter().any(|word| before.contains(word))
}

/// What is in quotes from there on: those of the statement, with what the text around it has before or behind them.
fn quoted(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = text[at..].trim_start();
    let start = text.len() - rest.len();
    let inside = rest.trim_start_matches(['\'', '"', '\\']);
    let quotes = &rest[..rest.len() - inside.len()];
    let quote = quotes.chars().next_back().filter(|_| quotes.len() <= 6)?;
    let inside = &inside[..floor(inside, inside.len().min(LONGEST))];
    // an empty one
    if quotes.len() == 2 && !inside.starts_with(char::is_alphanumeric) {
        return None;
    }
    let mut end = 0;
    loop {
        end += inside[end..].find(quotes)?;
        let is_escaped = quotes.len() == 1 && inside[..end].ends_with('\\');
        let is_doubled = quotes.len() == 1 && inside[end + 1..].starts_with(quote);
        if !is_escaped && !is_doubled {
            break;
        }
        end += 1 + usize::from(is_doubled);
    }
    let start = start + quotes.len();
    Some(start..start + end)
}

/// A word without quotes, as Oracle takes it.
fn bare(text: &str, at: usize) -> Option<Range<usize>> {
    let word = text[at..].split(|letter: char| letter.is_whitespace() || ";,\"'\\)".contains(letter)).next()?;
    (word.len() > 3).then(|| at..at + word.len())
}
