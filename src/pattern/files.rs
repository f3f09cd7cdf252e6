//! Parameters that name a file (`format: file`). It lies beside the description or below it, and its content goes
//! unchanged into the entry's `ConfigMap`, under the key that the schema's `x-file` says.

use std::fs::File;
use std::io::Read as _;
use std::path::{Component, Path};
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::definition::Definition;
use crate::describe::{Place, Spanned};
use crate::diagnostic::Finding;
use crate::yaml::{self, Source};

/// A `ConfigMap` holds 1 MiB in all (`MaxSecretSize`, k8s.io/kubernetes/pkg/apis/core); this leaves room for more.
const MOST: u64 = 512 * 1024;

/// The files that an entry's parameters name, by their key in the `ConfigMap`.
pub(super) fn read_all(definition: &Definition, given: &Spanned, findings: &mut Vec<Finding>) -> Map<String, Json> {
    let mut files = Map::new();
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
    files
}

fn read(path: &str, place: &Place) -> Result<String, Box<Finding>> {
    let wrong = |message: String| Box::new(Finding::error(place.label(""), message));
    if place.source.name == "<stdin>" {
        return Err(Box::new(
            Finding::error(place.label(""), "a description from standard input names no files")
                .because("a file lies beside the description or below it"),
        ));
    }
    let below = !path.is_empty()
        && Path::new(path).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !below || path.contains(char::is_control) {
        return Err(Box::new(
            Finding::error(place.label(""), "a file lies beside the description or below it")
                .help("write its path from the description's folder, without `..`"),
        ));
    }
    let unreadable = |error: std::io::Error| wrong(format!("cannot read {path}: {error}"));
    let beside = Path::new(&place.source.name).parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = beside.unwrap_or(Path::new(".")).canonicalize().map_err(unreadable)?;
    let file = folder.join(path).canonicalize().map_err(unreadable)?;
    if !file.starts_with(&folder) {
        return Err(Box::new(
            Finding::error(place.label(""), format!("{path} leads out of the description's folder"))
                .because("a link must not bring into a manifest what lies elsewhere"),
        ));
    }
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(wrong(format!("{path} is no file")));
    }
    let mut bytes = Vec::new();
    File::open(&file).and_then(|file| file.take(MOST + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    if bytes.len() as u64 > MOST {
        return Err(Box::new(
            Finding::error(place.label(""), format!("{path} is larger than 512 KiB"))
                .because("it becomes part of a ConfigMap, which holds 1 MiB in all"),
        ));
    }
    String::from_utf8(bytes).map_err(|_| wrong(format!("{path} is not UTF-8 text")))
}

/// A file that is to be YAML must at least be readable, or the program that gets it ends at its start.
fn check(key: &str, path: &str, text: String, place: &Place) -> Result<String, Box<Finding>> {
    if Path::new(key).extension().is_none_or(|extension| extension != "yaml") {
        return Ok(text);
    }
    let source = Arc::new(Source::from_text(path, text.as_str()));
    match yaml::as_kubectl(yaml::read(&source)).1 {
        Some(refusal) => Err(Box::new(refusal.into_finding(&source).label(place.label("read because of this")))),
        None => Ok(text),
    }
}
