use std::collections::HashSet;

use crate::facts::{PodFacts, Preparation, Role};
use crate::kube::{Index, Object};
use crate::rules::{Check, Findings, Rule};
use crate::yaml::NodeId;

/// A token of the API server lies where nothing uses it.
pub static RULE: Rule = rule!("token_mounted.md", Advice, Check::Facts(check));

/// Words with which a container shows that it talks to the API server, or that it is asked who it is.
const USES: [&str; 12] = [
    "kube",
    "k8s",
    "apiserver",
    "serviceaccount",
    "in-cluster",
    "incluster",
    "vault",
    "operator",
    "controller",
    "istio",
    "linkerd",
    "patterns-agent",
];

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let (index, object, spec) = (facts.index, facts.pod.object, facts.pod.spec);
    if !facts.pod.keeps(&["spec.serviceAccountName", "spec.serviceAccount", "spec.automountServiceAccountToken"]) {
        return;
    }
    // An account of its own was made for a reason, though files may not show it.
    let is_default = facts.pod.account().is_none_or(|name| name == "default");
    let is_off = index
        .find(object, "ServiceAccount", "default")
        .is_some_and(|account| account.document.get(account.node, "automountServiceAccountToken").is_some());
    let is_visible = object.id.namespace.as_deref() != Some("kube-system");
    if !is_default
        || is_off
        || !is_visible
        || spec.automount_service_account_token.is_some()
        || is_bound(index, object)
        || uses(facts)
    {
        return;
    }
    let Some(member) = facts.running().next() else { return };
    found
        .at(member.container.name_node(), format!("a token for the API server is mounted in `{}`, but nothing here uses it", member.name()))
        .because("the token of the account `default` is mounted into every container by default; an intruder can call the API server with it")
        .help("`automountServiceAccountToken: false` in the Pod's spec");
}

/// Whether a container may speak to the API server, by what it is or what it is told.
fn uses(facts: &PodFacts<'_>) -> bool {
    facts.members.iter().any(|one| {
        let told = one.words().map(|word| word.text.as_ref());
        let variables = one.variables().flat_map(|(name, word)| [name, word.text.as_ref()]);
        let programs = one.line.invocations.iter().map(|run| run.name.as_str());
        let mut words = told.chain(variables).chain(programs).chain([one.image(), one.name()]);
        let is_agent =
            matches!(one.role, Role::MeshProxy | Role::Elector | Role::QueueManager | Role::Init(Preparation::Wait));
        is_agent || words.any(|word| USES.iter().any(|known| word.to_ascii_lowercase().contains(known)))
    })
}

/// Whether the account `default` or all accounts are given rights.
fn is_bound(index: &Index<'_>, object: &Object) -> bool {
    let bound = index.memo().of(BOUND, 0, || Bound::of(index));
    let own = object.id.namespace.as_deref();
    bound.everywhere
        || match own {
            None => !bound.namespaces.is_empty(),
            Some(own) => bound.namespaces.contains(own),
        }
}

/// Under which the namespaces are kept for all Pods of the run.
const BOUND: &str = "bindings of `default`";

/// Where the account `default` or all accounts are given rights.
struct Bound {
    everywhere: bool,
    namespaces: HashSet<String>,
}

impl Bound {
    fn of(index: &Index<'_>) -> Self {
        let mut bound = Self { everywhere: false, namespaces: HashSet::new() };
        for binding in ["RoleBinding", "ClusterRoleBinding"].iter().flat_map(|kind| index.kind(kind)) {
            let document = &binding.document;
            let subjects = document.get(binding.node, "subjects").map_or(&[][..], |list| document.items(list));
            let is = |subject: NodeId, kind: &str, name: &str| {
                document.get_str(subject, "kind") == Some(kind)
                    && document.get_str(subject, "name").is_some_and(|own| own.starts_with(name))
            };
            let is_meant = |subject: &NodeId| {
                is(*subject, "ServiceAccount", "default") || is(*subject, "Group", "system:serviceaccounts")
            };
            if !subjects.iter().any(is_meant) {
                continue;
            }
            match binding.id.namespace.as_deref().filter(|_| binding.id.kind == "RoleBinding") {
                Some(namespace) => {
                    bound.namespaces.insert(namespace.to_owned());
                }
                None => bound.everywhere = true,
            }
        }
        bound
    }
}
