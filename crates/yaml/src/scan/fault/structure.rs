//! Faults of structure: indentation, keys, dashes and brackets.

#![expect(clippy::unnecessary_box_returns, reason = "a fault is boxed where it is made and passed on as it is")]

use super::super::cursor::Cursor;
use super::indentation::{left_text, misplaced_line};
use super::{Fault, character_end, indentation, line_start, quote_it, quoted, refuse, rest_of_line, rest_of_value};
use crate::refusal::beginning;
use crate::source::Span;

/// The same for a value that is already, but wrongly, in quotes.
fn requoted(value: &str) -> String {
    let inner = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    quoted(inner.unwrap_or(value))
}

/// The key that the line of `at` begins with, as `key: `.
fn key_before<'src>(cursor: &Cursor<'src>, at: usize) -> Option<&'src str> {
    let line = cursor.slice(line_start(cursor, at), at);
    let line = line.trim_start_matches([' ', '-']);
    line.find(": ").map(|colon| &line[..colon + 2])
}

/// Whether only space is before `at` on its line.
fn begins_line(cursor: &Cursor<'_>, at: usize) -> bool {
    cursor.slice(line_start(cursor, at), at).trim_matches([' ', '-', '?']).is_empty()
}

/// Where the last line before `at` that is not blank begins; `at` begins a line.
fn line_above(cursor: &Cursor<'_>, at: usize) -> Option<usize> {
    let above = cursor.slice(0, at).trim_end();
    (!above.is_empty()).then(|| line_start(cursor, above.len()))
}

/// `a: - b`
pub(in super::super) fn list_on_line(cursor: &Cursor<'_>) -> Fault {
    let at = cursor.at;
    let text = rest_of_line(cursor, at);
    let refusal = refuse(at, at + 1, "a list cannot begin here");
    Box::new(if begins_line(cursor, at) {
        refusal.because("the value above has not ended").help("indent the dash as its neighbours")
    } else {
        refusal
            .because("`- ` begins a list, and a list begins on its own line")
            .help(format!("put `{text}` on the next line, or {}", quote_it(text)))
    })
}

/// `a: ? b`
pub(in super::super) fn question_mark(cursor: &Cursor<'_>) -> Fault {
    let text = rest_of_line(cursor, cursor.at);
    Box::new(refuse(cursor.at, cursor.at + 1, "`? ` begins a key, and none can begin here").help(quote_it(text)))
}

/// A `: ` where no key precedes it.
pub(in super::super) fn colon(cursor: &Cursor<'_>) -> Fault {
    let at = cursor.at;
    if key_before(cursor, at).is_some() {
        return Box::new(
            refuse(at, at + 1, "a second `: ` on one line")
                .because("what is before `: ` is a key, and a value cannot begin with a key on the same line")
                .help("quote the value"),
        );
    }
    let line = line_start(cursor, at);
    let key = cursor.slice(line, at).trim_start();
    let start = at - key.len();
    if let Some(above) = line_above(cursor, line)
        && indentation(cursor, above) == start - line
        && !cursor.slice(above, line).contains(':')
    {
        return missing_colon(cursor, above + (start - line));
    }
    Box::new(
        refuse(
            start,
            at,
            format!("`{}:` is indented as if it belonged to the value above", beginning(key.trim_end(), 40)),
        )
        .because("the line above already has a value, and text that is indented deeper goes on with it")
        .help("indent it as the key it is beside"),
    )
}

/// Text where only a key can be.
pub(in super::super) fn missing_colon(cursor: &Cursor<'_>, start: usize) -> Fault {
    if let Some(fault) = left_text(cursor, start).filter(|_| begins_line(cursor, start)) {
        return fault;
    }
    let text = rest_of_line(cursor, start);
    let refusal = refuse(start, start + text.len().max(1), "a key without `:`");
    if is_of_a_comment(cursor, start, text) {
        let refusal = refusal.because("in this column are the keys of a map, and comments are beside it");
        return Box::new(refusal.help("put `#` before it"));
    }
    Box::new(if text.contains(':') {
        refusal.because("a key is followed by `: `, with a space, on its own line").help("put a space after the colon")
    } else {
        refusal
            .because("in this column are the keys of a map")
            .help("write `key: value`, or indent the line if it continues the value above")
    })
}

