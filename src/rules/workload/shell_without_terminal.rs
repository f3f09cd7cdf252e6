use super::official::name_and_tag;
use crate::facts::PodFacts;
use crate::kube::{ContainerList, Life};
use crate::rules::{Check, Findings, Rule};
use crate::words::clip;
use crate::yaml::Value;

/// An image that starts a shell, which has nothing to read.
pub static RULE: Rule = rule!("shell_without_terminal.md", Error, Check::Facts(check));

/// What says what such a container runs.
const FIELDS: [&str; 5] = [
    "spec.containers.image",
    "spec.containers.command",
    "spec.containers.args",
    "spec.containers.tty",
    "spec.containers.stdin",
];

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let object = facts.pod.object;
    let is_kept_running = matches!(object.id.kind.as_str(), "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet");
    if facts.pod.life != Life::LongRunning || !is_kept_running || !facts.pod.keeps(&FIELDS) {
        return;
    }
    for member in facts.members.iter().filter(|member| member.container.list == ContainerList::Main) {
        let view = &member.container;
        let is_on =
            |field: &str| view.at(&[field]).is_some_and(|node| object.document.value(node) != Value::Bool(false));
        let is_given = |words: Option<&[crate::text::Text]>| words.is_some_and(|words| !words.is_empty());
        let is_told = is_given(view.container.command.as_deref()) || is_given(view.container.args.as_deref());
        if is_told || ["stdin", "tty", "command", "args"].into_iter().any(is_on) {
            continue;
        }
        let Some((name, _)) = name_and_tag(member.image()) else { continue };
        let Some(program) = facts.programs.of_image(member.image()).filter(|program| program.interactive) else {
            continue;
        };
        let Some(image) = view.at(&["image"]).filter(|_| program.images.iter().any(|image| image == name)) else {
            continue;
        };
        let shell = program.called();
        let kind = &object.id.kind;
        let saying = found
            .at(image, format!("`{}` ends at once: its image starts `{shell}`, which has nothing to read", clip(member.name())))
            .here(format!("its CMD is `{shell}`"))
            .because(format!(
                "without `stdin` or `tty` the shell reads the end of its input and exits, and the {kind} restarts it again \
                 and again (CrashLoopBackOff; kubernetes/website: \
                 tasks/inject-data-application/define-command-argument-container)"
            ))
            .help("give it a `command`; `[sleep, infinity]` only keeps it running");
        if let Some(kind) = object.document.get(object.node, "kind") {
            saying.and(kind, "keeps its Pods running");
        }
    }
}
