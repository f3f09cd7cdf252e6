//! A Role and its binding as `rights`, a `ClusterRole` and its as `cluster-rights`, where an account has them for itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value as Json, json};

use super::Input;
use super::canonical::is_noise_annotation;
use super::values::items;
use crate::describe::fits;
use crate::kube::api_resources::{Nothing, OF_ONE_NAMESPACE, is_built_in, is_cluster_wide, is_out_of_reach, nothing};

/// A name in a namespace.
type Key<'a> = (Option<&'a str>, &'a str);

/// The Roles of a run and who has them.
#[derive(Default)]
pub(super) struct Rights<'a> {
    roles: HashMap<Key<'a>, &'a Input>,
    /// Bindings by the one account that they name.
    bindings: HashMap<Key<'a>, Vec<&'a Input>>,
    /// How many bindings give a Role.
    given: HashMap<Key<'a>, usize>,
    cluster_roles: HashMap<&'a str, &'a Input>,
    /// Bindings of the whole cluster by the one account that they name.
    cluster_bindings: HashMap<Key<'a>, Vec<&'a Input>>,
    /// How many bindings of either kind give a `ClusterRole`.
    given_to_all: HashMap<&'a str, usize>,
}

impl<'a> Rights<'a> {
    pub(super) fn of(inputs: &'a [Input]) -> Self {
        let mut rights = Self::default();
        for input in inputs {
            let namespace = input.id.namespace.as_deref();
            match input.kind() {
                "Role" => {
                    rights.roles.insert((namespace, input.name()), input);
                }
                "ClusterRole" => {
                    rights.cluster_roles.insert(input.name(), input);
                }
                "ClusterRoleBinding" => {
                    if let Some(role) = cluster_role_of(&input.object) {
                        *rights.given_to_all.entry(role).or_default() += 1;
                    }
                    if let [subject] = items(&input.object["subjects"])
                        && subject["kind"] == "ServiceAccount"
                        && let (Some(name), Some(of)) = (subject["name"].as_str(), subject["namespace"].as_str())
                    {
                        rights.cluster_bindings.entry((Some(of), name)).or_default().push(input);
                    }
                }
                "RoleBinding" => {
                    if let Some(role) = cluster_role_of(&input.object) {
                        *rights.given_to_all.entry(role).or_default() += 1;
                    }
                    if let Some(role) = role_of(&input.object) {
                        *rights.given.entry((namespace, role)).or_default() += 1;
                    }
                    if let [subject] = items(&input.object["subjects"])
                        && subject["kind"] == "ServiceAccount"
                        && subject["namespace"].as_str().is_none_or(|other| Some(other) == namespace)
                        && let Some(name) = subject["name"].as_str()
                    {
                        rights.bindings.entry((namespace, name)).or_default().push(input);
                    }
                }
                _ => {}
            }
        }
        rights
    }

    /// The Role that an account has for itself and the binding that gives it, the first of several.
    pub(super) fn given_to(&self, account: &Input) -> Option<[&'a Input; 2]> {
        let namespace = account.id.namespace.as_deref();
        let bindings = self.bindings.get(&(namespace, account.name()))?;
        bindings.iter().find_map(|binding| {
            let name = role_of(&binding.object)?;
            let role = self.roles.get(&(namespace, name)).filter(|_| self.given.get(&(namespace, name)) == Some(&1))?;
            sayable([*role, *binding])
        })
    }

    /// Why a Role or its binding stays where it is, if that is known of what it gives.
    pub(super) fn why_left(&self, input: &Input) -> Option<&'static str> {
        let role = match input.kind() {
            "Role" => input,
            "RoleBinding" => self.roles.get(&(input.id.namespace.as_deref(), role_of(&input.object)?))?,
            _ => return None,
        };
        allows_nothing(&role.object)
            .then_some("the Role allows nothing: what it names is cluster-wide, or does not exist")
    }

    /// The `ClusterRole` that an account has for itself and the binding that gives it, the first of several.
    pub(super) fn given_everywhere(&self, account: &Input) -> Option<[&'a Input; 2]> {
        // the binding names the account's namespace, and so has the document to do
        let bindings = self.cluster_bindings.get(&(Some(account.id.namespace.as_deref()?), account.name()))?;
        bindings.iter().find_map(|binding| {
            let name = cluster_role_of(&binding.object)?;
            let role = self.cluster_roles.get(name).filter(|_| self.given_to_all.get(name) == Some(&1))?;
            let own = role.object["metadata"]["labels"].as_object();
            let is_part = own.is_some_and(|labels| labels.keys().any(|key| key.starts_with(AGGREGATE)));
            let is_whole = role.object["aggregationRule"].is_null() && !is_part;
            sayable([*role, *binding]).filter(|_| is_whole)
        })
    }
}

