//! A run over a workspace: rules look at all of it and at each file, then each file has its findings as its project wants
//! them.

use std::sync::Arc;

use rayon::prelude::*;

use super::checks::OfFiles;
use super::{Kept, Projects, checks, drop_what_is_said_anyway, in_order, same_place};
use super::{ignores, origin, policies, unknown_fields};
use crate::diagnostic::Finding;
use crate::kube::{FastMap, FastSet, File, Index, Object, Workspace};
use crate::yaml::Source;

/// What a run has besides its files.
#[derive(Debug, Default)]
pub struct Options<'run> {
    /// What is wrong with the descriptions of the workspace, for which settings and comments hold too.
    pub of_descriptions: Vec<Finding>,
    /// What an earlier run has found: it [counts](Kept) for the files that are the same, and what is found now is kept
    /// for the next run.
    pub kept: Option<&'run mut Kept>,
}

/// Lints a workspace, each file with its project's settings, and returns the selected findings, sorted.
#[must_use]
pub fn run(workspace: &Workspace, projects: &Projects, options: Options<'_>) -> Vec<Finding> {
    let mut none = Kept::for_one_run();
    let kept = options.kept.unwrap_or(&mut none);
    projects.forget_uses();
    let (across, of_policies) = check(workspace, projects, kept);
    let mut run = Run {
        workspace,
        projects,
        kept,
        across: by_file(across),
        described: by_file(options.of_descriptions),
        named: workspace.files.iter().filter(|file| file.reported).map(|file| address(&file.source)).collect(),
    };
    let mut findings = run.of_files();
    findings.extend(run.of_bases());
    origin::trace(workspace, projects, &mut findings);
    findings.extend(projects.unused());
    findings.extend(of_policies);
    in_order(findings)
}

/// Reads again what Pods do where an earlier run is in [doubt](Kept::doubt), and nothing else.
pub fn read_facts_again(workspace: &Workspace, projects: &Projects, kept: &mut Kept) {
    let objects: Vec<&Object> = workspace.objects().collect();
    kept.retain(workspace);
    read_facts(&Index::of(&objects), projects, kept);
}

/// Runs the rules where nothing is kept. What is found in each file alone is kept; what is found by looking at several
/// is returned, and after it what is wrong with policies that are no part of the run.
fn check(workspace: &Workspace, projects: &Projects, kept: &mut Kept) -> (Vec<Finding>, Vec<Finding>) {
    let together = projects.together();
    let most = kept.most;
    kept.retain(workspace);
    // first, because what follows asks which objects the server accepts
    let checks = projects.for_selections(OfFiles::of);
    kept.read_files(workspace, |file| checks::file(file, projects.among(&checks, file), most));
    let objects: Vec<&Object> = workspace.objects().collect();
    let index = Index::of(&objects);
    let (mut across, ()) = rayon::join(
        || checks::together(&index, &together, &|object| projects.targets_of(object), most),
        || read_facts(&index, projects, kept),
    );
    across.extend(kept.facts(workspace));
    drop(index);
    let (by_policies, mut of_policies) = policies::check(workspace, projects, &together, most);
    across.extend(by_policies);
    of_policies.retain(|finding| together.shows(finding));
    (across, of_policies)
}

fn read_facts(index: &Index<'_>, projects: &Projects, kept: &mut Kept) {
    let together = projects.together();
    let most = kept.most;
    kept.read_facts(index, |objects| {
        checks::facts(objects, index, &together, &|object| projects.programs_of(object), most)
    });
}

/// Findings by the [address] of the file that they are in.
type ByFile = FastMap<usize, Vec<Finding>>;

fn by_file(findings: Vec<Finding>) -> ByFile {
    let mut by_file = ByFile::default();
    for finding in findings {
        by_file.entry(address(&finding.primary.source)).or_default().push(finding);
    }
    by_file
}

fn address(source: &Arc<Source>) -> usize {
    Arc::as_ptr(source).addr()
}

/// All that was found in a workspace.
struct Run<'run> {
    workspace: &'run Workspace,
    projects: &'run Projects,
    /// What was found in each file alone.
    kept: &'run mut Kept,
    /// What was found by looking at several files.
    across: ByFile,
    /// What is wrong with descriptions.
    described: ByFile,
    /// The files that were asked for.
    named: FastSet<usize>,
}

impl Run<'_> {
    /// The findings of each file that has a say.
    fn of_files(&mut self) -> Vec<Finding> {
        let workspace = self.workspace;
        let looked_at: Vec<&File> = workspace.files.iter().filter(|file| self.looks_at(file)).collect();
        let found: Vec<(&File, Vec<Finding>)> = looked_at.into_iter().map(|file| (file, self.take(file))).collect();
        let run = &*self;
        let per_file: Vec<Vec<Finding>> = found.into_par_iter().map(|(file, found)| run.of_file(file, found)).collect();
        per_file.into_iter().flatten().collect()
    }

    /// What was found in a file, alone and among others.
    fn take(&mut self, file: &File) -> Vec<Finding> {
        let mut findings = if file.reported { self.kept.of(file) } else { Vec::new() };
        let selection = self.projects.selection(file);
        let across = self.across.remove(&address(&file.source)).unwrap_or_default();
        findings.extend(across.into_iter().filter(|finding| finding.rule.is_none_or(|rule| selection.runs(rule))));
        findings
    }

    /// Bases are read by the descriptions that extend them, also where the run does not look.
    fn of_bases(&self) -> impl Iterator<Item = Finding> {
        let there: FastSet<usize> = self.workspace.files.iter().map(|file| address(&file.source)).collect();
        let elsewhere = self.described.iter().filter(move |(file, _)| !there.contains(file));
        elsewhere.flat_map(|(_, found)| found).cloned()
    }

    fn looks_at(&self, file: &File) -> bool {
        file.reported
            || !self.described(file).is_empty()
            || self.across(file).iter().any(|finding| self.speaks_of_named(finding))
    }

    /// The findings of a file as its comments, its settings and the selection want them.
    fn of_file(&self, file: &File, mut findings: Vec<Finding>) -> Vec<Finding> {
        let selection = self.projects.selection(file);
        let except = |findings: &mut Vec<Finding>| {
            if let Some(settings) = self.projects.settings(file) {
                settings.except(file, findings);
            }
        };
        if file.reported {
            let targets_of = |object: &Object| self.projects.targets_of(object);
            findings.extend(unknown_fields::behind_ignored(file, selection, targets_of, |found| {
                ignores::take_out(file, found);
                except(found);
            }));
        }
        drop_what_is_said_anyway(&mut findings);
        findings.extend_from_slice(self.described(file));
        ignores::apply(file, selection, &mut findings);
        except(&mut findings);
        for finding in &mut findings {
            selection.set_level(finding);
        }
        findings.retain(|finding| selection.shows(finding) && self.counts(file, finding));
        findings
    }

    fn counts(&self, file: &File, finding: &Finding) -> bool {
        let is_of_description = || self.described(file).iter().any(|described| same_place(described, finding));
        file.reported || self.speaks_of_named(finding) || is_of_description()
    }

    /// A change of a named file may break another: what is found there is reported if it speaks of the named one.
    fn speaks_of_named(&self, finding: &Finding) -> bool {
        finding.labels.iter().any(|label| self.named.contains(&address(&label.source)))
    }

    fn across(&self, file: &File) -> &[Finding] {
        self.across.get(&address(&file.source)).map_or(&[], Vec::as_slice)
    }

    fn described(&self, file: &File) -> &[Finding] {
        self.described.get(&address(&file.source)).map_or(&[], Vec::as_slice)
    }
}
