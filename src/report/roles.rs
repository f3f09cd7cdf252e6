//! What is recognised in manifests: as a tree for people, as JSON for programs.

use std::fmt::Write as _;

use serde::Serialize;

use crate::kube::{ContainerList, Object};
use crate::recognise::workload::Workload;
use crate::recognise::{Confidence, Evidence, Recognised, Role};
use crate::words::clip;
use crate::yaml::NodeId;

/// Each workload with its patterns, and its containers with role, confidence and the lines that say so.
#[must_use]
pub fn tree(workloads: &[Workload<'_>]) -> String {
    let mut out = String::new();
    for workload in workloads {
        let object = workload.object;
        let place = format!("{}:{}", object.document.source.name, line(object, object.node));
        let name = if object.id.name.is_empty() { "(no name)".to_owned() } else { clip(&object.id.name) };
        let name = workload.part.map_or_else(|| name.clone(), |part| format!("{name} {}", clip(part)));
        let patterns: Vec<String> = workload
            .patterns
            .iter()
            .map(|pattern| format!("{} (line {})", pattern.name, line(object, pattern.evidence.node)))
            .collect();
        let patterns = if patterns.is_empty() { String::new() } else { format!(": {}", patterns.join(", ")) };
        let _ = writeln!(out, "{}/{name} ({place}){patterns}", object.id.kind);
        let rows: Vec<[String; 3]> = workload.containers.iter().map(|one| row(object, one)).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let (first, second) = (width(0), width(1));
        for (at, [name, role, why]) in rows.iter().enumerate() {
            let branch = if at + 1 == rows.len() { "└─" } else { "├─" };
            let row = format!("{branch} {name:first$}  {role:second$}  {why}");
            let _ = writeln!(out, "{}", row.trim_end());
        }
    }
    out
}

fn row(object: &Object, one: &Recognised<'_>) -> [String; 3] {
    let (role, kind) = one.role.parts();
    let mut what = kind.map_or_else(|| role.to_owned(), |kind| format!("{role}, {kind}"));
    if one.container.is_native_sidecar() {
        what += " (native)";
    }
    if one.confidence == Confidence::Likely && one.role != Role::Unknown {
        what += ", likely";
    }
    let shows = |evidence: &Evidence| format!("{} (line {})", evidence.shows, line(object, evidence.node));
    [clip(one.name()), what, one.evidence.iter().map(shows).collect::<Vec<_>>().join("; ")]
}

fn line(object: &Object, node: NodeId) -> usize {
    let document = &object.document;
    document.source.position(document.span(node).start).line
}

#[derive(Serialize)]
struct Report<'run> {
    version: u32,
    workloads: Vec<Entry<'run>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'run> {
    file: &'run str,
    line: usize,
    api_version: &'run str,
    kind: &'run str,
    name: &'run str,
    namespace: Option<&'run str>,
    /// Of several templates of one object, which.
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<&'run str>,
    patterns: Vec<PatternEntry<'run>>,
    containers: Vec<ContainerEntry<'run>>,
}

#[derive(Serialize)]
struct PatternEntry<'run> {
    name: &'run str,
    shows: &'run str,
    line: usize,
}

#[derive(Serialize)]
struct ContainerEntry<'run> {
    name: &'run str,
    /// `init`, `native sidecar` or `main`.
    list: &'static str,
    role: &'static str,
    kind: Option<&'static str>,
    confidence: Option<&'static str>,
    evidence: Vec<EvidenceEntry<'run>>,
}

#[derive(Serialize)]
struct EvidenceEntry<'run> {
    shows: &'run str,
    line: usize,
}

/// The same as one JSON document. The form is stable; `version` rises when it changes.
///
/// # Errors
/// Never: all of it is text and numbers.
pub fn json(workloads: &[Workload<'_>]) -> serde_json::Result<String> {
    let workloads = workloads.iter().map(entry).collect();
    Ok(serde_json::to_string_pretty(&Report { version: 1, workloads })? + "\n")
}

fn entry<'run>(workload: &'run Workload<'_>) -> Entry<'run> {
    let object = workload.object;
    let patterns = workload.patterns.iter().map(|pattern| PatternEntry {
        name: pattern.name,
        shows: &pattern.evidence.shows,
        line: line(object, pattern.evidence.node),
    });
    let containers = workload.containers.iter().map(|one| {
        let (role, kind) = one.role.parts();
        let confidence = match one.confidence {
            _ if one.role == Role::Unknown => None,
            Confidence::Likely => Some("likely"),
            Confidence::Certain => Some("certain"),
        };
        let list = match one.container.list {
            ContainerList::Main => "main",
            ContainerList::Init if one.container.is_native_sidecar() => "native sidecar",
            ContainerList::Init => "init",
        };
        let evidence = one
            .evidence
            .iter()
            .map(|evidence| EvidenceEntry { shows: &evidence.shows, line: line(object, evidence.node) });
        ContainerEntry { name: one.name(), list, role, kind, confidence, evidence: evidence.collect() }
    });
    Entry {
        file: &object.document.source.name,
        line: line(object, object.node),
        api_version: &object.id.api_version,
        kind: &object.id.kind,
        name: &object.id.name,
        namespace: object.id.namespace.as_deref(),
        template: workload.part,
        patterns: patterns.collect(),
        containers: containers.collect(),
    }
}
