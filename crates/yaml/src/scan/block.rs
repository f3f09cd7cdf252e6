//! Block scalars: `|` and `>`.

use super::super::build::Scalar;
use super::super::source::Span;
use super::super::tree::Style;
use super::fault::{self, Fault};
use super::scanner::Scanner;
use super::token::{Kind, Token};

/// What happens to the line breaks at the end.
#[derive(Clone, Copy, PartialEq)]
enum Chomping {
    /// `-`: all go.
    Strip,
    /// One stays.
    Clip,
    /// `+`: all stay.
    Keep,
}

struct Header {
    chomping: Chomping,
    /// The digit, if one is written.
    indent: Option<usize>,
}

impl Scanner<'_> {
    pub(super) fn block_scalar(&mut self) -> Result<Token, Fault> {
        let start = self.cursor.at;
        let is_literal = self.cursor.peek() == b'|';
        let header = self.block_header()?;
        let header_end = self.cursor.at;
        self.cursor.pass_break(self.cursor.break_length(header_end));

        let mut text = String::new();
        let mut last_break = String::new();
        let mut blank_lines = String::new();
        let mut end = header_end;
        let mut was_blank = false;
        let parent = usize::try_from(self.indent).unwrap_or(0);
        let indent = self.block_breaks(header.indent.map(|more| parent + more), &mut blank_lines)?;
        while self.cursor.column() == indent && !self.cursor.is_end() {
            // Only between two lines that both begin with text is a break folded.
            let is_blank = self.cursor.is_blank();
            if !is_literal && !was_blank && !is_blank && last_break == "\n" {
                if blank_lines.is_empty() {
                    text.push(' ');
                }
            } else {
                text.push_str(&last_break);
            }
            text.push_str(&blank_lines);
            last_break.clear();
            blank_lines.clear();
            was_blank = is_blank;
            end = self.cursor.line_end(self.cursor.at);
            text.push_str(self.cursor.slice(self.cursor.at, end));
            self.cursor.at = end;
            self.cursor.take_break(&mut last_break);
            self.block_breaks(Some(indent), &mut blank_lines)?;
        }
        if header.chomping != Chomping::Strip {
            text.push_str(&last_break);
        }
        if header.chomping == Chomping::Keep {
            text.push_str(&blank_lines);
            end = end.max(self.end_of_blank_lines(end));
        }
        let style = if is_literal { Style::Literal } else { Style::Folded };
        let text = self.as_slice(text, header_end, end);
        Ok(Token { kind: Kind::Scalar(style, text), start, end, key: None })
    }

    /// A text of one line often lies in the source as it is.
    fn as_slice(&self, text: String, from: usize, end: usize) -> Scalar {
        let last_byte = end + usize::from(text.ends_with('\n'));
        match last_byte.checked_sub(text.len()) {
            Some(start) if start >= from && self.cursor.text().get(start..last_byte) == Some(&text) => {
                Scalar::Borrowed(Span::new(start, last_byte))
            }
            _ => Scalar::Owned(text),
        }
    }

    /// Where the blank lines after a kept block end; each ends with its break.
    fn end_of_blank_lines(&self, from: usize) -> usize {
        let mut end = from;
        let mut at = from;
        while at < self.cursor.at {
            let length = self.cursor.break_length(at);
            at += length.max(1);
            if length > 0 {
                end = at;
            }
        }
        end
    }

    fn block_header(&mut self) -> Result<Header, Fault> {
        let start = self.cursor.at;
        self.cursor.at += 1;
        let mut header = Header { chomping: Chomping::Clip, indent: None };
        let mut has_chomping = false;
        for _ in 0..2 {
            match self.cursor.peek() {
                sign @ (b'+' | b'-') if !has_chomping => {
                    header.chomping = if sign == b'+' { Chomping::Keep } else { Chomping::Strip };
                    has_chomping = true;
                }
                digit @ b'0'..=b'9' if header.indent.is_none() => {
                    if digit == b'0' {
                        return Err(fault::block_header(&self.cursor, start));
                    }
                    header.indent = Some(usize::from(digit - b'0'));
                }
                _ => break,
            }
            self.cursor.at += 1;
        }
        self.cursor.skip_blanks();
        if self.cursor.peek() == b'#' {
            self.skip_comment();
        }
        if !self.cursor.is_end() && self.cursor.break_length(self.cursor.at) == 0 {
            return Err(fault::block_header(&self.cursor, start));
        }
        Ok(header)
    }

    /// Passes indentation and blank lines. Without a known indent it finds one: the deepest column that the
    /// blank lines or the first line of text reach.
    fn block_breaks(&mut self, indent: Option<usize>, breaks: &mut String) -> Result<usize, Fault> {
        let mut deepest = 0;
        loop {
            while indent.is_none_or(|indent| self.cursor.column() < indent) && self.cursor.peek() == b' ' {
                self.cursor.at += 1;
            }
            let column = self.cursor.column();
            deepest = deepest.max(column);
            if self.cursor.peek() == b'\t' && indent.is_none_or(|indent| column < indent) {
                return Err(fault::tab(&self.cursor));
            }
            if self.cursor.break_length(self.cursor.at) == 0 {
                break;
            }
            self.cursor.take_break(breaks);
        }
        let least = usize::try_from(self.indent + 1).unwrap_or(0).max(1);
        Ok(indent.unwrap_or_else(|| deepest.max(least)))
    }
}
