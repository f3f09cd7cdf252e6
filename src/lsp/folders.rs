//! The folders that an editor has open: their files, as they are on disk or in the editor, and what is wrong in them.

mod findings;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use lsp_types::{TextDocumentContentChangeEvent, TextDocumentItem, Uri};

use super::buffers::{Buffer, Buffers};
use super::positions::Encoding;
use crate::diagnostic::{Finding, Stop};
use crate::expand;
use crate::kube::{File, Input, Inputs, Workspace};
use crate::limits;
use crate::lint::{self, Kept, Overrides, Projects, Selection};
use crate::project;
use crate::secrets::Known;
use crate::yaml::Source;
use findings::{address, stamp};

pub use findings::{Names, OfFile};

/// How many files' Pods are read again at a time: an edit waits no longer than that takes.
const AT_ONCE: usize = 32;

/// When a file was written, and how long it is.
type Stamp = Option<(SystemTime, u64)>;

/// The files of the open folders, and all open texts.
#[derive(Debug, Default)]
pub struct Folders {
    /// The open texts.
    pub buffers: Buffers,
    roots: Vec<PathBuf>,
    is_too_large: bool,
    workspace: Workspace,
    /// The files that are read of the folders.
    read: HashMap<PathBuf, (Input, Stamp)>,
    /// The settings, as they were last without a mistake.
    projects: Option<Projects>,
    /// What is wrong with them now.
    of_settings: Vec<Finding>,
    /// Why settings cannot be read.
    unreadable: Unreadable,
    kept: Kept,
    /// What is wrong with each description, by the address of its text.
    of_descriptions: HashMap<usize, (Arc<Source>, Vec<Finding>)>,
    /// What no message may show.
    hidden: Known,
    /// Files whose text has changed and is not read yet: however fast the user types, it is read once.
    unread: BTreeSet<PathBuf>,
    /// The first file of which what its Pods do is not as new.
    doubt_from: usize,
    /// Whether something has changed since the last findings.
    is_dirty: bool,
    /// Whether the last findings have not been asked for.
    is_news: bool,
    found: BTreeMap<String, OfFile>,
}

/// Why settings cannot be read, which is wrong in no text that could be shown.
#[derive(Debug, Default)]
struct Unreadable {
    /// Those of the open folders.
    of_folders: Option<String>,
    /// Those of a text that belongs to no open folder.
    of_apart: Option<String>,
    /// What the client was told last.
    told: Option<String>,
}

/// A text under the cursor, and the files that it belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The files together.
    pub workspace: &'a Workspace,
    /// The file of the text.
    pub file: &'a File,
    /// The text as the client has it.
    pub buffer: &'a Buffer,
}

impl Seen<'_> {
    /// Where relative names in the text lead from: the file as messages call it, or `-` for a text without a file.
    #[must_use]
    pub fn path(self) -> PathBuf {
        PathBuf::from(if self.file.path.is_some() { self.file.source.name.as_str() } else { "-" })
    }
}

impl Folders {
    /// Reads folders. Of folders with more files than [`limits::FILES`] only open files are checked; whether that is so
    /// is returned.
    pub fn open(&mut self, roots: Vec<PathBuf>) -> bool {
        self.roots = roots;
        self.rescan(&[]);
        self.is_too_large
    }

    fn inputs(&mut self) -> Vec<Input> {
        if self.roots.is_empty() {
            return Vec::new();
        }
        // As `patterns lint .` names them, if they are below the folder that the server works in.
        let here = std::env::current_dir().and_then(fs::canonicalize).unwrap_or_default();
        let named = |root: &PathBuf| if *root == here { PathBuf::from(".") } else { root.clone() };
        let paths: Vec<PathBuf> = self.roots.iter().map(named).collect();
        let found =
            Workspace::inputs(&Inputs { paths: &paths, most: Some(limits::FILES.count()), ..Inputs::default() });
        found.unwrap_or_else(|| {
            self.is_too_large = true;
            self.roots.clear();
            Vec::new()
        })
    }

