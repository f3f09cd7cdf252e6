use crate::diagnostic::Level;
use crate::facts::{ContainerFacts, Dial, PodFacts};
use crate::kube::{Object, Reach, Selector, Typed};
use crate::rules::{Check, Findings, Rule, parts};

/// An init container, or a native sidecar's startup probe, needs what only starts later.
pub static RULE: Rule = rule!("init_needs_what_starts_later.md", Error, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    // On the node's network another Pod may answer; an injected proxy starts before everything else.
    if facts.pod.object.is_patch || facts.pod.is_changed(&parts::PROBES) || facts.is_open() {
        return;
    }
    own_services(facts, found);
    let is_sidecar = |member: &ContainerFacts<'_>| member.container.is_native_sidecar();
    // from here on what was started earlier may listen anywhere
    let opaque = facts.members.iter().position(|member| is_sidecar(member) && may_listen_anywhere(member));
    for (at, one) in facts.members.iter().enumerate() {
        let is_native = is_sidecar(one);
        // a probe of its own socket says nothing of what is behind it; a command may ask through it
        let probe = one.container.container.startup_probe.as_ref();
        let holds_up = is_native && probe.is_some_and(|probe| probe.exec.is_some());
        // it may have started itself what it asks: `docker-entrypoint.sh postgres & until pg_isready …`
        if one.container.runs_beside_app() && !holds_up || one.leaves_behind().is_some() {
            continue;
        }
        for (dial, port) in one.loopback_dials().filter(|(dial, _)| dial.is_needed) {
            let is_served = opaque.is_some_and(|opaque| opaque < at) || one.may_serve(port);
            if is_served || facts.places_serving(port).any(|(place, other)| place < at && is_sidecar(other)) {
                continue;
            }
            let later = facts.places_serving(port).find(|(place, _)| *place > at);
            let Some((_, server)) = later else { continue };
            say(one, dial, port, server, is_native, facts, found);
            break;
        }
    }
}

/// Init containers that wait for a Service that leads to their own Pods alone: it has no ready one until they have ended.
fn own_services(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let object = facts.pod.object;
    if !facts.pod.keeps(&["metadata.labels"]) {
        return;
    }
    for one in facts.members.iter().filter(|member| !member.container.runs_beside_app()) {
        let waits = |dial: &&Dial<'_>| {
            dial.is_needed && !dial.is_loopback && dial.port.is_some() && dial.certainty.is_certain()
        };
        for dial in one.dials.iter().filter(waits) {
            let mut services = facts.index.services_of(object);
            let Some(service) = services.find(|service| is_its_name(&dial.host, service, object)) else { continue };
            let Some(Typed::Service(typed)) = &service.typed else { continue };
            let Some(spec) = &typed.spec else { continue };
            let Some(labels) = &spec.selector else { continue };
            let annotations = typed.metadata.annotations.as_ref();
            let tolerates = annotations
                .is_some_and(|all| all.contains_key("service.alpha.kubernetes.io/tolerate-unready-endpoints"));
            let is_near = facts.index.reach(object, service).is_some_and(|reach| reach < Reach::Run);
            let only = facts.index.matching(service, &Selector::map(labels)).only();
            let is_alone = only.is_some_and(|only| std::ptr::eq(only, object));
            if !service.keeps(&["spec"])
                || spec.publish_not_ready_addresses == Some(true)
                || tolerates
                || !is_near
                || !is_alone
                || service.document.at(service.node, &["spec", "selector"]).is_none()
            {
                continue;
            }
            let name = &service.id.name;
            let selector = service.document.at(service.node, &["spec", "selector"]).unwrap_or(service.node);
            found
                .about(dial.proof.place.object)
                .at_span(
                    dial.proof.place.span(),
                    format!("`{}` waits for Service `{name}`, which leads to this Pod alone", one.name()),
                )
                .here("connects to the Pod's own Service")
                .label(service.label(selector, "selects these Pods and no others"))
                .because(
                    "a Service sends connections only to ready Pods, and a Pod is not ready until \
                     its init containers have finished (kubernetes/website: concepts/workloads/pods/init-containers)",
                )
                .help("wait during the app's startup instead, or remove the init container");
            break;
        }
    }
}

/// Whether a host is the name of a Service, as Pods of an object would look it up.
fn is_its_name(host: &str, service: &Object, from: &Object) -> bool {
    let mut labels = host.trim_end_matches('.').split('.');
    let is_name = labels.next() == Some(service.id.name.as_str());
    let namespace = service.id.namespace.as_deref().or(from.id.namespace.as_deref());
    let is_here = labels.next().is_none_or(|label| Some(label) == namespace);
    is_name && is_here && labels.next().is_none_or(|label| label == "svc")
}

/// Whether nothing shows where a sidecar listens.
fn may_listen_anywhere(other: &ContainerFacts<'_>) -> bool {
    other.known_ports().is_empty() && !other.listens_nowhere_else
}

fn say(
    one: &ContainerFacts<'_>,
    dial: &Dial<'_>,
    port: u16,
    server: &ContainerFacts<'_>,
    is_sidecar: bool,
    facts: &PodFacts<'_>,
    found: &mut Findings<'_>,
) {
    let listen = server.listen_at(port);
    let is_served = server.declared().any(|declared| declared == port)
        || listen.is_some_and(|listen| listen.certainty.is_certain());
    let is_certain = dial.certainty.is_certain() && is_served && !is_sidecar;
    if !(is_certain || dial.certainty.is_certain() || is_served) {
        return;
    }
    let name = server.name();
    let message = if is_sidecar {
        format!("the startupProbe of `{}` may wait for `{name}`, which starts only after it", one.name())
    } else {
        format!("`{}` needs `{name}`, which starts only after `{}` has finished", one.name(), one.name())
    };
    let at = dial.proof.place;
    let label = listen.map_or_else(
        || facts.pod.object.label(server.container.name_node(), format!("`{name}` declares port {port}")),
        |listen| listen.proof.label(format!("`{name}` listens on {port}")),
    );
    let help = if server.container.is_native_sidecar() {
        format!("move `{name}` before `{}` in `initContainers`", one.name())
    } else {
        format!(
            "move `{name}` to `initContainers` before `{}`, with `restartPolicy: Always` and a startupProbe",
            one.name()
        )
    };
    found
        .about(at.object)
        .at_span(at.span(), message)
        .here(format!("connects to port {port} of the Pod itself"))
        .label(label)
        .because(
            "init containers run one after another, before the others start; the kubelet continues after \
             a native sidecar once its startupProbe has succeeded (KEP-753)",
        )
        .help(help)
        .level(if is_certain { Level::Error } else { Level::Warning });
}
