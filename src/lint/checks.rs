//! Running the rules, each kind of check over what it looks at.

use std::sync::Arc;

use rayon::prelude::*;

use super::Selection;
use crate::diagnostic::Finding;
use crate::facts::{PodFacts, Programs};
use crate::kube::versions::Targets;
use crate::kube::{ContainerView, File, Index, Object, PodView, WORTH_THREADS};
use crate::rules::{self, Check, Findings, FindingsAnywhere, Rule, SharedCheck, SharedPass};
use crate::yaml::Document;

/// The checks of single objects that a selection runs: asked for once, and not again for each object.
pub(super) struct OfObjects<'run> {
    selection: &'run Selection,
    documents: Vec<(&'static Rule, DocumentCheck)>,
    objects: Vec<(&'static Rule, OfObject)>,
    /// Shared passes, each under the first of its rules that runs.
    shared: Vec<(&'static Rule, ObjectCheck)>,
}

type FileCheck = fn(&File, &mut Findings<'_>);
type DocumentCheck = fn(&Arc<Document>, &mut Findings<'_>);
type ObjectCheck = fn(&Object, &mut Findings<'_>);

/// A check that looks at an object, or at something in it.
enum OfObject {
    Object(ObjectCheck),
    Pod(fn(PodView<'_>, &mut Findings<'_>)),
    Container(fn(ContainerView<'_>, &mut Findings<'_>)),
}

impl<'run> OfObjects<'run> {
    pub(super) fn of(selection: &'run Selection) -> Self {
        let (mut documents, mut objects) = (Vec::new(), Vec::new());
        for rule in selection.running() {
            match rule.check {
                Check::Document(check) => documents.push((rule, check)),
                Check::Object(check) => objects.push((rule, OfObject::Object(check))),
                Check::Pod(check) => objects.push((rule, OfObject::Pod(check))),
                Check::Container(check) => objects.push((rule, OfObject::Container(check))),
                _ => {}
            }
        }
        let shared = rules::SOURCES.iter().filter_map(|source| match source.check {
            SharedPass::Object(check) => Some((first_running(source, selection)?, check)),
            SharedPass::Together(_) => None,
        });
        Self { selection, documents, objects, shared: shared.collect() }
    }

    fn document(&self, document: &Arc<Document>, most: usize, findings: &mut Vec<Finding>) {
        for (rule, check) in &self.documents {
            check(document, &mut Findings::in_document(rule, document, findings).keeping(most));
        }
    }

    /// Runs the checks that look at one object.
    pub(super) fn object(&self, object: &Object, targets: Targets, most: usize, findings: &mut Vec<Finding>) {
        let pods: Vec<PodView<'_>> = object.pods().collect();
        let containers: Vec<ContainerView<'_>> = pods.iter().flat_map(|pod| pod.containers()).collect();
        for (rule, check) in &self.objects {
            // most objects have no Pods
            if pods.is_empty() && !matches!(check, OfObject::Object(_)) {
                continue;
            }
            let mut found = Findings::in_object(rule, object, findings).keeping(most);
            match check {
                OfObject::Object(check) => check(object, &mut found),
                OfObject::Pod(check) => pods.iter().for_each(|pod| check(*pod, &mut found)),
                OfObject::Container(check) => containers.iter().for_each(|container| check(*container, &mut found)),
            }
        }
        for (rule, check) in &self.shared {
            run_source(rule, self.selection, findings, |rule, findings| {
                let found = Findings::in_object(rule, object, findings).keeping(most);
                check(object, &mut found.for_targets(targets));
            });
        }
    }
}

/// Runs the rules that compare facts on the Pods of some objects, each Pod's read once and dropped when they have looked
/// at it. The objects with findings, in their order.
pub(super) fn facts<'run>(
    objects: &[&'run Object],
    index: &'run Index<'run>,
    selection: &Selection,
    programs: &(dyn Fn(&Object) -> &'run Programs + Sync),
    most: usize,
) -> Vec<(&'run Object, Vec<Finding>)> {
    type FactsCheck = fn(&PodFacts<'_>, &mut Findings<'_>);
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
                check(&facts, &mut Findings::in_object(rule, object, &mut findings).keeping(most));
            }
        }
        (!findings.is_empty()).then_some((*object, findings))
    };
    objects.par_iter().filter_map(of_object).collect()
}

/// Runs the rules that compare objects with each other.
pub(super) fn together(
    index: &Index<'_>,
    selection: &Selection,
    targets_of: &(dyn Fn(&Object) -> Targets + Sync),
    most: usize,
) -> Vec<Finding> {
    type Across = fn(&Index<'_>, &mut FindingsAnywhere<'_>);
    let across = |rule: &'static Rule| match rule.check {
        Check::Workspace(check) => Some((rule, check)),
        _ => None,
    };
    let checks: Vec<(&'static Rule, Across)> = selection.running().filter_map(across).collect();
    let run = |(rule, check): &(&'static Rule, Across)| {
        let mut made = Vec::new();
        check(index, &mut FindingsAnywhere::new(rule, &mut made).keeping(most).for_targets(targets_of));
        made
    };
    let of_sources = || {
        let mut findings = Vec::new();
        for source in rules::SOURCES {
            if let SharedPass::Together(check) = source.check {
                let Some(first) = first_running(source, selection) else { continue };
                run_source(first, selection, &mut findings, |rule, findings| {
                    check(index, &mut FindingsAnywhere::new(rule, findings).keeping(most).for_targets(targets_of));
                });
            }
        }
        findings
    };
    let of_rules = || -> Vec<Finding> { checks.par_iter().flat_map_iter(run).collect() };
    // what judges by definitions takes longest, and is one piece of work
    let (of_sources, mut findings) = rayon::join(of_sources, of_rules);
    findings.extend(of_sources);
    findings
}

/// The first of the rules of a shared pass that runs, if one does.
fn first_running(source: &SharedCheck, selection: &Selection) -> Option<&'static Rule> {
    source.rules.iter().copied().find(|rule| selection.runs(rule.id))
}

/// Runs a shared pass, and keeps what those of its rules that run have found.
fn run_source(
    first: &'static Rule,
    selection: &Selection,
    findings: &mut Vec<Finding>,
    pass: impl FnOnce(&'static Rule, &mut Vec<Finding>),
) {
    let mut made = Vec::new();
    pass(first, &mut made);
    made.retain(|finding| finding.rule.is_some_and(|rule| selection.runs(rule)));
    findings.append(&mut made);
}

/// The checks of single files that a selection runs: asked for once, and not again for each file.
pub(super) struct OfFiles<'run> {
    files: Vec<(&'static Rule, FileCheck)>,
    objects: OfObjects<'run>,
    targets: Targets,
}

impl<'run> OfFiles<'run> {
    pub(super) fn of(selection: &'run Selection) -> Self {
        let of_file = |rule: &'static Rule| match rule.check {
            Check::File(check) => Some((rule, check)),
            _ => None,
        };
        let files = selection.running().filter_map(of_file).collect();
        Self { files, objects: OfObjects::of(selection), targets: selection.targets() }
    }
}

/// What is wrong with a single file, with a limit on the findings of one rule in one object.
pub(super) fn file(file: &File, checks: &OfFiles<'_>, most: usize) -> Vec<Finding> {
    let mut findings = Vec::new();
    if file.objects.is_empty() && file.refusals.is_empty() && file.incomplete.is_empty() {
        return findings;
    }
    for (rule, check) in &checks.files {
        check(file, &mut Findings::in_file(rule, &file.source, &mut findings).keeping(most));
    }
    let check = |number: usize| {
        let mut findings = Vec::new();
        let object = &file.objects[number];
        let before = number.checked_sub(1).map(|before| &file.objects[before].document);
        if before.is_none_or(|before| !Arc::ptr_eq(before, &object.document)) {
            checks.objects.document(&object.document, most, &mut findings);
        }
        checks.objects.object(object, checks.targets, most, &mut findings);
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
