use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::diagnostic::{Level, RuleId};
use crate::facts::PodFacts;
use crate::kube::{Reach, Selector, Typed};
use crate::rules::{Check, Found, Rule, parts};
use crate::words::clip;

/// A Service leads to a port where no container of its Pods listens.
pub static RULE: Rule = Rule {
    id: RuleId { name: "service-port-not-served", family: "workload" },
    level: Level::Warning,
    page: include_str!("service_port_not_served.md"),
    check: Check::Facts(check),
};

fn check(facts: &PodFacts<'_>, found: &mut Found<'_>) {
    let object = facts.pod.object;
    if object.is_patch || object.is_base || facts.is_open() {
        return;
    }
    let mut running = facts.running().peekable();
    if running.peek().is_none() || !running.all(|member| member.listens_nowhere_else) {
        return;
    }
    for service in facts.index.services_of(object).filter(|service| !service.is_base && !service.is_patch) {
        let Some(Typed::Service(typed)) = &service.typed else { continue };
        let Some(spec) = &typed.spec else { continue };
        let Some(labels) = spec.selector.as_ref().filter(|labels| !labels.is_empty()) else { continue };
        // whoever asks a headless Service gets addresses, and takes any port
        let is_headless = spec.cluster_ip.as_deref() == Some("None");
        let is_near = facts.index.reach(object, service).is_some_and(|reach| reach < Reach::Run);
        let only = facts.index.matching(service, &Selector::map(labels)).only();
        if is_headless || !is_near || !only.is_some_and(|only| std::ptr::eq(only, object)) {
            continue;
        }
        let list = service.document.at(service.node, &["spec", "ports"]);
        for (port, node) in parts::zipped(&service.document, list, spec.ports.as_deref()) {
            let number = match &port.target_port {
                Some(IntOrString::Int(number)) => *number,
                Some(IntOrString::String(_)) => continue,
                None => port.port,
            };
            let is_tcp = port.protocol.as_deref().is_none_or(|protocol| protocol == "TCP");
            let Ok(number) = u16::try_from(number) else { continue };
            if !is_tcp || number == 0 || facts.running().any(|member| member.may_serve(number)) {
                continue;
            }
            let shown = service.document.get(node, "targetPort").unwrap_or(node);
            let listens = facts.running().find_map(|member| Some((member, member.listens.first()?)));
            let mut about = found.about(service);
            let saying = about
                .at(
                    shown,
                    format!(
                        "connections to Service `{}` are refused: nothing in the Pods of `{}` listens on port {number}",
                        clip(&service.id.name),
                        clip(&object.id.name)
                    ),
                )
                .because(
                    "a Service sends connections to this port of the Pod's IP (kubernetes/website: \
                     concepts/services-networking/service, \"Port definitions\")",
                );
            match listens {
                Some((member, listen)) => saying
                    .label(listen.proof.label(format!("`{}` listens on {}", member.name(), listen.port)))
                    .help(format!("write `targetPort: {}`, or make the container listen on {number}", listen.port)),
                None => saying.help(format!("make a container listen on {number}, or remove the port")),
            };
        }
    }
}
