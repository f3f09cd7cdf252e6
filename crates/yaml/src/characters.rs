//! Characters that YAML 1.1 does not allow, and when kubectl notices them.

use super::refusal::Refusal;
use super::source::{Source, Span, whole_before};

/// go-yaml decodes its input in pieces of this many bytes and refuses all of a piece for one bad character.
const PIECE: usize = 512;

/// How far the scanner looks ahead.
pub(super) const LOOK_AHEAD: usize = 4;

/// A character that kubectl refuses once it reads that far.
pub(super) struct Control {
    pub(super) refusal: Refusal,
    /// First byte of the piece that it is decoded with, or of the character that this byte belongs to. A document
    /// that ends before is not affected.
    pub(super) window: usize,
}

/// What characters a document has.
pub(super) enum Characters {
    /// Printable ones of ASCII in lines that end in line feeds.
    Plain,
    /// Others, which YAML allows.
    Allowed,
    Control(Control),
}

impl Characters {
    /// Looks for the first character outside YAML 1.1's printable set (go-yaml v2, `readerc.go`).
    pub(super) fn of(source: &Source, span: Span, chunk: Span) -> Self {
        let text = source.slice(span);
        let (mut clean, mut is_plain) = (0, true);
        // Whole blocks are folded without a branch, which compiles to vector instructions.
        for block in text.as_bytes().chunks(256) {
            // most blocks are ASCII in lines, which takes half as many comparisons
            if block.iter().fold(false, |found, byte| found | is_rare(*byte)) {
                is_plain = false;
                if block.iter().fold(false, |found, byte| found | is_suspicious(*byte)) {
                    break;
                }
            }
            clean += block.len();
        }
        if clean == text.len() {
            return if is_plain { Self::Plain } else { Self::Allowed };
        }
        first_control(source, span, chunk, clean).map_or(Self::Allowed, Self::Control)
    }
}

/// The first character that YAML does not allow behind so many bytes of others.
fn first_control(source: &Source, span: Span, chunk: Span, clean: usize) -> Option<Control> {
    let text = source.slice(span);
    let clean = whole_before(text, clean);
    let (at, found) = text[clean..].char_indices().find(|(_, character)| !is_printable(*character))?;
    let at = span.start as usize + clean + at;
    let refusal = Refusal::new(
        Span::new(at, at + found.len_utf8()),
        format!("U+{:04X} is a control character, which YAML does not allow", found as u32),
    )
    .help(r#"write it as an escape in double quotes, such as "\u0007", or remove it"#);
    let first = chunk.start as usize;
    let piece = whole_before(&source.text, first + (at - first) / PIECE * PIECE);
    Some(Control { refusal, window: piece.max(span.start as usize) })
}

/// Whether a byte is anything but printable ASCII or a line feed.
#[expect(clippy::needless_bitwise_bool, reason = "without branches it compiles to vector instructions")]
fn is_rare(byte: u8) -> bool {
    (byte.wrapping_sub(b' ') > b'~' - b' ') & (byte != b'\n')
}

#[expect(clippy::needless_bitwise_bool, reason = "without branches it compiles to vector instructions")]
fn is_suspicious(byte: u8) -> bool {
    (byte < 0x20) & (byte != b'\t') & (byte != b'\n') & (byte != b'\r')
        | (byte == 0x7F)
        | (byte == 0xC2)
        | (byte == 0xEF)
}

fn is_printable(character: char) -> bool {
    matches!(character,
        '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{A0}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}
