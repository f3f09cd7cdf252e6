//! Secrets by their place in a line: behind the word of a directive, in `.netrc` and in `.pgpass`.

use std::ops::Range;

use super::assigned::{floor, is_first, is_literal};
use super::is_plain;
use super::marks::Marks;
use crate::words::is_secret_name;

/// Words at the beginning of lines of configurations, whose second word is the secret, and that of `.netrc`.
static DIRECTIVES: Marks<7> =
    Marks::new([b"requirepass", b"masterauth", b"auth_pass", b"sasl.password", b"machine ", b"user ", b"printf "]);
/// The last of these, and others that say it in their own way.
const MACHINE: usize = 4;
const USER: usize = 5;
const PRINTF: usize = 6;

/// Finds them.
pub(super) fn find(text: &str, found: &mut Vec<Range<usize>>) {
    for number in DIRECTIVES.of(text).numbers() {
        let mut seen = 0;
        for at in DIRECTIVES.places(text, number) {
            let behind = at + DIRECTIVES.mark(number).len();
            if number == MACHINE {
                of_machine(text, at, behind, found);
            } else if number == USER {
                of_user(text, at, behind, found);
            } else if number == PRINTF {
                // what is among the words of one prints nothing
                if at >= seen {
                    seen = of_printf(text, behind, found);
                }
            } else if is_first(&text[..at]) && text[behind..].starts_with([' ', '\t']) {
                let (word, _) = word(text, behind);
                push(text, word, found);
            }
        }
    }
    pgpass(text, found);
}

/// A word from there, and where it ends. Quotes around it are left out.
fn word(text: &str, at: usize) -> (Range<usize>, usize) {
    let rest = text[at..].trim_start_matches(char::is_whitespace);
    let start = text.len() - rest.len();
    let end = start + rest.find(char::is_whitespace).unwrap_or(rest.len());
    let inside = text[start..end].trim_start_matches(['"', '\'']);
    let first = end - inside.len();
    (first..first + inside.trim_end_matches(['"', '\'']).len(), end)
}

fn push(text: &str, word: Range<usize>, found: &mut Vec<Range<usize>>) {
    let inside = &text[word.clone()];
    if is_plain(inside) && is_literal(inside) {
        found.push(word);
    }
}

/// `machine example.com login shop password hunter2`, on one line or several.
fn of_machine(text: &str, at: usize, behind: usize, found: &mut Vec<Range<usize>>) {
    if text[..at].chars().next_back().is_some_and(char::is_alphanumeric) {
        return;
    }
    let (_, mut end) = word(text, behind);
    // and no sentence of a machine
    let mut is_entry = is_first(&text[..at]);
    loop {
        let (name, behind) = word(text, end);
        let (value, next) = word(text, behind);
        match &text[name] {
            "login" | "account" => is_entry = true,
            "password" if is_entry || &text[word(text, next).0] == "login" => push(text, value, found),
            _ => return,
        }
        end = next;
    }
}

/// So many bytes of a line are read.
const LONGEST: usize = 512;

/// What is near behind a place.
fn near(text: &str, at: usize) -> &str {
    &text[at..floor(text, (at + LONGEST).min(text.len()))]
}

/// The rest of a line.
fn line(text: &str, at: usize) -> &str {
    near(text, at).split('\n').next().unwrap_or_default()
}

/// `user app on >hunter2 ~* +@all`: a line of the users of Redis, whose passwords begin with `>` (redis.io: ACL).
fn of_user(text: &str, at: usize, behind: usize, found: &mut Vec<Range<usize>>) {
    let is_start = is_first(&text[..at]) || text[..at].ends_with(['"', '\'']);
    let words = || line(text, behind).split([' ', '"', '\'', '\\']).filter(|word| !word.is_empty()).skip(1);
    let is_rule = |word: &str| {
        matches!(word, "on" | "off" | "reset" | "nopass" | "allkeys" | "allcommands")
            || word.starts_with(['~', '+', '&'])
    };
    if !is_start || !words().any(is_rule) {
        return;
    }
    for word in words().take_while(|word| !matches!(*word, ">" | "|" | ";" | "&&")) {
        let Some(secret) = word.strip_prefix('>').filter(|secret| !secret.is_empty()) else { continue };
        let start = secret.as_ptr() as usize - text.as_ptr() as usize;
        push(text, start..start + secret.len(), found);
    }
}

