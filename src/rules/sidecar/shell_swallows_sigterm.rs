use crate::diagnostic::{Level, RuleId};
use crate::kube::ContainerView;
use crate::recognise::shell;
use crate::rules::{Check, Found, Rule, parts};
use crate::yaml::edit::Edit;
use crate::yaml::{Document, NodeId, Style};

/// Process 1 is a shell that passes no signals on.
pub static RULE: Rule = Rule {
    id: RuleId { name: "shell-swallows-sigterm", family: "sidecar" },
    level: Level::Advice,
    page: include_str!("shell_swallows_sigterm.md"),
    check: Check::Container(check),
};

fn check(view: ContainerView<'_>, found: &mut Found<'_>) {
    if !view.runs_beside_app() {
        return;
    }
    let Some(script) = parts::script(&view) else { return };
    let shares = view.pod.spec.share_process_namespace == Some(true) || view.pod.spec.host_pid == Some(true);
    let Some(commands) = shell::commands(script.text).filter(|_| !shares) else { return };
    let Some((last, before)) = commands.split_last() else { return };
    let Some(program) = last.words.first().map(String::as_str) else { return };
    let is_piped = before.last().is_some_and(|command| command.piped);
    let hands_over = program == "exec" || is_builtin(program);
    // bash puts the last command of a plain row in its own place; dash never does
    if hands_over || (script.shell != "bash" && script.shell != "sh" && script.shell != "dash" && script.shell != "ash")
    {
        return;
    }
    if script.shell == "bash" && !is_piped {
        return;
    }
    let name = &view.container.name;
    let document = &view.pod.object.document;
    found
        .at(
            script.node,
            format!("`{name}` may not hear SIGTERM: process 1 is `{}`, which does not pass it on", script.shell),
        )
        .here(format!("put `exec` before `{program}`"))
        .because(
            "SIGTERM goes to process 1, and the kernel drops it where process 1 has no handler; dash waits for its \
             last command instead of becoming it, so the Pod stops only when the grace period is over",
        )
        .help(format!("write `exec {program} …`"))
        .fix_if("let the last command take the shell's place", insertion(document, script.node, program, is_piped));
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

/// `exec ` before the last command, where it stands plainly at the end of the script.
fn insertion(document: &Document, node: NodeId, program: &str, is_piped: bool) -> Option<Vec<Edit>> {
    let raw = document.raw(node);
    let starts: Vec<_> = raw.match_indices(program).collect();
    let [(at, _)] = starts.as_slice() else { return None };
    let before = raw[..*at].trim_end_matches(' ');
    let is_start = before.is_empty() || before.ends_with(['\n', ';', '"', '\'']) || before.ends_with("&&");
    let can = is_start && !is_piped && document.style(node) != Style::Folded;
    can.then(|| vec![Edit::insert(document.span(node).range().start + at, "exec ")])
}
