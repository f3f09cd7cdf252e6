//! Lines of a text, and the comments beside them.

use crate::source::Source;

/// Where the line around `at` begins.
pub(super) fn start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |before| before + 1)
}

/// Where the line break of the line around `at` is.
pub(super) fn end(text: &str, at: usize) -> usize {
    let end = text[at..].find('\n').map_or(text.len(), |after| at + after);
    if text[..end].ends_with('\r') { end - 1 } else { end }
}

/// Where the line after that around `at` begins, which is the end of the text after its last.
pub(super) fn next(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |after| at + after + 1)
}

/// The line break that belongs at `at`: that of its line, or of the line before where it is the last and has none.
pub(super) fn line_break(source: &Source, at: usize) -> &'static str {
    let text = &source.text[..source.written_length()];
    let at = at.min(text.len());
    let end = text[at..].find('\n').map(|after| at + after).or_else(|| text[..at].rfind('\n'));
    if end.is_some_and(|end| text[..end].ends_with('\r')) { "\r\n" } else { "\n" }
}

/// Whether YAML 1.1 ends a line where nothing else here does: at a carriage return alone, and at three characters that
/// few texts have.
pub(super) fn has_other_breaks(text: &str) -> bool {
    let is_alone = |at: usize| !text[at + 1..].starts_with('\n');
    text.contains(['\u{85}', '\u{2028}', '\u{2029}']) || text.match_indices('\r').any(|(at, _)| is_alone(at))
}

/// Where the comments begin that are directly above the line at `line`, each on its own line and in column `column`.
/// An item that is commented out is not about the line below it: then none of them is.
pub(super) fn comments_above(text: &str, line: usize, column: usize) -> usize {
    let mut at = line;
    while at > 0 {
        let above = start(text, at - 1);
        let (before, content) = split(&text[above..at]);
        if before != column || !content.starts_with('#') {
            break;
        }
        let said = content.trim_start_matches('#').trim();
        if said == "-" || said.starts_with("- ") {
            return line;
        }
        at = above;
    }
    at
}

/// Where the comments end that are directly below the line before `line`, each on its own line and right of `column`.
pub(super) fn comments_below(text: &str, line: usize, column: usize) -> usize {
    let mut at = line;
    while at < text.len() {
        let (before, content) = split(&text[at..next(text, at)]);
        if before <= column || !content.starts_with('#') {
            break;
        }
        at = next(text, at);
    }
    at
}

/// How many spaces a line begins with, and what is after them.
fn split(line: &str) -> (usize, &str) {
    let content = line.trim_start_matches(' ');
    (line.len() - content.len(), content)
}
