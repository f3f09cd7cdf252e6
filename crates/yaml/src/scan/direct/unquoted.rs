//! Scalars without quotes, and what may go on behind them.

use super::bytes::{begins_no_word, begins_text};
use super::{Direct, Known, Node, Unknown};
use crate::build::Scalar;
use crate::scalar::Resolved;
use crate::scan::cursor::after_word;
use crate::scan::keys::MAX_KEY_LENGTH;
use crate::scan::plain::STOPS;
use crate::scan::token::Kind;
use crate::source::Span;
use crate::tree::Style;

/// Up to so many bytes, looking at each takes no longer than to begin a search.
const SHORT: usize = 24;

impl Direct<'_, '_> {
    /// Text without quotes.
    pub(super) fn plain(&mut self) -> Known<Node> {
        match self.plain_line() {
            Some((span, _)) => Ok(Node::Scalar(span, Style::Plain, Scalar::Borrowed(span))),
            None => self.any_plain(),
        }
    }

    /// Text without quotes that ends in its line, and whether the line is passed; none, and nothing is passed, if it may
    /// go on.
    pub(super) fn plain_line(&mut self) -> Option<(Span, bool)> {
        let start = self.scanner.cursor.at;
        let mut at = start;
        loop {
            at = self.end_of_run(at);
            if at - start > SHORT && self.scanner.cursor.is_plain() {
                return self.long_line(start, at);
            }
            let end = at;
            while self.byte(at) == b' ' {
                at += 1;
            }
            match self.byte(at) {
                b':' if self.scanner.cursor.is_blank_or_break(at + 1) => {
                    self.scanner.cursor.at = at;
                    return Some((Span::new(start, end), false));
                }
                b':' => at += 1,
                b'#' if at > end => {
                    self.scanner.cursor.at = at;
                    return Some((Span::new(start, end), false));
                }
                b'\n' => return self.passes_to_next_line(at).then(|| (Span::new(start, end), true)),
                _ if at > end => {}
                _ => return None,
            }
        }
    }

    /// The same of a long line, in a document that has nothing but printable ASCII in its lines: what is searched for
    /// behind `from` is rare, so a search passes many bytes at a time.
    #[inline(never)]
    fn long_line(&mut self, start: usize, from: usize) -> Option<(Span, bool)> {
        let rest = self.bytes.get(from..)?;
        let line = &rest[..memchr::memchr(b'\n', rest)?];
        let ends = |at: &usize| match line[*at] {
            b':' => matches!(line.get(at + 1), None | Some(b' ')),
            _ => line[..*at].ends_with(b" "),
        };
        let found = memchr::memchr2_iter(b':', b'#', line).find(ends);
        let at = from + found.unwrap_or(line.len());
        let text = self.bytes.get(start..at)?.trim_ascii_end();
        let span = Span::new(start, start + text.len());
        if found.is_some() {
            self.scanner.cursor.at = at;
            return Some((span, false));
        }
        self.passes_to_next_line(at).then_some((span, true))
    }

    /// Up to where text without quotes may have to end.
    #[inline]
    fn end_of_run(&self, mut at: usize) -> usize {
        loop {
            at = after_word(self.bytes, at);
            if STOPS[usize::from(self.byte(at))] == 1 {
                return at;
            }
            at += 1;
        }
    }

    /// A key of ASCII without spaces, which nearly all are. Stops at its colon.
    #[inline]
    pub(super) fn simple_key(&mut self) -> Option<Span> {
        let start = self.scanner.cursor.at;
        if !begins_text(self.peek()) {
            return None;
        }
        let at = after_word(self.bytes, start);
        if self.byte(at) != b':' || !matches!(self.byte(at + 1), b' ' | b'\n') || at - start > MAX_KEY_LENGTH {
            return None;
        }
        self.scanner.cursor.at = at;
        Some(Span::new(start, at))
    }

