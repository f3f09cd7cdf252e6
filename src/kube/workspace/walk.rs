//! Which files a run reads.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::Failure;
use super::globs::Globs;
use super::tracked;
use crate::files::{self, identity};
use crate::kube::hash::FastSet;

/// One file to read.
#[derive(Clone, Debug)]
pub struct Input {
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

impl Input {
    /// A file of a workspace that is read on its own, as if it had been found in its folder.
    #[must_use]
    pub fn found(path: &Path) -> Self {
        Self {
            path: Some(path.to_owned()),
            identity: Some(identity(path)),
            name: shown(path),
            explicit: false,
            reported: true,
        }
    }
}

/// Folders of files that are not applied: test data, and copies of others' work. They are left out unless the user
/// names one, or a path in one. A folder that holds a file of this name is one of them, too: a test of Chainsaw, whose
/// objects may be parts, or wrong on purpose (kyverno/chainsaw: `website/docs/quick-start`), and one of kuttl, whose steps
/// are merged into objects of earlier ones (kuttl.dev: docs/testing/steps): `00` is any number. `*` is any name:
/// Percona's operators keep there what a test compares with the cluster's objects, less what differs in each run
/// (percona/percona-server-mongodb-operator: `compare_kubectl` in `e2e-tests/functions`).
pub const LEFT_OUT: [&str; 18] = [
    ".chainsaw-test",
    ".kyverno-test",
    "00-assert.yaml",
    "Godeps",
    "_archived",
    "chainsaw-test.yaml",
    "e2e-tests/*/compare",
    "golden",
    "node_modules",
    "src/test",
    "test-data",
    "test/data",
    "test/fixtures",
    "test_data",
    "testdata",
    "tests/data",
    "tests/fixtures",
    "vendor",
];

/// Whether a file holds what a test of an operator expects of objects, parts of which are conditions: the assertions of
/// kuttl (`00-assert.yaml`, `01-errors.yaml`; kuttl.dev: docs/testing/steps) and Chainsaw (`deployment-assert.yaml`). Those
/// of helm-unittest have another form (helm-unittest/helm-unittest: `DOCUMENT.md`).
fn is_expectation(path: &Path) -> bool {
    let stem = path.file_stem().and_then(OsStr::to_str).unwrap_or_default();
    if stem.ends_with("_test") && is_in_tests_of_a_chart(path) {
        return true;
    }
    let mut words = stem.split(['-', '_', '.']);
    let is_numbered = words.clone().next().is_some_and(|first| first.bytes().all(|byte| byte.is_ascii_digit()));
    words.any(|word| matches!(word, "assert" | "asserts") || is_numbered && matches!(word, "error" | "errors"))
}

/// Whether a file is below `tests` of a chart.
fn is_in_tests_of_a_chart(path: &Path) -> bool {
    let is_of_a_chart = |folder: &Path| {
        folder.file_name().is_some_and(|name| name == "tests")
            && folder.parent().is_some_and(|chart| chart.join("Chart.yaml").is_file())
    };
    path.ancestors().skip(1).any(is_of_a_chart)
}

/// Whether a folder is a test of kuttl: it holds what is expected after one of its steps.
fn is_kuttl_test(folder: &Path) -> bool {
    let is_assertion = |name: &str| {
        let step = name.trim_start_matches(|sign: char| sign.is_ascii_digit());
        step.len() < name.len() && matches!(step, "-assert.yaml" | "-assert.yml" | "-errors.yaml" | "-errors.yml")
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.take(STEPS).any(|entry| entry.file_name().to_str().is_some_and(is_assertion))
}

/// So many entries of a folder are looked at for what kuttl expects.
const STEPS: usize = 1000;

/// How many entries of folders are looked at for each file that a limited search may find, so that an editor opened on
/// the root of a disk does not wait for all of it.
const ENTRIES: usize = 50;

/// What a run is asked to look at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Inputs<'args> {
    /// Files and folders, and `-` for standard input.
    pub paths: &'args [PathBuf],
    /// A folder whose other files are read for what the first refer to.
    pub around: Option<&'args Path>,
    /// What is left out.
    pub excluded: Option<&'args Globs>,
    /// The file that standard input is, such as one that an editor holds unsaved.
    pub stdin: Option<&'args Path>,
    /// Where the search ends: after so many files, or [`ENTRIES`] times as many entries of folders.
    pub most: Option<usize>,
}

/// The files that are asked for, then those around that are not among them, each once.
pub(super) fn inputs(asked: &Inputs<'_>) -> Listing {
    let mut found = Listing {
        excluded: asked.excluded.cloned().unwrap_or_default(),
        most: asked.most.unwrap_or(usize::MAX),
        ..Listing::default()
    };
    // What is given on standard input counts instead of the same file on disk.
    if asked.paths.iter().any(|path| path.as_os_str() == "-") {
        found.add_stdin(asked.stdin);
    }
    for path in asked.paths.iter().filter(|path| path.as_os_str() != "-") {
        found.add(path, true);
    }
    if let Some(around) = asked.around {
        found.add(around, false);
    }
    found
}

#[derive(Default)]
pub(super) struct Listing {
    pub inputs: Vec<Input>,
    pub failures: Vec<Failure>,
    pub folders_left_out: BTreeMap<&'static str, usize>,
    /// Files of what tests expect that were left out.
    pub expectations_left_out: usize,
    /// Whether the search has ended before its end.
    pub is_cut: bool,
    most: usize,
    entries: usize,
    seen: FastSet<PathBuf>,
    excluded: Globs,
}

/// Whether a link leads to a file of the repository: what is elsewhere is not the run's to read.
fn leads_to_a_neighbour(folder: &Path, link: &Path) -> bool {
    let Ok(folder) = fs::canonicalize(folder) else { return false };
    fs::canonicalize(link).is_ok_and(|real| real.is_file() && real.starts_with(files::root(&folder)))
}

impl Listing {
    fn add_stdin(&mut self, file: Option<&Path>) {
        let identity = file.map(identity);
        self.seen.extend(identity.clone());
        let name = file.map_or_else(|| "<stdin>".to_owned(), shown);
        self.inputs.push(Input { path: None, identity, name, explicit: true, reported: true });
    }

