//! Formats of lines: INI, properties, `keyword words`, HAProxy, Fluent Bit's classic form.

use super::{Collector, range_of, unquoted};

fn add(found: &mut Collector<'_>, key: &[&str], block: usize, value: &str) {
    let value = unquoted(value.trim());
    found.add(key, block, value.to_owned(), range_of(found.text, value));
}

/// A line without its comment: one of these signs at its begin or behind a blank, not in quotes.
fn uncommented<'text>(line: &'text str, signs: &[char]) -> &'text str {
    let mut before = ' ';
    let mut quote = None;
    // a quote that nothing closes is a letter
    let last = ['"', '\''].map(|quote| (quote, line.rfind(quote).unwrap_or(0)));
    for (at, sign) in line.char_indices() {
        if let Some(open) = quote {
            if sign == open && before != '\\' {
                quote = None;
            }
        } else if before.is_whitespace() && signs.contains(&sign) {
            return line[..at].trim();
        } else if (before.is_whitespace() || matches!(before, '=' | ':'))
            && last.iter().any(|(own, end)| *own == sign && *end > at)
        {
            quote = Some(sign);
        }
        before = sign;
    }
    line.trim()
}

/// `[section]`, `key = value`; `;` and `#` begin a comment.
pub(super) fn ini(found: &mut Collector<'_>) {
    let text = found.text;
    let mut section: Option<&str> = None;
    for whole in text.lines() {
        let line = uncommented(whole, &[';', '#']);
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            section = Some(name.trim());
            continue;
        }
        // pgbouncer's `%include file`, MySQL's `!includedir folder`
        if line.starts_with(['%', '!'])
            && let Some((name, path)) = line.split_once(char::is_whitespace)
        {
            add(found, &[name], 0, path);
            continue;
        }
        let Some((name, value)) = line.split_once(['=', ':']) else {
            // MySQL's `skip-networking`; what is indented goes on with the line before it
            if !line.is_empty() && !line.contains(char::is_whitespace) && !whole.starts_with([' ', '\t']) {
                let key: Vec<&str> = section.into_iter().chain([line]).collect();
                found.add(&key, 0, "true".to_owned(), range_of(text, line));
            }
            continue;
        };
        let key: Vec<&str> = section.into_iter().chain([name.trim()]).collect();
        add(found, &key, 0, value);
    }
}

/// `key=value`, `key: value`, `key value`; a backslash at the end of a line takes the next one in.
pub(super) fn properties(found: &mut Collector<'_>) {
    let text = found.text;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = line.trim();
        if line.starts_with('!') {
            continue;
        }
        let line = uncommented(line, &['#']);
        let Some(end) = line.find(|sign: char| matches!(sign, '=' | ':') || sign.is_whitespace()) else { continue };
        let key = &line[..end];
        let value = line[end..].trim_start();
        let mut value = value.strip_prefix(['=', ':']).unwrap_or(value).trim();
        if !value.ends_with('\\') {
            add(found, &[key], 0, value);
            continue;
        }
        let start = range_of(text, value).start;
        let mut joined = String::new();
        loop {
            let ended = value.strip_suffix('\\');
            joined.push_str(ended.unwrap_or(value));
            let next = ended.and_then(|_| lines.next());
            let Some(next) = next else { break };
            value = next.trim();
        }
        found.add(&[key], 0, joined, start..range_of(text, value).end);
    }
}

/// A keyword and its words.
pub(super) fn words(found: &mut Collector<'_>) {
    for line in found.text.lines().map(|line| uncommented(line, &['#'])) {
        if let Some((keyword, rest)) = line.split_once(char::is_whitespace) {
            add(found, &[keyword], 0, rest);
        }
    }
}

/// `[SECTION]` in any case, then `Key Value` lines.
pub(super) fn fluent_bit(found: &mut Collector<'_>) {
    let mut section = String::new();
    let mut block = 0;
    for line in found.text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            section = name.trim().to_ascii_uppercase();
            block += 1;
        } else if let Some((name, value)) = line.split_once(char::is_whitespace) {
            add(found, &[&section, name], block, value);
        }
    }
}

/// Sections that begin at the left margin or anywhere by their keyword, then lines of words.
pub(super) fn haproxy(found: &mut Collector<'_>) {
    // haproxy/haproxy: the sections of src/cfgparse.c and of what registers more
    const SECTIONS: [&str; 19] = [
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
        "fcgi-app",
        "log-forward",
        "log-profile",
        "traces",
        "acme",
    ];
    let mut section: Option<[&str; 2]> = None;
    let mut block = 0;
    for line in found.text.lines().map(|line| uncommented(line, &['#'])) {
        let (keyword, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        if SECTIONS.contains(&keyword) {
            section = Some([keyword, rest.split_whitespace().next().unwrap_or_default()]);
            block += 1;
        } else if !keyword.is_empty() {
            let key: Vec<&str> = section.into_iter().flatten().chain([keyword]).collect();
            add(found, &key, block, rest);
        }
    }
}
