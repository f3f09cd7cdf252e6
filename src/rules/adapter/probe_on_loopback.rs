use crate::diagnostic::Level;
use crate::facts::{Certainty, ContainerFacts, PodFacts};
use crate::rules::{Check, Findings, Rule, parts};

/// The kubelet probes a port that is bound to loopback.
pub static RULE: Rule = rule!("probe_on_loopback.md", Error, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    // an injected proxy may take the probes, and hand them on at loopback (Consul's `transparent-proxy-overwrite-probes`)
    if facts.pod.object.is_patch || facts.pod.is_changed(&parts::PROBES) || facts.is_open() {
        return;
    }
    for member in facts.running() {
        let container = member.container.container;
        for (field, probe) in [
            ("startupProbe", &container.startup_probe),
            ("readinessProbe", &container.readiness_probe),
            ("livenessProbe", &container.liveness_probe),
        ] {
            let Some((port, kind)) = probe.as_ref().and_then(|probe| parts::dialled(container, probe)) else {
                continue;
            };
            // One container of the Pod listens there, and on loopback only.
            let serving: Vec<&ContainerFacts<'_>> = facts
                .serving(port)
                .filter(|server| server.listens.iter().any(|listen| listen.port == port && !listen.udp))
                .collect();
            let [server] = serving[..] else { continue };
            let Some(listen) = server.only_on_loopback(port) else { continue };
            let Some(node) =
                member.container.at(&[field, kind, "port"]).filter(|_| facts.pod.spec.host_network != Some(true))
            else {
                continue;
            };
            let level = if listen.certainty.is_certain() { Level::Error } else { Level::Warning };
            let shows = match listen.certainty {
                Certainty::Default => format!(
                    "`{}` listens on 127.0.0.1:{port} unless told otherwise ({})",
                    server.name(),
                    listen.proof.shows
                ),
                _ => format!("`{}` binds {port} to loopback", server.name()),
            };
            found
                .at(node, format!("the {field} of `{}` can never succeed: port {port} is bound only to loopback", member.name()))
                .here("dialled at the Pod's IP")
                .label(listen.proof.label(shows))
                .because("the kubelet dials the Pod's IP from the node (`pkg/kubelet/prober`), where a socket bound to 127.0.0.1 does not answer")
                .help(format!("bind to 0.0.0.0:{port}, give health its own port, or probe through the proxy in front"))
                .level(level);
        }
    }
}
