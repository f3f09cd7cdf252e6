use super::{is_headless, ordinals, stateful_set};
use crate::diagnostic::{Level, RuleId};
use crate::kube::Typed;
use crate::recognise::hosts::pod_names;
use crate::rules::scene::Scene;
use crate::rules::{Check, Found, Rule};

/// Peers that find each other by names that appear only when they are ready.
pub static RULE: Rule = Rule {
    id: RuleId { name: "peer-discovery-needs-unready", family: "serving" },
    level: Level::Warning,
    page: include_str!("peer_discovery_needs_unready.md"),
    check: Check::Elsewhere,
};

pub(in crate::rules) fn check(scene: &Scene<'_>, found: &mut Found<'_>) {
    let object = scene.pod.object;
    let Some(set) = stateful_set(object) else { return };
    let is_ordered = set.spec.pod_management_policy.as_deref().unwrap_or("OrderedReady") == "OrderedReady";
    let Some(service) = set.spec.service_name.as_deref().filter(|_| is_ordered && ordinals(&set.spec).1 > 1) else {
        return;
    };
    let asked = scene.running().find(|member| member.one.container.container.readiness_probe.is_some());
    let names = scene.running().find_map(|member| {
        member.texts.iter().find_map(|text| {
            let lists = pod_names(text.text);
            lists
                .iter()
                .any(|list| list.set == object.id.name && list.service == service && list.pods.len() > 1)
                .then_some((member, text.node))
        })
    });
    let (Some(asked), Some((member, node))) = (asked, names) else { return };
    let Some(service) =
        scene.index.find(object, "Service", service).filter(|service| is_headless(service) == Some(true))
    else {
        return;
    };
    let publishes = match &service.typed {
        Some(Typed::Service(typed)) => {
            typed.spec.as_ref().and_then(|spec| spec.publish_not_ready_addresses) == Some(true)
        }
        _ => true,
    };
    let tolerates = service
        .document
        .at(service.node, &["metadata", "annotations", "service.alpha.kubernetes.io/tolerate-unready-endpoints"])
        .is_some();
    let Some(probe) = asked.one.container.at(&["readinessProbe"]).filter(|_| !publishes && !tolerates) else { return };
    let name = service.document.at(service.node, &["metadata", "name"]).unwrap_or(service.node);
    found
        .at(node, format!("`{}` looks for peers that have no name before they are ready", member.name()))
        .here("names of its own Pods")
        .and(probe, "if this waits for peers, nobody becomes ready")
        .label(service.label(name, "publishes ready Pods only"))
        .because("a headless Service has DNS records of ready Pods alone unless publishNotReadyAddresses is set, and OrderedReady starts the next Pod when the one before is ready")
        .help(format!("set `publishNotReadyAddresses: true` on Service `{}`, or `podManagementPolicy: Parallel` too", service.id.name));
}
