//! What a container visibly does, or may do out of sight, by the words of its command line, variables and hooks.

use super::command::shell::{self, Command};
use super::command::{Word, lifetime, starters_of, words};
use super::container::ContainerFacts;
use super::text::mentions_number;
use crate::text::Text;

impl<'run> ContainerFacts<'run> {
    /// Whether it asks again and again, or waits for what it needs by itself.
    #[must_use]
    pub fn waits(&self) -> bool {
        let by_name = |text: &str| {
            ["wait-for", "wait_for", "--wait", "dockerize", "retry"].iter().any(|sign| text.contains(sign))
        };
        let loops = self.line.script.as_ref().is_some_and(|script| has_loop(&script.tree));
        loops
            || self.line.invocations.iter().any(|run| by_name(&run.name))
            || self.words().any(|word| by_name(&word.text))
    }

    /// Whether it asks another container to end: by an endpoint for that, or with a program that does so.
    #[must_use]
    pub fn ends_others(&self) -> bool {
        self.mentions(&["quit", "shutdown", "/exit", "/stop", "linkerd-await", "scuttle"])
    }

    /// Whether it ends processes by a signal.
    #[must_use]
    pub fn kills(&self) -> bool {
        self.mentions(&["kill"])
    }

    /// Whether all that it does is written in the manifest: a script for a shell that runs no other script, and no
    /// program by its path.
    #[must_use]
    pub fn shows_its_work(&self) -> bool {
        self.line.script.is_some()
            && self.line.invocations.iter().all(|run| {
                let first = run.place.object.document.str(run.place.node).unwrap_or_default();
                let piece = run.place.piece.and_then(|(start, len)| first.get(start..start + len)).unwrap_or(&run.name);
                !piece.contains(['/', '.', '$']) && run.name != "source" && !starters_of(&run.name)
            })
    }

    /// Whether its own script may write a file: it starts something that is neither a tool nor what it is there for, sends
    /// output there, or names the file in another command than the one that reads it.
    #[must_use]
    pub fn may_write_itself(&self, file: &str) -> bool {
        const TOOLS: [&str; 16] = [
            "awk", "break", "cat", "continue", "cut", "exit", "export", "grep", "sed", "set", "sleep", "tail", "tr",
            "trap", "wait", "while",
        ];
        let Some(script) = &self.line.script else { return false };
        let text = script.place.object.document.str(script.place.node).unwrap_or_default();
        let sends = shell::outputs(text).iter().any(|word| word.literal().is_none_or(|to| to == file));
        let is_own = |name: &str| self.program.is_some_and(|program| program.binaries.iter().any(|own| own == name));
        let is_tool = |name: &str| TOOLS.contains(&name) || lifetime::is_plain(name) || is_own(name);
        sends
            || self.line.invocations.iter().any(|run| {
                let reads = matches!(run.name.as_str(), "tail" | "cat" | "[" | "test" | "ls") || is_own(&run.name);
                !is_tool(&run.name) || !reads && run.words.iter().any(|word| word.text == file)
            })
    }

    /// Whether a number is written in its command line, as the port of nothing that it dials.
    #[must_use]
    pub fn names_number(&self, number: u16) -> bool {
        let dials = self.dials.iter().any(|dial| dial.port == Some(number));
        !dials
            && self
                .words()
                .chain(self.variables().map(|(_, word)| word))
                .any(|word| mentions_number(&word.text, number))
    }

    /// Whether its command line, variables or working directory name a folder.
    #[must_use]
    pub fn names_path(&self, folder: &str) -> bool {
        let folder = folder.trim_end_matches('/');
        let container = self.container.container;
        let line = container.command.iter().flatten().chain(container.args.iter().flatten()).map(Text::as_str);
        let values = self.variables().map(|(_, word)| word.text.as_ref());
        let mut words = line.chain(values).chain(container.working_dir.as_deref());
        !folder.is_empty() && words.any(|word| word.contains(folder))
    }

    /// The words of `command` and `args`, as they are written.
    pub(super) fn raw_words(&self) -> Vec<Word<'run>> {
        words(&self.container, &self.environment)
    }

    /// Whether its command line, variables or hooks hold one of the words.
    fn mentions(&self, words: &[&str]) -> bool {
        let container = self.container.container;
        let line = container.command.iter().flatten().chain(container.args.iter().flatten()).map(Text::as_str);
        let env = self.variables().flat_map(|(name, word)| [name, word.text.as_ref()]);
        let hooks = container.lifecycle.iter().flat_map(|hooks| [&hooks.pre_stop, &hooks.post_start]).flatten();
        let hooks = hooks.flat_map(|hook| {
            let exec = hook.exec.iter().flat_map(|exec| exec.command.iter().flatten());
            exec.chain(hook.http_get.iter().filter_map(|get| get.path.as_ref())).map(Text::as_str)
        });
        line.chain(env).chain(hooks).any(|text| {
            let text = text.to_ascii_lowercase();
            words.iter().any(|word| text.contains(word))
        })
    }
}

/// Whether a loop is in a script.
pub(super) fn has_loop(command: &Command) -> bool {
    match command {
        Command::Loop { .. } | Command::For { .. } => true,
        Command::Simple { .. } | Command::Unknown => false,
        Command::Sequence(all) | Command::Pipe(all) => all.iter().any(has_loop),
        Command::And(left, right) | Command::Or(left, right) => has_loop(left) || has_loop(right),
        Command::Not(inner)
        | Command::Background(inner)
        | Command::Subshell(inner)
        | Command::Shell { inner, .. }
        | Command::Function(_, inner) => has_loop(inner),
        Command::Branches { conditions, branches } => conditions.iter().chain(branches).any(has_loop),
    }
}

/// The program that a script leaves in the background while it goes on, if it does: `daemon & other`.
pub(super) fn background(tree: &Command) -> Option<&str> {
    let Command::Sequence(all) = tree else { return None };
    let (_, before) = all.split_last()?;
    before.iter().find_map(|command| {
        let Command::Background(inner) = command else { return None };
        let mut words: &[shell::ShellWord] = match inner.as_ref() {
            Command::Simple { words, .. } => words,
            _ => return None,
        };
        while words.first().and_then(shell::ShellWord::literal).is_some_and(|word| matches!(word, "exec" | "nohup")) {
            words = &words[1..];
        }
        words.first()?.literal()
    })
}

impl ContainerFacts<'_> {
    /// The program that its script leaves in the background while it goes on.
    #[must_use]
    pub fn leaves_behind(&self) -> Option<&str> {
        background(&self.line.script.as_ref()?.tree)
    }

    /// The process supervisor that it runs, if it does.
    #[must_use]
    pub fn supervisor(&self) -> Option<&super::command::Invocation<'_>> {
        const SUPERVISORS: [&str; 8] =
            ["supervisord", "s6-svscan", "s6-overlay", "runsvdir", "runit", "circusd", "monit", "multirun"];
        self.line.invocations.iter().find(|run| SUPERVISORS.contains(&run.name.as_str()))
    }
}
