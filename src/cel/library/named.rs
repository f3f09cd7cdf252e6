//! Named formats: `library/format.go` of the server.

use std::rc::Rc;

use super::{Budget, Called, Item, Value, made, time};
use crate::cel::opaque::Url;

const NAMES: [&str; 13] = [
    "dns1123Label",
    "dns1123Subdomain",
    "dns1035Label",
    "qualifiedName",
    "dns1123LabelPrefix",
    "dns1123SubdomainPrefix",
    "dns1035LabelPrefix",
    "labelValue",
    "uri",
    "uuid",
    "byte",
    "date",
    "datetime",
];

/// Calls a function; `None` if it is not of this library, or the arguments have other types.
pub fn call(function: &str, _: bool, args: &[Item], budget: &mut Budget) -> Called {
    let named = |name: &str| NAMES.into_iter().find(|known| *known == name);
    match (function, args) {
        ("format.named", [Item { value: Value::String(name), .. }]) => {
            let found = named(name).map(|name| Rc::new(Value::Format(name).into()));
            made(Value::Optional(found))
        }
        (_, []) => match function.strip_prefix("format.").and_then(named) {
            Some(name) => made(Value::Format(name)),
            None => Ok(None),
        },
        ("validate", [Item { value: Value::Format(name), .. }, Item { value: Value::String(text), .. }]) => {
            budget.spend(text.len())?;
            let errors: Vec<Item> = errors(name, text).into_iter().map(|error| Value::text(&error).into()).collect();
            let found = if errors.is_empty() { None } else { Some(Rc::new(Value::list(errors).into())) };
            made(Value::Optional(found))
        }
        _ => Ok(None),
    }
}

fn errors(name: &str, text: &str) -> Vec<String> {
    const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
    const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
    const LABEL_1035: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
    const VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
    const QUALIFIED: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
    // a prefix may end with a dash: what follows is not known yet
    let masked;
    let (name, text) = match name.strip_suffix("Prefix") {
        Some(name) => {
            masked = match text.strip_suffix('-') {
                Some(rest) if !rest.is_empty() => format!("{rest}a"),
                _ => text.to_owned(),
            };
            (name, masked.as_str())
        }
        None => (name, text),
    };
    let check = |most: usize, is_right: bool, message: &str| {
        let mut errors = Vec::new();
        if text.len() > most {
            errors.push(format!("must be no more than {most} characters"));
        }
        if !is_right {
            errors.push(message.to_owned());
        }
        errors
    };
    let simple = |is_right: bool, message: &str| if is_right { Vec::new() } else { vec![message.to_owned()] };
    match name {
        "dns1123Label" => check(63, is_label(text), LABEL),
        "dns1123Subdomain" => check(253, text.split('.').all(is_label), SUBDOMAIN),
        "dns1035Label" => {
            check(63, is_label(text) && text.starts_with(|letter: char| letter.is_ascii_lowercase()), LABEL_1035)
        }
        "labelValue" => check(63, text.is_empty() || is_name(text), VALUE),
        "qualifiedName" => {
            let (prefix, name) = text.split_once('/').map_or((None, text), |(prefix, name)| (Some(prefix), name));
            let is_right = !name.contains('/')
                && name.len() <= 63
                && is_name(name)
                && prefix.is_none_or(|prefix| prefix.len() <= 253 && prefix.split('.').all(is_label));
            simple(is_right, QUALIFIED)
        }
        "uri" => simple(Url::parse(text).is_some(), "invalid URI for request"),
        "uuid" => simple(is_uuid(text), "does not match the UUID format"),
        "byte" => simple(is_base64(text), "invalid base64"),
        "date" => simple(time::parse_date(text).is_some(), "invalid date"),
        "datetime" => simple(is_date_time(text), "invalid datetime"),
        _ => Vec::new(),
    }
}

fn is_label(text: &str) -> bool {
    let is_edge = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let bytes = text.as_bytes();
    is_edge(bytes.first())
        && is_edge(bytes.last())
        && bytes.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-')
}

fn is_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

/// `strfmt.UUIDPattern`: the dashes may be absent.
fn is_uuid(text: &str) -> bool {
    let mut rest = text;
    for (number, digits) in [8, 4, 4, 4, 12].into_iter().enumerate() {
        if number > 0 {
            rest = rest.strip_prefix('-').unwrap_or(rest);
        }
        let Some((part, tail)) = rest.split_at_checked(digits) else { return false };
        if !part.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return false;
        }
        rest = tail;
    }
    rest.is_empty()
}

/// `strfmt`: standard base64 with padding, not empty.
fn is_base64(text: &str) -> bool {
    let body = text.strip_suffix("==").or_else(|| text.strip_suffix('=')).unwrap_or(text);
    !text.is_empty()
        && text.len().is_multiple_of(4)
        && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
}

/// `strfmt.IsDateTime`
fn is_date_time(text: &str) -> bool {
    let upper = text.to_ascii_uppercase();
    time::parse_timestamp(&upper).is_some()
}
