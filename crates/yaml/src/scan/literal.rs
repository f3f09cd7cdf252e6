//! Literal block scalars as most are written, line by line: `|` or `|-`, the first line not blank, no tabs before text.

use super::super::source::Span;
use super::cursor::after_spaces;
use super::scanner::Scanner;

impl Scanner<'_> {
    /// Passes the literal that begins here: where it is, and its text if it is of one line. None, and nothing is passed,
    /// where [`Scanner::block_scalar`] has to read it.
    pub(super) fn simple_literal(&mut self) -> Option<(Span, Option<Span>)> {
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
        let indent = after_spaces(bytes, line) - line;
        if indent <= usize::try_from(self.indent).unwrap_or(0) || matches!(bytes.get(line + indent)?, b'\n' | b'\t') {
            return None;
        }
        let first = line + indent;
        let (mut begin, mut lines, mut is_long) = (first, 1, false);
        let mut end;
        let next = loop {
            end = begin + memchr::memchr(b'\n', &bytes[begin..])?;
            line = end + 1;
            let mut blank = 0;
            let depth = loop {
                let depth = (after_spaces(bytes, line) - line).min(indent);
                if bytes.get(line + depth) != Some(&b'\n') {
                    break depth;
                }
                line += depth + 1;
                blank += 1;
            };
            lines += blank + 1;
            match bytes.get(line + depth) {
                Some(b'\t') if depth < indent => return None,
                Some(_) if depth == indent => {}
                _ => break line + depth,
            }
            is_long = true;
            begin = line + indent;
        };
        self.cursor.pass_lines(lines, line);
        self.cursor.at = next;
        let last = end + usize::from(keeps_break);
        Some((Span::new(start, end), (!is_long).then(|| Span::new(first, last))))
    }
}
