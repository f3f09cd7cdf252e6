//! Cutting a file into documents exactly where kubectl does: by lines, before any YAML is parsed.
//!
//! Follows `YAMLReader.Read` in `k8s.io/apimachinery/pkg/util/yaml/decoder.go`: a line that starts with
//! `---` separates, wherever it stands, even inside a block scalar; only space or a comment may follow.

use super::source::Span;

/// A piece of the file between separators.
pub(super) enum Chunk {
    /// To be parsed as one document.
    Text(Span),
    /// A separator line that kubectl refuses: the line, and where what follows `---` begins. The
    /// document gathered so far is lost with it.
    BadSeparator {
        /// The whole line, without its break.
        line: Span,
        /// What stands after the dashes.
        rest: Span,
    },
}

/// All chunks of `text` from byte `start` on.
pub(super) fn chunks(text: &str, start: usize) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let mut open = None;
    let mut at = start;
    for line in text[start..].split_inclusive('\n') {
        let line_start = at;
        at += line.len();
        if let Some(rest) = line.strip_prefix("---") {
            let trimmed = rest.trim();
            if !trimmed.is_empty() && !trimmed.starts_with('#') {
                if let Some(first) = open.take() {
                    chunks.push(Chunk::Text(Span::new(first, line_start)));
                }
                let content = line_start + 3 + (rest.len() - rest.trim_start().len());
                chunks.push(Chunk::BadSeparator {
                    line: Span::new(line_start, line_start + line.trim_end().len()),
                    rest: Span::new(content, content + trimmed.len()),
                });
                at = skip_to_separator(text, at);
                chunks.extend(self::chunks(text, at));
                return chunks;
            }
            if let Some(first) = open.take() {
                chunks.push(Chunk::Text(Span::new(first, line_start)));
                continue;
            }
        }
        open.get_or_insert(line_start);
    }
    if let Some(first) = open {
        chunks.push(Chunk::Text(Span::new(first, at)));
    }
    chunks
}

/// Where reading can start again after a line that kubectl gives up at.
fn skip_to_separator(text: &str, from: usize) -> usize {
    let mut at = from;
    for line in text[from..].split_inclusive('\n') {
        if line.starts_with("---") {
            return at;
        }
        at += line.len();
    }
    at
}
