//! Secrets that a manifest has in the open: in variables, command lines, scripts, headers and annotations.

use serde_json::{Map, Value as Json, json};

use super::values::{containers, items, text};
use crate::command_secrets::Words;
use crate::describe::{is_secret_word, looks_like_secret};
use crate::words::{is_secret_header, is_secret_name};

/// What stands for a secret where objects are shown.
const HIDDEN: &str = "(a secret)";

/// The ways to the values that look like secrets, as steps of a JSON pointer.
pub(super) fn find(object: &Json) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    if object["kind"] != "Secret" {
        walk(object, &mut Vec::new(), &mut found);
    }
    found
}

/// Replaces what looks like a secret, and the copy of all of it that `kubectl apply` keeps.
pub fn hide(object: &mut Json) {
    if let Some(copy) = object.pointer_mut("/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration") {
        *copy = Json::String(HIDDEN.to_owned());
    }
    for path in find(object) {
        let value = path.iter().try_fold(&mut *object, |value, step| match value {
            Json::Array(elements) => elements.get_mut(step.parse::<usize>().ok()?),
            other => other.get_mut(step.as_str()),
        });
        if let Some(value) = value {
            *value = Json::String(HIDDEN.to_owned());
        }
    }
}

/// The variable that a path leads to the value of.
pub(super) fn variable<'a>(object: &'a Json, path: &[String]) -> Option<&'a str> {
    let [way @ .., list, index, field] = path else { return None };
    (list == "env" && field == "value").then_some(())?;
    let pointer = way.iter().chain([list, index]).fold(String::new(), |pointer, step| pointer + "/" + step);
    object.pointer(&pointer)?["name"].as_str()
}

/// The option that a word of a command line belongs to: `--password` of `--password=…`, and of `--password …`.
pub(super) fn option<'a>(object: &'a Json, path: &[String]) -> Option<&'a str> {
    let [way @ .., list, index] = path else { return None };
    ["args", "command"].contains(&list.as_str()).then_some(())?;
    let pointer = way.iter().chain([list]).fold(String::new(), |pointer, step| pointer + "/" + step);
    let words = object.pointer(&pointer)?.as_array()?;
    let index: usize = index.parse().ok()?;
    let word = |at: usize| words.get(at).and_then(Json::as_str).filter(|word| word.starts_with('-'));
    match word(index) {
        Some(own) => own.split_once('=').map(|(option, _)| option),
        None => word(index.checked_sub(1)?).filter(|option| !option.contains('=')),
    }
}

/// Makes variables that hold a secret references to a key of the Secret `secret`.
pub(super) fn name(keys: &mut Map<String, Json>, container: &Json, spec: &Json, secret: &str) {
    let Some(env) = keys.get_mut("env").and_then(Json::as_object_mut) else { return };
    for variable in items(&container["env"]).iter().filter(|variable| variable["valueFrom"].is_null()) {
        let (Some(name), Some(value)) = (variable["name"].as_str(), variable["value"].as_str()) else { continue };
        if is_open_secret(name, value) {
            let key = secret_key(spec, container, name, value);
            env.insert(name.to_owned(), json!(format!("secret/{secret}/{key}")));
        }
    }
}

/// Whether a variable's value is a secret that is written in the open.
pub(super) fn is_open_secret(name: &str, value: &str) -> bool {
    looks_like_secret(name, value) || holds_secret(value)
}

/// The key for a secret that is written in the open: the variable's name, unless it has several values in the Pod.
pub(super) fn secret_key(spec: &Json, container: &Json, name: &str, value: &str) -> String {
    let differs = |other: &Json| {
        let variables = items(&other["env"]).iter().filter(|variable| variable["name"] == name);
        variables.into_iter().any(|variable| variable["value"].as_str().is_some_and(|other| other != value))
    };
    let several = containers(spec).any(differs);
    if several { format!("{}.{name}", text(&container["name"])) } else { name.to_owned() }
}

