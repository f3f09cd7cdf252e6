use crate::diagnostic::{Level, RuleId};
use crate::kube::ContainerView;
use crate::rules::{Check, Found, Rule, parts};
use crate::yaml::NodeId;

/// One container runs several daemons.
pub static RULE: Rule = Rule {
    id: RuleId { name: "two-daemons-in-one-container", family: "sidecar" },
    level: Level::Advice,
    page: include_str!("two_daemons_in_one_container.md"),
    check: Check::Container(check),
};

fn check(view: ContainerView<'_>, found: &mut Found<'_>) {
    let Some((node, how)) = supervisor(&view).or_else(|| background(&view)) else { return };
    found
        .at(node, format!("`{}` runs several daemons", view.container.name))
        .here(how)
        .because(
            "the kubelet watches process 1 alone: when another one dies or hangs, nothing restarts it, and neither \
             probes nor resources nor logs tell them apart",
        )
        .help("give each a container of its own; a native sidecar starts before the app and stops after it");
}

fn supervisor(view: &ContainerView<'_>) -> Option<(NodeId, &'static str)> {
    const SUPERVISORS: [&str; 8] =
        ["supervisord", "s6-svscan", "s6-overlay", "runsvdir", "runit", "circusd", "monit", "multirun"];
    let (_, node) = parts::words(view).find(|(word, _)| {
        word.split([' ', '\n', ';', '&']).any(|word| SUPERVISORS.contains(&word.rsplit('/').next().unwrap_or(word)))
    })?;
    Some((node, "a process supervisor"))
}

/// `server & other`: a program left running in the background while another goes on in front.
fn background(view: &ContainerView<'_>) -> Option<(NodeId, &'static str)> {
    let script = parts::script(view)?;
    let text = script.text;
    let mut at = text.match_indices('&').filter(|(at, _)| {
        let (before, after) = (text[..*at].chars().next_back(), text[at + 1..].chars().next());
        !matches!(before, Some('&' | '>' | '<' | '\\')) && !matches!(after, Some('&' | '>')) && !is_quoted(&text[..*at])
    });
    let (at, _) = at.next()?;
    let line = text[..at].rsplit(['\n', ';']).next()?.trim_start();
    let program = line.split_whitespace().next()?;
    // what ends by itself, or watches over the program in front
    let is_small =
        matches!(program, "sleep" | "(" | "{" | "wait" | "}" | ")" | "done" | "fi" | "while" | "tail" | "echo");
    let rest = text[at + 1..].trim();
    (!is_small && !rest.is_empty() && !line.contains("while "))
        .then_some((script.node, "`&` leaves one in the background"))
}

/// Whether a place comes inside quotes, by what stands before it.
fn is_quoted(before: &str) -> bool {
    let odd = |quote| before.matches(quote).count() % 2 == 1;
    odd('"') || odd('\'')
}
