//! What objects are built like, whatever their texts say.

use serde::Deserialize as _;
use serde_json::{Value, json};

/// Objects without their texts; configuration files by how they are divided.
pub type Skeleton = Vec<Value>;

pub fn skeleton(objects: &[Value]) -> Skeleton {
    objects.iter().map(|object| bones(object, "")).collect()
}

fn bones(value: &Value, key: &str) -> Value {
    match value {
        Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), bones(value, key))).collect(),
        Value::Array(items) => items.iter().map(|item| bones(item, "")).collect(),
        Value::String(text) => file(key, text),
        other => other.clone(),
    }
}

/// A configuration file by its name: YAML as a tree; others by lines, words and the signs that divide them.
fn file(name: &str, text: &str) -> Value {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("yaml") => nested(text).iter().map(|document| bones(document, "")).collect(),
        Some("conf" | "cfg" | "lua") => {
            let lines = text.lines().map(|line| {
                let signs: String = line.chars().filter(|c| "{};\"'#()[]".contains(*c)).collect();
                json!([line.split_whitespace().count(), signs])
            });
            lines.collect()
        }
        _ => json!(""),
    }
}

fn nested(text: &str) -> Vec<Value> {
    serde_yaml::Deserializer::from_str(text).filter_map(|document| Value::deserialize(document).ok()).collect()
}

/// Whether a text is somewhere in the objects, as it is or as the kubelet will read it (`$$` is `$`), in a YAML
/// file of a `ConfigMap` too.
pub fn holds(objects: &[Value], text: &str) -> bool {
    let kubelet = text.replace('$', "$$");
    objects.iter().any(|object| within(object, "", &[text, &kubelet]))
}

fn within(value: &Value, key: &str, texts: &[&str]) -> bool {
    match value {
        Value::Object(members) => {
            members.iter().any(|(key, value)| texts.contains(&key.as_str()) || within(value, key, texts))
        }
        Value::Array(items) => items.iter().any(|item| within(item, "", texts)),
        Value::String(there) => {
            let there = matched(there);
            let there = there.as_str();
            texts.iter().any(|text| there.contains(text))
                || key.rsplit_once('.').is_some_and(|(_, extension)| extension == "yaml")
                    && nested(there).iter().any(|document| within(document, "", texts))
        }
        _ => false,
    }
}

/// What a regular expression in an argument matches; any other text as it is.
fn matched(text: &str) -> String {
    let Some(expression) = text.strip_prefix("--skip-auth-route=") else { return text.to_owned() };
    let plain = expression.replace(r"\x3D", "=").replace(r"\x2C", ",").replace(r"\x22", "\"");
    let mut matched = String::new();
    let mut characters = plain.chars();
    while let Some(character) = characters.next() {
        matched.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    matched
}
