use super::{ordinals, stateful_set};
use crate::diagnostic::Label;
use crate::facts::hosts::pod_names;
use crate::facts::shards::{ShardList, lists};
use crate::facts::{PodFacts, Role, Setting};
use crate::kube::{FolderScope, Index, Object};
use crate::rules::{Check, Findings, FindingsAnywhere, Rule, SharedCheck, SharedPass};
use crate::words::{clip, nearest};
use crate::yaml::{Document, NodeId, Value};

/// A list of shards and the StatefulSet that holds them disagree.
pub static RULE: Rule = rule!("shard_count_mismatch.md", Error, Check::Facts(counts));

const WHY: &str = "the client that distributes keys and the Pods that store them must agree on the \
                   shards: requests to a listed shard that does not exist fail, and a shard that is not listed gets no \
                   keys";

/// Lists of shards, wherever they are written.
pub(in crate::rules) static LISTS: SharedCheck =
    SharedCheck { rules: &[&RULE], check: SharedPass::Together(check_lists) };

/// What says how many Pods a set has, and what they are called.
const COUNTED: [&str; 4] = ["metadata.name", "spec.replicas", "spec.ordinals", "spec.serviceName"];

fn check_lists(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    if index.kind("StatefulSet").is_empty() {
        return;
    }
    for list in lists(index).iter().filter(|list| list.is_hashed && list.is_final()) {
        let Some(object) = list.stateful_set(index) else {
            without_pods(list, index, found);
            continue;
        };
        if !object.keeps(&COUNTED) || is_unsettled(index, object) {
            continue;
        }
        let Some(set) = stateful_set(object) else { continue };
        compare(list, object, ordinals(&set.spec), found);
    }
}

/// Numbers of shards that containers are told.
fn counts(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    if !facts.pod.object.is_whole() {
        return;
    }
    own_count(facts, found);
    gather(facts, found);
    told_count(facts, found);
}

/// Whether an autoscaler decides how many there are, of which hpa-on-shards speaks, or they are stopped for now.
fn is_unsettled(index: &Index<'_>, object: &Object) -> bool {
    let replicas = object.document.at(object.node, &["spec", "replicas"]).map(|node| object.document.value(node));
    let stopped = matches!(replicas, Some(Value::Int(0) | Value::Uint(0)));
    stopped || !index.scalers(object).is_empty()
}

/// A list whose Pods no StatefulSet of its folder makes, beside one that it surely means: of nearly that name, or
/// of that name under another governing Service.
fn without_pods(list: &ShardList<'_>, index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    let object = list.file.object;
    let (names, namespace) = (&list.names, object.id.namespace.as_deref());
    if !list.is_final() || names.pods.len() < 2 || names.namespace.is_some_and(|named| Some(named) != namespace) {
        return;
    }
    let sets = index.kind_in(FolderScope::of(object), "StatefulSet");
    let meant = if index.has(object, "StatefulSet", names.set) {
        sets.iter().find(|set| set.id.name == names.set)
    } else {
        let like = nearest(names.set, sets.iter().map(|set| set.id.name.as_str()));
        sets.iter().find(|set| Some(set.id.name.as_str()) == like)
    };
    let Some(meant) = meant.filter(|set| set.keeps(&COUNTED)) else { return };
    let service = stateful_set(meant).and_then(|set| set.spec.service_name.as_deref()).unwrap_or_default();
    let (set, (_, host)) = (clip(&meant.id.name), names.pods[0]);
    let is_its_name = meant.id.name == names.set;
    if is_its_name && (service.is_empty() || service == names.service) {
        return;
    }
    let field: &[&str] = if is_its_name { &["spec", "serviceName"] } else { &["metadata", "name"] };
    let node = meant.document.at(meant.node, field).unwrap_or(meant.node);
    found
        .about(object)
        .at_span(list.span(host), format!("no Pod of `{set}` has the name `{}`", clip(host)))
        .here("no Pod has this name")
        .label(meant.label(node, "the name that counts"))
        .because("a StatefulSet's Pods are found by <set>-<ordinal>.<serviceName> (kubernetes/website: concepts/workloads/controllers/statefulset, \"Stable Network ID\")")
        .help(format!("list {}-0.{} and so on", meant.id.name, if service.is_empty() { "SERVICE" } else { service }));
}

