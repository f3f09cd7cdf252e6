use super::replicas;
use crate::diagnostic::{Level, RuleId};
use crate::rules::scene::Scene;
use crate::rules::{Check, Found, Rule};

/// Several replicas of a program whose election is switched off.
pub static RULE: Rule = Rule {
    id: RuleId { name: "replicas-without-election", family: "election" },
    level: Level::Warning,
    page: include_str!("replicas_without_election.md"),
    check: Check::Elsewhere,
};

pub(in crate::rules) fn check(scene: &Scene<'_>, found: &mut Found<'_>) {
    let object = scene.pod.object;
    for member in scene.running() {
        let Some((false, node)) = member.election.switch else { continue };
        let Some(count) = replicas(object, scene.index).filter(|count| *count > 1) else { return };
        let saying = found
            .at(node, format!("{count} replicas of `{}` all do the leader's work", member.name()))
            .here("the election is switched off")
            .because("without an election every replica takes itself for the only one, and they undo each other's work")
            .help("switch the election on, or set replicas to 1");
        if let Some(replicas) = object.document.at(object.node, &["spec", "replicas"]) {
            saying.and(replicas, "several of them");
        }
    }
}
