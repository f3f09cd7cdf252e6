//! Secrets in elements of XML: `<password>hunter2</password>`, and Hadoop's `<name>db.password</name><value>…</value>`.

use std::ops::Range;

use super::is_plain;
use crate::words::is_secret_name;

/// The longest name of an element that is read, with its prefix.
const LONGEST_NAME: usize = 80;

/// Bytes between an element's tags at most.
const LONGEST_VALUE: usize = 1024;

/// What is between an element's tags.
struct Element<'text> {
    name: &'text str,
    value: Range<usize>,
}

/// Finds the secrets that are the text of an element.
pub(super) fn find(text: &str, found: &mut Vec<Range<usize>>) {
    let Some(first) = memchr::memchr(b'<', text.as_bytes()) else { return };
    let mut is_named = false;
    for at in memchr::memmem::find_iter(&text.as_bytes()[first..], b"</") {
        let Some(element) = ending_at(text, first + at) else { continue };
        let inside = &text[element.value.clone()];
        let is_secret = is_secret_name(element.name) || is_named && element.name.eq_ignore_ascii_case("value");
        is_named = matches!(element.name, "name" | "key") && is_secret_name(inside);
        if is_secret && is_plain(inside) && !inside.starts_with(['$', '%', '{', '@']) {
            found.push(element.value);
        }
    }
}

/// The element whose closing tag begins there, if it has only text between its tags.
fn ending_at(text: &str, at: usize) -> Option<Element<'_>> {
    let bytes = text.as_bytes();
    let tag = &bytes[at + 2..bytes.len().min(at + 2 + LONGEST_NAME)];
    let name = text.get(at + 2..at + 2 + memchr::memchr(b'>', tag)?)?.trim_end();
    let from = at.saturating_sub(LONGEST_VALUE);
    let start = from + memchr::memrchr(b'>', &bytes[from..at])? + 1;
    let from = start.saturating_sub(LONGEST_VALUE);
    let open = from + memchr::memrchr(b'<', &bytes[from..start])? + 1;
    let behind = text.get(open..start)?.strip_prefix(name)?;
    let is_open = behind.starts_with(['>', ' ', '\t', '\n', '\r']) && !behind.ends_with("/>");
    let inside = text.get(start..at)?;
    let begin = start + (inside.len() - inside.trim_start().len());
    let value = begin..begin + inside.trim().len();
    let name = name.rsplit(':').next().unwrap_or(name);
    (is_open && !value.is_empty() && !name.is_empty()).then_some(Element { name, value })
}
