//! The patterns there are: those embedded in the program, and folders of the user's own.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use include_dir::{Dir, include_dir};

use super::definition::Definition;
use super::images::{Image, parse_images};
use crate::describe::{Member, Spanned};
use crate::diagnostic::Finding;
use crate::sort;
use crate::words::{did_you_mean, nearest};
use crate::yaml::{self, Source};

static PATTERNS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/patterns");
static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// All patterns and images.
#[derive(Clone, Debug)]
pub struct Catalogue {
    pub(crate) folders: Vec<Folder>,
    pub(crate) images: BTreeMap<String, Image>,
}

/// One pattern's folder. Copies share its texts.
#[derive(Clone, Debug)]
pub struct Folder {
    texts: Arc<Texts>,
}

#[derive(Debug)]
struct Texts {
    family: String,
    name: String,
    /// By path within the folder.
    files: BTreeMap<String, Cow<'static, str>>,
    /// Where it is, if it is the user's.
    at: Option<PathBuf>,
    definition: OnceLock<Result<Definition, String>>,
}

impl Catalogue {
    /// The patterns embedded in the program.
    #[must_use]
    pub fn built_in() -> Self {
        let mut folders: Vec<Folder> = PATTERNS.dirs().flat_map(Dir::dirs).map(Folder::embedded).collect();
        sort::by(&mut folders, |a, b| (a.family(), a.name()).cmp(&(b.family(), b.name())));
        let images = PATTERNS.get_file("images.yaml").and_then(include_dir::File::contents_utf8);
        Self { folders, images: images.and_then(|text| parse_images(text).ok()).unwrap_or_default() }
    }

    /// The folder of a pattern.
    #[must_use]
    pub fn folder(&self, name: &str) -> Option<&Folder> {
        self.folders.iter().find(|folder| folder.name() == name)
    }

    /// All folders, by family and name; the user's own come last.
    pub fn folders(&self) -> impl Iterator<Item = &Folder> {
        self.folders.iter()
    }

    /// The images of all roles.
    #[must_use]
    pub fn images(&self) -> &BTreeMap<String, Image> {
        &self.images
    }

    /// Fills roles with other images; what is not a role is a mistake.
    pub fn replace_images(&mut self, images: &[Member]) -> Vec<Finding> {
        let mut findings = Vec::new();
        for member in images {
            match (self.images.get_mut(&member.key), member.value.text()) {
                (Some(image), Some(reference)) => reference.clone_into(&mut image.image),
                (None, _) => findings.push(self.unknown_role(member)),
                _ => {}
            }
        }
        findings
    }

    /// An image for a role that is none.
    pub(crate) fn unknown_role(&self, member: &Member) -> Finding {
        let label = nearest(&member.key, self.images.keys().map(String::as_str)).map_or_else(String::new, did_you_mean);
        Finding::error(member.key_place.label(label), format!("no image role is called `{}`", member.key))
            .help("patterns explain --images")
    }
}

/// A skeleton that patterns share.
pub(crate) fn shared_template(name: &str) -> Option<&'static str> {
    TEMPLATES.get_file(name)?.contents_utf8()
}

impl Folder {
    fn embedded(dir: &'static Dir<'static>) -> Self {
        let mut files = BTreeMap::new();
        collect(dir, dir.path(), &mut files);
        let part = |path: Option<&Path>| {
            path.and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or_default().to_owned()
        };
        Self::new(&part(dir.path().parent()), &part(Some(dir.path())), files, None)
    }

    pub(crate) fn new(
        family: &str,
        name: &str,
        files: BTreeMap<String, Cow<'static, str>>,
        at: Option<PathBuf>,
    ) -> Self {
        let (family, name) = (family.to_owned(), name.to_owned());
        Self { texts: Arc::new(Texts { family, name, files, at, definition: OnceLock::new() }) }
    }

    /// The pattern's name: that of its folder.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.texts.name
    }

    /// The folder above it.
    #[must_use]
    pub fn family(&self) -> &str {
        &self.texts.family
    }

    /// Where the folder is, if it is one of the user's.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.texts.at.as_deref()
    }

    /// The text of a file of the folder.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&str> {
        self.texts.files.get(name).map(AsRef::as_ref)
    }

    /// What a file of the folder is called in messages.
    #[must_use]
    pub fn display(&self, file: &str) -> String {
        let folder = self
            .path()
            .map_or_else(|| format!("patterns/{}/{}", self.family(), self.name()), |path| path.display().to_string());
        format!("{folder}/{file}")
    }

    /// The definition.
    ///
    /// # Errors
    /// What is wrong with the folder's `pattern.yaml`.
    pub fn definition(&self) -> Result<&Definition, &str> {
        self.texts.definition.get_or_init(|| self.read_definition()).as_ref().map_err(String::as_str)
    }

    fn read_definition(&self) -> Result<Definition, String> {
        let text = self.file("pattern.yaml").ok_or_else(|| format!("{} has no pattern.yaml", self.name()))?;
        let source = Arc::new(Source::from_text("pattern.yaml", text));
        let (documents, refusal) = yaml::as_kubectl(yaml::read(&source));
        if let Some(refusal) = refusal {
            return Err(refusal.message);
        }
        let document = documents.first().ok_or("pattern.yaml is empty")?;
        let json = Spanned::from_node(document, document.root()).to_json();
        Definition::read(&json).map_err(|(error, _)| format!("{}/pattern.yaml: {error}", self.name()))
    }

    /// Its templates of whole objects, in order of name: every `*.yaml.j2` but the Pod's part.
    pub fn object_templates(&self) -> impl Iterator<Item = &str> {
        let names = self.texts.files.keys().map(String::as_str);
        names.filter(|name| !name.contains('/') && name.ends_with(".yaml.j2") && *name != POD_TEMPLATE)
    }

    /// All files with their texts.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.files.iter().map(|(name, text)| (name.as_str(), text.as_ref()))
    }
}

/// The template of what a pattern adds to the Pod.
pub(crate) const POD_TEMPLATE: &str = "pod.yaml.j2";

fn collect(dir: &'static Dir<'static>, root: &Path, files: &mut BTreeMap<String, Cow<'static, str>>) {
    for file in dir.files() {
        let name = file.path().strip_prefix(root).ok().and_then(Path::to_str);
        if let (Some(name), Some(text)) = (name, file.contents_utf8()) {
            files.insert(name.to_owned(), Cow::Borrowed(text));
        }
    }
    for dir in dir.dirs() {
        collect(dir, root, files);
    }
}
