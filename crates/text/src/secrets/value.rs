//! The value behind a `=` or `:`: in quotes, up to the end of a word or line, on more lines, or on the lines below.

use std::ops::Range;

use super::assigned::floor;

/// A separator, and what is known of the name before it.
pub(super) struct Place {
    /// Where the separator is.
    pub at: usize,
    /// Whether spaces may be behind it.
    pub may_have_room: bool,
    /// Whether the value is all of the line.
    pub is_whole_line: bool,
    /// Where the name begins of a value that may be below it, as in YAML, and the most bytes of that.
    pub name: Option<(usize, usize)>,
}

/// The value behind a separator, without its quotes.
pub(super) fn behind(text: &str, place: &Place) -> Option<Range<usize>> {
    let mut rest = &text[place.at + 1..];
    if place.may_have_room {
        rest = rest.trim_start_matches([' ', '\t']);
    }
    let start = text.len() - rest.len();
    if let Some((name, most)) = place.name
        && let Some((line, is_block)) = end_of_head(text, start)
    {
        return below(&text[..floor(text, line.saturating_add(most).min(text.len()))], name, line, is_block);
    }
    match opening(rest) {
        Some(quotes) => in_quotes(text, start, quotes),
        None => plain(text, start, place.is_whole_line),
    }
}

/// So near are the second quotes of a text in two of them.
const NEAR: usize = 1024;

/// The quotes that a text begins with: one, three as in TOML and Python, or two where the text itself is in single quotes
/// of YAML, each with a `\` before it where the text is in double quotes.
fn opening(rest: &str) -> Option<&str> {
    const QUOTES: [&str; 7] = ["\"\"\"", "'''", "\\\"\\\"\\\"", "\\\"", "\\'", "\"", "'"];
    let is_doubled = rest.strip_prefix("''").is_some_and(|inside| {
        let near = &inside[..floor(inside, inside.len().min(NEAR))];
        let line = near.split('\n').next().unwrap_or_default();
        inside.starts_with(|first: char| first.is_ascii_alphanumeric()) && line.contains("''")
    });
    if is_doubled {
        return Some("''");
    }
    QUOTES.into_iter().find(|quotes| rest.starts_with(quotes))
}

fn in_quotes(text: &str, start: usize, quotes: &str) -> Option<Range<usize>> {
    let start = start + quotes.len();
    let end = end_of_quoted(&text[start..], quotes, quotes == "\"");
    (end > 0).then(|| start..start + end)
}

fn end_of_quoted(inside: &str, close: &str, has_escapes: bool) -> usize {
    if !has_escapes {
        return inside.find(close).unwrap_or(inside.len());
    }
    let mut is_escaped = false;
    for (at, letter) in inside.char_indices() {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at,
            _ => {}
        }
    }
    inside.len()
}

/// What is not in quotes, with the lines that it goes on in behind a `\`.
fn plain(text: &str, start: usize, is_whole_line: bool) -> Option<Range<usize>> {
    let rest = &text[start..];
    let is_end = |letter: char| {
        if is_whole_line {
            letter == '\n' || letter == '\r'
        } else {
            letter.is_whitespace() || "&;,\"'`|)}\\<>".contains(letter)
        }
    };
    let value = rest.find(is_end).map_or(rest, |end| &rest[..end]).trim_end();
    if value.starts_with("# ") {
        return None;
    }
    // a comment, and the quote around all of it
    let value = value.split(" #").next().unwrap_or(value).trim_end_matches([' ', '"', '\'', ',', '}']);
    let mut range = start..start + value.trim_end_matches('\\').len();
    while let Some(next) = next_line(text, range.end) {
        let word = text[next..].split(is_end).next().unwrap_or_default().trim_end().trim_end_matches('\\');
        if word.is_empty() || word.starts_with('-') {
            break;
        }
        range = (if range.is_empty() { next } else { range.start })..next + word.len();
    }
    (!range.is_empty()).then_some(range)
}

/// Where the next line begins, if a `\` makes it part of this one.
fn next_line(text: &str, at: usize) -> Option<usize> {
    let behind = text[at..].strip_prefix('\\')?.trim_start_matches('\\');
    let line = behind.trim_start_matches([' ', '\r']).strip_prefix('\n')?;
    Some(text.len() - line.trim_start_matches([' ', '\t']).len())
}

/// The end of a line that has nothing but the sign of a text below it (`|-`, `>`), and whether it has that.
fn end_of_head(text: &str, start: usize) -> Option<(usize, bool)> {
    let rest = &text[start..];
    let block = rest.strip_prefix(['|', '>']);
    let is_of_block = |sign: char| matches!(sign, '+' | '-') || sign.is_ascii_digit();
    let behind = block.map_or(rest, |behind| behind.trim_start_matches(is_of_block));
    let behind = behind.trim_start_matches([' ', '\t', '\r']);
    let behind = if behind.starts_with('#') { &behind[behind.find('\n')?..] } else { behind };
    behind.starts_with('\n').then(|| (text.len() - behind.len(), block.is_some()))
}

/// The lines below a name that are indented more: all of a text, else a single word. Maps name what is in them themselves.
fn below(text: &str, name: usize, line: usize, is_block: bool) -> Option<Range<usize>> {
    let column = column(text, name);
    let mut found: Option<Range<usize>> = None;
    let mut at = line + 1;
    for line in text[at..].split_inclusive('\n') {
        let inside = line.trim();
        let start = at + (line.len() - line.trim_start().len());
        at += line.len();
        if inside.is_empty() {
            continue;
        }
        if line.len() - line.trim_start_matches(' ').len() <= column {
            break;
        }
        let start = found.as_ref().map_or(start, |found| found.start);
        found = Some(start..at - (line.len() - line.trim_end().len()));
        if !is_block {
            break;
        }
    }
    let range = found?;
    let value = &text[range.clone()];
    if is_block {
        // the quote around all of it
        return Some(range.start..range.start + value.trim_end_matches(['"', '\'']).len());
    }
    if let Some(quotes) = opening(value) {
        let inside = in_quotes(text, range.start, quotes)?;
        // else it is a name itself
        let behind = text.get(inside.end + quotes.len()..).unwrap_or_default();
        return (!behind.trim_start_matches(' ').starts_with(':')).then_some(inside);
    }
    let word = value.trim_end_matches(['"', '\'']);
    let is_word =
        !word.contains(char::is_whitespace) && !word.ends_with(':') && !word.starts_with(['-', '#', '&', '*']);
    is_word.then(|| range.start..range.start + word.len())
}

/// The farthest that a name is indented.
const FARTHEST: usize = 80;

/// How far a name is indented, the quote before the first line of a text left out.
fn column(text: &str, name: usize) -> usize {
    let before = &text.as_bytes()[name.saturating_sub(FARTHEST)..name];
    let line = memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
    before[line..].iter().filter(|byte| !matches!(byte, b'"' | b'\'')).count()
}
