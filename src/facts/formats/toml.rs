//! TOML (toml.io, version 1.0), as far as settings go: tables, arrays of tables, dotted keys, texts of the four kinds,
//! arrays, inline tables.

use std::collections::HashMap;

use super::{Collector, DEPTH};

/// Something that is not TOML.
struct Odd;

/// Each scalar.
pub(super) fn read(found: &mut Collector<'_>) {
    let mut reader = Reader { text: found.text, at: 0, found, numbers: HashMap::new() };
    let mut table = Vec::new();
    loop {
        reader.skip(true);
        let line = reader.at;
        let Some(next) = reader.peek() else { return };
        let did = match next {
            b'[' => reader.header().map(|path| table = path),
            _ => reader.pair(&mut table, false),
        };
        if did.is_ok() {
            reader.skip(false);
            if matches!(reader.peek(), None | Some(b'\n')) {
                continue;
            }
        }
        reader.found.is_whole = false;
        // behind a value of several lines it is not known where the next setting begins
        if reader.text[line..reader.at].contains('\n') {
            return;
        }
        reader.at = reader.end_of_line();
    }
}

struct Reader<'a, 'text> {
    text: &'text str,
    at: usize,
    found: &'a mut Collector<'text>,
    /// How many tables each array of tables has so far, by its path.
    numbers: HashMap<String, usize>,
}