    fn add(&mut self, path: &Path, reported: bool) {
        if path.is_dir() {
            self.folder(path, reported);
        } else {
            self.file(path.to_owned(), identity(path), reported, true);
        }
    }

    fn folder(&mut self, folder: &Path, reported: bool) {
        let is_named = folder.ancestors().any(|part| left_out(part).is_some());
        if let Err(error) = files::check_ignore_files_from(folder) {
            self.failures.push(Failure { name: folder.display().to_string(), error });
            return;
        }
        let real = identity(folder);
        let met = Arc::new(Mutex::new(Vec::new()));
        let unread = Arc::new(Mutex::new(Vec::new()));
        let (excluded, seen, failed) = (self.excluded.clone(), Arc::clone(&met), Arc::clone(&unread));
        // The same files on any machine: the user's own git settings play no part, the repository's ignore files do.
        let walk = ignore::WalkBuilder::new(folder)
            .hidden(false)
            .git_global(false)
            .git_exclude(false)
            .require_git(false)
            .filter_entry(move |entry| {
                let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
                if entry.file_name() == ".git" {
                    return false;
                }
                if !is_folder || entry.depth() == 0 {
                    return true;
                }
                if !excluded.is_empty()
                    && fs::canonicalize(entry.path()).is_ok_and(|path| excluded.matches(&path, true))
                {
                    return false;
                }
                let name = left_out(entry.path()).filter(|_| !is_named);
                if let (Some(name), Ok(mut seen)) = (name, seen.lock()) {
                    seen.push(name);
                }
                if name.is_some() {
                    return false;
                }
                let checked = files::check_ignore_files(entry.path());
                let is_readable = checked.is_ok();
                if let (Err(error), Ok(mut failed)) = (checked, failed.lock()) {
                    failed.push(Failure { name: entry.path().display().to_string(), error });
                }
                is_readable
            })
            .sort_by_file_name(Ord::cmp)
            .build();
        // a folder that was searched, and its real path: no folder below is a link
        let mut place: Option<(PathBuf, PathBuf)> = None;
        for entry in walk {
            self.entries += 1;
            if self.inputs.len() > self.most || self.entries / ENTRIES > self.most {
                self.is_cut = true;
                break;
            }
            match entry {
                Ok(entry) => {
                    // kubectl follows a link to a file, and none to a folder (cli-runtime: `ExpandPathsToFileVisitors`)
                    let is_link = entry.file_type().is_some_and(|kind| kind.is_symlink());
                    let is_file = entry.file_type().is_some_and(|kind| kind.is_file())
                        || is_link && leads_to_a_neighbour(folder, entry.path());
                    if is_file && is_expectation(entry.path()) && is_yaml(entry.path()) {
                        self.expectations_left_out += usize::from(reported);
                    } else if is_file && is_yaml(entry.path()) {
                        let parent = entry.path().parent().unwrap_or(folder);
                        if place.as_ref().is_none_or(|(searched, _)| searched != parent) {
                            let below = parent.strip_prefix(folder).ok();
                            place = below.map(|below| (parent.to_owned(), real.join(below)));
                        }
                        let identity = match (&place, entry.path().file_name()) {
                            (Some((_, real)), Some(name)) if !is_link => real.join(name),
                            _ => identity(entry.path()),
                        };
                        self.file(entry.into_path(), identity, reported, false);
                    }
                }
                Err(error) => {
                    let (path, error) = files::unsearched(folder, error);
                    self.failures.push(Failure { name: path.display().to_string(), error });
                }
            }
        }
        if let Ok(mut unread) = unread.lock() {
            self.failures.append(&mut unread);
        }
        if !self.is_cut {
            self.tracked(folder, reported, is_named);
        }
        let met = met.lock().map(|met| met.clone()).unwrap_or_default();
        for name in met.into_iter().filter(|_| reported) {
            *self.folders_left_out.entry(name).or_default() += 1;
        }
    }

