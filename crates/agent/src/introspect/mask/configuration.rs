//! Files of configuration, of any format that has a key and its value on a line: YAML, JSON, TOML, INI, properties,
//! environment files, and the own formats of servers.

use super::Mask;
use super::words::{COUNTS, FLAGS, LISTENERS, MODES, PEOPLE, PLACES, WORDS, is_name, last_word, sounds_secret};

impl Mask {
    /// The text, line by line, its values masked unless their key and form are known to be harmless.
    #[must_use]
    pub fn configuration(&self, text: &str) -> String {
        let mut before = Before::default();
        text.lines().map(|line| self.line(line, &mut before)).collect::<Vec<_>>().join("\n")
    }

    fn line(&self, line: &str, before: &mut Before) -> String {
        let content = line.trim_start();
        let indent = line.len() - content.len();
        let whole = || format!("{}{}", &line[..indent], self.masked(content));
        if content.is_empty() {
            before.continued = false;
            return String::new();
        }
        if before.is_inside(content, indent) {
            return if structural(content) { line.to_owned() } else { whole() };
        }
        if let Some(section) = section(content) {
            before.section = sounds_secret(section) || PEOPLE.contains(&last_word(section).as_str());
            let known = |words: &[&str]| words.contains(&last_word(section).as_str());
            return if !before.section && (known(&COUNTS) || known(&PLACES)) { line.to_owned() } else { whole() };
        }
        if structural(content) {
            return line.to_owned();
        }
        let Some(entry) = Entry::of(content) else { return whole() };
        let secret = before.section || sounds_secret(entry.key);
        let shown =
            FLAGS.contains(&entry.bare()) || structural(entry.value) || (!secret && harmless(entry.key, entry.bare()));
        before.heed(&entry, indent, secret, shown);
        if shown {
            return line.to_owned();
        }
        // Two words may be a name and its value, and they may be a passphrase.
        if entry.spaced && !secret && !known(entry.key) {
            return whole();
        }
        format!("{}{}{}", &line[..indent], entry.before, self.masked(entry.value))
    }
}

/// What the lines before say of the next one.
#[derive(Default)]
struct Before {
    /// The indent of a key below which all is secret, other keys included, and how many brackets it has left open.
    block: Option<(usize, usize)>,
    /// Whether the value of that key has not begun yet.
    awaited: bool,
    /// Whether the section's name sounds secret.
    section: bool,
    /// What ends a value of several lines.
    until: Option<String>,
    /// Whether a masked line ended in a backslash.
    continued: bool,
}

impl Before {
    /// Whether the line belongs to a value that began before it.
    fn is_inside(&mut self, content: &str, indent: usize) -> bool {
        if let Some(end) = &self.until {
            if content.contains(end.as_str()) {
                self.until = None;
            }
            return true;
        }
        if self.continued {
            self.continued = content.ends_with('\\');
            return true;
        }
        let Some((of, open)) = self.block else { return false };
        // The place of a comment says nothing of what is below it.
        if content.starts_with(['#', ';']) || content.starts_with("//") {
            return true;
        }
        let is_item = content.starts_with(['-', '}', ']', ')']);
        let begins = std::mem::take(&mut self.awaited) && content.starts_with(['{', '[', '(', '"', '\'']);
        if open > 0 || begins || indent > of || (indent == of && is_item) {
            self.block = Some((of, (open + opened(content)).saturating_sub(closed(content))));
            return true;
        }
        self.block = None;
        false
    }

    /// Notes what an entry says of the lines after it.
    fn heed(&mut self, entry: &Entry<'_>, indent: usize, secret: bool, shown: bool) {
        let opens = entry.bare().is_empty() || structural(entry.value) || entry.value.ends_with(['{', '[', '(']);
        if secret || (opens && PEOPLE.contains(&last_word(entry.key).as_str())) {
            self.block = Some((indent, opened(entry.value).saturating_sub(closed(entry.value))));
            self.awaited = entry.bare().is_empty();
        }
        let quotes = ["\"\"\"", "'''"].into_iter().find(|quotes| entry.value.matches(quotes).count() == 1);
        // A value in quotes that does not end on its line, as in environment files.
        let quotes = quotes.or_else(|| {
            let quote = ["\"", "'"].into_iter().find(|quote| entry.value.starts_with(*quote))?;
            (!shown && entry.value.replace("\\\"", "").matches(quote).count() == 1).then_some(quote)
        });
        let heredoc = entry.value.split_once("<<").map(|(_, word)| word.trim_matches(['-', '~', '"', '\'', ' ']));
        self.until = quotes.or(heredoc.filter(|word| !word.is_empty() && is_name(word))).map(str::to_owned);
        self.continued = !shown && entry.value.ends_with('\\');
    }
}

