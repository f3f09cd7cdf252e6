use super::replicas;
use crate::facts::PodFacts;
use crate::rules::{Check, Findings, Rule};

/// An election with one candidate.
pub static RULE: Rule = rule!("election_single_replica.md", Advice, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let object = facts.pod.object;
    let document = &object.document;
    let elector = facts.running().find_map(|member| Some((member, member.node_of(member.election.on()?))));
    let Some((member, node)) = elector else { return };
    if !object.keeps(&["spec.replicas"]) || replicas(object, facts.index) != Some(1) {
        return;
    }
    let saying = found
        .at(node, format!("`{}` is the only candidate of its leader election", member.name()))
        .here("no replica to fail over to")
        .because("with one replica the election only delays the next start, by up to the lease duration")
        .help("set replicas to 2 or more, or switch the election off");
    if let Some(replicas) = document.at(object.node, &["spec", "replicas"]) {
        saying.and(replicas, "one candidate");
    }
}
