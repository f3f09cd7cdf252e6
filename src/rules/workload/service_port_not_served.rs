use crate::facts::PodFacts;
use crate::kube::types::IntOrString;
use crate::kube::types::ServicePort;
use crate::kube::{Object, Reach, Selector, Typed};
use crate::rules::{Check, Findings, Rule, parts};
use crate::words::clip;
use crate::yaml::NodeId;

/// A Service leads to a port where no container of its Pods listens.
pub static RULE: Rule = rule!("service_port_not_served.md", Warning, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let object = facts.pod.object;
    if object.is_patch || facts.is_open() {
        return;
    }
    let mut running = facts.running().peekable();
    if running.peek().is_none() || !running.all(|member| member.listens_nowhere_else) {
        return;
    }
    // Pods that only sleep have a Service for the sake of an example
    let Some((server, listen)) = facts.running().find_map(|member| Some((member, member.listens.first()?))) else {
        return;
    };
    // asked once for all Services that select alike
    let is_only_one = |alike: &&[&Object]| alike.first().is_some_and(|service| selects_only(facts, service));
    let alone = facts.index.services_alike(object).filter(is_only_one).flatten();
    for service in
        alone.copied().filter(|service| service.keeps(&["spec.type", "spec.clusterIP"]) && service.keeps_selection())
    {
        let Some(Typed::Service(typed)) = &service.typed else { continue };
        let Some(spec) = &typed.spec else { continue };
        // a headless Service gives addresses alone: clients take any port
        let is_headless = spec.cluster_ip.as_deref() == Some("None");
        let is_near = facts.index.reach(object, service).is_some_and(|reach| reach < Reach::Run);
        if is_headless || !is_near {
            continue;
        }
        let list = service.document.at(service.node, &["spec", "ports"]);
        let ports = parts::zipped(&service.document, list, spec.ports.as_deref());
        let targets: Option<Vec<(u16, NodeId)>> =
            ports.into_iter().map(|(port, node)| Some((unserved(facts, port)?, node))).collect();
        // Beside a port that is served, another may be of an older version of the program.
        for (number, node) in targets.unwrap_or_default() {
            let shown = service.document.get(node, "targetPort").unwrap_or(node);
            found
                .about(service)
                .at(
                    shown,
                    format!(
                        "connections to Service `{}` are refused: nothing in the Pods of `{}` listens on port {number}",
                        clip(&service.id.name),
                        clip(&object.id.name)
                    ),
                )
                .label(listen.proof.label(format!("`{}` listens on {}", server.name(), listen.port)))
                .because(
                    "a Service sends connections to this port of the Pod's IP (kubernetes/website: \
                     concepts/services-networking/service, \"Port definitions\")",
                )
                .help(format!("write `targetPort: {}`, or make the container listen on {number}", listen.port));
        }
    }
}

/// Whether a Service leads to nothing but these Pods.
fn selects_only(facts: &PodFacts<'_>, service: &Object) -> bool {
    let Some(Typed::Service(typed)) = &service.typed else { return false };
    let labels = typed.spec.as_ref().and_then(|spec| spec.selector.as_ref());
    labels.filter(|labels| !labels.is_empty()).is_some_and(|labels| {
        let only = facts.index.matching(service, &Selector::map(labels)).only();
        only.is_some_and(|only| std::ptr::eq(only, facts.pod.object))
    })
}

/// The number of the Pods' port that a Service's TCP port leads to, if nothing listens there.
fn unserved(facts: &PodFacts<'_>, port: &ServicePort) -> Option<u16> {
    let number = match &port.target_port {
        Some(IntOrString::Int(number)) => *number,
        Some(IntOrString::String(_)) => return None,
        None => port.port,
    };
    let is_tcp = port.protocol.as_deref().is_none_or(|protocol| protocol == "TCP");
    let number = u16::try_from(number).ok().filter(|number| is_tcp && *number != 0)?;
    facts.serving(number).next().is_none().then_some(number)
}
