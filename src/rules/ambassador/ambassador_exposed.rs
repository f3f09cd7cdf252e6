use super::called;
use crate::facts::{Bind, ContainerFacts, PodFacts};
use crate::kube::types::IntOrString;
use crate::kube::{Selector, Typed};
use crate::rules::{Check, Findings, Rule};

/// A client-side ambassador that others can reach.
pub static RULE: Rule = rule!("ambassador_exposed.md", Warning, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let object = facts.pod.object;
    let Some(labels) = facts.pod.metadata.and_then(|metadata| metadata.labels.as_ref()) else { return };
    for (ambassador, caller, dial, port) in called(facts).filter(|(ambassador, .., port)| is_open(ambassador, *port)) {
        for service in facts.index.beside(object, "Service") {
            let Some(Typed::Service(typed)) = &service.typed else { continue };
            let Some(spec) = &typed.spec else { continue };
            let Some(selector) = spec.selector.as_ref().map(Selector::map) else { continue };
            if selector.is_empty() || !selector.matches(labels) {
                continue;
            }
            let document = &service.document;
            let nodes = document.at(service.node, &["spec", "ports"]).map_or(&[][..], |list| document.items(list));
            let reaches = spec.ports.iter().flatten().zip(nodes).find(|(one, _)| match &one.target_port {
                Some(IntOrString::Int(number)) => *number == i32::from(port),
                Some(IntOrString::String(name)) => {
                    let mut ports = ambassador.container.container.ports.iter().flatten();
                    ports.any(|one| one.name.as_ref() == Some(name) && one.container_port == i32::from(port))
                }
                None => one.port == i32::from(port),
            });
            let Some((_, node)) = reaches else { continue };
            found
                .at(
                    ambassador.container.name_node(),
                    format!(
                        "anyone in the cluster can use `{}`, the ambassador of `{}`",
                        ambassador.name(),
                        caller.name()
                    ),
                )
                .here(format!("listens on all addresses, port {port}"))
                .and(caller.node_of(&dial.proof), format!("`{}` needs it only on loopback", caller.name()))
                .label(service.label(*node, "reaches it"))
                .because(
                    "an ambassador uses the identity and credentials of its Pod; anyone who reaches it uses them too",
                )
                .help(format!(
                    "bind `{}` to 127.0.0.1, or leave the port out of Service `{}`",
                    ambassador.name(),
                    service.id.name
                ));
        }
    }
}

/// Whether it visibly listens on all addresses.
fn is_open(ambassador: &ContainerFacts<'_>, port: u16) -> bool {
    let mut listens = ambassador.listens.iter().filter(|listen| listen.port == port);
    listens.any(|listen| listen.bind == Bind::All && listen.certainty.is_certain())
}
