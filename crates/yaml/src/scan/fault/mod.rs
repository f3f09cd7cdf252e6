//! What to say where text stops being YAML: the bytes at fault, the mechanism, and something to type.

mod indentation;
mod structure;
mod words;

use super::super::refusal::Refusal;
use super::super::source::Span;
use super::cursor::Cursor;

pub(super) use structure::*;
pub(super) use words::*;

/// Boxed, because results are passed on for every token and faults are rare.
pub(in super::super) type Fault = Box<Refusal>;

/// A message shows no more than this of a line, in bytes.
const LONGEST: usize = 120;

fn refuse(start: usize, end: usize, message: impl Into<String>) -> Refusal {
    Refusal::new(Span::new(start, end), message)
}

/// The character at `at`.
fn character_end(cursor: &Cursor<'_>, at: usize) -> usize {
    let next = cursor.slice(at, cursor.end()).chars().next();
    at + next.filter(|next| !matches!(next, '\n' | '\r')).map_or(0, char::len_utf8)
}

/// From `at` to the end of its line, comment and trailing space left out; the beginning of it if it is long.
fn rest_of_line<'src>(cursor: &Cursor<'src>, at: usize) -> &'src str {
    let line = cursor.slice(at, cursor.line_end(at));
    let line = line.find(" #").map_or(line, |comment| &line[..comment]);
    super::super::refusal::beginning(line.trim_end(), LONGEST)
}

/// The same, up to the next comma or bracket if brackets are open.
fn rest_of_value<'src>(cursor: &Cursor<'src>, at: usize, in_flow: bool) -> &'src str {
    let line = rest_of_line(cursor, at);
    if in_flow { line.split([',', ']', '}']).next().unwrap_or(line) } else { line }
}

/// The text in the quotes that need least escaping.
fn quoted(text: &str) -> String {
    if text.contains(['"', '\\']) { format!("'{}'", text.replace('\'', "''")) } else { format!("\"{text}\"") }
}

fn line_start(cursor: &Cursor<'_>, at: usize) -> usize {
    cursor.slice(0, at).rfind(['\n', '\r']).map_or(0, |found| found + 1)
}

/// By how many spaces the line of `at` is indented.
fn indentation(cursor: &Cursor<'_>, at: usize) -> usize {
    let start = line_start(cursor, at);
    let line = cursor.slice(start, cursor.end());
    line.len() - line.trim_start_matches(' ').len()
}

/// What to type instead of a text that lacks quotes.
fn quote_it(text: &str) -> String {
    if text.len() + 4 > LONGEST { "quote it".to_owned() } else { format!("quote it: {}", quoted(text)) }
}
