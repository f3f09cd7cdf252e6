use crate::facts::command::shell::ShellWord;
use crate::facts::{ContainerFacts, PodFacts};
use crate::rules::{Check, Findings, Rule};
use crate::yaml::edit::Edit;
use crate::yaml::{Document, NodeId, Style};

/// Process 1 is a shell that passes no signals on.
pub static RULE: Rule = rule!("shell_swallows_sigterm.md", Advice, Check::Facts(check), fixes);

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let spec = facts.pod.spec;
    if spec.share_process_namespace == Some(true) || spec.host_pid == Some(true) {
        return;
    }
    for member in facts.running() {
        judge(member, found);
    }
}

fn judge(member: &ContainerFacts<'_>, found: &mut Findings<'_>) {
    let Some(script) = &member.line.script else { return };
    let Some((last, is_piped)) = script.tree.last_of_row() else { return };
    let Some(program) = last.first().and_then(ShellWord::literal) else { return };
    if program == "exec" || is_builtin(program) || !matches!(script.shell.as_str(), "bash" | "sh" | "dash" | "ash") {
        return;
    }
    // bash execs the last command of a plain row; dash never does
    if script.shell == "bash" && !is_piped {
        return;
    }
    let name = member.name();
    let document = &script.place.object.document;
    let node = script.place.node;
    found
        .at(
            node,
            format!("`{name}` may not receive SIGTERM: process 1 is `{}`, which does not forward it", script.shell),
        )
        .here(format!("put `exec` before `{program}`"))
        .because(
            "SIGTERM goes to process 1, and the kernel drops it if process 1 has no handler; dash waits \
             for its last command instead of exec'ing it, so the Pod stops only when the grace period is over",
        )
        .help(format!("write `exec {program} …`"))
        .fix_if("replace the shell with the last command", insertion(document, node, program, is_piped));
}

/// Commands that a shell runs itself, or that are over at once.
fn is_builtin(program: &str) -> bool {
    matches!(
        program,
        "." | ":"
            | "true"
            | "false"
            | "echo"
            | "printf"
            | "cd"
            | "export"
            | "set"
            | "source"
            | "eval"
            | "read"
            | "test"
            | "cp"
            | "mv"
            | "rm"
            | "ln"
            | "mkdir"
            | "touch"
            | "chmod"
            | "chown"
            | "cat"
            | "sleep"
    ) || program.contains('=')
        || program.contains('$')
}

/// `exec ` before the last command, where it is plainly at the end of the script.
fn insertion(document: &Document, node: NodeId, program: &str, is_piped: bool) -> Option<Vec<Edit>> {
    let raw = document.raw(node);
    let starts: Vec<_> = raw.match_indices(program).collect();
    let [(at, _)] = starts.as_slice() else { return None };
    let before = raw[..*at].trim_end_matches(' ');
    let is_start = before.is_empty() || before.ends_with(['\n', ';', '"', '\'']) || before.ends_with("&&");
    let can = is_start && !is_piped && document.style(node) != Style::Folded;
    can.then(|| vec![Edit::insert(document.span(node).range().start + at, "exec ")])
}
