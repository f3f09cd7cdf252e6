//! What else is wrong with an object whose unknown fields are ignored: a server that is told to drop them
//! (`fieldValidation=Ignore`) goes on and looks at the rest.

use crate::diagnostic::Finding;
use crate::kube::versions::Targets;
use crate::kube::{FastSet, File, Object, Problem, ProblemKind};
use crate::rules::Findings;
use crate::rules::manifest::{OF_UNKNOWN_FIELDS, UNKNOWN_FIELD, WITHOUT_UNKNOWN_FIELDS};
use crate::yaml::Span;

use super::Selection;

/// What is wrong with the objects of a file all of whose unknown fields are ignored. `ignore` takes the findings out that
/// comments and settings ignore.
pub(super) fn behind_ignored(
    file: &File,
    selection: &Selection,
    targets_of: impl Fn(&Object) -> Targets,
    ignore: impl FnOnce(&mut Vec<Finding>),
) -> Vec<Finding> {
    let mut all: Vec<Finding> = Vec::new();
    let mut objects: Vec<(&Object, Vec<Span>)> = Vec::new();
    for object in &file.objects {
        let is_unknown = |problem: &&Problem| matches!(problem.kind, ProblemKind::UnknownField { .. });
        let count = object.problems.iter().filter(is_unknown).count();
        if count == 0 {
            continue;
        }
        let first = all.len();
        OF_UNKNOWN_FIELDS(object, &mut Findings::in_object(UNKNOWN_FIELD, object, &mut all).keeping(count));
        // others are placeholders, or changed before a server sees them
        if all.len() - first == count {
            objects.push((object, all[first..].iter().map(|finding| finding.primary.span).collect()));
        }
    }
    if objects.is_empty() {
        return Vec::new();
    }
    if selection.runs(UNKNOWN_FIELD.id) {
        ignore(&mut all);
    } else {
        all.clear();
    }
    let left: FastSet<Span> = all.iter().map(|finding| finding.primary.span).collect();
    let mut findings = Vec::new();
    for (object, spans) in objects {
        if !spans.iter().any(|span| left.contains(span)) {
            let found = Findings::in_object(UNKNOWN_FIELD, object, &mut findings);
            WITHOUT_UNKNOWN_FIELDS(object, &mut found.for_targets(targets_of(object)));
        }
    }
    findings.retain(|finding| finding.rule.is_some_and(|rule| selection.runs(rule)));
    findings
}
