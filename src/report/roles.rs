//! What is in manifests, patterns, roles and facts: as a tree for people, as JSON for programs.

mod json;

use std::fmt::Write as _;

use super::printable;
use crate::facts::workload::Workload;
use crate::facts::{
    Bind, Certainty, Confidence, ContainerFacts, Dial, Evidence, Lifetime, Listen, Location, Proof, Role,
};
use crate::kube::Object;
use crate::words::clip;
use crate::yaml::NodeId;

pub use json::json;

/// Each workload with its patterns, and its containers with role, confidence and the lines that say so.
#[must_use]
pub fn tree(workloads: &[Workload<'_>]) -> String {
    let mut out = String::new();
    for workload in workloads {
        let object = workload.object;
        let place = format!("{}:{}", printable(&object.document.source.name), line(object, object.node));
        let name = if object.id.name.is_empty() { "(no name)".to_owned() } else { clip(&object.id.name) };
        let name = workload.part.map_or_else(|| name.clone(), |part| format!("{name} {}", clip(part)));
        let patterns: Vec<String> = workload
            .patterns
            .iter()
            .map(|pattern| format!("{} (line {})", pattern.name, line(object, pattern.evidence.node)))
            .collect();
        let patterns = if patterns.is_empty() { String::new() } else { format!(": {}", patterns.join(", ")) };
        let _ = writeln!(out, "{}/{name} ({place}){patterns}", object.id.kind);
        let rows: Vec<[String; 3]> = workload.facts.members.iter().map(|one| row(object, one)).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let (first, second) = (width(0), width(1));
        for (at, [name, role, why]) in rows.iter().enumerate() {
            let branch = if at + 1 == rows.len() { "└─" } else { "├─" };
            let row = format!("{branch} {name:first$}  {role:second$}  {why}");
            let _ = writeln!(out, "{}", row.trim_end());
            let stem = if at + 1 == rows.len() { " " } else { "│" };
            for fact in facts(object, &workload.facts.members[at]) {
                let _ = writeln!(out, "{stem}    {fact}");
            }
        }
    }
    out
}

/// One container as the tree has it, a line each.
#[must_use]
pub fn container(object: &Object, one: &ContainerFacts<'_>) -> Vec<String> {
    let [name, role, why] = row(object, one);
    let why = if why.is_empty() { why } else { format!(": {why}") };
    std::iter::once(format!("{name}: {role}{why}")).chain(facts(object, one)).collect()
}

fn row(object: &Object, one: &ContainerFacts<'_>) -> [String; 3] {
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

/// What a container does, a line each: what is known, and what shows it.
fn facts(object: &Object, one: &ContainerFacts<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let proven = |certainty: Certainty, proof: &Proof<'_>| {
        let likely = if certainty.is_certain() { "" } else { ", likely" };
        format!("({}{likely})", place(object, proof))
    };
    match one.lifetime {
        Lifetime::Serves => lines.push("runs until it is stopped".to_owned()),
        Lifetime::Ends => lines.push("exits by itself".to_owned()),
        Lifetime::Unknown => {}
    }
    for listen in one.listens.iter().filter(|listen| listen.certainty > Certainty::Unknown) {
        lines.push(format!("listens on {} {}", address_of(listen), proven(listen.certainty, &listen.proof)));
    }
    for dial in one.dials.iter().filter(|dial| dial.certainty > Certainty::Unknown) {
        lines.push(format!("connects to {} {}", target_of(dial), proven(dial.certainty, &dial.proof)));
    }
    for read in &one.reads {
        lines.push(format!("reads {} {}", clip(&read.path), proven(read.certainty, &read.proof)));
    }
    for write in &one.writes {
        lines.push(format!("writes {} {}", clip(&write.path), proven(write.certainty, &write.proof)));
    }
    for file in one.to_be_filled_in() {
        let proof = Proof::new(Location::node(file.object, file.node), format!("`{}`", clip(file.name)));
        let path = clip(&file.path);
        lines.push(format!(
            "its configuration {path} is encrypted, or has yet to be filled in ({})",
            place(object, &proof)
        ));
    }
    if let Some(proof) = &one.signals {
        lines.push(format!("signals other processes {}", proven(Certainty::Said, proof)));
    }
    if let Some(switch) = &one.election.switch {
        let what = if switch.is_on { "elects a leader" } else { "elects no leader" };
        lines.push(format!("{what} {}", proven(switch.certainty, &switch.proof)));
    }
    if let Some(outside) = &one.election.outside {
        let shows = proven(outside.certainty, &outside.proof);
        lines.push(format!("elects a leader, who is kept outside of Kubernetes {shows}"));
    }
    lines
}

fn address_of(listen: &Listen<'_>) -> String {
    let host = match &listen.bind {
        Bind::All => "",
        Bind::Loopback => "127.0.0.1",
        Bind::Named(name) => name,
        Bind::Unknown => "?",
    };
    let udp = if listen.udp { "/udp" } else { "" };
    format!("{}:{}{udp}", clip(host), listen.port)
}

fn target_of(dial: &Dial<'_>) -> String {
    let port = dial.port.map_or_else(String::new, |port| format!(":{port}"));
    format!("{}{port}", clip(&dial.host))
}

/// What shows a fact, and the line; with the file, if that is another one.
fn place(object: &Object, proof: &Proof<'_>) -> String {
    let other = proof.place.object;
    let source = &other.document.source;
    let line = source.position(proof.place.span().start).line;
    let file = if source.name == object.document.source.name {
        String::new()
    } else {
        format!("{}:", printable(&source.name))
    };
    let word = if file.is_empty() { "line " } else { "" };
    format!("{}, {file}{word}{line}", proof.shows)
}

fn line(object: &Object, node: NodeId) -> usize {
    let document = &object.document;
    document.source.position(document.span(node).start).line
}
