use crate::facts::PodFacts;
use crate::rules::{Check, Findings, Rule};
use crate::words::clip;
use crate::yaml::edit;

/// A helper signals a process of another container, whose processes it cannot see.
pub static RULE: Rule = rule!("signal_sidecar_without_shared_pid.md", Error, Check::Facts(check), fixes);

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let pod = facts.pod;
    let shares = pod.spec.share_process_namespace == Some(true) || pod.spec.host_pid == Some(true);
    if shares || !pod.keeps(&["spec.hostPID"]) {
        return;
    }
    if facts.running().nth(1).is_none() {
        return;
    }
    for member in facts.running() {
        let Some((process, place)) = member.signalled_process() else { continue };
        let (name, node) = (member.name(), place.node);
        let document = &pod.object.document;
        let (fix, seen) = match pod.field("shareProcessNamespace") {
            Some(off) => (edit::scalar(document, off, "true"), Some(off)),
            None => (edit::add(document, pod.node, "restartPolicy", "shareProcessNamespace", "true"), None),
        };
        let saying = found
            .at(node, format!("`{name}` signals `{}`, but sees only its own processes", clip(&process)))
            .because(
                "each container has its own process namespace unless the Pod sets \
                 `shareProcessNamespace: true` (kubernetes/website: tasks/configure-pod-container/share-process-namespace)",
            )
            .help("add `shareProcessNamespace: true` to the Pod's spec, and run both containers as one user")
            .fix_if("share the process namespace", fix.map(|edit| vec![edit]));
        if let Some(off) = seen {
            saying.and(off, "keeps them separate");
        }
    }
}
