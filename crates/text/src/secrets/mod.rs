//! What of a text is secret, however it is written: the one place that tells. Reports hide it, `import` does not copy it, and
//! `gen` refuses it.

mod assigned;
mod code;
mod elements;
mod forms;
mod lines;
mod marks;
mod named;
mod replaced;
mod sql;
mod value;

use std::borrow::Cow;
use std::ops::Range;

use crate::command_secrets::Words;
use crate::words::{begins_with_hole, is_placeholder, is_secret_header, is_secret_name};

pub use forms::by_form;
pub(crate) use named::{names_a_key, names_a_secret};

/// Whether what is written under a name is a secret: the name says so, and the value neither refers to one nor switches something.
#[must_use]
pub fn is_secret(name: &str, value: &str) -> bool {
    (is_secret_name(name) && !names_a_key(name, value) || is_login(name, value)) && is_plain(value)
}

/// Whether a variable may hold a user with a password: `BASIC_AUTH`.
fn names_login(name: &str) -> bool {
    const END: &[u8] = b"_AUTH";
    name.len().checked_sub(END.len()).is_some_and(|at| at > 0 && name.as_bytes()[at..].eq_ignore_ascii_case(END))
}

/// Whether it does: `admin:hunter2`, for Neo4j `neo4j/hunter2`. A number behind the colon is a port.
fn is_login(name: &str, value: &str) -> bool {
    let sign = if name.eq_ignore_ascii_case("NEO4J_AUTH") { '/' } else { ':' };
    let is_login = |(user, password): (&str, &str)| {
        !user.is_empty() && !password.is_empty() && !password.bytes().all(|byte| byte.is_ascii_digit())
    };
    names_login(name) && !value.contains(char::is_whitespace) && value.split_once(sign).is_some_and(is_login)
}

/// Whether a header of a request holds a secret. Most cookies of checks only keep them out of the statistics.
#[must_use]
pub fn is_secret_in_header(name: &str, value: &str) -> bool {
    if name.eq_ignore_ascii_case("cookie") {
        let cookies = value.split(';').filter_map(|cookie| cookie.split_once('='));
        return cookies.into_iter().any(|(name, value)| is_secret(name.trim(), value.trim()));
    }
    is_secret_header(name) && !value.is_empty() && !is_placeholder(value)
}

/// Whether a text under the name of a secret is one, and not where it is found, a switch, or yet to be filled in.
#[must_use]
pub fn is_plain(value: &str) -> bool {
    let value = value.trim();
    // of a script in quotes: the inner shell fills it in
    let value = if value.starts_with("\\$") { &value[1..] } else { value };
    !value.is_empty()
        && !FLAGS.iter().any(|flag| value.eq_ignore_ascii_case(flag))
        && !REFERENCES.iter().any(|kind| value.starts_with(kind))
        && !is_path(value)
        && !is_address(value)
        && !is_placeholder(value)
        && !begins_with_hole(value)
        && !is_variable_in_braces(value)
        && !is_mask(value)
}

/// Whether a text is a variable in braces as programs put it into texts, `{password}` and `{self.token}`.
fn is_variable_in_braces(value: &str) -> bool {
    let inside = value.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    inside.is_some_and(|inside| {
        inside.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && inside.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._".contains(&byte))
    })
}

/// Whether a text is what others have put in a secret's place: `****`, `xxxx-xxxx`, `[REDACTED]`.
#[must_use]
pub fn is_mask(text: &str) -> bool {
    let inside = text.trim_matches(|letter: char| !letter.is_alphanumeric());
    let first = inside.chars().next();
    match first {
        // or a sign between words of a program
        None => text.len() < 3 || text.chars().all(|letter| "*•●…#.-_?=[]()<>\\ ".contains(letter)),
        Some('x' | 'X') => {
            let is_same = |letter: char| Some(letter) == first || matches!(letter, '-' | '_' | '.' | ' ');
            inside.len() > 2 && inside.chars().all(is_same)
        }
        _ => inside.eq_ignore_ascii_case("redacted"),
    }
}

/// What a switch says: whether there is a password, not which; and what a program says of the type of one.
const FLAGS: [&str; 15] = [
    "string", "str", "true", "false", "yes", "no", "on", "off", "0", "1", "enabled", "disabled", "null", "none",
    "required",
];

/// What a description names another thing with, and programs that fetch a secret themselves (bank-vaults: `vault:`).
const REFERENCES: [&str; 5] = ["secret/", "configmap/", "pod/", "vault:", "env:"];

/// A file that holds the secret. The last letters of base64 are no part of most paths.
fn is_path(value: &str) -> bool {
    let is_inside = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '/' | '.' | '-' | '_');
    ["/", "./", "../", "~/"].iter().any(|start| value.starts_with(start)) && value.chars().all(is_inside)
}

