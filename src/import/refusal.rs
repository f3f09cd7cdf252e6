//! What the generator refuses of a document that was imported, and what comes of it: a folder that is made writable, a
//! rule that is ignored with the reason, or a workload that stays where it is.

use serde_json::{Map, Value as Json, json};

use super::container;
use super::values::containers;
use crate::diagnostic::Finding;

/// The rule about folders that a program writes to.
const READ_ONLY_ROOT: &str = "read-only-root-needs-volume";

/// What is wrong with what completion adds (a read-only root, probes), not with the manifest: such a workload stays where
/// it is.
const OF_COMPLETION: &[&str] = &[READ_ONLY_ROOT, "probe-port-not-served", "probe-protocol"];

/// Makes folders writable that a program needs and the read-only root, which is ours, would take from it. Whether there
/// are any.
pub(super) fn make_writable(findings: &[Finding], spec: &Json, keys: &mut Map<String, Json>) -> bool {
    let mut added = false;
    let about = || findings.iter().filter(|finding| finding.rule.is_some_and(|rule| rule.name == READ_ONLY_ROOT));
    let is_folder = |path: &&str| path.starts_with('/');
    let folders = about().flat_map(|finding| finding.message.split('`').skip(1).step_by(2)).filter(is_folder);
    let size = container::unlimited(spec, folders.count());
    for finding in about() {
        let mut quoted = finding.message.split('`').skip(1).step_by(2);
        let Some(container) = quoted.next() else { continue };
        let entry = keys.get_mut("use").and_then(Json::as_array_mut).and_then(|list| {
            list.iter_mut().filter_map(|entry| entry.get_mut("container")).find(|entry| entry["as"] == container)
        });
        // where no entry has the name, it is the app
        let of = if entry.is_some() { entry } else { keys.get_mut("app") };
        let Some(members) = of.and_then(Json::as_object_mut) else { continue };
        let writable = members.entry("writable").or_insert_with(|| json!([]));
        for folder in quoted.filter(is_folder) {
            let one = json!({folder: size});
            if let Some(list) = writable.as_array_mut().filter(|list| !list.contains(&one)) {
                list.push(one);
                added = true;
            }
        }
    }
    added
}

/// Whether a finding is about a probe that the manifest has itself: its message names the probe and the container.
fn is_said(finding: &Finding, spec: &Json) -> bool {
    let Some(name) = finding.message.split('`').nth(1) else { return false };
    let probe =
        ["readinessProbe", "livenessProbe", "startupProbe"].into_iter().find(|probe| finding.message.contains(probe));
    let mut containers = containers(spec).filter(|container| container["name"] == *name);
    probe.is_some_and(|probe| containers.any(|container| container[probe].is_object()))
}

/// Rules that what was imported breaks are ignored, with the reason that it is so already. Whether that settles all.
pub(super) fn ignore(findings: &[Finding], spec: &Json, ignored: &mut Vec<Json>) -> bool {
    let errors = findings.iter().filter(|finding| finding.level == crate::diagnostic::Level::Error);
    let mut added = false;
    for finding in errors {
        // what the API server refuses is no matter of taste
        let is_ours = |name: &str| OF_COMPLETION.contains(&name) && !is_said(finding, spec);
        let Some(rule) = finding.rule.filter(|rule| rule.family != "manifest" && !is_ours(rule.name)) else {
            return false;
        };
        let entry = json!({"rule": rule.name, "why": "as the imported manifest has it"});
        if !ignored.contains(&entry) {
            ignored.push(entry);
            added = true;
        }
    }
    added
}

pub(super) fn refused(findings: &[Finding]) -> String {
    let mut redacted = findings.to_vec();
    crate::diagnostic::redact(&mut redacted);
    let first = redacted.iter().find(|finding| finding.level == crate::diagnostic::Level::Error);
    first.map_or_else(
        || "nothing is generated from it".to_owned(),
        |finding| {
            let label = &finding.primary;
            let at = label.source.slice(label.span);
            let is_short = at.len() <= 60
                && !at.contains('\n')
                && finding.secrets.is_empty()
                && !finding.message.contains("secret");
            if is_short && !at.is_empty() { format!("{} (`{at}`)", finding.message) } else { finding.message.clone() }
        },
    )
}