fn opened(text: &str) -> usize {
    text.matches(['{', '[', '(']).count()
}

fn closed(text: &str) -> usize {
    text.matches(['}', ']', ')']).count()
}

/// `[name]` and `[[name]]`.
fn section(content: &str) -> Option<&str> {
    let name = content.trim_end().strip_prefix('[')?.strip_suffix(']')?;
    let name = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    is_name(name).then_some(name)
}

/// Only the syntax of a format.
fn structural(content: &str) -> bool {
    !content.is_empty() && content.bytes().all(|byte| b"{}[](),;|>-+\"' ".contains(&byte)) && content.len() < 8
}

/// One line of configuration, taken apart.
struct Entry<'line> {
    /// All until the value.
    before: &'line str,
    key: &'line str,
    value: &'line str,
    /// Whether nothing but space is between them.
    spaced: bool,
}

impl<'line> Entry<'line> {
    /// `- key: value`, `"key": value,`, `export KEY=value`, `key = value`, `key value;`.
    fn of(content: &'line str) -> Option<Self> {
        let mut from = 0;
        for prefix in ["- ", "export ", "set ", "SET "] {
            if content[from..].starts_with(prefix) {
                from += prefix.len();
                from += content[from..].len() - content[from..].trim_start().len();
            }
        }
        let quote = content[from..].starts_with(['"', '\'']);
        from += usize::from(quote);
        let length = content[from..].find(|c: char| !is_of_key(c)).unwrap_or(content.len() - from);
        let key = &content[from..from + length];
        let mut rest = &content[from + length..];
        rest = if quote { rest.strip_prefix(['"', '\''])? } else { rest };
        let after = rest.trim_start();
        let (value, spaced) = match after.strip_prefix([':', '=']) {
            Some(value) => (value.trim_start(), false),
            None if after.len() < rest.len() && !quote => (after, true),
            None => return None,
        };
        is_name(key).then(|| Self { before: &content[..content.len() - value.len()], key, value, spaced })
    }

    /// The value without quotes, and without what ends it.
    fn bare(&self) -> &'line str {
        let value = self.value.trim_end().trim_end_matches([',', ';']);
        let inner = |quote: char| value.strip_prefix(quote).and_then(|value| value.strip_suffix(quote));
        inner('"').or_else(|| inner('\'')).unwrap_or(value)
    }
}

fn is_of_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || ['_', '-', '.'].contains(&c)
}

/// Whether any value of this key is ever shown.
fn known(key: &str) -> bool {
    let last = last_word(key);
    [&COUNTS[..], &PLACES, &MODES].iter().any(|words| words.contains(&last.as_str()))
}

/// Whether this value is of the form that the key's values have: nothing that could be a credential.
fn harmless(key: &str, value: &str) -> bool {
    let last = last_word(key);
    let of = |words: &[&str]| words.contains(&last.as_str());
    (of(&COUNTS) && is_number(value))
        || (of(&PLACES) && (is_address(value) || is_path(value)))
        || (of(&LISTENERS) && value.parse::<u16>().is_ok())
        || (of(&MODES) && WORDS.contains(&value.to_ascii_lowercase().as_str()))
}

/// A number with its unit.
fn is_number(text: &str) -> bool {
    let digits = text.trim_start_matches(['-', ':']);
    let unit = digits.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let count = digits.len() - unit.len();
    (1..=12).contains(&count) && unit.len() <= 3 && unit.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'%')
}

/// A host that has a dot, an IP address, a port of this machine.
fn is_address(value: &str) -> bool {
    let (host, port) = value.rsplit_once(':').unwrap_or((value, "0"));
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let is_host = host.parse::<std::net::IpAddr>().is_ok() || ["", "*", "localhost"].contains(&host);
    value.parse::<std::net::IpAddr>().is_ok()
        || ((is_host || (host.contains('.') && is_name(host))) && port.parse::<u16>().is_ok())
}

/// A path whose parts are names.
fn is_path(value: &str) -> bool {
    value.starts_with('/') && value.len() > 1 && value[1..].split('/').all(|part| part.is_empty() || is_name(part))
}
