use crate::diagnostic::Level;
use crate::facts::{Lifetime, PodFacts};
use crate::kube::{ContainerList, ContainerView};
use crate::rules::{Check, Findings, Rule};
use crate::yaml::edit;

/// A program that never exits in `initContainers`.
pub static RULE: Rule = rule!("proxy_as_init_container.md", Error, Check::Facts(check), fixes);

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let pod = facts.pod;
    if pod.object.is_patch {
        return;
    }
    let is_ordinary = |view: &ContainerView<'_>| view.list == ContainerList::Init && !view.is_native_sidecar();
    if !pod.containers().any(|view| is_ordinary(&view)) {
        return;
    }
    for one in &facts.members {
        let view = one.container;
        if !is_ordinary(&view) || one.lifetime != Lifetime::Serves {
            continue;
        }
        let document = &pod.object.document;
        let fix = match view.at(&["restartPolicy"]) {
            Some(policy) => edit::text(document, policy, "Always"),
            None => edit::add(document, view.node, "image", "restartPolicy", "Always"),
        };
        let name = &view.container.name;
        let mut saying = found
            .at(view.name_node(), format!("`{name}` never exits, so this Pod never gets past its init containers"))
            .here("runs until it is stopped")
            .because(
                "init containers run one after another, and each must exit before the next starts; \
                 only one with `restartPolicy: Always` keeps running, as a sidecar (KEP-753)",
            )
            .help(format!("add `restartPolicy: Always` to `{name}`"))
            .unsafe_fix_if(format!("make `{name}` a native sidecar"), fix.map(|edit| vec![edit]));
        if !one.lifetime_is_certain {
            saying = saying.level(Level::Warning);
        }
        for evidence in &one.evidence {
            saying = saying.and(evidence.node, evidence.shows.clone());
        }
    }
}
