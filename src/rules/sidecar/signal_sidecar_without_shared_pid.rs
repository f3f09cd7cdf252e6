use crate::diagnostic::{Level, RuleId};
use crate::kube::{ContainerView, PodView};
use crate::rules::{Check, Found, Rule, parts};
use crate::words::clip;
use crate::yaml::{NodeId, edit};

/// A helper signals a process of another container, whose processes it cannot see.
pub static RULE: Rule = Rule {
    id: RuleId { name: "signal-sidecar-without-shared-pid", family: "sidecar" },
    level: Level::Error,
    page: include_str!("signal_sidecar_without_shared_pid.md"),
    check: Check::Pod(check),
};

fn check(pod: PodView<'_>, found: &mut Found<'_>) {
    let shares = pod.spec.share_process_namespace == Some(true) || pod.spec.host_pid == Some(true);
    if shares || pod.object.is_patch || pod.object.is_base {
        return;
    }
    let beside: Vec<_> = pod.containers().filter(ContainerView::runs_beside_app).collect();
    if beside.len() < 2 {
        return;
    }
    for view in &beside {
        let Some((process, node)) = target(view) else { continue };
        let name = &view.container.name;
        let document = &pod.object.document;
        let (fix, seen) = match pod.field("shareProcessNamespace") {
            Some(off) => (edit::scalar(document, off, "true"), Some(off)),
            None => (edit::add(document, pod.node, "restartPolicy", "shareProcessNamespace", "true"), None),
        };
        let saying = found
            .at(node, format!("`{name}` signals `{}`, but sees no processes but its own", clip(process)))
            .because(
                "each container has a process namespace of its own unless the Pod says \
                 `shareProcessNamespace: true` (kubernetes/website: tasks/configure-pod-container/share-process-namespace)",
            )
            .help("add `shareProcessNamespace: true` to the Pod's spec, and run both containers as one user")
            .fix_if("share the process namespace", fix.map(|edit| vec![edit]));
        if let Some(off) = seen {
            saying.and(off, "here they are kept apart");
        }
    }
}

/// The process that a container's command line signals by name, and where it says so. Only what the
/// container does not start itself.
fn target<'a>(view: &ContainerView<'a>) -> Option<(&'a str, NodeId)> {
    let own = view.container.name.as_str();
    for (word, node) in parts::words(view) {
        for flag in ["--process-executable-name=", "--process-name=", "--process="] {
            let names = word.strip_prefix(flag).map(|name| name.rsplit('/').next().unwrap_or(name));
            if let Some(name) = names.filter(|name| !name.is_empty()) {
                return Some((name, node));
            }
        }
        if let Some(name) = signalled(word).filter(|name| *name != own) {
            let first = |line: &str| line.split_whitespace().next().is_some_and(|program| program.ends_with(name));
            // a script that starts the process itself, as entry points do
            if !word.split(['\n', ';', '&', '|']).any(|line| first(line.trim_start().trim_start_matches("exec "))) {
                return Some((name, node));
            }
        }
    }
    let words: Vec<_> = parts::words(view).collect();
    let named = words.windows(2).find(|pair| matches!(pair[0].0.as_str(), "--process" | "--process-name"));
    let tool = |word: &str| matches!(word.rsplit('/').next(), Some("pkill" | "killall"));
    let direct = words.first().filter(|(word, _)| tool(word)).and_then(|_| words.last());
    named.map(|pair| pair[1]).or(direct.copied()).map(|(word, node)| (word.as_str(), node))
}

/// The name after `pkill`, `killall`, or after `pidof` and `pgrep` in a script that kills.
fn signalled(script: &str) -> Option<&str> {
    let mut words = script.split(|letter: char| letter.is_whitespace() || "();&|`\"'$".contains(letter));
    let kills = || script.contains("kill ") || script.contains("kill\t");
    while let Some(word) = words.next() {
        let tool = word.rsplit('/').next().unwrap_or(word);
        let is_lookup = matches!(tool, "pidof" | "pgrep") && kills();
        if !matches!(tool, "pkill" | "killall") && !is_lookup {
            continue;
        }
        let mut skip = false;
        for argument in words.by_ref() {
            let is_option = argument.starts_with('-') || argument.is_empty();
            if !is_option && !skip {
                return Some(argument.rsplit('/').next().unwrap_or(argument))
                    .filter(|name| name.starts_with(|first: char| first.is_ascii_alphabetic()));
            }
            skip = matches!(argument, "-s" | "--signal" | "-u" | "-P");
        }
    }
    None
}
