use crate::facts::PodFacts;
use crate::rules::{Check, Findings, Rule};

/// One container runs several daemons.
pub static RULE: Rule = rule!("two_daemons_in_one_container.md", Advice, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    for member in &facts.members {
        let script = member.line.script.as_ref().map(|script| script.place);
        let supervisor = member.supervisor().map(|run| (run.place, "a process supervisor"));
        let background = member.leaves_behind().filter(|program| !is_small(program)).and(script);
        let background = background.map(|place| (place, "`&` leaves one in the background"));
        let Some((place, how)) = supervisor.or(background) else { continue };
        found
            .at(place.node, format!("`{}` runs several daemons", member.name()))
            .here(how)
            .because(
                "the kubelet watches only process 1: if another one dies or hangs, nothing restarts \
                 it, and probes, resources and logs cannot tell them apart",
            )
            .help("give each its own container; a native sidecar starts before the app and stops after it");
    }
}

/// What exits by itself, or watches over the program in front.
fn is_small(program: &str) -> bool {
    matches!(program, "sleep" | "wait" | "tail" | "echo")
}
