//! Runs the rules over a workspace: selects rules, applies ignores, decides what is shown.

pub mod baseline;
mod described;
pub mod fingerprint;
pub mod fix;
mod ignores;
mod kept;
mod origin;
mod policies;
mod projects;
mod selection;
pub mod settings;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;

use crate::diagnostic::{Finding, Level, RuleId, sort};
use crate::facts::{PodFacts, Programs};
use crate::kube::validation::Targets;
use crate::kube::{File, Index, Object, PodView, WORTH_THREADS, Workspace};
use crate::limits;
use crate::rules::{self, Check, Found, FoundAnywhere, Rule, Source, SourceCheck};
use crate::yaml::Document;

pub use kept::Kept;
pub use projects::{Overrides, Projects, programs_at};
pub use selection::{Selection, UnknownName};
pub use settings::schema as settings_schema;

/// Lints a workspace without project settings, and returns the selected findings, sorted.
#[must_use]
pub fn workspace(workspace: &Workspace, selection: &Selection) -> Vec<Finding> {
    run(workspace, &Projects::none(selection.clone()))
}

/// Lints a workspace, each file with its project's settings, and returns the selected findings, sorted.
#[must_use]
pub fn run(workspace: &Workspace, projects: &Projects) -> Vec<Finding> {
    run_with(workspace, projects, Vec::new())
}

/// The same with the findings in the workspace's descriptions, to which settings and comments apply too.
#[must_use]
pub fn run_with(workspace: &Workspace, projects: &Projects, of_descriptions: Vec<Finding>) -> Vec<Finding> {
    run_again(workspace, projects, of_descriptions, &mut Kept::default())
}

/// The same, reusing an earlier run: what it [keeps](Kept) is used for unchanged files, and the new findings are kept
/// for the next run.
#[must_use]
pub fn run_again(
    workspace: &Workspace,
    projects: &Projects,
    of_descriptions: Vec<Finding>,
    kept: &mut Kept,
) -> Vec<Finding> {
    projects.forget_uses();
    let objects: Vec<&Object> = workspace.objects().collect();
    let mut across = Vec::new();
    let index = Index::of(&objects);
    let together = projects.together();
    let most = kept.most;
    check_together(&index, &together, &|object| projects.targets_of(object), most, &mut across);
    kept.retain(workspace);
    kept.read_facts(&index, |objects| {
        check_facts(objects, &index, &together, &|object| projects.programs_of(object), most)
    });
    across.extend(kept.facts(workspace));
    let of_policies = policies::check(workspace, projects, &together, most, &mut across);
    kept.read_files(workspace, |file| check_file(file, projects.selection(file), most));
    let mut across_by_file: HashMap<usize, Vec<Finding>> = HashMap::new();
    for finding in across {
        across_by_file.entry(Arc::as_ptr(&finding.primary.source).addr()).or_default().push(finding);
    }
    let mut described: HashMap<usize, Vec<Finding>> = HashMap::new();
    for finding in of_descriptions {
        described.entry(Arc::as_ptr(&finding.primary.source).addr()).or_default().push(finding);
    }
    // A change of a named file may break another: what is found there is reported if it speaks of the named one.
    let named: HashSet<usize> = workspace.files.iter().filter(|file| file.reported).map(address).collect();
    let speaks_of_named =
        |finding: &Finding| finding.labels.iter().any(|label| named.contains(&Arc::as_ptr(&label.source).addr()));
    let is_looked_at = |file: &&File| {
        file.reported
            || described.contains_key(&address(file))
            || across_by_file.get(&address(file)).is_some_and(|found| found.iter().any(speaks_of_named))
    };
    let looked_at: Vec<&File> = workspace.files.iter().filter(is_looked_at).collect();
    let per_file: Vec<Vec<Finding>> = looked_at
        .par_iter()
        .map(|file| {
            let selection = projects.selection(file);
            let mut findings = if file.reported { kept.of(file).to_vec() } else { Vec::new() };
            let across = across_by_file.get(&address(file)).into_iter().flatten();
            findings.extend(across.filter(|finding| finding.rule.is_none_or(|rule| selection.runs(rule))).cloned());
            drop_what_is_said_anyway(&mut findings);
            findings.extend(described.get(&address(file)).into_iter().flatten().cloned());
            ignores::apply(file, selection, &mut findings);
            if let Some(settings) = projects.settings(file) {
                settings.except(file, &mut findings);
            }
            for finding in &mut findings {
                selection.set_level(finding);
            }
            let of_description = |finding: &Finding| {
                described.get(&address(file)).is_some_and(|found| found.iter().any(|one| same_place(one, finding)))
            };
            findings.retain(|finding| {
                let counts = file.reported || speaks_of_named(finding) || of_description(finding);
                selection.shows(finding) && counts
            });
            findings
        })
        .collect();
    let mut findings: Vec<Finding> = per_file.into_iter().flatten().collect();
    // bases are read by the descriptions that extend them, also where the run does not look
    let there: HashSet<usize> = workspace.files.iter().map(address).collect();
    findings.extend(described.into_iter().filter(|(file, _)| !there.contains(file)).flat_map(|(_, found)| found));
    origin::trace(workspace, projects, &mut findings);
    findings.extend(projects.unused());
    findings.extend(of_policies.into_iter().filter(|finding| together.shows(finding)));
    in_order(findings)
}

