//! Texts: `cel-go/common/types/string.go`, `cel-go/ext/strings.go` and `library/regex.go` of the server.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use regex_lite::Regex;

use super::{Budget, Called, Fail, Item, Value, count, error, format, made};
use crate::go::regex;

thread_local! {
    /// Compiled patterns, so that a loop compiles its pattern once.
    static PATTERNS: RefCell<HashMap<String, Option<Rc<Regex>>>> = RefCell::default();
}

/// How many patterns are remembered at most.
const PATTERNS_KEPT: usize = 100;
/// About as many states has a pattern of this size.
const STATES: usize = 20_000;

/// Calls a function; `None` if it is not of this library, or the arguments have other types.
pub fn call(function: &str, _: bool, args: &[Item], budget: &mut Budget) -> Called {
    if let ("join", [Item { value: Value::List(list), .. }, rest @ ..]) = (function, args) {
        return join(&list.items, rest, budget);
    }
    let [Item { value: Value::String(text), .. }, rest @ ..] = args else { return Ok(None) };
    let text: &str = text;
    budget.spend(text.len() / 10)?;
    let second = match rest.first().map(|item| &item.value) {
        Some(Value::String(other)) => Some(&**other),
        _ => None,
    };
    let int = |at: usize| match rest.get(at).map(|item| &item.value) {
        Some(Value::Int(value)) => Some(*value),
        _ => None,
    };
    let value = match (function, rest.len(), second) {
        ("contains", 1, Some(other)) => Value::Bool(text.contains(other)),
        ("startsWith", 1, Some(other)) => Value::Bool(text.starts_with(other)),
        ("endsWith", 1, Some(other)) => Value::Bool(text.ends_with(other)),
        ("matches", 1, Some(pattern)) => {
            budget.spend((text.len() / 10 + 1).saturating_mul(weight(pattern) / 8 + 1))?;
            Value::Bool(regex(pattern, budget)?.is_match(text))
        }
        ("find", 1, Some(pattern)) => {
            budget.spend((text.len() / 10 + 1).saturating_mul(weight(pattern) / 8 + 1))?;
            Value::text(regex(pattern, budget)?.find(text).map_or("", |found| found.as_str()))
        }
        ("findAll", 1 | 2, Some(pattern)) => find_all(text, pattern, int(1), budget)?,
        ("charAt", 1, None) => {
            let Some(at) = int(0) else { return Ok(None) };
            char_at(text, at)?
        }
        ("indexOf", 1 | 2, Some(other)) => Value::Int(index_of(text, other, int(1).unwrap_or(0), budget)?),
        ("lastIndexOf", 1 | 2, Some(other)) => Value::Int(last_index_of(text, other, int(1), budget)?),
        ("lowerAscii", 0, _) => Value::text(&text.to_ascii_lowercase()),
        ("upperAscii", 0, _) => Value::text(&text.to_ascii_uppercase()),
        ("trim", 0, _) => Value::text(text.trim_matches(is_space)),
        ("replace", 2 | 3, Some(old)) => {
            let Some(Value::String(new)) = rest.get(1).map(|item| &item.value) else { return Ok(None) };
            replace(text, old, new, int(2), budget)?
        }
        ("split", 1 | 2, Some(separator)) => split(text, separator, int(1), budget)?,
        ("substring", 1 | 2, None) => {
            let Some(start) = int(0) else { return Ok(None) };
            substring(text, start, int(1))?
        }
        ("format", 1, None) => {
            let Some(Value::List(list)) = rest.first().map(|item| &item.value) else { return Ok(None) };
            return made(Value::text(&format::format(text, &list.items, budget)?));
        }
        ("strings.quote", 0, _) => Value::text(&quote(text)),
        _ => return Ok(None),
    };
    made(value)
}

fn join(items: &[Item], rest: &[Item], budget: &mut Budget) -> Called {
    let separator = match rest {
        [] => "",
        [Item { value: Value::String(text), .. }] => text,
        _ => return Ok(None),
    };
    let mut out = String::new();
    for (number, item) in items.iter().enumerate() {
        let Value::String(text) = &item.value else { return error("join: invalid input") };
        budget.spend(1 + (text.len() + separator.len()) / 10)?;
        if number > 0 {
            out.push_str(separator);
        }
        out.push_str(text);
    }
    made(Value::text(&out))
}

/// How many times at most: as often as there is something where no number or a negative one is given.
fn limit(most: Option<i64>) -> usize {
    most.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX))
}

fn find_all(text: &str, pattern: &str, most: Option<i64>, budget: &mut Budget) -> Result<Value, Fail> {
    budget.spend((text.len() / 10 + 1).saturating_mul(weight(pattern) / 8 + 1))?;
    let regex = regex(pattern, budget)?;
    let mut found = Vec::new();
    for hit in regex.find_iter(text).take(limit(most)) {
        budget.spend(2)?;
        found.push(Value::text(hit.as_str()).into());
    }
    Ok(Value::list(found))
}

fn char_at(text: &str, at: i64) -> Result<Value, Fail> {
    let length = text.chars().count();
    match usize::try_from(at) {
        Ok(number) if number <= length => {
            Ok(Value::text(&text.chars().nth(number).map(String::from).unwrap_or_default()))
        }
        _ => error(format!("index out of range: {at}")),
    }
}

