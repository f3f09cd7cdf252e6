//! A place in the text, with the line and column that YAML's rules ask for.

use super::super::source::{Span, whole_before};

/// Reads forward through one chunk of a file. Byte offsets are those of the whole file's text.
pub(super) struct Cursor<'src> {
    text: &'src str,
    bytes: &'src [u8],
    pub(super) at: usize,
    /// Counts line breaks; only comparisons matter.
    pub(super) line: usize,
    line_start: usize,
    /// How far columns have been counted on this line, and the column there. Counting each byte once
    /// keeps a line of any length linear.
    counted: (usize, usize),
    is_ascii: bool,
    /// Only line feeds break lines here, so that a search for one byte finds the end of a line.
    only_line_feeds: bool,
    /// Nothing but printable ASCII is in these lines: no tabs either.
    is_plain: bool,
}

impl<'src> Cursor<'src> {
    /// Starts at `span.start` and ends at `span.end`, or at the character that either falls into: reading past the
    /// end would meet characters that were to be refused before.
    ///
    /// With `is_plain` it is known that nothing but printable ASCII and line feeds is between them.
    pub(super) fn new(text: &'src str, span: Span, is_plain: bool) -> Self {
        let text = &text[..whole_before(text, span.end as usize)];
        let start = whole_before(text, span.start as usize);
        let chunk = &text[start..];
        let is_ascii = is_plain || chunk.is_ascii();
        let only_line_feeds = is_plain
            || memchr::memchr(b'\r', chunk.as_bytes()).is_none()
                && (is_ascii || !has_other_line_breaks(chunk.as_bytes()));
        Self {
            text,
            bytes: text.as_bytes(),
            at: start,
            line: 0,
            line_start: start,
            counted: (start, 0),
            is_ascii,
            only_line_feeds,
            is_plain,
        }
    }

    /// The byte here; 0 at the end, which no text contains because control characters are refused before.
    #[inline]
    pub(super) fn peek(&self) -> u8 {
        self.byte(self.at)
    }

    /// The byte at an offset; 0 past the end.
    #[inline]
    pub(super) fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    #[inline]
    pub(super) fn is_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    pub(super) fn end(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn text(&self) -> &'src str {
        self.text
    }

    pub(super) fn slice(&self, start: usize, end: usize) -> &'src str {
        self.text.get(start..end).unwrap_or("")
    }

    /// Column in characters, from 0.
    #[inline]
    pub(super) fn column(&mut self) -> usize {
        if self.is_ascii {
            return self.at - self.line_start;
        }
        let (from, column) = self.counted;
        let column = column + count_characters(&self.bytes[from..self.at]);
        self.counted = (self.at, column);
        column
    }

    /// Whether this is the first column of a line; cheaper than [`Cursor::column`].
    #[inline]
    pub(super) fn is_line_start(&self) -> bool {
        self.at == self.line_start
    }

    /// Whether more than `limit` characters lie between `start` and here.
    pub(super) fn is_farther_than(&self, start: usize, limit: usize) -> bool {
        let bytes = self.at - start;
        bytes > limit && (self.is_ascii || bytes > 4 * limit || count_characters(&self.bytes[start..self.at]) > limit)
    }

    /// How many bytes of line break are at `at`; 0 if none. YAML 1.1 breaks lines at U+0085, U+2028 and
    /// U+2029 too.
    #[inline]
    pub(super) fn break_length(&self, at: usize) -> usize {
        match self.byte(at) {
            b'\n' => 1,
            // kubectl's line reader takes one carriage return off before `\n`, so `\r\r\n` is what go-yaml
            // sees as `\r\n`.
            b'\r' => match (self.byte(at + 1), self.byte(at + 2)) {
                (b'\n', _) => 2,
                (b'\r', b'\n') => 3,
                _ => 1,
            },
            0xC2 if self.byte(at + 1) == 0x85 => 2,
            0xE2 if self.byte(at + 1) == 0x80 && matches!(self.byte(at + 2), 0xA8 | 0xA9) => 3,
            _ => 0,
        }
    }

    /// Passes a line break of `length` bytes.
    #[inline]
    pub(super) fn pass_break(&mut self, length: usize) {
        self.at += length;
        self.line += 1;
        self.line_start = self.at;
        self.counted = (self.at, 0);
    }

    /// Passes `count` line breaks at once, to where a line begins.
    #[inline]
    pub(super) fn pass_lines(&mut self, count: usize, start: usize) {
        self.at = start;
        self.line += count;
        self.line_start = start;
        self.counted = (start, 0);
    }

    /// Whether line feeds are the only line breaks of this text.
    #[inline]
    pub(super) fn only_line_feeds(&self) -> bool {
        self.only_line_feeds
    }

    /// Whether nothing but printable ASCII is in the lines of this text.
    #[inline]
    pub(super) fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// Where this line begins.
    #[inline]
    pub(super) fn line_start(&self) -> usize {
        self.line_start
    }

    /// Whether only spaces are before this place on its line.
    #[inline]
    pub(super) fn is_indentation(&self) -> bool {
        self.bytes[self.line_start..self.at].iter().all(|byte| *byte == b' ')
    }

    /// Passes a line break, if there is one, and writes what it means: U+2028 and U+2029 stay, others are `\n`.
    pub(super) fn take_break(&mut self, into: &mut String) {
        let length = self.break_length(self.at);
        if length > 0 {
            into.push_str(if self.peek() == 0xE2 { self.slice(self.at, self.at + length) } else { "\n" });
            self.pass_break(length);
        }
    }

    /// Whether space, a tab, a line break or the end of the text is at `at`.
    #[inline]
    pub(super) fn is_blank_or_break(&self, at: usize) -> bool {
        match self.byte(at) {
            0 | b' ' | b'\t' | b'\n' | b'\r' => true,
            0xC2 | 0xE2 => self.break_length(at) > 0,
            _ => false,
        }
    }

    #[inline]
    pub(super) fn is_blank(&self) -> bool {
        matches!(self.peek(), b' ' | b'\t')
    }

    pub(super) fn skip_blanks(&mut self) {
        while self.is_blank() {
            self.at += 1;
        }
    }

    /// Where the line that holds `at` ends, its break excluded.
    pub(super) fn line_end(&self, at: usize) -> usize {
        let rest = self.bytes.get(at..).unwrap_or(&[]);
        if self.only_line_feeds {
            return memchr::memchr(b'\n', rest).map_or(self.bytes.len(), |found| at + found);
        }
        let is_end = |place: usize| self.break_length(place) > 0;
        (at..self.bytes.len()).find(|&place| is_end(place)).unwrap_or(self.bytes.len())
    }

    /// Whether `---` or `...` is alone at the start of this line.
    #[inline]
    pub(super) fn is_document_indicator(&self) -> bool {
        matches!(self.peek(), b'-' | b'.')
            && self.is_line_start()
            && matches!(self.bytes.get(self.at..self.at + 3), Some(b"---" | b"..."))
            && self.is_blank_or_break(self.at + 3)
    }

    /// The stream's end counts as its own line.
    pub(super) fn end_line(&mut self) {
        if !self.is_line_start() {
            self.pass_break(0);
        }
    }
}

