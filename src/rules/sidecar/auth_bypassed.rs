use crate::diagnostic::Level;
use crate::facts::{Bind, ContainerFacts, PodFacts, Role, Task};
use crate::rules::{Check, Findings, Rule, parts};

/// An app behind an authenticating proxy that can be reached past it.
pub static RULE: Rule = rule!("auth_bypassed.md", Warning, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let object = facts.pod.object;
    if object.is_patch || facts.pod.spec.host_network == Some(true) {
        return;
    }
    for proxy in facts.running().filter(|member| member.role == Role::Sidecar(Task::Auth)) {
        for (dial, port) in proxy.loopback_dials() {
            let is_other = |other: &&ContainerFacts<'_>| other.container.node != proxy.container.node;
            let Some(app) = facts.serving(port).find(is_other) else { continue };
            if app.only_on_loopback(port).is_some() {
                continue;
            }
            let service = facts
                .index
                .services_of(object)
                .find_map(|service| Some((service, parts::port_to(service, facts.pod, port)?)));
            if let Some((service, node)) = service {
                found
                    .about(service)
                    .at(
                        node,
                        format!(
                            "Service `{}` reaches `{}` directly, bypassing the authentication of `{}`",
                            service.id.name,
                            app.name(),
                            proxy.name()
                        ),
                    )
                    .here(format!("the app's own port {port}"))
                    .label(dial.proof.label(format!("`{}` protects it", proxy.name())))
                    .because("a proxy in the same Pod protects only what goes through it")
                    .help(format!("point the Service at `{}`, and bind the app to 127.0.0.1", proxy.name()));
                continue;
            }
            // Any Pod can reach the app at the Pod's IP.
            let is_open = app
                .listens
                .iter()
                .any(|listen| listen.port == port && listen.bind == Bind::All && listen.certainty.is_certain());
            let has_policy = || object.is_among_unseen || facts.index.beside(object, "NetworkPolicy").next().is_some();
            if is_open && !has_policy() {
                found
                    .at(
                        app.container.name_node(),
                        format!("`{}` can be reached at the Pod's IP, bypassing `{}`", app.name(), proxy.name()),
                    )
                    .here(format!("listens on all addresses, port {port}"))
                    .label(dial.proof.label("authenticates requests"))
                    .because("every Pod in the cluster can connect to the Pod's IP, unless a NetworkPolicy prevents it")
                    .help(format!(
                        "bind the app to 127.0.0.1:{port}, or admit only the proxy's port with a NetworkPolicy"
                    ))
                    .level(Level::Advice);
            }
        }
    }
}
