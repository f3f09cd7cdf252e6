//! Lists and maps in brackets.

use super::{DEEPEST, Direct, Known, Unknown};
use crate::build::Scalar;
use crate::scan::keys::MAX_KEY_LENGTH;
use crate::scan::plain::STOPS;
use crate::source::Span;
use crate::tree::Style;

fn closing(bracket: u8) -> u8 {
    if bracket == b'{' { b'}' } else { b']' }
}

impl Direct<'_, '_> {
    /// `[…]` and `{…}` without comments, pairs in lists, keys without values, and whatever is rarer.
    pub(super) fn brackets(&mut self) -> Known<()> {
        let mut open: Vec<u8> = Vec::new();
        loop {
            // A node is expected here.
            match self.peek() {
                bracket @ (b'[' | b'{') => {
                    if self.builder.depth() >= DEEPEST {
                        return Err(Unknown);
                    }
                    let at = self.scanner.cursor.at;
                    let span = Span::new(at, at + 1);
                    self.builder.open(span, Style::Flow, 0, bracket == b'{').map_err(|_| Unknown)?;
                    open.push(bracket);
                    self.scanner.cursor.at += 1;
                    self.skip_in_brackets()?;
                    if self.peek() != closing(bracket) {
                        if bracket == b'{' {
                            self.key_in_brackets()?;
                        }
                        continue;
                    }
                }
                _ => {
                    let (span, style, text) = self.scalar_in_brackets()?;
                    self.scalar(span, style, text)?;
                }
            }
            // Something is complete.
            loop {
                let Some(&bracket) = open.last() else { return Ok(()) };
                self.skip_in_brackets()?;
                let here = self.peek();
                if here == closing(bracket) {
                    let at = self.scanner.cursor.at;
                    self.builder.close(Span::new(at, at + 1)).map_err(|_| Unknown)?;
                    open.pop();
                    self.scanner.cursor.at += 1;
                    if open.is_empty() {
                        return Ok(());
                    }
                    continue;
                }
                if here != b',' {
                    return Err(Unknown);
                }
                self.scanner.cursor.at += 1;
                self.skip_in_brackets()?;
                if bracket == b'{' {
                    self.key_in_brackets()?;
                }
                break;
            }
        }
    }

    pub(super) fn key_in_brackets(&mut self) -> Known<()> {
        let start = self.scanner.cursor.at;
        let (span, style, text) = self.scalar_in_brackets()?;
        let at = self.scanner.cursor.at;
        let is_quoted = style != Style::Plain;
        if self.peek() != b':'
            || at - start > MAX_KEY_LENGTH
            || !(is_quoted || matches!(self.byte(at + 1), b' ' | b'\n'))
        {
            return Err(Unknown);
        }
        self.scalar(span, style, text)?;
        self.scanner.cursor.at += 1;
        self.skip_in_brackets()
    }

    pub(super) fn scalar_in_brackets(&mut self) -> Known<(Span, Style, Scalar)> {
        let start = self.scanner.cursor.at;
        let first = self.peek();
        if matches!(first, b'"' | b'\'') {
            let line = self.scanner.cursor.line;
            let quoted = self.quoted()?;
            return if self.scanner.cursor.line == line { Ok(quoted) } else { Err(Unknown) };
        }
        let second = self.byte(start + 1);
        let is_simple =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'$' | b'~' | b'+');
        if !is_simple(first) && !(first == b'-' && (is_simple(second) || second == b'-')) {
            return Err(Unknown);
        }
        let mut at = start;
        let mut end;
        loop {
            while STOPS[usize::from(self.byte(at))] == 0 {
                at += 1;
            }
            end = at;
            match self.byte(at) {
                b':' if !self.scanner.cursor.is_blank_or_break(at + 1) => at += 1,
                b',' | b']' | b'}' | b':' => break,
                b' ' => {
                    end = at;
                    while self.byte(at) == b' ' {
                        at += 1;
                    }
                    match self.byte(at) {
                        b',' | b']' | b'}' => break,
                        b'#' | b':' => return Err(Unknown),
                        _ => {}
                    }
                }
                _ => return Err(Unknown),
            }
        }
        self.scanner.cursor.at = at;
        let span = Span::new(start, end);
        Ok((span, Style::Plain, Scalar::Borrowed(span)))
    }

    /// Between words in brackets. A line that begins in the first column could begin with anything.
    pub(super) fn skip_in_brackets(&mut self) -> Known<()> {
        loop {
            self.skip_spaces();
            match self.peek() {
                b'\n' => {
                    self.scanner.cursor.pass_break(1);
                    if !matches!(self.peek(), b' ' | b'\n' | b']' | b'}') {
                        return Err(Unknown);
                    }
                }
                b'#' | b'\t' | b'\r' | 0xC2 | 0xE2 | 0 => return Err(Unknown),
                _ => return Ok(()),
            }
        }
    }
}