/// Reads again what Pods do where an earlier run is in [doubt](Kept::doubt), and nothing else.
pub fn read_facts_again(workspace: &Workspace, projects: &Projects, kept: &mut Kept) {
    let objects: Vec<&Object> = workspace.objects().collect();
    let index = Index::of(&objects);
    let together = projects.together();
    let most = kept.most;
    kept.retain(workspace);
    kept.read_facts(&index, |objects| {
        check_facts(objects, &index, &together, &|object| projects.programs_of(object), most)
    });
}

fn address(file: &File) -> usize {
    Arc::as_ptr(&file.source).addr()
}

/// Lints objects on their own, such as those that a pattern generates. Their files play no role: no ignores, no
/// reading.
#[must_use]
pub fn objects(objects: &[Object], selection: &Selection) -> Vec<Finding> {
    let mut findings = Vec::new();
    let objects_of_run: Vec<&Object> = objects.iter().collect();
    let index = Index::of(&objects_of_run);
    let most = limits::FINDINGS.count();
    check_together(&index, selection, &|_| selection.targets(), most, &mut findings);
    let of_each = check_facts(index.all(), &index, selection, &|_| Programs::built_in(), most);
    findings.extend(of_each.into_iter().flat_map(|(_, found)| found));
    for object in objects {
        check_object(object, selection, most, &mut findings);
    }
    drop_what_is_said_anyway(&mut findings);
    findings.retain(|finding| selection.shows(finding));
    in_order(findings)
}

/// What a report leaves out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// Rules with more findings than are listed.
    pub rules: usize,
}

/// Removes the findings of each rule beyond [`limits::FINDINGS`], in order: no person reads that many, and tools that
/// display them cannot cope.
pub fn cut(findings: &mut Vec<Finding>) -> Cut {
    let most = limits::FINDINGS.count();
    let mut counts: HashMap<Option<RuleId>, usize> = HashMap::new();
    findings.retain(|finding| {
        let count = counts.entry(finding.rule).or_default();
        *count += 1;
        *count <= most
    });
    Cut { rules: counts.values().filter(|count| **count > most).count() }
}

fn in_order(mut findings: Vec<Finding>) -> Vec<Finding> {
    sort(&mut findings);
    // An alias brings the same bytes to several places; what is wrong with them is said once.
    findings.dedup_by(|a, b| same_place(a, b) && a.message == b.message);
    findings
}

fn same_place(a: &Finding, b: &Finding) -> bool {
    a.rule == b.rule && a.primary.span == b.primary.span && a.primary.source.name == b.primary.source.name
}

/// If the API server refuses something, its effect at run time does not matter. If a rule explains the effect, the
/// server's own warning adds nothing.
fn drop_what_is_said_anyway(findings: &mut Vec<Finding>) {
    let family = |finding: &Finding| finding.rule.map_or("", |rule| rule.family);
    let place = |finding: &Finding| (finding.primary.source.name.clone(), finding.primary.span);
    let is_refusal = |finding: &&Finding| family(finding) == "manifest" && finding.level == Level::Error;
    let refused: HashSet<_> = findings.iter().filter(is_refusal).map(place).collect();
    if !refused.is_empty() {
        findings.retain(|finding| matches!(family(finding), "manifest" | "meta") || !refused.contains(&place(finding)));
    }
    let is_warning = |finding: &Finding| finding.rule.is_some_and(|rule| rule.name == "server-warning");
    if findings.iter().any(is_warning) {
        let is_said = |finding: &&Finding| family(finding) != "manifest" && finding.level >= Level::Warning;
        let said: HashSet<_> = findings.iter().filter(is_said).map(place).collect();
        findings.retain(|finding| !is_warning(finding) || !said.contains(&place(finding)));
    }
}

