//! Maps that look like objects, and are other programs'.

use crate::kube::{Object, Problem, ProblemKind, home_of_field};
use crate::words;
use crate::yaml::{Document, Entry, NodeId};

/// Whether so many keys that no object of its kind has, at any depth, are above what says of which kind it is: tests of
/// charts hold values there that they render the chart with, and below what they expect of the object.
pub(super) fn begins_with_other_keys(object: &Object, number: usize) -> bool {
    let document = &object.document;
    if object.problems.is_empty() || object.node != document.root() {
        return false;
    }
    let is_identity = |key: &str| key == "apiVersion" || key == "kind";
    let above = document.entries(object.node).iter().take_while(|entry| !is_identity(&document.key(entry)));
    let is_other = |entry: &&Entry| {
        let name = document.key(entry);
        let known = |known: &[&str]| known.contains(&&*name) || words::nearest(&name, known.iter().copied()).is_some();
        let is_unknown = |problem: &Problem| {
            entry.is_at(problem.node)
                && matches!(problem.kind, ProblemKind::UnknownField { known: fields, .. } if !known(fields))
        };
        let home = || home_of_field(&object.id.api_version, &object.id.kind, &[], &name, document.value(entry.value()));
        object.problems.iter().any(is_unknown) && home().is_none()
    };
    above.filter(is_other).take(number).count() == number
}

/// Whether a map is what a test compares with an object: a key in parentheses is an expression, and `~` is for each element
/// (kyverno/chainsaw: `website/docs/reference/json/assertions`). No field of Kubernetes begins so.
pub(super) fn is_assertion(object: &Object) -> bool {
    let is_expression = |problem: &Problem| {
        matches!(problem.kind, ProblemKind::UnknownField { .. })
            && object.document.key_text(problem.node).starts_with(['(', '~'])
    };
    object.problems.iter().any(is_expression)
}

/// Whether an object is for functions of kustomize or kpt, which leave it out of what they send
/// (kubernetes-sigs/kustomize: `functions-spec.md`, "config.kubernetes.io/function" and "config.kubernetes.io/local-config").
pub(super) fn is_for_functions(document: &Document, node: NodeId) -> bool {
    const FUNCTION: [&str; 2] = ["config.kubernetes.io/function", "config.k8s.io/function"];
    const LOCAL: [&str; 2] = ["config.kubernetes.io/local-config", "config.k8s.io/local-config"];
    let Some(annotations) = document.at(node, &["metadata", "annotations"]) else { return false };
    FUNCTION.iter().any(|name| document.get(annotations, name).is_some())
        || LOCAL.iter().any(|name| document.get_str(annotations, name).is_some_and(|value| value != "false"))
}

/// Whether a map says how a program is to name objects of a kind, and nothing of an object: `name: "{0}-password"`.
fn is_form_of_a_name(document: &Document, node: NodeId) -> bool {
    let has_hole =
        |text: &str| words::is_placeholder(text) || text.contains("%s") || text.contains('{') && text.contains('}');
    ["metadata", "spec", "data"].iter().all(|field| document.get(node, field).is_none())
        && document.get_str(node, "name").is_some_and(has_hole)
}

/// Whether a map is a program's own configuration that looks like an API object: what a function of kustomize or kpt
/// reads, the form of a name, a kubeconfig (`v1 Config`), a policy of the old scheduler (`v1 Policy`). Objects have
/// metadata, and the last two kinds are none of the API's.
pub(super) fn is_configuration(document: &Document, node: NodeId, api_version: &str, kind: &str) -> bool {
    const FIELDS: [&str; 7] =
        ["clusters", "contexts", "current-context", "users", "predicates", "priorities", "extenders"];
    is_for_functions(document, node)
        || is_form_of_a_name(document, node)
        || api_version == "v1"
            && matches!(kind, "Config" | "Policy")
            && document.get(node, "metadata").is_none()
            && FIELDS.iter().any(|field| document.get(node, field).is_some())
}
