mod grants;

use crate::diagnostic::Level;
use crate::facts::{ContainerFacts, PodFacts};
use crate::kube::Object;
use crate::kube::types::PolicyRule;
use crate::rules::{Check, Findings, Rule};
use crate::text::Text;
use crate::words::{clip, list};
use crate::yaml::NodeId;
use grants::{Grant, allows, grants, names, rule_node};

pub(super) use grants::writes_objects;

/// An elector whose ServiceAccount may not write its Lease.
pub static RULE: Rule = rule!("election_without_lease_rbac.md", Error, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    // Where it runs and as whom counts for what may be done there.
    let as_whom = ["spec.serviceAccountName", "spec.serviceAccount"];
    let object = facts.pod.object;
    // Among objects that are not seen may be another binding.
    if !facts.pod.keeps(&as_whom) || !object.keeps(&["metadata.namespace"]) || object.is_among_unseen {
        return;
    }
    for member in facts.running() {
        if let Some(proof) = member.election.on() {
            judge(facts, member, member.node_of(proof), found);
        }
    }
}

fn judge(facts: &PodFacts<'_>, member: &ContainerFacts<'_>, node: NodeId, found: &mut Findings<'_>) {
    let (object, election) = (facts.pod.object, &member.election);
    let own_api = election.has_kubeconfig || member.words().any(|word| word.text.contains("kubeconfig"));
    let other_kind = election.lock_kind.as_ref().is_some_and(|kind| kind.value != "leases");
    if own_api
        || other_kind
        || election.has_other_lock
        || facts.pod.spec.host_network == Some(true) && facts.pod.account().is_none()
    {
        return;
    }
    let account = facts.pod.account().unwrap_or("default");
    let own = object.id.namespace.as_deref();
    let Some(grants) = grants(facts.index, object, account) else { return };
    if grants.is_empty() {
        nothing_bound(facts, member, node, account, found);
        return;
    }
    // Where the lock is, if that can be told.
    let place = match &election.namespace {
        Some(flag) if flag.is_known => Some(flag.value.as_str()),
        Some(_) => own,
        None => None,
    };
    let in_place = |grant: &&Grant<'_>| match (grant.namespace, place) {
        (Some(granted), Some(place)) => granted == place || granted.is_empty(),
        _ => true,
    };
    let about_leases = |grant: &&Grant<'_>| names(grant.rule.resources.as_deref(), "leases");
    let of_group = |grant: &&Grant<'_>| names(grant.rule.api_groups.as_deref(), "coordination.k8s.io");
    if !grants.iter().any(|grant| about_leases(&grant) && of_group(&grant)) {
        // Older programs lock with ConfigMaps or Endpoints. Who has allowed just the lock knows which it is.
        if grants.iter().any(|grant| allows_lock(grant.rule, member, account)) {
            return;
        }
        let writes = |grant: &&Grant<'_>| {
            let is_kind = |kind| names(grant.rule.resources.as_deref(), kind);
            allows(grant.rule, "update") && (is_kind("configmaps") || is_kind("endpoints"))
        };
        let is_of_any_name =
            |grant: &Grant<'_>| grant.rule.resource_names.as_ref().is_none_or(|names| names.is_empty());
        let mut others = grants.iter().filter(writes).peekable();
        // A program of an old client-go may do with them; one whose options speak of a Lease never leads.
        let level = if others.peek().is_some() { Level::Warning } else { Level::Error };
        if others.any(is_of_any_name) && !locks_with_leases(member) {
            return;
        }
        if let Some(grant) = grants.iter().find(about_leases) {
            let node_of = rule_node(grant, "apiGroups");
            say(member, node, account, "get, update and create", found)
                .label(grant.role.label(node_of, "leases are in coordination.k8s.io"))
                .level(level);
            return;
        }
        let role = grants[0].role;
        say(member, node, account, "get, update and create", found)
            .label(role.label(role.document.get(role.node, "rules").unwrap_or(role.node), "has no rule for leases"))
            .level(level);
        return;
    }
    let fitting = |grant: &&Grant<'_>| about_leases(grant) && of_group(grant);
    if !grants.iter().any(|grant| fitting(&grant) && in_place(&grant)) {
        if let (Some(grant), Some(place)) = (grants.iter().find(fitting), place) {
            let binding = grant.binding;
            let at = binding.document.at(binding.node, &["metadata", "namespace"]).unwrap_or(binding.node);
            let saying = say(member, node, account, "get, update and create", found);
            let saying = saying.label(binding.label(at, format!("applies here, but the lock is in `{}`", clip(place))));
            let flag = election.namespace.as_ref().map(|flag| member.node_of(&flag.proof));
            if let Some(flag) = flag.filter(|flag| *flag != node) {
                saying.and(flag, "the lock's namespace");
            }
        }
        return;
    }
    missing_verbs(facts, member, node, account, &grants, &|grant| fitting(&grant) && in_place(&grant), found);
}

