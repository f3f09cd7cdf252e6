use crate::facts::{PodFacts, Role};
use crate::go::duration::milliseconds;
use crate::rules::{Check, Findings, Rule};

/// A root that waits for its leaves as long as they like.
pub static RULE: Rule = rule!("gather_without_timeout.md", Warning, Check::Facts(check));

/// Longer than any client of a request waits.
const ENDLESS: u64 = 600_000;

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    for member in facts.running().filter(|member| member.role == Role::GatherRoot) {
        let Some(told) = member.option("--timeout") else { continue };
        if milliseconds(&told.text).is_some_and(|time| time == 0 || time >= ENDLESS) {
            found
                .at(told.place.node, format!("`{}` waits for its slowest leaf for {}", member.name(), told.text))
                .here("effectively no timeout")
                .because("if each of N leaves is slow with probability p, a request is slow with probability 1-(1-p)^N; without a timeout, one stuck leaf blocks every request")
                .help("set a timeout slightly above a leaf's usual response time, and a quorum below the number of leaves");
        }
    }
}
