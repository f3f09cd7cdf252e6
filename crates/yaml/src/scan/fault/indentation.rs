//! Lines that fit nothing above them, because of their indentation or their form.

#![expect(clippy::unnecessary_box_returns, reason = "a fault is boxed where it is made and passed on as it is")]

use super::super::cursor::Cursor;
use super::{Fault, indentation, line_start, refuse, rest_of_line};
use crate::refusal::beginning;

/// So many lines above are looked at for what may be meant.
const NEAR: usize = 1000;

/// A line above that is not blank.
#[derive(Clone, Copy)]
struct Line<'src> {
    start: usize,
    /// The spaces before its text.
    column: usize,
    /// Without them, and without space at its end.
    text: &'src str,
}

impl<'src> Line<'src> {
    fn is_comment(self) -> bool {
        self.text.starts_with('#')
    }

    /// Its key if it begins a text with `|` or `>`: that of `notes: |`, and `-` for `- |`.
    fn key_of_text(self) -> Option<&'src str> {
        let header = self.text.rsplit_once(' ').filter(|(_, mark)| {
            mark.starts_with(['|', '>']) && mark[1..].trim_matches(['+', '-']).chars().all(|c| c.is_ascii_digit())
        });
        let (before, _) = header?;
        let before = before.trim_end();
        match before.strip_suffix(':') {
            Some(key) => Some(key.trim_start_matches(['-', ' '])),
            None => before.ends_with('-').then_some("-"),
        }
    }

    /// The columns of its dashes, and that of its key.
    fn columns(self) -> (Vec<usize>, Option<usize>) {
        let (mut dashes, mut column, mut rest) = (Vec::new(), self.column, self.text);
        while rest == "-" || rest.starts_with("- ") {
            dashes.push(column);
            let after = rest[1..].trim_start_matches(' ');
            column += rest.len() - after.len();
            rest = after;
        }
        let is_key = rest.ends_with(':') || rest.contains(": ");
        (dashes, is_key.then_some(column))
    }
}

/// The lines above the one that begins at `at`, nearest first, up to the beginning of the document.
fn lines_above<'src>(cursor: &Cursor<'src>, at: usize) -> impl Iterator<Item = Line<'src>> {
    let mut end = at;
    let lines = std::iter::from_fn(move || {
        let above = cursor.slice(0, end);
        let line_end = above.trim_end_matches(['\n', '\r']).len();
        if end == 0 {
            return None;
        }
        let start = if line_end == 0 { 0 } else { line_start(cursor, line_end) };
        end = start;
        let text = cursor.slice(start, line_end);
        Some(Line { start, column: text.len() - text.trim_start_matches(' ').len(), text: text.trim() })
    });
    lines.take(NEAR).take_while(|line| !line.text.starts_with("---")).filter(|line| !line.text.is_empty())
}

/// A line whose indentation or form fits nothing above.
pub(super) fn misplaced_line(cursor: &Cursor<'_>, start: usize, opened: Option<usize>, is_map: bool) -> Fault {
    let text = rest_of_line(cursor, start);
    let end = start + text.len().max(1);
    let is_entry = text == "-" || text.starts_with("- ");
    let found = indentation(cursor, start);
    let wanted = opened.map_or(0, |opened| cursor.slice(line_start(cursor, opened), opened).chars().count());
    if found == wanted {
        return Box::new(match (is_map, is_entry) {
            (true, true) => refuse(start, end, "a dash in the column of a map's keys")
                .because("the key above already has a value, otherwise this list would be its value")
                .help("indent the list under its key"),
            (true, false) => refuse(start, end, "this is not a key, and it is in the column of a map's keys")
                .help("write `key: value`, or indent the line if it continues the value above"),
            (false, _) => refuse(start, end, "a line without a dash in the column of a list's dashes")
                .because("everything in the column of a list's dashes is an entry of the list")
                .help("start the line with `- `, or indent it under the entry above"),
        });
    }
    if let Some(fault) =
        left_text(cursor, start).or_else(|| ended_text(cursor, start, found)).or_else(|| mark_in_text(cursor, start))
    {
        return fault;
    }
    let what = if is_entry { "dash" } else { "key" };
    let spaces = |count: usize| if count == 1 { "1 space".to_owned() } else { format!("{count} spaces") };
    let indent = |column: &usize| match column {
        0 => "do not indent it".to_owned(),
        _ => format!("indent it by {}", spaces(*column)),
    };
    let near: Vec<String> = nearest_columns(cursor, start, found, is_entry).iter().map(indent).collect();
    let help = if near.is_empty() { indent(&wanted) } else { near.join(", or ") };
    Box::new(
        refuse(start, end, format!("this line is indented by {}, but no {what} above it is", spaces(found)))
            .because("indentation decides which map or list a line belongs to, and this one matches none")
            .help(help),
    )
}