fn missing_verbs(
    facts: &PodFacts<'_>,
    member: &ContainerFacts<'_>,
    node: NodeId,
    account: &str,
    grants: &[Grant<'_>],
    fits: &dyn Fn(&Grant<'_>) -> bool,
    found: &mut Findings<'_>,
) {
    let locks = &member.election.locks;
    let names_lock = |grant: &Grant<'_>| {
        let only = grant.rule.resource_names.as_deref().unwrap_or_default();
        only.is_empty()
            || locks.is_empty()
            || locks.iter().all(|lock| !lock.is_known || only.iter().any(|one| *one == lock.value))
    };
    let unnamed = |grant: &Grant<'_>| grant.rule.resource_names.as_ref().is_none_or(|names| names.is_empty());
    let fitting = || grants.iter().filter(|grant| fits(grant));
    let prepared = facts.index.beside(facts.pod.object, "Lease").next().is_some();
    let may = |verb: &str| match verb {
        "create" => prepared || fitting().any(|grant| unnamed(grant) && allows(grant.rule, verb)),
        _ => fitting().any(|grant| names_lock(grant) && allows(grant.rule, verb)),
    };
    let missing: Vec<&str> = ["get", "update", "create"].into_iter().filter(|verb| !may(verb)).collect();
    let Some(grant) = fitting().next().filter(|_| !missing.is_empty()) else { return };
    let names_another = fitting().find(|grant| !names_lock(grant));
    let (at, shows) = match names_another {
        Some(grant) if missing.contains(&"get") => {
            (rule_node(grant, "resourceNames"), "names another Lease".to_owned())
        }
        _ => (rule_node(grant, "verbs"), format!("lacks {}", list(&missing))),
    };
    let role = names_another.filter(|_| missing.contains(&"get")).unwrap_or(grant).role;
    say(member, node, account, &missing.join(" and "), found).label(role.label(at, shows));
}

fn nothing_bound(
    facts: &PodFacts<'_>,
    member: &ContainerFacts<'_>,
    node: NodeId,
    account: &str,
    found: &mut Findings<'_>,
) {
    let object = facts.pod.object;
    // Only where the run holds the account and what others of its folder may do.
    let Some(of_account) = facts.index.find(object, "ServiceAccount", account) else { return };
    let folder = |object: &Object| {
        object.document.source.name.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned())
    };
    let holds = |kind: &str| facts.index.beside(object, kind).any(|binding| folder(binding) == folder(object));
    if of_account.is_among_unseen || !of_account.is_whole() || !(holds("RoleBinding") || holds("ClusterRoleBinding")) {
        return;
    }
    let name = of_account.document.at(of_account.node, &["metadata", "name"]).unwrap_or(of_account.node);
    say(member, node, account, "get, update and create", found).label(of_account.label(name, "no role is bound to it"));
}

fn say<'a>(
    member: &ContainerFacts<'_>,
    node: NodeId,
    account: &str,
    verbs: &str,
    found: &'a mut Findings<'_>,
) -> crate::rules::Saying<'a> {
    found
        .at(node, format!("`{}` may not {verbs} the Lease of its leader election", member.name()))
        .here(format!("runs as ServiceAccount `{}`", clip(account)))
        .because(
            "client-go reads, creates and updates a Lease (`LeaseLock` in k8s.io/client-go/tools/leaderelection); \
             without permission no replica ever leads",
        )
        .help("allow get, update and create on leases in apiGroup coordination.k8s.io in the lock's namespace")
}

/// Whether an elector is known to lock with a Lease: it has options as Kubernetes' own components have them since they do
/// (`--leader-elect-resource-name` in `k8s.io/component-base`). A manager may be of a controller-runtime that locks with a
/// `ConfigMap`, for which kubebuilder made the Role.
fn locks_with_leases(member: &ContainerFacts<'_>) -> bool {
    member.words().any(|word| word.text.contains("--leader-elect-resource-"))
}

/// Whether a rule lets an elector write a `ConfigMap` or Endpoints that is called as its lock.
fn allows_lock(rule: &PolicyRule, member: &ContainerFacts<'_>, account: &str) -> bool {
    let is_kind = ["configmaps", "endpoints"].iter().any(|kind| names(rule.resources.as_deref(), kind));
    let program = member.program.map_or("", |program| program.program.as_str());
    let is_lock = |name: &Text| {
        let is_known = member.election.locks.iter().any(|lock| lock.is_known && lock.value == *name);
        let is_own = [program, account, member.name()].contains(&name.as_str());
        // `a1b2c3d4.example.com`, as kubebuilder makes them up
        let is_made_up = name.contains('.');
        is_known || is_own || is_made_up || ["leader", "lock", "election"].iter().any(|word| name.contains(word))
    };
    is_kind && allows(rule, "update") && rule.resource_names.iter().flatten().any(is_lock)
}
