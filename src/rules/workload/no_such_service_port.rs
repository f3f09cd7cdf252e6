use std::collections::HashSet;

use crate::facts::{Certainty, ContainerFacts, Dial, PodFacts};
use crate::kube::types::IntOrString;
use crate::kube::types::ServiceSpec;
use crate::kube::{Index, Object, PodView, Reach, Typed};
use crate::rules::{Check, Findings, Rule};
use crate::words::clip;

/// A port that the Service which is asked does not have.
pub static RULE: Rule = rule!("no_such_service_port.md", Warning, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    if facts.pod.object.is_patch || !facts.are_final() || is_in_a_consul_mesh(facts.pod) {
        return;
    }
    for member in &facts.members {
        let mut said = Vec::new();
        for dial in member.dials.iter().filter(|dial| !dial.is_loopback && dial.certainty >= Certainty::Likely) {
            let Some((port, name)) = dial.port.zip(dial.host.split('.').next()) else { continue };
            if said.contains(&(name, port)) {
                continue;
            }
            // its text may be long, and most hosts are no Service of the run
            let Some(service) = meant(facts, name, &dial.host).filter(|_| !is_guessed(dial, port)) else { continue };
            let is_double = is_of_tests(service, facts.pod.object);
            if is_double || may_one_have(facts.index, name, port) || is_own(facts, service) {
                continue;
            }
            said.push((name, port));
            say(member, dial, port, service, found);
        }
    }
}

/// Whether Consul's proxy takes all that the Pod sends: it finds the Service by the address alone, so that any port leads
/// there (hashicorp/consul: `agent/xds/listeners.go`, `makeFilterChainMatchFromAddrs`).
fn is_in_a_consul_mesh(pod: PodView<'_>) -> bool {
    const INJECTED: &str = "consul.hashicorp.com/connect-inject";
    const TRANSPARENT: &str = "consul.hashicorp.com/transparent-proxy";
    let annotation = |name: &str| Some(pod.metadata?.annotations.as_ref()?.get(name)?.as_str());
    // as Go's `strconv.ParseBool` reads it (hashicorp/consul-k8s: `control-plane/connect-inject/webhook`)
    annotation(INJECTED).is_some_and(|value| matches!(value, "true" | "True" | "TRUE" | "t" | "T" | "1"))
        && annotation(TRANSPARENT).is_none_or(|value| !matches!(value, "false" | "False" | "FALSE" | "f" | "F" | "0"))
}

/// The Service that a host names, if it is certain which one is meant: of the Pod's unit or folder, or the only one of
/// the namespace that is written with the name.
fn meant<'run>(facts: &PodFacts<'run>, name: &str, host: &str) -> Option<&'run Object> {
    let object = facts.pod.object;
    let mut labels = host.trim_end_matches('.').split('.').skip(1);
    let is_alias = facts
        .pod
        .spec
        .host_aliases
        .iter()
        .flatten()
        .any(|alias| alias.hostnames.iter().flatten().any(|other| other == host));
    let (namespace, rest) = (labels.next(), labels.next());
    if is_alias || rest.is_some_and(|rest| rest != "svc") {
        return None;
    }
    let near = || facts.index.find(object, "Service", name);
    let (found, namespace) = match namespace {
        Some(namespace) => (None, namespace),
        None => (near(), object.id.namespace.as_deref().unwrap_or_default()),
    };
    if found.is_some() || namespace.is_empty() {
        return found;
    }
    match facts.index.called_in("Service", name, namespace) {
        [one] => Some(one),
        _ => None,
    }
}

/// Whether a port is only what the scheme of a URL has by default, where a program that is not described may take
/// it from elsewhere: `API_URL` beside `API_PORT`.
fn is_guessed(dial: &Dial<'_>, port: u16) -> bool {
    // what is written needs no look at its text, which may be long
    if dial.certainty.is_certain() {
        return false;
    }
    let place = &dial.proof.place;
    let text = place.object.document.source.slice(place.span());
    text.contains("://") && !text.contains(&format!(":{port}"))
}

