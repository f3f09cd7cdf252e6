//! HCL's simple form, of both versions, and JSON as these programs take it: blocks with labels, `key = value`, lists,
//! objects, heredocs. Expressions are texts.

use std::ops::Range;

use super::{Collector, DEPTH};

/// Something that cannot be read; what follows it would be guessed.
struct Odd;

/// Each scalar.
pub(super) fn read(found: &mut Collector<'_>) {
    let mut reader = Reader { text: found.text, at: 0, found, block: 0 };
    while reader.at < reader.text.len() {
        if reader.body(&mut Vec::new(), 0).is_err() {
            reader.found.is_whole = false;
            return;
        }
        // a brace too many
        if reader.peek() == Some(b'}') {
            reader.found.is_whole = false;
            reader.at += 1;
        }
    }
}

struct Reader<'a, 'text> {
    text: &'text str,
    at: usize,
    found: &'a mut Collector<'text>,
    /// How many blocks have begun.
    block: usize,
}

impl Reader<'_, '_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn end_of_line(&self) -> usize {
        self.text[self.at..].find('\n').map_or(self.text.len(), |length| self.at + length)
    }

    /// Passes blanks, ends of lines and comments over.
    fn skip(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            if rest.starts_with('#') || rest.starts_with("//") {
                self.at = self.end_of_line();
            } else if let Some(comment) = rest.strip_prefix("/*") {
                self.at = comment.find("*/").map_or(self.text.len(), |length| self.at + length + 4);
            } else if rest.starts_with(char::is_whitespace) {
                self.at += rest.len() - rest.trim_start().len();
            } else {
                return;
            }
        }
    }

    /// Settings and blocks up to a brace that ends them, which is left.
    fn body(&mut self, path: &mut Vec<String>, block: usize) -> Result<(), Odd> {
        loop {
            self.skip();
            match self.peek() {
                None | Some(b'}') => return Ok(()),
                Some(b',' | b';') => self.at += 1,
                // JSON's root
                Some(b'{') if path.is_empty() => self.braces(path)?,
                Some(_) => self.setting(path, block)?,
            }
        }
    }

    /// `{ … }`.
    fn braces(&mut self, path: &mut Vec<String>) -> Result<(), Odd> {
        if path.len() >= DEPTH || self.found.enter().is_none() {
            return Err(Odd);
        }
        self.at += 1;
        self.block += 1;
        let did = self.body(path, self.block);
        self.found.leave();
        did?;
        if self.peek() != Some(b'}') {
            return Err(Odd);
        }
        self.at += 1;
        Ok(())
    }

    /// `key = value`, `kind "label" { … }`.
    fn setting(&mut self, path: &mut Vec<String>, block: usize) -> Result<(), Odd> {
        let outer = path.len();
        loop {
            let name = self.name()?;
            if path.len() >= DEPTH {
                return Err(Odd);
            }
            path.push(name);
            self.skip();
            match self.peek() {
                Some(b'=' | b':') if path.len() == outer + 1 => {
                    self.at += 1;
                    self.skip();
                    self.value(path, block)?;
                    break;
                }
                Some(b'{') => {
                    self.braces(path)?;
                    break;
                }
                Some(_) => {}
                None => return Err(Odd),
            }
        }
        path.truncate(outer);
        Ok(())
    }

    fn name(&mut self) -> Result<String, Odd> {
        if self.peek() == Some(b'"') {
            return Ok(self.quoted()?.0);
        }
        let rest = &self.text[self.at..];
        let is_part = |sign: char| sign.is_alphanumeric() || matches!(sign, '_' | '-' | '.');
        let name = &rest[..rest.find(|sign| !is_part(sign)).unwrap_or(rest.len())];
        self.at += name.len();
        if name.is_empty() { Err(Odd) } else { Ok(name.to_owned()) }
    }

    fn value(&mut self, path: &mut Vec<String>, block: usize) -> Result<(), Odd> {
        let (value, range) = match self.peek() {
            Some(b'"') => self.quoted()?,
            Some(b'{') => return self.braces(path),
            Some(b'[') => return self.list(path, block),
            _ if self.text[self.at..].starts_with("<<") => self.heredoc()?,
            _ => {
                let rest = &self.text[self.at..];
                let mut open = 0_usize;
                let end = rest.find(|sign: char| {
                    open += usize::from(sign == '(');
                    let is_end = sign == '\n' || open == 0 && matches!(sign, ',' | '}' | ']' | '#' | ';');
                    open = open.saturating_sub(usize::from(sign == ')'));
                    is_end
                });
                let value = &rest[..end.unwrap_or(rest.len())];
                let value = value.split(" //").next().unwrap_or(value).trim_end();
                if value.is_empty() {
                    return Err(Odd);
                }
                let start = self.at;
                self.at += value.len();
                (value.to_owned(), start..self.at)
            }
        };
        self.found.add(path, block, value, range);
        Ok(())
    }

    fn list(&mut self, path: &mut Vec<String>, block: usize) -> Result<(), Odd> {
        if path.len() >= DEPTH || self.found.enter().is_none() {
            return Err(Odd);
        }
        self.at += 1;
        for number in 0_usize.. {
            self.skip();
            if self.peek() == Some(b']') {
                self.at += 1;
                break;
            }
            path.push(number.to_string());
            self.value(path, block)?;
            path.pop();
            self.skip();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {}
                _ => return Err(Odd),
            }
        }
        self.found.leave();
        Ok(())
    }

    /// A text in quotes. In `${…}` quotes are the expression's own.
    fn quoted(&mut self) -> Result<(String, Range<usize>), Odd> {
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let mut end = start;
        let mut open = 0_usize;
        loop {
            match bytes.get(end) {
                None | Some(b'\n') => return Err(Odd),
                Some(b'\\') if bytes.get(end + 1) != Some(&b'\n') => end += 1,
                Some(b'$') if bytes.get(end + 1) == Some(&b'{') && open == 0 => {
                    open = 1;
                    end += 1;
                }
                Some(b'{') if open > 0 => open += 1,
                Some(b'}') => open = open.saturating_sub(1),
                Some(b'"') if open == 0 => break,
                Some(_) => {}
            }
            end += 1;
        }
        self.at = end + 1;
        let raw = &self.text[start..end];
        let mut value = String::with_capacity(raw.len());
        let mut signs = raw.chars();
        while let Some(sign) = signs.next() {
            let meant = if sign == '\\' {
                signs.next().map(|next| match next {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    other => other,
                })
            } else {
                Some(sign)
            };
            value.extend(meant);
        }
        Ok((value, start..end))
    }

    /// `<<END` or `<<-END`, and lines up to that word.
    fn heredoc(&mut self) -> Result<(String, Range<usize>), Odd> {
        let line = &self.text[self.at..self.end_of_line()];
        let word = line.trim_start_matches('<').trim_start_matches('-').trim();
        let start = (self.end_of_line() + 1).min(self.text.len());
        if word.is_empty() {
            return Err(Odd);
        }
        let mut at = start;
        while at < self.text.len() {
            let next = self.text[at..].find('\n').map_or(self.text.len(), |length| at + length + 1);
            if self.text[at..next].trim() == word {
                self.at = at + self.text[at..next].trim_end().len();
                return Ok((self.text[start..at].to_owned(), start..at));
            }
            at = next;
        }
        Err(Odd)
    }
}
