//! Descriptions that the command line names.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Wanted, is_description, may_be_description, walk};
use crate::cli::DescriptionArgs;
use crate::cmd::reading::options;
use crate::describe;
use crate::diagnostic::Stop;
use crate::expand::catalogue;
use crate::files::Shown as _;
use crate::files::open;
use crate::pattern::Catalogue;
use crate::project::{self, Project};
use crate::yaml::Source;

/// Files as they are named, and the descriptions in folders, each once; all of them with the same arguments.
///
/// # Errors
/// A file that cannot be read, or what is wrong with the arguments or with settings.
pub fn of_files(paths: &[PathBuf], args: &DescriptionArgs) -> Result<Vec<Wanted>, Stop> {
    let options = options(args)?;
    let mut projects: HashMap<Option<PathBuf>, (Arc<Project>, Arc<Catalogue>)> = HashMap::new();
    let (mut all, mut findings) = (Vec::new(), Vec::new());
    for (path, source) in inputs(paths)? {
        let settings = project::find(&path)?;
        if !projects.contains_key(&settings) {
            match project_at(settings.as_deref(), args) {
                Ok(project) => drop(projects.insert(settings.clone(), project)),
                Err(stop) => {
                    findings.extend(stop.findings()?);
                    continue;
                }
            }
        }
        let Some((project, catalogue)) = projects.get(&settings) else { continue };
        all.push(Wanted {
            path,
            source,
            options: options.clone(),
            project: Arc::clone(project),
            catalogue: Arc::clone(catalogue),
            folder: PathBuf::new(),
            kustomization: false,
            comments: false,
        });
    }
    share_out(&mut all);
    if findings.is_empty() { Ok(all) } else { Err(findings.into()) }
}

/// A project and its patterns.
fn project_at(settings: Option<&Path>, args: &DescriptionArgs) -> Result<(Arc<Project>, Arc<Catalogue>), Stop> {
    let project = settings.map_or(Ok(Project::default()), project::load)?;
    let catalogue = catalogue(&project, &args.catalogue.folders)?;
    Ok((Arc::new(project), Arc::new(catalogue)))
}

/// What the command line asks for is asked of the descriptions that have it, if one of several has: the others are as
/// they are without it. What none has is wrong, and is said once.
fn share_out(all: &mut [Wanted]) {
    if all.len() < 2 {
        return;
    }
    if let Some(environment) = all[0].options.environment.clone() {
        let names: Vec<_> = all.iter().map(|wanted| describe::environments(&wanted.source, folder(wanted))).collect();
        for (wanted, _) in all.iter_mut().zip(asked(&names, &environment)).filter(|(_, asked)| !asked) {
            wanted.options.environment = None;
        }
    }
    let settings = all[0].options.settings.clone();
    if settings.is_empty() {
        return;
    }
    let names: Vec<_> = all.iter().map(|wanted| describe::parameters(&wanted.source, folder(wanted))).collect();
    for setting in settings {
        for (wanted, _) in all.iter_mut().zip(asked(&names, &setting.name)).filter(|(_, asked)| !asked) {
            wanted.options.settings.retain(|other| other.name != setting.name);
        }
    }
}

/// Where the relative paths of a description start; standard input has none.
fn folder(wanted: &Wanted) -> Option<&Path> {
    wanted.path.parent().filter(|_| wanted.path.as_os_str() != "-")
}

/// Of which descriptions something is asked: of those whose names have it, or of one, which then says what it has.
fn asked(names: &[Vec<String>], name: &str) -> Vec<bool> {
    if names.iter().any(|names| names.iter().any(|one| one == name)) {
        return names.iter().map(|names| names.iter().any(|one| one == name)).collect();
    }
    let one = names.iter().position(|names| !names.is_empty()).unwrap_or(0);
    (0..names.len()).map(|at| at == one).collect()
}

fn inputs(paths: &[PathBuf]) -> io::Result<Vec<(PathBuf, Arc<Source>)>> {
    let mut seen = HashSet::new();
    let mut inputs = Vec::new();
    let mut is_new = |path: &Path| seen.insert(path.canonicalize().unwrap_or_else(|_| path.to_owned()));
    for path in paths {
        if path.as_os_str() == "-" || !path.is_dir() {
            if is_new(path) {
                inputs.push((path.clone(), Arc::new(open(path)?)));
            }
            continue;
        }
        let found = below(path)?;
        if found.is_empty() {
            let message = format!("{} contains no description; a description starts with `patterns: v1`", path.shown());
            return Err(io::Error::new(io::ErrorKind::NotFound, message));
        }
        inputs.extend(found.into_iter().filter(|(path, _)| is_new(path)));
    }
    Ok(inputs)
}

/// The descriptions below a folder.
pub(super) fn below(folder: &Path) -> io::Result<Vec<(PathBuf, Arc<Source>)>> {
    let mut found = Vec::new();
    for entry in walk(folder)? {
        // what a link leads to is found by its own path
        if !entry.file_type().is_some_and(|kind| kind.is_file()) || !may_be_description(entry.path()) {
            continue;
        }
        let path = entry.path().strip_prefix("./").unwrap_or(entry.path()).to_owned();
        let source = Arc::new(open(&path)?);
        if is_description(&source) {
            found.push((path, source));
        }
    }
    Ok(found)
}