fn compare(list: &ShardList<'_>, object: &Object, (start, count): (u32, u32), found: &mut FindingsAnywhere<'_>) {
    let names = &list.names;
    let pod = |ordinal: u32| format!("{}-{ordinal}", names.set);
    let end = start.saturating_add(count);
    let (first_pod, last_pod) = (pod(start), pod(end.saturating_sub(1)));
    let listed = names.pods.len();
    let shards = if listed == 1 { "shard" } else { "shards" };
    let absent = names.pods.iter().find(|(ordinal, _)| *ordinal < start || *ordinal >= end);
    let unlisted = (start..end).find(|ordinal| !names.pods.iter().any(|(known, _)| known == ordinal));
    let same_count = u32::try_from(listed) == Ok(count);
    let message = if same_count {
        format!("the list does not name the {count} existing Pods, {first_pod} to {last_pod}")
    } else {
        format!("the list names {listed} {shards}, but the StatefulSet runs {count}")
    };
    let (piece, here) = match (absent, unlisted) {
        (Some((_, host)), _) => (*host, "no such Pod"),
        (None, Some(_)) => (names.pods.last().map_or("", |(_, host)| *host), "the last one listed"),
        (None, None) => return,
    };
    let there = match unlisted {
        Some(ordinal) => format!("{} gets no keys", pod(ordinal)),
        None => format!("{first_pod} to {last_pod}"),
    };
    let help = if same_count {
        format!("ordinals start at {start}: list {first_pod} to {last_pod}")
    } else {
        format!("list {first_pod} to {last_pod}, or set replicas to {listed}")
    };
    let at = |path: &[&str]| object.document.at(object.node, path);
    let place = at(&["spec", "replicas"]).or_else(|| at(&["metadata", "name"])).unwrap_or(object.node);
    found
        .about(list.file.object)
        .at_span(list.span(piece), message)
        .here(here)
        .label(object.label(place, there))
        .because(WHY)
        .help(help);
}

/// A StatefulSet whose own containers are told how many there are.
fn own_count(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let object = facts.pod.object;
    let Some(set) = stateful_set(object).filter(|_| object.keeps(&COUNTED) && !is_unsettled(facts.index, object))
    else {
        return;
    };
    let (_, count) = ordinals(&set.spec);
    for member in &facts.members {
        let told = member.option("--total-shards").or_else(|| member.variable("ARGOCD_CONTROLLER_REPLICAS"));
        let Some(told) = told.filter(|told| is_own(told, object)) else { continue };
        if let Some(number) = told.text.parse::<u32>().ok().filter(|number| *number != count && *number > 0) {
            let replicas = object.document.at(object.node, &["spec", "replicas"]);
            say_count(told.place.node, number, count, object, replicas, found);
        }
    }
}

/// A root that is told of more or fewer leaves than there are.
fn gather(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let object = facts.pod.object;
    for one in facts.members.iter().filter(|one| one.role == Role::GatherRoot) {
        let (Some(leaves), Some(url)) = (one.option("--leaves"), one.option("--leaf-url")) else { continue };
        let Some(told) = leaves.text.parse::<u32>().ok().filter(|_| is_own(&leaves, object)) else { continue };
        let named = url.text.replace("{i}", "0");
        let lists = pod_names(&named);
        let Some(leaf) = lists.first().and_then(|list| facts.index.find(object, "StatefulSet", list.set)) else {
            continue;
        };
        let Some(set) = stateful_set(leaf).filter(|_| leaf.keeps(&COUNTED) && !is_unsettled(facts.index, leaf)) else {
            continue;
        };
        let (start, count) = ordinals(&set.spec);
        if told != count && start == 0 {
            let replicas = leaf.document.at(leaf.node, &["spec", "replicas"]);
            say_count(leaves.place.node, told, count, leaf, replicas, found);
        }
    }
}

/// Variables with the number of shards beside a template of their names.
fn told_count(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    const COUNTS: [&str; 6] =
        ["SHARD_COUNT", "SHARDS", "NUM_SHARDS", "SHARDS_COUNT", "NUMBER_OF_SHARDS", "TOTAL_SHARDS"];
    let object = facts.pod.object;
    for member in &facts.members {
        let count = member.variables().find_map(|(name, word)| {
            let is_count = COUNTS.iter().any(|count| name.ends_with(count)) && is_own(&Setting::from(word), object);
            Some((word.text.parse::<u32>().ok().filter(|_| is_count)?, word.place.node))
        });
        let Some((told, node)) = count.filter(|(told, _)| *told > 0) else { continue };
        let set = member.variables().find_map(|(_, word)| {
            let first = ["{i}", "{}", "%d", "{n}", "{index}", "{shard}"]
                .iter()
                .fold(word.text.to_string(), |text, hole| text.replace(hole, "0"));
            let lists = pod_names(&first);
            let list = lists.first().filter(|_| first != word.text)?;
            facts.index.find(object, "StatefulSet", list.set)
        });
        let Some(leaf) = set.filter(|set| set.keeps(&COUNTED) && !is_unsettled(facts.index, set)) else { continue };
        let Some(typed) = stateful_set(leaf) else { continue };
        let (_, count) = ordinals(&typed.spec);
        if told != count {
            let replicas = leaf.document.at(leaf.node, &["spec", "replicas"]);
            say_count(node, told, count, leaf, replicas, found);
        }
    }
}

/// Whether a value is written in the container itself.
fn is_own(told: &Setting<'_>, object: &Object) -> bool {
    std::ptr::eq(told.place.object, object)
}

fn say_count(node: NodeId, told: u32, count: u32, set: &Object, replicas: Option<NodeId>, found: &mut Findings<'_>) {
    let name = |document: &Document| document.at(set.node, &["metadata", "name"]);
    let place = replicas.or_else(|| name(&set.document)).unwrap_or(set.node);
    found
        .at(node, format!("configured for {told} shards, but the StatefulSet runs {count}"))
        .here(format!("{told} shards"))
        .label(Label::node(&set.document, place, format!("{count} Pods")))
        .because(WHY)
        .help(format!("write {count} here, or set replicas to {told}"));
}
