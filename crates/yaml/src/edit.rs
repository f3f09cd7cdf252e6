//! Changes to a document as edits of its bytes: comments, order, quotes and everything else stay as they are.
//!
//! Each function answers `None` where the way the document is written leaves no edit that is surely right:
//! then there is no fix, only the finding.

mod lines;
#[cfg(test)]
mod tests;

use super::scalar::{Resolved, resolve_plain};
use super::source::Span;
use super::tree::{Document, Entry, NodeId, Style};

/// Replaces bytes of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The bytes to replace; empty to insert.
    pub span: Span,
    /// What takes their place.
    pub replacement: String,
}

impl Edit {
    /// Puts `text` at a place.
    #[must_use]
    pub fn insert(at: usize, text: impl Into<String>) -> Self {
        Self { span: Span::empty(at), replacement: text.into() }
    }

    /// Puts `text` where `span` was.
    #[must_use]
    pub fn replace(span: Span, text: impl Into<String>) -> Self {
        Self { span, replacement: text.into() }
    }
}

/// The text after edits that do not overlap, whatever their order.
#[must_use]
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| edit.span);
    let mut out = String::with_capacity(text.len() + edits.iter().map(|edit| edit.replacement.len()).sum::<usize>());
    let mut at = 0;
    for edit in sorted {
        let range = edit.span.range();
        if range.start < at {
            continue;
        }
        out.push_str(text.get(at..range.start).unwrap_or_default());
        out.push_str(&edit.replacement);
        at = range.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// Writes another scalar where a scalar is: a number, a boolean, or a text in quotes.
#[must_use]
pub fn scalar(document: &Document, node: NodeId, text: &str) -> Option<Edit> {
    is_bare(document, node).then(|| Edit::replace(document.span(node), text))
}

/// Writes a text where a scalar is, in the quotes that are there or that it needs.
#[must_use]
pub fn text(document: &Document, node: NodeId, text: &str) -> Option<Edit> {
    let is_quoted = document.style(node) != Style::Plain || is_json(document);
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._/".contains(&byte));
    match document.style(node) {
        // such a text needs no escape in quotes of either kind
        Style::SingleQuoted if is_plain => scalar(document, node, &format!("'{text}'")),
        _ => scalar(document, node, &string(text, is_quoted)),
    }
}

/// Whether a scalar is written in its line, without a tag, which would say what another value is, too, and without an
/// anchor, which would change it in other places.
#[must_use]
pub fn is_bare(document: &Document, node: NodeId) -> bool {
    let is_inline = matches!(document.style(node), Style::Plain | Style::SingleQuoted | Style::DoubleQuoted);
    let span = document.span(node).range();
    let before = document.source.text[..span.start].trim_end();
    let last = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    is_inline && !span.is_empty() && !last.trim_start_matches(['[', '{', ',']).starts_with(['&', '!'])
}

/// Whether a document is written as JSON, which programs that read no YAML may read.
#[must_use]
pub fn is_json(document: &Document) -> bool {
    let root = document.root();
    let first = document.entries(root).first();
    document.style(root) == Style::Flow && first.is_some_and(|first| document.style(first.key) == Style::DoubleQuoted)
}

/// A text as YAML writes it: in quotes, unless it surely needs none.
#[must_use]
pub fn quoted(text: &str) -> String {
    string(text, false)
}

/// A text as YAML and JSON alike read it, without quotes where it surely needs none.
fn string(text: &str, is_quoted: bool) -> String {
    let is_word = text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._/".contains(&byte))
        && resolve_plain(text) == Resolved::Str;
    if is_word && !is_quoted { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

/// Adds `key: value` to a map, after the entry `after` or, if it has none, after its first. The value is as YAML writes
/// it; what is among keys in double quotes gets them, too, because that may be JSON.
#[must_use]
pub fn add(document: &Document, map: NodeId, after: &str, key: &str, value: &str) -> Option<Edit> {
    let entries = document.entries(map);
    if entries.iter().any(|entry| document.key(entry) == key) {
        return None;
    }
    let named = entries.iter().find(|entry| document.key(entry) == after);
    let anchor = named.or_else(|| entries.first())?;
    if !document.span(map).contains(document.span(anchor.key)) {
        return None; // it came by a merge key
    }
    let text = &document.source.text;
    match document.style(map) {
        Style::Flow => {
            let is_quoted = document.style(anchor.key) == Style::DoubleQuoted || is_json(document);
            let is_text = resolve_plain(value) == Resolved::Str && !value.starts_with(['"', '{', '[']);
            let value = if is_quoted && is_text { string(value, true) } else { value.to_owned() };
            let key = string(key, is_quoted);
            Some(Edit::insert(end_of(document, *anchor)?, format!(", {key}: {value}")))
        }
        Style::Block => {
            let entry = whole_lines(document, *anchor)?;
            let end = lines::end(text, entry);
            let line_break = lines::line_break(&document.source, end);
            Some(Edit::insert(
                end,
                format!("{line_break}{}{key}: {value}", indentation(document, entries.first()?.key)),
            ))
        }
        _ => None,
    }
}

/// Takes the entry `key` out of a map, with the rest of its last line. A map keeps at least one entry.
#[must_use]
pub fn remove(document: &Document, map: NodeId, key: &str) -> Option<Edit> {
    let entries = document.entries(map);
    let at = entries.iter().position(|entry| document.key(entry) == key)?;
    let entry = entries[at];
    let written = |entry: &&Entry| document.span(map).contains(document.span(entry.key));
    if entries.len() < 2 || !entries.iter().all(|entry| written(&entry)) {
        return None;
    }
    let start = document.span(entry.key).range().start;
    match document.style(map) {
        Style::Flow => match entries.get(at + 1) {
            Some(next) => Some(Edit::replace(Span::new(start, document.span(next.key).range().start), "")),
            None => Some(Edit::replace(Span::new(end_of(document, entries[at - 1])?, end_of(document, entry)?), "")),
        },
        Style::Block => {
            let text = &document.source.text;
            let end = whole_lines(document, entry)?;
            let line = lines::start(text, start);
            if text[line..start].trim().is_empty() {
                return Some(Edit::replace(Span::new(line, lines::next(text, end)), ""));
            }
            // the first entry of a list's item: the dash stays, the next key moves up to it
            let next = entries.get(at + 1)?;
            Some(Edit::replace(Span::new(start, document.span(next.key).range().start), ""))
        }
        _ => None,
    }
}

/// The lines of an item of a block list, from the start of the dash's line to the end of the item's last, with its line
/// break, and the comments that belong to it: those directly above it, in the column of its dash, and those directly
/// below, right of the dash. Only if the item has its lines for itself.
#[must_use]
pub fn item_lines(document: &Document, item: NodeId) -> Option<Span> {
    if document.style(item) != Style::Block {
        return None;
    }
    let text = &document.source.text;
    let span = document.span(item).range();
    let first = document.entries(item).first()?;
    let start = lines::start(text, document.span(first.key).range().start);
    let before = text.get(start..span.start)?;
    let dash = before.find('-').filter(|_| before.trim() == "-")?;
    let last = whole_lines(document, *document.entries(item).last()?)?;
    let start = lines::comments_above(text, start, dash);
    let end = lines::comments_below(text, lines::next(text, last), dash);
    (!lines::has_other_breaks(&text[start..end])).then(|| Span::new(start, end))
}

/// What lines are where another place is theirs: with the line break of a file that lacks its last.
#[must_use]
pub fn moved(document: &Document, lines: Span) -> String {
    let source = &document.source;
    let text = source.slice(lines);
    let is_cut_off = lines.range().end > source.written_length();
    match text.strip_suffix('\n').filter(|_| is_cut_off) {
        Some(cut_off) => format!("{cut_off}{}", lines::line_break(source, lines.range().start)),
        None => text.to_owned(),
    }
}

/// Puts lines where a line begins, or after the last. A file that lacks its last line break lacks it afterwards.
#[must_use]
pub fn insert_lines(document: &Document, at: usize, text: &str) -> Edit {
    let source = &document.source;
    let end = source.written_length();
    if at <= end {
        return Edit::insert(at, text);
    }
    Edit::insert(end, format!("{}{}", lines::line_break(source, end), text.trim_end_matches(['\r', '\n'])))
}

/// The line break of the line at a place.
#[must_use]
pub fn line_break(document: &Document, at: usize) -> &'static str {
    lines::line_break(&document.source, at)
}

/// Where a line can be put above an entry of a block map: above the comments that are directly above it. Only if the
/// entry begins its line.
#[must_use]
pub fn above(document: &Document, key: NodeId) -> Option<usize> {
    let text = &document.source.text;
    let at = document.span(key).range().start;
    let line = lines::start(text, at);
    let is_first = text[line..at].bytes().all(|byte| byte == b' ');
    is_first.then(|| lines::comments_above(text, line, at - line))
}

/// What is before a block map's keys on its own line: as many columns as are before `key`.
#[must_use]
pub fn indentation(document: &Document, key: NodeId) -> String {
    let text = &document.source.text;
    let at = document.span(key).range().start;
    " ".repeat(text[lines::start(text, at)..at].chars().count())
}

/// One past the last byte of an entry. A value that is not written (`key:`) ends at its colon.
fn end_of(document: &Document, entry: Entry) -> Option<usize> {
    let key = document.span(entry.key).range().end;
    let value = document.span(entry.value()).range();
    let text = &document.source.text;
    if value.end > key && value.start >= key {
        return Some(value.start + text[value.clone()].trim_end().len().max(usize::from(!value.is_empty())));
    }
    let rest = text[key..].trim_start_matches(' ');
    rest.starts_with(':').then(|| text.len() - rest.len() + 1)
}

/// The same of an entry of a block map. `None` where its lines may end elsewhere, or its value with more than them.
fn whole_lines(document: &Document, entry: Entry) -> Option<usize> {
    let text = &document.source.text;
    let end = end_of(document, entry)?;
    let start = lines::start(text, document.span(entry.key).range().start);
    let is_text = matches!(document.style(entry.value()), Style::Literal | Style::Folded);
    let header = document.raw(entry.value()).lines().next().unwrap_or_default();
    let keeps_empty_lines = is_text && header.contains('+');
    (!keeps_empty_lines && !lines::has_other_breaks(&text[start..lines::next(text, end)])).then_some(end)
}
