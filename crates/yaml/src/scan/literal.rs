//! Literal block scalars as most are written, line by line: `|` or `|-`, the first line not blank, no tabs before text.

use super::super::build::Scalar;
use super::super::source::Span;
use super::super::tree::Style;
use super::scanner::Scanner;
use super::token::{Kind, Token};

impl Scanner<'_> {
    /// Reads the literal that begins here; none, and nothing is passed, where [`Scanner::block_scalar`] has to.
    pub(super) fn simple_literal(&mut self) -> Option<Token> {
        let bytes = self.cursor.text().as_bytes();
        let start = self.cursor.at;
        let (header_end, keeps_break) = match bytes.get(start..)? {
            [b'|', b'\n', ..] => (start + 1, true),
            [b'|', b'-', b'\n', ..] => (start + 2, false),
            _ => return None,
        };
        if !self.cursor.only_line_feeds() {
            return None;
        }
        let mut line = header_end + 1;
        let indent = spaces(&bytes[line..], usize::MAX);
        if indent <= usize::try_from(self.indent).unwrap_or(0) || matches!(bytes.get(line + indent)?, b'\n' | b'\t') {
            return None;
        }
        let mut text = String::new();
        let mut lines = 1;
        let mut breaks = 0;
        let mut end;
        let next = loop {
            // Of the breaks before a line only the blank ones are more than its own.
            text.extend(std::iter::repeat_n('\n', breaks));
            end = line + indent + memchr::memchr(b'\n', &bytes[line + indent..])?;
            text.push_str(self.cursor.slice(line + indent, end));
            line = end + 1;
            (lines, breaks) = (lines + 1, 1);
            let depth = loop {
                let depth = spaces(&bytes[line..], indent);
                if bytes.get(line + depth) != Some(&b'\n') {
                    break depth;
                }
                line += depth + 1;
                (lines, breaks) = (lines + 1, breaks + 1);
            };
            match bytes.get(line + depth) {
                Some(b'\t') if depth < indent => return None,
                Some(_) if depth == indent => {}
                _ => break line + depth,
            }
        };
        if keeps_break {
            text.push('\n');
        }
        self.cursor.pass_lines(lines, line);
        self.cursor.at = next;
        let is_one_line = text.len() - usize::from(keeps_break) == end - (header_end + 1 + indent);
        let text = if is_one_line {
            let first = header_end + 1 + indent;
            Scalar::Borrowed(Span::new(first, first + text.len()))
        } else {
            Scalar::Owned(text)
        };
        Some(Token { kind: Kind::Scalar(Style::Literal, text), start, end, key: None })
    }
}

/// How many spaces a text begins with, up to `most`.
fn spaces(bytes: &[u8], most: usize) -> usize {
    bytes.iter().take(most).take_while(|byte| **byte == b' ').count()
}
