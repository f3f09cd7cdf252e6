use crate::diagnostic::{Level, RuleId};
use crate::recognise::Role;
use crate::recognise::address::loopbacks;
use crate::rules::scene::Scene;
use crate::rules::{Check, Found, Rule, parts};

/// A work queue asks for its items where no source listens.
pub static RULE: Rule = Rule {
    id: RuleId { name: "source-port-mismatch", family: "batch" },
    level: Level::Warning,
    page: include_str!("source_port_mismatch.md"),
    check: Check::Elsewhere,
};

pub(in crate::rules) fn check(scene: &Scene<'_>, found: &mut Found<'_>) {
    // On the node's network anything may listen there.
    if !parts::is_whole(scene.pod.object) || scene.pod.spec.host_network == Some(true) {
        return;
    }
    for manager in scene.running().filter(|member| member.one.role == Role::QueueManager) {
        // The source shows its port; anything that shows none may listen anywhere.
        let shows = scene.others(manager).all(|other| !other.one.known_ports().is_empty());
        let Some(source) = scene.others(manager).find(|_| shows) else { continue };
        for call in loopbacks(&manager.one.container) {
            let is_source = call.text.text.starts_with("--source=");
            if !is_source || scene.running().any(|member| member.may_serve(call.port)) {
                continue;
            }
            let ports = source.one.known_ports();
            let Some(port) = ports.first() else { continue };
            found
                .at(call.text.node, format!("`{}` asks for items on port {}, where nothing listens", manager.name(), call.port))
                .here(format!("port {}", call.port))
                .and(source.one.container.name_node(), format!("`{}` listens on {port}", source.name()))
                .because("the containers of a Pod share one network namespace; a connection to a port that nobody listens on is refused, and the queue never sees an item")
                .help(format!("write {port} here, or make the source listen on {}", call.port));
        }
    }
}
