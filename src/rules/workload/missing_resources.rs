use crate::facts::{ContainerFacts, PodFacts};
use crate::rules::{Check, Findings, Rule, parts};

/// The app asks for nothing.
pub static RULE: Rule = rule!("missing_resources.md", Advice, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let object = facts.pod.object;
    if !facts.pod.keeps(&["spec.containers.resources", "spec.resources"]) || facts.pod.spec.resources.is_some() {
        return;
    }
    let lacking: Vec<_> = facts.running().filter(|one| !parts::asks(&one.container)).collect();
    // A helper that takes from an app that asks is another rule's.
    if lacking.iter().all(|one| ContainerFacts::is_helper(one)) {
        return;
    }
    if facts.index.has_beside(object, "LimitRange") {
        return;
    }
    let lacking: Vec<_> = lacking.iter().map(|one| one.container).collect();
    let Some(saying) = parts::about_all(found, &lacking, |names| format!("no resources are requested for {names}"))
    else {
        return;
    };
    saying
        .because("nodes are filled by requests; a Pod without requests lands on full nodes and is evicted first (kubernetes/website: concepts/scheduling-eviction/node-pressure-eviction)")
        .help("add `resources.requests` with cpu and memory, and a memory limit");
}
