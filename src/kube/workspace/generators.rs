//! `ConfigMap`s and Secrets that kustomize makes: known by their names, without the hash that it adds and puts into
//! all references too. Of Secrets only the keys are read.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::file::File;
use crate::files;
use crate::limits;
use crate::yaml::{Document, NodeId, Source, emit};

/// An entry of `configMapGenerator` or `secretGenerator`.
#[derive(Debug)]
pub(super) struct Generator {
    kind: &'static str,
    name: String,
    namespace: Option<String>,
    /// Whether it adds to what another kustomization generates.
    extends: bool,
    values: Vec<Value>,
}

#[derive(Debug)]
enum Value {
    Literal(String, String),
    File(String, PathBuf),
    /// A file of `KEY=value` lines.
    Variables(PathBuf),
}

/// The generators of a kustomization.
pub(super) fn read(document: &Document, folder: &Path) -> Vec<Generator> {
    let mut found = Vec::new();
    for (field, kind) in [("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")] {
        let list = document.get(document.root(), field).map_or(&[][..], |list| document.items(list));
        found.extend(list.iter().filter_map(|item| generator(document, *item, kind, folder)));
    }
    found
}

fn generator(document: &Document, item: NodeId, kind: &'static str, folder: &Path) -> Option<Generator> {
    let texts = |field: &str| {
        let list = document.get(item, field).map_or(&[][..], |list| document.items(list));
        list.iter().filter_map(|text| document.str(*text)).collect::<Vec<_>>()
    };
    let mut values = Vec::new();
    for literal in texts("literals") {
        if let Some((key, value)) = literal.split_once('=') {
            let value = value.trim_matches(['"', '\'']);
            values.push(Value::Literal(key.to_owned(), value.to_owned()));
        }
    }
    for file in texts("files") {
        let (key, path) = file.split_once('=').unwrap_or((file.rsplit('/').next().unwrap_or(file), file));
        values.push(Value::File(key.to_owned(), folder.join(path)));
    }
    let env = document.get_str(item, "env").into_iter();
    values.extend(texts("envs").into_iter().chain(env).map(|path| Value::Variables(folder.join(path))));
    Some(Generator {
        kind,
        name: document.get_str(item, "name")?.to_owned(),
        namespace: document.get_str(item, "namespace").map(str::to_owned),
        extends: matches!(document.get_str(item, "behavior"), Some("merge" | "replace")),
        values,
    })
}

impl Generator {
    /// The files that it packs: data, whatever they hold.
    pub(super) fn packed(&self) -> impl Iterator<Item = &Path> {
        self.values.iter().filter_map(|value| match value {
            Value::File(_, path) | Value::Variables(path) => Some(path.as_path()),
            Value::Literal(..) => None,
        })
    }
}

/// Adds a file for each kustomization that generates something. Nothing is reported in it. Kinds and names of what
/// others add to.
pub(super) fn add<'run>(
    files: &mut Vec<File>,
    kustomizations: impl Iterator<Item = (&'run Path, &'run str, &'run [Generator])>,
) -> HashSet<(&'run str, &'run str)> {
    files.retain(|file| !file.is_generated);
    let kustomizations: Vec<_> = kustomizations.filter(|(_, _, generators)| !generators.is_empty()).collect();
    let extended = kustomizations
        .iter()
        .flat_map(|(_, _, generators)| generators.iter())
        .filter(|one| one.extends)
        .map(|one| (one.kind, one.name.as_str()))
        .collect();
    for (path, shown, generators) in kustomizations {
        let folder = path.parent().unwrap_or(path);
        let objects: Vec<Json> = generators.iter().map(|one| object(one, folder)).collect();
        let Ok(text) = emit::to_stream(&objects) else { continue };
        let source = Arc::new(Source::from_text(format!("{shown} (generated)"), text));
        let mut file = File::read(&source);
        file.path = Some(path.to_owned());
        file.reported = false;
        file.is_generated = true;
        files.push(file);
    }
    extended
}

fn object(generator: &Generator, folder: &Path) -> Json {
    let mut data = Map::new();
    for value in &generator.values {
        match value {
            Value::Literal(key, value) => drop(data.insert(key.clone(), json!(value))),
            Value::File(key, path) => drop(data.insert(key.clone(), json!(text(path, folder).unwrap_or_default()))),
            Value::Variables(path) => {
                let text = text(path, folder).unwrap_or_default();
                let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
                for (key, value) in lines.filter_map(|line| line.split_once('=')) {
                    data.insert(key.to_owned(), json!(value));
                }
            }
        }
    }
    let mut metadata = Map::from_iter([("name".to_owned(), json!(generator.name))]);
    metadata.extend(generator.namespace.iter().map(|namespace| ("namespace".to_owned(), json!(namespace))));
    let field = if generator.kind == "Secret" {
        data.values_mut().for_each(|value| *value = json!(""));
        "stringData"
    } else {
        "data"
    };
    json!({"apiVersion": "v1", "kind": generator.kind, "metadata": metadata, field: data})
}

/// A file's text; nothing for what kustomize would not take: files outside of the kustomization's folder
/// (`LoadRestrictionsRootOnly`), large ones, and what is not text or no file.
fn text(path: &Path, folder: &Path) -> Option<String> {
    let path = fs::canonicalize(path).ok().filter(|path| path.starts_with(folder))?;
    String::from_utf8(files::read_regular(&path, limits::BESIDE).ok()?).ok()
}
