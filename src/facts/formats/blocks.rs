//! Formats of blocks: nginx, HCL's simple form, Caddyfiles.

use super::{DEPTH, Entry, range_of, unquoted};
use crate::facts::nginx::directives;

/// Simple directives; the heads around them with their arguments are segments.
pub(super) fn nginx(text: &str) -> Vec<Entry> {
    let all = directives(text);
    let mut found = Vec::new();
    for directive in &all {
        let Some((name, arguments)) = directive.words.split_first() else { continue };
        // a head of a block says nothing itself
        if directive.is_block || arguments.is_empty() {
            continue;
        }
        let heads = directive.inside.iter().filter_map(|head| all.get(*head)).flat_map(|head| {
            let arguments = head.words[1..].iter().map(|word| unquoted(word)).collect::<Vec<_>>().join(" ");
            let argument = (!arguments.is_empty()).then_some(arguments);
            std::iter::once(head.name().to_owned()).chain(argument)
        });
        let key = heads.chain([(*name).to_owned()]).collect();
        let value = arguments.iter().map(|word| unquoted(word)).collect::<Vec<_>>().join(" ");
        let start = range_of(text, arguments[0]).start;
        let end = range_of(text, arguments[arguments.len() - 1]).end;
        found.push(Entry { key, value, range: start..end });
    }
    found
}

/// `kind "label" { key = value }`, one thing on each line or several.
pub(super) fn hcl(text: &str) -> Vec<Entry> {
    let mut found = Vec::new();
    let mut path: Vec<Vec<String>> = Vec::new();
    let mut passed_over = 0_usize;
    for line in text.lines() {
        let mut rest = line.trim();
        if rest.starts_with('#') || rest.starts_with("//") {
            continue;
        }
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('}') {
                if passed_over > 0 {
                    passed_over -= 1;
                } else {
                    path.pop();
                }
                rest = after.trim_start();
                continue;
            }
            let equals = rest.find('=');
            let brace = rest.find('{');
            match (equals, brace) {
                (equals, Some(brace)) if equals.is_none_or(|equals| brace < equals) => {
                    let head: Vec<String> =
                        rest[..brace].split_whitespace().map(|word| unquoted(word).to_owned()).collect();
                    if path.len() >= DEPTH {
                        passed_over += 1;
                    } else {
                        path.push(head);
                    }
                    rest = rest[brace + 1..].trim_start();
                }
                (Some(equals), _) => {
                    let name = rest[..equals].trim();
                    let value = rest[equals + 1..].trim_start();
                    let (value, after) = value_of(value);
                    if passed_over == 0 && value != "{" {
                        let key = path.iter().flatten().cloned().chain([unquoted(name).to_owned()]).collect();
                        let bare = unquoted(value);
                        found.push(Entry { key, value: bare.to_owned(), range: range_of(text, bare) });
                    } else if value == "{" {
                        // a map: `key = {`
                        if path.len() >= DEPTH {
                            passed_over += 1;
                        } else {
                            path.push(vec![unquoted(name).to_owned()]);
                        }
                    }
                    rest = after.trim_start();
                }
                _ => break,
            }
        }
    }
    found
}

/// A value and what follows it on its line.
fn value_of(text: &str) -> (&str, &str) {
    if let Some(inner) = text.strip_prefix('"') {
        let mut before = ' ';
        let end = inner.find(|sign| {
            let is_end = sign == '"' && before != '\\';
            before = sign;
            is_end
        });
        let end = end.map_or(text.len(), |end| end + 2);
        return text.split_at(end.min(text.len()));
    }
    if text.starts_with('{') {
        return text.split_at(1);
    }
    if text.starts_with('[') {
        let end = text.find(']').map_or(text.len(), |end| end + 1);
        return text.split_at(end);
    }
    let end = text.find([' ', '\t', '}', '#']).unwrap_or(text.len());
    let (value, after) = text.split_at(end);
    (value, if after.starts_with('#') { "" } else { after })
}

/// Sites with their directives. The block without an address holds what is global.
pub(super) fn caddyfile(text: &str) -> Vec<Entry> {
    let mut found = Vec::new();
    let mut depth = 0_usize;
    let mut is_global = false;
    let mut matcher = String::new();
    for line in text.lines() {
        let bare = line.trim();
        let bare = if bare.starts_with('#') { "" } else { bare.split(" #").next().unwrap_or(bare).trim() };
        if bare == "}" {
            depth = depth.saturating_sub(1);
            continue;
        }
        let opens = bare.ends_with('{') && !bare.ends_with("\\{");
        let head = if opens { bare[..bare.len() - 1].trim() } else { bare };
        if depth == 0 {
            is_global = opens && head.is_empty();
            for address in head.split([',', ' ']).filter(|address| !address.is_empty()) {
                found.push(Entry {
                    key: vec!["site".to_owned()],
                    value: address.to_owned(),
                    range: range_of(text, address),
                });
            }
        } else if depth == 1 || (depth == 2 && matches!(matcher.as_str(), "handle" | "handle_path" | "route")) {
            let (name, rest) = head.split_once(char::is_whitespace).unwrap_or((head, ""));
            if depth == 1 {
                name.clone_into(&mut matcher);
            }
            if !rest.is_empty() {
                let root = if is_global { "global" } else { "site" };
                let rest = rest.trim();
                found.push(Entry {
                    key: vec![root.to_owned(), name.to_owned()],
                    value: rest.to_owned(),
                    range: range_of(text, rest),
                });
            }
        }
        depth += usize::from(opens);
    }
    found
}
