use crate::facts::{Certainty, ContainerFacts, PodFacts};
use crate::kube::Typed;
use crate::kube::types::IntOrString;
use crate::rules::{Check, Findings, Rule, parts};

/// A Service leads to a port that is bound to loopback.
pub static RULE: Rule = rule!("service_port_on_loopback.md", Error, Check::Facts(check));

/// Of more Services that lead to one Pod, these are judged: where all of many Pods are behind all of many Services, each
/// would be found once for each Pod.
const MOST_SERVICES: usize = 16;

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let object = facts.pod.object;
    // an injected proxy takes the connections, and hands them on at loopback
    if object.is_patch || facts.is_open() {
        return;
    }
    let mut bound = facts.running().flat_map(|member| member.listens.iter().map(move |listen| (member, listen.port)));
    let is_bound = |(member, port): (&ContainerFacts<'_>, u16)| {
        member.only_on_loopback(port).is_some_and(|listen| listen.certainty.is_certain())
    };
    if !bound.any(is_bound) {
        return;
    }
    let services = facts.index.services_of(object).filter(|service| service.keeps_selection());
    for service in services.take(MOST_SERVICES) {
        let Some(Typed::Service(typed)) = &service.typed else { continue };
        let ports = typed.spec.as_ref().and_then(|spec| spec.ports.as_deref());
        let list = service.document.at(service.node, &["spec", "ports"]);
        for (port, node) in parts::zipped(&service.document, list, ports) {
            let Some(number) = target(facts, port.target_port.as_ref(), port.port) else { continue };
            let serving: Vec<&ContainerFacts<'_>> = facts
                .serving(number)
                .filter(|member| member.listens.iter().any(|listen| listen.port == number && !listen.udp))
                .collect();
            let [server] = serving[..] else { continue };
            let Some(listen) = server.only_on_loopback(number).filter(|listen| listen.certainty.is_certain()) else {
                continue;
            };
            let shows = match listen.certainty {
                Certainty::Default if listen.proof.shows.starts_with("default of ") => {
                    format!("listens on 127.0.0.1:{number} unless told otherwise ({})", listen.proof.shows)
                }
                _ => format!("binds {number} to loopback"),
            };
            found
                .about(service)
                .at(
                    node,
                    format!(
                        "connections to Service `{}` are refused: `{}` listens only on loopback",
                        service.id.name,
                        server.name()
                    ),
                )
                .here(format!("leads to port {number} of the Pod's IP"))
                .label(listen.proof.label(shows))
                .because(
                    "kube-proxy sends connections to the Pod's IP, where a socket bound to 127.0.0.1 does not answer",
                )
                .help(format!("bind it to 0.0.0.0:{number}"));
        }
    }
}

/// The number of the port that a Service leads to.
fn target(facts: &PodFacts<'_>, target: Option<&IntOrString>, own: i32) -> Option<u16> {
    let number = match target {
        None => own,
        Some(IntOrString::Int(number)) => *number,
        Some(IntOrString::String(name)) => {
            let mut ports = facts.running().flat_map(|member| member.container.container.ports.iter().flatten());
            ports.find(|port| port.name.as_ref() == Some(name))?.container_port
        }
    };
    u16::try_from(number).ok()
}
