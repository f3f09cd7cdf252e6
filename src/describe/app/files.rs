//! `files`: files and folders beside the description that become a `ConfigMap`.

use std::collections::HashMap;
use std::path::Path;

use base64::Engine as _;
use serde_json::{Map, Value as Json, json};

use super::super::beside;
use super::super::formats::is_config_key;
use super::super::spanned::{Place, Spanned};
use super::text::AppReader;
use crate::diagnostic::Finding;
use crate::files;

/// A `ConfigMap` holds 1 MiB in all (`MaxSecretSize`, k8s.io/kubernetes/pkg/apis/core).
const MOST: usize = 1024 * 1024;

/// The content of the files, by the keys of one `ConfigMap`, and where they are mounted.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// Texts.
    pub data: Map<String, Json>,
    /// What is not text, as base64.
    pub binary: Map<String, Json>,
    /// Single files: path in the container and key.
    pub single: Vec<(String, String)>,
    /// Folders: path in the container, and key and file name of each file.
    pub folders: Vec<(String, Vec<(String, String)>)>,
    /// The bytes of all keys and contents.
    size: usize,
    /// The number to try for the next file of a name that is taken.
    numbers: HashMap<String, usize>,
}

impl Files {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.data.is_empty() && self.binary.is_empty()
    }

    /// Adds a file under its own key, which is its name if that is free.
    fn add(&mut self, name: &str, bytes: Vec<u8>) -> String {
        let is_taken = |key: &str| self.data.contains_key(key) || self.binary.contains_key(key);
        let mut key = name.to_owned();
        if is_taken(&key) {
            let mut number = self.numbers.get(name).copied().unwrap_or(2);
            while is_taken(&key) {
                key = format!("{number}-{name}");
                number += 1;
            }
            self.numbers.insert(name.to_owned(), number);
        }
        self.size += key.len();
        match String::from_utf8(bytes) {
            Ok(text) => {
                self.size += text.len();
                self.data.insert(key.clone(), json!(text))
            }
            Err(error) => {
                let text = base64::engine::general_purpose::STANDARD.encode(error.as_bytes());
                self.size += text.len();
                self.binary.insert(key.clone(), json!(text))
            }
        };
        key
    }
}

/// Reads `files`.
pub(super) fn read(reader: &mut AppReader, value: Option<&Spanned>) -> Files {
    let mut files = Files::default();
    for member in value.map(Spanned::members).unwrap_or_default() {
        let Some(path) = member.value.text() else { continue };
        let place = &member.value.place;
        let mount = member.key.trim_end_matches('/').to_owned();
        match content(path, place) {
            Ok(Content::File(bytes)) => {
                let name = Path::new(path).file_name().map(|name| name.to_string_lossy().into_owned());
                match usable(name.unwrap_or_default(), path, place) {
                    Ok(name) => {
                        let key = files.add(&name, bytes);
                        files.single.push((mount, key));
                    }
                    Err(finding) => {
                        reader.findings.push(*finding);
                        continue;
                    }
                }
            }
            Ok(Content::Folder(entries)) => {
                let mut keys = Vec::new();
                for (name, bytes) in entries {
                    match usable(name, path, place) {
                        Ok(name) => keys.push((files.add(&name, bytes), name)),
                        Err(finding) => reader.findings.push(*finding),
                    }
                }
                files.folders.push((mount, keys));
            }
            Err(finding) => reader.findings.push(*finding),
        }
        if files.size > MOST {
            reader.findings.push(
                Finding::error(place.label(""), "the files of this container are larger than 1 MiB together")
                    .because("they become one ConfigMap, and the API server accepts no larger one")
                    .help("put them into the image, or into a volume"),
            );
            return files;
        }
    }
    files
}

/// A name that can be a key of a `ConfigMap`.
fn usable(name: String, path: &str, place: &Place) -> Result<String, Box<Finding>> {
    if is_config_key(&name) {
        return Ok(name);
    }
    Err(Box::new(
        Finding::error(place.label(""), format!("{path}: `{name}` cannot be a key of a ConfigMap"))
            .because("keys are letters, digits, `-`, `_` and `.`")
            .help("rename the file"),
    ))
}

enum Content {
    File(Vec<u8>),
    Folder(Vec<(String, Vec<u8>)>),
}

fn content(path: &str, place: &Place) -> Result<Content, Box<Finding>> {
    let found = beside::find(path, place)?;
    let wrong = |message: String| Box::new(Finding::error(place.label(""), message));
    if found.is_file() {
        let bytes = beside::read(&found, path, place, MOST as u64)?;
        if bytes.is_empty() {
            return Err(wrong(format!("{path} is empty")));
        }
        return Ok(Content::File(bytes));
    }
    let unreadable = |error: std::io::Error| wrong(format!("cannot read {path}: {}", files::why(&found, &error)));
    let mut entries = Vec::new();
    for inner in files::sorted(&found).map_err(unreadable)? {
        let name = files::name(&inner);
        let inner = format!("{}/{name}", path.trim_end_matches('/'));
        let file = beside::find(&inner, place)?;
        if file.is_dir() {
            return Err(Box::new(
                Finding::error(place.label(""), format!("{inner} is a folder, and a ConfigMap cannot contain folders"))
                    .help("give it its own entry"),
            ));
        }
        entries.push((name, beside::read(&file, &inner, place, MOST as u64)?));
        if entries.len() > 10_000 {
            return Err(wrong(format!("{path} has too many files")));
        }
    }
    if entries.is_empty() {
        return Err(wrong(format!("{path} is an empty folder")));
    }
    entries.sort_unstable();
    Ok(Content::Folder(entries))
}
