use crate::facts::{ContainerFacts, PodFacts, Role, Task};
use crate::rules::parts::asks;
use crate::rules::{Check, Findings, Rule};
use crate::words::list;

/// A helper asks for nothing beside an app that asks for something.
pub static RULE: Rule = rule!("sidecar_without_resources.md", Warning, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let (pod, object) = (facts.pod, facts.pod.object);
    if pod.spec.resources.is_some()
        || object.is_operated
        || pod.is_changed(&["spec.containers.resources", "spec.resources"])
    {
        return;
    }
    // an app that asks, and another that does not
    if !pod.containers().any(|view| asks(&view)) || pod.containers().all(|view| asks(&view)) {
        return;
    }
    // a LimitRange gives every container what it does not ask for
    if facts.index.has_beside(object, "LimitRange") {
        return;
    }
    let Some(app) = facts.running().find(|one| !one.is_helper() && asks(&one.container)) else { return };
    let Some(resources) = app.container.at(&["resources"]) else { return };
    let lacking: Vec<_> = facts.running().filter(|helper| is_helper(helper) && !asks(&helper.container)).collect();
    let Some((first, rest)) = lacking.split_first() else { return };
    let names: Vec<&str> = lacking.iter().map(|helper| helper.name()).collect();
    let (have, take) = if rest.is_empty() { ("has", "takes") } else { ("have", "take") };
    let message = format!("{} {have} no resource requests, and {take} what `{}` asked for", list(&names), app.name());
    let mut saying = found
        .at(first.container.name_node(), message)
        .here(format!("{}, scheduled as if it used nothing", first.role))
        .because(
            "the scheduler counts only requests; when memory is short, the whole Pod is ranked by its \
             usage above requests (kubernetes/website: concepts/scheduling-eviction/node-pressure-eviction)",
        )
        .help("add `resources.requests` with cpu and memory");
    for helper in rest {
        saying = saying.and(helper.container.name_node(), "nor does this");
    }
    saying.and(resources, format!("`{}` requests this", app.name()));
}

/// A helper that is known for something, and no server that the Pod may be there for as well.
fn is_helper(member: &ContainerFacts<'_>) -> bool {
    member.is_helper() && !matches!(member.role, Role::Server | Role::Sidecar(Task::Unknown))
}
