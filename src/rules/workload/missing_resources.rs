use crate::diagnostic::{Level, RuleId};
use crate::kube::{Index, in_one_namespace};
use crate::recognise;
use crate::rules::{Check, FoundAnywhere, Rule, parts};

/// The app asks for nothing.
pub static RULE: Rule = Rule {
    id: RuleId { name: "missing-resources", family: "workload" },
    level: Level::Advice,
    page: include_str!("missing_resources.md"),
    check: Check::Workspace(check),
};

fn check(index: &Index<'_>, found: &mut FoundAnywhere<'_>) {
    for pod in parts::whole_pods(index).filter(|pod| pod.spec.resources.is_none()) {
        let object = pod.object;
        if index.kind("LimitRange").iter().any(|limits| in_one_namespace(object, limits)) {
            continue;
        }
        let beside = recognise::containers(pod).into_iter().filter(|one| one.container.runs_beside_app());
        let lacking: Vec<_> = beside.filter(|one| !parts::asks(&one.container)).collect();
        // A helper that takes from an app that asks is another rule's.
        if lacking.iter().all(recognise::Recognised::is_helper) {
            continue;
        }
        let lacking: Vec<_> = lacking.iter().map(|one| one.container).collect();
        let mut about = found.about(object);
        let Some(saying) =
            parts::about_all(&mut about, &lacking, |names| format!("no resources are requested for {names}"))
        else {
            continue;
        };
        saying
            .because("a node is filled by requests; what asks for nothing lands on full nodes and is the first to be evicted (kubernetes/website: concepts/scheduling-eviction/node-pressure-eviction)")
            .help("add `resources.requests` with cpu and memory, and a memory limit");
    }
}