/// An address shows its own secrets by its form.
fn is_address(value: &str) -> bool {
    value.contains("://") && !value.contains(char::is_whitespace)
}

/// Whether a text reads like what people call things, `shop-db` or `registry2`, and not like what a program made up.
#[must_use]
pub fn reads_as_name(text: &str) -> bool {
    let is_word = |part: &str| {
        let digits = part.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
        let is_number = digits.len() <= 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let is_one_case = part.bytes().skip(1).all(|byte| !byte.is_ascii_uppercase())
            || part.bytes().all(|byte| !byte.is_ascii_lowercase());
        is_number && is_one_case && part.len() <= 20
    };
    !text.is_empty() && text.split(['-', '.', '_', '/', ' ']).all(is_word)
}

/// The secrets in a value: those that show themselves by their form, those that the text itself names
/// (`password=…`, `"token": "…"`), and those of its commands. In no order, and maybe one inside another.
#[must_use]
pub fn in_value(text: &str) -> Vec<Range<usize>> {
    let mut found = by_form(text);
    by_name(text, &mut found);
    found
}

/// The secrets that a text names, as settings and commands do.
pub fn by_name(text: &str, found: &mut Vec<Range<usize>>) {
    let text = &*with_line_breaks(text);
    let before = found.len();
    assigned::find(text, found);
    elements::find(text, found);
    lines::find(text, found);
    sql::find(text, found);
    of_words(text, &mut Words::default(), found);
    if found.len() > before {
        let replaced = replaced::by_sed(text);
        let mut number = 0;
        found.retain(|range| {
            number += 1;
            number <= before || !replaced.contains(&text[range.clone()])
        });
    }
}

/// A text in which `\\n` ends a line, as it does in quotes. Nothing moves.
fn with_line_breaks(text: &str) -> Cow<'_, str> {
    // most texts have no escape at all
    let escape = memchr::memchr(b'\\', text.as_bytes());
    if escape.is_none_or(|at| memchr::memmem::find(&text.as_bytes()[at..], b"\\n").is_none()) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\\r", " \r").replace("\\n", " \n"))
}

/// Whether a value has a secret in it.
#[must_use]
pub fn holds_secret(text: &str) -> bool {
    !in_value(text).is_empty()
}

/// A value without its secrets.
#[must_use]
pub fn masked(text: &str) -> Cow<'_, str> {
    replaced(text, in_value(text))
}

/// A text with some of its parts replaced.
#[must_use]
pub fn replaced(text: &str, mut parts: Vec<Range<usize>>) -> Cow<'_, str> {
    if parts.is_empty() {
        return Cow::Borrowed(text);
    }
    parts.sort_unstable_by_key(|part| (part.start, part.end));
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for part in parts {
        if part.start >= at {
            out.push_str(&text[at..part.start]);
            out.push('…');
        }
        at = at.max(part.end);
    }
    out.push_str(&text[at..]);
    Cow::Owned(out.replace("……", "…"))
}

/// What the words of a command, or of a whole script, hold.
pub fn of_words(text: &str, words: &mut Words, found: &mut Vec<Range<usize>>) {
    let text = &*with_plain_quotes(text);
    let bytes = text.as_bytes();
    let mut start = 0;
    let mut around: Vec<Option<Words>> = Vec::new();
    while start < text.len() {
        let end = start + bytes[start..].iter().position(|byte| ENDS[usize::from(*byte)]).unwrap_or(text.len() - start);
        let word = &text[start..end];
        let quoted = quoted_rest(text, start..end);
        // `["--password", "hunter2"]`, and a line that goes on in the next
        let is_between = word == "," && bytes[end..].trim_ascii_start().starts_with(b"\"")
            || !word.is_empty() && word.bytes().all(|byte| byte == b'\\');
        let whole =
            quoted.as_ref().map_or(Cow::Borrowed(word), |rest| Cow::Owned(format!("{word}{}", &text[rest.clone()])));
        let from = (!word.is_empty() && !is_between).then(|| words.secret_from(&whole)).flatten();
        // the letter before a text of SQL Server
        let is_letter = |from: &usize| &whole[*from..] == "N" && bytes.get(end) == Some(&b'\'');
        let is_secret = |from: &usize| {
            is_plain(&whole[*from..])
                && !is_letter(from)
                && !is_of_code(&whole[..*from], &whole[*from..])
                && (quoted.is_some() || *from == 0 || !code::is_passed_on(text, start, start + from))
        };
        if let Some(from) = from.filter(is_secret) {
            found.push(match &quoted {
                Some(rest) if from >= word.len() => rest.start + from - word.len()..rest.end,
                Some(rest) => start + from..rest.end,
                None => start + from..end,
            });
        }
        let end = quoted.map_or(end, |rest| rest.end);
        match bytes.get(end) {
            // the command whose output is put there begins anew, and the one around it goes on behind
            Some(b'(') if bytes[..end].ends_with(b"$") => around.push(Some(std::mem::take(words))),
            Some(b'(') if !around.is_empty() => around.push(None),
            Some(b')') => {
                if let Some(outer) = around.pop().flatten() {
                    *words = outer;
                }
            }
            _ => {}
        }
        if bytes.get(end).is_some_and(|byte| ends_command(*byte, &bytes[..end])) {
            words.end_command();
        }
        start = end + 1;
    }
    of_pipes(text, found);
}

