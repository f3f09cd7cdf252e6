//! Which settings hold for which file: those of the nearest `.patterns.yaml` upwards.

mod policies;

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::Selection;
use super::settings::Settings;
use crate::diagnostic::{Finding, Level, Stop};
use crate::facts::Programs;
use crate::kube::versions::Targets;
use crate::kube::{FastMap, FastSet, File, Object, Workspace};
use crate::project::{self, Project};
use policies::{is_example_of, policies};

/// What a command knows that settings say otherwise, or where they are.
#[derive(Clone, Copy, Debug, Default)]
pub struct Overrides {
    /// The lowest level to show, if it was asked for.
    pub has_level: bool,
    /// Whether the version of Kubernetes was.
    pub has_target: bool,
    /// Whether the files were found right before, so that what was seen in their folders is there.
    pub is_right_after_search: bool,
}

/// The settings of all files of a run.
#[derive(Debug)]
pub struct Projects {
    /// Where there are no settings.
    base: Selection,
    linted: Vec<Linted>,
    /// Where the settings of folders are.
    finder: Mutex<project::Finder>,
    /// Index into `linted` by folder.
    folders: FastMap<PathBuf, usize>,
    /// The same by the names of the files whose projects describe programs or name versions of their own.
    by_name: HashMap<String, usize>,
    /// Policies that hold for all files.
    policies: Option<Workspace>,
    /// Files and folders that the run was asked to look at, without links.
    asked: Vec<PathBuf>,
    /// Where policies are that the command line or settings name, without links.
    of_policies: Vec<PathBuf>,
}

/// Something for each selection of a run.
pub(super) struct OfSelections<T> {
    /// Of that where there are no settings.
    base: T,
    linted: Vec<T>,
}

/// A project, as this run looks at it.
#[derive(Debug)]
struct Linted {
    path: PathBuf,
    project: Project,
    /// Whether the run looks at everything below the folder of the settings.
    is_whole: bool,
    settings: Settings,
    selection: Selection,
    /// The programs that it describes, beside ours.
    programs: Option<Programs>,
    /// The policies that hold for it.
    policies: Option<Workspace>,
}

impl Projects {
    /// No settings at all.
    #[must_use]
    pub fn none(base: Selection) -> Self {
        Self {
            base,
            linted: Vec::new(),
            finder: Mutex::default(),
            folders: FastMap::default(),
            by_name: HashMap::new(),
            policies: None,
            asked: Vec::new(),
            of_policies: Vec::new(),
        }
    }

    /// Reads the settings of all files that are reported on.
    ///
    /// # Errors
    /// Settings that cannot be read, or what is wrong with one.
    pub fn load(workspace: &Workspace, base: Selection, overrides: Overrides) -> Result<Self, Stop> {
        let mut all = Self::none(base);
        let mut by_file: HashMap<PathBuf, usize> = HashMap::new();
        let mut seen: FastSet<&Path> = FastSet::default();
        let mut finder = project::Finder::default();
        if overrides.is_right_after_search {
            finder = project::Finder::knowing(Arc::clone(&workspace.listed));
        }
        // files come folder by folder
        let mut last = None;
        for file in workspace.files.iter().filter(|file| file.reported) {
            let folder = folder(file);
            if last.replace(folder.as_os_str()) == Some(folder.as_os_str()) || !seen.insert(folder) {
                continue;
            }
            let Some(path) = settings_of(&mut finder, file)? else { continue };
            let index = if let Some(index) = by_file.get(&path) {
                *index
            } else {
                let linted = all.read(&path, overrides)?;
                all.of_policies.extend(linted.settings.policies.iter().filter_map(|path| real(path)));
                all.linted.push(linted);
                all.linted.len() - 1
            };
            by_file.insert(path, index);
            all.folders.insert(folder.to_owned(), index);
        }
        // Findings in other files speak of these; the settings that hold there hold for them too.
        for file in workspace.files.iter().filter(|file| !file.reported) {
            let folder = folder(file);
            if by_file.is_empty() || !seen.insert(folder) {
                continue;
            }
            if let Some(index) = settings_of(&mut finder, file)?.and_then(|path| by_file.get(&path).copied()) {
                all.folders.insert(folder.to_owned(), index);
            }
        }
        for file in &workspace.files {
            if let Some(linted) = all.of(file) {
                let number = all.folders[folder(file)];
                if linted.programs.is_some() || linted.selection.targets() != all.base.targets() {
                    all.by_name.insert(file.source.name.clone(), number);
                }
            }
        }
        all.finder = Mutex::new(finder);
        Ok(all)
    }

