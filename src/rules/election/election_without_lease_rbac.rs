use std::collections::{BTreeMap, HashMap};

use crate::diagnostic::Level;
use crate::facts::{ContainerFacts, PodFacts};
use crate::kube::types::PolicyRule;
use crate::kube::{Index, Object, Reach, Typed};
use crate::rules::{Check, Findings, Rule};
use crate::text::Text;
use crate::words::{clip, list};
use crate::yaml::{NodeId, work};

/// An elector whose ServiceAccount may not write its Lease.
pub static RULE: Rule = rule!("election_without_lease_rbac.md", Error, Check::Facts(check));

/// A rule that is bound to the ServiceAccount, and in which namespace it counts.
struct Grant<'run> {
    rule: &'run PolicyRule,
    role: &'run Object,
    /// None: in all.
    namespace: Option<&'run str>,
    binding: &'run Object,
}

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
    if !grants.iter().any(|grant| about_leases(&grant)) {
        // Older programs lock with ConfigMaps or Endpoints. Who has allowed just the lock knows which it is.
        if grants.iter().any(|grant| allows_lock(grant.rule, member, account)) {
            return;
        }
        let writes = |grant: &&Grant<'_>, kind: &str| {
            allows(grant.rule, "update") && names(grant.rule.resources.as_deref(), kind)
        };
        let locks_otherwise = |grant: &&Grant<'_>| writes(grant, "configmaps") || writes(grant, "endpoints");
        let own = grants.iter().filter(locks_otherwise);
        // What kubebuilder made for managers of that time is copied into operators of today; any other Role was written for
        // the lock that its program has.
        let is_of_kubebuilder = |grant: &Grant<'_>| writes(&grant, "configmaps") && is_of_manager(member, grant.role);
        if own.clone().next().is_some() && !own.clone().any(is_of_kubebuilder) {
            return;
        }
        let locks_otherwise = own.clone().next().is_some();
        // A program of an old client-go may do with them; a new one never leads.
        let level = if locks_otherwise { Level::Warning } else { Level::Error };
        let role = grants[0].role;
        say(member, node, account, "get, update and create", found)
            .label(role.label(role.document.get(role.node, "rules").unwrap_or(role.node), "has no rule for leases"))
            .level(level);
        return;
    }
    if !grants.iter().any(|grant| about_leases(&grant) && of_group(&grant)) {
        if let Some(grant) = grants.iter().find(about_leases) {
            let node_of = rule_node(grant, "apiGroups");
            say(member, node, account, "get, update and create", found)
                .label(grant.role.label(node_of, "leases are in coordination.k8s.io"));
        }
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

/// All that is bound to the account; nothing where a role is not in the run, or is made of others.
fn grants<'run>(index: &'run Index<'run>, object: &'run Object, account: &str) -> Option<Vec<Grant<'run>>> {
    let mut grants = Vec::new();
    let bindings = index.memo().of(BINDINGS, 0, || Bindings::of(index));
    let meant = bindings.of_account(account, object.id.namespace.as_deref());
    if meant.len() > MOST {
        return None;
    }
    for binding in meant.into_iter().filter_map(|number| bindings_of(index).nth(number)) {
        let (role_kind, role_name) = match &binding.typed {
            Some(Typed::RoleBinding(typed)) => (&typed.role_ref.kind, &typed.role_ref.name),
            Some(Typed::ClusterRoleBinding(typed)) => (&typed.role_ref.kind, &typed.role_ref.name),
            // of an API version that is gone: what it gives is not read
            _ => return None,
        };
        let role = index.find(binding, role_kind, role_name)?;
        if !binding.keeps(&["subjects", "roleRef"]) || !role.keeps(&["rules", "aggregationRule"]) {
            return None;
        }
        let rules = match &role.typed {
            Some(Typed::Role(typed)) => &typed.rules,
            Some(Typed::ClusterRole(typed)) if typed.aggregation_rule.is_none() => &typed.rules,
            _ => return None,
        };
        let namespace = (binding.id.kind == "RoleBinding").then(|| binding.id.namespace.as_deref().unwrap_or_default());
        work::count(rules.iter().flatten().count());
        grants.extend(rules.iter().flatten().map(|rule| Grant { rule, role, namespace, binding }));
        if grants.len() > MOST_RULES {
            return None;
        }
    }
    // what is nearest is shown
    grants.sort_by_cached_key(|grant| index.reach(object, grant.binding).unwrap_or(Reach::Run));
    Some(grants)
}

/// Under which they are kept for all Pods of the run.
const BINDINGS: &str = "bindings by account";

/// Bindings of one account that are read for a Pod. What more of them allow together is not worked out.
const MOST: usize = 500;

/// The same of the rules of their roles.
const MOST_RULES: usize = 1000;

/// The numbers of bindings by the accounts that they are for.
#[derive(Default)]
struct Bindings {
    /// By the account's name, then by its namespace if it is known.
    named: HashMap<String, BTreeMap<Option<String>, Vec<usize>>>,
    /// Those for all accounts.
    everyone: Vec<usize>,
}

fn bindings_of<'a, 'run>(index: &'a Index<'run>) -> impl Iterator<Item = &'run Object> + use<'a, 'run> {
    index.kind("RoleBinding").iter().chain(index.kind("ClusterRoleBinding")).copied()
}

