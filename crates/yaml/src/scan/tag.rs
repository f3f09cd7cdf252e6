//! Anchors, aliases, tags and directives.

use super::super::source::Span;
use super::cursor::is_name;
use super::fault::{self, Fault};
use super::scanner::Scanner;
use super::token::{Kind, Tag, Token};

impl Scanner<'_> {
    /// `&name` or `*name`.
    pub(super) fn anchor(&mut self, kind: Kind) -> Result<Token, Fault> {
        let start = self.cursor.at;
        self.cursor.at += 1;
        self.skip_name();
        let is_followed_well = self.cursor.is_blank_or_break(self.cursor.at)
            || matches!(self.cursor.peek(), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if self.cursor.at == start + 1 || !is_followed_well {
            return Err(fault::not_a_name(&self.cursor, start, self.in_flow()));
        }
        Ok(Token { kind, start, end: self.cursor.at, key: None })
    }

    fn skip_name(&mut self) {
        while is_name(self.cursor.peek()) {
            self.cursor.at += 1;
        }
    }

    /// `!x`, `!!x`, `!handle!x` or `!<x>`.
    pub(super) fn tag(&mut self) -> Result<Token, Fault> {
        let start = self.cursor.at;
        let tag = if self.cursor.byte(start + 1) == b'<' {
            self.cursor.at += 2;
            let suffix = self.tag_text(start, "")?;
            if suffix.is_empty() || self.cursor.peek() != b'>' {
                return Err(fault::bad_tag(&self.cursor, start));
            }
            self.cursor.at += 1;
            Tag { handle: String::new(), suffix }
        } else {
            let handle = self.tag_handle(start)?;
            if handle.len() > 1 && handle.ends_with('!') {
                let suffix = self.tag_text(start, "")?;
                if suffix.is_empty() {
                    return Err(fault::bad_tag(&self.cursor, start));
                }
                Tag { handle, suffix }
            } else {
                // What looked like a handle is the beginning of the tag itself.
                let suffix = self.tag_text(start, &handle[1..])?;
                if suffix.is_empty() {
                    Tag { handle: String::new(), suffix: "!".to_owned() }
                } else {
                    Tag { handle: "!".to_owned(), suffix }
                }
            }
        };
        if !self.cursor.is_blank_or_break(self.cursor.at) {
            return Err(fault::bad_tag(&self.cursor, start));
        }
        Ok(Token { kind: Kind::Tag(Box::new(tag)), start, end: self.cursor.at, key: None })
    }

    /// `!`, `!name` or `!name!`.
    fn tag_handle(&mut self, tag: usize) -> Result<String, Fault> {
        let start = self.cursor.at;
        if self.cursor.peek() != b'!' {
            return Err(fault::bad_tag(&self.cursor, tag));
        }
        self.cursor.at += 1;
        self.skip_name();
        if self.cursor.peek() == b'!' {
            self.cursor.at += 1;
        }
        Ok(self.cursor.slice(start, self.cursor.at).to_owned())
    }

    /// The characters of a URI, `%` escapes decoded.
    fn tag_text(&mut self, tag: usize, head: &str) -> Result<String, Fault> {
        let mut bytes = head.as_bytes().to_vec();
        loop {
            match self.cursor.peek() {
                b'%' => self.tag_escape(tag, &mut bytes)?,
                byte if is_name(byte) || b";/?:@&=+$,.!~*'()[]".contains(&byte) => {
                    bytes.push(byte);
                    self.cursor.at += 1;
                }
                _ => return Ok(String::from_utf8_lossy(&bytes).into_owned()),
            }
        }
    }

    /// One character as `%` escapes, one for each byte of its UTF-8.
    fn tag_escape(&mut self, tag: usize, bytes: &mut Vec<u8>) -> Result<(), Fault> {
        let mut left = 1;
        let mut is_first = true;
        while left > 0 {
            let digits = self.cursor.slice(self.cursor.at + 1, self.cursor.at + 3);
            let octet = u8::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 2 && !digits.starts_with('+'));
            let (Some(octet), b'%') = (octet, self.cursor.peek()) else {
                return Err(fault::bad_tag(&self.cursor, tag));
            };
            if is_first {
                left = match octet {
                    0x00..=0x7F => 1,
                    0xC0..=0xDF => 2,
                    0xE0..=0xEF => 3,
                    0xF0..=0xF7 => 4,
                    _ => return Err(fault::bad_tag(&self.cursor, tag)),
                };
            } else if octet & 0xC0 != 0x80 {
                return Err(fault::bad_tag(&self.cursor, tag));
            }
            is_first = false;
            bytes.push(octet);
            self.cursor.at += 3;
            left -= 1;
        }
        Ok(())
    }

    /// `%YAML 1.1` or `%TAG !e! prefix`, with the line break.
    pub(super) fn directive(&mut self) -> Result<Token, Fault> {
        let start = self.cursor.at;
        self.cursor.at += 1;
        self.skip_name();
        let name = self.cursor.slice(start + 1, self.cursor.at);
        if !self.cursor.is_blank_or_break(self.cursor.at) {
            return Err(fault::directive(&self.cursor, start));
        }
        let kind = match name {
            "YAML" => {
                self.cursor.skip_blanks();
                self.version(start)?
            }
            "TAG" => {
                self.cursor.skip_blanks();
                self.tag_prefix(start)?
            }
            _ => return Err(fault::directive(&self.cursor, start)),
        };
        let end = self.cursor.at;
        self.cursor.skip_blanks();
        if self.cursor.peek() == b'#' {
            self.skip_comment();
        }
        let length = self.cursor.break_length(self.cursor.at);
        if length > 0 {
            self.cursor.pass_break(length);
        } else if !self.cursor.is_end() {
            return Err(fault::directive(&self.cursor, start));
        }
        Ok(Token { kind, start, end, key: None })
    }

    fn version(&mut self, directive: usize) -> Result<Kind, Fault> {
        let major = self.version_number(directive)?;
        if self.cursor.peek() != b'.' {
            return Err(fault::directive(&self.cursor, directive));
        }
        self.cursor.at += 1;
        Ok(Kind::Version(major, self.version_number(directive)?))
    }

    fn version_number(&mut self, directive: usize) -> Result<u8, Fault> {
        let start = self.cursor.at;
        while self.cursor.peek().is_ascii_digit() {
            self.cursor.at += 1;
        }
        let digits = self.cursor.slice(start, self.cursor.at);
        match digits.parse() {
            Ok(number) if digits.len() <= 2 => Ok(number),
            _ => Err(fault::directive(&self.cursor, directive)),
        }
    }

    fn tag_prefix(&mut self, directive: usize) -> Result<Kind, Fault> {
        let handle = self.tag_handle(directive)?;
        if !handle.ends_with('!') || !self.cursor.is_blank() {
            return Err(fault::directive(&self.cursor, directive));
        }
        self.cursor.skip_blanks();
        let suffix = self.tag_text(directive, "")?;
        if suffix.is_empty() || !self.cursor.is_blank_or_break(self.cursor.at) {
            return Err(fault::directive(&self.cursor, directive));
        }
        Ok(Kind::TagPrefix(Box::new(Tag { handle, suffix })))
    }

    /// The place of a name without its `&` or `*`.
    pub(super) fn name_of(token: &Token) -> Span {
        Span::new(token.start + 1, token.end)
    }
}
