//! All files of a run: found, read and decoded, in the same order on any machine.

mod file;
mod foreign;
mod generators;
mod globs;
mod helm;
mod incomplete;
mod kustomize;
mod left_out;
mod listed;
mod package;
mod part;
mod refused;
mod rendered;
mod search;
mod tested;
mod tracked;
mod walk;

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

pub use file::File;
pub use globs::{BadGlob, Globs};
pub use incomplete::{Identity, Incomplete};
pub(super) use kustomize::{CHANGED_BY, LEVELS, MOST_CHANGES, OVERLAYS};
pub use left_out::LEFT_OUT;
pub use listed::Listed;
pub(crate) use listed::{NO_SETTINGS, REPOSITORY, SETTINGS};
pub use refused::{RefusedSecrets, names_a_secret, refused};
pub use rendered::{Origin, OriginFile, OriginPlace, Rendered, trimmed};
pub use tracked::files_in as tracked_files;
pub use walk::{Input, Inputs};

use super::definitions::{self, Definitions};
use super::object::Object;
use super::threads::take_room;
use crate::files::Shown;
use crate::yaml::Source;
use tested::Tested;

/// Bytes of stack for threads that decode: a document may nest 10,000 deep, and serde follows it by recursion. The
/// system allocates the memory page by page, so unused stack costs nothing.
const STACK: usize = 64 << 20;

/// What a run looks at.
#[derive(Debug, Default)]
pub struct Workspace {
    /// The files that hold text, by name.
    pub files: Vec<File>,
    /// What could not be read.
    pub failures: Vec<Failure>,
    /// Templates among the files asked for; they are not YAML before they are rendered.
    pub templates_skipped: usize,
    /// How many of them are ytt's.
    pub ytt_templates_skipped: usize,
    /// How many of them are neither ytt's nor part of a Helm chart.
    pub other_templates_skipped: usize,
    /// Where those are that lie in files.
    pub templates: Vec<PathBuf>,
    /// The names of folders that were left out, with how often each was met: see [`LEFT_OUT`].
    pub folders_left_out: BTreeMap<&'static str, usize>,
    /// Files of what tests expect that were left out.
    pub expectations_left_out: usize,
    /// The definitions of custom resources among its objects.
    pub definitions: Definitions,
    /// What the folders had that were searched.
    pub listed: Arc<Listed>,
}

/// A path that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {}", Shown::shown(Path::new(.name)), crate::files::why(Path::new(.name), .error))]
pub struct Failure {
    /// The path as the user gave it.
    pub name: String,
    /// Why not.
    pub error: io::Error,
}

/// What makes a manifest of a template.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Maker {
    Helm,
    Ytt,
    Other,
}

enum Outcome {
    Read(Box<File>),
    Template {
        path: Option<PathBuf>,
        maker: Maker,
    },
    /// A template that nothing is to be said of.
    Unwanted,
    Failed(Failure),
}

impl Workspace {
    /// Reads files, folders and standard input (`-`), and the folder around them for what they refer to.
    /// Nothing stops the run: what cannot be read is in [`Workspace::failures`].
    #[must_use]
    pub fn load(paths: &[PathBuf], around: Option<&Path>) -> Self {
        Self::look_at(&Inputs { paths, around, ..Inputs::default() })
    }

    /// The same with more to say of what is read.
    #[must_use]
    pub fn look_at(asked: &Inputs<'_>) -> Self {
        let walk::Listing { inputs, mut failures, folders_left_out, expectations_left_out, listed, .. } =
            walk::inputs(asked);
        let outcomes: Vec<Outcome> = inputs.par_iter().map(read).collect();
        let mut workspace = Self { folders_left_out, expectations_left_out, ..Self::default() };
        for outcome in outcomes {
            match outcome {
                Outcome::Read(file) => workspace.files.push(*file),
                Outcome::Template { path, maker } => {
                    workspace.templates_skipped += 1;
                    workspace.ytt_templates_skipped += usize::from(maker == Maker::Ytt);
                    workspace.other_templates_skipped += usize::from(maker == Maker::Other);
                    // what renders charts renders none of ytt's
                    workspace.templates.extend(path.filter(|_| maker != Maker::Ytt));
                }
                Outcome::Unwanted => {}
                Outcome::Failed(failure) => failures.push(failure),
            }
        }
        workspace.expectations_left_out += Tested::of(&workspace.files).take_out(&mut workspace.files, asked.paths);
        failures.sort_by(|a, b| a.name.cmp(&b.name));
        workspace.failures = failures;
        workspace.files.sort_by(|a, b| a.source.name.cmp(&b.source.name));
        workspace.connect_by(&listed);
        workspace.listed = Arc::new(listed);
        workspace
    }

    /// Puts other texts where those of these files were.
    pub fn replace(&mut self, texts: Vec<(usize, Arc<Source>)>) {
        for (file, source) in texts {
            if let Some(file) = self.files.get_mut(file) {
                file.reread(&source);
            }
        }
        self.connect();
    }

    /// Files that were read otherwise.
    #[must_use]
    pub fn of(files: Vec<File>) -> Self {
        let mut workspace = Self { files, ..Self::default() };
        workspace.connect();
        workspace
    }

    /// The files that [`Workspace::look_at`] would read; nothing where the search had to end before its end.
    #[must_use]
    pub fn inputs(asked: &Inputs<'_>) -> Option<Vec<Input>> {
        let found = walk::inputs(asked);
        (!found.is_cut).then_some(found.inputs)
    }

