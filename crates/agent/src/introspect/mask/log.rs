//! Lines of logs. They have no keys to know: what follows a name that sounds secret, and what looks like a credential, is
//! masked. The end of a value is where it can last be, so that rather too much is masked than too little.

use super::Mask;
use super::words::{is_name, sounds_secret};
use patterns_text::command_secrets::{Look, Words};

/// Words between a secret's name and the secret.
const FILLERS: [&str; 14] =
    ["is", "was", "are", "for", "of", "the", "set", "to", "as", "user", "bearer", "basic", "token", "digest"];

/// Flags before which no program is known and after which a secret may be: `-p 22` is masked, too.
const BEFORE_SECRETS: [&str; 5] = ["-p", "-P", "-u", "-w", "-a"];

/// Names of headers whose value ends with the line.
const TO_THE_END: [&str; 3] = ["authorization", "cookie", "credentials"];

/// What is expected of the next word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Anything,
    /// It belongs to a name that sounds secret; to the end of the line, if so.
    Secret {
        to_the_end: bool,
    },
    /// A secret was before: `password of alice is …`.
    Maybe,
}

impl Mask {
    /// A line of a log.
    #[must_use]
    pub fn log_line(&self, line: &str) -> String {
        if line.contains("-----BEGIN ") || line.contains("-----END ") {
            return self.masked(line);
        }
        let mut reader = Reader {
            mask: self,
            shown: String::new(),
            rest: line,
            chunk: 0,
            next: Next::Anything,
            command: Words::default(),
        };
        loop {
            let length = reader.rest.find(|c| !is_separator(c)).unwrap_or(reader.rest.len());
            let separator = reader.take(length);
            reader.shown += separator;
            if reader.rest.is_empty() {
                return reader.shown;
            }
            match reader.next {
                Next::Secret { to_the_end } => reader.secret(separator, to_the_end),
                Next::Anything | Next::Maybe => reader.word(),
            }
        }
    }
}

/// A line that is read word by word.
struct Reader<'l> {
    mask: &'l Mask,
    shown: String,
    rest: &'l str,
    /// What is left of the words that no space is between.
    chunk: usize,
    next: Next,
    command: Words,
}

impl<'l> Reader<'l> {
    fn take(&mut self, length: usize) -> &'l str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        self.chunk = self.chunk.saturating_sub(length);
        taken
    }

    /// Reads what follows a name that sounds secret.
    fn secret(&mut self, separator: &str, to_the_end: bool) {
        let nested = nested(self.rest, separator);
        let length =
            nested.unwrap_or_else(|| value(self.rest, separator, to_the_end && separator.contains([':', '='])));
        let secret = self.take(length);
        let word = secret.trim_matches(is_separator).to_ascii_lowercase();
        // `sshpass -p …`
        let is_flag = secret.len() == 2 && secret.starts_with('-');
        // `token -> …`
        let is_sign = is_flag || !secret.contains(char::is_alphanumeric);
        if nested.is_none() && (is_sign && self.rest.starts_with(is_separator) || FILLERS.contains(&word.as_str())) {
            self.shown += secret;
            return;
        }
        self.shown += &self.mask.masked(secret);
        // `passphrase for key: …` names it once more
        if nested.is_some() || !secret.ends_with([':', '=']) {
            self.next = Next::Maybe;
        }
    }

    /// Reads a word that nothing is known of.
    fn word(&mut self) {
        let begins = self.chunk == 0;
        if begins {
            let ends = |c: char| c.is_whitespace() || is_quote(c) || "<>".contains(c);
            self.chunk = self.rest.find(ends).unwrap_or(self.rest.len());
        }
        let chunk = &self.rest[..self.chunk];
        if begins && is_login(chunk) {
            self.take(chunk.len());
            self.shown += &self.mask.masked(chunk);
            return;
        }
        let is_url = begins && chunk.find("://").is_some_and(|at| !chunk[..at].contains(is_separator));
        let length = if is_url { chunk.len() } else { self.rest.find(is_separator).unwrap_or(self.rest.len()) };
        let word = self.take(length);
        let lower = word.to_ascii_lowercase();
        let look = self.command.look(word);
        let names_secret =
            !is_url && (sounds_secret(&lower) || look == Look::BeforeSecret || BEFORE_SECRETS.contains(&word));
        let hidden = looks_secret(word)
            || matches!(look, Look::SecretFrom(_))
            || (names_secret && !is_name(word.trim_matches(['.', '-', '_', '#', '$', '/'])));
        self.shown += &if hidden { self.mask.masked(word) } else { word.to_owned() };
        self.next = match self.next {
            _ if names_secret => Next::Secret { to_the_end: TO_THE_END.iter().any(|name| lower.contains(name)) },
            Next::Maybe if ["is", "was", "are", "set", "to"].contains(&lower.as_str()) => {
                Next::Secret { to_the_end: false }
            }
            _ if ["basic", "digest", "negotiate"].contains(&lower.as_str()) && is_encoded(self.rest) => {
                Next::Secret { to_the_end: false }
            }
            _ => Next::Anything,
        };
    }
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || "\"'=,;()[]{}<>&?|`\\:".contains(c)
}

