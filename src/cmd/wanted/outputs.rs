//! Descriptions that the `outputs` of a project name.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::below;
use super::{Wanted, is_description, may_be_description, once, walk};
use crate::cli::CatalogueArgs;
use crate::describe::{Options, Place};
use crate::diagnostic::{Finding, Stop};
use crate::expand::catalogue;
use crate::files::{self, Shown as _, open_regular};
use crate::kube::Globs;
use crate::output::{self, Owner};
use crate::project::{self, Output, Project};
use crate::yaml::Source;

/// Everything that a project generates.
pub struct Outputs {
    /// The settings file.
    pub settings: PathBuf,
    /// The project's folder without links.
    pub root: PathBuf,
    /// Its settings.
    pub project: Arc<Project>,
    /// All descriptions in all their environments.
    pub wanted: Vec<Wanted>,
    /// What `descriptions` names.
    pub globs: Globs,
}

/// Reads the outputs of the working directory's project.
///
/// # Errors
/// A project without outputs, a file that cannot be read, or what is wrong with the settings.
pub fn of_project(args: &CatalogueArgs) -> Result<Outputs, Stop> {
    let Some(settings) = project::find(Path::new("-"))? else {
        return Err(missing(&format!("no {} found here or above, up to the repository's root", project::FILE_NAME)));
    };
    let project = Arc::new(project::load(&settings)?);
    if project.outputs.is_empty() {
        return Err(missing(&format!("{} has no `outputs`", settings.shown())));
    }
    let catalogue = Arc::new(catalogue(&project, &args.folders)?);
    let here = if project.folder.as_os_str().is_empty() { Path::new(".") } else { &project.folder };
    let root = here.canonicalize()?;
    let patterns: Vec<String> =
        project.outputs.iter().flat_map(|output| &output.descriptions).map(|(path, _)| anchored(path)).collect();
    let mut findings = Vec::new();
    let globs = Globs::new(&root, &patterns).unwrap_or_default();
    let finder = Finder { settings: &settings, project: &project, root: &root };
    let mut wanted = Vec::new();
    let mut taken: HashMap<(PathBuf, PathBuf), Place> = HashMap::new();
    let mut sources: BTreeMap<PathBuf, Arc<Source>> = BTreeMap::new();
    for output in &project.outputs {
        for (path, (source, place)) in finder.files(output, &mut findings)? {
            // one text, however many outputs and environments
            let source = Arc::clone(sources.entry(path.clone()).or_insert(source));
            let environments: Vec<Option<&(String, Place)>> = match output.environments.as_slice() {
                [] => vec![None],
                all => all.iter().map(Some).collect(),
            };
            for environment in environments {
                let folder = match finder.folder(output, environment.map(|(name, _)| name.as_str()), &path) {
                    Ok(folder) => folder,
                    Err(stop) => {
                        findings.extend(stop.findings()?);
                        continue;
                    }
                };
                if let Some(other) = taken.insert((folder.clone(), path.clone()), place.clone()) {
                    findings.push(written_twice(&path, &folder, &place, &other));
                    continue;
                }
                wanted.push(Wanted {
                    path: path.clone(),
                    source: Arc::clone(&source),
                    options: Options {
                        environment: environment.map(|(name, _)| name.clone()),
                        environment_place: environment.map(|(_, place)| place.clone()),
                        ..Options::default()
                    },
                    project: Arc::clone(&project),
                    catalogue: Arc::clone(&catalogue),
                    folder,
                    kustomization: output.kustomization,
                    comments: output.comments,
                });
            }
        }
    }
    if !findings.is_empty() {
        return Err(once(findings).into());
    }
    Ok(Outputs { settings, root, project, wanted, globs })
}

fn missing(what: &str) -> Stop {
    const FORM: &str =
        "outputs: [{descriptions: apps/*.yaml, environments: [dev, prod], into: \"deploy/{environment}\"}]";
    let message = format!("no FILE given, and {what}; name a FILE, or write {FORM}");
    Stop::Io(io::Error::new(io::ErrorKind::NotFound, message))
}

fn written_twice(description: &Path, folder: &Path, place: &Place, other: &Place) -> Finding {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    Finding::error(
        place.label("and so does this"),
        format!("{} would be written to {} twice", description.shown(), folder.shown()),
    )
    .label(other.label("this writes it"))
    .because("the second would replace the first")
    .help("leave it out of one of the outputs, or give one of them another `into`")
}

