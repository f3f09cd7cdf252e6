use crate::kube::{PodView, Typed};
use crate::rules::{Check, Findings, Rule};

/// A Pod in namespaces of its node.
pub static RULE: Rule = rule!("host_namespaces.md", Advice, Check::Pod(check));

fn check(pod: PodView<'_>, found: &mut Findings<'_>) {
    // Agents of a node and parts of the cluster itself are there for it.
    let is_system = pod.spec.priority_class_name.as_deref().is_some_and(|name| name.starts_with("system-"));
    if is_system || matches!(pod.object.typed, Some(Typed::DaemonSet(_))) {
        return;
    }
    let spec = pod.spec;
    let shared = [("hostNetwork", spec.host_network), ("hostPID", spec.host_pid), ("hostIPC", spec.host_ipc)];
    for (field, _) in shared.into_iter().filter(|(_, value)| *value == Some(true)) {
        let Some(node) = pod.field(field) else { continue };
        let what = match field {
            "hostNetwork" => "all its ports and traffic, bypassing every NetworkPolicy",
            "hostPID" => "its processes, with their environments",
            _ => "the memory that its processes share",
        };
        found
            .at(node, format!("the Pod shares with its node {what}"))
            .because("the Pod Security Standards forbid it even at the Baseline level (kubernetes/website: concepts/security/pod-security-standards)")
            .help(format!("remove `{field}`"));
    }
}