/// Beginning of the labels by which a `ClusterRole` becomes part of others.
const AGGREGATE: &str = "rbac.authorization.k8s.io/aggregate-to-";

/// A role and its binding, if the language has words for both.
fn sayable(both: [&Input; 2]) -> Option<[&Input; 2]> {
    let is_served = both.iter().all(|one| one.id.api_version == "rbac.authorization.k8s.io/v1");
    (is_served && both.iter().all(|one| !is_annotated(&one.object)) && of(&both[0].object).is_some()).then_some(both)
}

/// The `ClusterRole` that a binding gives.
fn cluster_role_of(binding: &Json) -> Option<&str> {
    binding["roleRef"]["name"].as_str().filter(|_| binding["roleRef"]["kind"] == "ClusterRole")
}

/// The Role that a binding gives.
fn role_of(binding: &Json) -> Option<&str> {
    binding["roleRef"]["name"].as_str().filter(|_| binding["roleRef"]["kind"] == "Role")
}

fn is_annotated(object: &Json) -> bool {
    let annotations = object["metadata"]["annotations"].as_object();
    annotations.is_some_and(|annotations| annotations.keys().any(|key| !is_noise_annotation(key)))
}

/// `rights`, if the language has words for all of a Role.
pub(super) fn of(role: &Json) -> Option<Vec<Json>> {
    // by resource and names, in the order of the rules
    let mut rights: Vec<(String, Json, Vec<Json>)> = Vec::new();
    let is_of_all = role["kind"] == "ClusterRole";
    for rule in items(&role["rules"]) {
        if rule.as_object()?.keys().any(|key| !["apiGroups", "resources", "resourceNames", "verbs"].contains(&&**key)) {
            return None;
        }
        let verbs = items(&rule["verbs"]);
        if verbs.is_empty() || !verbs.iter().all(|verb| verb.as_str().is_some_and(|verb| fits("verb", verb))) {
            return None;
        }
        for right in resources(rule)?.into_iter().filter(|right| !gives_nothing(right)) {
            let is_idle = |verb: &&Json| !is_of_all && verb.as_str().is_some_and(|verb| is_idle(&right, verb));
            let verbs: Vec<&Json> = verbs.iter().filter(|verb| !is_idle(verb)).collect();
            if verbs.is_empty() {
                continue;
            }
            if !fits("resource", &right) || !is_of_all && !is_given_here(&right, &verbs) {
                return None;
            }
            let names = rule["resourceNames"].clone();
            let names = if items(&names).is_empty() { Json::Null } else { names };
            if items(&names).iter().any(|name| name.as_str().is_none_or(str::is_empty)) {
                return None;
            }
            let at = rights.iter().position(|(there, of, _)| *there == right && *of == names).unwrap_or_else(|| {
                rights.push((right, names, Vec::new()));
                rights.len() - 1
            });
            for verb in verbs {
                if !rights[at].2.contains(verb) {
                    rights[at].2.push(verb.clone());
                }
            }
        }
    }
    let one = |(right, names, verbs): (String, Json, Vec<Json>)| {
        let mut said: Vec<Json> = Vec::new();
        for name in items(&names) {
            if !said.contains(name) {
                said.push(name.clone());
            }
        }
        json!({right: if said.is_empty() { json!(verbs) } else { json!({"names": said, "verbs": verbs}) }})
    };
    let rights: Vec<Json> = rights.into_iter().map(one).collect();
    (!rights.is_empty()).then_some(rights)
}

/// Whether a Role gives nothing with a verb on a resource.
fn is_idle(right: &str, verb: &str) -> bool {
    let (resource, group) = split(right);
    is_out_of_reach(group, &resource, verb)
}

/// Whether `rights` takes these verbs: of what belongs to no namespace, those for the own namespace.
fn is_given_here(right: &str, verbs: &[&Json]) -> bool {
    let (resource, group) = split(right);
    let base = resource.split('/').next().unwrap_or_default();
    let is_of_one = |verb: &&Json| verb.as_str().is_some_and(|verb| OF_ONE_NAMESPACE.contains(&verb));
    !is_cluster_wide(group, base) || group.is_empty() && base == "namespaces" && verbs.iter().all(is_of_one)
}

