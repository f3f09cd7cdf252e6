//! Parameters that name a file (`format: file`). It lies beside the description or below it, and its content goes
//! unchanged into the entry's `ConfigMap`, under the key that the schema's `x-file` says.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::describe::{self, Place, Spanned};
use crate::diagnostic::Finding;
use crate::pattern::catalogue::definition::Definition;
use crate::yaml::{self, Source};

/// A `ConfigMap` holds 1 MiB in all (`MaxSecretSize`, k8s.io/kubernetes/pkg/apis/core); this leaves room for more.
const MOST: u64 = 512 * 1024;

/// The files that an entry's parameters name, by their key in the `ConfigMap`, and those that cannot be used.
pub(crate) fn read_all(definition: &Definition, given: &Spanned) -> (Map<String, Json>, Vec<Finding>) {
    let (mut files, mut findings) = (Map::new(), Vec::new());
    for (name, schema) in definition.params["properties"].as_object().into_iter().flatten() {
        let (Some(key), Some(value)) = (schema["x-file"].as_str(), given.get(name)) else { continue };
        let Some(path) = value.text() else { continue };
        match read(path, &value.place).and_then(|text| check(key, path, text, &value.place)) {
            Ok(text) => {
                files.insert(key.to_owned(), Json::String(text));
            }
            Err(finding) => findings.push(*finding),
        }
    }
    (files, findings)
}

fn read(path: &str, place: &Place) -> Result<String, Box<Finding>> {
    let wrong = |message: String| Box::new(Finding::error(place.label(""), message));
    let file = describe::find_beside(path, place)?;
    if !file.is_file() {
        return Err(wrong(format!("{path} is not a file")));
    }
    let bytes = describe::read_beside(&file, path, place, MOST)?;
    String::from_utf8(bytes).map_err(|_| wrong(format!("{path} is not UTF-8 text")))
}

/// A file that is to be YAML must at least be readable, or the program that gets it ends at its start.
fn check(key: &str, path: &str, text: String, place: &Place) -> Result<String, Box<Finding>> {
    if Path::new(key).extension().is_none_or(|extension| extension != "yaml") {
        return Ok(text);
    }
    let source = Arc::new(Source::from_text(path, text.as_str()));
    match yaml::as_kubectl(yaml::read(&source)).1 {
        Some(refusal) => Err(Box::new(crate::kube::refused(&refusal, &source).label(place.label("read from here")))),
        None => Ok(text),
    }
}