/// As `.gitignore` writes a path from its own folder: without the slash, `*.yaml` would mean those of all folders.
fn anchored(path: &str) -> String {
    format!("/{}", path.trim_start_matches("./").trim_end_matches('/'))
}

/// The command that removes files, after what it removes: whole folders where they are all that is in one. Of many beside
/// others, the command that shows which description each comes from.
fn removal(files: &[PathBuf]) -> String {
    let mut folders: BTreeMap<&Path, Vec<&Path>> = BTreeMap::new();
    for file in files {
        folders.entry(file.parent().unwrap_or(Path::new(""))).or_default().push(file);
    }
    let mut command = "rm";
    let mut named = Vec::new();
    for (folder, files) in &folders {
        let is_all = files::sorted(folder).is_ok_and(|all| all.len() == files.len());
        if is_all && files.len() > 1 {
            command = "rm -r";
            named.push(*folder);
        } else {
            named.extend(files.iter().copied());
        }
    }
    let with = |command: &str, paths: Vec<&Path>| {
        paths.into_iter().fold(command.to_owned(), |command, path| format!("{command} {}", for_shell(path)))
    };
    let command = with(command, named);
    // what is broken into lines cannot be copied into a shell
    if command.len() <= LONGEST {
        return format!("what it made: {command}");
    }
    let search = with("grep -r patterns/source:", folders.into_keys().collect());
    format!("each file that it made; this shows the description of each: {search}")
}

/// The longest command that is shown.
const LONGEST: usize = 60;