    /// Looks for what has changed on disk. Of the files that are said to have changed some may be read by nothing but a
    /// pattern, such as templates.
    pub fn rescan(&mut self, said: &[PathBuf]) {
        self.settle();
        for path in said {
            self.doubt_descriptions(path);
        }
        let mut changed = Vec::new();
        let mut there = HashSet::new();
        for input in self.inputs() {
            let Some(path) = input.identity.clone() else { continue };
            let stamp = stamp(&path);
            let is_new = self.read.get(&path).is_none_or(|(_, known)| *known != stamp);
            if is_new && self.buffers.of_file(&path).is_none_or(|buffer| buffer.apart.is_some()) {
                changed.push(input.clone());
            }
            there.insert(path.clone());
            self.read.insert(path, (input, stamp));
        }
        let is_gone = |path: &&PathBuf| !there.contains(*path) && self.buffers.of_file(path).is_none();
        let gone: Vec<PathBuf> = self.read.keys().filter(is_gone).cloned().collect();
        for path in &gone {
            self.read.remove(path);
        }
        if changed.is_empty() && gone.is_empty() && self.projects.is_some() {
            return;
        }
        self.refresh(&changed, &gone);
        // What descriptions name may be any file.
        self.of_descriptions.clear();
        self.read_settings();
    }

    fn refresh(&mut self, changed: &[Input], gone: &[PathBuf]) {
        if self.workspace.refresh(changed, gone) {
            self.kept = Kept::default();
        }
        if let Some(projects) = &self.projects {
            self.workspace.leave_out(|file| projects.excludes(file));
        }
        self.doubt_from = 0;
        self.is_dirty = true;
    }

    /// Reads `.patterns.yaml`, or those of several projects. While one is wrong, those before it count.
    fn read_settings(&mut self) {
        self.of_settings.clear();
        self.unreadable.of_folders = None;
        self.kept = Kept::default();
        self.of_descriptions.clear();
        self.is_dirty = true;
        match Projects::load(&self.workspace, Selection::default(), Overrides::default()) {
            Ok(projects) => {
                self.workspace.leave_out(|file| projects.excludes(file));
                self.projects = Some(projects.looking_at(&self.roots));
            }
            Err(Stop::Findings(findings)) => self.of_settings = findings,
            Err(Stop::Io(error)) => self.unreadable.of_folders = Some(error.to_string()),
        }
    }

    /// Takes a text that was opened.
    pub fn did_open(&mut self, document: TextDocumentItem) {
        let buffer = self.buffers.open(document);
        let mut is_added = false;
        let is_new = |path: &Path| !path.exists() && self.roots.iter().any(|root| path.starts_with(root));
        match &buffer.path {
            Some(path) if self.read.contains_key(path) => {}
            Some(path) if is_new(path) => {
                let here = std::env::current_dir().and_then(fs::canonicalize).unwrap_or_default();
                let input = Input::found(path.strip_prefix(&here).unwrap_or(path));
                self.read.insert(path.clone(), (input, None));
                is_added = true;
            }
            _ => {
                buffer.read_apart();
                self.is_dirty = true;
                return;
            }
        }
        if let Some(path) = buffer.path.clone() {
            self.unread.insert(path);
        }
        if is_added {
            self.settle();
            // Its folder may be one that no settings were looked for yet.
            self.read_settings();
        }
    }

    /// Edits a text that is open.
    pub fn did_change(
        &mut self,
        uri: &Uri,
        version: i32,
        changes: Vec<TextDocumentContentChangeEvent>,
        encoding: Encoding,
    ) {
        let Some(buffer) = self.buffers.get_mut(uri) else { return };
        buffer.change(version, changes, encoding);
        let path = buffer.path.clone();
        if buffer.apart.is_some() {
            buffer.read_apart();
            self.is_dirty = true;
            if let Some(path) = path {
                self.doubt_descriptions(&path);
            }
        } else {
            self.unread.extend(path);
        }
    }

    /// Drops a text that was closed: what is on disk counts again.
    pub fn did_close(&mut self, uri: &Uri) {
        let Some(buffer) = self.buffers.close(uri) else { return };
        self.is_dirty = true;
        let (Some(path), None) = (&buffer.path, &buffer.apart) else { return };
        if path.exists() {
            self.unread.insert(path.clone());
        } else if self.read.remove(path).is_some() {
            self.refresh(&[], std::slice::from_ref(path));
        }
    }

