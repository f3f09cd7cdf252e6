//! What kubectl's scanner says about single characters where YAML 1.2 says otherwise.

use std::borrow::Cow;

use super::read::Refusal;
use super::source::Span;
use super::tree::{Document, Style};

/// Refuses characters outside YAML 1.1's printable set (go-yaml v2, `readerc.go`).
pub(super) fn check(text: &str, base: usize) -> Result<(), Refusal> {
    let suspicious =
        |byte: &u8| (*byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r')) || matches!(byte, 0x7F | 0xC2 | 0xEF);
    if !text.as_bytes().iter().any(suspicious) {
        return Ok(());
    }
    let Some((at, found)) = text.char_indices().find(|(_, character)| !is_printable(*character)) else {
        return Ok(());
    };
    let span = Span::new(base + at, base + at + found.len_utf8());
    Err(Refusal::new(span, format!("U+{:04X} is a control character, which YAML does not allow", found as u32))
        .help(r#"write it as an escape in double quotes, such as "\u0007", or remove it"#))
}

fn is_printable(character: char) -> bool {
    matches!(character,
        '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{A0}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
        && character != '\u{FEFF}'
}

/// U+0085 breaks lines in YAML 1.1 and not in 1.2. A carriage return and a line feed take its two bytes,
/// so that every span stays where it is.
pub(super) fn with_plain_breaks(text: &str) -> Cow<'_, str> {
    if text.contains('\u{85}') { Cow::Owned(text.replace('\u{85}', "\r\n")) } else { Cow::Borrowed(text) }
}

/// Tabs that go-yaml refuses and YAML 1.2 allows: at the start of a line outside of quotes, block scalars
/// and brackets.
pub(super) fn check_tabs(document: &Document, text: &str, base: usize) -> Result<(), Refusal> {
    if !text.contains('\t') {
        return Ok(());
    }
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        if let Some(tab) = line[..indent].find('\t') {
            let place = Span::new(base + at + tab, base + at + tab + 1);
            if !document.allows_tab(place) {
                return Err(Refusal::new(place, "a tab where YAML wants spaces")
                    .help("indent with spaces; on an empty line, remove the tab"));
            }
        }
        at += line.len();
    }
    Ok(())
}

impl Document {
    /// Whether a place lies in a scalar or a bracketed collection, where tabs are text or mere space.
    fn allows_tab(&self, place: Span) -> bool {
        self.nodes.iter().any(|node| {
            let encloses = matches!(
                node.style,
                Style::SingleQuoted | Style::DoubleQuoted | Style::Literal | Style::Folded | Style::Flow
            );
            encloses && node.span.contains(place)
        })
    }
}
