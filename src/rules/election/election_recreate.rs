use super::replicas;
use crate::facts::PodFacts;
use crate::rules::{Check, Findings, Rule};

/// Elected replicas that all stop at once when the Deployment changes.
pub static RULE: Rule = rule!("election_recreate.md", Advice, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let object = facts.pod.object;
    let document = &object.document;
    let Some(kind) = document.at(object.node, &["spec", "strategy", "type"]) else { return };
    let several = replicas(object, facts.index).is_none_or(|count| count > 1);
    if object.id.kind != "Deployment" || document.str(kind) != Some("Recreate") || !several {
        return;
    }
    let node = facts.running().find_map(|member| member.election.on().map(|proof| member.node_of(proof)));
    let Some(node) = node else { return };
    found
        .at(kind, "a rollout stops the leader and all its standbys at once")
        .here("all Pods stop before the new ones start")
        .and(node, "the election already ensures that only one leads")
        .because("Recreate deletes all Pods first; RollingUpdate keeps a standby that takes over the lease")
        .help("remove `strategy`, or set its type to RollingUpdate");
}
