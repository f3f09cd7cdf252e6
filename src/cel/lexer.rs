//! The words of an expression: `cel-go/parser/gen/CEL.g4`.

use super::CompileError;
use super::ast::At;

/// A word.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    Ident(String),
    Int(u64),
    Uint(u64),
    Double(f64),
    String(String),
    Bytes(Vec<u8>),
    /// An operator or bracket.
    Mark(&'static str),
    End,
}

/// The longer ones first.
const MARKS: [&str; 25] = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "[", "]", "{", "}", "(", ")", ".", ",", "-", "!", "?", ":", "+", "*",
    "/", "%", "=",
];

/// Splits a text into words; the last is [`Token::End`].
pub fn tokens(text: &str) -> Result<Vec<(Token, At)>, CompileError> {
    let mut tokens = Vec::new();
    let mut lexer = Lexer { text, at: 0 };
    loop {
        lexer.skip();
        let start = lexer.at;
        let token = lexer.next()?;
        let is_end = token == Token::End;
        tokens.push((token, At { start, end: lexer.at }));
        if is_end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'text> {
    text: &'text str,
    at: usize,
}

impl<'text> Lexer<'text> {
    fn rest(&self) -> &'text str {
        &self.text[self.at..]
    }

    fn skip(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']);
            self.at += rest.len() - trimmed.len();
            if !trimmed.starts_with("//") {
                return;
            }
            self.at += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    fn error(&self, start: usize, message: impl Into<String>) -> CompileError {
        let end = self.at.max(start + self.text[start..].chars().next().map_or(0, char::len_utf8));
        CompileError::new(At { start, end }, message)
    }

    fn next(&mut self) -> Result<Token, CompileError> {
        let bytes = self.rest().as_bytes();
        let Some(first) = bytes.first() else { return Ok(Token::End) };
        let second = bytes.get(1).copied().unwrap_or_default();
        if first.is_ascii_digit() || (*first == b'.' && second.is_ascii_digit()) {
            return self.number();
        }
        if let Some((prefix, quote)) = quote(bytes) {
            return self.string(prefix, quote);
        }
        if first.is_ascii_alphabetic() || *first == b'_' {
            let end = bytes.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
            let word = self.rest()[..end.unwrap_or(bytes.len())].to_owned();
            self.at += word.len();
            return Ok(Token::Ident(word));
        }
        if let Some(mark) = MARKS.into_iter().find(|mark| self.rest().starts_with(mark)) {
            if mark == "=" {
                return Err(self.error(self.at, "`=` is not an operator; to compare, write `==`"));
            }
            self.at += mark.len();
            return Ok(Token::Mark(mark));
        }
        let letter = self.rest().chars().next().unwrap_or_default();
        Err(self.error(self.at, format!("`{}` has no meaning here", letter.escape_debug())))
    }

    fn number(&mut self) -> Result<Token, CompileError> {
        let start = self.at;
        let text = self.rest();
        let bytes = text.as_bytes();
        let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if bytes.first() == Some(&b'0') && matches!(bytes.get(1), Some(b'x' | b'X')) {
            let count = bytes[2..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
            let value = u64::from_str_radix(&text[2..2 + count], 16);
            self.at += 2 + count;
            return self.whole(start, value.ok());
        }
        let mut end = digits(0);
        let mut is_whole = true;
        if bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
            is_whole = false;
            end += 1 + digits(end + 1);
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            let count = bytes.get(end + 1 + sign..).map_or(0, |_| digits(end + 1 + sign));
            if count > 0 {
                is_whole = false;
                end += 1 + sign + count;
            }
        }
        let number = text[..end].to_owned();
        self.at += end;
        if is_whole { self.whole(start, number.parse().ok()) } else { Ok(Token::Double(number.parse().unwrap_or(0.0))) }
    }

    fn whole(&mut self, start: usize, value: Option<u64>) -> Result<Token, CompileError> {
        let is_unsigned = self.rest().starts_with(['u', 'U']);
        self.at += usize::from(is_unsigned);
        match value {
            Some(value) if is_unsigned => Ok(Token::Uint(value)),
            Some(value) => Ok(Token::Int(value)),
            None => Err(self.error(start, "this number does not fit into 64 bits")),
        }
    }

    fn string(&mut self, prefix: &str, quote: &'static str) -> Result<Token, CompileError> {
        let start = self.at;
        let is_raw = prefix.contains(['r', 'R']);
        let is_bytes = prefix.contains(['b', 'B']);
        self.at += prefix.len() + quote.len();
        let mut bytes = Vec::new();
        loop {
            let rest = self.rest();
            if rest.starts_with(quote) {
                self.at += quote.len();
                break;
            }
            let Some(letter) = rest.chars().next() else {
                return Err(CompileError::new(
                    At { start, end: start + prefix.len() + quote.len() },
                    "this string is not terminated: its closing quote is missing",
                ));
            };
            if quote.len() == 1 && matches!(letter, '\n' | '\r') {
                return Err(
                    self.error(start, "a string in single quotes must end on its line; use ''' for several lines")
                );
            }
            if letter == '\\' && !is_raw {
                self.escape(is_bytes, &mut bytes)?;
            } else {
                // a backslash of a raw text also keeps the quote behind it
                let count =
                    if letter == '\\' { rest.chars().take(2).map(char::len_utf8).sum() } else { letter.len_utf8() };
                bytes.extend_from_slice(&rest.as_bytes()[..count]);
                self.at += count;
            }
        }
        if is_bytes {
            return Ok(Token::Bytes(bytes));
        }
        String::from_utf8(bytes).map(Token::String).map_err(|_| self.error(start, "this string is not valid Unicode"))
    }

    fn escape(&mut self, is_bytes: bool, out: &mut Vec<u8>) -> Result<(), CompileError> {
        let start = self.at;
        let rest = &self.rest().as_bytes()[1..];
        let simple = match rest.first() {
            Some(b'a') => Some(7),
            Some(b'b') => Some(8),
            Some(b'f') => Some(12),
            Some(b'n') => Some(b'\n'),
            Some(b'r') => Some(b'\r'),
            Some(b't') => Some(b'\t'),
            Some(b'v') => Some(11),
            Some(byte @ (b'\\' | b'?' | b'"' | b'\'' | b'`')) => Some(*byte),
            _ => None,
        };
        if let Some(byte) = simple {
            out.push(byte);
            self.at += 2;
            return Ok(());
        }
        let (skip, count, radix) = match rest.first() {
            Some(b'x' | b'X') => (1, 2, 16),
            Some(b'u') if !is_bytes => (1, 4, 16),
            Some(b'U') if !is_bytes => (1, 8, 16),
            Some(b'0'..=b'3') => (0, 3, 8),
            _ => {
                self.at += 1;
                return Err(self.error(start, "there is no such escape; write a backslash as `\\\\`"));
            }
        };
        let digits = rest.get(skip..skip + count).and_then(|digits| std::str::from_utf8(digits).ok());
        let code = digits
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|digits| u32::from_str_radix(digits, radix).ok());
        let Some(code) = code else {
            self.at += 1;
            return Err(self.error(start, format!("this escape needs {count} digits")));
        };
        if is_bytes {
            out.push(u8::try_from(code).map_err(|_| self.error(start, "this is not a byte"))?);
        } else {
            let letter = char::from_u32(code).ok_or_else(|| self.error(start, "this is not a Unicode character"))?;
            out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
        }
        self.at += 1 + skip + count;
        Ok(())
    }
}

/// The prefix and the quotes that a text begins with.
fn quote(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    const PREFIXES: [&str; 13] = ["", "r", "R", "b", "B", "rb", "rB", "Rb", "RB", "br", "bR", "Br", "BR"];
    PREFIXES.into_iter().find_map(|prefix| {
        let rest = bytes.strip_prefix(prefix.as_bytes())?;
        let quote = ["'''", "\"\"\"", "'", "\""].into_iter().find(|quote| rest.starts_with(quote.as_bytes()))?;
        Some((prefix, quote))
    })
}