/// Whether one of the Services of this name may have this port.
fn may_one_have(index: &Index<'_>, name: &str, port: u16) -> bool {
    let all = index.called("Service", name);
    let Some(first) = all.first() else { return false };
    // worked out once for all that ask
    let ports = index.memo().of(&first.id.name, PORTS, || {
        let open = all.iter().any(|service| is_open(service));
        let own = all.iter().filter_map(|service| spec(service)?.ports.as_deref()).flatten().map(|own| own.port);
        (open, own.collect::<HashSet<i32>>())
    });
    ports.0 || ports.1.contains(&i32::from(port))
}

/// What is asked of the name of Services.
const PORTS: u8 = 201;

/// Whether what ports a Service has is not to be seen here.
fn is_open(service: &Object) -> bool {
    let Some(spec) = spec(service) else { return true };
    let passes_all = spec.cluster_ip.as_deref() == Some("None") || spec.type_.as_deref() == Some("ExternalName");
    let ports = spec.ports.as_deref().unwrap_or_default();
    !service.keeps(&["spec"])
        || service.is_patch
        || passes_all
        || ports.is_empty()
        || spec.selector.as_ref().is_none_or(crate::kube::types::Map::is_empty)
}

fn spec(service: &Object) -> Option<&ServiceSpec> {
    match &service.typed {
        Some(Typed::Service(typed)) => typed.spec.as_ref(),
        _ => None,
    }
}

/// Whether a Service leads to these Pods themselves: what they say of it is for others, as what Kafka advertises is.
fn is_own(facts: &PodFacts<'_>, service: &Object) -> bool {
    let index: &Index<'_> = facts.index;
    let is_same = |other: &Object| std::ptr::eq(other, service);
    index.services_of(facts.pod.object).any(is_same)
        || index.reach(facts.pod.object, service) == Some(Reach::Run) && service.id.name == facts.pod.object.id.name
}

fn say(member: &ContainerFacts<'_>, dial: &Dial<'_>, port: u16, service: &Object, found: &mut Findings<'_>) {
    let name = clip(&service.id.name);
    let ports = spec(service).and_then(|spec| spec.ports.as_deref()).unwrap_or_default();
    let numbers = ports.iter().map(|own| own.port.to_string()).collect::<Vec<_>>();
    let shown = service.document.at(service.node, &["spec", "ports"]).unwrap_or(service.node);
    let of_pods = ports.iter().find(|own| own.target_port == Some(IntOrString::Int(i32::from(port))));
    let help = match of_pods {
        Some(own) => format!("use port {}: {port} is the port of the Pods, behind the Service", own.port),
        None => format!("use one of its ports, or add {port} to the Service"),
    };
    let place = dial.proof.place;
    found
        .about(place.object)
        .at_span(place.span(), format!("Service `{name}` has no port {port}"))
        .here(format!("`{}` connects to it", member.name()))
        .label(service.label(shown, format!("has {}", numbers.join(", "))))
        .because(
            "a Service's cluster IP forwards only connections to the Service's own ports \
             (kubernetes/website: concepts/services-networking/service)",
        )
        .help(help);
}

/// Whether a Service's file is in a folder of tests that the other object is not in: it is a double of what others make.
fn is_of_tests(service: &Object, other: &Object) -> bool {
    let folders = |object: &'_ Object| -> Vec<String> {
        object.document.source.name.split(['/', '\\']).map(str::to_owned).collect()
    };
    let (own, others) = (folders(service), folders(other));
    let shared = own.iter().zip(&others).take_while(|(one, other)| one == other).count();
    own[shared..].iter().any(|folder| {
        matches!(folder.as_str(), "test" | "tests" | "e2e" | "integration" | "testdata" | "mock" | "mocks")
    })
}
