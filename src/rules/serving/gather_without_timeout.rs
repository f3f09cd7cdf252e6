use crate::diagnostic::{Level, RuleId};
use crate::recognise::Role;
use crate::recognise::elector::milliseconds;
use crate::rules::scene::Scene;
use crate::rules::{Check, Found, Rule};

/// A root that waits for its leaves as long as they like.
pub static RULE: Rule = Rule {
    id: RuleId { name: "gather-without-timeout", family: "serving" },
    level: Level::Warning,
    page: include_str!("gather_without_timeout.md"),
    check: Check::Elsewhere,
};

/// Longer than any client of a request waits.
const ENDLESS: u64 = 600_000;

pub(in crate::rules) fn check(scene: &Scene<'_>, found: &mut Found<'_>) {
    for member in scene.running().filter(|member| member.one.role == Role::GatherRoot) {
        let Some((text, node)) =
            member.texts.iter().find_map(|text| Some((text.text.strip_prefix("--timeout=")?, text.node)))
        else {
            continue;
        };
        if milliseconds(text).is_some_and(|time| time == 0 || time >= ENDLESS) {
            found
                .at(node, format!("`{}` waits for its slowest leaf for {text}", member.name()))
                .here("no timeout to speak of")
                .because("with N leaves of which each is slow with probability p a request is slow with 1-(1-p)^N; without a timeout one stuck leaf holds every request")
                .help("set a timeout a little above what a leaf usually takes, and a quorum below the number of leaves");
        }
    }
}
