//! Which files a run reads.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::Failure;

/// One file to read.
pub(super) struct Input {
    /// Where it is; none for standard input.
    pub path: Option<PathBuf>,
    /// The same without links and dots, to compare with; none for standard input.
    pub identity: Option<PathBuf>,
    /// How messages call it.
    pub name: String,
    /// Whether the user named this very file, not a folder above it.
    pub explicit: bool,
    /// Whether findings in it are wanted; otherwise it is read for what others refer to.
    pub reported: bool,
}

/// The files under `paths`, then those of `around` that are not among them, each once.
pub(super) fn inputs(paths: &[PathBuf], around: Option<&Path>) -> (Vec<Input>, Vec<Failure>) {
    let mut found = Found::default();
    for path in paths {
        found.add(path, true);
    }
    if let Some(around) = around {
        found.add(around, false);
    }
    (found.inputs, found.failures)
}

#[derive(Default)]
struct Found {
    inputs: Vec<Input>,
    failures: Vec<Failure>,
    seen: HashSet<PathBuf>,
}

impl Found {
    fn add(&mut self, path: &Path, reported: bool) {
        if path.as_os_str() == "-" {
            if self.seen.insert(path.to_owned()) {
                self.inputs.push(Input {
                    path: None,
                    identity: None,
                    name: "<stdin>".to_owned(),
                    explicit: true,
                    reported,
                });
            }
        } else if path.is_dir() {
            self.folder(path, reported);
        } else {
            self.file(path.to_owned(), reported, true);
        }
    }

    fn folder(&mut self, folder: &Path, reported: bool) {
        // The same files on any machine: the user's own git settings and other tools' ignore files play
        // no part, the repository's do.
        let walk = ignore::WalkBuilder::new(folder)
            .hidden(false)
            .ignore(false)
            .git_global(false)
            .git_exclude(false)
            .require_git(false)
            .filter_entry(|entry| entry.file_name() != ".git")
            .sort_by_file_name(Ord::cmp)
            .build();
        for entry in walk {
            match entry {
                Ok(entry) => {
                    let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
                    if is_file && is_yaml(entry.path()) {
                        self.file(entry.into_path(), reported, false);
                    }
                }
                Err(error) => {
                    let error = error.into_io_error().unwrap_or_else(|| std::io::Error::other("cannot be searched"));
                    self.failures.push(Failure { name: folder.display().to_string(), error });
                }
            }
        }
    }

    fn file(&mut self, path: PathBuf, reported: bool, explicit: bool) {
        let identity = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        if self.seen.insert(identity.clone()) {
            let name = path.strip_prefix("./").unwrap_or(&path).display().to_string();
            self.inputs.push(Input { path: Some(path), identity: Some(identity), name, explicit, reported });
        }
    }
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml" || extension == "json")
}
