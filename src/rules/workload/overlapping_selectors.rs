use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasher as _;

use foldhash::fast::RandomState;

use super::scaling::{self, Scaler};
use crate::kube::types::Labels;
use crate::kube::{FastMap, Index, Object, PodView, Selector, Unit, same_unit, units};
use crate::rules::{Check, FindingsAnywhere, Rule};
use crate::words::clip;
use crate::yaml::NodeId;

/// Controllers that are applied together select the same Pods.
pub static RULE: Rule = rule!("overlapping_selectors.md", Warning, Check::Workspace(check));

/// How many of a group are shown at most.
const SHOWN: usize = 5;

/// How many selectors that name no label with its value are compared with all other controllers of a unit.
const MOST: usize = 200;

/// A controller with what it selects and what its Pods carry.
#[derive(Clone, Copy)]
struct Controller<'run> {
    object: &'run Object,
    selector: Selector<'run>,
    node: NodeId,
    labels: &'run Labels,
}

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    let mut together: BTreeMap<(Unit<'_>, Option<&str>), Vec<Controller<'_>>> = BTreeMap::new();
    for object in index.all().iter().copied().filter(|object| object.keeps_selection_as_written()) {
        let Some((selector, node)) = scaling::selector(object).filter(|(selector, _)| !selector.is_empty()) else {
            continue;
        };
        let Some(labels) = object.pod().and_then(PodView::labels) else { continue };
        // an alternative that is switched off
        if scaling::replicas(object) == Some(0) || is_for_some_nodes(object) {
            continue;
        }
        for unit in units(object) {
            let controller = Controller { object, selector, node, labels };
            together.entry((unit, object.id.namespace.as_deref())).or_default().push(controller);
        }
    }
    let mut said = BTreeSet::new();
    for controllers in together.values().filter(|controllers| controllers.len() > 1) {
        for group in groups(controllers) {
            let scaler = group.iter().find_map(|one| counted(index, one.object));
            for group in if scaler.is_some() { vec![group] } else { of_one_kind(group) } {
                // overlays that build on one base hold the same controllers
                if said.insert(group.iter().map(|one| key(one.object)).collect::<Vec<_>>()) {
                    say(&group, scaler, found);
                }
            }
        }
    }
}

/// Whether it is a `DaemonSet` for nodes of one kind. Those of other kinds beside it share its labels (Flannel's for each
/// architecture): nothing scales them, and each counts the Pods that it owns.
fn is_for_some_nodes(object: &Object) -> bool {
    let Some(pod) = object.pod().filter(|_| object.id.kind == "DaemonSet") else { return false };
    let affinity = pod.spec.affinity.as_ref().is_some_and(|affinity| affinity.node_affinity.is_some());
    affinity || pod.spec.node_selector.as_ref().is_some_and(|selector| !selector.is_empty())
}

fn key(object: &Object) -> (&str, &str, &str) {
    (&object.document.source.name, &object.id.kind, &object.id.name)
}

/// Controllers with equal selectors and labels.
struct Class<'run> {
    controllers: Vec<Controller<'run>>,
    /// The first class with this selector.
    like: usize,
}

/// Equal ones are one class; only classes are compared.
fn classes<'run>(controllers: &[Controller<'run>]) -> Vec<Class<'run>> {
    let mut classes: Vec<Class<'run>> = Vec::new();
    let mut first_of: FastMap<Box<[u8]>, usize> = FastMap::default();
    let mut known: FastMap<(usize, &Labels), usize> = FastMap::default();
    for one in controllers {
        let like = *first_of.entry(one.selector.printed().into()).or_insert(classes.len());
        let at = *known.entry((like, one.labels)).or_insert(classes.len());
        match classes.get_mut(at) {
            Some(class) => class.controllers.push(*one),
            None => classes.push(Class { controllers: vec![*one], like }),
        }
    }
    classes
}

