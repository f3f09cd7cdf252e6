use super::{is_headless, ordinals, stateful_set};
use crate::diagnostic::{Level, RuleId};
use crate::facts::PodFacts;
use crate::facts::hosts::pod_names;
use crate::kube::Typed;
use crate::rules::{Check, Found, Rule};

/// Peers that find each other by names that appear only when they are ready.
pub static RULE: Rule = Rule {
    id: RuleId { name: "peer-discovery-needs-unready", family: "serving" },
    level: Level::Warning,
    page: include_str!("peer_discovery_needs_unready.md"),
    check: Check::Facts(check),
};

fn check(facts: &PodFacts<'_>, found: &mut Found<'_>) {
    let object = facts.pod.object;
    let Some(set) = stateful_set(object) else { return };
    let is_ordered = set.spec.pod_management_policy.as_deref().unwrap_or("OrderedReady") == "OrderedReady";
    let Some(service) = set.spec.service_name.as_deref().filter(|_| is_ordered && ordinals(&set.spec).1 > 1) else {
        return;
    };
    // another container's check passes without the peers
    let asked = facts.running().filter_map(|member| Some((member, member.container.at(&["readinessProbe"])?)));
    let names = asked.into_iter().find_map(|(member, probe)| {
        let words = member.words().chain(member.variables().map(|(_, word)| word));
        words.into_iter().find_map(|word| {
            let lists = pod_names(&word.text);
            let is_own = std::ptr::eq(word.place.object, object);
            let names_peers =
                lists.iter().any(|list| list.set == object.id.name && list.service == service && list.pods.len() > 1);
            (is_own && names_peers).then_some((member, probe, word.place.node))
        })
    });
    let Some((member, probe, node)) = names else { return };
    let Some(service) =
        facts.index.find(object, "Service", service).filter(|service| is_headless(service) == Some(true))
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
    if publishes || tolerates {
        return;
    }
    let name = service.document.at(service.node, &["metadata", "name"]).unwrap_or(service.node);
    found
        .at(node, format!("`{}` looks for peers that have no name before they are ready", member.name()))
        .here("names of its own Pods")
        .and(probe, "if this waits for peers, no Pod becomes ready")
        .label(service.label(name, "publishes ready Pods only"))
        .because("a headless Service has DNS records of ready Pods alone unless publishNotReadyAddresses is set, and OrderedReady starts the next Pod when the one before is ready")
        .help(format!("set `publishNotReadyAddresses: true` on Service `{}`, or `podManagementPolicy: Parallel` too", service.id.name));
}