/// Runs the rules that compare facts on the Pods of some objects, each Pod's read once and dropped when they have looked
/// at it. The objects with findings, in their order.
fn check_facts<'run>(
    objects: &[&'run Object],
    index: &'run Index<'run>,
    selection: &Selection,
    programs: &(dyn Fn(&Object) -> &'run Programs + Sync),
    most: usize,
) -> Vec<(&'run Object, Vec<Finding>)> {
    type FactsCheck = fn(&PodFacts<'_>, &mut Found<'_>);
    let checks: Vec<(&'static Rule, FactsCheck)> = selection
        .running()
        .filter_map(|rule| match rule.check {
            Check::Facts(check) => Some((rule, check)),
            _ => None,
        })
        .collect();
    if checks.is_empty() {
        return Vec::new();
    }
    let of_object = |object: &&'run Object| {
        let mut findings = Vec::new();
        for pod in object.pods() {
            let facts = PodFacts::of(pod, index, programs(object));
            // of a part of a Pod rules know what to say
            if !object.is_patch && !facts.are_final() {
                continue;
            }
            for (rule, check) in &checks {
                check(&facts, &mut Found::in_object(rule, object, &mut findings).keeping(most));
            }
        }
        (!findings.is_empty()).then_some((*object, findings))
    };
    objects.par_iter().filter_map(of_object).collect()
}

fn check_together(
    index: &Index<'_>,
    selection: &Selection,
    targets_of: &(dyn Fn(&Object) -> Targets + Sync),
    most: usize,
    findings: &mut Vec<Finding>,
) {
    type Across = fn(&Index<'_>, &mut FoundAnywhere<'_>);
    let across = |rule: &'static Rule| match rule.check {
        Check::Workspace(check) => Some((rule, check)),
        _ => None,
    };
    let checks: Vec<(&'static Rule, Across)> = selection.running().filter_map(across).collect();
    let run = |(rule, check): &(&'static Rule, Across)| {
        let mut made = Vec::new();
        check(index, &mut FoundAnywhere::new(rule, &mut made).keeping(most).for_targets(targets_of));
        made
    };
    findings.par_extend(checks.par_iter().flat_map_iter(run));
    for source in rules::SOURCES {
        if let SourceCheck::Together(check) = source.check {
            run_source(source, selection, findings, |rule, findings| {
                check(index, &mut FoundAnywhere::new(rule, findings).keeping(most).for_targets(targets_of));
            });
        }
    }
}

/// Runs a shared pass if one of its rules runs, and keeps what those that run have found.
fn run_source(
    source: &Source,
    selection: &Selection,
    findings: &mut Vec<Finding>,
    pass: impl FnOnce(&'static Rule, &mut Vec<Finding>),
) {
    let Some(first) = source.rules.iter().find(|rule| selection.runs(rule.id)) else { return };
    let mut made = Vec::new();
    pass(first, &mut made);
    made.retain(|finding| finding.rule.is_some_and(|rule| selection.runs(rule)));
    findings.append(&mut made);
}

/// What is wrong with a single file, with a limit on the findings of one rule in one object.
fn check_file(file: &File, selection: &Selection, most: usize) -> Vec<Finding> {
    let mut findings = Vec::new();
    if file.objects.is_empty() && file.refusals.is_empty() {
        return findings;
    }
    for rule in selection.running() {
        if let Check::File(check) = rule.check {
            check(file, &mut Found::in_file(rule, &file.source, &mut findings).keeping(most));
        }
    }
    let check = |number: usize| {
        let mut findings = Vec::new();
        let object = &file.objects[number];
        let before = number.checked_sub(1).map(|before| &file.objects[before].document);
        if before.is_none_or(|before| !Arc::ptr_eq(before, &object.document)) {
            check_document(&object.document, selection, most, &mut findings);
        }
        check_object(object, selection, most, &mut findings);
        findings
    };
    let objects = 0..file.objects.len();
    if objects.len() < WORTH_THREADS {
        findings.extend(objects.flat_map(check));
    } else {
        findings.par_extend(objects.into_par_iter().with_min_len(WORTH_THREADS / 4).flat_map_iter(check));
    }
    findings
}

fn check_document(document: &Arc<Document>, selection: &Selection, most: usize, findings: &mut Vec<Finding>) {
    for rule in selection.running() {
        if let Check::Document(check) = rule.check {
            check(document, &mut Found::in_document(rule, document, findings).keeping(most));
        }
    }
}

fn check_object(object: &Object, selection: &Selection, most: usize, findings: &mut Vec<Finding>) {
    let pods: Vec<PodView<'_>> = object.pods().collect();
    for rule in selection.running() {
        let mut found = Found::in_object(rule, object, findings).keeping(most);
        match rule.check {
            Check::Object(check) => check(object, &mut found),
            Check::Pod(check) => pods.iter().for_each(|pod| check(*pod, &mut found)),
            Check::Container(check) => {
                pods.iter().flat_map(|pod| pod.containers()).for_each(|container| check(container, &mut found));
            }
            _ => {}
        }
    }
    for source in rules::SOURCES {
        if let SourceCheck::Object(check) = source.check {
            run_source(source, selection, findings, |rule, findings| {
                let found = Found::in_object(rule, object, findings).keeping(most);
                check(object, &mut found.for_targets(selection.targets()));
            });
        }
    }
}