    /// Where the settings are that hold in a folder, which is written without links and dots.
    #[must_use]
    pub fn file_above(&self, folder: &Path) -> Option<PathBuf> {
        self.finder.lock().unwrap_or_else(PoisonError::into_inner).find_above(folder).ok().flatten()
    }

    fn read(&self, path: &Path, overrides: Overrides) -> Result<Linted, Stop> {
        let project = project::load(path)?;
        let folder = std::fs::canonicalize(path)?.parent().map(Path::to_owned).unwrap_or_default();
        let settings = project.lint.as_ref().map(|lint| Settings::read(lint, &folder)).transpose()?.unwrap_or_default();
        let mut selection = self.base.clone().with_levels(&settings.levels);
        if let Some(target) = project.target.filter(|_| !overrides.has_target) {
            selection = selection.for_targets(target);
        }
        if let Some(lowest) = settings.lowest.filter(|_| !overrides.has_level) {
            selection = selection.from_level(lowest.min(self.base.lowest()));
        }
        let entries = settings.programs.clone();
        let programs = if entries.is_empty() { None } else { Some(Programs::own(&entries).map_err(io::Error::other)?) };
        let policies = policies(&settings.policies)?;
        Ok(Linted { path: path.to_owned(), project, is_whole: false, settings, selection, programs, policies })
    }

    /// Says which folders the run was asked to look at, so that settings that nothing in them needs are found.
    #[must_use]
    pub fn looking_at(mut self, paths: &[PathBuf]) -> Self {
        self.asked = paths.iter().filter_map(|path| real(path)).collect();
        for linted in &mut self.linted {
            let folder = std::path::absolute(&linted.path).ok().and_then(|path| real(path.parent()?));
            linted.is_whole = folder.is_some_and(|folder| self.asked.iter().any(|path| folder.starts_with(path)));
        }
        self
    }

