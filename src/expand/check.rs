//! Descriptions among the files that `lint` reads: what `gen` would say of them, without writing anything.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{catalogue, expand_in};
use crate::describe::{self, Options};
use crate::diagnostic::{Finding, Identity, Label, Level};
use crate::kube::{File, Workspace};
use crate::limits;
use crate::lint::Projects;
use crate::project::Project;
use crate::rules::INVALID_DESCRIPTION;
use crate::words::list;
use crate::yaml::Document;

/// What is wrong with the descriptions of a run, without an environment and in each of theirs. Of those that are not
/// reported, what speaks of a file that is: a base that others extend.
///
/// # Errors
/// A settings file that cannot be read.
pub fn check(workspace: &Workspace, projects: &Projects) -> io::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for file in whole(&workspace.files) {
        findings.extend(check_file(file, projects)?);
    }
    if findings.is_empty() {
        return Ok(findings);
    }
    let files = || workspace.files.iter();
    let reported: HashSet<&Path> =
        files().filter(|file| file.reported).filter_map(|file| file.path.as_deref()).collect();
    let names: HashMap<&str, bool> = files().map(|file| (file.source.name.as_str(), file.reported)).collect();
    let is_reported = |label: &Label| {
        let name = label.source.name.as_str();
        // a base is read as the description that extends it calls it
        let by_path = || fs::canonicalize(name).is_ok_and(|path| reported.contains(path.as_path()));
        names.get(name).copied().unwrap_or_else(by_path)
    };
    findings.retain(|finding| std::iter::once(&finding.primary).chain(&finding.labels).any(is_reported));
    // what is wrong with a base is wrong in each description that extends it
    let mut seen = HashSet::new();
    findings.retain(|finding| seen.insert(finding.identity()));
    Ok(findings)
}

/// The descriptions to look at: those that are reported, and those that extend one that is. A base need not be
/// complete: what it makes is seen where it is extended, if anywhere.
pub fn whole(files: &[File]) -> Vec<&File> {
    let descriptions: Vec<&File> = files.iter().filter(|file| file.is_description()).collect();
    let bases: HashMap<&Path, Vec<PathBuf>> =
        descriptions.iter().filter_map(|file| Some((file.path.as_deref()?, bases(file)))).collect();
    let extended: HashSet<&PathBuf> = bases.values().flatten().collect();
    let path = |file: &File| file.path.clone().unwrap_or_default();
    let ends = descriptions.iter().copied().filter(|file| !extended.contains(&path(file)));
    let below = |file: &File| {
        let mut below = HashSet::from([path(file)]);
        let mut waiting = vec![path(file)];
        while let Some(base) = waiting.pop() {
            let further = bases.get(base.as_path()).into_iter().flatten();
            waiting.extend(further.filter(|base| below.insert((*base).clone())).cloned());
        }
        below
    };
    let is_reported: HashSet<PathBuf> =
        descriptions.iter().filter(|file| file.reported).map(|file| path(file)).collect();
    let mut seen = HashSet::new();
    let mut chosen = Vec::new();
    for end in ends {
        let below = below(end);
        if end.reported || below.iter().any(|path| is_reported.contains(path)) {
            chosen.push(end);
        }
        seen.extend(below);
    }
    // those that only extend each other
    chosen
        .extend(descriptions.iter().filter(|file| file.reported && !seen.contains(&path(file)) && file.path.is_some()));
    chosen
}

/// What is wrong with one description, in each of its environments.
///
/// # Errors
/// A settings file that cannot be read.
pub fn check_file(file: &File, projects: &Projects) -> io::Result<Vec<Finding>> {
    let selection = projects.selection(file);
    // Relative names in it are relative to where it lies.
    let path = if file.path.is_some() { Path::new(&file.source.name) } else { Path::new("-") };
    let folder = file.path.as_deref().and_then(Path::parent);
    let mut environments = describe::environments(&file.source, folder);
    // more than the limit are a mistake that shows without any of them
    if environments.len() > limits::ENVIRONMENTS.count() {
        environments.clear();
    }
    let none = Project::default();
    let project = projects.project(file).unwrap_or(&none);
    let mut found = ByEnvironment::default();
    match catalogue(project, &[]) {
        Ok(catalogue) => {
            for environment in std::iter::once(None).chain(environments.iter().map(Some)) {
                let options =
                    Options { environment: environment.cloned(), values_come_later: true, ..Options::default() };
                let findings = match expand_in(&file.source, path, project, &catalogue, options) {
                    Ok(expanded) => expanded.warnings,
                    Err(stop) => stop.findings()?,
                };
                found.add(findings, environment);
            }
        }
        Err(findings) => found.add(findings, None),
    }
    let is_shown = |finding: &Finding| {
        let runs = finding.rule.is_none_or(|rule| selection.runs(rule));
        runs && selection.shows(finding) && finding.level > Level::Advice
    };
    Ok(found.into_findings().filter(is_shown).collect())
}

/// What is wrong with a description, and in which of its environments.
#[derive(Default)]
struct ByEnvironment {
    findings: Vec<(Finding, Vec<String>)>,
    places: HashMap<Identity, usize>,
}

impl ByEnvironment {
    fn add(&mut self, findings: Vec<Finding>, environment: Option<&String>) {
        for mut finding in findings {
            if finding.rule.is_none() {
                finding.rule = Some(INVALID_DESCRIPTION.id);
            }
            match (self.places.entry(finding.identity()), environment) {
                (Entry::Vacant(place), _) => {
                    place.insert(self.findings.len());
                    self.findings.push((finding, environment.cloned().into_iter().collect()));
                }
                (Entry::Occupied(at), Some(environment)) => {
                    let environments = &mut self.findings[*at.get()].1;
                    // one that is wrong in itself is wrong everywhere
                    if environments.last().is_some_and(|last| last != environment) {
                        environments.push(environment.clone());
                    }
                }
                (Entry::Occupied(_), None) => {}
            }
        }
    }

    /// All of them; those that only some environments have say which.
    fn into_findings(self) -> impl Iterator<Item = Finding> {
        self.findings.into_iter().map(|(mut finding, environments)| {
            let names: Vec<&str> = environments.iter().map(String::as_str).collect();
            let noun = if names.len() == 1 { "environment" } else { "environments" };
            if !names.is_empty() {
                finding.message = format!("{} (in the {noun} {})", finding.message, list(&names));
            }
            finding
        })
    }
}

/// The files that a description extends.
pub fn bases(file: &File) -> Vec<PathBuf> {
    let Some(folder) = file.path.as_deref().and_then(Path::parent) else { return Vec::new() };
    let extended = |document: &Document| document.get_str(document.root(), "extends").map(|name| folder.join(name));
    let extended = file.documents.iter().filter_map(|document| extended(document));
    extended.filter_map(|path| fs::canonicalize(path).ok()).collect()
}
