//! Formats of lines: INI, properties, `keyword words`, HAProxy, Fluent Bit's classic form.

use super::{Entry, range_of, unquoted};

fn entry(text: &str, key: Vec<String>, value: &str) -> Entry {
    let value = unquoted(value.trim());
    Entry { key, value: value.to_owned(), range: range_of(text, value) }
}

/// `[section]`, `key = value`; `;` and `#` begin a comment.
pub(super) fn ini(text: &str) -> Vec<Entry> {
    let mut section: Option<&str> = None;
    let mut all = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with([';', '#']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            section = Some(name.trim());
        } else if let Some((name, value)) = line.split_once(['=', ':']) {
            let value = value.split(" ;").next().unwrap_or(value);
            let key = section.into_iter().chain([name.trim()]).map(str::to_owned).collect();
            all.push(entry(text, key, value));
        }
    }
    all
}

/// `key=value`, `key: value`, `key value`.
pub(super) fn properties(text: &str) -> Vec<Entry> {
    let mut all = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', '!'])) {
        let Some(end) = line.find(|sign: char| matches!(sign, '=' | ':') || sign.is_whitespace()) else { continue };
        let value = line[end..].trim_start();
        let value = value.strip_prefix(['=', ':']).unwrap_or(value);
        let value = value.split(" #").next().unwrap_or(value);
        all.push(entry(text, vec![line[..end].to_owned()], value));
    }
    all
}

/// A line without its comment: a `#` at its begin or behind a blank.
fn uncommented(line: &str) -> &str {
    let line = if line.trim_start().starts_with('#') { "" } else { line };
    line.split(" #").next().unwrap_or(line).trim()
}

/// A keyword and its words.
pub(super) fn words(text: &str) -> Vec<Entry> {
    let mut all = Vec::new();
    for line in text.lines().map(uncommented) {
        if let Some((keyword, rest)) = line.split_once(char::is_whitespace) {
            all.push(entry(text, vec![keyword.to_owned()], rest));
        }
    }
    all
}

/// `[SECTION]` in any case, then `Key Value` lines.
pub(super) fn fluent_bit(text: &str) -> Vec<Entry> {
    let mut section = String::new();
    let mut all = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            section = name.trim().to_ascii_uppercase();
        } else if let Some((name, value)) = line.split_once(char::is_whitespace) {
            all.push(entry(text, vec![section.clone(), name.to_owned()], value));
        }
    }
    all
}

/// Sections that begin at the left margin or anywhere by their keyword, then lines of words.
pub(super) fn haproxy(text: &str) -> Vec<Entry> {
    const SECTIONS: [&str; 14] = [
        "global",
        "defaults",
        "frontend",
        "backend",
        "listen",
        "peers",
        "resolvers",
        "userlist",
        "mailers",
        "program",
        "http-errors",
        "ring",
        "cache",
        "crt-store",
    ];
    let mut section: Vec<String> = Vec::new();
    let mut all = Vec::new();
    for line in text.lines().map(uncommented) {
        let (keyword, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        if SECTIONS.contains(&keyword) {
            let name = rest.split_whitespace().next().unwrap_or_default();
            section = vec![keyword.to_owned(), name.to_owned()];
        } else if !keyword.is_empty() {
            let key = section.iter().cloned().chain([keyword.to_owned()]).collect();
            all.push(entry(text, key, rest));
        }
    }
    all
}