/// The rest of an option or an assignment that is in quotes: `-p"hunter2"`, `PGPASSWORD='hunter2'`.
fn quoted_rest(text: &str, word: Range<usize>) -> Option<Range<usize>> {
    /// The longest that is read, in bytes.
    const LONGEST: usize = 256;
    let bytes = text.as_bytes();
    let quote = *bytes.get(word.end).filter(|byte| matches!(byte, b'"' | b'\''))?;
    let is_closing = word.start.checked_sub(1).is_some_and(|before| bytes[before] == quote);
    let may_go_on = bytes[word.clone()].starts_with(b"-") || bytes[word.clone()].ends_with(b"=");
    if is_closing || !may_go_on {
        return None;
    }
    let behind = &bytes[word.end..(word.end + LONGEST).min(bytes.len())];
    let start = word.end + behind.iter().take_while(|byte| **byte == quote).count();
    // nothing is in them
    if (start - word.end).is_multiple_of(2) && bytes.get(start).is_none_or(|byte| ENDS[usize::from(*byte)]) {
        return None;
    }
    let rest = &bytes[start..(start + LONGEST).min(bytes.len())];
    let end = start + rest.iter().position(|byte| matches!(*byte, b'\n') || *byte == quote)?;
    (bytes[end] == quote && end > start).then_some(start..end)
}

/// A text in which `\"` is a quote, as it is in quotes. Nothing moves.
fn with_plain_quotes(text: &str) -> Cow<'_, str> {
    if memchr::memmem::find(text.as_bytes(), b"\\\"").is_none() {
        return Cow::Borrowed(text);
    }
    let mut plain = text.to_owned().into_bytes();
    for at in (1..plain.len()).rev() {
        if plain[at] == b'"' && plain[at - 1] == b'\\' {
            plain[at - 1] = b'"';
        }
    }
    String::from_utf8(plain).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Whether a sign ends a command: a line that ends in `\` goes on, and so does a list.
fn ends_command(sign: u8, before: &[u8]) -> bool {
    match sign {
        b'\n' => !before.trim_ascii_end().ends_with(b"\\") && !before.trim_ascii_end().ends_with(b","),
        b';' | b'|' | b'&' => true,
        _ => false,
    }
}

/// Whether a value is a variable of a program, called as what it is for: `token=self.token`.
fn is_of_code(name: &str, value: &str) -> bool {
    let name = name.trim_end_matches('=');
    let is_identifier =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let value = value.trim_end_matches(',');
    is_identifier(name) && value.rsplit('.').next() == Some(name)
}

/// What ends a word of a script.
static ENDS: [bool; 256] = {
    let mut ends = [false; 256];
    let mut signs: &[u8] = b" \n\t\r\"';|&`()";
    while let [sign, rest @ ..] = signs {
        ends[*sign as usize] = true;
        signs = rest;
    }
    ends
};

/// `echo hunter2 | docker login --password-stdin`.
fn of_pipes(text: &str, found: &mut Vec<Range<usize>>) {
    const OPTION: &str = "--password-stdin";
    // a pipe is before it
    if text.len() < OPTION.len() || memchr::memchr(b'|', text.as_bytes()).is_none() {
        return;
    }
    for at in memchr::memmem::find_iter(text.as_bytes(), OPTION) {
        let line = text[..at].rfind(['\n', ';']).map_or(0, |end| end + 1);
        let Some((said, _)) = text[line..at].rsplit_once('|') else { continue };
        let Some(start) = said.rfind("echo ").map(|start| start + "echo ".len()) else { continue };
        let word = said[start..].trim_start_matches("-n ").trim_matches([' ', '"', '\'']);
        let start = line + said.len() - said[start..].len() + said[start..].find(word).unwrap_or_default();
        if is_plain(word) {
            found.push(start..start + word.len());
        }
    }
}

#[cfg(test)]
mod tests;