/// Whether all that a Role gives with `said` and not with `made` is rights on what belongs to no namespace.
pub(super) fn is_out_of_namespaces(right: &str, said: &Json, made: Option<&Json>) -> bool {
    let right = right.split('[').next().unwrap_or_default();
    let made = made.map(items).unwrap_or_default();
    let is_lost = |verb: &&Json| !made.contains(verb);
    let is_idle = |verb: &Json| verb.as_str().is_some_and(|verb| is_idle(right, verb));
    made.iter().all(|verb| items(said).contains(verb)) && items(said).iter().filter(is_lost).all(is_idle)
}

/// Whether none of the rights of a Role allows anything.
fn allows_nothing(role: &Json) -> bool {
    let rules = items(&role["rules"]);
    let is_vain = |rule: &Json| {
        let verbs = || items(&rule["verbs"]).iter().filter_map(Json::as_str);
        let is_vain = |right: String| gives_nothing(&right) || verbs().all(|verb| is_idle(&right, verb));
        resources(rule).is_some_and(|rights| rights.into_iter().all(is_vain))
    };
    !rules.is_empty() && rules.iter().all(is_vain)
}

/// What a rule is about, in the language's words; nothing where these would mean something else.
fn resources(rule: &Json) -> Option<Vec<String>> {
    let mut found = Vec::new();
    for resource in items(&rule["resources"]) {
        for group in items(&rule["apiGroups"]) {
            found.push(word(resource.as_str()?, group.as_str()?)?);
        }
    }
    (!found.is_empty()).then_some(found)
}

/// `<resource>[.<group>][/<subresource>]`; `*` is everything of every group.
fn word(resource: &str, group: &str) -> Option<String> {
    let (base, sub) =
        resource.split_once('/').map_or((resource, String::new()), |(base, sub)| (base, format!("/{sub}")));
    match (base, group) {
        ("*", "*") if sub.is_empty() => Some("*".to_owned()),
        ("*", _) | (_, "*") => None,
        (base, "") => Some(format!("{base}{sub}")),
        (base, group) => Some(format!("{base}.{group}{sub}")),
    }
}

/// The resource with its subresource, and the group.
fn split(right: &str) -> (String, &str) {
    let (resource, sub) = right.split_once('/').map_or((right, String::new()), |(base, sub)| (base, format!("/{sub}")));
    let (base, group) = resource.split_once('.').unwrap_or((resource, ""));
    (format!("{base}{sub}"), group)
}

/// Whether no server has such a resource in this built-in group: rules of many groups and resources name every pair.
pub(super) fn gives_nothing(right: &str) -> bool {
    let right = right.split('[').next().unwrap_or_default();
    let (resource, group) = split(right);
    let base = resource.split('/').next().unwrap_or_default();
    let is_none = |none| matches!(none, Some(Nothing::OtherGroup(_) | Nothing::NoResource(_) | Nothing::Swapped));
    is_built_in(group) && (is_none(nothing(&[group], &resource)) || is_none(nothing(&[group], base)))
}

/// Rules as the verbs of each resource and name: how they are put together is of no effect.
pub(super) fn canonical(role: &mut Json) {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for rule in items(&role["rules"]) {
        let Some(words) = resources(rule) else { return };
        let names = items(&rule["resourceNames"]);
        let verbs = || items(&rule["verbs"]).iter().filter_map(Json::as_str).map(str::to_owned);
        for word in words {
            if names.is_empty() {
                all.entry(word).or_default().extend(verbs());
                continue;
            }
            for name in names.iter().filter_map(Json::as_str) {
                all.entry(format!("{word}[{name}]")).or_default().extend(verbs());
            }
        }
    }
    role["rules"] = Json::Object(all.into_iter().map(|(right, verbs)| (right, json!(verbs))).collect::<Map<_, _>>());
}

/// A binding without what goes without saying.
pub(super) fn canonical_binding(binding: &mut Json) {
    let namespace = binding["metadata"]["namespace"].clone();
    if let Some(members) = binding.get_mut("roleRef").and_then(Json::as_object_mut) {
        members.shift_remove("apiGroup");
    }
    let subjects = binding.get_mut("subjects").and_then(Json::as_array_mut);
    for subject in subjects.into_iter().flatten().filter_map(Json::as_object_mut) {
        if subject.get("namespace").is_some_and(|own| *own == namespace) {
            subject.shift_remove("namespace");
        }
        if subject.get("apiGroup").is_some_and(|group| *group == "") {
            subject.shift_remove("apiGroup");
        }
    }
}
