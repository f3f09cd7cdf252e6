//! Secrets by their place in a line: behind the word of a directive, in `.netrc` and in `.pgpass`.

use std::ops::Range;

use super::assigned::{is_first, is_literal};
use super::is_plain;
use super::marks::Marks;

/// Words at the beginning of lines of configurations, whose second word is the secret, and that of `.netrc`.
static DIRECTIVES: Marks<5> = Marks::new([b"requirepass", b"masterauth", b"auth_pass", b"sasl.password", b"machine "]);
/// The last of these.
const MACHINE: usize = 4;

/// Finds them.
pub(super) fn find(text: &str, found: &mut Vec<Range<usize>>) {
    for number in DIRECTIVES.of(text).numbers() {
        for at in DIRECTIVES.places(text, number) {
            let behind = at + DIRECTIVES.mark(number).len();
            if number == MACHINE {
                of_machine(text, at, behind, found);
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