fn is_quote(c: char) -> bool {
    "\"'`".contains(c)
}

/// How long a list or map is that has begun in these separators: a secret with all that is in it.
fn nested(rest: &str, separator: &str) -> Option<usize> {
    let mut depth = separator.chars().filter(|c| "[{".contains(*c)).count();
    if depth == 0 {
        return None;
    }
    // JSON in JSON has a backslash before each quote that counts, and more before others.
    let before_quote = separator.split('"').next().unwrap_or_default();
    let quoting = before_quote.chars().rev().take_while(|c| *c == '\\').count();
    let inside = &separator[separator.rfind(['[', '{']).unwrap_or(0)..];
    let mut is_quoted = inside.matches('"').count() % 2 == 1;
    let mut backslashes = 0;
    for (at, c) in rest.char_indices() {
        match c {
            '"' if backslashes <= quoting => is_quoted = !is_quoted,
            '[' | '{' if !is_quoted => depth += 1,
            ']' | '}' if !is_quoted => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
        backslashes = if c == '\\' { backslashes + 1 } else { 0 };
    }
    Some(rest.len())
}

/// How long a secret is that begins here, after such separators: to its closing quote, or to the next space.
fn value(rest: &str, separator: &str, to_the_end: bool) -> usize {
    // A quote inside is behind more backslashes than the one that opened it.
    let closing = |text: &str, quote: char, backslashes: usize| {
        let mut before = 0;
        let end = text.char_indices().find(|(_, c)| {
            let ends = *c == quote && before <= backslashes;
            before = if *c == '\\' { before + 1 } else { 0 };
            ends
        });
        end.map_or(text.len(), |(at, _)| at)
    };
    if let Some(quote) = separator.chars().last().filter(|c| is_quote(*c)) {
        return closing(rest, quote, separator.chars().rev().skip(1).take_while(|c| *c == '\\').count());
    }
    if to_the_end {
        return rest.find('"').unwrap_or(rest.len());
    }
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    // A quote that opens in the value has its space inside.
    match rest[..end].find(is_quote) {
        Some(open) => {
            let quote = rest[open..].chars().next().unwrap_or('"');
            end.max(open + 1 + closing(&rest[open + 1..], quote, 0))
        }
        None => end,
    }
}

/// `user:password@host`, in a URL or without one.
fn is_login(chunk: &str) -> bool {
    let text = chunk.split_once("://").map_or(chunk, |(_, after)| after);
    text.split_once(':').is_some_and(|(_, after)| after.contains('@'))
}

/// Whether the next word is no word: base64, say.
fn is_encoded(rest: &str) -> bool {
    let word = rest.trim_start_matches([' ', ':']).chars().take_while(|c| !c.is_whitespace() && !is_quote(*c)).take(64);
    let (length, plain) = word.fold((0, true), |(length, plain), c| (length + 1, plain && c.is_ascii_lowercase()));
    length >= 8 && !plain
}

/// Credentials that are without a name: in a URL, or long and unpronounceable.
fn looks_secret(word: &str) -> bool {
    if let Some((_, after)) = word.split_once("://") {
        return after.contains(['@', '?', '#']) || after.split('/').any(looks_secret);
    }
    let mixed = |part: &str, least: usize| {
        let has = |what: fn(&u8) -> bool| part.bytes().filter(what).count();
        part.len() >= least && has(u8::is_ascii_digit) >= 2 && has(u8::is_ascii_alphabetic) >= 6
    };
    let known = ["eyJ", "AKIA", "ASIA", "ghp_", "gho_", "xox", "sk-", "glpat-", "$2", "$5$", "$6$", "$apr1$"];
    word.split('/').any(|part| mixed(part, 16))
        || (mixed(word, 40) && !word.starts_with('/'))
        || (word.len() >= 8 && known.iter().any(|prefix| word.starts_with(prefix)))
}