/// Whether a line is among comments and lacks their sign: one is above it, and another below it or such as it begins with
/// no letter, as the lines of a box do.
fn is_of_a_comment(cursor: &Cursor<'_>, start: usize, text: &str) -> bool {
    let line = line_start(cursor, start);
    let is_comment = |line: &str| line.trim_start().starts_with('#');
    let above = cursor.slice(0, line).lines().next_back().unwrap_or_default();
    let end = cursor.slice(line, cursor.end()).find('\n').map_or(cursor.end(), |at| line + at + 1);
    let below = cursor.slice(end, cursor.end()).lines().next().unwrap_or_default();
    begins_line(cursor, start)
        && is_comment(above)
        && (is_comment(below) || text.starts_with(|first: char| !first.is_alphanumeric() && !first.is_ascii()))
}

/// A key of more than 1024 characters.
pub(in super::super) fn long_key(cursor: &Cursor<'_>, start: usize) -> Fault {
    // The beginning is enough to find it by.
    let shown: usize = cursor.slice(start, cursor.at).chars().take(40).map(char::len_utf8).sum();
    Box::new(
        refuse(start, start + shown, "a key of more than 1024 characters")
            .because("kubectl gives up looking for its `:`")
            .help("put `? ` before the key, and `: ` before its value on the next line"),
    )
}

/// Deeper than go-yaml goes.
pub(in super::super) fn too_deep(cursor: &Cursor<'_>) -> Fault {
    Box::new(
        refuse(cursor.at, cursor.at + 1, "nesting is deeper than 10000 levels")
            .because("kubectl does not read deeper nesting (limit depth, see `patterns explain limits`)"),
    )
}

/// Something in an open block collection that is not an entry of it. `last` is the token before it.
pub(in super::super) fn in_block(
    cursor: &Cursor<'_>,
    start: usize,
    last: Span,
    opened: Option<usize>,
    is_map: bool,
) -> Fault {
    let line = line_start(cursor, start);
    let (last_start, last_end) = (last.start as usize, last.end as usize);
    if begins_line(cursor, start) && line >= last_end {
        return misplaced_line(cursor, start, opened, is_map);
    }
    let quote = char::from(cursor.byte(last_start));
    if matches!(quote, '"' | '\'') && last_start < line {
        return Box::new(
            refuse(last_start, last_start + 1, format!("this `{quote}` is not closed on its line"))
                .because("the next quote, on a later line, closes it, and more text follows there")
                .help(format!("close it with `{quote}` where the text ends")),
        );
    }
    let value = match key_before(cursor, start) {
        Some(key) => {
            let key_start = line + cursor.slice(line, start).find(key).unwrap_or(0);
            rest_of_line(cursor, key_start + key.len())
        }
        None => rest_of_line(cursor, line),
    };
    if cursor.byte(last_start) == b'&' && cursor.byte(start) == b'*' {
        return Box::new(
            refuse(last_start, start + rest_of_line(cursor, start).len().max(1), "an alias cannot have an anchor")
                .because("an alias is a value that has its anchor elsewhere")
                .help(format!("write {} alone", rest_of_line(cursor, start).trim())),
        );
    }
    let is_closed = last_end > last_start && matches!(cursor.byte(last_end - 1), b'"' | b'\'' | b']' | b'}');
    // quotes would make a text of what is meant to be filled in
    let hole = hole_of(value.trim());
    Box::new(
        refuse(start, start + rest_of_line(cursor, start).len().max(1), "text after the end of a value")
            .because(if is_closed { "the closing quote or bracket ends the value" } else { "the value ends before it" })
            .help(match hole {
                Some(hole) => format!("write a value in the place of `{{{hole}}}`"),
                None => format!("remove it, or quote the whole value: {}", requoted(value.trim())),
            }),
    )
}

