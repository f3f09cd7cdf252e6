use crate::diagnostic::{Level, RuleId};
use crate::kube::Index;
use crate::recognise;
use crate::rules::parts::{self, asks};
use crate::rules::{Check, FoundAnywhere, Rule};
use crate::words::list;

/// A helper asks for nothing beside an app that asks for something.
pub static RULE: Rule = Rule {
    id: RuleId { name: "sidecar-without-resources", family: "sidecar" },
    level: Level::Warning,
    page: include_str!("sidecar_without_resources.md"),
    check: Check::Workspace(check),
};

fn check(index: &Index<'_>, found: &mut FoundAnywhere<'_>) {
    for pod in parts::whole_pods(index).filter(|pod| pod.spec.resources.is_none()) {
        let object = pod.object;
        // a LimitRange gives every container what it does not ask for
        if index.kind("LimitRange").iter().any(|limits| crate::kube::in_one_namespace(object, limits)) {
            continue;
        }
        // an app that asks, and another that does not
        if !pod.containers().any(|view| asks(&view)) || pod.containers().all(|view| asks(&view)) {
            continue;
        }
        let all = recognise::containers(pod);
        let Some(app) =
            all.iter().find(|one| !one.is_helper() && one.container.runs_beside_app() && asks(&one.container))
        else {
            continue;
        };
        let Some(resources) = app.container.at(&["resources"]) else { continue };
        let lacking = all.iter().filter(|one| one.is_helper() && one.container.runs_beside_app());
        let lacking: Vec<_> = lacking.filter(|helper| !asks(&helper.container)).collect();
        let Some((first, rest)) = lacking.split_first() else { continue };
        let names: Vec<&str> = lacking.iter().map(|helper| helper.name()).collect();
        let (have, take) = if rest.is_empty() { ("has", "takes") } else { ("have", "take") };
        let message =
            format!("{} {have} no resource requests, and {take} what `{}` asked for", list(&names), app.name());
        let mut about = found.about(object);
        let mut saying = about
            .at(first.container.name_node(), message)
            .here(format!("{}, scheduled as if it cost nothing", first.role))
            .because(
                "the scheduler counts requests only; when memory is short, the whole Pod is ranked by what it uses \
                 above its requests (kubernetes/website: concepts/scheduling-eviction/node-pressure-eviction)",
            )
            .help("add `resources.requests` with cpu and memory");
        for helper in rest {
            saying = saying.and(helper.container.name_node(), "nor has this");
        }
        saying.and(resources, format!("`{}` asks for this", app.name()));
    }
}
