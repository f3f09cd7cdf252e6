mod monitors;

use std::collections::{HashMap, HashSet};

use super::scaling::name_node;
use crate::kube::selection::{Labelled, Meant, is_given, label_selector, meant, pods, pods_beside};
use crate::kube::types::{PodAffinityTerm, PodSpec};
use crate::kube::{FolderScope, Index, Object, PodView, Selector, Typed};
use crate::rules::{Check, FindingsAnywhere, Rule, parts, text};
use crate::words::clip;
use crate::yaml::{NodeId, edit};

/// A selector that selects nothing, though something beside it was plainly meant.
pub static RULE: Rule = rule!("selector_matches_nothing.md", Warning, Check::Workspace(check), fixes);

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    let run = &Run { index, custom: custom(index) };
    for object in run.index.all().iter().copied().filter(|object| object.keeps_selection()) {
        match &object.typed {
            Some(Typed::PodDisruptionBudget(_)) => {
                let why = "the budget covers no Pods: evictions are not limited";
                of_pods(run, object, &["spec", "selector"], why, found);
            }
            Some(Typed::NetworkPolicy(_)) => network_policy(run, object, found),
            _ => {}
        }
        for pod in object.pods() {
            spread(pod, found);
            affinity(run, pod, found);
        }
    }
    monitors::monitors(run, found);
}

/// The run, and what is computed once for it.
struct Run<'index, 'run> {
    index: &'index Index<'run>,
    custom: HashMap<FolderScope<'run>, HashSet<&'run str>>,
}

/// One selector of Pods, at a path of fields.
fn of_pods(run: &Run<'_, '_>, object: &Object, path: &[&str], why: &str, found: &mut FindingsAnywhere<'_>) {
    let Some(node) = object.document.at(object.node, path) else { return };
    pod_selector(run, object, node, pods_beside(run.index, object), why, found);
}

fn network_policy(run: &Run<'_, '_>, object: &Object, found: &mut FindingsAnywhere<'_>) {
    of_pods(
        run,
        object,
        &["spec", "podSelector"],
        "the policy applies to no Pods: it does not restrict traffic",
        found,
    );
    let document = &object.document;
    let items = |node: NodeId, field: &str| document.get(node, field).map_or(&[][..], |list| document.items(list));
    let Some(spec) = document.get(object.node, "spec") else { return };
    let peers = [("ingress", "from", "it admits no traffic"), ("egress", "to", "it allows no traffic")];
    for (list, field, why) in peers {
        for peer in items(spec, list).iter().flat_map(|rule| items(*rule, field)) {
            let selector = document.get(*peer, "podSelector");
            if let Some(node) = selector.filter(|_| document.get(*peer, "namespaceSelector").is_none()) {
                let why = format!("an entry of `{field}` that selects no Pod has no effect: {why}");
                pod_selector(run, object, node, pods_beside(run.index, object), &why, found);
            }
        }
    }
}

/// A selector of Pods of the object's namespace that selects none, beside Pods that it nearly selects.
fn pod_selector<'run>(
    run: &Run<'_, 'run>,
    object: &'run Object,
    node: NodeId,
    candidates: impl Iterator<Item = Labelled<'run>>,
    why: &str,
    found: &mut FindingsAnywhere<'_>,
) {
    let Some(written) = label_selector(&object.document, node) else { return };
    let selector = Selector::of(&written);
    let is_open = selector.is_empty() || has_placeholder(&selector) || run.index.may_match_any(object, &selector);
    if is_open || object.is_among_unseen || is_made_by_operator(run, object, &selector) {
        return;
    }
    if let Some(meant) = meant(&selector, candidates) {
        let name = clip(&meant.it.object.id.name);
        let message = format!("this selects no Pod; those of `{name}` do not have `{}`", wanted(&selector, meant.key));
        say(object, node, &meant, &message, &format!("the labels of `{name}`'s Pods"), why, found);
    }
}

fn wanted(selector: &Selector<'_>, key: &str) -> String {
    match selector.equal().find(|(known, _)| *known == key) {
        Some((key, value)) => format!("{}: {}", clip(key), clip(value)),
        None => match selector.only_value(key) {
            Some(value) => format!("{}: {}", clip(key), clip(value)),
            None => clip(key),
        },
    }
}

fn has_placeholder(selector: &Selector<'_>) -> bool {
    selector.equal().any(|(key, value)| text::is_placeholder(key) || text::is_placeholder(value))
}