/// The name of a value in braces with which a value begins: `username` of `{username}/app`.
fn hole_of(value: &str) -> Option<&str> {
    let (inside, rest) = value.strip_prefix('{')?.split_once('}')?;
    let is_name = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.');
    (!inside.is_empty() && !rest.is_empty() && inside.chars().all(is_name)).then_some(inside)
}

/// Brackets, and no comma.
pub(in super::super) fn no_comma(cursor: &Cursor<'_>, here: Span, last: Span, opened: usize) -> Fault {
    let start = here.start as usize;
    let bracket = char::from(cursor.byte(opened));
    let closing = if bracket == '{' { '}' } else { ']' };
    let is_on_later_line = line_start(cursor, start) > opened;
    let is_end = start >= cursor.end() || cursor.slice(start, cursor.end()).trim().is_empty();
    if is_end || (is_on_later_line && indentation(cursor, start) <= indentation(cursor, opened)) {
        return unclosed_bracket(bracket, closing, opened);
    }
    let end = (here.end as usize).max(character_end(cursor, start));
    let last_start = last.start as usize;
    if cursor.byte(start) == b':' && last_start >= opened && last_start < line_start(cursor, start) {
        // Without the comma, the key on this line became part of the text before it.
        let end = last_start + rest_of_line(cursor, last_start).len();
        return Box::new(
            refuse(last_start, end, format!("expected `,` or `{closing}` after this"))
                .because("without it the value continues on the next line")
                .help("end the line with `,`"),
        );
    }
    if cursor.byte(start) == b'{' && start > 0 && cursor.byte(start - 1) == b'$' {
        let text = format!("{}}}", rest_of_value(cursor, start - 1, true));
        return Box::new(
            refuse(start - 1, end, "`{` begins a map here, and `$` does not change that").help(quote_it(&text)),
        );
    }
    Box::new(
        refuse(start, end, format!("expected `,` or `{closing}` before this"))
            .help(format!("separate entries with `,`, or quote text that contains `{bracket}`, `{closing}` or `: `")),
    )
}

fn unclosed_bracket(bracket: char, closing: char, opened: usize) -> Fault {
    Box::new(
        refuse(opened, opened + 1, format!("this `{bracket}` is never closed"))
            .help(format!("close it with `{closing}`, or quote the value if the bracket is text")),
    )
}

/// A place where a value must be, and none is.
pub(in super::super) fn no_value(cursor: &Cursor<'_>, here: Span, opened: Option<usize>) -> Fault {
    let start = here.start as usize;
    let end = (here.end as usize).max(character_end(cursor, start));
    let bracket = opened.map(|at| (at, cursor.byte(at)));
    if let (true, Some((at, sign @ (b'[' | b'{')))) = (cursor.slice(start, cursor.end()).trim().is_empty(), bracket) {
        return unclosed_bracket(char::from(sign), if sign == b'{' { '}' } else { ']' }, at);
    }
    let text = cursor.slice(start, end);
    if let (Some((_, b'[')), "}") | (Some((_, b'{')), "]") = (bracket, text) {
        let (opened, closing) = if text == "}" { ('[', ']') } else { ('{', '}') };
        return Box::new(
            refuse(start, end, format!("expected `{closing}` before this"))
                .help(format!("close the `{opened}` with `{closing}`, or quote the value if the bracket is text")),
        );
    }
    let refusal = match text {
        "..." => refuse(start, end, "`...` ends a document, but none is open here"),
        "" | "---" => refuse(start, end, "a document cannot begin here"),
        _ => refuse(start, end, format!("expected a value before `{text}`")),
    };
    Box::new(match text {
        "..." => refusal.help("remove the line"),
        "," => refusal.help("remove the comma, or write the value"),
        _ => refusal.help(quote_it(rest_of_line(cursor, start))),
    })
}

/// More was asked for than there is.
pub(in super::super) fn at_end(cursor: &Cursor<'_>) -> Fault {
    Box::new(refuse(cursor.end(), cursor.end(), "the document ends too early"))
}
