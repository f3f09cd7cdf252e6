//! Reads, expands and lints a description, for the commands and the editor.

mod alone;
mod blame;
mod bug;
mod check;
mod depth;
mod disks;
mod folders;
mod guards;
mod mounted;
mod owners;
mod started;
mod tokens;
mod verify;
mod volumes;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value as Json;

pub use check::{bases, check, check_file, whole};
pub use folders::lacking as lacking_folders;
pub use volumes::{Lacking, lacking as lacking_volumes};

use crate::describe::{self, Description, Options};
use crate::diagnostic::{Finding, Level, Stop};
use crate::kube::File;
use crate::pattern::{self, Catalogue, Made};
use crate::project::{self, Project};
use crate::yaml::{self, Part, Source};

/// The output of a description.
pub struct Expanded {
    /// The patterns that were there to use.
    pub catalogue: Catalogue,
    /// Its documents.
    pub descriptions: Vec<Description>,
    /// The objects in apply order.
    pub made: Vec<Made>,
    /// What its patterns want to be said.
    pub notes: Vec<String>,
    /// What is not wrong enough to stop.
    pub warnings: Vec<Finding>,
}

/// Expands a description with the settings of its project, and lints the output; or returns everything that is wrong
/// with it. `file` is where it was read from; `folders` are of further patterns.
///
/// # Errors
/// What is wrong with it, or a file that cannot be read.
pub fn expand_text(source: &Arc<Source>, file: &Path, folders: &[PathBuf], options: Options) -> Result<Expanded, Stop> {
    let project = project::nearest(file)?.unwrap_or_default();
    let catalogue = catalogue(&project, folders)?;
    expand_in(source, file, &project, &catalogue, options)
}

/// The same with a project and patterns that have already been read.
///
/// # Errors
/// What is wrong with it, or a file that cannot be read.
pub fn expand_in(
    source: &Arc<Source>,
    file: &Path,
    project: &Project,
    catalogue: &Catalogue,
    options: Options,
) -> Result<Expanded, Stop> {
    let options = Options { default_target: project.target, default_pull: project.pull.clone(), ..options };
    let folder = file.parent().filter(|_| file.as_os_str() != "-");
    let (descriptions, mut findings) = describe::read(source, folder, &options);
    let elsewhere: Vec<Finding> =
        descriptions.iter().flat_map(|description| pattern::check_elsewhere(catalogue, description)).collect();
    let is_open = descriptions.iter().any(|description| description.lacks_values);
    if !findings.is_empty() || !elsewhere.is_empty() || is_open {
        findings.extend(descriptions.iter().flat_map(|description| pattern::check(catalogue, description)));
        findings.extend(elsewhere);
        return Err(findings.into());
    }
    let mut made = pattern::expand(catalogue, &descriptions)?;
    pattern::sort(&mut made);
    let twice = repeated(made.iter());
    if !twice.is_empty() {
        // which of the two is meant, the linter cannot know either
        return Err(twice.into());
    }
    let deep = depth::check(&made);
    if !deep.is_empty() {
        return Err(deep.into());
    }
    findings.extend(verify::verify(&made, &descriptions, catalogue)?);
    if findings.iter().any(|finding| finding.level == Level::Error) {
        return Err(findings.into());
    }
    let mut notes = pattern::notes(catalogue, &descriptions)?;
    notes.extend(guards::notes(&made, &descriptions, catalogue)?);
    notes.extend(tokens::notes(&made));
    notes.extend(alone::notes(&made, &descriptions));
    notes.extend(owners::notes(&made));
    notes.extend(disks::notes(&made));
    notes.extend(volumes::notes(&made, &descriptions)?);
    Ok(Expanded { catalogue: catalogue.clone(), descriptions, made, notes, warnings: findings })
}

/// A file's manifests, if it holds Kubernetes objects and is not a description.
pub fn manifests(source: &Arc<Source>) -> Option<File> {
    let is_description = yaml::read(source).into_iter().any(|part| match part {
        Part::Document(document) => document.get(document.root(), "patterns").is_some(),
        Part::Refused(_) => false,
    });
    (!is_description).then(|| File::read(source)).filter(|file| !file.objects.is_empty())
}

/// The patterns named by the working directory's project and the command line.
///
/// # Errors
/// A settings file that cannot be read, or what is wrong with it or with a folder.
pub fn catalogue_here(folders: &[PathBuf]) -> Result<Catalogue, Stop> {
    let project = project::nearest(Path::new("-"))?.unwrap_or_default();
    Ok(catalogue(&project, folders)?)
}

/// The built-in patterns with those of the project and of the command line.
///
/// # Errors
/// What is wrong with a folder, or with the project's images.
pub fn catalogue(project: &Project, folders: &[PathBuf]) -> Result<Catalogue, Vec<Finding>> {
    let mut catalogue = Catalogue::built_in();
    let mut findings = Vec::new();
    let flags = folders.iter().map(|folder| {
        let place = describe::named_by_flag("--catalogue", &folder.display().to_string());
        (folder.clone(), place)
    });
    let mut seen = HashSet::new();
    for (folder, place) in project.catalogue.iter().cloned().chain(flags) {
        if !seen.insert(folder.canonicalize().unwrap_or_else(|_| folder.clone())) {
            continue;
        }
        findings.extend(catalogue.add(&folder, &place).err().unwrap_or_default());
    }
    findings.extend(catalogue.replace_images(&project.images));
    if findings.is_empty() { Ok(catalogue) } else { Err(findings) }
}

/// Objects of one kind, group, namespace and name: the second would replace the first.
pub fn repeated<'made>(objects: impl Iterator<Item = &'made Made>) -> Vec<Finding> {
    let mut seen: HashMap<[String; 4], &Made> = HashMap::new();
    let mut findings = Vec::new();
    for made in objects {
        let text = |pointer| made.object.pointer(pointer).and_then(Json::as_str).unwrap_or_default().to_owned();
        let group = text("/apiVersion").rsplit_once('/').map(|(group, _)| group.to_owned()).unwrap_or_default();
        let id = [text("/kind"), group, text("/metadata/namespace"), text("/metadata/name")];
        let name = format!("{}/{}", id[0], id[3]);
        if let Some(first) = seen.insert(id, made) {
            let place = |made: &Made| made.blame.clone().unwrap_or_else(|| made.origin.clone());
            findings.push(
                Finding::error(place(made).label("this makes it again"), format!("{name} would be generated twice"))
                    .label(place(first).label("this makes it"))
                    .because("the second would replace the first")
                    .help("give one of them another name, or use `patch` to change the one that a pattern generates"),
            );
        }
    }
    findings
}
