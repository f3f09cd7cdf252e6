use super::{ordinals, stateful_set};
use crate::diagnostic::{Label, Level, RuleId};
use crate::kube::{Index, Object, Place};
use crate::recognise::Role;
use crate::recognise::address::texts;
use crate::recognise::shards::{ShardList, lists};
use crate::rules::{Check, FoundAnywhere, Rule};
use crate::words::{clip, nearest};
use crate::yaml::{Document, NodeId, Value};

/// A list of shards and the StatefulSet that holds them disagree.
pub static RULE: Rule = Rule {
    id: RuleId { name: "shard-count-mismatch", family: "serving" },
    level: Level::Error,
    page: include_str!("shard_count_mismatch.md"),
    check: Check::Workspace(check),
};

const WHY: &str = "whoever spreads keys and the Pods that hold them must agree on the shards: what is listed and not there \
                   refuses its share of the keys, what is there and not listed holds nothing";

fn check(index: &Index<'_>, found: &mut FoundAnywhere<'_>) {
    for list in lists(index).iter().filter(|list| list.is_hashed) {
        let Some(object) = list.stateful_set(index) else {
            nobody(list, index, found);
            continue;
        };
        if object.is_base || is_unsettled(index, object) {
            continue;
        }
        let Some(set) = stateful_set(object) else { continue };
        compare(list, object, ordinals(&set.spec), found);
    }
    for object in index.all() {
        own_count(object, index, found);
        gather(object, index, found);
        told_count(object, index, found);
    }
}

/// Whether an autoscaler decides how many there are, of which hpa-on-shards speaks, or they are stopped for now.
fn is_unsettled(index: &Index<'_>, object: &Object) -> bool {
    let replicas = object.document.at(object.node, &["spec", "replicas"]).map(|node| object.document.value(node));
    let stopped = matches!(replicas, Some(Value::Int(0) | Value::Uint(0)));
    stopped || !index.scalers(object).is_empty()
}

/// A list whose Pods no StatefulSet of its folder makes, beside one that it surely means: of nearly that name, or
/// of that name under another governing Service.
fn nobody(list: &ShardList<'_>, index: &Index<'_>, found: &mut FoundAnywhere<'_>) {
    let object = list.file.object;
    let (names, namespace) = (&list.names, object.id.namespace.as_deref());
    if object.is_base || names.pods.len() < 2 || names.namespace.is_some_and(|named| Some(named) != namespace) {
        return;
    }
    let sets = index.kind_in(Place::of(object), "StatefulSet");
    let meant = if index.has(object, "StatefulSet", names.set) {
        sets.iter().find(|set| set.id.name == names.set)
    } else {
        let like = nearest(names.set, sets.iter().map(|set| set.id.name.as_str()));
        sets.iter().find(|set| Some(set.id.name.as_str()) == like)
    };
    let Some(meant) = meant else { return };
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
        .at_span(list.file.span(host), format!("no Pod of `{set}` has the name `{}`", clip(host)))
        .here("nobody answers to this name")
        .label(meant.label(node, "the name that counts"))
        .because("a StatefulSet's Pods are found by <set>-<ordinal>.<serviceName> (kubernetes/website: concepts/workloads/controllers/statefulset, \"Stable Network ID\")")
        .help(format!("list {}-0.{} and so on", meant.id.name, if service.is_empty() { "SERVICE" } else { service }));
}

fn compare(list: &ShardList<'_>, object: &Object, (start, count): (u32, u32), found: &mut FoundAnywhere<'_>) {
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
        format!("the list does not name the {count} Pods that there are, {first_pod} to {last_pod}")
    } else {
        format!("the list names {listed} {shards}, the StatefulSet runs {count}")
    };
    let (piece, here) = match (absent, unlisted) {
        (Some((_, host)), _) => (*host, "no such Pod"),
        (None, Some(_)) => (names.pods.last().map_or("", |(_, host)| *host), "the last that is listed"),
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
        .at_span(list.file.span(piece), message)
        .here(here)
        .label(object.label(place, there))
        .because(WHY)
        .help(help);
}

