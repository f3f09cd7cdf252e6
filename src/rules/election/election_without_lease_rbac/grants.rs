//! What the account of a workload may do, by the bindings and roles of the run.

use std::collections::{BTreeMap, HashMap};

use crate::facts::PodFacts;
use crate::kube::types::PolicyRule;
use crate::kube::{Index, Object, Reach, Typed};
use crate::text::Text;
use crate::yaml::{NodeId, work};

/// A rule that is bound to the ServiceAccount, and in which namespace it counts.
pub(super) struct Grant<'run> {
    pub rule: &'run PolicyRule,
    pub role: &'run Object,
    /// None: in all.
    pub namespace: Option<&'run str>,
    pub binding: &'run Object,
}

/// All that is bound to the account; nothing where a role is not in the run, or is made of others.
pub(super) fn grants<'run>(index: &'run Index<'run>, object: &'run Object, account: &str) -> Option<Vec<Grant<'run>>> {
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

/// Whether a workload's account is seen to write what a controller writes: anything but locks, events, and the questions
/// that a webhook asks. None where its rights cannot be told.
pub(in super::super) fn writes_objects(facts: &PodFacts<'_>) -> Option<bool> {
    const ASIDE: [&str; 6] = ["leases", "events", "configmaps", "endpoints", "tokenreviews", "subjectaccessreviews"];
    let account = facts.pod.account().unwrap_or("default");
    let grants = grants(facts.index, facts.pod.object, account)?;
    let is_aside = |resource: &Text| ASIDE.contains(&resource.as_str());
    Some(grants.iter().any(|grant| {
        ["create", "update", "patch", "delete"].iter().any(|verb| allows(grant.rule, verb))
            && grant.rule.resources.iter().flatten().any(|resource| !is_aside(resource))
    }))
}

pub(super) fn names(listed: Option<&[Text]>, wanted: &str) -> bool {
    listed.is_some_and(|listed| listed.iter().any(|one| one == wanted || one == "*"))
}

pub(super) fn allows(rule: &PolicyRule, verb: &str) -> bool {
    rule.verbs.iter().any(|one| one == verb || one == "*")
}

/// The node of a field of the grant's rule in its role.
pub(super) fn rule_node(grant: &Grant<'_>, field: &str) -> NodeId {
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
