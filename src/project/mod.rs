//! `.patterns.yaml`: settings for all descriptions and manifests of a project.
//!
//! The nearest one counts, searching upwards to the repository's root; several are never combined.

mod outputs;
mod pins;

use std::collections::HashMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, OnceLock};

use serde_json::Value as Json;

use crate::describe::{self, Kind, Member, Place, Spanned, Subject};
use crate::diagnostic::{Finding, Stop};
use crate::files;
use crate::files::Shown as _;
use crate::kube::versions::Target;
use crate::kube::{Listed, NO_SETTINGS, REPOSITORY, SETTINGS};
use crate::limits;
use crate::yaml::{self, Source, Span};

pub use outputs::{Into, Output, Part};
pub use pins::pin;

/// The file's name.
pub const FILE_NAME: &str = SETTINGS;

/// Settings of a project.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// Folders of patterns, with the places that name them.
    pub catalogue: Vec<(PathBuf, Place)>,
    /// Other images for roles.
    pub images: Vec<Member>,
    /// The oldest Kubernetes that must accept what is generated.
    pub target: Option<Target>,
    /// Secrets to pull images with, for documents that name none.
    pub pull: Vec<String>,
    /// What is generated where.
    pub outputs: Vec<Output>,
    /// `lint`, as it is written.
    pub lint: Option<Member>,
    /// The folder of the file; empty for the working directory's.
    pub folder: PathBuf,
}

/// The settings for an input: a file, a folder, or `-` for standard input, which counts as in the working directory.
/// `None` if there is no settings file.
///
/// # Errors
/// A file that exists but cannot be read, or what is wrong with it.
pub fn nearest(input: &Path) -> Result<Option<Project>, Stop> {
    find(input)?.map(|path| load(&path)).transpose()
}

/// Reads a settings file.
///
/// # Errors
/// A file that cannot be read, or what is wrong with it.
pub fn load(path: &Path) -> Result<Project, Stop> {
    let bytes = files::read_found(path, limits::BESIDE).map_err(|error| files::named(path, &error))?;
    let source = Source::decode(path.display().to_string(), bytes).map_err(io::Error::other)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    Ok(read(&Arc::new(source), folder)?)
}

/// Where the nearest settings are.
///
/// # Errors
/// A working directory that is gone.
pub fn find(input: &Path) -> io::Result<Option<PathBuf>> {
    Finder::default().find(input)
}

/// Finds the nearest settings of one input after the other: what is known of a folder holds for those below it.
#[derive(Debug, Default)]
pub struct Finder {
    known: HashMap<PathBuf, Option<PathBuf>>,
    /// What is known of what folders have.
    listed: Arc<Listed>,
}

impl Finder {
    /// For inputs in folders of which a search has just seen what they have.
    #[must_use]
    pub fn knowing(listed: Arc<Listed>) -> Self {
        Self { listed, ..Self::default() }
    }

    /// As [`find`].
    ///
    /// # Errors
    /// A working directory that is gone.
    pub fn find(&mut self, input: &Path) -> io::Result<Option<PathBuf>> {
        let input = if input.as_os_str() == "-" { Path::new(".") } else { input };
        let whole = std::path::absolute(input)?;
        let start = if whole.is_dir() { whole.as_path() } else { whole.parent().unwrap_or(&whole) };
        // the folders above `b/../a` are not those above `b`
        self.find_above(&start.canonicalize().unwrap_or_else(|_| start.to_owned()))
    }

    /// The same for what lies in a folder, which is written without links and dots.
    ///
    /// # Errors
    /// As [`find`].
    pub fn find_above(&mut self, folder: &Path) -> io::Result<Option<PathBuf>> {
        let mut looked_at = Vec::new();
        let mut found = None;
        for folder in folder.ancestors() {
            if let Some(known) = self.known.get(folder) {
                found.clone_from(known);
                break;
            }
            looked_at.push(folder.to_owned());
            let named = |name: &str| self.listed.may_have(folder, name).then(|| folder.join(name));
            // What is not a file, or a dangling link, is an error when it is read: settings are not left out in silence.
            if let Some(path) = named(FILE_NAME).filter(|path| path.symlink_metadata().is_ok()) {
                found = Some(from_here(&path)?);
                break;
            }
            if let Some(misspelt) = named(NO_SETTINGS).filter(|misspelt| misspelt.is_file()) {
                let message = format!("{} is not read: settings are in {FILE_NAME}, so rename it", misspelt.shown());
                return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
            }
            if named(REPOSITORY).is_some_and(|path| path.exists()) {
                break;
            }
        }
        self.known.extend(looked_at.into_iter().map(|folder| (folder, found.clone())));
        Ok(found)
    }
}

