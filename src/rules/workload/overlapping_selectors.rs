use std::collections::{BTreeMap, BTreeSet};

use super::scaling;
use crate::diagnostic::{Level, RuleId};
use crate::kube::{Index, Object, Place};
use crate::rules::{Check, FoundAnywhere, Rule};
use crate::words::clip;
use crate::yaml::NodeId;

/// Two controllers of one namespace select the same Pods.
pub static RULE: Rule = Rule {
    id: RuleId { name: "overlapping-selectors", family: "workload" },
    level: Level::Error,
    page: include_str!("overlapping_selectors.md"),
    check: Check::Workspace(check),
};

fn check(index: &Index<'_>, found: &mut FoundAnywhere<'_>) {
    let mut places: BTreeMap<Place<'_>, Vec<&Object>> = BTreeMap::new();
    for object in index.all() {
        if scaling::selector(object).is_some() && !object.is_base {
            places.entry(Place::of(object)).or_default().push(object);
        }
    }
    for (_, controllers) in places {
        let mut said = BTreeSet::new();
        for first in &controllers {
            let Some((selector, node)) = scaling::selector(first) else { continue };
            if selector.is_empty() {
                continue;
            }
            for second in index.selected(first, &selector) {
                let is_here = Place::of(second) == Place::of(first) && scaling::selector(second).is_some();
                let is_version = first.id.kind == second.id.kind && first.id.name == second.id.name;
                let is_known = said.contains(&(key(second), key(first)));
                if !is_here || is_version || is_known || second.is_base || stands_in(first, second) {
                    continue;
                }
                said.insert((key(first), key(second)));
                say(first, node, second, found);
            }
        }
    }
}

fn key(object: &Object) -> (&str, &str) {
    (&object.id.kind, &object.id.name)
}

/// Whether only one of two is meant to run: an alternative that is scaled to zero.
fn stands_in(first: &Object, second: &Object) -> bool {
    [first, second].into_iter().any(|object| scaling::replicas(object) == Some(0))
}

fn say(first: &Object, node: NodeId, second: &Object, found: &mut FoundAnywhere<'_>) {
    let other = scaling::selector(second);
    let labels = |object: &Object| -> Option<BTreeMap<String, String>> { object.pod()?.metadata?.labels.clone() };
    let is_mutual = match (&other, labels(first)) {
        (Some((selector, _)), Some(labels)) => selector.matches(&labels),
        _ => false,
    };
    let (one, two) = (name(first), name(second));
    let message = if is_mutual {
        format!("{one} and {two} select the same Pods")
    } else {
        format!("{one} also selects the Pods of {two}")
    };
    let mut about = found.about(first);
    let mut saying = about
        .at(node, message)
        .because(
            "selectors of one namespace must not overlap: controllers adopt each other's Pods once these are without \
             an owner, and whatever asks by selector (autoscalers, rollout status, disruption budgets) counts both \
             (kubernetes/website: concepts/workloads/controllers/deployment, \"Selector\")",
        )
        .help("give each its own label, in `selector` and in the template; a selector cannot be changed later: delete and apply");
    if let Some((_, other)) = other {
        let text = if is_mutual { "selects the same" } else { "selects some of them" };
        saying = saying.label(second.label(other, text));
    }
    // Controllers leave Pods with an owner alone: then only who counts by selector is wrong.
    if !is_mutual {
        saying.level(Level::Warning);
    }
}

fn name(object: &Object) -> String {
    format!("{} `{}`", object.id.kind, clip(&object.id.name))
}
