//! Escapes and classes of characters.

use super::{CLASSES, Read, Reader, canonical, short};

impl<'text> Reader<'text> {
    pub(super) fn escape_outside(&mut self) -> Read<()> {
        match self.rest.chars().nth(1) {
            Some('A' | 'b' | 'B' | 'z') => self.literal(2),
            Some('C') => return Err("Go does not know `\\C`".to_owned()),
            Some('Q') => {
                let inner = &self.rest[2..];
                let (text, rest) = inner.split_once("\\E").unwrap_or((inner, ""));
                self.rest = rest;
                if !text.is_empty() {
                    self.operand(1);
                }
            }
            _ => {
                if !self.unicode_class()? && !self.perl_class() {
                    self.escape()?;
                }
                self.operand(1);
            }
        }
        Ok(())
    }

    /// `\p{Greek}`, `\PL`
    fn unicode_class(&mut self) -> Read<bool> {
        let Some(inner) = self.rest.strip_prefix("\\p").or_else(|| self.rest.strip_prefix("\\P")) else {
            return Ok(false);
        };
        let wrong = |name: &str| {
            format!(
                "Go does not know the class `\\p{{{}}}`; it has categories and scripts such as L, Lu and Greek",
                short(name)
            )
        };
        let (name, length) = match inner.strip_prefix('{') {
            Some(braced) => {
                let (name, _) = braced.split_once('}').ok_or_else(|| wrong(braced))?;
                (name, name.len() + 2)
            }
            None => {
                let length = inner.chars().next().map_or(0, char::len_utf8);
                (&inner[..length], length)
            }
        };
        let wanted = canonical(name.strip_prefix('^').unwrap_or(name));
        if !CLASSES.contains(&wanted) {
            return Err(wrong(name));
        }
        self.skip(2 + length);
        Ok(true)
    }

    /// `\d`
    fn perl_class(&mut self) -> bool {
        let is_class = ["\\d", "\\D", "\\s", "\\S", "\\w", "\\W"].iter().any(|class| self.rest.starts_with(class));
        if is_class {
            self.skip(2);
        }
        is_class
    }

    /// An escape that stands for one character.
    fn escape(&mut self) -> Read<char> {
        let text = self.rest;
        let mut letters = text.chars().skip(1);
        let Some(letter) = letters.next() else { return Err("it ends with a `\\` that escapes nothing".to_owned()) };
        let digits = |text: &'text str, radix: u32, most: usize| {
            let length = text.bytes().take(most).take_while(|byte| char::from(*byte).is_digit(radix)).count();
            &text[..length]
        };
        let number = |text: &str, radix: u32| u32::from_str_radix(text, radix).ok().filter(|n| *n <= 0x0010_FFFF);
        let after = &text[1 + letter.len_utf8()..];
        let (value, length) = match letter {
            '0'..='7' if letter == '0' || after.starts_with(|next: char| next.is_digit(8)) => {
                let octal = digits(&text[1..], 8, 3);
                (number(octal, 8), octal.len())
            }
            'x' => match after.strip_prefix('{').and_then(|braced| braced.split_once('}')) {
                Some((hex, _)) if !hex.is_empty() && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                    let short = hex.trim_start_matches('0');
                    (if short.is_empty() { Some(0) } else { number(short, 16) }, hex.len() + 3)
                }
                _ => {
                    let hex = digits(after, 16, 2);
                    (number(hex, 16).filter(|_| hex.len() == 2), 3)
                }
            },
            'a' => (Some(7), 1),
            'f' => (Some(12), 1),
            'n' => (Some(10), 1),
            'r' => (Some(13), 1),
            't' => (Some(9), 1),
            'v' => (Some(11), 1),
            other if other.is_ascii() && !other.is_ascii_alphanumeric() => (Some(u32::from(other)), 1),
            _ => (None, 0),
        };
        let value = value.ok_or_else(|| {
            let end = 1 + letter.len_utf8();
            format!("Go does not know the escape `{}`", &text[..end])
        })?;
        self.skip(1 + length);
        // a surrogate, which Go takes and nothing matches
        Ok(char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// `[a-z]`
    pub(super) fn class(&mut self) -> Read<()> {
        const NAMES: [&str; 14] = [
            "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper",
            "word", "xdigit",
        ];
        self.skip(1);
        if self.rest.starts_with('^') {
            self.skip(1);
        }
        let mut is_first = true;
        loop {
            if self.rest.starts_with(']') && !is_first {
                self.skip(1);
                self.operand(1);
                return Ok(());
            }
            is_first = false;
            if self.rest.starts_with("[:") && self.rest.len() >= self.after_names + 2 {
                let name = self.rest[2..].split_once(":]").map_or("", |(name, _)| name);
                if !NAMES.contains(&name.strip_prefix('^').unwrap_or(name)) {
                    return Err(format!("Go does not know the class `[:{}:]`", short(name)));
                }
                self.skip(name.len() + 4);
                continue;
            }
            if self.unicode_class()? || self.perl_class() {
                continue;
            }
            let range = self.rest;
            let low = self.class_letter()?;
            if self.rest.starts_with('-') && self.rest.len() >= 2 && !self.rest.starts_with("-]") {
                self.skip(1);
                if self.class_letter()? < low {
                    return Err(format!("the range `{}` is reversed", &range[..range.len() - self.rest.len()]));
                }
            }
        }
    }

    fn class_letter(&mut self) -> Read<char> {
        match self.rest.chars().next() {
            None => Err("a `[` has no `]`".to_owned()),
            Some('\\') => self.escape(),
            Some(letter) => {
                self.skip(letter.len_utf8());
                Ok(letter)
            }
        }
    }
}