/// Names of objects have no more letters.
const LONGEST: usize = 253;

/// In the place of a name that is filled in later: `${NAME:=web}`.
const ANY: &str = "";

/// Whether a custom object of the place has the name that the selector asks for: its operator makes such Pods.
fn is_made_by_operator(run: &Run<'_, '_>, object: &Object, selector: &Selector<'_>) -> bool {
    let Some(names) = run.custom.get(&FolderScope::of(object)) else { return false };
    if names.contains(ANY) {
        return true;
    }
    selector.equal().any(|(_, value)| {
        let beginnings = value.match_indices('-').map(|(at, _)| &value[..at]).take_while(|name| name.len() <= LONGEST);
        beginnings.chain([value]).any(|name| names.contains(name))
    })
}

/// The names of the objects that operators may make Pods from, by place.
fn custom<'run>(index: &Index<'run>) -> HashMap<FolderScope<'run>, HashSet<&'run str>> {
    const WITHOUT_PODS: [&str; 22] = [
        "ServiceMonitor",
        "PodMonitor",
        "Probe",
        "PrometheusRule",
        "VMServiceScrape",
        "VMPodScrape",
        "VMRule",
        "VirtualService",
        "DestinationRule",
        "AuthorizationPolicy",
        "PeerAuthentication",
        "HTTPRoute",
        "GRPCRoute",
        "IngressRoute",
        "Certificate",
        "Issuer",
        "ExternalSecret",
        "SealedSecret",
        "ScaledObject",
        "VerticalPodAutoscaler",
        "BackendConfig",
        "CiliumNetworkPolicy",
    ];
    let mut custom: HashMap<_, HashSet<_>> = HashMap::new();
    for object in index.all().iter().copied() {
        let makes_pods = object.typed.is_none()
            && object.pods().next().is_none()
            && object.id.api_version.contains('.')
            && !WITHOUT_PODS.contains(&object.id.kind.as_str());
        if makes_pods && !object.id.name.is_empty() {
            let name = object.id.name.as_str();
            let name = if text::is_placeholder(name) { ANY } else { name };
            custom.entry(FolderScope::of(object)).or_default().insert(name);
        }
    }
    custom
}

fn say(
    object: &Object,
    selector: NodeId,
    meant: &Meant<'_, '_>,
    message: &str,
    labels: &str,
    why: &str,
    found: &mut FindingsAnywhere<'_>,
) {
    let document = &object.document;
    let written = document.at(selector, &["matchLabels", meant.key]);
    let edit = written.zip(meant.says).and_then(|(node, says)| edit::text(document, node, says));
    let value = written.and_then(|node| document.str(node));
    let elsewhere = meant.it.labels.iter().find(|(_, other)| Some(other.as_str()) == value);
    let help = match (meant.says, elsewhere) {
        (Some(says), _) if written.is_none() => format!("write `values: [{}]`", clip(&edit::quoted(says))),
        (Some(says), _) => format!("write `{}: {}`", clip(meant.key), clip(&edit::quoted(says))),
        (None, Some((key, value))) => format!("write `{}: {}`", clip(key), clip(&edit::quoted(value))),
        (None, None) => format!("remove `{}`, or add it to these labels", clip(meant.key)),
    };
    let mut about = found.about(object);
    let mut saying = about.at(written.unwrap_or(selector), message).label(meant.it.object.label(meant.it.node, labels));
    // the commonest slip: only the workload itself has the label
    let it = meant.it.object;
    let own = it.document.at(it.node, &["metadata", "labels", meant.key]).filter(|_| it.id.kind != "Pod");
    if let Some(own) = own.filter(|own| it.document.str(*own) == value && meant.says.is_none()) {
        saying = saying.label(it.label(own, format!("only the {} has it, not its Pods", it.id.kind)));
    }
    saying
        .because(why.to_owned())
        .help(help)
        .unsafe_fix_if(format!("select `{}`", meant.says.unwrap_or_default()), edit.map(|edit| vec![edit]));
}

/// Whether an object's Pods have the labels that are written, and no others. A template without containers is a part of
/// one, for `kubectl patch`.
fn makes_what_is_written(object: &Object) -> bool {
    let is_whole = object.pods().all(|pod| !pod.spec.containers.is_empty());
    (object.typed.is_some() || object.id.kind == "Rollout") && !object.is_patch && is_whole
}

