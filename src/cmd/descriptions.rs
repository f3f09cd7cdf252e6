//! Descriptions among the files that `lint` reads: what `gen` would say of them, without writing anything.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::expand::{catalogue, expand_in};
use crate::cli::CatalogueArgs;
use crate::describe::{self, Options};
use crate::diagnostic::{Finding, Level};
use crate::kube::{File, Workspace};
use crate::lint::Projects;
use crate::project::Project;
use crate::rules::INVALID_DESCRIPTION;
use crate::yaml::Document;

/// What is wrong with the descriptions of a run, without an environment and in each of theirs.
///
/// # Errors
/// A settings file that cannot be read.
pub fn check(workspace: &Workspace, projects: &Projects) -> io::Result<Vec<Finding>> {
    let descriptions: Vec<&File> = workspace.files.iter().filter(|file| file.is_description()).collect();
    let bases: HashSet<PathBuf> = descriptions.iter().flat_map(|file| bases(file)).collect();
    let mut findings = Vec::new();
    for file in descriptions.into_iter().filter(|file| file.reported) {
        // A base need not be complete: what it makes is seen where it is extended.
        if file.path.as_ref().is_some_and(|path| bases.contains(path)) {
            continue;
        }
        check_file(file, projects, &mut findings)?;
    }
    Ok(findings)
}

/// What is wrong with one description, in each of its environments.
///
/// # Errors
/// A settings file that cannot be read.
pub fn check_file(file: &File, projects: &Projects, findings: &mut Vec<Finding>) -> io::Result<()> {
    let selection = projects.selection(file);
    // Relative names in it are relative to where it lies.
    let path = if file.path.is_some() { Path::new(&file.source.name) } else { Path::new("-") };
    let folder = file.path.as_deref().and_then(Path::parent);
    let environments = describe::environments(&file.source, folder);
    let none = Project::default();
    let project = projects.project(file).unwrap_or(&none);
    let found = match catalogue(project, &CatalogueArgs::default()) {
        Ok(catalogue) => {
            let mut found = Vec::new();
            for environment in std::iter::once(None).chain(environments.into_iter().map(Some)) {
                let options = Options { environment, values_come_later: true, ..Options::default() };
                found.extend(match expand_in(&file.source, path, project, &catalogue, options)? {
                    Ok(expanded) => expanded.warnings,
                    Err(findings) => findings,
                });
            }
            found
        }
        Err(findings) => findings,
    };
    for mut finding in found {
        if finding.rule.is_none() {
            finding.rule = Some(INVALID_DESCRIPTION.id);
        }
        let is_known = |other: &Finding| {
            other.rule == finding.rule && other.primary.span == finding.primary.span && other.message == finding.message
        };
        let runs = finding.rule.is_none_or(|rule| selection.runs(rule));
        if runs && selection.shows(&finding) && finding.level > Level::Advice && !findings.iter().any(is_known) {
            findings.push(finding);
        }
    }
    Ok(())
}

/// The files that a description extends.
pub fn bases(file: &File) -> Vec<PathBuf> {
    let Some(folder) = file.path.as_deref().and_then(Path::parent) else { return Vec::new() };
    let extended = |document: &Document| document.get_str(document.root(), "extends").map(|name| folder.join(name));
    let extended = file.documents.iter().filter_map(|document| extended(document));
    extended.filter_map(|path| fs::canonicalize(path).ok()).collect()
}
