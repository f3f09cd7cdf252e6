//! Runs the rules over a workspace: selects rules, applies ignores, decides what is shown.

pub mod baseline;
mod checks;
mod described;
mod exceptions;
pub mod fingerprint;
pub mod fix;
mod ignores;
mod kept;
mod origin;
mod policies;
mod projects;
mod run;
mod selection;
pub mod settings;
mod unknown_fields;

use std::collections::{HashMap, HashSet};

use crate::diagnostic::{Family, Finding, Level, RuleId, sort};
use crate::facts::Programs;
use crate::kube::versions::Targets;
use crate::kube::{Index, Object, Workspace};
use crate::limits;

pub use kept::Kept;
pub use projects::{Overrides, Projects, programs_at};
pub use run::{Options, read_facts_again, run};
pub use selection::{Selection, UnknownName};
pub use settings::schema as settings_schema;

/// Lints a workspace without project settings, and returns the selected findings, sorted.
#[must_use]
pub fn workspace(workspace: &Workspace, selection: &Selection) -> Vec<Finding> {
    run(workspace, &Projects::none(selection.clone()), Options::default())
}

/// Lints objects on their own, such as those that a pattern generates. Their files play no role: no ignores, no
/// reading.
#[must_use]
pub fn objects(objects: &[Object], selection: &Selection) -> Vec<Finding> {
    objects_at(objects, selection, &|_| selection.targets())
}

/// The same of objects that are for servers of several versions.
#[must_use]
pub fn objects_at(
    objects: &[Object],
    selection: &Selection,
    targets_of: &(dyn Fn(&Object) -> Targets + Sync),
) -> Vec<Finding> {
    let objects_of_run: Vec<&Object> = objects.iter().collect();
    let index = Index::of(&objects_of_run);
    let most = limits::FINDINGS.count();
    let mut findings = checks::together(&index, selection, targets_of, most);
    let of_each = checks::facts(index.all(), &index, selection, &|_| Programs::built_in(), most);
    findings.extend(of_each.into_iter().flat_map(|(_, found)| found));
    let checks = checks::OfObjects::of(selection);
    for object in objects {
        checks.object(object, targets_of(object), most, &mut findings);
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
    let family = |finding: &Finding| finding.rule.map(|rule| rule.family);
    let place = |finding: &Finding| (finding.primary.source.name.clone(), finding.primary.span);
    let is_refusal = |finding: &&Finding| family(finding) == Some(Family::Manifest) && finding.level == Level::Error;
    let refused: HashSet<_> = findings.iter().filter(is_refusal).map(place).collect();
    if !refused.is_empty() {
        findings.retain(|finding| {
            matches!(family(finding), Some(Family::Manifest | Family::Meta)) || !refused.contains(&place(finding))
        });
    }
    let is_warning = |finding: &Finding| finding.rule.is_some_and(|rule| rule.name == "server-warning");
    if findings.iter().any(is_warning) {
        let is_said = |finding: &&Finding| family(finding) != Some(Family::Manifest) && finding.level >= Level::Warning;
        let said: HashSet<_> = findings.iter().filter(is_said).map(place).collect();
        findings.retain(|finding| !is_warning(finding) || !said.contains(&place(finding)));
    }
}