impl Reader<'_, '_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn takes(&mut self, text: &str) -> bool {
        let is = self.text[self.at..].starts_with(text);
        self.at += if is { text.len() } else { 0 };
        is
    }

    fn end_of_line(&self) -> usize {
        self.text[self.at..].find('\n').map_or(self.text.len(), |length| self.at + length)
    }

    /// Passes blanks and comments over, and ends of lines where they mean nothing.
    fn skip(&mut self, lines: bool) {
        while let Some(next) = self.peek() {
            match next {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\n' if lines => self.at += 1,
                b'#' => self.at = self.end_of_line(),
                _ => return,
            }
        }
    }

    /// `[table]`, `[[table]]`: where its settings are.
    fn header(&mut self) -> Result<Vec<String>, Odd> {
        let is_array = self.takes("[[");
        if !is_array {
            self.at += 1;
        }
        let mut names = Vec::new();
        self.key(&mut names)?;
        if !self.takes(if is_array { "]]" } else { "]" }) {
            return Err(Odd);
        }
        let (mut path, mut joined) = (Vec::new(), String::new());
        let last = names.len() - 1;
        for (place, name) in names.into_iter().enumerate() {
            joined.push('\0');
            joined.push_str(&name);
            path.push(name);
            let number = if is_array && place == last {
                let number = self.numbers.entry(joined.clone()).or_insert(0);
                *number += 1;
                Some(*number)
            } else {
                self.numbers.get(&joined).copied()
            };
            if let Some(number) = number {
                // `[a.b]` below `[[a]]` is in its last table
                let number = (number - 1).to_string();
                joined.push('\0');
                joined.push_str(&number);
                path.push(number);
            }
        }
        if path.len() > DEPTH { Err(Odd) } else { Ok(path) }
    }

    /// The segments of a dotted key.
    fn key(&mut self, path: &mut Vec<String>) -> Result<(), Odd> {
        loop {
            self.skip(false);
            let name = match self.peek() {
                Some(b'"' | b'\'') => self.line()?.0,
                _ => {
                    let rest = &self.text[self.at..];
                    let is_part = |sign: char| sign.is_alphanumeric() || matches!(sign, '_' | '-');
                    let name = &rest[..rest.find(|sign| !is_part(sign)).unwrap_or(rest.len())];
                    self.at += name.len();
                    if name.is_empty() {
                        return Err(Odd);
                    }
                    name.to_owned()
                }
            };
            if path.len() >= DEPTH {
                return Err(Odd);
            }
            path.push(name);
            self.skip(false);
            if !self.takes(".") {
                return Ok(());
            }
        }
    }

    /// `key = value`.
    fn pair(&mut self, path: &mut Vec<String>, is_inside: bool) -> Result<(), Odd> {
        let outer = path.len();
        let did = self.key(path).and_then(|()| {
            if !self.takes("=") {
                return Err(Odd);
            }
            self.skip(false);
            self.value(path, is_inside)
        });
        path.truncate(outer);
        did
    }

    fn value(&mut self, path: &mut Vec<String>, is_inside: bool) -> Result<(), Odd> {
        match self.peek() {
            Some(b'"' | b'\'') => {
                let rest = &self.text[self.at..];
                let (value, range) =
                    if rest.starts_with("\"\"\"") || rest.starts_with("'''") { self.lines()? } else { self.line()? };
                self.found.add(path, 0, value, range);
                Ok(())
            }
            Some(b'[' | b'{') if path.len() >= DEPTH => Err(Odd),
            Some(b'[') => {
                self.at += 1;
                for number in 0_usize.. {
                    self.skip(true);
                    if self.takes("]") {
                        break;
                    }
                    path.push(number.to_string());
                    let did = self.value(path, true);
                    path.pop();
                    did?;
                    self.skip(true);
                    if !self.takes(",") && self.peek() != Some(b']') {
                        return Err(Odd);
                    }
                }
                Ok(())
            }
            Some(b'{') => {
                self.at += 1;
                loop {
                    self.skip(true);
                    if self.takes("}") {
                        return Ok(());
                    }
                    self.pair(path, true)?;
                    self.skip(true);
                    if !self.takes(",") && self.peek() != Some(b'}') {
                        return Err(Odd);
                    }
                }
            }
            _ => {
                let rest = &self.text[self.at..];
                let is_end = |sign: char| matches!(sign, '\n' | '#') || is_inside && matches!(sign, ',' | ']' | '}');
                let value = rest[..rest.find(is_end).unwrap_or(rest.len())].trim_end();
                if value.is_empty() {
                    return Err(Odd);
                }
                self.found.add(path, 0, value.to_owned(), self.at..self.at + value.len());
                self.at += value.len();
                Ok(())
            }
        }
    }

    /// A text on one line, in quotes of either kind.
    fn line(&mut self) -> Result<(String, std::ops::Range<usize>), Odd> {
        let start = self.at + 1;
        let quote = self.text.as_bytes()[self.at];
        let bytes = self.text.as_bytes();
        let mut end = start;
        loop {
            match bytes.get(end) {
                None | Some(b'\n') => return Err(Odd),
                Some(b'\\') if quote == b'"' && bytes.get(end + 1) == Some(&b'\n') => return Err(Odd),
                Some(b'\\') if quote == b'"' => end += 2,
                Some(next) if *next == quote => break,
                Some(_) => end += 1,
            }
        }
        self.at = end + 1;
        let raw = &self.text[start..end];
        Ok((if quote == b'"' { unescaped(raw) } else { raw.to_owned() }, start..end))
    }

    /// A text on several lines.
    fn lines(&mut self) -> Result<(String, std::ops::Range<usize>), Odd> {
        let bytes = self.text.as_bytes();
        let quote = bytes[self.at];
        self.at += 3;
        let _ = self.takes("\r\n") || self.takes("\n");
        let start = self.at;
        let mut end = start;
        loop {
            match bytes.get(end) {
                None => {
                    self.at = self.text.len();
                    return Err(Odd);
                }
                Some(b'\\') if quote == b'"' => end += 2,
                Some(next) if *next == quote && bytes[end..].starts_with(&[quote; 3]) => break,
                Some(_) => end += 1,
            }
        }
        // up to two quotes may be before the three that end it
        let more = bytes[end + 3..].iter().take(2).take_while(|next| **next == quote).count();
        end += more;
        self.at = end + 3;
        let raw = &self.text[start..end];
        Ok((if quote == b'"' { unescaped(raw) } else { raw.to_owned() }, start..end))
    }
}

/// A text with what its escapes mean.
fn unescaped(raw: &str) -> String {
    let mut value = String::with_capacity(raw.len());
    let mut signs = raw.chars();
    while let Some(sign) = signs.next() {
        if sign != '\\' {
            value.push(sign);
            continue;
        }
        let digits = match signs.next() {
            Some('n') => {
                value.push('\n');
                continue;
            }
            Some('t') => {
                value.push('\t');
                continue;
            }
            Some('r') => {
                value.push('\r');
                continue;
            }
            Some('b') => {
                value.push('\u{8}');
                continue;
            }
            Some('f') => {
                value.push('\u{c}');
                continue;
            }
            Some('e') => {
                value.push('\u{1b}');
                continue;
            }
            Some('u') => 4,
            Some('U') => 8,
            // the end of a line: what begins the next one does not count
            Some(space) if space.is_whitespace() => {
                signs = signs.as_str().trim_start().chars();
                continue;
            }
            Some(other) => {
                value.push(other);
                continue;
            }
            None => continue,
        };
        let rest = signs.as_str();
        let code = rest.get(..digits).and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32);
        if let Some(code) = code {
            value.push(code);
            signs = rest[digits..].chars();
        }
    }
    value
}