fn replace(text: &str, old: &str, new: &str, most: Option<i64>, budget: &mut Budget) -> Result<Value, Fail> {
    let most = limit(most);
    let hits = if old.is_empty() { text.chars().count() + 1 } else { text.matches(old).count() };
    budget.spend((text.len() + hits.min(most).saturating_mul(new.len())) / 10)?;
    Ok(Value::text(&if most == usize::MAX { text.replace(old, new) } else { text.replacen(old, new, most) }))
}

fn split(text: &str, separator: &str, most: Option<i64>, budget: &mut Budget) -> Result<Value, Fail> {
    if most == Some(0) {
        return Ok(Value::list(Vec::new()));
    }
    let split: Box<dyn Iterator<Item = &str>> = if separator.is_empty() {
        Box::new(split_letters(text, limit(most)).into_iter())
    } else {
        Box::new(text.splitn(limit(most), separator))
    };
    let mut parts: Vec<Item> = Vec::new();
    for part in split {
        budget.spend(2)?;
        parts.push(Value::text(part).into());
    }
    Ok(Value::list(parts))
}

/// A pattern. The syntax is that of Go's but for classes of Unicode; a pattern that cannot be read is left to the
/// server.
fn regex(pattern: &str, budget: &mut Budget) -> Result<Rc<Regex>, Fail> {
    let known = PATTERNS.with_borrow(|patterns| patterns.get(pattern).cloned());
    let regex = match known {
        Some(regex) => regex,
        None => {
            budget.spend(pattern.len())?;
            let compiled = regex::compile(pattern).map(Rc::new);
            PATTERNS.with_borrow_mut(|patterns| {
                if patterns.len() >= PATTERNS_KEPT {
                    patterns.clear();
                }
                patterns.insert(pattern.to_owned(), compiled.clone());
            });
            compiled
        }
    };
    regex.ok_or_else(|| Fail::Unknown("this regular expression is not read here".to_owned()))
}

/// How long a pattern is with its repetitions written out.
fn weight(pattern: &str) -> usize {
    let counts = pattern.split('{').skip(1).map(|rest| {
        let digits = rest.split('}').next().unwrap_or_default().rsplit(',').next().unwrap_or_default();
        digits.parse::<usize>().unwrap_or(1).max(1)
    });
    counts.fold(pattern.len(), |weight, count| weight.saturating_mul(count).min(STATES))
}

/// `unicode.IsSpace`, which `strings.TrimSpace` goes by.
fn is_space(letter: char) -> bool {
    letter.is_whitespace()
}

fn index_of(text: &str, other: &str, offset: i64, budget: &mut Budget) -> Result<i64, Fail> {
    if other.is_empty() {
        return Ok(offset);
    }
    let Ok(skip) = usize::try_from(offset) else { return error(format!("index out of range: {offset}")) };
    budget.spend(text.len() / 10)?;
    let Some((start, _)) = text.char_indices().nth(skip) else { return Ok(-1) };
    Ok(text[start..].find(other).map_or(-1, |at| count(skip + text[start..start + at].chars().count())))
}

fn last_index_of(text: &str, other: &str, offset: Option<i64>, budget: &mut Budget) -> Result<i64, Fail> {
    budget.spend(text.len() / 10)?;
    let length = text.chars().count();
    if other.is_empty() {
        return Ok(offset.unwrap_or(count(length)));
    }
    let offset = match offset {
        Some(offset) => match usize::try_from(offset) {
            Ok(offset) if offset >= length => return Ok(-1),
            Ok(offset) => offset,
            Err(_) => return error(format!("index out of range: {offset}")),
        },
        None => length,
    };
    // a match may begin at the offset and reach beyond it
    let end =
        text.char_indices().nth(offset).map_or(text.len(), |(at, _)| at.saturating_add(other.len()).min(text.len()));
    let end = (end..=text.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(text.len());
    Ok(text[..end].rfind(other).map_or(-1, |at| count(text[..at].chars().count())))
}

fn split_letters(text: &str, most: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if parts.len() + 1 == most {
            break;
        }
        let (head, tail) = rest.split_at(letter.len_utf8());
        parts.push(head);
        rest = tail;
    }
    if !rest.is_empty() {
        parts.push(rest);
    }
    parts
}

fn substring(text: &str, start: i64, end: Option<i64>) -> Result<Value, Fail> {
    let length = count(text.chars().count());
    if let Some(end) = end
        && start > end
    {
        return error(format!("invalid substring range. start: {start}, end: {end}"));
    }
    for index in [Some(start), end].into_iter().flatten() {
        if index < 0 || index > length {
            return error(format!("index out of range: {index}"));
        }
    }
    let byte = |index: i64| {
        let index = usize::try_from(index).unwrap_or(0);
        text.char_indices().nth(index).map_or(text.len(), |(at, _)| at)
    };
    Ok(Value::text(&text[byte(start)..end.map_or(text.len(), byte)]))
}

/// A text between quotes, as `strings.quote` writes it.
fn quote(text: &str) -> String {
    let mut out = String::from('"');
    for letter in text.chars() {
        match letter {
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
