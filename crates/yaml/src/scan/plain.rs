//! Scalars without quotes.

use super::super::build::Scalar;
use super::super::source::Span;
use super::super::tree::Style;
use super::fault::{self, Fault};
use super::scanner::Scanner;
use super::token::{Kind, Token};

/// Bytes at which a plain scalar may have to stop: 1 everywhere, 2 only inside brackets.
pub(super) const STOPS: [u8; 256] = {
    let mut stops = [0; 256];
    let mut index = 0;
    let everywhere = [0, b'\t', b'\n', b'\r', b' ', b':', 0xC2, 0xE2];
    while index < everywhere.len() {
        stops[everywhere[index] as usize] = 1;
        index += 1;
    }
    let in_brackets = b",?[]{}";
    index = 0;
    while index < in_brackets.len() {
        stops[in_brackets[index] as usize] = 2;
        index += 1;
    }
    stops
};

/// What lies between two lines of a scalar once it is folded.
#[derive(Default)]
pub(super) struct Fold {
    first: String,
    more: String,
}

impl Fold {
    /// Passes blanks and breaks. Blanks count as text only while no break has been seen.
    pub(super) fn push_break(&mut self, scanner: &mut Scanner<'_>, is_first: bool) {
        scanner.cursor.take_break(if is_first { &mut self.first } else { &mut self.more });
    }

    /// One break is a space, more are one break fewer; U+2028 and U+2029 are never folded.
    pub(super) fn write(&mut self, into: &mut String) {
        if self.first == "\n" {
            into.push_str(if self.more.is_empty() { " " } else { &self.more });
        } else {
            into.push_str(&self.first);
            into.push_str(&self.more);
        }
        self.first.clear();
        self.more.clear();
    }
}

impl Scanner<'_> {
    pub(super) fn plain_scalar(&mut self) -> Result<Token, Fault> {
        let start = self.cursor.at;
        let least_column = usize::try_from(self.indent + 1).unwrap_or(0);
        // Text on one line is a slice of the source; `folded` takes over at the second line.
        let mut folded: Option<String> = None;
        let mut fold = Fold::default();
        let mut run = start;
        let mut end = start;
        let mut on_new_line = false;
        loop {
            if self.cursor.is_document_indicator() || self.cursor.peek() == b'#' {
                break;
            }
            let word = self.cursor.at;
            let word_end = self.end_of_word(word);
            if word_end > word {
                if on_new_line {
                    let text = folded.get_or_insert_default();
                    text.push_str(self.cursor.slice(run, end));
                    fold.write(text);
                    run = word;
                    on_new_line = false;
                }
                end = word_end;
                self.cursor.at = word_end;
            }
            if !self.skip_between_words(&mut fold, &mut on_new_line, least_column)? {
                break;
            }
        }
        if on_new_line {
            self.allows_key = true;
        }
        let text = match folded {
            None => Scalar::Borrowed(Span::new(start, end)),
            Some(mut text) => {
                text.push_str(self.cursor.slice(run, end));
                Scalar::Owned(text)
            }
        };
        Ok(Token { kind: Kind::Scalar(Style::Plain, text), start, end, key: None })
    }

    /// Passes blanks and breaks; false if the scalar ends here.
    fn skip_between_words(
        &mut self,
        fold: &mut Fold,
        on_new_line: &mut bool,
        least_column: usize,
    ) -> Result<bool, Fault> {
        let before = self.cursor.at;
        loop {
            match self.cursor.peek() {
                b'\t' if *on_new_line && self.cursor.column() < least_column => {
                    return Err(fault::tab(&self.cursor));
                }
                b' ' | b'\t' => self.cursor.at += 1,
                _ if self.cursor.break_length(self.cursor.at) > 0 => {
                    fold.push_break(self, !*on_new_line);
                    *on_new_line = true;
                }
                _ => break,
            }
        }
        if self.cursor.at == before {
            return Ok(false);
        }
        Ok(self.in_flow() || !*on_new_line || self.cursor.column() >= least_column)
    }

    fn end_of_word(&self, from: usize) -> usize {
        let widest = if self.in_flow() { 2 } else { 1 };
        let stops_at = |byte: u8| {
            let stop = STOPS[usize::from(byte)];
            stop != 0 && stop <= widest
        };
        let bytes = self.cursor.text().as_bytes();
        let mut at = from;
        loop {
            at += bytes[at..].iter().position(|byte| stops_at(*byte)).unwrap_or(bytes.len() - at);
            let ends = match self.cursor.byte(at) {
                b':' => self.cursor.is_blank_or_break(at + 1),
                0xC2 | 0xE2 => self.cursor.break_length(at) > 0,
                _ => true,
            };
            if ends {
                return at;
            }
            at += 1;
        }
    }
}
