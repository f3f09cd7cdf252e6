//! The policies that settings or the command line name, over the files that they hold for.

use std::collections::HashSet;
use std::path::Path;

use super::{Projects, Selection};
use crate::diagnostic::Finding;
use crate::kube::{Index, Object, Workspace};
use crate::policy::Policies;
use crate::rules::FindingsAnywhere;
use crate::rules::policy::{RULES, SOURCE, report};

/// What policies say to the objects of the run, and what is wrong with policies outside the run.
pub(super) fn check(
    workspace: &Workspace,
    projects: &Projects,
    selection: &Selection,
    most: usize,
) -> (Vec<Finding>, Vec<Finding>) {
    let (mut found, mut outside) = (Vec::new(), Vec::new());
    let Some(rule) = RULES.iter().find(|rule| selection.runs(rule.id)) else { return (found, outside) };
    if projects.policies().next().is_none() {
        return (found, outside);
    }
    let names_in_run: HashSet<&str> = workspace.files.iter().map(|file| file.source.name.as_str()).collect();
    let in_run: HashSet<&Path> = workspace.files.iter().filter_map(|file| file.path.as_deref()).collect();
    for (set, project) in projects.policies() {
        let files = workspace.files.iter().filter(|file| projects.is_of(file, project));
        let objects: Vec<&Object> = files.flat_map(|file| &file.objects).collect();
        let own: Vec<&Object> = set.objects().collect();
        let targets = projects.targets(project);
        let policies = Policies::collect(&own, &|_| targets.last(), true);
        // parameters and namespaces may lie with the policies; nothing else is asked for
        let mut asked: HashSet<&str> = policies.parameter_kinds().collect();
        asked.insert("Namespace");
        let of_run = workspace.objects().filter(|object| asked.contains(object.id.kind.as_str()));
        let all: Vec<&Object> = of_run.chain(own.iter().copied()).collect();
        let index = Index::of(&all);
        let mut made = Vec::new();
        let targets_of = |_: &Object| targets;
        let mut anywhere = FindingsAnywhere::new(rule, &mut made).keeping(most).for_targets(&targets_of);
        report(&policies, &objects, &index, &|_, _| true, &mut anywhere);
        made.retain(|finding| finding.rule.is_some_and(|rule| selection.runs(rule)));
        debug_assert!(made.iter().all(|finding| SOURCE.rules.iter().any(|rule| Some(rule.id) == finding.rule)));
        let names: HashSet<&str> = set.files.iter().map(|file| file.source.name.as_str()).collect();
        for finding in made {
            let name = finding.primary.source.name.as_str();
            if !names.contains(name) || names_in_run.contains(name) {
                found.push(finding);
            } else if !is_in_run(set, name, &in_run) {
                outside.push(finding);
            }
        }
    }
    (found, outside)
}

/// Whether a file of a set of policies is linted too, and so speaks for itself.
fn is_in_run(set: &Workspace, name: &str, in_run: &HashSet<&Path>) -> bool {
    let file = set.files.iter().find(|file| file.source.name == name);
    file.and_then(|file| file.path.as_deref()).is_some_and(|path| in_run.contains(path))
}
