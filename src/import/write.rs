//! A document as a person would write it: short maps and lists on one line, scripts as blocks, no needless quotes.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::describe::Spanned;
use crate::yaml::{self, Source, emit};

/// The longest line on which a map or a list is written as one.
const WIDTH: usize = 110;

/// Keys that go on one line if they fit, wherever they are; others do if they are short.
const SHORT: usize = 70;

/// Writes a document with its comments: each goes above the key, or the patch, that it names.
///
/// # Errors
/// When what is written would be read as something else, which is a bug.
pub(super) fn document(keys: &Map<String, Json>, comments: &[(String, String)]) -> Result<String, String> {
    let mut text = String::new();
    for (key, value) in keys {
        if let Some((_, comment)) = comments.iter().find(|(at, _)| at == key) {
            let _ = writeln!(text, "# {comment}");
        }
        if let (Json::Array(patches), "patch") = (value, key.as_str()) {
            text.push_str("patch:\n");
            for patch in patches {
                let object = patch["object"].as_str().unwrap_or_default();
                if let Some((_, comment)) = comments.iter().find(|(at, _)| *at == format!("patch {object}")) {
                    let _ = writeln!(text, "  # {comment}");
                }
                element(patch, 2, &mut text);
            }
            continue;
        }
        member(key, value, 0, &mut text);
    }
    if reads_as(&text, keys) {
        return Ok(text);
    }
    emit::to_yaml(&Json::Object(keys.clone())).map_err(|error| error.to_string())
}

fn reads_as(text: &str, keys: &Map<String, Json>) -> bool {
    let source = Arc::new(Source::from_text("", text));
    let (documents, refusal) = yaml::as_kubectl(yaml::read(&source));
    match documents.as_slice() {
        [document] if refusal.is_none() => {
            Spanned::from_node(document, document.root()).to_json() == Json::Object(keys.clone())
        }
        _ => false,
    }
}

fn member(key: &str, value: &Json, indent: usize, text: &mut String) {
    let _ = write!(text, "{:indent$}{}:", "", scalar(key));
    let room = WIDTH.saturating_sub(indent + key.len() + 2);
    match value {
        Json::String(lines) if is_block(lines) => block(lines, indent + 2, text),
        Json::String(reference) if is_reference(reference) => {
            let _ = writeln!(text, " {reference}");
        }
        Json::Object(members) if !members.is_empty() => match flow(value, room.min(SHORT)) {
            Some(line) => {
                let _ = writeln!(text, " {line}");
            }
            None => {
                text.push('\n');
                members.iter().for_each(|(key, value)| member(key, value, indent + 2, text));
            }
        },
        Json::Array(elements) if !elements.is_empty() => match flow(value, room) {
            Some(line) if elements.iter().all(|one| !one.is_object() && !one.as_str().is_some_and(is_block)) => {
                let _ = writeln!(text, " {line}");
            }
            _ => {
                text.push('\n');
                for one in elements {
                    element(one, indent + 2, text);
                }
            }
        },
        _ => {
            let _ = writeln!(text, " {}", flow(value, usize::MAX).unwrap_or_default());
        }
    }
}

fn element(value: &Json, indent: usize, text: &mut String) {
    let _ = write!(text, "{:indent$}- ", "");
    match value {
        Json::String(lines) if is_block(lines) => {
            text.pop();
            block(lines, indent + 2, text);
        }
        Json::Object(members) if !members.is_empty() => match flow(value, SHORT.max(WIDTH.saturating_sub(indent + 20)))
        {
            Some(line) => {
                let _ = writeln!(text, "{line}");
            }
            None => {
                let mut inner = String::new();
                members.iter().for_each(|(key, value)| member(key, value, indent + 2, &mut inner));
                text.push_str(inner.trim_start());
            }
        },
        _ => {
            let _ = writeln!(text, "{}", flow(value, usize::MAX).unwrap_or_default());
        }
    }
}

/// Several lines that a block keeps as they are.
fn is_block(text: &str) -> bool {
    text.contains('\n')
        && !text.starts_with([' ', '\n', '\t'])
        && text.lines().all(|line| !line.ends_with([' ', '\t']))
        && text.chars().all(|one| {
            one == '\n'
                || one == '\t'
                || !one.is_control() && one != '\u{feff}' && !matches!(one, '\u{85}' | '\u{2028}' | '\u{2029}')
        })
}

fn block(lines: &str, indent: usize, text: &mut String) {
    let body = lines.trim_end_matches('\n');
    let end = match lines.len() - body.len() {
        0 => "|-",
        1 => "|",
        _ => "|+",
    };
    let _ = writeln!(text, " {end}");
    for line in lines.strip_suffix('\n').unwrap_or(lines).split('\n') {
        if line.is_empty() {
            text.push('\n');
        } else {
            let _ = writeln!(text, "{:indent$}{line}", "");
        }
    }
}

/// A value on one line, if it has room there.
fn flow(value: &Json, room: usize) -> Option<String> {
    let line = match value {
        Json::String(text) if room < usize::MAX && is_block(text) => return None,
        Json::String(text) => scalar(text),
        Json::Object(members) => {
            let mut inner = Vec::new();
            for (key, value) in members {
                inner.push(format!("{}: {}", scalar(key), flow(value, room)?));
            }
            format!("{{{}}}", inner.join(", "))
        }
        Json::Array(elements) => {
            let inner: Option<Vec<String>> = elements.iter().map(|one| flow(one, room)).collect();
            format!("[{}]", inner?.join(", "))
        }
        other => other.to_string(),
    };
    (line.chars().count() <= room).then_some(line)
}

/// A text with a colon inside, as an image has: plain, but not within brackets.
fn is_reference(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.contains(':')
        && !text.ends_with(':')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':' | '@'))
}

/// A text plain where YAML 1.1 reads it as a text, else in double quotes.
fn scalar(text: &str) -> String {
    const WORDS: &[&str] = &["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let option = text.trim_start_matches('-');
    let is_option = text.len() - option.len() <= 2 && option.starts_with(|c: char| c.is_ascii_alphabetic());
    let first = text.starts_with(['/', '_']) || is_option;
    let inner =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '+' | '=' | '$' | '(' | ')' | '@');
    let size = is_size(text);
    let plain = (first || size)
        && text.chars().all(|c| inner(c) || size && c == '%')
        && !WORDS.contains(&text.to_ascii_lowercase().as_str());
    if plain { text.to_owned() } else { Json::String(text.to_owned()).to_string() }
}

/// `250m`, `64Mi`, `70%`, `10s`: a number with a unit, which YAML takes for a text.
fn is_size(text: &str) -> bool {
    const UNITS: &[&str] = &["m", "s", "h", "Ki", "Mi", "Gi", "Ti", "K", "M", "G", "T", "%"];
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    unit.len() < text.len() && UNITS.contains(&unit)
}