/// Letters, digits, `_` and `-`: what names of anchors, tag handles and directives are made of.
pub(super) fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// Where the spaces end that are at a place of a text, if there are any.
#[inline]
pub(super) fn after_spaces(text: &[u8], mut at: usize) -> usize {
    const SPACES: u64 = u64::from_le_bytes([b' '; 8]);
    // eight at a time, up to the first byte that differs
    while let Some(next) = text.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let differs = u64::from_le_bytes(*next) ^ SPACES;
        if differs != 0 {
            return at + differs.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    while text.get(at) == Some(&b' ') {
        at += 1;
    }
    at
}

/// The first place from one on whose byte is a colon, or no visible character of ASCII.
#[inline]
pub(super) fn after_word(text: &[u8], mut at: usize) -> usize {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const COLONS: u64 = ONES * b':' as u64;
    const VISIBLE: u64 = ONES * b'!' as u64;
    const HIGH: u64 = ONES * 0x80;
    // Eight at a time: subtracting leaves a high bit where a byte is less. What it borrows from the bytes behind does
    // not matter, because only the first is asked for.
    while let Some(next) = text.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let bytes = u64::from_le_bytes(*next);
        let found = (bytes.wrapping_sub(VISIBLE) | (bytes ^ COLONS).wrapping_sub(ONES) | bytes) & HIGH;
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    while text.get(at).is_some_and(|byte| matches!(byte, b'!'..=b'9' | b';'..=0x7F)) {
        at += 1;
    }
    at
}

fn count_characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

/// Whether a text has a line break beyond ASCII: U+0085, U+2028 or U+2029.
fn has_other_line_breaks(text: &[u8]) -> bool {
    let is_break = |at: usize| {
        let after = &text[at + 1..];
        after.starts_with(b"\x85") && text[at] == 0xC2
            || after.starts_with(b"\x80\xA8")
            || after.starts_with(b"\x80\xA9")
    };
    memchr::memchr2_iter(0xC2, 0xE2, text).any(is_break)
}

#[cfg(test)]
mod tests {
    use super::{after_spaces, after_word, has_other_line_breaks};

    /// Every byte in every place of the eight that are looked at together, and in those that are left.
    #[test]
    fn a_word_ends_at_the_first_byte_that_ends_it() {
        for length in 1..20 {
            for at in 0..length {
                for byte in 0..=u8::MAX {
                    let mut text = vec![b'!'; length];
                    text[at] = byte;
                    let is_end = byte <= b' ' || byte == b':' || byte >= 0x80;
                    assert_eq!(after_word(&text, 0), if is_end { at } else { length }, "{byte} at {at} of {length}");
                    // whatever is behind it
                    text[at + 1..].fill(b':');
                    let end = if is_end { at } else { at + 1 };
                    assert_eq!(after_word(&text, 0), end.min(length), "{byte} at {at} of {length}");
                }
            }
        }
    }

    #[test]
    fn spaces_are_counted_up_to_what_is_none() {
        for count in 0..40 {
            for behind in ["", "a", "\t", "\n   ", "!!!!!!!!", "\u{a0}        ", "a        a"] {
                let text = format!("a{}{behind}", " ".repeat(count));
                assert_eq!(after_spaces(text.as_bytes(), 1), 1 + count, "{behind:?}");
            }
        }
    }

    #[test]
    fn line_breaks_beyond_ascii_are_found_among_their_like() {
        for text in ["a\u{85}", "\u{2028}", "ü\u{2029}b"] {
            assert!(has_other_line_breaks(text.as_bytes()), "{text:?}");
        }
        // the same first bytes, and the same bytes in other places
        for text in ["", "\u{84}", "\u{A0}", "\u{2027}", "\u{202A}", "ą", "\u{5028}", "\u{C28}\u{85A}", "é\u{1028}"] {
            assert!(!has_other_line_breaks(text.as_bytes()), "{text:?}");
        }
    }
}
