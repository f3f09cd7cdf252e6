use crate::facts::{PodFacts, Role};
use crate::rules::{Check, Findings, Rule};

/// A root that takes partial answers, and asks for all of them.
pub static RULE: Rule = rule!("gather_quorum_is_everything.md", Warning, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    for member in facts.running().filter(|member| member.role == Role::GatherRoot) {
        let has_replicas = member.option("--replica-url").is_some();
        let Some(leaves_told) = member.option("--leaves") else { continue };
        let Ok(leaves) = leaves_told.text.parse::<u32>() else { continue };
        let quorum = member.option("--quorum");
        let allows = member.option("--on-partial").filter(|policy| policy.text == "allow");
        let is_all = quorum
            .as_ref()
            .map_or(allows.is_some(), |told| told.text.parse::<u32>().is_ok_and(|quorum| quorum >= leaves));
        let here = if quorum.is_some() { "as many as there are" } else { "without --quorum all leaves must answer" };
        let Some(told) = quorum.or(allows).filter(|_| is_all && leaves > 1 && !has_replicas) else { continue };
        found
            .at(told.place.node, format!("one slow or missing leaf of {leaves} fails every request"))
            .here(here)
            .and(leaves_told.place.node, "each leaf has one replica")
            .because(
                "with a quorum of all leaves, partial answers never count; the service is up only while every leaf is",
            )
            .help(format!("set --quorum={} or less with --on-partial=allow, or give each leaf replicas", leaves - 1));
    }
}
