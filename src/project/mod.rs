//! `.patterns.yaml`: what holds for all descriptions and manifests of a project.
//!
//! The nearest one upwards counts, up to the repository's root, and never together with another.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use serde_json::Value as Json;

use crate::describe::{self, Kind, Member, Place, Spanned, Subject};
use crate::diagnostic::Finding;
use crate::files;
use crate::kube::validation::Target;
use crate::limits;
use crate::yaml::{self, Source, Span};

/// The file's name.
pub const FILE_NAME: &str = ".patterns.yaml";

/// Settings of a project.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// Folders of patterns, with the places that name them.
    pub catalogue: Vec<(PathBuf, Place)>,
    /// Other images for roles.
    pub images: Vec<Member>,
    /// The oldest Kubernetes that must accept what is generated.
    pub target: Option<Target>,
    /// `lint`, as it is written.
    pub lint: Option<Member>,
}

/// The settings for an input: a file, a folder, or `-` for standard input, which lies in the working directory.
/// None where there is no such file; the inner error is what is wrong with it.
///
/// # Errors
/// A file that is there and cannot be read.
pub fn nearest(input: &Path) -> io::Result<Result<Option<Project>, Vec<Finding>>> {
    match find(input)? {
        Some(path) => Ok(load(&path)?.map(Some)),
        None => Ok(Ok(None)),
    }
}

/// Reads a settings file; the inner error is what is wrong with it.
///
/// # Errors
/// A file that cannot be read.
pub fn load(path: &Path) -> io::Result<Result<Project, Vec<Finding>>> {
    let bytes = files::read_regular(path, limits::BESIDE).map_err(|error| files::named(path, &error))?;
    let source = Source::decode(path.display().to_string(), bytes).map_err(io::Error::other)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    Ok(read(&Arc::new(source), folder))
}

/// Where the nearest settings are.
///
/// # Errors
/// A working directory that is gone.
pub fn find(input: &Path) -> io::Result<Option<PathBuf>> {
    let input = if input.as_os_str() == "-" { Path::new(".") } else { input };
    let whole = std::path::absolute(input)?;
    let start = if whole.is_dir() { whole.as_path() } else { whole.parent().unwrap_or(&whole) };
    let here = std::path::absolute(".")?;
    for folder in start.ancestors() {
        let path = folder.join(FILE_NAME);
        if path.is_file() {
            // as the user would write it
            return Ok(Some(path.strip_prefix(&here).map(Path::to_owned).unwrap_or(path)));
        }
        if folder.join(".git").exists() {
            break;
        }
    }
    Ok(None)
}

fn grammar() -> &'static Json {
    static GRAMMAR: OnceLock<Json> = OnceLock::new();
    GRAMMAR.get_or_init(|| describe::embedded("grammar.yaml", include_str!("grammar.yaml")))
}

fn read(source: &Arc<Source>, folder: &Path) -> Result<Project, Vec<Finding>> {
    let (documents, refusal) = yaml::as_kubectl(yaml::read(source));
    if let Some(refusal) = refusal {
        return Err(vec![refusal.into_finding(source)]);
    }
    if let Some(second) = documents.get(1) {
        let place = Place { source: Arc::clone(source), span: second.span(second.root()) };
        return Err(vec![Finding::error(place.label(""), format!("{FILE_NAME} is one document"))]);
    }
    let Some(document) = documents.first() else { return Ok(Project::default()) };
    let root = Spanned::from_node(document, document.root());
    if matches!(root.kind, Kind::Null) {
        return Ok(Project::default());
    }
    let mut findings = Vec::new();
    for duplicate in &document.duplicates {
        let place = |node| Place { source: Arc::clone(source), span: document.span(node) };
        let name = document.key(&duplicate.lost);
        findings.push(
            Finding::error(place(duplicate.lost.key).label("this is lost"), format!("`{name}` stands twice"))
                .label(place(duplicate.kept.key).label("this wins")),
        );
    }
    let start = Place { source: Arc::clone(source), span: Span::empty(0) };
    let subject = Subject { name: FILE_NAME, member: "setting", help: None, place: &start };
    describe::check(grammar(), &root, subject, &mut findings);
    let folders = root.get("catalogue").map(Spanned::items).unwrap_or_default();
    let project = Project {
        catalogue: folders.iter().filter_map(|item| Some((folder.join(item.text()?), item.place.clone()))).collect(),
        images: root.get("images").map(|images| images.members().to_vec()).unwrap_or_default(),
        target: root.get("target").and_then(|target| describe::kubernetes_version(target, &mut findings)),
        lint: root.member("lint").cloned(),
    };
    if findings.is_empty() { Ok(project) } else { Err(findings) }
}