/// A constraint that does not count the Pods that it is written for.
fn spread(pod: PodView<'_>, found: &mut FindingsAnywhere<'_>) {
    let object = pod.object;
    let document = &object.document;
    let constraints = pod.spec.topology_spread_constraints.as_deref();
    let nodes = pod.field("topologySpreadConstraints");
    if !makes_what_is_written(object) {
        return;
    }
    for (constraint, node) in parts::zipped(document, nodes, constraints) {
        // Without a selector the server itself warns.
        let Some(written) = &constraint.label_selector else { continue };
        let selector = Selector::of(written);
        let none = crate::kube::types::Map::default();
        let labels = pod.labels().unwrap_or(&none);
        let is_open = selector.is_empty() || has_placeholder(&selector) || selector.keys().any(is_given);
        if is_open || selector.matches(labels) || labels.values().any(|value| text::is_placeholder(value)) {
            continue;
        }
        let Some(key) = selector.unmet(labels).next().map(|(key, _)| key) else { continue };
        let Some(at) = document.get(node, "labelSelector") else { continue };
        let shown = document.at(at, &["matchLabels", key]).unwrap_or(at);
        let (there, says) = match pod.labels_node() {
            Some(labels) => (labels, "the labels of these Pods"),
            None => (name_node(object), "these Pods have no labels"),
        };
        found
            .about(object)
            .at(shown, "the constraint does not count the Pods of its own template")
            .here(format!("they do not have `{}`", wanted(&selector, key)))
            .and(there, says)
            .because(SPREAD)
            .help("make the selector a subset of the labels of this Pod template");
    }
}

const SPREAD: &str = "the scheduler counts the Pods that the selector matches; if the Pods it \
                      places are not among them, they may all land in one place (kubernetes/website: concepts/scheduling-eviction/topology-spread-constraints)";

/// Affinity to Pods that do not exist.
fn affinity(run: &Run<'_, '_>, pod: PodView<'_>, found: &mut FindingsAnywhere<'_>) {
    let object = pod.object;
    if !makes_what_is_written(object) {
        return;
    }
    for (term, node, is_anti) in terms(pod.spec, pod) {
        if term.namespaces.is_some() || term.namespace_selector.is_some() || term.label_selector.is_none() {
            continue;
        }
        let Some(node) = object.document.get(node, "labelSelector") else { continue };
        let why = if is_anti {
            "the term does not keep the Pod away from any other"
        } else {
            "a required term that matches no Pod keeps this one from being scheduled; a preferred one has no effect"
        };
        let candidates = pods(object).chain(pods_beside(run.index, object));
        pod_selector(run, object, node, candidates, why, found);
    }
}

/// The terms of a Pod's affinity to other Pods, with their nodes.
fn terms<'a>(spec: &'a PodSpec, pod: PodView<'a>) -> Vec<(&'a PodAffinityTerm, NodeId, bool)> {
    let document = &pod.object.document;
    let Some((affinity, root)) = spec.affinity.as_ref().zip(pod.field("affinity")) else { return Vec::new() };
    let mut found = Vec::new();
    let lists = [
        (
            "podAffinity",
            affinity.pod_affinity.as_ref().map(|one| {
                (
                    &one.required_during_scheduling_ignored_during_execution,
                    &one.preferred_during_scheduling_ignored_during_execution,
                )
            }),
        ),
        (
            "podAntiAffinity",
            affinity.pod_anti_affinity.as_ref().map(|one| {
                (
                    &one.required_during_scheduling_ignored_during_execution,
                    &one.preferred_during_scheduling_ignored_during_execution,
                )
            }),
        ),
    ];
    for (field, list) in lists {
        let Some((required, preferred)) = list else { continue };
        let is_anti = field == "podAntiAffinity";
        let at = |list: &str| document.at(root, &[field, list]);
        let required =
            parts::zipped(document, at("requiredDuringSchedulingIgnoredDuringExecution"), required.as_deref());
        found.extend(required.map(|(term, node)| (term, node, is_anti)));
        let preferred =
            parts::zipped(document, at("preferredDuringSchedulingIgnoredDuringExecution"), preferred.as_deref());
        let inner = preferred
            .filter_map(|(term, node)| Some((&term.pod_affinity_term, document.get(node, "podAffinityTerm")?)));
        found.extend(inner.map(|(term, node)| (term, node, is_anti)));
    }
    found
}
