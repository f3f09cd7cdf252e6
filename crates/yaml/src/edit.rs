//! Changes to a document as edits of its bytes: comments, order, quotes and everything else stay as they are.
//!
//! Each function answers `None` where the way the document is written leaves no edit that is surely right:
//! then there is no fix, only the finding.

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

/// Writes another scalar where a scalar is.
#[must_use]
pub fn scalar(document: &Document, node: NodeId, text: &str) -> Option<Edit> {
    let is_inline = matches!(document.style(node), Style::Plain | Style::SingleQuoted | Style::DoubleQuoted);
    let span = document.span(node);
    (is_inline && !span.range().is_empty()).then(|| Edit::replace(span, text))
}

/// Adds `key: value` to a map, after the entry `after` or, if it has none, after its first.
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
    match document.style(map) {
        Style::Flow => Some(Edit::insert(end_of(document, *anchor), format!(", {key}: {value}"))),
        Style::Block => {
            let text = &document.source.text;
            let end = line_end(text, end_of(document, *anchor));
            let line_break = if text[end..].starts_with("\r\n") { "\r\n" } else { "\n" };
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
    let end = end_of(document, entry);
    match document.style(map) {
        Style::Flow => match entries.get(at + 1) {
            Some(next) => Some(Edit::replace(Span::new(start, document.span(next.key).range().start), "")),
            None => Some(Edit::replace(Span::new(end_of(document, entries[at - 1]), end), "")),
        },
        Style::Block => {
            let text = &document.source.text;
            let line = line_start(text, start);
            if text[line..start].trim().is_empty() {
                let after = (line_end(text, end) + 1).min(text.len());
                return Some(Edit::replace(Span::new(line, after), ""));
            }
            // the first entry of a list's item: the dash stays, the next key moves up to it
            let next = entries.get(at + 1)?;
            Some(Edit::replace(Span::new(start, document.span(next.key).range().start), ""))
        }
        _ => None,
    }
}

/// The lines of an item of a block list, from the start of the dash's line to the end of the item's last,
/// with its line break. Only if the item has its lines for itself.
#[must_use]
pub fn item_lines(document: &Document, item: NodeId) -> Option<Span> {
    if document.style(item) != Style::Block {
        return None;
    }
    let text = &document.source.text;
    let span = document.span(item).range();
    let first = document.entries(item).first()?;
    let start = line_start(text, document.span(first.key).range().start);
    let before = text.get(start..span.start)?;
    let end = (line_end(text, end_of(document, *document.entries(item).last()?)) + 1).min(text.len());
    (before.trim() == "-").then(|| Span::new(start, end))
}

/// What is before a block map's keys on its own line: as many columns as are before `key`.
#[must_use]
pub fn indentation(document: &Document, key: NodeId) -> String {
    let text = &document.source.text;
    let at = document.span(key).range().start;
    " ".repeat(text[line_start(text, at)..at].chars().count())
}

/// One past the last byte of an entry. A value that is not written (`key:`) ends at its colon.
fn end_of(document: &Document, entry: Entry) -> usize {
    let key = document.span(entry.key).range().end;
    let value = document.span(entry.value()).range();
    let text = &document.source.text;
    if value.end > key && value.start >= key {
        return value.start + text[value.clone()].trim_end().len().max(usize::from(!value.is_empty()));
    }
    text[key..].find(':').map_or(key, |colon| key + colon + 1)
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |before| before + 1)
}

/// Where the line break of the line around `at` is.
fn line_end(text: &str, at: usize) -> usize {
    let end = text[at..].find('\n').map_or(text.len(), |after| at + after);
    if text[..end].ends_with('\r') { end - 1 } else { end }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Part, Source, read};

    fn with(text: &str, edit: impl Fn(&Document) -> Option<Edit>) -> Option<String> {
        let source = Arc::new(Source::decode("a.yaml", text.as_bytes().to_vec()).unwrap());
        let Some(Part::Document(document)) = read(&source).into_iter().next() else { panic!("{text}") };
        edit(&document).map(|edit| apply(text, &[edit]))
    }

    fn map(document: &Document, path: &[&str]) -> NodeId {
        document.at(document.root(), path).unwrap()
    }

    #[test]
    fn adding_keeps_comments_and_indentation() {
        let add = |text: &str| with(text, |document| add(document, map(document, &["a"]), "x", "new", "1"));
        assert_eq!(add("a:\n  x: 1 # why\n  y: 2\n").unwrap(), "a:\n  x: 1 # why\n  new: 1\n  y: 2\n");
        assert_eq!(
            add("a:\n  y: 2\n  x: |\n    text\n\n# end\n").unwrap(),
            "a:\n  y: 2\n  x: |\n    text\n  new: 1\n\n# end\n"
        );
        assert_eq!(add("a: {x: [1, 2], y: 2}\n").unwrap(), "a: {x: [1, 2], new: 1, y: 2}\n");
        assert_eq!(add("a:\n  x:\n  y: 2\n").unwrap(), "a:\n  x:\n  new: 1\n  y: 2\n");
        assert_eq!(add("a:\r\n  x: 1\r\n").unwrap(), "a:\r\n  x: 1\r\n  new: 1\r\n");
        assert_eq!(add("a: {new: 2}\n"), None);
        assert_eq!(add("a: 1\n"), None);
    }

    #[test]
    fn adding_to_an_item_lines_up_with_its_keys() {
        let text = "a:\n  - x: 1\n    y: 2\n";
        let added = with(text, |document| add(document, document.items(map(document, &["a"]))[0], "x", "new", "1"));
        assert_eq!(added.unwrap(), "a:\n  - x: 1\n    new: 1\n    y: 2\n");
    }

    #[test]
    fn removing_takes_whole_lines() {
        let remove = |text: &str| with(text, |document| remove(document, map(document, &["a"]), "x"));
        assert_eq!(remove("a:\n  x: 1 # why\n  y: 2\n").unwrap(), "a:\n  y: 2\n");
        assert_eq!(remove("a:\n  y: 2\n  x:\n    - 1\nb: 1\n").unwrap(), "a:\n  y: 2\nb: 1\n");
        assert_eq!(remove("a: {x: 1, y: 2}\n").unwrap(), "a: {y: 2}\n");
        assert_eq!(remove("a: {y: 2, x: 1}\n").unwrap(), "a: {y: 2}\n");
        assert_eq!(remove("a: {x: 1}\n"), None);
        let text = "a:\n  - x: 1\n    y: 2\n";
        let removed = with(text, |document| super::remove(document, document.items(map(document, &["a"]))[0], "x"));
        assert_eq!(removed.unwrap(), "a:\n  - y: 2\n");
    }

    #[test]
    fn item_lines_end_with_the_item() {
        let text = "a:\n  - x: 1\n    y: |\n      t\n  # about z\n  - z: 1\n";
        let lines = with(text, |document| {
            item_lines(document, document.items(map(document, &["a"]))[0]).map(|span| Edit::replace(span, ""))
        });
        assert_eq!(lines.unwrap(), "a:\n  # about z\n  - z: 1\n");
    }
}
