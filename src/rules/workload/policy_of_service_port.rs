use crate::facts::{ContainerFacts, PodFacts};
use crate::kube::types::{IntOrString, LabelSelector, NetworkPolicySpec, ServicePort};
use crate::kube::{Object, Reach, Selector, Typed};
use crate::rules::{Check, Findings, Rule, parts};
use crate::words::clip;
use crate::yaml::NodeId;

/// A `NetworkPolicy` that admits the port of a Service instead of its Pods' own.
pub static RULE: Rule = rule!("policy_of_service_port.md", Warning, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let object = facts.pod.object;
    if object.is_patch || facts.is_open() || !object.keeps_selection() || !facts.pod.keeps(&["spec.containers.ports"]) {
        return;
    }
    let policies: Vec<&Object> = facts.index.beside(object, "NetworkPolicy").collect();
    if policies.is_empty() || policies.len() > MOST {
        return;
    }
    let own: Vec<u16> = facts.running().flat_map(ContainerFacts::known_ports).collect();
    // what one policy keeps out, another may admit
    let all: Option<Vec<Ports<'_>>> = policies.iter().map(|policy| admitted(policy, spec(policy)?)).collect();
    let Some(all) = all else { return };
    for (policy, admitted) in policies.iter().zip(&all) {
        if !policy.keeps_selection() || !spec(policy).is_some_and(|spec| selects_only(facts, policy, spec)) {
            continue;
        }
        for (port, node) in admitted {
            let IntOrString::Int(number) = port else { continue };
            let Some((service, shown, target)) = leads_elsewhere(facts, *number) else { continue };
            let is_admitted = |target: u16| {
                let is_it = |port: &IntOrString| match port {
                    IntOrString::Int(number) => i32::from(target) == *number,
                    IntOrString::String(name) => named(facts, name) == Some(target),
                };
                all.iter().flatten().any(|(port, _)| is_it(port))
            };
            let is_own = own.iter().any(|own| i32::from(*own) == *number);
            if is_own || !own.contains(&target) || is_admitted(target) {
                continue;
            }
            found
                .about(policy)
                .at(
                    *node,
                    format!(
                        "`{}` keeps out what Service `{}` sends to port {target} of its Pods",
                        clip(&policy.id.name),
                        clip(&service.id.name)
                    ),
                )
                .here("the port of the Service")
                .label(service.label(shown, format!("leads to port {target} of the Pods")))
                .because(
                    "a NetworkPolicy compares the port of the Pod, to which the Service has led the connection by then \
                     (`NetworkPolicyPort` in k8s.io/api/networking/v1: \"a numerical or named port on a pod\")",
                )
                .help(format!("write {target}"));
        }
    }
}

/// Beside more policies nothing is said.
const MOST: usize = 64;

/// The ports that a policy admits, each with its node.
type Ports<'run> = Vec<(&'run IntOrString, NodeId)>;

fn spec(policy: &Object) -> Option<&NetworkPolicySpec> {
    match &policy.typed {
        Some(Typed::NetworkPolicy(typed)) => typed.spec.as_ref(),
        _ => None,
    }
}

/// Whether a policy is for nothing but these Pods.
fn selects_only(facts: &PodFacts<'_>, policy: &Object, spec: &NetworkPolicySpec) -> bool {
    let has_labels =
        |selector: &&LabelSelector| selector.match_labels.as_ref().is_some_and(|labels| !labels.is_empty());
    let Some(selector) = spec.pod_selector.as_ref().filter(has_labels) else { return false };
    let only = facts.index.matching(policy, &Selector::of(selector)).only();
    only.is_some_and(|only| std::ptr::eq(only, facts.pod.object))
}

/// The TCP ports that a policy admits, each with its node; nothing where it admits all, or a range.
fn admitted<'run>(policy: &'run Object, spec: &'run NetworkPolicySpec) -> Option<Ports<'run>> {
    let document = &policy.document;
    let mut all = Vec::new();
    let rules = document.at(policy.node, &["spec", "ingress"]);
    for (rule, node) in parts::zipped(document, rules, spec.ingress.as_deref()) {
        let ports = rule.ports.as_deref().filter(|ports| !ports.is_empty())?;
        for (port, node) in parts::zipped(document, document.get(node, "ports"), Some(ports)) {
            let is_tcp = port.protocol.as_deref().is_none_or(|protocol| protocol == "TCP");
            if !is_tcp {
                continue;
            }
            let number = port.port.as_ref().filter(|_| document.get(node, "endPort").is_none())?;
            all.push((number, document.get(node, "port")?));
        }
    }
    Some(all)
}

/// A Service of these Pods that leads this port of its own to another of theirs.
fn leads_elsewhere<'run>(facts: &PodFacts<'run>, number: i32) -> Option<(&'run Object, NodeId, u16)> {
    facts.index.services_of(facts.pod.object).find_map(|service| {
        let Some(Typed::Service(typed)) = &service.typed else { return None };
        let spec = typed.spec.as_ref()?;
        let is_near = facts.index.reach(facts.pod.object, service).is_some_and(|reach| reach < Reach::Run);
        let is_headless = spec.cluster_ip.as_deref() == Some("None");
        if !is_near || is_headless || !service.keeps_selection() {
            return None;
        }
        let list = service.document.at(service.node, &["spec", "ports"]);
        let mut ports = parts::zipped(&service.document, list, spec.ports.as_deref());
        let (port, node) = ports.find(|(port, _)| port.port == number && is_tcp(port))?;
        let target = match port.target_port.as_ref()? {
            IntOrString::Int(target) => u16::try_from(*target).ok()?,
            IntOrString::String(name) => named(facts, name)?,
        };
        (i32::from(target) != number).then(|| (service, service.document.get(node, "port").unwrap_or(node), target))
    })
}

fn is_tcp(port: &ServicePort) -> bool {
    port.protocol.as_deref().is_none_or(|protocol| protocol == "TCP")
}

/// The number of a port that a container of the Pod declares by name.
fn named(facts: &PodFacts<'_>, name: &str) -> Option<u16> {
    let containers = facts.running().map(|member| &member.container.container);
    let mut ports = containers.flat_map(|container| container.ports.iter().flatten());
    let port = ports.find(|port| port.name.as_deref() == Some(name))?;
    u16::try_from(port.container_port).ok()
}
