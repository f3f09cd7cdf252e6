//! JSON streams, which kubectl reads with Go's JSON decoder and not as YAML.
//!
//! A file whose first character is `{` is tried as JSON. When that fails with at most one value read,
//! kubectl goes on in YAML from there (`YAMLOrJSONDecoder.Decode` in `k8s.io/apimachinery`).

use std::sync::Arc;

use super::build::{Builder, Scalar};
use super::refusal::{Part, Refusal, too_many_documents};
use super::scalar::Resolved;
use super::source::{Source, Span};
use super::tree::Style;
use crate::limits;

/// How a JSON stream ended.
pub(super) enum Stream {
    /// All of the file was JSON, or it was refused as JSON.
    Finished,
    /// From here kubectl tries YAML.
    YamlFrom(usize),
}

/// Reads values until the text ends or one is not JSON.
pub(super) fn read_stream(source: &Arc<Source>, parts: &mut Vec<Part>) -> Stream {
    let text = &source.text;
    let mut at = 0;
    let mut count = 0;
    let mut builder = Builder::new(source);
    loop {
        let value = skip_space(text.as_bytes(), at);
        if value == text.len() {
            return Stream::Finished;
        }
        if parts.len() >= limits::DOCUMENTS.count() {
            parts.push(Part::Refused(too_many_documents(value)));
            return Stream::Finished;
        }
        match Reader::new(source, value, &mut builder).document() {
            Ok((part, end)) => {
                parts.push(part);
                at = end;
                count += 1;
            }
            Err(refusal) => {
                if count <= 1
                    && let Some(from) = yaml_start(source, at)
                {
                    return Stream::YamlFrom(from);
                }
                parts.push(Part::Refused(refusal));
                return Stream::Finished;
            }
        }
    }
}

/// Where kubectl begins to read YAML: after one line break, if nothing but space precedes it. It looks at
/// four bytes at a time, and gives up when fewer are left (`consumeWhitespace`).
fn yaml_start(source: &Source, from: usize) -> Option<usize> {
    let end = source.written_length();
    let mut at = from;
    while at + 4 <= end {
        match source.text[at..].chars().next()? {
            char::REPLACEMENT_CHARACTER => return None,
            '\n' => return Some(at + 1),
            space if space.is_whitespace() => at += space.len_utf8(),
            _ => return Some(at),
        }
    }
    None
}

fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
        at += 1;
    }
    at
}

struct Reader<'src, 'of> {
    bytes: &'src [u8],
    text: &'src str,
    at: usize,
    builder: &'of mut Builder<'src>,
    /// A number that is JSON and that nothing in Kubernetes can hold.
    too_large: Option<Refusal>,
}

impl<'src, 'of> Reader<'src, 'of> {
    fn new(source: &'src Source, at: usize, builder: &'of mut Builder<'src>) -> Self {
        builder.begin();
        Self { bytes: source.text.as_bytes(), text: &source.text, at, builder, too_large: None }
    }

    /// Reads one value; returns the byte after it.
    fn document(mut self) -> Result<(Part, usize), Refusal> {
        let start = self.at;
        let mut open: Vec<u8> = Vec::new();
        loop {
            self.at = skip_space(self.bytes, self.at);
            let opened = self.value(&mut open)?;
            if !opened && self.close(&mut open)? {
                break;
            }
        }
        let end = self.at;
        let part = match self.too_large {
            Some(refusal) => Part::Refused(refusal),
            None => Part::Document(self.builder.finish(Span::new(start, end)).within(&self.builder.seal())),
        };
        Ok((part, end))
    }

    /// Reads one value; true if it is a list or map that now waits for its first element.
    fn value(&mut self, open: &mut Vec<u8>) -> Result<bool, Refusal> {
        let start = self.at;
        match self.peek() {
            Some(bracket @ (b'{' | b'[')) => {
                if open.len() >= limits::DEPTH.count() {
                    return Err(self.refuse(start, "nesting is deeper than 10000 levels"));
                }
                self.at += 1;
                self.builder.open(Span::new(start, start + 1), Style::Flow, 0, bracket == b'{')?;
                open.push(bracket);
                self.at = skip_space(self.bytes, self.at);
                let closing = if bracket == b'{' { b'}' } else { b']' };
                if self.peek() == Some(closing) {
                    return Ok(false);
                }
                if bracket == b'{' {
                    self.key()?;
                }
                Ok(true)
            }
            Some(b'"') => {
                let text = self.string()?;
                self.scalar(start, text, Resolved::Str)
            }
            Some(b'-' | b'0'..=b'9') => {
                let resolved = self.number()?;
                self.scalar(start, Scalar::Borrowed(Span::new(start, self.at)), resolved)
            }
            _ => {
                for (word, resolved) in
                    [("true", Resolved::Bool(true)), ("false", Resolved::Bool(false)), ("null", Resolved::Null)]
                {
                    if self.text[start..].starts_with(word) {
                        self.at += word.len();
                        return self.scalar(start, Scalar::Borrowed(Span::new(start, self.at)), resolved);
                    }
                }
                Err(if start == self.bytes.len() {
                    self.refuse(start, "the file ends in the middle of a value")
                } else {
                    self.refuse(start, "this is not a JSON value")
                })
            }
        }
    }