fn walk(value: &Json, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    match value {
        Json::Object(members) => {
            // a variable or a header
            let named = members.get("name").and_then(Json::as_str).unwrap_or_default();
            // keys that name what they hold: of annotations, and of a ConfigMap
            let annotates = path.last().is_some_and(|step| step == "annotations") || *path == ["data"];
            for (key, value) in members {
                path.push(key.clone());
                match value.as_str() {
                    Some(text) => {
                        let name = if key == "value" { named } else { key.rsplit('/').next().unwrap_or_default() };
                        // a variable's becomes a reference by the same measure
                        let is_variable = key == "value" && path.iter().rev().nth(2).is_some_and(|step| step == "env");
                        let is_named = if is_variable {
                            is_open_secret(name, text)
                        } else {
                            (key == "value" || annotates) && is_secret(name, text)
                        };
                        if is_named || holds_secret(text) {
                            found.push(path.clone());
                        }
                    }
                    None => walk(value, path, found),
                }
                path.pop();
            }
        }
        Json::Array(elements) => {
            let mut words = Words::default();
            for (index, element) in elements.iter().enumerate() {
                path.push(index.to_string());
                match element.as_str() {
                    Some(text) => {
                        if holds_secret(text) || is_secret_word(&mut words, text) {
                            found.push(path.clone());
                        }
                    }
                    None => walk(element, path, found),
                }
                path.pop();
            }
        }
        _ => {}
    }
}

fn is_secret(name: &str, value: &str) -> bool {
    let is_header = is_secret_header(name) && !is_secret_name(name);
    (is_header || looks_like_secret(name, value)) && is_literal(value)
}

/// Whether nothing replaces the text before a program sees it.
fn is_literal(value: &str) -> bool {
    !value.is_empty() && !value.starts_with(['$', '`', '<', '/'])
}

/// Whether a text has a secret in it: by its form, or as a word `NAME=value`.
fn holds_secret(text: &str) -> bool {
    const TOKENS: &[&str] = &["ghp_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "sk_live_", "AKIA", "Bearer", "Basic"];
    let runs_mysql = text.contains("mysql") || text.contains("mariadb");
    let trim = |word: &str| word.trim_matches(|letter| matches!(letter, '"' | '\'' | ';' | ',' | ')' | '(')).to_owned();
    let mut before = String::new();
    // words, parameters of a URL, parts of a connection string, members of an object
    let is_between = |letter: char| letter.is_whitespace() || matches!(letter, '?' | '&' | ';' | ',' | '{' | '}');
    for word in text.split(is_between).filter(|word| !word.is_empty()) {
        let word = trim(word);
        let is_scheme = matches!(before.as_str(), "Bearer" | "Basic") && word.len() >= 8 && is_literal(&word);
        let is_token = TOKENS.iter().any(|token| word.len() >= 16 && word.starts_with(token));
        let is_assigned = |name: &str, value: &str| {
            let (name, value) = (trim(name), trim(value));
            let name = name.trim_start_matches('-');
            is_secret_name(name) && looks_like_secret(name, &value) && is_literal(&value)
        };
        // `password=x`, `"password":"x"`, `password: x`, `--password x`
        let assigned = word.split_once(['=', ':']).is_some_and(|(name, value)| is_assigned(name, value))
            || before.strip_suffix(':').or(before.strip_prefix("--")).is_some_and(|name| is_assigned(name, &word));
        let of_mysql = runs_mysql && word.strip_prefix("-p").is_some_and(|rest| is_literal(rest) && rest.len() > 1);
        if is_scheme || is_token || assigned || of_mysql {
            return true;
        }
        before = word;
    }
    let mut words = Words::default();
    let mut in_script = text.split_whitespace().map(|word| word.trim_matches(['"', '\'', ';', ',', ')', '(']));
    looks_like_secret("", text) || in_script.any(|word| is_secret_word(&mut words, word))
}