impl Bindings {
    fn of(index: &Index<'_>) -> Self {
        let mut all = Self::default();
        for (number, binding) in bindings_of(index).enumerate() {
            let subjects = match &binding.typed {
                Some(Typed::RoleBinding(typed)) => &typed.subjects,
                Some(Typed::ClusterRoleBinding(typed)) => &typed.subjects,
                _ => {
                    let document = &binding.document;
                    let subjects = document.get(binding.node, "subjects").map_or(&[][..], |list| document.items(list));
                    for name in subjects.iter().filter_map(|subject| document.get_str(*subject, "name")) {
                        all.add(name, None, number);
                    }
                    continue;
                }
            };
            let default = binding.id.namespace.as_deref();
            for subject in subjects.iter().flatten() {
                let name = subject.name.as_str();
                match subject.kind.as_str() {
                    "ServiceAccount" => {
                        let own = subject.namespace.as_deref().filter(|namespace| !namespace.is_empty());
                        all.add(name, own.or(default), number);
                    }
                    "Group" if name.starts_with("system:serviceaccounts") || name == "system:authenticated" => {
                        all.everyone.push(number);
                    }
                    _ => {}
                }
            }
        }
        all
    }

    fn add(&mut self, name: &str, namespace: Option<&str>, number: usize) {
        let of_name = self.named.entry(name.to_owned()).or_default();
        of_name.entry(namespace.map(str::to_owned)).or_default().push(number);
    }

    /// Those of an account and of all accounts, in the order of the run; of too many some.
    fn of_account(&self, name: &str, namespace: Option<&str>) -> Vec<usize> {
        let named = self.named.get(name);
        let lists: Vec<&Vec<usize>> = match namespace {
            None => named.into_iter().flat_map(BTreeMap::values).take(MOST + 1).collect(),
            Some(own) => [Some(own.to_owned()), None].iter().filter_map(|namespace| named?.get(namespace)).collect(),
        };
        let lists = lists.into_iter().chain([&self.everyone]);
        let mut all: Vec<usize> = lists.flat_map(|list| list.iter().take(MOST + 1)).copied().collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// Whether an elector is a manager as kubebuilder makes it, with the Role that it makes, or has options as Kubernetes'
/// own components have them since they lock with Leases (`--leader-elect-resource-name` in `k8s.io/component-base`).
fn is_of_manager(member: &ContainerFacts<'_>, role: &Object) -> bool {
    let runs_manager = member.line.invocations.iter().any(|run| run.name == "manager");
    let is_component = || member.words().any(|word| word.text.contains("--leader-elect-resource-"));
    runs_manager || role.id.name.contains("leader-election") || is_component()
}

/// Whether a rule lets an elector write a `ConfigMap` or Endpoints that is called as its lock.
fn allows_lock(rule: &PolicyRule, member: &ContainerFacts<'_>, account: &str) -> bool {
    let is_kind = ["configmaps", "endpoints"].iter().any(|kind| names(rule.resources.as_deref(), kind));
    let program = member.program.map_or("", |program| program.program.as_str());
    let is_lock = |name: &Text| {
        let is_known = member.election.locks.iter().any(|lock| lock.is_known && lock.value == *name);
        let is_own = [program, account, member.name()].contains(&name.as_str());
        is_known || is_own || ["leader", "lock", "election"].iter().any(|word| name.contains(word))
    };
    is_kind && allows(rule, "update") && rule.resource_names.iter().flatten().any(is_lock)
}

/// Whether a workload's account is seen to write what a controller writes: anything but locks, events, and the questions
/// that a webhook asks. None where its rights cannot be told.
pub(super) fn writes_objects(facts: &PodFacts<'_>) -> Option<bool> {
    const ASIDE: [&str; 6] = ["leases", "events", "configmaps", "endpoints", "tokenreviews", "subjectaccessreviews"];
    let account = facts.pod.account().unwrap_or("default");
    let grants = grants(facts.index, facts.pod.object, account)?;
    let is_aside = |resource: &Text| ASIDE.contains(&resource.as_str());
    Some(grants.iter().any(|grant| {
        ["create", "update", "patch", "delete"].iter().any(|verb| allows(grant.rule, verb))
            && grant.rule.resources.iter().flatten().any(|resource| !is_aside(resource))
    }))
}

fn names(listed: Option<&[Text]>, wanted: &str) -> bool {
    listed.is_some_and(|listed| listed.iter().any(|one| one == wanted || one == "*"))
}

fn allows(rule: &PolicyRule, verb: &str) -> bool {
    rule.verbs.iter().any(|one| one == verb || one == "*")
}

/// The node of a field of the grant's rule in its role.
fn rule_node(grant: &Grant<'_>, field: &str) -> NodeId {
    let document = &grant.role.document;
    let rules = document.get(grant.role.node, "rules").map_or(&[][..], |rules| document.items(rules));
    let typed = match &grant.role.typed {
        Some(Typed::Role(typed)) => &typed.rules,
        Some(Typed::ClusterRole(typed)) => &typed.rules,
        _ => &None,
    };
    let at = typed.iter().flatten().position(|rule| std::ptr::eq(rule, grant.rule));
    let rule = at.and_then(|at| rules.get(at).copied()).unwrap_or(grant.role.node);
    document.get(rule, field).unwrap_or(rule)
}
