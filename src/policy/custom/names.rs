//! The names of properties in expressions.

use std::borrow::Cow;

use crate::cel::RESERVED;
use crate::yaml::{Key, Keys};

/// Whether a name is a word of the language.
pub fn is_reserved(name: &str) -> bool {
    const ALL: Keys = Keys::these(&RESERVED);
    ALL.may_have(Key::new(name)) && RESERVED.contains(&name)
}

/// The name by which expressions ask for a property; nothing for one that they cannot ask for
/// (`k8s.io/apiserver/pkg/cel/escaping.go`).
pub fn escape(name: &str) -> Option<Cow<'_, str>> {
    if name.is_empty() || name.starts_with(|letter: char| letter.is_ascii_digit()) {
        return None;
    }
    if is_reserved(name) {
        return Some(Cow::Owned(format!("__{name}__")));
    }
    if name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Some(Cow::Borrowed(name));
    }
    let mut out = String::new();
    let mut rest = name;
    while let Some(letter) = rest.chars().next() {
        if let Some(tail) = rest.strip_prefix("__") {
            out.push_str("__underscores__");
            rest = tail;
            continue;
        }
        match letter {
            '.' => out.push_str("__dot__"),
            '-' => out.push_str("__dash__"),
            '/' => out.push_str("__slash__"),
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => out.push(letter),
            _ => return None,
        }
        rest = &rest[letter.len_utf8()..];
    }
    Some(Cow::Owned(out))
}
