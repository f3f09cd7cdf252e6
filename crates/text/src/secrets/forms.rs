//! Secrets that show themselves by their form, whatever is around them.

use std::ops::Range;

use super::marks::{Found, Marks};
use super::{is_mask, reads_as_name};
use crate::words::is_placeholder;

/// The secrets that show themselves by their form: passwords in addresses, headers that log in, private keys, and tokens
/// of well-known services. Whole files are looked through, so each form is looked for by a mark that is rare, and one look
/// tells which of the marks are there.
#[must_use]
pub fn by_form(text: &str) -> Vec<Range<usize>> {
    by_marks(text, MARKS.of(text))
}

fn by_marks(text: &str, marks: Found) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    addresses(text, marks, &mut found);
    logins(text, &mut found);
    if !marks.has_none() {
        schemes(text, marks, &mut found);
        private_keys(text, marks, &mut found);
        tokens(text, marks, &mut found);
        hooks(text, marks, &mut found);
        hashes(text, marks, &mut found);
    }
    found.retain(|range| {
        let secret = &text[range.clone()];
        !secret.is_empty() && !is_placeholder(secret) && !is_mask(secret) && !is_filled_in_by_code(secret)
    });
    found
}

/// Whether a program puts something in the place of a text: `{password}` and `{quote(self.password)}` of Python, `%s`,
/// `%(password)s` and `%[1]s` of formats.
fn is_filled_in_by_code(text: &str) -> bool {
    let expression = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let is_expression = expression.is_some_and(|inside| {
        inside.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '_')
            && inside.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._()[]!".contains(&byte))
    });
    let verb = text.strip_prefix('%').map(|rest| match rest.split_once([')', ']']) {
        Some((name, verb)) if name.starts_with(['(', '[']) => verb,
        _ => rest,
    });
    is_expression || verb.is_some_and(|verb| matches!(verb, "s" | "v" | "q" | "d"))
}

/// What the forms are looked for by: these four, then those of `SCHEMES`, `TOKENS`, `HOOKS` and `HASHES`.
static MARKS: Marks<COUNT> = {
    let mut marks = [b"" as &[u8]; COUNT];
    (marks[ADDRESS], marks[HEADER], marks[KEY], marks[AGE_KEY]) =
        (b"://", b"uthorization", b"-----BEGIN ", b"AGE-SECRET-KEY-1");
    let mut number = FIRST_SCHEME;
    while number < COUNT {
        let mark = if number < FIRST_TOKEN {
            SCHEMES[number - FIRST_SCHEME]
        } else if number < FIRST_HOOK {
            TOKENS[number - FIRST_TOKEN].0
        } else if number < FIRST_HASH {
            HOOKS[number - FIRST_HOOK]
        } else {
            HASHES[number - FIRST_HASH]
        };
        marks[number] = mark.as_bytes();
        number += 1;
    }
    Marks::new(marks)
};

const ADDRESS: usize = 0;
const HEADER: usize = 1;
const KEY: usize = 2;
const AGE_KEY: usize = 3;
const FIRST_SCHEME: usize = 4;
const FIRST_TOKEN: usize = FIRST_SCHEME + SCHEMES.len();
const FIRST_HOOK: usize = FIRST_TOKEN + TOKENS.len();
const FIRST_HASH: usize = FIRST_HOOK + HOOKS.len();
const COUNT: usize = FIRST_HASH + HASHES.len();

/// Where a mark is, if it is among those that were found.
fn places(text: &str, found: Found, number: usize) -> impl Iterator<Item = usize> {
    let there = found.has(number).then(|| MARKS.places(text, number));
    there.into_iter().flatten()
}

/// Up to the first letter that does not belong to a text.
fn until(text: &str, is_end: impl Fn(char) -> bool) -> &str {
    text.find(is_end).map_or(text, |end| &text[..end])
}

/// `scheme://user:password@host`, and `https://token@host`.
fn addresses(text: &str, marks: Found, found: &mut Vec<Range<usize>>) {
    for at in places(text, marks, ADDRESS) {
        let start = at + "://".len();
        let is_end = |letter: char| letter.is_whitespace() || "\"'`<>\\".contains(letter);
        let authority = until(&text[start..], |letter| is_end(letter) || matches!(letter, '/' | '?' | '#'));
        let user = match authority.rfind('@') {
            Some(end) => &authority[..end],
            // a password that is not escaped as it should be
            None => {
                let Some((_, password)) = authority.split_once(':') else { continue };
                if password.bytes().all(|byte| byte.is_ascii_digit()) || authority.starts_with('[') {
                    continue;
                }
                let whole = until(bounded(&text[start..], LONGEST_LOGIN), is_end);
                let Some(end) = whole.rfind('@') else { continue };
                &whole[..end]
            }
        };
        if let Some((name, _)) = user.split_once(':') {
            found.push(start + name.len() + 1..start + user.len());
        } else if text[..at].ends_with("http") || text[..at].ends_with("https") {
            // who logs in without a password logs in with a token
            found.extend((user.len() > 2 && !reads_as_name(user)).then(|| start..start + user.len()));
        }
    }
}

