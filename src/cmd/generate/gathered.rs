//! What all descriptions of a run make, together.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::texts::{self, Texts};
use crate::cmd::streams::say;
use crate::cmd::wanted::{Wanted, once};
use crate::diagnostic::{Finding, Stop};
use crate::expand::{expand_in, repeated};
use crate::files::Shown as _;
use crate::output::{Folder, kustomization};
use crate::pattern::{self, Made};
use crate::project::FILE_NAME;
use crate::report::Color;
use crate::report::terminal;
use crate::sort;

/// The objects of a run.
pub struct Gathered {
    parts: Vec<Part>,
    notes: Vec<String>,
}

/// The objects of one description in one environment.
struct Part {
    folder: PathBuf,
    kustomization: bool,
    objects: Vec<Object>,
}

/// An object and what its text needs.
pub struct Object {
    /// It, and where it comes from.
    pub made: Made,
    /// The same for people.
    pub header: String,
    /// Whether the settings ask for the header.
    pub comments: bool,
}

impl Gathered {
    /// Expands everything, and prints what is doubtful.
    ///
    /// # Errors
    /// Everything that is wrong, and what is doubtful beside it.
    pub fn of(wanted: Vec<Wanted>, color: Color) -> Result<Self, Stop> {
        let (mut parts, mut findings, mut notes) = (Vec::new(), Vec::new(), Vec::new());
        let mut is_wrong = false;
        for wanted in wanted {
            let environment = wanted.options.environment.clone();
            match expand_in(&wanted.source, &wanted.path, &wanted.project, &wanted.catalogue, wanted.options) {
                Ok(expanded) => {
                    findings.extend(expanded.warnings);
                    notes.extend(expanded.notes);
                    let object = |made: Made| Object {
                        header: texts::header(&made, &expanded.descriptions, environment.as_deref()),
                        comments: wanted.comments,
                        made,
                    };
                    let objects = expanded.made.into_iter().map(object).collect();
                    parts.push(Part { folder: wanted.folder, kustomization: wanted.kustomization, objects });
                }
                Err(stop) => {
                    is_wrong = true;
                    findings.extend(stop.findings()?);
                }
            }
        }
        let mut gathered = Self { parts, notes };
        if !is_wrong {
            let twice = gathered.twice();
            is_wrong = !twice.is_empty();
            findings.extend(twice);
        }
        if is_wrong {
            return Err(once(findings).into());
        }
        terminal::print_sorted(once(findings), color);
        gathered.notes.extend(gathered.agent_note());
        sort::by(&mut gathered.parts, |a, b| a.folder.cmp(&b.folder));
        Ok(gathered)
    }

    /// Prints what the patterns want to be said about their output, each note once.
    pub fn print_notes(&self) {
        let mut seen = BTreeSet::new();
        for note in self.notes.iter().filter(|note| seen.insert(note.as_str())) {
            say(note);
        }
    }

    /// All objects in apply order.
    pub fn sorted(&self) -> Vec<&Object> {
        let mut objects: Vec<&Object> = self.parts.iter().flat_map(|part| &part.objects).collect();
        sort::by_key(&mut objects, |object| pattern::rank(&object.made.object));
        objects
    }

    /// The folders that the run writes.
    ///
    /// # Errors
    /// Two objects that want one file.
    pub fn folders(&self, texts: &Texts) -> Result<Vec<Folder>, Stop> {
        let (mut folders, mut findings) = (Vec::new(), Vec::new());
        for (path, parts) in self.by_folder() {
            let mut files: Vec<(usize, String, &Object)> = Vec::new();
            for part in &parts {
                // what one description's files are called does not depend on its neighbours
                let objects: Vec<&Json> = part.objects.iter().map(|object| &object.made.object).collect();
                let names = pattern::file_names(&objects, texts.extension());
                let pairs = names.into_iter().zip(&part.objects);
                files.extend(pairs.map(|(name, object)| (pattern::rank(&object.made.object), name, object)));
            }
            findings.extend(same_names(path, &files));
            sort::by_key(&mut files, |(rank, ..)| *rank);
            let mut folder = Folder { path: path.to_owned(), files: Vec::new() };
            for (_, name, object) in files {
                folder.files.push((name, texts.of(object)?));
            }
            if parts.iter().any(|part| part.kustomization) {
                let names: Vec<String> = folder.files.iter().map(|(name, _)| name.clone()).collect();
                folder.files.push(kustomization(&names, FILE_NAME).map_err(io::Error::other)?);
            }
            folders.push(folder);
        }
        if findings.is_empty() { Ok(folders) } else { Err(findings.into()) }
    }

    fn by_folder(&self) -> BTreeMap<&Path, Vec<&Part>> {
        let mut folders: BTreeMap<&Path, Vec<&Part>> = BTreeMap::new();
        for part in &self.parts {
            folders.entry(&part.folder).or_default().push(part);
        }
        folders
    }

    /// Objects that two descriptions of one folder make.
    fn twice(&self) -> Vec<Finding> {
        let made = |parts: Vec<&Part>| {
            let objects = parts.into_iter().flat_map(|part| &part.objects);
            repeated(objects.map(|object| &object.made))
        };
        self.by_folder().into_values().flat_map(made).collect()
    }

    /// No registry holds our own image: users build it, or name the copy that they keep.
    fn agent_note(&self) -> Option<String> {
        const DEFAULT: &str = concat!("localhost/patterns-agent:", env!("CARGO_PKG_VERSION"));
        let mut objects = self.parts.iter().flat_map(|part| &part.objects);
        objects.any(|object| object.made.object.to_string().contains(DEFAULT)).then(|| {
            let local = DEFAULT.trim_start_matches("localhost/");
            format!("note: this uses {DEFAULT}; build it with `podman build -t {local} .` or set images.agent")
        })
    }
}

/// Different objects whose files would have one name, such as one in each of two namespaces.
fn same_names(folder: &Path, files: &[(usize, String, &Object)]) -> Vec<Finding> {
    let mut seen: HashMap<&str, &Object> = HashMap::new();
    let mut findings = Vec::new();
    for (_, name, object) in files {
        let Some(first) = seen.insert(name, object) else { continue };
        let place = |object: &Object| object.made.blame.clone().unwrap_or_else(|| object.made.origin.clone());
        let file = folder.join(name);
        findings.push(
            Finding::error(
                place(object).label("and so does this"),
                format!("two objects want the file {}", file.shown()),
            )
            .label(place(first).label("this makes it"))
            .because("they differ only in namespace or API group, which is not part of the file name")
            .help("give each its own folder: into: \"deploy/{environment}/{description}\""),
        );
    }
    findings
}