/// An absolute path as the user would write it in the working directory: with `..` if both are in the same repository
/// or home folder, and otherwise unchanged.
///
/// # Errors
/// A working directory that is gone.
pub fn from_here(path: &Path) -> io::Result<PathBuf> {
    let here = std::path::absolute(".")?;
    let common = here.components().zip(path.components()).take_while(|(a, b)| a == b).count();
    let is_named = |part: &Component<'_>| matches!(part, Component::Normal(_));
    if !path.components().take(common).any(|part| is_named(&part)) {
        return Ok(path.to_owned());
    }
    let up = here.components().skip(common).filter(is_named).map(|_| Component::ParentDir);
    let from: PathBuf = up.chain(path.components().skip(common)).collect();
    Ok(if from.as_os_str().is_empty() { PathBuf::from(".") } else { from })
}

/// The JSON Schema of the file, without `lint`.
pub fn grammar() -> &'static Json {
    static GRAMMAR: OnceLock<Json> = OnceLock::new();
    GRAMMAR.get_or_init(|| describe::embedded("grammar.yaml", include_str!("grammar.yaml")))
}

fn read(source: &Arc<Source>, folder: &Path) -> Result<Project, Vec<Finding>> {
    let (documents, refusal) = yaml::as_kubectl(yaml::read(source));
    if let Some(refusal) = refusal {
        return Err(vec![crate::kube::refused(&refusal, source)]);
    }
    if let Some(second) = documents.get(1) {
        let place = Place { source: Arc::clone(source), span: second.span(second.root()) };
        return Err(vec![Finding::error(place.label(""), format!("{FILE_NAME} is one document"))]);
    }
    let nothing = || Project { folder: folder.to_owned(), ..Project::default() };
    let Some(document) = documents.first() else { return Ok(nothing()) };
    let root = Spanned::from_node(document, document.root());
    if matches!(root.kind, Kind::Null) {
        return Ok(nothing());
    }
    let mut findings = Vec::new();
    for duplicate in document.written_twice() {
        let place = |node| Place { source: Arc::clone(source), span: document.span(node) };
        let name = document.key(&duplicate.lost);
        findings.push(
            Finding::error(place(duplicate.lost.key).label("ignored"), format!("`{name}` is duplicated"))
                .label(place(duplicate.kept.key).label("used")),
        );
    }
    let start = Place { source: Arc::clone(source), span: Span::empty(0) };
    let subject = Subject { name: FILE_NAME, member: "setting", help: None, place: &start };
    findings.extend(describe::check(grammar(), &root, subject));
    let folders = root.get("catalogue").map(Spanned::items).unwrap_or_default();
    let catalogue: Vec<(PathBuf, Place)> =
        folders.iter().filter_map(|item| Some((folder.join(item.text()?), item.place.clone()))).collect();
    findings.extend(catalogue.iter().filter_map(|(catalogue, place)| outside(catalogue, folder, place)));
    let target = root.get("target").map_or(Ok(None), describe::kubernetes_version).unwrap_or_else(|finding| {
        findings.push(*finding);
        None
    });
    let (outputs, mistakes) = outputs::read(root.get("outputs"));
    findings.extend(mistakes);
    let project = Project {
        catalogue,
        images: root.get("images").map(|images| images.members().to_vec()).unwrap_or_default(),
        target,
        pull: texts(root.get("pull")),
        outputs,
        lint: root.member("lint").cloned(),
        folder: folder.to_owned(),
    };
    if findings.is_empty() { Ok(project) } else { Err(findings) }
}

/// The finding for a folder of patterns outside the repository of the settings; `None` if it is inside, or does not
/// exist.
fn outside(catalogue: &Path, folder: &Path, place: &Place) -> Option<Finding> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let root = files::root(&folder.canonicalize().ok()?);
    let real = catalogue.canonicalize().ok()?;
    (!real.starts_with(&root)).then(|| {
        Finding::error(place.label(""), format!("this folder is outside {}", root.shown()))
            .because("settings may come from untrusted people, so they cannot name anything outside their repository")
            .help("copy the patterns into it, for example as a Git submodule")
    })
}

fn texts(list: Option<&Spanned>) -> Vec<String> {
    list.map(Spanned::items).unwrap_or_default().iter().filter_map(Spanned::text).map(str::to_owned).collect()
}
