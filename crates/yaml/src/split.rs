//! Cutting a file into documents exactly where kubectl does: by lines, before any YAML is parsed.
//!
//! Follows `YAMLReader.Read` in `k8s.io/apimachinery/pkg/util/yaml/decoder.go`: a line that starts with
//! `---` separates, wherever it is, even inside a block scalar; only space or a comment may follow.

use super::source::Span;

/// A piece of the file between separators.
pub(super) enum Chunk {
    /// To be parsed as one document.
    Text(Span),
    /// A separator line that kubectl refuses.
    BadSeparator {
        /// The whole line, without its break.
        line: Span,
        /// What is after the dashes.
        rest: Span,
        /// Whether the chunk before this one was still being gathered, and is lost with it.
        loses_previous: bool,
    },
}

/// All chunks of `text` from byte `start` on.
pub(super) fn chunks(text: &str, start: usize) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let mut open: Option<usize> = None;
    // After a line that kubectl gives up at, what follows up to the next separator is passed over.
    let mut skips = false;
    let mut at = start;
    let separators = memchr::memmem::Finder::new("\n---");
    while at < text.len() {
        let line_start = if text[at..].starts_with("---") {
            at
        } else {
            separators.find(&text.as_bytes()[at..]).map_or(text.len(), |found| at + found + 1)
        };
        if line_start > at && !skips {
            open.get_or_insert(at);
        }
        at = memchr::memchr(b'\n', &text.as_bytes()[line_start..]).map_or(text.len(), |found| line_start + found + 1);
        let line = &text[line_start..at];
        let Some(rest) = line.strip_prefix("---") else { break };
        let previous = open.take();
        chunks.extend(previous.map(|first| Chunk::Text(Span::new(first, line_start))));
        let trimmed = rest.trim();
        skips = !trimmed.is_empty() && !trimmed.starts_with('#');
        if skips {
            let content = line_start + 3 + (rest.len() - rest.trim_start().len());
            chunks.push(Chunk::BadSeparator {
                line: Span::new(line_start, line_start + line.trim_end().len()),
                rest: Span::new(content, content + trimmed.len()),
                loses_previous: previous.is_some(),
            });
        } else if previous.is_none() {
            // A separator with nothing before it stays, as the start of its document.
            open = Some(line_start);
        }
    }
    chunks.extend(open.map(|first| Chunk::Text(Span::new(first, at))));
    chunks
}
