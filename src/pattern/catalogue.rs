//! The patterns there are, embedded in the program.

use std::collections::BTreeMap;

use include_dir::{Dir, include_dir};

use super::definition::Definition;
use super::images::{Image, parse_images};
use crate::describe::Spanned;
use crate::yaml::{self, Source};

static PATTERNS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/patterns");
static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// All patterns, by name; nothing is parsed before it is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Catalogue;

/// One pattern's folder.
#[derive(Clone, Copy, Debug)]
pub struct Folder {
    dir: &'static Dir<'static>,
}

impl Catalogue {
    /// The folder of a pattern.
    #[must_use]
    pub fn folder(self, name: &str) -> Option<Folder> {
        self.folders().find(|folder| folder.name() == name)
    }

    /// All folders, by family and name.
    pub fn folders(self) -> impl Iterator<Item = Folder> {
        let mut folders: Vec<_> = PATTERNS.dirs().flat_map(Dir::dirs).map(|dir| Folder { dir }).collect();
        folders.sort_by_key(|folder| folder.dir.path().to_owned());
        folders.into_iter()
    }

    /// The images of all roles.
    #[must_use]
    pub fn images(self) -> BTreeMap<String, Image> {
        PATTERNS
            .get_file("images.yaml")
            .and_then(include_dir::File::contents_utf8)
            .map(parse_images)
            .unwrap_or_default()
    }

    /// A skeleton that patterns share.
    #[must_use]
    pub fn template(self, name: &str) -> Option<&'static str> {
        TEMPLATES.get_file(name)?.contents_utf8()
    }
}

impl Folder {
    /// The pattern's name: that of its folder.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.dir.path().file_name().and_then(|name| name.to_str()).unwrap_or_default()
    }

    /// The text of a file of the folder.
    #[must_use]
    pub fn file(self, name: &str) -> Option<&'static str> {
        self.dir.get_file(self.dir.path().join(name))?.contents_utf8()
    }

    /// The definition.
    ///
    /// # Errors
    /// What is wrong with the folder's `pattern.yaml`.
    pub fn definition(self) -> Result<Definition, String> {
        let text = self.file("pattern.yaml").ok_or_else(|| format!("{} has no pattern.yaml", self.name()))?;
        let source = std::sync::Arc::new(Source::from_text("pattern.yaml", text));
        let (documents, refusal) = yaml::as_kubectl(yaml::read(&source));
        if let Some(refusal) = refusal {
            return Err(refusal.message);
        }
        let document = documents.first().ok_or("pattern.yaml is empty")?;
        let json = Spanned::from_node(document, document.root()).to_json();
        serde_json::from_value(json).map_err(|error| format!("{}/pattern.yaml: {error}", self.name()))
    }

    /// Its templates of whole objects, in order of name: every `*.yaml.j2` but the Pod's part.
    pub fn object_templates(self) -> impl Iterator<Item = String> {
        let mut names: Vec<String> = self
            .dir
            .files()
            .filter_map(|file| file.path().file_name()?.to_str().map(str::to_owned))
            .filter(|name| name.ends_with(".yaml.j2") && name != POD_TEMPLATE)
            .collect();
        names.sort();
        names.into_iter()
    }

    /// All files with their texts, for `explain --source`.
    pub fn files(self) -> impl Iterator<Item = (String, &'static str)> {
        let mut files = Vec::new();
        collect(self.dir, &mut files);
        files.sort();
        files.into_iter()
    }
}

/// The template of what a pattern adds to the Pod.
pub(super) const POD_TEMPLATE: &str = "pod.yaml.j2";

fn collect(dir: &'static Dir<'static>, files: &mut Vec<(String, &'static str)>) {
    for file in dir.files() {
        if let Some(text) = file.contents_utf8() {
            files.push((file.path().display().to_string(), text));
        }
    }
    for dir in dir.dirs() {
        collect(dir, files);
    }
}
