//! Secrets that the text around them names: `password=hunter2`, `"token": "abc"`, `?sig=…`, `{"name": "API_KEY", "value": …}`.

use std::ops::Range;

use super::code::is_passed_on;
use super::value::{Place, behind};
use super::{is_login, is_of_code, is_plain, names_a_key, names_a_secret, names_login, reads_as_name};
use crate::words::is_secret_name;

/// The longest name that is read.
const LONGEST_NAME: usize = 80;

/// A name, and what is assigned to it.
struct Assigned<'text> {
    name: &'text str,
    meaning: Meaning,
    value: Range<usize>,
    /// Whether only programs write it so: `x['password'] = …`, `password := …`, `'password' => …`.
    is_of_code: bool,
}

/// What a name says of a value.
#[derive(Clone, Copy)]
enum Meaning {
    /// That it is secret.
    Secret,
    /// That it signs a request, as a parameter of an address.
    Parameter,
    /// That it is a login, as registries are logged in to.
    Login,
    /// That it is one with its user, if it has the form of one.
    Account,
    /// Something only together with another value.
    OfPair,
}

/// What a name says of a value, if it says something.
fn meaning(name: &str) -> Option<Meaning> {
    match name {
        "auth" => Some(Meaning::Login),
        "name" | "key" | "Name" | "value" | "Value" => Some(Meaning::OfPair),
        _ if is_secret_name(name) => Some(Meaning::Secret),
        _ if names_login(name) => Some(Meaning::Account),
        _ => PARAMETERS.iter().any(|known| known.eq_ignore_ascii_case(name)).then_some(Meaning::Parameter),
    }
}

/// Finds the secrets that a text names.
pub(super) fn find(text: &str, found: &mut Vec<Range<usize>>) {
    let mut pair = Pair::default();
    let bytes = text.as_bytes();
    let mut seen = 0;
    for at in memchr::memchr2_iter(b'=', b':', bytes) {
        // what is inside a value does not name another, and is not read again
        let Some(assigned) = (at >= seen).then(|| read(text, at)).flatten() else { continue };
        let range = assigned.value.clone();
        let value = &text[range.clone()];
        let is_quoted = bytes[range.start - 1] == b'"';
        let is_secret = match assigned.meaning {
            Meaning::Secret => {
                let name = assigned.name;
                !(is_of_users(name, value)
                    || is_of_fetch(name, value)
                    || names_a_key(name, value)
                    || names_a_secret(name, value))
            }
            Meaning::Account => is_login(assigned.name, value),
            Meaning::Parameter => is_parameter(text, assigned.name, &range),
            Meaning::Login => is_quoted && !reads_as_name(value) && !value.contains(' '),
            Meaning::OfPair => {
                pair.take(text, at, assigned, found);
                continue;
            }
        };
        let is_said = is_plain(value) && is_literal(value) && !is_variable(text, &assigned);
        let is_text_of_code = assigned.is_of_code && !is_quoted_secret(text, &assigned);
        if is_secret && is_said && !is_text_of_code {
            seen = range.end;
            found.push(range);
        } else if range.len() > LONGEST_NAME {
            seen = range.end;
        }
    }
}

/// Whether a value without quotes is a variable of a program: an argument that is called as its parameter, and a constant
/// under a key in quotes.
fn is_variable(text: &str, assigned: &Assigned<'_>) -> bool {
    let is_quoted = text[..assigned.value.start].ends_with(['"', '\'']);
    let value = &text[assigned.value.clone()];
    let start = assigned.name.as_ptr() as usize - text.as_ptr() as usize;
    let is_key = text[..start].ends_with('"');
    let is_argument = is_key || text[..start].trim_end_matches(' ').ends_with(['(', ',']);
    let is_constant =
        is_key && value.contains('_') && value.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let is_member = || {
        let member = ["this.", "self.", "cls."].iter().find_map(|object| assigned.name.strip_prefix(object));
        member.is_some_and(|name| is_of_code(name, value) || value.rsplit('.').next() == Some(name))
    };
    let is_named = is_argument && is_of_code(assigned.name, value);
    !is_quoted && (is_named || is_constant || is_member() || is_passed_on(text, start, assigned.value.start))
}