    /// Reads the texts that have changed. Before this, answers are about texts that the client no longer has.
    pub fn settle(&mut self) {
        let unread = std::mem::take(&mut self.unread);
        let inputs: Vec<Input> = unread.iter().filter_map(|path| Some(self.read.get(path)?.0.clone())).collect();
        if inputs.is_empty() {
            return;
        }
        self.refresh(&inputs, &[]);
        let is_settings = |path: &PathBuf| path.file_name().is_some_and(|name| name == project::FILE_NAME);
        if self.projects.is_none() || unread.iter().any(is_settings) {
            self.read_settings();
        }
        let bases = |file: &File| expand::bases(file).iter().any(|base| unread.contains(base));
        let extending: Vec<usize> =
            self.workspace.files.iter().filter(|file| bases(file)).map(|file| address(&file.source)).collect();
        for description in extending {
            self.of_descriptions.remove(&description);
        }
        for path in &unread {
            self.doubt_descriptions(path);
        }
    }

    /// Looks at all descriptions again, if a file that has changed belongs to a pattern of the user's own.
    fn doubt_descriptions(&mut self, path: &Path) {
        let is_below = |folder: &Path| fs::canonicalize(folder).is_ok_and(|folder| path.starts_with(folder));
        if self.projects.iter().flat_map(Projects::catalogues).any(is_below) {
            self.of_descriptions.clear();
            self.is_dirty = true;
        }
    }

    /// The text that is called so, with the files that it belongs to.
    #[must_use]
    pub fn see(&self, uri: &Uri) -> Option<Seen<'_>> {
        let buffer = self.buffers.get(uri)?;
        if let Some(apart) = &buffer.apart {
            return Some(Seen { workspace: apart, file: apart.files.first()?, buffer });
        }
        let of_it = |file: &&File| !file.is_generated && file.path == buffer.path;
        Some(Seen { workspace: &self.workspace, file: self.workspace.files.iter().find(of_it)?, buffer })
    }

    /// Whether there is more to find than was last asked for.
    #[must_use]
    pub fn has_work(&self) -> bool {
        self.is_dirty || self.is_news || !self.unread.is_empty() || self.doubt_from < self.workspace.files.len()
    }

    /// Does a part of what is to be done after an edit: first what is wrong in each file, as far as the edit itself may
    /// have changed it, then, a few files at a time, what it changes elsewhere. Whether there are new findings.
    pub fn work(&mut self) -> bool {
        self.settle();
        if !self.is_dirty && self.doubt_from < self.workspace.files.len() {
            let end = (self.doubt_from + AT_ONCE).min(self.workspace.files.len());
            self.kept.doubt(&self.workspace, self.doubt_from..end);
            if let Some(projects) = &self.projects {
                lint::read_facts_again(&self.workspace, projects, &mut self.kept);
            }
            self.doubt_from = end;
            if end < self.workspace.files.len() {
                return false;
            }
            self.is_dirty = true;
        }
        self.findings();
        std::mem::take(&mut self.is_news)
    }

    /// Finds what is wrong now.
    pub fn findings(&mut self) {
        self.settle();
        if std::mem::take(&mut self.is_dirty) {
            self.is_news = true;
            self.found = self.find();
        }
    }

    /// What was wrong when [`Folders::findings`] was last asked.
    #[must_use]
    pub fn found(&self) -> &BTreeMap<String, OfFile> {
        &self.found
    }

    /// Why settings cannot be read, once for each reason.
    pub fn untold(&mut self) -> Option<String> {
        let Unreadable { of_folders, of_apart, told } = &mut self.unreadable;
        let now = of_folders.as_ref().or(of_apart.as_ref()).cloned();
        let is_news = now != *told;
        told.clone_from(&now);
        now.filter(|_| is_news)
    }

    /// Leaves it at what is known, after something could not be checked.
    pub fn give_up(&mut self) -> bool {
        self.unread.clear();
        self.is_dirty = false;
        self.is_news = false;
        self.doubt_from = self.workspace.files.len();
        false
    }
}