    /// Adds text without quotes that is a slice of the source.
    #[inline]
    pub(super) fn plain_text(&mut self, span: Span) -> Known<()> {
        if begins_no_word(self.byte(span.start as usize)) {
            self.builder.plain_text(span);
            return Ok(());
        }
        self.word(span)
    }

    /// The same for the key of a map.
    #[inline]
    pub(super) fn plain_key(&mut self, span: Span) -> Known<()> {
        let text = &self.bytes[span.range()];
        if text.first().is_some_and(|first| begins_no_word(*first)) || self.resolve(text, span)? == Resolved::Str {
            self.builder.plain_key(span, text);
            return Ok(());
        }
        self.word(span)
    }

    /// Adds what may be a word or number of YAML's own.
    fn word(&mut self, span: Span) -> Known<()> {
        match self.resolve(&self.bytes[span.range()], span)? {
            Resolved::Str => self.builder.plain_text(span),
            Resolved::Float(value) if !value.is_finite() => return Err(Unknown),
            resolved => self.builder.simple_scalar(span, Style::Plain, Scalar::Borrowed(span), resolved),
        }
        Ok(())
    }

    /// Text of several lines, or with anything unusual in it.
    fn any_plain(&mut self) -> Known<Node> {
        if let Some(node) = self.plain_lines() {
            return Ok(node);
        }
        let token = self.scanner.plain_scalar().map_err(|_| Unknown)?;
        let Kind::Scalar(style, text) = token.kind else { return Err(Unknown) };
        Ok(Node::Scalar(Span::new(token.start, token.end), style, text))
    }

    /// Text of several lines as most are; none, and nothing is passed, where the exact reader has to look.
    fn plain_lines(&mut self) -> Option<Node> {
        let least = usize::try_from(self.scanner.indent + 1).unwrap_or(0);
        if least == 0 || !self.scanner.cursor.only_line_feeds() {
            return None;
        }
        let start = self.scanner.cursor.at;
        let (mut at, mut end, mut line) = (start, start, start);
        let (mut passed, mut is_long) = (0, false);
        loop {
            let word = at;
            while !self.ends_word(at) {
                at += 1;
            }
            if at == word {
                break;
            }
            (end, is_long) = (at, passed > 0);
            let before = (at, passed);
            loop {
                match self.byte(at) {
                    b' ' => at += 1,
                    b'\n' => {
                        at += 1;
                        (line, passed) = (at, passed + 1);
                    }
                    b'\t' => return None,
                    _ => break,
                }
            }
            if at == before.0 || self.byte(at) == b'#' || passed > before.1 && at - line < least {
                break;
            }
        }
        if passed > 0 {
            self.scanner.cursor.pass_lines(passed, line);
        }
        self.scanner.cursor.at = at;
        let span = Span::new(start, end);
        Some(if is_long {
            Node::Lines(span, Style::Plain)
        } else {
            Node::Scalar(span, Style::Plain, Scalar::Borrowed(span))
        })
    }

    /// Whether a word without quotes ends here, in a document whose lines end in line feeds alone.
    #[inline]
    fn ends_word(&self, at: usize) -> bool {
        let byte = self.byte(at);
        match byte {
            b':' => self.scanner.cursor.is_blank_or_break(at + 1),
            _ => STOPS[usize::from(byte)] == 1 && byte.is_ascii(),
        }
    }

    /// Passes a line break, unless the text may go on in the next line.
    pub(super) fn passes_to_next_line(&mut self, line_end: usize) -> bool {
        let least = usize::try_from(self.scanner.indent + 1).unwrap_or(0);
        let mut line = line_end + 1;
        let mut lines = 1;
        loop {
            let at = self.after_spaces(line);
            match self.byte(at) {
                b'\n' => {
                    line = at + 1;
                    lines += 1;
                    continue;
                }
                b'\t' | b'\r' | 0xC2 | 0xE2 => return false,
                b'#' => {}
                0 if at >= self.bytes.len() => {}
                _ if at - line < least => {}
                _ => return false,
            }
            self.scanner.cursor.pass_lines(lines, line);
            self.scanner.cursor.at = at;
            return true;
        }
    }
}