/// Whether a text in the code of a program is a secret: it is in quotes, one word, and neither says again what it is for
/// nor how such a value is checked (`'password' => 'required|min:8'`).
fn is_quoted_secret(text: &str, assigned: &Assigned<'_>) -> bool {
    const CHECKS: [&str; 10] = [
        "required",
        "nullable",
        "sometimes",
        "string",
        "bail",
        "filled",
        "present",
        "confirmed",
        "hashed",
        "encrypted",
    ];
    let value = &text[assigned.value.clone()];
    let first = value.split(['|', ':']).next().unwrap_or_default();
    let is_quoted = text[..assigned.value.start].ends_with(['"', '\'', '`']);
    let is_name = || {
        let plain = |text: &str| text.replace(['_', '-', '.'], "").to_ascii_lowercase();
        plain(value) == plain(assigned.name) || plain(assigned.name).ends_with(&plain(value))
    };
    is_quoted && !value.contains(char::is_whitespace) && !CHECKS.contains(&first) && !is_name()
}

/// Whether a browser is told which cookies to send: `credentials: include`.
fn is_of_fetch(name: &str, value: &str) -> bool {
    name == "credentials" && matches!(value, "include" | "omit" | "same-origin")
}

/// Whether a line says where the users of a system are looked up: `passwd: files systemd` (nsswitch.conf).
fn is_of_users(name: &str, value: &str) -> bool {
    const SERVICES: [&str; 9] = ["files", "compat", "db", "systemd", "nis", "ldap", "sss", "winbind", "extrausers"];
    name == "passwd" && value.split_whitespace().all(|word| SERVICES.contains(&word))
}

/// Whether nothing replaces a text before a program sees it, nor a program takes it from elsewhere.
pub(super) fn is_literal(value: &str) -> bool {
    let called = value.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric() || "_.".contains(letter));
    let is_call = called.len() < value.len() && called.starts_with(['(', '[']);
    let is_of_environment = ["process.env", "import.meta.env", "os.environ"].iter().any(|all| value.starts_with(all));
    !value.starts_with(['$', '`', '<', '{', '[', '(', '%', '@', '!']) && !is_call && !is_of_environment
}

/// Parameters of addresses that sign a request.
const PARAMETERS: [&str; 5] = ["sig", "signature", "X-Amz-Signature", "X-Goog-Signature", "hmac"];

/// Whether a value is one of a parameter in an address.
fn is_parameter(text: &str, name: &str, value: &Range<usize>) -> bool {
    let at = value.start.checked_sub(name.len() + 2);
    at.is_some_and(|at| matches!(text.as_bytes()[at], b'?' | b'&'))
}

/// What is on both sides of a `=` or `:`.
fn read(text: &str, at: usize) -> Option<Assigned<'_>> {
    let bytes = text.as_bytes();
    // `==` and `!=` compare, of `:=` the second sign counts
    let before = at.checked_sub(1).map(|at| bytes[at]);
    let is_operator = bytes.get(at + 1) == Some(&b'=') || before.is_some_and(|sign| b"=!<>".contains(&sign));
    if is_operator {
        return None;
    }
    let is_colon = bytes[at] == b':';
    let from = at.saturating_sub(LONGEST_NAME);
    let is_declared = before == Some(b':');
    let is_arrow = !is_colon && bytes.get(at + 1) == Some(&b'>');
    let mut end = at - usize::from(is_declared);
    if is_declared && is_colon {
        return None;
    }
    while end > from && bytes[end - 1] == b' ' {
        end -= 1;
    }
    let has_room = end < at;
    let is_member = !is_colon && end > from + 1 && bytes[end - 1] == b']' && matches!(bytes[end - 2], b'"' | b'\'');
    end -= usize::from(is_member);
    let is_of_code = is_declared || is_arrow || is_member;
    let mut is_quoted = is_of_code;
    while end > from && matches!(bytes[end - 1], b'"' | b'\'' | b'\\') {
        end -= 1;
        is_quoted = true;
    }
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-".contains(byte);
    let start = bytes[from..end].iter().rposition(|byte| !is_of_name(byte)).map_or(from, |last| from + last + 1);
    let name = text.get(start..end).filter(|name| !name.is_empty())?;
    let meaning = meaning(name)?;
    // `${PASSWORD:?is missing}` has a message
    if is_colon && text[..start].ends_with("${") && matches!(bytes.get(at + 1), Some(b'?' | b'+')) {
        return None;
    }
    let starts_line = is_first(&text[..start]);
    if !is_quoted && !may_be_named(text, start, is_colon, has_room, starts_line) {
        return None;
    }
    // what is inside the value of a pair is read again
    let most = if matches!(meaning, Meaning::OfPair) { APART } else { usize::MAX };
    let place = Place {
        at: separator(text, at + usize::from(is_arrow)),
        may_have_room: is_quoted || has_room || starts_line || is_colon,
        is_whole_line: is_colon && starts_line && !is_quoted,
        name: (is_colon && starts_line).then_some((start, most)),
    };
    let value = match text.get(place.at + 1..).map(|rest| (rest, rest.trim_start_matches(' '))) {
        // a text of Go
        Some((_, rest)) if is_of_code && rest.starts_with('`') => {
            let start = text.len() - rest.len() + 1;
            let inside = &text[start..floor(text, (start + APART).min(text.len()))];
            start..start + inside.find('`')?
        }
        _ => behind(text, &place)?,
    };
    Some(Assigned { name, meaning, value, is_of_code })
}

