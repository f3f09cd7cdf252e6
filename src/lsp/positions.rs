//! Places in a text as the protocol counts them: lines from 0, and in a line UTF-16 units, or bytes where the client
//! offers that.

use lsp_types::{Position, PositionEncodingKind, Range};

use crate::yaml::{Source, Span};

/// What a column counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-16 units, the protocol's default.
    Utf16,
    /// Bytes.
    Utf8,
}

impl Encoding {
    /// The one to speak with a client: bytes if it offers them, as nothing then needs to be counted.
    #[must_use]
    pub fn agree(offered: Option<&[PositionEncodingKind]>) -> Self {
        let offers_bytes = offered.is_some_and(|offered| offered.contains(&PositionEncodingKind::UTF8));
        if offers_bytes { Self::Utf8 } else { Self::Utf16 }
    }

    /// Its name in the protocol.
    #[must_use]
    pub fn kind(self) -> PositionEncodingKind {
        match self {
            Self::Utf16 => PositionEncodingKind::UTF16,
            Self::Utf8 => PositionEncodingKind::UTF8,
        }
    }

    /// The byte of a place in a text. Past the end of a line that is the line's end, past the last line the text's.
    #[must_use]
    pub fn byte(self, text: &str, position: Position) -> usize {
        self.byte_near(text, position, &mut Near::default())
    }

    fn byte_near(self, text: &str, position: Position, near: &mut Near) -> usize {
        let Some(line) = near.line(text, position.line) else { return text.len() };
        let content = text[line.clone()].trim_end_matches(['\r', '\n']);
        let column = position.character as usize;
        let within = match self {
            Self::Utf8 => {
                let mut at = column.min(content.len());
                while !content.is_char_boundary(at) {
                    at -= 1;
                }
                at
            }
            Self::Utf16 => {
                let mut units = 0;
                let before = content.char_indices().find(|(_, letter)| {
                    units += letter.len_utf16();
                    units > column
                });
                before.map_or(content.len(), |(at, _)| at)
            }
        };
        line.start + within
    }

    /// The bytes of a range in a text; empty where it ends before it begins.
    #[must_use]
    pub fn bytes(self, text: &str, range: Range, near: &mut Near) -> std::ops::Range<usize> {
        let end = self.byte_near(text, range.end, near);
        let start = self.byte_near(text, range.start, near);
        start..end.max(start)
    }

    /// The place of a byte in a file's text.
    #[must_use]
    pub fn position(self, source: &Source, byte: usize) -> Position {
        let byte = byte.min(source.text.len());
        let starts = source.line_starts();
        let line = starts.partition_point(|start| *start as usize <= byte).saturating_sub(1);
        let start = starts.get(line).map_or(byte, |start| *start as usize);
        let column = match self {
            Self::Utf8 => byte - start,
            Self::Utf16 => source.units(start, byte),
        };
        Position { line: narrow(line), character: narrow(column) }
    }

    /// The range of a span in a file.
    #[must_use]
    pub fn range(self, source: &Source, span: Span) -> Range {
        let range = span.range();
        Range { start: self.position(source, range.start), end: self.position(source, range.end) }
    }
}

/// A line whose start is known, from which others are looked for: many edits of one message are mostly near each other,
/// and a text may have many lines. Lines end as the protocol says: `\n`, `\r\n` or `\r`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Near {
    number: u32,
    start: usize,
}

impl Near {
    /// The bytes of a line, its break included.
    fn line(&mut self, text: &str, number: u32) -> Option<std::ops::Range<usize>> {
        let bytes = text.as_bytes();
        let end_of = |start: usize| {
            let at = start + memchr::memchr2(b'\n', b'\r', &bytes[start..])?;
            Some(if bytes[at] == b'\r' && bytes.get(at + 1) == Some(&b'\n') { at + 2 } else { at + 1 })
        };
        if number < self.number / 2 {
            *self = Self::default();
        }
        while self.number > number {
            let is_pair = bytes[..self.start].ends_with(b"\r\n");
            let end = self.start - if is_pair { 2 } else { 1 };
            self.start = memchr::memrchr2(b'\n', b'\r', &bytes[..end]).map_or(0, |at| at + 1);
            self.number -= 1;
        }
        while self.number < number {
            self.start = end_of(self.start)?;
            self.number += 1;
        }
        Some(self.start..end_of(self.start).unwrap_or(text.len()))
    }

    /// After an edit of what [`Encoding::bytes`] found, which begins in this line: a `\n` that came right behind a `\r`
    /// is its other half.
    pub fn edited(&mut self, text: &str) {
        if text.as_bytes()[..self.start].ends_with(b"\r") && text[self.start..].starts_with('\n') {
            *self = Self::default();
        }
    }
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u32, character: u32) -> Position {
        Position { line, character }
    }

    #[test]
    fn lines_are_found_from_near_as_from_the_top() {
        let mut text = "a\r\n\nb\rc\r\n\r\nd".to_owned();
        let mut near = Near::default();
        for step in 0..2_000_u32 {
            let (line, column) = (step * 7 % 11, step * 5 % 4);
            let range = Range { start: at(line, column), end: at(line + step % 3, column) };
            let fresh = Encoding::Utf16.bytes(&text, range, &mut Near::default());
            let bytes = Encoding::Utf16.bytes(&text, range, &mut near);
            assert_eq!(bytes, fresh, "{text:?}");
            let inserted = ["\n", "\r", "x", "", "\r\n", "é\n"][step as usize % 6];
            text.replace_range(bytes, if text.len() > 100 { "" } else { inserted });
            near.edited(&text);
        }
    }

    #[test]
    fn columns_are_units_or_bytes() {
        let text = "a: 😀b\r\nc\rd\n";
        for (encoding, column) in [(Encoding::Utf16, 5), (Encoding::Utf8, 7)] {
            assert_eq!(encoding.byte(text, at(0, column)), 7);
            assert_eq!(encoding.position(&Source::from_text("a.yaml", text), 7), at(0, column));
        }
        // within a character, past a line's end, past the text's
        assert_eq!((Encoding::Utf16.byte(text, at(0, 4)), Encoding::Utf8.byte(text, at(0, 5))), (3, 3));
        assert_eq!(Encoding::Utf16.byte(text, at(0, 99)), 8);
        assert_eq!(Encoding::Utf16.byte(text, at(1, 0)), 10);
        assert_eq!(Encoding::Utf16.byte(text, at(2, 1)), 13);
        assert_eq!((Encoding::Utf16.byte(text, at(3, 0)), Encoding::Utf16.byte(text, at(4, 0))), (14, 14));
        assert_eq!(Encoding::Utf16.bytes(text, Range { start: at(2, 0), end: at(0, 0) }, &mut Near::default()), 12..12);
    }

    #[test]
    fn every_place_comes_back() {
        for text in ["", "\n", "a", "é\r\n😀\rx\u{2028}y\n\n", "\u{feff}a: 1\n"] {
            let source = Source::from_text("a.yaml", text);
            for encoding in [Encoding::Utf16, Encoding::Utf8] {
                for (byte, letter) in text.char_indices().filter(|(_, letter)| !matches!(letter, '\r' | '\n')) {
                    let position = encoding.position(&source, byte);
                    assert_eq!(encoding.byte(text, position), byte, "{text:?} {letter:?}");
                }
            }
        }
    }
}