    /// Adds what git tracks of a folder although `.gitignore` names it: git ignores only what it does not track. What else
    /// leaves files out counts for these, too.
    fn tracked(&mut self, folder: &Path, reported: bool, is_named: bool) {
        let Ok(real) = fs::canonicalize(folder) else { return };
        let tracked = tracked::files_in(folder, |path| is_yaml(path) && !is_expectation(path));
        let mut missed: FastSet<PathBuf> = tracked.into_iter().filter(|path| !self.seen.contains(path)).collect();
        let above = |path: &Path| {
            let folders = path.ancestors().skip(1).take_while(|folder| **folder != real);
            folders.map(Path::to_path_buf).collect::<Vec<_>>()
        };
        let mut folders: FastSet<PathBuf> = missed.iter().flat_map(|path| above(path)).collect();
        folders.retain(|folder| (is_named || left_out(folder).is_none()) && !self.excluded.matches(folder, true));
        missed.retain(|path| above(path).iter().all(|folder| folders.contains(folder)));
        if missed.is_empty() {
            return;
        }
        let walk = ignore::WalkBuilder::new(&real)
            .hidden(false)
            .git_ignore(false)
            .git_global(false)
            .git_exclude(false)
            .filter_entry(move |entry| {
                let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
                entry.depth() == 0
                    || !is_folder
                    || folders.contains(entry.path()) && files::check_ignore_files(entry.path()).is_ok()
            })
            .build();
        // what cannot be read was said above
        for entry in walk.flatten() {
            if self.inputs.len() > self.most {
                self.is_cut = true;
                break;
            }
            if missed.contains(entry.path()) {
                let identity = entry.path().to_path_buf();
                let path = identity.strip_prefix(&real).map_or_else(|_| identity.clone(), |below| folder.join(below));
                self.file(path, identity, reported, false);
            }
        }
    }

    fn file(&mut self, path: PathBuf, identity: PathBuf, reported: bool, explicit: bool) {
        if !self.excluded.matches(&identity, false) && self.seen.insert(identity.clone()) {
            let name = shown(&path);
            self.inputs.push(Input { path: Some(path), identity: Some(identity), name, explicit, reported });
        }
    }
}

fn shown(path: &Path) -> String {
    // nearly all paths
    if let Some(text) = path.to_str().filter(|text| !text.starts_with('.')) {
        return text.to_owned();
    }
    path.strip_prefix("./").unwrap_or(path).display().to_string()
}

/// What of [`LEFT_OUT`] a folder is by the names at the end of its path, or holds.
fn left_out(folder: &Path) -> Option<&'static str> {
    const TEST: &str = "chainsaw-test.yaml";
    const STEP: &str = "00-assert.yaml";
    let ends_so = |known: &str| {
        let mut names = folder.iter().rev();
        known.split('/').rev().all(|part| names.next().is_some_and(|name| part == "*" || name == part))
    };
    let is_left_out = |known: &&str| {
        ends_so(known) || *known == TEST && folder.join(TEST).is_file() || *known == STEP && is_kuttl_test(folder)
    };
    LEFT_OUT.into_iter().find(is_left_out)
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml" || extension == "json")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::is_expectation;

    #[test]
    fn expectations_are_told_by_their_names() {
        for name in
            ["00-assert.yaml", "deployment-assert.yaml", "01-assert-second.yaml", "assert.yaml", "02-errors.yaml"]
        {
            assert!(is_expectation(Path::new(name)), "{name}");
        }
        for name in ["00-install.yaml", "errors.yaml", "error-pages.yaml", "assertions-service.yaml", "web.yaml"] {
            assert!(!is_expectation(Path::new(name)), "{name}");
        }
    }
}