/// What a value is behind: the letter of a text of SQL Server counts to the separator (`PASSWORD = N'…'`).
fn separator(text: &str, at: usize) -> usize {
    let rest = text[at + 1..].trim_start_matches(' ');
    if rest.starts_with("N'") { text.len() - rest.len() } else { at }
}

/// Whether nothing but signs of a list is before a name on its line.
pub(super) fn is_first(before: &str) -> bool {
    let near = &before[floor(before, before.len().saturating_sub(80))..];
    let line = &near[near.rfind('\n').map_or(0, |at| at + 1)..];
    line.trim_start().trim_start_matches(['-', '#', '|', '>']).trim_start().trim_start_matches(['"', '\'']).is_empty()
}

pub(super) fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Whether a name without quotes is one, and no word of a sentence: `enter your password: please`.
fn may_be_named(text: &str, start: usize, is_colon: bool, has_room: bool, starts_line: bool) -> bool {
    let before = text[..start].chars().next_back();
    let is_apart = before.is_none_or(|letter| "{,;?&\"'([|\\`\n".contains(letter));
    let behind_comma = || text[..start].trim_end_matches(' ').ends_with(['{', ',', ';', '"', '\'']);
    // `pass:hunter2` is one word
    let is_one_word = || {
        let behind = text[start..].split_once(':').map_or("", |(_, behind)| behind);
        !has_room && !behind.starts_with(char::is_whitespace) && before.is_some_and(char::is_whitespace)
    };
    // `PASSWORD = 'hunter2'`
    let is_of_text = || {
        let behind = text[start..].split_once('=').map_or("", |(_, behind)| behind);
        let behind = behind.trim_start_matches(' ');
        !is_colon && behind.strip_prefix('N').unwrap_or(behind).starts_with(['"', '\''])
    };
    if is_colon || has_room {
        is_of_text() || starts_line || is_apart || behind_comma() || is_colon && is_one_word()
    } else {
        is_apart || before.is_some_and(|letter| letter.is_whitespace() || "/:=$#@".contains(letter))
    }
}

/// A name and a value that are members of one object: `"name": "DB_PASSWORD", "value": "hunter2"`.
#[derive(Default)]
struct Pair<'text> {
    name: Option<(usize, &'text str)>,
    value: Option<(usize, Range<usize>)>,
}

/// Between the two members of a pair there are fewer bytes.
const APART: usize = 512;

impl<'text> Pair<'text> {
    fn take(&mut self, text: &'text str, at: usize, one: Assigned<'text>, found: &mut Vec<Range<usize>>) {
        let is_of_one = |other: usize| {
            let between = text.as_bytes().get(other..at).unwrap_or_default();
            between.len() < APART && !between.contains(&b'}') && !between.windows(3).any(|three| three == b"\n- ")
        };
        match one.name {
            "name" | "key" | "Name" => {
                let name = &text[one.value];
                if let Some((_, value)) =
                    self.value.take().filter(|(other, _)| is_secret_name(name) && is_of_one(*other))
                {
                    found.push(value);
                    return;
                }
                self.name = Some((at, name));
            }
            "value" | "Value" if is_plain(&text[one.value.clone()]) && is_literal(&text[one.value.clone()]) => {
                match self.name.take() {
                    Some((other, name)) if is_of_one(other) => {
                        found.extend(is_secret_name(name).then_some(one.value));
                    }
                    _ => self.value = Some((at, one.value)),
                }
            }
            _ => {}
        }
    }
}
