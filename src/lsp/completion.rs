//! What may be written at the cursor: in descriptions, in `.patterns.yaml`, and the rules of an ignore.

mod description;
mod shapes;

use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionTextEdit, Documentation, InsertTextFormat, Range, TextEdit,
};

use super::cursor::{self, Cursor, Slot};
use super::folders::Seen;
use super::positions::Encoding;
use super::shape::Shape;
use crate::lint;
use crate::pattern;
use crate::project;
use crate::rules;
use description::{of_description, of_targets};
use shapes::of_shapes;

/// How many images of the workspace are offered at most.
const MOST_IMAGES: usize = 50;

/// What may be written.
struct Offer {
    /// What the list of the editor shows.
    word: String,
    /// What is inserted, without the indentation of its further lines.
    text: String,
    /// Whether that is a snippet.
    is_snippet: bool,
    kind: CompletionItemKind,
    /// A few words beside it.
    detail: Option<String>,
    /// What it is for.
    about: Option<String>,
}

impl Offer {
    fn new(word: impl Into<String>, kind: CompletionItemKind) -> Self {
        let word = word.into();
        Self { text: word.clone(), word, is_snippet: false, kind, detail: None, about: None }
    }

    fn about(self, about: Option<&str>) -> Self {
        Self { about: about.map(str::to_owned), ..self }
    }
}

/// What may be written at a byte of a text.
#[must_use]
pub fn at(seen: Seen<'_>, offset: usize, takes_snippets: bool, encoding: Encoding) -> Vec<CompletionItem> {
    let text = seen.buffer.text.as_str();
    let cursor = cursor::at(text, offset);
    let is_settings = seen.buffer.path.as_ref().is_some_and(|path| path.ends_with(project::FILE_NAME));
    let (start, offers) = match cursor.slot {
        Slot::Comment => of_ignore(text, offset),
        Slot::Key | Slot::Value { .. } if is_settings => (cursor.start, of_settings(&cursor)),
        Slot::Key | Slot::Value { .. } if seen.file.is_description() || is_begun(text, &cursor) => {
            (cursor.start, of_description(seen, &cursor))
        }
        Slot::Text | Slot::Key | Slot::Value { .. } => return Vec::new(),
    };
    let Some(written) = text.get(start..offset.min(text.len())) else { return Vec::new() };
    let column = written_column(text, start);
    let range = Range {
        start: encoding.position(&seen.file.source, start),
        end: encoding.position(&seen.file.source, start + written.len()),
    };
    let item = |(at, offer): (usize, Offer)| {
        let is_snippet = offer.is_snippet && takes_snippets;
        let new_text = if offer.is_snippet && !takes_snippets { without_stops(&offer.text) } else { offer.text };
        let new_text = new_text.replace('\n', &format!("\n{}", " ".repeat(column)));
        CompletionItem {
            label: offer.word.clone(),
            kind: Some(offer.kind),
            detail: offer.detail,
            documentation: offer.about.map(Documentation::String),
            // In the order of the schema, which is that of reading.
            sort_text: Some(format!("{at:04}")),
            filter_text: Some(offer.word),
            insert_text_format: Some(if is_snippet { InsertTextFormat::SNIPPET } else { InsertTextFormat::PLAIN_TEXT }),
            text_edit: Some(CompletionTextEdit::Edit(TextEdit { range, new_text })),
            ..CompletionItem::default()
        }
    };
    offers.into_iter().enumerate().map(item).collect()
}

/// Whether a document has begun that becomes a description, or may: one that says `patterns:`, or nothing yet.
fn is_begun(text: &str, cursor: &Cursor) -> bool {
    let document = text[cursor.document..].split("\n---").next().unwrap_or_default();
    "patterns".starts_with(document.trim()) || document.lines().any(|line| line.starts_with("patterns:"))
}

fn written_column(text: &str, at: usize) -> usize {
    let line = text[..at].rfind('\n').map_or(0, |before| before + 1);
    text[line..at].chars().count()
}

/// A snippet as plain text: `${1:shop}` is `shop`.
fn without_stops(snippet: &str) -> String {
    let mut out = String::new();
    let mut rest = snippet;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(stop) = rest.strip_prefix('{') {
            let (inside, after) = stop.split_once('}').unwrap_or((stop, ""));
            out.push_str(inside.split_once(':').map_or("", |(_, default)| default));
            rest = after;
        } else {
            rest = rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
        }
    }
    out + rest
}

/// The rules that an ignore may name.
fn of_ignore(text: &str, offset: usize) -> (usize, Vec<Offer>) {
    let line_start = text[..offset].rfind('\n').map_or(0, |before| before + 1);
    let line = &text[line_start..offset];
    let is_ignore = line.contains("patterns:") && line.contains("ignore");
    match line.rfind(['[', ',']).filter(|_| is_ignore && !line.contains(']')) {
        Some(bracket) => {
            let rest = &line[bracket + 1..];
            (offset - rest.trim_start().len(), of_rules())
        }
        None => (offset, Vec::new()),
    }
}

fn of_rules() -> Vec<Offer> {
    let rule = |rule: &'static rules::Rule| Offer {
        detail: Some(format!("{}, {}", rule.id.family, rule.level.name())),
        about: Some(rule.summary()),
        ..Offer::new(rule.id.name, CompletionItemKind::CONSTANT)
    };
    rules::all().map(rule).collect()
}

fn of_settings(cursor: &Cursor) -> Vec<Offer> {
    let schema = pattern::settings_schema(project::grammar(), lint::settings_schema());
    let names = cursor.names();
    let is_rule_name = names == ["lint", "rules"] || names.ends_with(&["exceptions", "[]", "rule"]);
    if is_rule_name {
        let suffix = if names.last() == Some(&"rules") { ": " } else { "" };
        return of_rules()
            .into_iter()
            .map(|offer| Offer { text: format!("{}{suffix}", offer.word), ..offer })
            .collect();
    }
    if names == ["target"] {
        return of_targets();
    }
    of_shapes(&Shape::new(&schema, None).at(&cursor.path), cursor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snippets_as_plain_text() {
        assert_eq!(without_stops("a: ${1:x}, b: $2, {$0}"), "a: x, b: , {}");
        assert_eq!((without_stops("$"), without_stops("${")), (String::new(), String::new()));
    }
}