/// The beginning of a text.
fn bounded(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).map_or(text, |(end, _)| &text[..end])
}

/// Letters of one login at most.
const LONGEST_LOGIN: usize = 256;

/// `user:password@host` without a scheme, as images, drivers and tools take it: `shop:hunter2@tcp(db:3306)`.
fn logins(text: &str, found: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    for at in memchr::memchr_iter(b'@', bytes) {
        let is_end = |byte: &u8| byte.is_ascii_whitespace() || b"/\"'`<>=,;(){}[]|&\\".contains(byte);
        let from = at.saturating_sub(LONGEST_LOGIN);
        let start = bytes[from..at].iter().rposition(is_end).map_or(from, |last| from + last + 1);
        let Some(login) = text.get(start..at) else { continue };
        let Some((user, password)) = login.split_once(':') else { continue };
        let is_of_address = text[..start].ends_with("//");
        let is_user =
            user.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)) && !user.is_empty();
        if is_of_address || !is_user || password.is_empty() || NO_LOGINS.contains(&user.to_ascii_lowercase().as_str()) {
            continue;
        }
        if is_host(&text[at + 1..], password) {
            found.push(start + user.len() + 1..at);
        }
    }
}

/// What is before the colon of a mail address.
const NO_LOGINS: [&str; 12] =
    ["mailto", "sip", "sips", "acct", "xmpp", "email", "mail", "to", "from", "cc", "contact", "npm"];

/// Whether a text begins with the host that a password is for: a name with a dot, an address, a name with a port or a
/// path. A word alone is one if what precedes it is made up. `sha256:` is none.
fn is_host(text: &str, password: &str) -> bool {
    let host = until(text, |letter| !letter.is_ascii_alphanumeric() && !matches!(letter, '.' | '-'));
    let rest = &text[host.len()..];
    if host.is_empty() {
        // `root:hunter2@/shop`: the driver's own host
        return rest.strip_prefix('/').is_some_and(|name| name.starts_with(char::is_alphanumeric));
    }
    if ["sha256", "sha384", "sha512"].contains(&host) {
        return false;
    }
    let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    let has_port = rest.strip_prefix(':').is_some_and(|port| port.starts_with(|first: char| first.is_ascii_digit()));
    let is_name = host.contains('.') && last.starts_with(|first: char| first.is_ascii_alphabetic());
    let is_numbers = host.split('.').count() == 4 && host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let is_word = host.starts_with(|first: char| first.is_ascii_alphabetic()) && !rest.starts_with([':', '@']);
    is_name || is_numbers || has_port || rest.starts_with(['(', '/']) || is_word && is_made_up(password)
}

/// `Authorization: Basic …`, and the same words without the header where what follows is made up.
fn schemes(text: &str, marks: Found, found: &mut Vec<Range<usize>>) {
    let word = |start: usize| {
        let secret = text[start..].trim_start_matches(' ');
        let start = text.len() - secret.len();
        let word = until(secret, |letter| letter.is_whitespace() || "\"'`;,)\\".contains(letter));
        start..start + word.len()
    };
    for at in places(text, marks, HEADER) {
        let behind = &text[at + "uthorization".len()..];
        let value = behind.trim_start_matches([' ', ':', '=', '"', '\'', '\\']);
        let Some(scheme) = SCHEMES.iter().find(|scheme| value.starts_with(**scheme)) else { continue };
        found.push(word(text.len() - value.len() + scheme.len()));
    }
    for number in marks.among(FIRST_SCHEME..FIRST_TOKEN) {
        for at in places(text, marks, FIRST_SCHEME + number) {
            let range = word(at + SCHEMES[number].len());
            let secret = &text[range.clone()];
            // an option of a command is none
            if secret.len() >= 8 && !secret.starts_with('-') && is_made_up(secret) {
                found.push(range);
            }
        }
    }
}

const SCHEMES: [&str; 6] = ["Bearer ", "Basic ", "Token ", "bearer ", "basic ", "token "];

/// Whether a word belongs to no language: letters and digits without a name's order.
fn is_made_up(word: &str) -> bool {
    let is_inside = |byte: u8| byte.is_ascii_alphanumeric() || b"._-~+/=".contains(&byte);
    word.bytes().all(is_inside) && !reads_as_name(word.trim_end_matches(['.', '=']))
        || word.ends_with('=') && word.len() >= 8 && !word.contains("==>")
}