/// Programs that are told how many they are: `ARGOCD_CONTROLLER_REPLICAS` (argo-cd#26399, #19928) and
/// kube-state-metrics' `--total-shards`.
fn own_count(object: &Object, index: &Index<'_>, found: &mut FoundAnywhere<'_>) {
    let Some(set) = stateful_set(object).filter(|_| !object.is_base && !is_unsettled(index, object)) else { return };
    let Some(pod) = object.pod() else { return };
    let (_, count) = ordinals(&set.spec);
    for text in pod.containers().flat_map(|view| texts(&view)) {
        let told = match text.variable {
            Some("ARGOCD_CONTROLLER_REPLICAS") => text.text.parse::<u32>().ok(),
            Some(_) => None,
            None => text.text.strip_prefix("--total-shards=").and_then(|number| number.parse().ok()),
        };
        if let Some(told) = told.filter(|told| *told != count && *told > 0) {
            let replicas = object.document.at(object.node, &["spec", "replicas"]);
            say_count(object, text.node, told, count, object, replicas, found);
        }
    }
}

/// The root of a scatter/gather and its leaves.
fn gather(object: &Object, index: &Index<'_>, found: &mut FoundAnywhere<'_>) {
    let Some(pod) = object.pod().filter(|_| !object.is_base) else { return };
    if !pod.containers().flat_map(|view| texts(&view)).any(|text| text.text.contains("{i}")) {
        return;
    }
    for one in crate::recognise::containers(pod).iter().filter(|one| one.role == Role::GatherRoot) {
        let words = texts(&one.container);
        let value = |flag: &str| words.iter().find_map(|text| Some((text.text.strip_prefix(flag)?, text.node)));
        let (Some((told, node)), Some((url, _))) = (value("--leaves="), value("--leaf-url=")) else { continue };
        let Ok(told) = told.parse::<u32>() else { continue };
        let named = url.replace("{i}", "0");
        let lists = crate::recognise::hosts::pod_names(&named);
        let Some(leaf) = lists.first().and_then(|list| index.find(object, "StatefulSet", list.set)) else { continue };
        let Some(set) = stateful_set(leaf).filter(|_| !leaf.is_base && !is_unsettled(index, leaf)) else { continue };
        let (start, count) = ordinals(&set.spec);
        if told != count && start == 0 {
            let replicas = leaf.document.at(leaf.node, &["spec", "replicas"]);
            say_count(object, node, told, count, leaf, replicas, found);
        }
    }
}

/// A number of shards beside the template of their names: `SHARD_COUNT=3` with `SHARD_HOST=cache-%d.cache`.
fn told_count(object: &Object, index: &Index<'_>, found: &mut FoundAnywhere<'_>) {
    const COUNTS: [&str; 6] =
        ["SHARD_COUNT", "SHARDS", "NUM_SHARDS", "SHARDS_COUNT", "NUMBER_OF_SHARDS", "TOTAL_SHARDS"];
    let Some(pod) = object.pod().filter(|_| !object.is_base) else { return };
    for view in pod.containers() {
        let words = texts(&view);
        let count = words.iter().find_map(|text| {
            let name = text.variable.filter(|name| COUNTS.iter().any(|count| name.ends_with(count)))?;
            Some((name, text.text.parse::<u32>().ok()?, text.node))
        });
        let Some((_, told, node)) = count.filter(|(_, told, _)| *told > 0) else { continue };
        let set = words.iter().find_map(|text| {
            text.variable?;
            let first = ["{i}", "{}", "%d", "{n}", "{index}", "{shard}"]
                .iter()
                .fold(text.text.to_owned(), |text, hole| text.replace(hole, "0"));
            let lists = crate::recognise::hosts::pod_names(&first);
            let list = lists.first().filter(|_| first != text.text)?;
            index.find(object, "StatefulSet", list.set)
        });
        let Some(leaf) = set.filter(|set| !set.is_base && !is_unsettled(index, set)) else { continue };
        let Some(typed) = stateful_set(leaf) else { continue };
        let (_, count) = ordinals(&typed.spec);
        if told != count {
            let replicas = leaf.document.at(leaf.node, &["spec", "replicas"]);
            say_count(object, node, told, count, leaf, replicas, found);
        }
    }
}

fn say_count(
    object: &Object,
    node: NodeId,
    told: u32,
    count: u32,
    set: &Object,
    replicas: Option<NodeId>,
    found: &mut FoundAnywhere<'_>,
) {
    let name = |document: &Document| document.at(set.node, &["metadata", "name"]);
    let place = replicas.or_else(|| name(&set.document)).unwrap_or(set.node);
    found
        .about(object)
        .at(node, format!("it is told of {told} shards, and the StatefulSet runs {count}"))
        .here(format!("{told} shards"))
        .label(Label::node(&set.document, place, format!("{count} Pods")))
        .because(WHY)
        .help(format!("write {count} here, or set replicas to {told}"));
}
