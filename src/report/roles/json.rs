//! What is in manifests as JSON.

use serde::Serialize;

use super::line;
use crate::facts::workload::Workload;
use crate::facts::{Bind, Confidence, Dial, Listen, Proof, Role};
use crate::kube::ContainerList;

#[derive(Serialize)]
struct RolesReport<'run> {
    version: u32,
    workloads: Vec<WorkloadEntry<'run>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WorkloadEntry<'run> {
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
#[serde(rename_all = "camelCase")]
struct ContainerEntry<'run> {
    name: &'run str,
    /// `init`, `native sidecar` or `main`.
    list: &'static str,
    role: &'static str,
    kind: Option<&'static str>,
    confidence: Option<&'static str>,
    evidence: Vec<EvidenceEntry<'run>>,
    /// `serves`, `ends` or `unknown`.
    runs: &'static str,
    listens: Vec<ListenEntry<'run>>,
    /// Whether it listens nowhere else.
    listens_nowhere_else: bool,
    dials: Vec<DialEntry<'run>>,
    reads: Vec<PathEntry<'run>>,
    writes: Vec<PathEntry<'run>>,
    signals: Option<ProofEntry<'run>>,
    elects: Option<ElectsEntry<'run>>,
}

#[derive(Serialize)]
struct ListenEntry<'run> {
    /// `all`, `loopback`, an address, or none where it is not known.
    address: Option<&'run str>,
    port: u16,
    protocol: &'static str,
    speaks: Option<&'run str>,
    certainty: &'static str,
    proof: ProofEntry<'run>,
}

#[derive(Serialize)]
struct DialEntry<'run> {
    host: &'run str,
    port: Option<u16>,
    loopback: bool,
    speaks: Option<&'run str>,
    certainty: &'static str,
    proof: ProofEntry<'run>,
}

#[derive(Serialize)]
struct PathEntry<'run> {
    path: &'run str,
    certainty: &'static str,
    proof: ProofEntry<'run>,
}

#[derive(Serialize)]
struct ElectsEntry<'run> {
    on: bool,
    /// Whether its leader is kept outside of Kubernetes.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    outside: bool,
    certainty: &'static str,
    proof: ProofEntry<'run>,
}

#[derive(Serialize)]
struct ProofEntry<'run> {
    shows: &'run str,
    file: &'run str,
    line: usize,
}

fn proof_entry<'run>(proof: &'run Proof<'_>) -> ProofEntry<'run> {
    let source = &proof.place.object.document.source;
    ProofEntry { shows: &proof.shows, file: &source.name, line: source.position(proof.place.span().start).line }
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
    Ok(crate::report::escaped::text(&serde_json::to_string_pretty(&RolesReport { version: 2, workloads })?) + "\n")
}

fn entry<'run>(workload: &'run Workload<'_>) -> WorkloadEntry<'run> {
    let object = workload.object;
    let patterns = workload.patterns.iter().map(|pattern| PatternEntry {
        name: pattern.name,
        shows: &pattern.evidence.shows,
        line: line(object, pattern.evidence.node),
    });
    let containers = workload.facts.members.iter().map(|one| {
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
        let path = |path: &'run crate::facts::PathFact<'_>| PathEntry {
            path: &path.path,
            certainty: path.certainty.word(),
            proof: proof_entry(&path.proof),
        };
        ContainerEntry {
            name: one.name(),
            list,
            role,
            kind,
            confidence,
            evidence: evidence.collect(),
            runs: one.lifetime.word(),
            listens: one.listens.iter().map(listen_entry).collect(),
            listens_nowhere_else: one.listens_nowhere_else,
            dials: one.dials.iter().map(dial_entry).collect(),
            reads: one.reads.iter().map(path).collect(),
            writes: one.writes.iter().map(path).collect(),
            signals: one.signals.as_ref().map(proof_entry),
            elects: one.election.switch.as_ref().or(one.election.outside.as_ref()).map(|switch| ElectsEntry {
                on: switch.is_on,
                outside: one.election.outside.is_some(),
                certainty: switch.certainty.word(),
                proof: proof_entry(&switch.proof),
            }),
        }
    });
    WorkloadEntry {
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

fn listen_entry<'run>(listen: &'run Listen<'_>) -> ListenEntry<'run> {
    let address = match &listen.bind {
        Bind::All => Some("all"),
        Bind::Loopback => Some("loopback"),
        Bind::Named(name) => Some(name.as_str()),
        Bind::Unknown => None,
    };
    ListenEntry {
        address,
        port: listen.port,
        protocol: if listen.udp { "UDP" } else { "TCP" },
        speaks: listen.speaks.as_deref(),
        certainty: listen.certainty.word(),
        proof: proof_entry(&listen.proof),
    }
}

fn dial_entry<'run>(dial: &'run Dial<'_>) -> DialEntry<'run> {
    DialEntry {
        host: &dial.host,
        port: dial.port,
        loopback: dial.is_loopback,
        speaks: dial.speaks.as_deref(),
        certainty: dial.certainty.word(),
        proof: proof_entry(&dial.proof),
    }
}
