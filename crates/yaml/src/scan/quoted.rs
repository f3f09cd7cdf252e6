//! Scalars in single and double quotes.

use super::super::build::Scalar;
use super::super::source::Span;
use super::super::tree::Style;
use super::fault::{self, Fault};
use super::plain::Fold;
use super::scanner::Scanner;
use super::token::{Kind, Token};

impl Scanner<'_> {
    pub(super) fn quoted_scalar(&mut self) -> Result<Token, Fault> {
        let start = self.cursor.at;
        let quote = self.cursor.peek();
        let style = if quote == b'\'' { Style::SingleQuoted } else { Style::DoubleQuoted };
        self.cursor.at += 1;
        let text = match self.simple_content(quote) {
            Some(span) => Scalar::Borrowed(span),
            None => Scalar::Owned(self.content(start, quote)?),
        };
        self.cursor.at += 1;
        Ok(Token { kind: Kind::Scalar(style, text), start, end: self.cursor.at, key: None })
    }

    /// Content on one line without escapes is a slice of the source.
    fn simple_content(&mut self, quote: u8) -> Option<Span> {
        let start = self.cursor.at;
        let end = self.end_of_run(start, quote);
        if self.cursor.byte(end) != quote || (quote == b'\'' && self.cursor.byte(end + 1) == quote) {
            return None;
        }
        self.cursor.at = end;
        Some(Span::new(start, end))
    }

    /// Up to the closing quote, an escape, a line break or the end.
    fn end_of_run(&self, from: usize, quote: u8) -> usize {
        let bytes = self.cursor.text().as_bytes();
        let mut at = from;
        loop {
            let stops = |byte: u8| {
                byte == quote || matches!(byte, b'\n' | b'\r' | 0xC2 | 0xE2) || (byte == b'\\' && quote == b'"')
            };
            at += bytes[at..].iter().position(|byte| stops(*byte)).unwrap_or(bytes.len() - at);
            if !matches!(self.cursor.byte(at), 0xC2 | 0xE2) || self.cursor.break_length(at) > 0 {
                return at;
            }
            at += 1;
        }
    }

    /// Content that needs a copy; ends before the closing quote.
    fn content(&mut self, open: usize, quote: u8) -> Result<String, Fault> {
        let mut text = String::new();
        let mut fold = Fold::default();
        loop {
            if self.cursor.is_document_indicator() || self.cursor.is_end() {
                return Err(fault::unclosed_quote(&self.cursor, open));
            }
            let run = self.cursor.at;
            let end = self.end_of_run(run, quote);
            self.cursor.at = end;
            let part = self.cursor.slice(run, end);
            let byte = self.cursor.peek();
            if byte == quote && quote == b'\'' && self.cursor.byte(end + 1) == quote {
                text.push_str(part);
                text.push('\'');
                self.cursor.at += 2;
            } else if byte == quote {
                text.push_str(part);
                return Ok(text);
            } else if byte == b'\\' {
                text.push_str(part);
                let length = self.cursor.break_length(end + 1);
                if length > 0 {
                    self.cursor.at += 1;
                    self.cursor.pass_break(length);
                    self.skip_line_breaks(&mut fold, true);
                    fold.write(&mut text);
                } else {
                    self.escape(&mut text)?;
                }
            } else if self.cursor.is_end() {
                text.push_str(part);
            } else {
                text.push_str(part.trim_end_matches([' ', '\t']));
                self.skip_line_breaks(&mut fold, false);
                fold.write(&mut text);
            }
        }
    }

    /// Passes breaks and the blanks around them. After an escaped break the first of them is not folded.
    fn skip_line_breaks(&mut self, fold: &mut Fold, mut seen: bool) {
        loop {
            self.cursor.skip_blanks();
            if self.cursor.break_length(self.cursor.at) == 0 {
                return;
            }
            fold.push_break(self, !seen);
            seen = true;
        }
    }

    fn escape(&mut self, text: &mut String) -> Result<(), Fault> {
        let start = self.cursor.at;
        let simple = match self.cursor.byte(start + 1) {
            b'0' => '\0',
            b'a' => '\u{7}',
            b'b' => '\u{8}',
            b't' | b'\t' => '\t',
            b'n' => '\n',
            b'v' => '\u{B}',
            b'f' => '\u{C}',
            b'r' => '\r',
            b'e' => '\u{1B}',
            b' ' => ' ',
            b'"' => '"',
            b'\'' => '\'',
            b'\\' => '\\',
            b'N' => '\u{85}',
            b'_' => '\u{A0}',
            b'L' => '\u{2028}',
            b'P' => '\u{2029}',
            b'x' => return self.hex_escape(text, 2),
            b'u' => return self.hex_escape(text, 4),
            b'U' => return self.hex_escape(text, 8),
            _ => return Err(fault::unknown_escape(&self.cursor)),
        };
        text.push(simple);
        self.cursor.at += 2;
        Ok(())
    }

    fn hex_escape(&mut self, text: &mut String, digits: usize) -> Result<(), Fault> {
        let start = self.cursor.at + 2;
        let hex = self.cursor.slice(start, start + digits);
        if hex.len() != digits || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(fault::short_escape(&self.cursor, digits));
        }
        let code = u32::from_str_radix(hex, 16).unwrap_or(u32::MAX);
        text.push(char::from_u32(code).ok_or_else(|| fault::no_character(&self.cursor, 2 + digits, code))?);
        self.cursor.at = start + digits;
        Ok(())
    }
}