    fn scalar(&mut self, start: usize, text: Scalar, resolved: Resolved) -> Result<bool, Refusal> {
        let style = if self.bytes[start] == b'"' { Style::DoubleQuoted } else { Style::Plain };
        self.builder.scalar(Span::new(start, self.at), style, 0, text, resolved, false)?;
        Ok(false)
    }

    /// After a value: closes what ends here and moves to the next element; true at the end of all.
    fn close(&mut self, open: &mut Vec<u8>) -> Result<bool, Refusal> {
        while let Some(&bracket) = open.last() {
            self.at = skip_space(self.bytes, self.at);
            let at = self.at;
            match (self.peek(), bracket) {
                (Some(b','), _) => {
                    self.at = skip_space(self.bytes, at + 1);
                    if bracket == b'{' {
                        self.key()?;
                    }
                    return Ok(false);
                }
                (Some(b'}'), b'{') | (Some(b']'), b'[') => {
                    self.at += 1;
                    open.pop();
                    self.builder.close(Span::new(at, at + 1))?;
                }
                _ => return Err(self.refuse(at, "expected `,` or the closing bracket")),
            }
        }
        Ok(true)
    }

    fn key(&mut self) -> Result<(), Refusal> {
        let start = self.at;
        if self.peek() != Some(b'"') {
            return Err(self.refuse(start, "a JSON key is a string in double quotes"));
        }
        let text = self.string()?;
        self.builder.scalar(Span::new(start, self.at), Style::DoubleQuoted, 0, text, Resolved::Str, false)?;
        self.at = skip_space(self.bytes, self.at);
        if self.peek() != Some(b':') {
            return Err(self.refuse(self.at, "expected `:` after the key"));
        }
        self.at = skip_space(self.bytes, self.at + 1);
        Ok(())
    }

    fn string(&mut self) -> Result<Scalar, Refusal> {
        let start = self.at + 1;
        let mut at = start;
        let mut escaped = false;
        loop {
            match self.bytes.get(at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    at += 2;
                }
                Some(byte) if *byte >= 0x20 => at += 1,
                _ => return Err(self.refuse(at.min(self.bytes.len()), "a string ends before the line does")),
            }
        }
        self.at = at + 1;
        if !escaped {
            return Ok(Scalar::Borrowed(Span::new(start, at)));
        }
        self.unescape(start, at).map(Scalar::Owned)
    }

    fn unescape(&self, start: usize, end: usize) -> Result<String, Refusal> {
        let mut out = String::with_capacity(end - start);
        let mut at = start;
        while at < end {
            let rest = &self.text[at..end];
            let Some(escape) = rest.find('\\') else {
                out.push_str(rest);
                break;
            };
            out.push_str(&rest[..escape]);
            at += escape;
            let (character, length) = self.escape(at, end).ok_or_else(|| self.refuse(at, "JSON has no such escape"))?;
            out.push(character);
            at += length;
        }
        Ok(out)
    }

    /// The character that an escape stands for and the escape's length. A lone surrogate is U+FFFD, as in Go.
    fn escape(&self, at: usize, end: usize) -> Option<(char, usize)> {
        let simple = match self.bytes.get(at + 1)? {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(at, end),
            _ => return None,
        };
        Some((simple, 2))
    }

    fn unicode_escape(&self, at: usize, end: usize) -> Option<(char, usize)> {
        let unit = |at: usize| {
            let digits = self.text.get(at + 2..(at + 6).min(end)).filter(|digits| digits.len() == 4)?;
            let hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            if hex { u32::from_str_radix(digits, 16).ok() } else { None }
        };
        let high = unit(at)?;
        if (0xD800..0xDC00).contains(&high)
            && self.bytes.get(at + 6..at + 8) == Some(b"\\u")
            && let Some(low) = unit(at + 6).filter(|low| (0xDC00..0xE000).contains(low))
        {
            let code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
            return Some((char::from_u32(code)?, 12));
        }
        Some((char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER), 6))
    }

    fn number(&mut self) -> Result<Resolved, Refusal> {
        let start = self.at;
        let digits = |reader: &mut Self| {
            let from = reader.at;
            while matches!(reader.peek(), Some(b'0'..=b'9')) {
                reader.at += 1;
            }
            reader.at - from
        };
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        // A number ends after a leading zero, so that `03` between values is 0 and then 3.
        let mut ok = if self.peek() == Some(b'0') {
            self.at += 1;
            true
        } else {
            digits(self) > 0
        };
        if self.peek() == Some(b'.') {
            self.at += 1;
            ok &= digits(self) > 0;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            ok &= digits(self) > 0;
        }
        let text = &self.text[start..self.at];
        if !ok {
            return Err(self.refuse(start, "this is not a JSON number"));
        }
        if let Ok(value) = text.parse() {
            return Ok(Resolved::Int(value));
        }
        if let Ok(value) = text.parse() {
            return Ok(Resolved::Uint(value));
        }
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Resolved::Float(value)),
            _ => {
                let span = Span::new(start, self.at);
                let refusal = Refusal::new(span, "this number does not fit a 64-bit float")
                    .because("kubectl's reader accepts it, but Go's JSON decoder refuses it in the next step");
                self.too_large.get_or_insert(refusal);
                Ok(Resolved::Null)
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn refuse(&self, at: usize, message: &str) -> Refusal {
        let end = self.text[at..].chars().next().map_or(at, |character| at + character.len_utf8());
        Refusal::new(Span::new(at, end), format!("not valid JSON: {message}"))
    }
}