/// All between the first and the last line of a private key.
fn private_keys(text: &str, marks: Found, found: &mut Vec<Range<usize>>) {
    const WORDS: &str = "PRIVATE KEY";
    let mut seen = 0;
    for at in places(text, marks, KEY) {
        let head = until(bounded(&text[at..], 80), |letter| letter == '\n');
        let Some(words) = head.find(WORDS).filter(|_| at >= seen) else { continue };
        let behind = at + words + WORDS.len();
        let start = text.len() - text[behind..].trim_start_matches(" BLOCK").trim_start_matches('-').len();
        let end = memchr::memmem::find(&text.as_bytes()[start..], b"-----END").map_or(text.len(), |end| start + end);
        found.push(start..end);
        seen = end;
    }
    for at in places(text, marks, AGE_KEY) {
        let word = until(&text[at..], |letter| !letter.is_ascii_alphanumeric() && letter != '-');
        found.push(at..at + word.len());
    }
}

/// Beginnings of well-known tokens, with the fewest letters of a whole one.
const TOKENS: [(&str, usize); 30] = [
    ("ghp_", 16),
    ("gho_", 16),
    ("ghu_", 16),
    ("ghs_", 16),
    ("ghr_", 16),
    ("github_pat_", 20),
    ("glpat-", 16),
    ("gldt-", 16),
    ("glrt-", 16),
    ("xoxb-", 16),
    ("xoxp-", 16),
    ("xoxa-", 16),
    ("xapp-", 16),
    ("sk_live_", 16),
    ("rk_live_", 16),
    ("sk_test_", 16),
    ("sk-ant-", 20),
    ("sk-proj-", 20),
    ("AKIA", 20),
    ("ASIA", 20),
    ("AIza", 35),
    ("ya29.", 20),
    ("npm_", 30),
    ("dckr_pat_", 20),
    ("hvs.", 20),
    ("SG.", 30),
    ("pypi-AgE", 30),
    ("dop_v1_", 30),
    ("lin_api_", 20),
    ("eyJ", 30),
];

fn tokens(text: &str, marks: Found, found: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    for number in marks.among(FIRST_TOKEN..FIRST_HOOK) {
        let (mark, fewest) = TOKENS[number];
        let mut seen = 0;
        for at in places(text, marks, FIRST_TOKEN + number) {
            let is_inside = at.checked_sub(1).is_some_and(|before| bytes[before].is_ascii_alphanumeric());
            if is_inside || at < seen {
                continue;
            }
            let word = until(&text[at..], |letter| !letter.is_ascii_alphanumeric() && !"_-.".contains(letter));
            seen = at + word.len();
            let word = word.trim_end_matches('.');
            let is_whole = match mark {
                "eyJ" => word.matches('.').count() == 2,
                "AKIA" | "ASIA" => word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()),
                _ => true,
            };
            if word.len() >= fewest && is_whole && !is_mask(&word[mark.len()..]) {
                found.push(at..at + word.len());
            }
        }
    }
}

/// Addresses that are secrets themselves: who knows them may post there.
const HOOKS: [&str; 6] = [
    "hooks.slack.com/services/",
    "discord.com/api/webhooks/",
    "discordapp.com/api/webhooks/",
    ".webhook.office.com/webhookb2/",
    "api.telegram.org/bot",
    "hooks.zapier.com/hooks/catch/",
];

fn hooks(text: &str, marks: Found, found: &mut Vec<Range<usize>>) {
    for number in marks.among(FIRST_HOOK..FIRST_HASH) {
        let mark = HOOKS[number];
        let mut seen = 0;
        for at in places(text, marks, FIRST_HOOK + number).filter(|at| text.is_char_boundary(*at)) {
            if at < seen {
                continue;
            }
            let start = at + mark.len();
            let path = until(&text[start..], |letter| letter.is_whitespace() || "\"'`<>\\,;)".contains(letter));
            seen = start + path.len();
            found.push(start..seen);
        }
    }
}

/// Beginnings of passwords that `crypt`, `htpasswd` or a directory has hashed: from these, short ones are found again.
const HASHES: [&str; 11] = ["$apr1$", "$1$", "$2a$", "$2b$", "$2y$", "$5$", "$6$", "$y$", "$argon2", "{SHA}", "{SSHA}"];

/// The hashes themselves, without what they were salted with.
fn hashes(text: &str, marks: Found, found: &mut Vec<Range<usize>>) {
    for number in marks.among(FIRST_HASH..COUNT) {
        let mut seen = 0;
        for at in places(text, marks, FIRST_HASH + number) {
            if at < seen {
                continue;
            }
            let start = at + HASHES[number].len();
            let is_end = |letter: char| !letter.is_ascii_alphanumeric() && !"./$+=,_-".contains(letter);
            let all = until(&text[start..], is_end);
            seen = start + all.len();
            let hash = all.rsplit('$').next().unwrap_or(all);
            // `$1$2` puts together what an expression has found
            if hash.len() >= 20 {
                found.push(seen - hash.len()..seen);
            }
        }
    }
}

#[cfg(test)]
mod tests;
