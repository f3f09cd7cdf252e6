//! Where the reader is: bytes, spaces, ends of lines.

use super::{Direct, Known, Unknown};
use crate::scan::cursor::after_spaces;

/// What text without quotes may begin with, as bits.
const TEXT: u8 = 1;
const NO_WORD: u8 = 2;

const BEGINS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0_u8;
    while byte < 0x80 {
        if matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'/'..=b'9' | b'_') {
            table[byte as usize] |= TEXT;
        }
        if matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'/' | b'_')
            && !matches!(byte | 0x20, b'f' | b'n' | b'o' | b't' | b'y')
        {
            table[byte as usize] |= NO_WORD;
        }
        byte += 1;
    }
    table
};

/// Whether a byte begins text without quotes whatever comes after it.
#[inline]
pub(super) fn begins_text(byte: u8) -> bool {
    BEGINS[usize::from(byte)] & TEXT != 0
}

/// Whether a byte begins text that is no word or number of YAML's own: most texts do.
#[inline]
pub(super) fn begins_no_word(byte: u8) -> bool {
    BEGINS[usize::from(byte)] & NO_WORD != 0
}

impl Direct<'_, '_> {
    /// After a value: nothing but a comment may follow on its line.
    pub(super) fn end_of_line(&mut self) -> Known<Option<usize>> {
        let is_over = self.is_line_over() || self.is_end() || self.scanner.cursor.is_indentation();
        if is_over { Ok(None) } else { Err(Unknown) }
    }

    pub(super) fn is_line_over(&self) -> bool {
        matches!(self.peek(), b'\n' | b'#')
    }

    /// Passes blank lines and comments.
    pub(super) fn skip_to_content(&mut self) -> Known<()> {
        loop {
            self.skip_spaces();
            match self.peek() {
                b'\n' => self.scanner.cursor.pass_break(1),
                b'#' => self.scanner.skip_comment(),
                b'\t' | b'\r' => return Err(Unknown),
                0xC2 | 0xE2 if self.scanner.cursor.break_length(self.scanner.cursor.at) > 0 => return Err(Unknown),
                _ => return Ok(()),
            }
        }
    }

    #[inline]
    pub(super) fn skip_spaces(&mut self) {
        self.scanner.cursor.at = self.after_spaces(self.scanner.cursor.at);
    }

    /// Where the spaces end that are here, if there are any.
    #[inline]
    pub(super) fn after_spaces(&self, at: usize) -> usize {
        after_spaces(self.bytes, at)
    }

    /// The column, in a line that has nothing but spaces before it.
    #[inline]
    pub(super) fn column(&self) -> usize {
        self.scanner.cursor.at - self.scanner.cursor.line_start()
    }

    #[inline]
    pub(super) fn is_dash(&self) -> bool {
        self.peek() == b'-' && self.scanner.cursor.is_blank_or_break(self.scanner.cursor.at + 1)
    }

    #[inline]
    pub(super) fn is_end(&self) -> bool {
        self.scanner.cursor.at >= self.bytes.len()
    }

    #[inline]
    pub(super) fn peek(&self) -> u8 {
        self.byte(self.scanner.cursor.at)
    }

    /// 0 past the end, and nowhere else.
    #[inline]
    pub(super) fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }
}
