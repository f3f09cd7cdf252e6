//! What is wrong in the files of the open folders, by file.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lsp_types::Uri;

use super::super::buffers::Buffers;
use super::super::uris;
use super::{Folders, Stamp};
use crate::diagnostic::{self, Finding, Stop};
use crate::expand;
use crate::files;
use crate::kube::{File, Workspace};
use crate::limits;
use crate::lint::baseline::Baseline;
use crate::lint::{self, Options, Overrides, Projects, Selection};
use crate::secrets::Secrets;
use crate::yaml::Source;

/// What is wrong in one file.
#[derive(Debug)]
pub struct OfFile {
    /// The file.
    pub uri: Uri,
    /// In order of place.
    pub findings: Vec<Finding>,
}

/// What files are called by the client, by what messages call them.
#[derive(Debug)]
pub struct Names<'a> {
    buffers: &'a Buffers,
    paths: HashMap<String, PathBuf>,
}

impl Names<'_> {
    /// The URI of a file that findings speak of; none for a text without a file.
    #[must_use]
    pub fn uri(&self, source: &Source) -> Option<Uri> {
        let path = self.paths.get(&source.name).cloned();
        let path = path.unwrap_or_else(|| files::identity(Path::new(&source.name)));
        let of_buffer = self.buffers.of_file(&path).map(|buffer| buffer.uri.clone());
        of_buffer.or_else(|| path.is_absolute().then(|| uris::uri(&path))?)
    }
}

/// What is wrong with a text that belongs to no open folder.
fn of_one(workspace: &Workspace) -> Result<Vec<Finding>, Stop> {
    let projects = Projects::load(workspace, Selection::default(), Overrides::default())?;
    if workspace.files.iter().any(|file| projects.excludes(file)) {
        return Ok(Vec::new());
    }
    let of_descriptions = expand::check(workspace, &projects)?;
    let mut findings = lint::run(workspace, &projects, Options { of_descriptions, kept: None });
    let own: HashSet<&str> = workspace.files.iter().map(|file| file.source.name.as_str()).collect();
    findings.retain(|finding| own.contains(finding.primary.source.name.as_str()));
    Ok(findings)
}

/// What is wrong with the descriptions among some files, each looked at once as long as it stays as it is.
fn of_descriptions(
    workspace: &Workspace,
    projects: &Projects,
    known: &mut HashMap<usize, (Arc<Source>, Vec<Finding>)>,
) -> Vec<Finding> {
    let descriptions = expand::whole(&workspace.files);
    let there: HashSet<usize> = descriptions.iter().map(|file| address(&file.source)).collect();
    known.retain(|address, _| there.contains(address));
    let mut all = Vec::new();
    for file in descriptions {
        let (_, findings) = known.entry(address(&file.source)).or_insert_with(|| {
            // Settings that cannot be read are said of themselves.
            (Arc::clone(&file.source), expand::check_file(file, projects).unwrap_or_default())
        });
        all.extend(findings.iter().cloned());
    }
    all
}

/// The baseline that the settings name. One that is not there or cannot be read hides nothing.
fn baseline(projects: &Projects) -> Option<Baseline> {
    let file = projects.shared(|settings| settings.baseline.as_ref())?;
    let bytes = files::read_regular(&file.path, limits::INPUT).ok()?;
    Baseline::read(&file.path, bytes).ok()
}

pub(super) fn address(source: &Arc<Source>) -> usize {
    Arc::as_ptr(source).addr()
}

pub(super) fn stamp(path: &Path) -> Stamp {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

impl Folders {
    pub(super) fn find(&mut self) -> BTreeMap<String, OfFile> {
        let mut findings = self.of_settings.clone();
        if let Some(projects) = &self.projects {
            let of_descriptions = of_descriptions(&self.workspace, projects, &mut self.of_descriptions);
            let options = Options { of_descriptions, kept: Some(&mut self.kept) };
            findings.extend(lint::run(&self.workspace, projects, options));
            if let Some(baseline) = baseline(projects) {
                baseline.apply(&self.workspace, projects, &mut findings);
            }
        }
        diagnostic::sort(&mut findings);
        lint::cut(&mut findings);
        let secrets = Secrets::with_known(&self.workspace.files, std::mem::take(&mut self.hidden));
        secrets.mask(&mut findings);
        self.hidden = secrets.into_known();
        let mut all: BTreeMap<String, OfFile> = BTreeMap::new();
        let mut add = |uri: Option<Uri>, finding: Finding| {
            let Some(uri) = uri else { return };
            let of_file = all.entry(uri.as_str().to_owned());
            of_file.or_insert_with(|| OfFile { uri, findings: Vec::new() }).findings.push(finding);
        };
        let names = self.names();
        for finding in findings {
            add(names.uri(&finding.primary.source), finding);
        }
        let mut unreadable = None;
        for buffer in self.buffers.iter() {
            for (workspace, file) in buffer.apart.iter().filter_map(|apart| Some((apart, apart.files.first()?))) {
                let findings = of_one(workspace).or_else(Stop::findings).unwrap_or_else(|error| {
                    unreadable = Some(error.to_string());
                    Vec::new()
                });
                let mut findings = findings;
                Secrets::of_files(&workspace.files).mask(&mut findings);
                for finding in findings {
                    let is_own = finding.primary.source.name == file.source.name;
                    add(if is_own { Some(buffer.uri.clone()) } else { names.uri(&finding.primary.source) }, finding);
                }
            }
        }
        self.unreadable.of_apart = unreadable;
        all
    }

    /// What files are called by the client.
    #[must_use]
    pub fn names(&self) -> Names<'_> {
        let of_file = |file: &'_ File| Some((file.source.name.clone(), file.path.clone()?));
        let files = self.workspace.files.iter().filter(|file| !file.is_generated);
        Names { buffers: &self.buffers, paths: files.filter_map(of_file).collect() }
    }
}
