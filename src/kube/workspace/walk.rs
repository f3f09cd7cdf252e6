//! Which files a run reads.

use std::collections::BTreeMap;
use std::fs::{self, FileType};
use std::io;
use std::path::{Path, PathBuf};

use super::Failure;
use super::globs::Globs;
use super::listed::Listed;
use super::search::{Content, Found, GITIGNORE, IGNORE, Search};
use super::{left_out, tracked};
use crate::files::Shown as _;
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
    /// Whether a search has just seen that it is a regular file.
    pub is_seen: bool,
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
            is_seen: false,
        }
    }
}

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
    /// What the folders that were searched have of what says where kustomizations are.
    pub listed: Listed,
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
        self.inputs.push(Input { path: None, identity, name, explicit: true, reported: true, is_seen: false });
    }

    fn add(&mut self, path: &Path, reported: bool) {
        if path.is_dir() {
            self.folder(path, reported);
        } else {
            let input = Input { explicit: true, reported, ..Input::found(path) };
            self.file(input);
        }
    }

    fn folder(&mut self, folder: &Path, reported: bool) {
        let real = identity(folder);
        let begun = Search::of(folder, real, &[GITIGNORE, IGNORE])
            .and_then(|(search, unclear)| Ok((search.root()?, search, unclear)));
        let (content, mut search, unclear) = match begun {
            Ok(begun) => begun,
            Err(error) => return self.fail(folder, error),
        };
        for error in unclear {
            let (path, error) = files::unsearched(folder, error);
            self.fail(&path, error);
        }
        let is_named = left_out::by_name(folder).is_some()
            || folder.ancestors().skip(1).any(|part| left_out::left_out(part).is_some())
            || left_out::by_content(content.names(), |name| content.path_of(name).is_file()).is_some();
        self.entries += 1;
        self.enter(&mut search, content);
        while let Some(found) = search.next() {
            self.entries += 1;
            if self.inputs.len() > self.most || self.entries / ENTRIES > self.most {
                self.is_cut = true;
                break;
            }
            match found {
                Found::Folder { real, .. } if self.excluded.matches(&real, true) => {}
                Found::Folder { path, real } => {
                    if let Some(name) = self.search(&mut search, &path, real, is_named) {
                        *self.folders_left_out.entry(name).or_default() += usize::from(reported);
                    }
                }
                Found::Other { path, real, kind } => self.found(folder, path, real, kind, reported),
            }
        }
        if !self.is_cut {
            self.tracked(folder, reported, is_named);
        }
    }

    /// Lets the search go on in a folder that was found; else what of [`LEFT_OUT`](left_out::LEFT_OUT) it is.
    fn search(&mut self, search: &mut Search, path: &Path, real: PathBuf, is_named: bool) -> Option<&'static str> {
        let by_name = left_out::by_name(path).filter(|_| !is_named);
        if by_name.is_some() {
            return by_name;
        }
        let content = match Content::read(path.to_owned(), real) {
            Ok(content) => content,
            Err(error) => {
                self.fail(path, error);
                return None;
            }
        };
        let by_content = left_out::by_content(content.names(), |name| content.path_of(name).is_file());
        let by_content = by_content.filter(|_| !is_named);
        if by_content.is_none() {
            self.enter(search, content);
        }
        by_content
    }

    fn enter(&mut self, search: &mut Search, mut content: Content) {
        let failures = std::mem::take(&mut content.failures);
        for error in failures {
            self.fail(content.path(), error);
        }
        self.listed.add(&content);
        let path = content.path().to_owned();
        if let Err(error) = search.enter(content) {
            self.fail(&path, error);
        }
    }

    /// Takes what is no folder, if it is a file to read.
    fn found(&mut self, folder: &Path, path: PathBuf, real: PathBuf, kind: FileType, reported: bool) {
        if !is_yaml(&path) {
            return;
        }
        // kubectl follows a link to a file, and none to a folder (cli-runtime: `ExpandPathsToFileVisitors`)
        let is_link = kind.is_symlink();
        let is_file = kind.is_file() || is_link && leads_to_a_neighbour(folder, &path);
        if !is_file {
            return;
        }
        if left_out::is_expectation(&path) {
            self.expectations_left_out += usize::from(reported);
        } else {
            let identity = Some(if is_link { identity(&path) } else { real });
            let name = shown(&path);
            self.file(Input { path: Some(path), identity, name, explicit: false, reported, is_seen: !is_link });
        }
    }

    fn fail(&mut self, path: &Path, error: io::Error) {
        self.failures.push(Failure { name: path.shown(), error });
    }

    /// Adds what git tracks of a folder although `.gitignore` names it: git ignores only what it does not track. What else
    /// leaves files out counts for these, too.
    fn tracked(&mut self, folder: &Path, reported: bool, is_named: bool) {
        let Ok(real) = fs::canonicalize(folder) else { return };
        let tracked = tracked::files_in(folder, |path| is_yaml(path) && !left_out::is_expectation(path));
        let mut missed: FastSet<PathBuf> = tracked.into_iter().filter(|path| !self.seen.contains(path)).collect();
        let above = |path: &Path| {
            let folders = path.ancestors().skip(1).take_while(|folder| **folder != real);
            folders.map(Path::to_path_buf).collect::<Vec<_>>()
        };
        let mut folders: FastSet<PathBuf> = missed.iter().flat_map(|path| above(path)).collect();
        folders.retain(|folder| {
            (is_named || left_out::left_out(folder).is_none()) && !self.excluded.matches(folder, true)
        });
        missed.retain(|path| above(path).iter().all(|folder| folders.contains(folder)));
        if missed.is_empty() {
            return;
        }
        // what cannot be read was said above
        let Ok((mut search, _)) = Search::of(&real, real.clone(), &[IGNORE]) else { return };
        let Ok(content) = search.root() else { return };
        let _ = search.enter(content);
        while let Some(found) = search.next() {
            if self.inputs.len() > self.most {
                self.is_cut = true;
                break;
            }
            match found {
                Found::Folder { path, real } if folders.contains(&real) => {
                    let _ = Content::read(path, real).and_then(|content| search.enter(content));
                }
                Found::Other { real: identity, .. } if missed.contains(&identity) => {
                    let below = identity.strip_prefix(&real).map(|below| folder.join(below));
                    let path = below.unwrap_or_else(|_| identity.clone());
                    let (name, identity) = (shown(&path), Some(identity));
                    self.file(Input { path: Some(path), identity, name, explicit: false, reported, is_seen: false });
                }
                _ => {}
            }
        }
    }

    fn file(&mut self, input: Input) {
        let Some(identity) = &input.identity else { return };
        if !self.excluded.matches(identity, false) && self.seen.insert(identity.clone()) {
            self.inputs.push(input);
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

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml" || extension == "json")
}
