use super::replicas;
use crate::facts::PodFacts;
use crate::rules::{Check, Findings, Rule};

/// Several replicas of a program whose election is switched off.
pub static RULE: Rule = rule!("replicas_without_election.md", Warning, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let object = facts.pod.object;
    for member in facts.running() {
        let Some(switch) = member.election.switch.as_ref().filter(|switch| !switch.is_on) else { continue };
        let node = member.node_of(&switch.proof);
        let Some(count) = replicas(object, facts.index).filter(|count| *count > 1) else { return };
        let saying = found
            .at(node, format!("{count} replicas of `{}` all do the leader's work", member.name()))
            .here("the election is switched off")
            .because("without an election every replica acts as the only one, and they undo each other's work")
            .help("switch the election on, or set replicas to 1");
        if let Some(replicas) = object.document.at(object.node, &["spec", "replicas"]) {
            saying.and(replicas, "several of them");
        }
    }
}
