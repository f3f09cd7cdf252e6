use crate::diagnostic::Label;
use crate::kube::File;
use crate::rules::{Check, Findings, Rule};
use crate::yaml::{Document, NodeId, Span, Style};

/// A `---` in the first column of a block of text ends the document.
pub static RULE: Rule = rule!("separator_inside_text.md", Error, Check::File(check));

fn check(file: &File, found: &mut Findings<'_>) {
    let text = &file.source.text;
    for document in &file.documents {
        let Some((entry, node)) = last_text(document) else { continue };
        // the separator is the first line after the document that says anything
        let end = document.span.range().end;
        let mut at = document.span(node).range().end.min(end);
        at += text[at..].find('\n').map_or(0, |to| to + usize::from(!text[..at].ends_with('\n')));
        if text[..document.span(node).range().end].ends_with('\n') {
            at = document.span(node).range().end;
        }
        let Some(separator) = text[at..]
            .lines()
            .scan(at, |at, line| {
                let start = *at;
                *at += line.len() + 1;
                Some((start, line))
            })
            .find(|(_, line)| !line.trim().is_empty())
        else {
            continue;
        };
        let (start, line) = separator;
        let after = text.get(start + line.len()..).unwrap_or_default();
        let next = after.lines().find(|line| !line.trim().is_empty());
        let written = &text[document.span(node).range().start..at];
        let goes_on = next.is_some_and(|line| {
            indent(line) >= indent_of_text(written, || indent_of_key(text, document, entry) + 1)
                && !line.trim_start().starts_with('#')
                && (holds_manifests(written) || !begins_object(file, start))
        });
        if line.trim_end() != "---" || !goes_on {
            continue;
        }
        let key = document.key_text(entry).into_owned();
        found
            .at_span(Span::new(start, start + 3), format!("this ends the document, and cuts the text of `{key}` short"))
            .here("in the first column this is a separator, even inside a block scalar")
            .label(Label::node(document, entry, "the text that continues below"))
            .because(
                "kubectl splits a file at `---` lines before it parses any YAML; the rest becomes a separate document",
            )
            .help("indent the line like the text around it");
    }
}

/// How many spaces a line begins with.
fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// How deep a block of text is indented: as its first line that says anything, or `least` where there is none.
fn indent_of_text(written: &str, least: impl FnOnce() -> usize) -> usize {
    let first = written.lines().skip(1).find(|line| !line.trim().is_empty());
    first.map_or_else(least, indent)
}

/// How deep the line of a key is indented.
fn indent_of_key(text: &str, document: &Document, key: NodeId) -> usize {
    let start = document.span(key).range().start;
    indent(&text[text[..start].rfind('\n').map_or(0, |at| at + 1)..])
}

/// Whether a text is made of manifests itself, so that others may follow in it.
fn holds_manifests(written: &str) -> bool {
    written.lines().skip(1).any(|line| ["apiVersion:", "kind:"].iter().any(|key| line.trim_start().starts_with(key)))
}

/// Whether the document after a separator is a whole object.
fn begins_object(file: &File, separator: usize) -> bool {
    let at = file.documents.partition_point(|document| document.span.range().start < separator);
    let next = file.documents.get(at);
    next.is_some_and(|next| ["apiVersion", "kind"].iter().all(|key| next.get_str(next.root(), key).is_some()))
}

/// The key and the value that a document ends with, if that is a block of text.
fn last_text(document: &Document) -> Option<(NodeId, NodeId)> {
    let mut node = document.root();
    let mut key = None;
    loop {
        // a text is not looked at: it may have to be made first
        let (entries, items) = (document.entries(node), document.items(node));
        if let Some(last) = entries.iter().max_by_key(|entry| document.span(entry.key).range().start) {
            key = Some(last.key);
            node = last.value();
        } else if let Some(last) = items.last() {
            node = *last;
        } else {
            break;
        }
    }
    let is_text = matches!(document.style(node), Style::Literal | Style::Folded);
    key.filter(|_| is_text).map(|key| (key, node))
}