/// The groups of those that select each other's Pods, in one direction or both.
fn groups<'run>(controllers: &[Controller<'run>]) -> Vec<Vec<Controller<'run>>> {
    let classes = classes(controllers);
    let hasher = RandomState::default();
    let number = |label: (&str, &str)| u32::try_from(hasher.hash_one(label) >> 32).unwrap_or_default();
    // sorted numbers of labels, of which two may have one: a map of lists takes ten times as much memory
    let mut by_label: Vec<(u32, u32)> = Vec::with_capacity(classes.len());
    for (Class { controllers, .. }, at) in classes.iter().zip(0..) {
        by_label.extend(controllers[0].labels.into_iter().map(|(key, value)| (number((key, value)), at)));
    }
    by_label.sort_unstable();
    let labelled = |label: (&str, &str)| {
        let wanted = number(label);
        let start = by_label.partition_point(|(label, _)| *label < wanted);
        &by_label[start..start + by_label[start..].partition_point(|(label, _)| *label == wanted)]
    };
    let all: Vec<(u32, u32)> = (0..).take(classes.len()).map(|at| (0, at)).collect();
    let mut group_of: Vec<usize> = (0..classes.len()).collect();
    // Classes with one selector are compared with the others once.
    let mut selects_others: Vec<bool> = Vec::with_capacity(classes.len());
    let mut wide = 0;
    for (at, Class { controllers, like }) in classes.iter().enumerate() {
        let selector = controllers[0].selector;
        selects_others.push(selector.matches(controllers[0].labels));
        if *like != at {
            if selects_others[*like] {
                join(&mut group_of, at, *like);
            }
            continue;
        }
        if selector.equal().next().is_none() {
            wide += 1;
            if wide > MOST {
                continue;
            }
        }
        let with = selector.equal().map(labelled);
        for (_, other) in with.min_by_key(|with| with.len()).unwrap_or(&all) {
            let other = *other as usize;
            if other != at && selector.matches(classes[other].controllers[0].labels) {
                selects_others[at] = true;
                join(&mut group_of, at, other);
            }
        }
    }
    drop((by_label, all));
    let mut sizes = vec![0; classes.len()];
    for (at, class) in classes.iter().enumerate() {
        sizes[root(&mut group_of, at)] += class.controllers.len();
    }
    let mut groups: BTreeMap<usize, Vec<Controller<'run>>> = BTreeMap::new();
    for (at, class) in classes.iter().enumerate() {
        let root = root(&mut group_of, at);
        // most are alone
        if sizes[root] > 1 {
            groups.entry(root).or_default().extend(&class.controllers);
        }
    }
    let place = |one: &Controller<'_>| (one.object.document.source.name.clone(), one.object.document.span(one.node));
    let mut groups: Vec<_> = groups.into_values().collect();
    for group in &mut groups {
        group.sort_by_key(place);
        // several versions of one object are one
        let mut names = BTreeSet::new();
        group.retain(|one| names.insert((&one.object.id.kind, &one.object.id.name)));
    }
    groups.retain(|group| group.len() > 1);
    groups
}

fn join(group_of: &mut [usize], one: usize, other: usize) {
    let (a, b) = (root(group_of, one), root(group_of, other));
    group_of[a.max(b)] = a.min(b);
}

/// What scales a controller by all Pods that its selector matches, if it is applied with it.
fn counted<'run>(index: &Index<'run>, object: &Object) -> Option<Scaler<'run>> {
    scaling::scaler_of(index, object).filter(|scaler| same_unit(scaler.object, object))
}

/// Without anything that counts by selector, agents that run as a DaemonSet and as a Deployment get along: each
/// controller keeps to the Pods that it owns. Two of one kind are a copy whose labels were not changed.
fn of_one_kind(group: Vec<Controller<'_>>) -> Vec<Vec<Controller<'_>>> {
    let mut kinds: BTreeMap<&str, Vec<Controller<'_>>> = BTreeMap::new();
    for one in group {
        kinds.entry(&one.object.id.kind).or_default().push(one);
    }
    kinds.into_values().filter(|group| group.len() > 1).collect()
}

fn root(group_of: &mut [usize], of: usize) -> usize {
    let mut at = of;
    while group_of[at] != at {
        group_of[at] = group_of[group_of[at]];
        at = group_of[at];
    }
    at
}

fn say(group: &[Controller<'_>], scaler: Option<Scaler<'_>>, found: &mut FindingsAnywhere<'_>) {
    let selects = |one: &Controller<'_>, other: &Controller<'_>| one.selector.matches(other.labels);
    // the finding is at the one that selects another's Pods
    let speaker = group.iter().position(|one| group.iter().any(|other| !is_same(one, other) && selects(one, other)));
    let Some(first) = speaker.and_then(|at| group.get(at)) else { return };
    let others: Vec<_> = group.iter().filter(|other| !is_same(first, other)).collect();
    let message = match others.as_slice() {
        [other] if selects(other, first) => format!("{} and {} select the same Pods", name(first), name(other)),
        [other] => format!("{} also selects the Pods of {}", name(first), name(other)),
        others => format!("{} and {} other controllers select the same Pods", name(first), others.len()),
    };
    let mut about = found.about(first.object);
    let mut saying = about
        .at(first.node, message)
        .because(
            "each controller manages only the Pods that it owns, but adopts those of the other that have \
             lost their owner, and anything that uses the selector (autoscalers, rollout status, disruption budgets) \
             counts both \
             (kubernetes/website: concepts/workloads/controllers/deployment, \"Selector\")",
        )
        .help("give each its own label, in `selector` and in the template; a selector is immutable, so delete and re-apply");
    for other in others.iter().take(SHOWN) {
        let text = if selects(other, first) { "selects the same" } else { "selects some of them" };
        saying = saying.label(other.object.label(other.node, text));
    }
    if let Some(scaler) = scaler {
        saying.label(scaler.object.label(scaler.node, "uses all Pods that the selector matches, including the others"));
    }
}

fn is_same(one: &Controller<'_>, other: &Controller<'_>) -> bool {
    std::ptr::eq(one.object, other.object)
}

fn name(one: &Controller<'_>) -> String {
    format!("{} `{}`", one.object.id.kind, clip(&one.object.id.name))
}
