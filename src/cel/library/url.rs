//! URLs: `library/urls.go` of the server over Go's `url.ParseRequestURI`.

use std::rc::Rc;

use super::{Budget, Called, Item, Value, error, made};
use crate::cel::opaque::{Url, unescape};
use crate::cel::value::Key;

/// Calls a function; `None` if it is not of this library, or the arguments have other types.
pub fn call(function: &str, is_member: bool, args: &[Item], budget: &mut Budget) -> Called {
    let value = match (function, args) {
        ("url" | "isURL", [Item { value: Value::String(text), .. }]) if !is_member => {
            budget.spend(text.len() / 10)?;
            match (function, Url::parse(text)) {
                ("isURL", parsed) => Value::Bool(parsed.is_some()),
                (_, Some(url)) => Value::Url(Rc::new(url)),
                (_, None) => return error("URL parse error during conversion from string"),
            }
        }
        (_, [Item { value: Value::Url(url), .. }]) => match function {
            "getScheme" => Value::text(&url.scheme),
            "getHost" => Value::text(&url.host),
            "getHostname" => Value::text(url.name_and_port().0),
            "getPort" => Value::text(url.name_and_port().1),
            "getEscapedPath" => Value::text(&url.path),
            "getQuery" => {
                budget.spend(url.query.len())?;
                query(&url.query)
            }
            _ => return Ok(None),
        },
        _ => return Ok(None),
    };
    made(value)
}

fn query(text: &str) -> Value {
    let mut found: Vec<(String, Vec<Item>)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty() && !pair.contains(';')) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let text = |part: &str| unescape(part, true).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let (Some(key), Some(value)) = (text(key), text(value)) else { continue };
        let at = *places.entry(key.clone()).or_insert_with(|| {
            found.push((key, Vec::new()));
            found.len() - 1
        });
        found[at].1.push(Value::text(&value).into());
    }
    let entry = |(key, values): (String, Vec<Item>)| (Key::String(Rc::from(key)), Value::list(values).into());
    Value::map(found.into_iter().map(entry).collect())
}
