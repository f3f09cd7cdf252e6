use crate::kube::ContainerView;
use crate::rules::{Check, Findings, Rule, parts};
use crate::text::Text;
use crate::words::clip;

/// A command of one word that holds a whole line of shell.
pub static RULE: Rule = rule!("exec_of_shell_text.md", Error, Check::Container(check));

/// Words of shell and programs whose names hold no space: what follows them in one word are their arguments.
const PROGRAMS: [&str; 60] = [
    "ash",
    "awk",
    "bash",
    "bundle",
    "cat",
    "cd",
    "celery",
    "chmod",
    "chown",
    "cp",
    "curl",
    "dotnet",
    "echo",
    "env",
    "exec",
    "export",
    "find",
    "flask",
    "for",
    "git",
    "go",
    "grep",
    "gunicorn",
    "if",
    "java",
    "kill",
    "kubectl",
    "ls",
    "mkdir",
    "mongo",
    "mongosh",
    "mv",
    "mysql",
    "mysqladmin",
    "nc",
    "nginx",
    "node",
    "npm",
    "npx",
    "perl",
    "pgrep",
    "pg_isready",
    "php",
    "pkill",
    "psql",
    "python",
    "python3",
    "rabbitmqctl",
    "rake",
    "redis-cli",
    "rm",
    "ruby",
    "sh",
    "sleep",
    "tail",
    "test",
    "touch",
    "uvicorn",
    "wget",
    "yarn",
];

fn check(view: ContainerView<'_>, found: &mut Findings<'_>) {
    // Windows takes a command line apart itself
    if parts::is_windows(view.pod) || view.pod.object.is_patch {
        return;
    }
    let container = view.container;
    judge(&view, &["command"], container.command.as_deref(), "the container never starts", found);
    for (field, probe) in parts::probes(container) {
        let exec = probe.exec.as_ref().and_then(|exec| exec.command.as_deref());
        judge(&view, &[field, "exec", "command"], exec, "the probe always fails", found);
    }
    let Some(hooks) = &container.lifecycle else { return };
    let hooks = [
        ("postStart", &hooks.post_start, "the container is killed and restarted"),
        ("preStop", &hooks.pre_stop, "the hook does nothing"),
    ];
    for (field, hook, consequence) in hooks {
        let exec = hook.as_ref().and_then(|hook| hook.exec.as_ref()).and_then(|exec| exec.command.as_deref());
        judge(&view, &["lifecycle", field, "exec", "command"], exec, consequence, found);
    }
}

fn judge(
    view: &ContainerView<'_>,
    path: &[&str],
    command: Option<&[Text]>,
    consequence: &str,
    found: &mut Findings<'_>,
) {
    let Some(word) = command.and_then(<[Text]>::first).filter(|word| is_shell(word)) else { return };
    let Some(list) = view.at(path) else { return };
    let node = view.pod.object.document.items(list).first().copied().unwrap_or(list);
    found
        .at(node, format!("no program is called `{}`, so {consequence}", clip(word.trim())))
        .here("read as the name of a program")
        .because(
            "a list is run without a shell, like `execve`: its first element is the program name, \
             including any spaces and `|` (kubernetes/website: tasks/inject-data-application/define-command-argument-container)",
        )
        .help("write `[sh, -c, \"…\"]`, or each argument as a separate entry");
}

/// Whether a word is a line of shell: a program that is known and its arguments, or several commands.
fn is_shell(word: &str) -> bool {
    const SIGNS: [&str; 6] = [" | ", "&& ", "|| ", "; ", " > ", " 2>"];
    let word = word.trim();
    // what others fill in may be anything
    let is_open = word.starts_with(['$', '<', '%', '@']) || word.contains("{{") || word.contains("}}");
    let Some((first, rest)) = word.split_once(char::is_whitespace).filter(|_| !is_open) else { return false };
    let name = first.rsplit('/').next().unwrap_or_default();
    let has_signs = SIGNS.iter().any(|sign| word.contains(sign));
    !rest.trim().is_empty() && (has_signs || PROGRAMS.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::is_shell;

    #[test]
    fn lines_of_shell_are_told_from_names() {
        for word in [
            "wget -q -O - http://localhost:8190/health | grep UP || exit 1",
            "echo hello && sleep 3600",
            "/bin/sh -c 'sleep 1'",
            "sh -c",
            "python app.py",
            "pg_isready -U postgres",
            "check --fast; exit 0",
            "/app/check > /dev/null",
            "while true; do date; sleep 5; done",
            "curl\thttp://localhost:8080/",
            "redis-cli ping\n",
        ] {
            assert!(is_shell(word), "{word}");
        }
        for word in
            ["sh", "/app/My Program", "wget ", " sleep", "$(COMMAND) && x", "{{ .Values.command }} | x", "C:\\a b", ""]
        {
            assert!(!is_shell(word), "{word}");
        }
    }
}