/// A path as a shell takes it.
fn for_shell(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._/".contains(&byte));
    if is_plain { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// Descriptions and their texts.
type Descriptions = Vec<(PathBuf, Arc<Source>)>;

struct Finder<'a> {
    settings: &'a Path,
    project: &'a Project,
    root: &'a Path,
}

impl Finder<'_> {
    /// The descriptions of an output by path, with the entry that names each first.
    fn files(
        &self,
        output: &Output,
        findings: &mut Vec<Finding>,
    ) -> io::Result<BTreeMap<PathBuf, (Arc<Source>, Place)>> {
        let mut all = BTreeMap::new();
        for (pattern, place) in &output.descriptions {
            let found = if pattern.contains(['*', '?', '[']) {
                self.matched(pattern, place, output)
            } else {
                self.named(pattern, place, output)
            };
            let found = match found {
                Ok(found) => found,
                Err(stop) => {
                    findings.extend(stop.findings()?);
                    continue;
                }
            };
            for (path, source) in found {
                match project::find(&path)? {
                    Some(settings) if settings == self.settings => {
                        all.entry(path).or_insert((source, place.clone()));
                    }
                    other => findings.push(Self::elsewhere(&path, other.as_deref(), place)),
                }
            }
        }
        Ok(all)
    }

    /// One file, or the descriptions of one folder.
    fn named(&self, path: &str, place: &Place, output: &Output) -> Result<Descriptions, Stop> {
        let shown = self.project.folder.join(path);
        let real = match shown.canonicalize() {
            Ok(real) => real,
            Err(error) => {
                let message = format!("cannot read {}: {}", shown.shown(), files::why(&shown, &error));
                let finding = Finding::error(place.label(""), message);
                let finding = finding.because("paths start in the folder of .patterns.yaml");
                return Err(self.with_remains(finding, path, output).into());
            }
        };
        if !real.starts_with(self.root) {
            return Err(self.outside(&shown, place).into());
        }
        if !real.is_dir() {
            return Ok(vec![(shown.clone(), Arc::new(open_regular(&shown)?))]);
        }
        let found = below(&shown)?;
        if found.is_empty() { Err(self.nothing(path, place, output).into()) } else { Ok(found) }
    }

    /// The descriptions that a glob means. Other files that it meets are left alone: what a description names lies
    /// beside it.
    fn matched(&self, pattern: &str, place: &Place, output: &Output) -> Result<Descriptions, Stop> {
        let globs = match Globs::new(self.root, &[anchored(pattern)]) {
            Ok(globs) => globs,
            Err(error) => return Err(Finding::error(place.label(""), error.to_string()).into()),
        };
        let fixed: PathBuf = pattern.split('/').take_while(|part| !part.contains(['*', '?', '['])).collect();
        let start = self.root.join(&fixed);
        let mut found = Vec::new();
        // what is not there matches nothing
        let entries = if start.is_dir() { walk(&start)? } else { Vec::new() };
        for entry in entries {
            let Some(kind) = entry.file_type().filter(|kind| !kind.is_dir()) else { continue };
            let is_meant = globs.match_file(entry.path()) && may_be_description(entry.path());
            let Some(below) = entry.path().strip_prefix(self.root).ok().filter(|_| is_meant) else { continue };
            let path = self.project.folder.join(below);
            if kind.is_symlink() && !entry.path().canonicalize()?.starts_with(self.root) {
                return Err(self.outside(&path, place).into());
            }
            let source = Arc::new(open_regular(&path)?);
            if is_description(&source) {
                found.push((path, source));
            }
        }
        if found.is_empty() { Err(self.nothing(pattern, place, output).into()) } else { Ok(found) }
    }

    /// The folder that an output writes.
    fn folder(&self, output: &Output, environment: Option<&str>, description: &Path) -> Result<PathBuf, Stop> {
        let stem = description.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let into = output.into.fill(environment, &stem);
        let folder = match output::resolve(self.root, &into)? {
            Ok(folder) => folder,
            Err((at, why)) => {
                let at = self.project.folder.join(at);
                let finding = Finding::error(output.into.place.label(""), format!("{} {why}", at.shown()))
                    .because("settings come with a repository, and must not write anything outside it")
                    .help("remove what is there, or write elsewhere with `patterns gen FILE -o DIR`");
                return Err(finding.into());
            }
        };
        let below = folder.strip_prefix(self.root).unwrap_or(&folder);
        if below.components().any(|part| part.as_os_str() == ".git") {
            return Err(Finding::error(output.into.place.label(""), "`into` leads into .git").into());
        }
        Ok(self.project.folder.join(below))
    }

    fn outside(&self, path: &Path, place: &Place) -> Finding {
        Finding::error(place.label(""), format!("{} leads out of the project", path.shown()))
            .because(format!("files named in {} must be in its folder or below", self.settings.shown()))
            .help("copy the file, or extend it from a description in the project")
    }

    fn nothing(&self, path: &str, place: &Place, output: &Output) -> Finding {
        let shown = self.project.folder.join(path);
        let finding = Finding::error(place.label(""), format!("{} contains no description", shown.shown()))
            .because("a description starts with `patterns: v1`; files that git ignores are left out")
            .help("descriptions: apps/*.yaml, a folder, or a list of both, from the folder of .patterns.yaml");
        self.with_remains(finding, path, output)
    }

    /// Says how to remove what was generated from descriptions that are gone, all of them: a run does not, because a
    /// wrong path looks the same.
    fn with_remains(&self, finding: Finding, path: &str, output: &Output) -> Finding {
        let here = |path: PathBuf| path.strip_prefix(self.root).map(|below| self.project.folder.join(below));
        let folders: Vec<PathBuf> =
            output::left_by(self.root, &output.into).into_iter().filter_map(|path| here(path).ok()).collect();
        let of_path = Globs::new(self.root, &[anchored(path)]).unwrap_or_default();
        let owner = Owner::of_project(std::iter::empty(), self.root, of_path);
        let remains = output::changes(&[], &folders, &owner).map(|changes| changes.removed).unwrap_or_default();
        if remains.is_empty() {
            return finding;
        }
        let count = if remains.len() == 1 { "1 file".to_owned() } else { format!("{} files", remains.len()) };
        finding
            .because(format!(
                "{count} of descriptions that are gone remain; none is removed, because a wrong path looks the same"
            ))
            .help(format!("correct the path; or, to drop them, delete this entry and {}", removal(&remains)))
    }

    fn elsewhere(path: &Path, settings: Option<&Path>, place: &Place) -> Finding {
        let whose = settings.map_or_else(|| "another repository".to_owned(), files::Shown::shown);
        Finding::error(place.label(""), format!("{} belongs to {whose}", path.shown()))
            .because("only the nearest settings apply to a description, never two of them combined")
            .help("run `patterns gen` there, or leave it out here")
    }
}
