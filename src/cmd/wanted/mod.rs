//! What a run over several descriptions expands: files and folders of the command line, or the `outputs` of a project.

mod files;
mod outputs;

use std::collections::{BTreeSet, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use ignore::{DirEntry, WalkBuilder};

pub use files::of_files;
pub use outputs::{Outputs, of_project};

use crate::describe::Options;
use crate::diagnostic::Finding;
use crate::files::{check_ignore_files, check_ignore_files_from, named, unsearched};
use crate::kube::tracked_files;
use crate::pattern::Catalogue;
use crate::project::Project;
use crate::yaml::{self, Part, Source};

/// A description, and what is asked of it.
pub struct Wanted {
    /// Where it is; `-` for standard input.
    pub path: PathBuf,
    /// Its text.
    pub source: Arc<Source>,
    /// The environment, parameters and so on.
    pub options: Options,
    /// The settings that hold for it.
    pub project: Arc<Project>,
    /// The patterns that it may use.
    pub catalogue: Arc<Catalogue>,
    /// The folder that an output names; empty for files of the command line.
    pub folder: PathBuf,
    /// Whether its output asks for a kustomization.
    pub kustomization: bool,
    /// Whether its output asks for comments.
    pub comments: bool,
}

/// Whether a file is a description, or was meant to be one: what cannot be read shows what is wrong with it.
fn is_description(source: &Arc<Source>) -> bool {
    // most YAML of a folder is something else
    source.text.contains("patterns")
        && yaml::read(source).into_iter().any(|part| match part {
            Part::Document(document) => document.get(document.root(), "patterns").is_some(),
            Part::Refused(_) => source.text.lines().any(|line| line.starts_with("patterns:")),
        })
}

/// Descriptions are written by people; data of other programs may be large.
const LARGEST: u64 = 16 * 1024 * 1024;

fn may_be_named_description(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

/// Whether a file that was found in a folder may be a description.
fn may_be_description(path: &Path) -> bool {
    may_be_named_description(path)
        && path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() <= LARGEST)
}

/// The files below a folder as git sees them, in order; the user's own git settings play no part.
fn walk(folder: &Path) -> io::Result<Vec<DirEntry>> {
    check_ignore_files_from(folder)?;
    let mut found = found(WalkBuilder::new(folder).require_git(false), folder, |_| true)?;
    let seen: HashSet<&Path> = found.iter().filter_map(|entry| below(entry, folder)).collect();
    let Ok(real) = folder.canonicalize() else { return Ok(found) };
    // git ignores only what it does not track
    let tracked = tracked_files(folder, may_be_named_description);
    let tracked = tracked.iter().filter_map(|path| path.strip_prefix(&real).ok());
    let missed: HashSet<PathBuf> = tracked.filter(|path| !seen.contains(path)).map(Path::to_path_buf).collect();
    if !missed.is_empty() {
        let folders: HashSet<PathBuf> =
            missed.iter().flat_map(|path| path.ancestors().skip(1)).map(Path::to_path_buf).collect();
        let is_above = {
            let folder = folder.to_owned();
            move |path: &Path| path.strip_prefix(&folder).is_ok_and(|path| folders.contains(path))
        };
        let more = self::found(WalkBuilder::new(folder).git_ignore(false), folder, is_above)?;
        found.extend(more.into_iter().filter(|entry| below(entry, folder).is_some_and(|path| missed.contains(path))));
        found.sort_by(|one, other| one.path().cmp(other.path()));
    }
    Ok(found)
}

fn below<'a>(entry: &'a DirEntry, folder: &Path) -> Option<&'a Path> {
    entry.path().strip_prefix(folder).ok()
}

/// What a walk finds in the folders that are wanted. A folder that could not be searched is an error, and not left out in
/// silence.
fn found(
    walk: &mut WalkBuilder,
    folder: &Path,
    is_wanted: impl Fn(&Path) -> bool + Send + Sync + 'static,
) -> io::Result<Vec<DirEntry>> {
    let unread = Arc::new(Mutex::new(None));
    let failed = Arc::clone(&unread);
    let (folder, root) = (folder.to_owned(), folder.to_owned());
    let entries = walk
        .git_global(false)
        .git_exclude(false)
        .filter_entry(move |entry| {
            let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            if !is_folder || entry.path() == folder {
                return true;
            }
            let checked = if is_wanted(entry.path()) { check_ignore_files(entry.path()) } else { return false };
            let is_readable = checked.is_ok();
            if let (Err(error), Ok(mut failed)) = (checked, failed.lock()) {
                failed.get_or_insert(error);
            }
            is_readable
        })
        .sort_by_file_name(Ord::cmp)
        .build()
        .map(|entry| {
            entry.map_err(|error| {
                let (path, error) = unsearched(&root, error);
                named(&path, &error)
            })
        })
        .collect::<io::Result<Vec<DirEntry>>>()?;
    match unread.lock().ok().and_then(|mut unread| unread.take()) {
        Some(error) => Err(error),
        None => Ok(entries),
    }
}

/// What is wrong in every environment is said once.
pub fn once(findings: Vec<Finding>) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let key = |finding: &Finding| {
        let label = &finding.primary;
        (label.source.name.clone(), label.span, finding.message.clone())
    };
    findings.into_iter().filter(|finding| seen.insert(key(finding))).collect()
}