/// The columns in which a line could begin to fit what is open above it, as near as possible to the one where it begins.
fn nearest_columns(cursor: &Cursor<'_>, start: usize, found: usize, is_entry: bool) -> Vec<usize> {
    let mut open: Vec<usize> = Vec::new();
    let mut limit = usize::MAX;
    for (nth, line) in lines_above(cursor, line_start(cursor, start)).filter(|line| !line.is_comment()).enumerate() {
        if line.column >= limit {
            continue;
        }
        let (dashes, key) = line.columns();
        // What is indented deeper than the key of a text is the text.
        if line.key_of_text().is_some() {
            let own = key.or(dashes.last().copied()).unwrap_or(line.column);
            open.retain(|column| *column <= own);
        }
        // A list may begin in the column of its key.
        let is_waiting = nth == 0 && is_entry && line.text.ends_with(':');
        let columns = dashes.iter().copied().filter(|_| is_entry).chain(key.filter(|_| !is_entry || is_waiting));
        open.extend(columns.filter(|column| *column < limit));
        limit = line.column;
        if limit == 0 {
            break;
        }
    }
    let Some(least) = open.iter().map(|column| column.abs_diff(found)).min() else { return Vec::new() };
    open.retain(|column| column.abs_diff(found) == least);
    open.sort_unstable();
    open.dedup();
    open
}

/// A line of a here-document in a text, which is indented less than the text and so ends it.
pub(super) fn left_text(cursor: &Cursor<'_>, start: usize) -> Option<Fault> {
    // Nearest first.
    let mut below: Vec<Line<'_>> = Vec::new();
    let mut lines = lines_above(cursor, line_start(cursor, start));
    let key = loop {
        let line = lines.next()?;
        match line.key_of_text() {
            Some(key) if below.iter().all(|below| below.column > line.column) => break key,
            _ => below.push(line),
        }
    };
    let first = below.last()?;
    if indentation(cursor, start) >= first.column || below.iter().any(|line| line.column < first.column) {
        return None;
    }
    let words = below.iter().enumerate().filter_map(|(at, line)| Some((at, end_of_document(line.text)?)));
    let mut open = words.filter(|(at, word)| !below[..*at].iter().any(|line| line.text == *word));
    let (_, word) = open.next()?;
    let of = if key == "-" { String::new() } else { format!(" of `{}`", beginning(key, 60)) };
    let number = cursor.slice(0, first.start).matches('\n').count() + 1;
    let text = rest_of_line(cursor, start);
    let fault =
        refuse(start, start + text.len().max(1), format!("this line ends the text{of} that begins at line {number}"))
            .because(
                "the first line that is indented less than a text ends it, even within a here-document of a script",
            )
            .help(format!(
                "indent all lines up to `{}` by {} spaces like the text: the script does not see these spaces",
                beginning(word, 40),
                first.column
            ));
    Some(Box::new(fault))
}

/// The word that ends the here-document which a line of a script begins: `EOF` of `cat <<'EOF' > a`.
fn end_of_document(line: &str) -> Option<&str> {
    let (_, rest) = line.rsplit_once("<<")?;
    let rest = rest.trim_start_matches(['-', '~', ' ']).trim_start_matches(['\'', '"', '\\']);
    let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(rest.len());
    (rest.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')).then_some(&rest[..end])
}

/// A comment that ends a text early: it is indented less than the text, and what follows is meant to go on with it.
fn ended_text(cursor: &Cursor<'_>, start: usize, found: usize) -> Option<Fault> {
    let mut lines = lines_above(cursor, line_start(cursor, start));
    // Nearest first.
    let mut below: Vec<Line<'_>> = Vec::new();
    let key = loop {
        let line = lines.next()?;
        match line.key_of_text() {
            Some(key) if below.iter().all(|below| below.is_comment() || below.column > line.column) => break key,
            _ => below.push(line),
        }
    };
    let own = below.last()?.column;
    let last = below.iter().rposition(|line| line.column < own)?;
    let comment = below[last];
    if found < own || !below[..=last].iter().all(|line| line.is_comment()) {
        return None;
    }
    let begin = comment.start + comment.column;
    let of = if key == "-" { String::new() } else { format!(" of `{}`", beginning(key, 60)) };
    let fault = refuse(begin, begin + comment.text.len(), format!("this comment ends the text{of}"))
        .because("the first line that is indented less than a text ends it, even a comment")
        .help(format!("indent the comment by {own} spaces like the text: it is then a part of it"));
    Some(Box::new(fault))
}

/// A `|` or `>` at the end of a text, where it begins none.
fn mark_in_text(cursor: &Cursor<'_>, start: usize) -> Option<Fault> {
    let line = lines_above(cursor, line_start(cursor, start)).find(|line| !line.is_comment())?;
    let mark = line.text.chars().next_back().filter(|last| matches!(last, '|' | '>'))?;
    let is_apart = line.text.len() == 1 || line.text[..line.text.len() - 1].ends_with([' ', '|', '>']);
    if is_apart {
        return None;
    }
    let end = line.start + line.column + line.text.len();
    let fault = refuse(end - 1, end, format!("this `{mark}` is the end of a text, and begins none"))
        .because("it begins a block of text only in the place of a value")
        .help(format!(
            "write `{mark}` alone, as in `key: {mark}` or `- {mark}`, and the first line of the text below it"
        ));
    Some(Box::new(fault))
}