    /// Policies that hold for all files, whatever their projects say.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn with_policies(mut self, paths: &[PathBuf]) -> io::Result<Self> {
        self.of_policies.extend(paths.iter().filter_map(|path| real(path)));
        Ok(Self { policies: policies(paths)?, ..self })
    }

    /// Each set of policies, with whether it holds for a file.
    pub(super) fn policies(&self) -> impl Iterator<Item = (&Workspace, Option<usize>)> {
        let of_projects = self.linted.iter().enumerate();
        let of_projects = of_projects.filter_map(|(number, linted)| Some((linted.policies.as_ref()?, Some(number))));
        self.policies.iter().map(|policies| (policies, None)).chain(of_projects)
    }

    /// Whether a file is of a project; every file is of none in particular.
    pub(super) fn is_of(&self, file: &File, project: Option<usize>) -> bool {
        project.is_none_or(|number| self.folders.get(folder(file)) == Some(&number))
    }

    /// The selection where there are no settings.
    #[must_use]
    pub fn base(&self) -> &Selection {
        &self.base
    }

    /// What is looked for across files: whatever one of the projects may want to hear.
    pub(super) fn together(&self) -> Selection {
        let base = self.base.clone();
        if self.linted.is_empty() { base } else { base.from_level(Level::Advice) }
    }

    /// How a file is looked at.
    #[must_use]
    pub fn selection(&self, file: &File) -> &Selection {
        self.of(file).map_or(&self.base, |linted| &linted.selection)
    }

    /// Works something out of each selection, once for all files that have it.
    pub(super) fn for_selections<'a, T>(&'a self, make: impl Fn(&'a Selection) -> T) -> OfSelections<T> {
        let linted = self.linted.iter().map(|linted| make(&linted.selection)).collect();
        OfSelections { base: make(&self.base), linted }
    }

    /// What was worked out of the selection that a file is looked at with.
    pub(super) fn among<'a, T>(&self, all: &'a OfSelections<T>, file: &File) -> &'a T {
        self.number(file).and_then(|number| all.linted.get(number)).unwrap_or(&all.base)
    }

    /// The project of a file, if it has one.
    #[must_use]
    pub fn project(&self, file: &File) -> Option<&Project> {
        self.of(file).map(|linted| &linted.project)
    }

    /// Whether the project of a file leaves it out, or it is one of the examples of a policy and not asked for itself.
    #[must_use]
    pub fn excludes(&self, file: &File) -> bool {
        if file.path.as_deref().is_some_and(|path| self.is_example(path)) {
            return true;
        }
        let exclude = self.settings(file).map(|settings| &settings.exclude);
        exclude.zip(file.path.as_deref()).is_some_and(|(exclude, path)| exclude.match_file(path))
    }

    /// Whether a path is in `good/` or `bad/` of a folder of policies, and the run was not asked for that.
    fn is_example(&self, path: &Path) -> bool {
        let is_asked = || self.asked.iter().any(|asked| path.starts_with(asked) && self.is_below_example(asked));
        self.is_below_example(path) && !is_asked()
    }

    fn is_below_example(&self, path: &Path) -> bool {
        self.of_policies.iter().any(|policies| is_example_of(path, policies))
    }

    /// What holds for a run as a whole: the setting that all projects of the run share, if they do.
    pub fn shared<'run, T: PartialEq>(&'run self, setting: impl Fn(&'run Settings) -> Option<T>) -> Option<T> {
        let mut of_each = self.linted.iter().map(|linted| setting(&linted.settings));
        let first = of_each.next()??;
        of_each.all(|other| other.as_ref() == Some(&first)).then_some(first)
    }

    /// Where the settings of the run are.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.linted.iter().map(|linted| linted.path.as_path())
    }

    /// The folders of patterns that the projects of the run have.
    pub fn catalogues(&self) -> impl Iterator<Item = &Path> {
        self.linted.iter().flat_map(|linted| linted.project.catalogue.iter().map(|(folder, _)| folder.as_path()))
    }

    /// The programs that are known in the project of an object's file.
    #[must_use]
    pub fn programs_of(&self, object: &Object) -> &Programs {
        let number = self.by_name.get(object.document.source.name.as_str());
        let own = number.and_then(|number| self.linted.get(*number)?.programs.as_ref());
        own.unwrap_or_else(|| Programs::built_in())
    }

    /// The versions of Kubernetes that an object is judged for.
    pub(super) fn targets_of(&self, object: &Object) -> Targets {
        let number = self.by_name.get(object.document.source.name.as_str());
        self.targets(number.copied())
    }

    /// The versions that a project is judged for; those of the run without one.
    pub(super) fn targets(&self, project: Option<usize>) -> Targets {
        project.and_then(|number| self.linted.get(number)).map_or(&self.base, |linted| &linted.selection).targets()
    }

    pub(super) fn settings(&self, file: &File) -> Option<&Settings> {
        self.of(file).map(|linted| &linted.settings)
    }

    /// Forgets which exceptions were of use to an earlier run.
    pub(super) fn forget_uses(&self) {
        self.linted.iter().for_each(|linted| linted.settings.forget_uses());
    }

    /// What is wrong with the settings themselves, after all files have been linted.
    pub(super) fn unused(&self) -> Vec<Finding> {
        let unused = |linted: &Linted| linted.settings.unused(&linted.selection, linted.is_whole);
        self.linted.iter().flat_map(unused).filter(|finding| finding.level >= Level::Warning).collect()
    }

    fn of(&self, file: &File) -> Option<&Linted> {
        self.number(file).and_then(|number| self.linted.get(number))
    }

    fn number(&self, file: &File) -> Option<usize> {
        if self.linted.is_empty() { None } else { self.folders.get(folder(file)).copied() }
    }
}

/// The programs that the settings at a path describe, and our own where those say nothing; none without such settings.
///
/// # Errors
/// Settings that cannot be read, or what is wrong with them.
pub fn programs_at(path: &Path) -> Result<Option<Programs>, Stop> {
    let Some(file) = project::find(path)? else { return Ok(None) };
    let project = project::load(&file)?;
    let Some(lint) = &project.lint else { return Ok(None) };
    let settings = Settings::read(lint, file.parent().unwrap_or(Path::new("")))?;
    if settings.programs.is_empty() {
        return Ok(None);
    }
    Ok(Some(Programs::own(&settings.programs).map_err(io::Error::other)?))
}

fn real(path: &Path) -> Option<PathBuf> {
    std::fs::canonicalize(path).ok()
}

/// Where the settings of a file are. Its path is without links and dots, if it is of a file that is there.
fn settings_of(finder: &mut project::Finder, file: &File) -> io::Result<Option<PathBuf>> {
    let folder = folder(file);
    if folder.is_absolute() { finder.find_above(folder) } else { finder.find(folder) }
}

/// Where a file lies; standard input lies in the working directory.
fn folder(file: &File) -> &Path {
    file.path.as_deref().and_then(Path::parent).unwrap_or(Path::new("."))
}
