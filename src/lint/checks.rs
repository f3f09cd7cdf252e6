//! Running the rules, each kind of check over what it looks at.

use std::sync::Arc;

use rayon::prelude::*;

use super::Selection;
use crate::diagnostic::Finding;
use crate::facts::{PodFacts, Programs};
use crate::kube::versions::Targets;
use crate::kube::{File, Index, Object, PodView, WORTH_THREADS};
use crate::rules::{self, Check, Findings, FindingsAnywhere, Rule, SharedCheck, SharedPass};
use crate::yaml::Document;

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
    findings: &mut Vec<Finding>,
) {
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
    findings.par_extend(checks.par_iter().flat_map_iter(run));
    for source in rules::SOURCES {
        if let SharedPass::Together(check) = source.check {
            run_source(source, selection, findings, |rule, findings| {
                check(index, &mut FindingsAnywhere::new(rule, findings).keeping(most).for_targets(targets_of));
            });
        }
    }
}

/// Runs a shared pass if one of its rules runs, and keeps what those that run have found.
fn run_source(
    source: &SharedCheck,
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
pub(super) fn file(file: &File, selection: &Selection, most: usize) -> Vec<Finding> {
    let mut findings = Vec::new();
    if file.objects.is_empty() && file.refusals.is_empty() {
        return findings;
    }
    for rule in selection.running() {
        if let Check::File(check) = rule.check {
            check(file, &mut Findings::in_file(rule, &file.source, &mut findings).keeping(most));
        }
    }
    let check = |number: usize| {
        let mut findings = Vec::new();
        let object = &file.objects[number];
        let before = number.checked_sub(1).map(|before| &file.objects[before].document);
        if before.is_none_or(|before| !Arc::ptr_eq(before, &object.document)) {
            of_document(&object.document, selection, most, &mut findings);
        }
        self::object(object, selection, most, &mut findings);
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

fn of_document(document: &Arc<Document>, selection: &Selection, most: usize, findings: &mut Vec<Finding>) {
    for rule in selection.running() {
        if let Check::Document(check) = rule.check {
            check(document, &mut Findings::in_document(rule, document, findings).keeping(most));
        }
    }
}

/// Runs the rules that look at one object.
pub(super) fn object(object: &Object, selection: &Selection, most: usize, findings: &mut Vec<Finding>) {
    let pods: Vec<PodView<'_>> = object.pods().collect();
    for rule in selection.running() {
        let mut found = Findings::in_object(rule, object, findings).keeping(most);
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
        if let SharedPass::Object(check) = source.check {
            run_source(source, selection, findings, |rule, findings| {
                let found = Findings::in_object(rule, object, findings).keeping(most);
                check(object, &mut found.for_targets(selection.targets()));
            });
        }
    }
}
