use crate::apiserver::pod_security::{Policy, judge};
use crate::apiserver::{Cause, Schemas, validate};
use crate::diagnostic::{Label, Level};
use crate::kube::{FastSet, Index, Object};
use crate::rules::{Check, FindingsAnywhere, Rule};
use crate::yaml::NodeId;

/// Pods that their namespace's labels forbid.
pub static RULE: Rule = rule!("pod_security.md", Error, Check::Workspace(check));

/// What the standards judge (`k8s.io/pod-security-admission/policy`).
const JUDGED: [&str; 15] = [
    "metadata.annotations",
    "spec.containers.name",
    "spec.containers.securityContext",
    "spec.containers.ports",
    "spec.containers.lifecycle",
    "spec.containers.livenessProbe",
    "spec.containers.readinessProbe",
    "spec.containers.startupProbe",
    "spec.securityContext",
    "spec.volumes",
    "spec.os",
    "spec.hostNetwork",
    "spec.hostPID",
    "spec.hostIPC",
    "spec.hostUsers",
];

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    if index.kind("Namespace").iter().all(|namespace| Policy::of(namespace).is_none()) {
        return;
    }
    for object in index.all().iter().copied().filter(|object| object.pods().next().is_some()) {
        let is_final = object.keeps(&["metadata.namespace"]) && object.pods().all(|pod| pod.keeps(&JUDGED));
        let Some(name) = object.id.namespace.as_deref().filter(|_| is_final && !object.is_encrypted) else {
            continue;
        };
        let Some(namespace) = index.find(object, "Namespace", name) else { continue };
        if let Some(policy) = Policy::of(namespace).filter(|_| namespace.keeps(&["metadata.labels"])) {
            compare(object, namespace, policy, found);
        }
    }
}

fn compare(object: &Object, namespace: &Object, policy: Policy, found: &mut FindingsAnywhere<'_>) {
    let mut under = found.about(object);
    let target = under.targets().last();
    let verdict = judge(object, policy, target);
    if verdict.errors.is_empty() && verdict.warnings.is_empty() {
        return;
    }
    // Admission sees only what validation lets through.
    if !validate(object, target, Schemas::none()).errors.is_empty() {
        return;
    }
    let labels = namespace.document.at(namespace.node, &["metadata", "labels"]);
    let said = |level: Level| {
        if level == Level::Error {
            "the Pod is refused"
        } else {
            "it accepts the object, and with an `enforce` label it refuses the Pods"
        }
    };
    for (causes, level) in [(&verdict.errors, Level::Error), (&verdict.warnings, Level::Warning)] {
        let Some((cause, others)) = causes.split_first() else { continue };
        let why = format!("the admission plugin PodSecurity goes by labels of the namespace: {}", said(level));
        let mut saying = under.at(cause.node, sentence(cause, others)).level(level).because(why);
        let mut shown = FastSet::from_iter([cause.node]);
        for other in others.iter().filter(|other| shown.insert(other.node)) {
            saying = saying.and(other.node, other.path.clone());
        }
        if let Some(label) = label_of(namespace, labels, level) {
            saying = saying.label(Label::node(&namespace.document, label, "the namespace asks for it"));
        }
        if !cause.path.is_empty() {
            saying.here(cause.path.clone());
        }
    }
}

/// What the server says: one sentence for all that a Pod violates.
fn sentence(cause: &Cause, others: &[Cause]) -> String {
    let mut sentence = cause.message.clone();
    // each names the policy first
    let policy = sentence.find("\": ").map_or(0, |end| end + "\": ".len());
    for other in others {
        sentence.push_str(", ");
        sentence.push_str(other.message.get(policy..).unwrap_or(&other.message));
    }
    sentence
}

/// The label that asks: what is enforced, or what is warned about if that has its own label.
fn label_of(namespace: &Object, labels: Option<NodeId>, level: Level) -> Option<NodeId> {
    let get = |name: &str| namespace.document.get(labels?, &format!("pod-security.kubernetes.io/{name}"));
    if level == Level::Error { get("enforce") } else { get("warn").or_else(|| get("enforce")) }
}
