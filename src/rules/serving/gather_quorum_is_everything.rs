use crate::diagnostic::{Level, RuleId};
use crate::recognise::Role;
use crate::rules::scene::Scene;
use crate::rules::{Check, Found, Rule};

/// A root that takes partial answers, and asks for all of them.
pub static RULE: Rule = Rule {
    id: RuleId { name: "gather-quorum-is-everything", family: "serving" },
    level: Level::Warning,
    page: include_str!("gather_quorum_is_everything.md"),
    check: Check::Elsewhere,
};

pub(in crate::rules) fn check(scene: &Scene<'_>, found: &mut Found<'_>) {
    for member in scene.running().filter(|member| member.one.role == Role::GatherRoot) {
        let value = |flag: &str| member.texts.iter().find_map(|text| Some((text.text.strip_prefix(flag)?, text.node)));
        let has_replicas = value("--replica-url=").is_some();
        let Some((leaves, leaves_node)) =
            value("--leaves=").and_then(|(text, node)| Some((text.parse::<u32>().ok()?, node)))
        else {
            continue;
        };
        let quorum = value("--quorum=");
        let allows = value("--on-partial=").filter(|(policy, _)| *policy == "allow");
        let is_all =
            quorum.map_or(allows.is_some(), |(text, _)| text.parse::<u32>().is_ok_and(|quorum| quorum >= leaves));
        let Some((_, node)) = quorum.or(allows).filter(|_| is_all && leaves > 1 && !has_replicas) else { continue };
        found
            .at(node, format!("one leaf of {leaves} that is slow or gone fails every request"))
            .here(if quorum.is_some() { "as many as there are" } else { "without --quorum all leaves must answer" })
            .and(leaves_node, "each leaf has one replica")
            .because(
                "with a quorum of all leaves a partial answer never counts; the service is up only while every leaf is",
            )
            .help(format!("set --quorum={} or less with --on-partial=allow, or give each leaf replicas", leaves - 1));
    }
}