    /// Reads files that have changed or are new, and leaves out those that are gone. The others are read again only
    /// where a change may say something else of them; whether it did is returned.
    pub fn refresh(&mut self, changed: &[Input], gone: &[PathBuf]) -> bool {
        let outcomes: Vec<Outcome> = changed.par_iter().map(read).collect();
        let paths: HashSet<&Path> = changed
            .iter()
            .filter_map(|input| input.identity.as_deref())
            .chain(gone.iter().map(PathBuf::as_path))
            .collect();
        let mut says_of_others = false;
        self.files.retain(|file| {
            let is_kept = file.is_generated || !file.path.as_deref().is_some_and(|path| paths.contains(path));
            says_of_others |= !is_kept && says_something_of_others(file);
            is_kept
        });
        for outcome in outcomes {
            if let Outcome::Read(file) = outcome {
                says_of_others |= says_something_of_others(&file);
                self.files.push(*file);
            }
        }
        // Kustomizations need not be YAML's or a run's files.
        says_of_others |= paths.iter().any(|path| kustomize::is_kustomization(path));
        self.files.sort_by(|a, b| a.source.name.cmp(&b.source.name));
        if says_of_others {
            self.files.retain(|file| !file.is_generated);
            self.files.par_iter_mut().for_each(|file| {
                let is_refused = !file.refusals.is_empty();
                file.reread(&Arc::clone(&file.source));
                if !is_refused {
                    // it is none of kubectl's
                    file.refusals.clear();
                }
            });
        }
        self.connect();
        says_of_others
    }

    /// Leaves files out after all, as their projects want it.
    pub fn leave_out(&mut self, is_left_out: impl Fn(&File) -> bool) {
        let count = self.files.len();
        self.files.retain(|file| !is_left_out(file));
        if self.files.len() < count {
            self.connect();
        }
    }

    /// The folders that Kustomizations of Flux in the run may apply.
    #[must_use]
    pub fn applied_by_flux(&self) -> Vec<PathBuf> {
        kustomize::applied_by_flux(&self.files)
    }

    /// Puts rendered files in the place of what they are rendered from: the files `used`, and the templates below the
    /// folders `charts`.
    pub fn replace_by_rendered(&mut self, rendered: Vec<File>, used: &HashSet<PathBuf>, charts: &[PathBuf]) {
        self.files.retain(|file| file.path.as_ref().is_none_or(|path| !used.contains(path)));
        let count = self.templates.len();
        self.templates.retain(|path| !charts.iter().any(|chart| path.starts_with(chart)));
        self.templates_skipped -= count - self.templates.len();
        self.files.extend(rendered);
        self.files.sort_by(|a, b| a.source.name.cmp(&b.source.name));
        self.failures.sort_by(|a, b| a.name.cmp(&b.name));
        self.connect();
    }

    /// Tells each object what the other files say of it.
    fn connect(&mut self) {
        self.connect_by(&Listed::default());
    }

    /// The same right after a search, which has seen what is in the folders.
    fn connect_by(&mut self, listed: &Listed) {
        self.files.iter_mut().for_each(part::mark);
        kustomize::connect(&mut self.files, listed);
        package::connect(&mut self.files);
        let definitions = Definitions::collect(self.objects());
        if !definitions.is_empty() {
            let objects = self.files.iter_mut().flat_map(|file| &mut file.objects);
            definitions::add_templates(objects, &definitions);
        }
        self.definitions = definitions;
    }

    /// Whether a file of the run is a kustomization.
    #[must_use]
    pub fn has_kustomizations(&self) -> bool {
        self.files.iter().any(|file| file.path.as_deref().is_some_and(kustomize::is_kustomization))
    }

    /// All objects of all files.
    pub fn objects(&self) -> impl Iterator<Item = &Object> {
        self.files.iter().flat_map(|file| &file.objects)
    }
}

/// Runs `work` on threads with enough stack for deeply nested input. The number of threads depends on the machine, or
/// `RAYON_NUM_THREADS`; it affects only the run time.
///
/// # Errors
/// If the system cannot create threads.
pub fn on_deep_stacks<R: Send>(work: impl FnOnce() -> R + Send) -> io::Result<R> {
    let pool = rayon::ThreadPoolBuilder::new().stack_size(STACK).start_handler(|_| take_room());
    let pool = pool.build().map_err(io::Error::other)?;
    Ok(pool.install(work))
}

/// Whether this file has an object that affects those of other files: where their Pods are, what changes them.
fn says_something_of_others(file: &File) -> bool {
    file.path.as_deref().is_some_and(kustomize::is_kustomization)
        || file.objects.iter().any(|object| object.id.kind == "CustomResourceDefinition")
        || file.objects.iter().any(kustomize::is_of_flux)
}

fn read(input: &Input) -> Outcome {
    let skipped = |maker: Maker| {
        if input.reported { Outcome::Template { path: input.identity.clone(), maker } } else { Outcome::Unwanted }
    };
    if input.path.as_deref().is_some_and(helm::is_chart_template) {
        return skipped(Maker::Helm);
    }
    let maker = |file: &File| {
        let path = input.identity.as_deref().or(input.path.as_deref());
        if helm::is_of_helm(path, &file.source.text) { Maker::Helm } else { Maker::Other }
    };
    match File::open(input) {
        Ok(file) if helm::is_template(&file) => skipped(maker(&file)),
        Ok(file) => match helm::hidden(&file) {
            Some(helm::Hidden::Ytt) => skipped(Maker::Ytt),
            Some(helm::Hidden::Values) => skipped(maker(&file)),
            None => Outcome::Read(Box::new(file)),
        },
        Err(error) => Outcome::Failed(Failure { name: input.name.clone(), error }),
    }
}
