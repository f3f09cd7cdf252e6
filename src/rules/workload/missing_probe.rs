use super::scaling;
use crate::facts::PodFacts;
use crate::kube::{ContainerView, Typed};
use crate::rules::{Check, Findings, Rule};

/// Nothing says when a server is ready.
pub static RULE: Rule = rule!("missing_probe.md", Advice, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let pod = facts.pod;
    if !pod.keeps(&["spec.containers.readinessProbe"]) {
        return;
    }
    let service = facts.index.service_of(pod.object);
    let is_served = match &pod.object.typed {
        Some(Typed::Deployment(_) | Typed::StatefulSet(_) | Typed::DaemonSet(_) | Typed::ReplicaSet(_)) => true,
        Some(Typed::Pod(_)) => service.is_some(),
        _ => false,
    };
    if !is_served {
        return;
    }
    let apps: Vec<_> = facts.main().filter(|one| !one.is_helper()).collect();
    for one in &apps {
        let view = one.container;
        let is_target = serves(&view) || (service.is_some() && apps.len() == 1 && view.container.ports.is_none());
        if !is_target || view.container.readiness_probe.is_some() {
            continue;
        }
        let saying = found
            .at(view.name_node(), format!("`{}` gets traffic before it is ready, and while it cannot answer", view.container.name))
            .here("has no readinessProbe")
            .because("without a readiness probe a container counts as ready when it has started; a rollout may then replace the last good Pod with one that never answers")
            .help("add a `readinessProbe` that checks what clients use");
        if let Some(service) = service {
            saying.label(service.label(scaling::name_node(service), "sends it traffic"));
        }
    }
}

/// Whether a container declares a port that clients use. Metrics and health are for those who watch.
fn serves(view: &ContainerView<'_>) -> bool {
    view.container.ports.iter().flatten().any(|port| {
        let name = port.name.as_deref().unwrap_or_default();
        let is_watched =
            ["metric", "prom", "health", "prof", "debug", "telemetry"].iter().any(|word| name.contains(word));
        port.protocol.as_deref().unwrap_or("TCP") == "TCP" && !is_watched
    })
}
