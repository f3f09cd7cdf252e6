//! Secrets that a manifest has in the open: in variables, command lines, scripts, headers and annotations.

use serde_json::{Map, Value as Json, json};

use super::values::{containers, items, text};
use crate::command_secrets::Words;
use crate::describe::looks_like_secret;
use crate::secret_texts::{holds_secret, is_plain, is_secret, is_secret_in_header, reads_as_name};

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

/// Whether a patch would repeat a secret in the arguments or checks of a container.
pub(super) fn is_in_container(merge: &Json) -> bool {
    let lists = ["args", "command", "httpHeaders", "httpGet"];
    find(merge).iter().any(|path| path.iter().any(|step| lists.contains(&step.as_str())))
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
        // what follows `-c` is a script, not the value of an option
        None if words.get(index)?.as_str()?.contains(char::is_whitespace) => None,
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
    looks_like_secret(name, value)
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
            let is_header = path.iter().rev().nth(1).is_some_and(|step| step == "httpHeaders");
            for (key, value) in members {
                path.push(key.clone());
                match value.as_str() {
                    Some(text) => {
                        let is_named = match key.as_str() {
                            "value" if is_header => is_secret_in_header(named, text),
                            "value" => is_secret(named, text),
                            _ => is_under_secret_name(key, text),
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
                        // asked first, for it remembers the word
                        let is_word = words.secret_from(text).is_some_and(|from| is_plain(&text[from..]));
                        if is_word || holds_secret(text) {
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

/// Whether a key says that it holds a secret: of an annotation, of a `ConfigMap`, of a volume's options. What is called
/// `secret` is mostly the name of one.
fn is_under_secret_name(key: &str, text: &str) -> bool {
    let name = key.rsplit('/').next().unwrap_or_default();
    is_secret(name, text) && !(name.to_ascii_lowercase().ends_with("secret") && reads_as_name(text))
}
