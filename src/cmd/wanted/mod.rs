//! What a run over several descriptions expands: files and folders of the command line, or the `outputs` of a project.

mod files;
mod outputs;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

pub use files::of_files;
pub use outputs::{Outputs, of_project};

use crate::describe::Options;
use crate::diagnostic::Finding;
use crate::files::{check_ignore_files, check_ignore_files_from};
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

/// Whether a file that was found in a folder may be a description.
fn may_be_description(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
        && path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() <= LARGEST)
}

/// The files below a folder as git sees them, in order; the user's own git settings play no part.
fn walk(folder: &Path) -> impl Iterator<Item = io::Result<ignore::DirEntry>> {
    let checked = check_ignore_files_from(folder);
    let unread = Arc::new(Mutex::new(Vec::new()));
    let failed = Arc::clone(&unread);
    let walk = checked.is_ok().then(|| {
        ignore::WalkBuilder::new(folder)
            .git_global(false)
            .git_exclude(false)
            .require_git(false)
            .filter_entry(move |entry| {
                let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
                let checked = if is_folder { check_ignore_files(entry.path()) } else { Ok(()) };
                let is_readable = checked.is_ok();
                if let (Err(error), Ok(mut failed)) = (checked, failed.lock()) {
                    failed.push(error);
                }
                is_readable
            })
            .sort_by_file_name(Ord::cmp)
            .build()
            .map(|entry| entry.map_err(|error| io::Error::other(error.to_string())))
    });
    // a folder that could not be searched is an error, and not left out in silence
    let unread = std::iter::from_fn(move || unread.lock().ok()?.pop().map(Err));
    checked.err().map(Err).into_iter().chain(walk.into_iter().flatten()).chain(unread)
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