/// `printf 'password=%s' hunter2`: the words that are put behind the name of a secret. Returns where the last of its words
/// ends.
fn of_printf(text: &str, behind: usize, found: &mut Vec<Range<usize>>) -> usize {
    let words = shell_words(text, behind);
    let Some((format, values)) = words.split_first() else { return behind };
    let mut verbs = Vec::new();
    let mut rest = &text[format.clone()];
    while let Some((before, after)) = rest.split_once('%') {
        let end = after.find(|letter: char| letter.is_ascii_alphabetic() || letter == '%').unwrap_or(after.len());
        if !after[end..].starts_with('%') {
            verbs.push(before);
        }
        rest = after.get(end + 1..).unwrap_or_default();
    }
    for (before, value) in verbs.into_iter().zip(values) {
        let name = before.trim_end_matches(['"', '\'', '\\', ' ']).strip_suffix(['=', ':']).unwrap_or_default();
        let name = name.trim_end_matches(['"', '\'', '\\', ' ']);
        let name = name.rsplit(|letter: char| !letter.is_ascii_alphanumeric() && !"_.-".contains(letter)).next();
        if name.is_some_and(is_secret_name) {
            push(text, value.clone(), found);
        }
    }
    words.last().map_or(behind, |last| last.end)
}

/// The words of a command on the rest of its line, without the quotes around them.
fn shell_words(text: &str, at: usize) -> Vec<Range<usize>> {
    let near = near(text, at);
    let (mut words, mut from) = (Vec::new(), 0);
    while let Some(first) = near[from..].find(|letter: char| letter != ' ') {
        let start = from + first;
        let rest = &near[start..];
        let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''));
        if rest.starts_with(['|', ';', '&', '>', '<', ')', '\\', '\n', '\r']) {
            break;
        }
        let (inside, end) = match quote {
            Some(quote) => match rest[1..].find(quote) {
                Some(end) => (start + 1..start + 1 + end, start + end + 2),
                None => break,
            },
            None => {
                let is_end = |letter: char| letter.is_whitespace() || "|;&><)\"'`\\".contains(letter);
                let end = start + rest.find(is_end).unwrap_or(rest.len());
                (start..end, end)
            }
        };
        words.push(at + inside.start..at + inside.end);
        if end == start {
            break;
        }
        from = end;
    }
    words
}

/// The longest line of `.pgpass` that is read.
const LONGEST_LINE: usize = 256;

/// `host:port:database:user:hunter2`, each of the first four maybe a `*`.
fn pgpass(text: &str, found: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    for at in memchr::memchr_iter(b':', bytes) {
        // the port tells nearly always
        if !bytes.get(at + 1).is_some_and(|byte| byte.is_ascii_digit() || *byte == b'*') {
            continue;
        }
        let is_end = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'\\');
        let from = at.saturating_sub(LONGEST_LINE);
        let start = bytes[from..at].iter().rposition(is_end).map_or(from, |last| from + last + 1);
        let most = &bytes[start..(start + LONGEST_LINE).min(bytes.len())];
        let Some(line) = most.split(is_end).next().and_then(|line| text.get(start..start + line.len())) else {
            continue;
        };
        let parts: Vec<&str> = line.splitn(6, ':').collect();
        let [host, port, database, user, password] = parts.as_slice() else { continue };
        let is_name = |name: &str| {
            name == "*"
                || name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
                    && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-@$".contains(&byte))
        };
        let is_port = *port == "*" || port.parse::<u16>().is_ok();
        let is_host = is_name(host) || host.split('.').count() == 4;
        if is_port && is_host && host.len() == at - start && is_name(database) && is_name(user) {
            let end = start + line.len();
            push(text, end - password.len()..end, found);
        }
    }
}
