use k8s_openapi::api::core::v1::ServicePort;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::diagnostic::{Level, RuleId};
use crate::kube::{ContainerView, Index, Selector, Typed};
use crate::rules::{Check, FoundAnywhere, Rule, parts};

/// A table of the Pod's processes is open to others.
pub static RULE: Rule = Rule {
    id: RuleId { name: "topz-exposed", family: "sidecar" },
    level: Level::Warning,
    page: include_str!("topz_exposed.md"),
    check: Check::Workspace(check),
};

fn check(index: &Index<'_>, found: &mut FoundAnywhere<'_>) {
    for service in index.kind("Service") {
        let Some(Typed::Service(typed)) = &service.typed else { continue };
        let Some(spec) = &typed.spec else { continue };
        let Some(labels) = spec.selector.as_ref().filter(|labels| !labels.is_empty()) else { continue };
        let list = service.document.at(service.node, &["spec", "ports"]);
        let selector = Selector::map(labels);
        for pod in index.selected(service, &selector).into_iter().flat_map(crate::kube::Object::pods) {
            if pod.labels().is_none_or(|labels| !selector.matches(labels)) {
                continue;
            }
            for view in pod.containers().filter(is_topz) {
                let numbers = listens(&view);
                let leads_there = |port: &ServicePort| match &port.target_port {
                    Some(IntOrString::String(name)) => parts::ports(&view)
                        .any(|(own, _)| own.name.as_ref() == Some(name) && numbers.contains(&own.container_port)),
                    Some(IntOrString::Int(number)) => numbers.contains(number),
                    None => numbers.contains(&port.port),
                };
                let Some((_, node)) =
                    parts::zipped(&service.document, list, spec.ports.as_deref()).find(|(port, _)| leads_there(port))
                else {
                    continue;
                };
                found
                    .about(service)
                    .at(node, format!("everybody who reaches Service `{}` sees the processes of the Pod", service.id.name))
                    .here(format!("leads to `{}`", view.container.name))
                    .label(pod.object.label(view.name_node(), "lists processes with their command lines"))
                    .because("topz asks nobody who they are, and command lines hold what was passed on them, passwords included")
                    .help("remove this port; `kubectl port-forward` reaches it where it is needed");
            }
        }
    }
}

/// topz itself, or the agent in that role.
fn is_topz(view: &ContainerView<'_>) -> bool {
    let image = view.container.image.as_deref().unwrap_or_default();
    let repository = image.split('@').next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    let is_image = repository.split(':').next() == Some("topz");
    let first = parts::words(view).map(|(word, _)| word.as_str()).find(|word| !word.starts_with('-'));
    is_image || (repository.starts_with("patterns-agent") && first == Some("topz"))
}

/// Where it listens: by its flag, or the ports that it declares.
fn listens(view: &ContainerView<'_>) -> Vec<i32> {
    let flag = parts::words(view).find_map(|(word, _)| {
        let address = word.strip_prefix("--listen=").or_else(|| word.strip_prefix("--addr="))?;
        address.rsplit(':').next()?.parse().ok()
    });
    match flag {
        Some(port) => vec![port],
        None => view.container.ports.iter().flatten().map(|port| port.container_port).collect(),
    }
}
