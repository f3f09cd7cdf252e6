//! What running a script comes to.

use super::super::shell::{Command, ShellWord};
use super::super::{Invocation, base_name};
use super::parts::{is_always, is_plain, is_question, is_wait, leaves};
use super::{Lifetime, invocation_lifetime};
use crate::facts::program::Program;

/// What running a part of a script comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// It goes on forever.
    Never,
    /// It ends, and the script goes on behind it.
    Ends,
    /// It ends the script.
    Exits,
    /// It may end the script, or go on.
    MayExit,
    /// It may end or not; if it ends, the script goes on.
    Unknown,
}

pub(super) struct Judge<'a, 'run, 'known> {
    pub(super) programs: &'a dyn Fn(&str) -> Option<&'known Program>,
    pub(super) variable: &'a dyn Fn(&str) -> Option<String>,
    /// The script's programs in their order, to be taken one after the other.
    pub(super) invocations: &'a [Invocation<'run>],
    pub(super) at: usize,
    /// `set -e`
    pub(super) stops_on_error: bool,
    /// What was put into the background last.
    pub(super) background: Option<Flow>,
    /// Whether it ends a process that it waits for elsewhere.
    pub(super) kills: bool,
}

impl Judge<'_, '_, '_> {
    pub(super) fn flow(&mut self, command: &Command) -> Flow {
        match command {
            Command::Simple { words, .. } => self.simple(words),
            Command::Sequence(all) => self.sequence(all),
            Command::Pipe(all) => self.pipe(all),
            Command::And(left, right) => {
                let flows = (self.flow(left), self.flow(right));
                match flows {
                    (Flow::Never | Flow::Exits, _) => flows.0,
                    (_, Flow::Never) if is_question(left) => Flow::Unknown,
                    (_, Flow::Never) => Flow::Never,
                    _ => one_or_both(flows),
                }
            }
            Command::Or(left, right) => {
                let flows = (self.flow(left), self.flow(right));
                if matches!(flows.0, Flow::Never | Flow::Exits) { flows.0 } else { one_or_both(flows) }
            }
            Command::Not(inner) => match self.flow(inner) {
                Flow::Never => Flow::Never,
                Flow::Ends => Flow::Ends,
                _ => Flow::Unknown,
            },
            Command::Background(inner) => {
                self.background = Some(self.flow(inner));
                Flow::Ends
            }
            Command::Loop { until, condition, body } => {
                let asked = self.flow(condition);
                let inner = self.flow(body);
                if asked == Flow::Never {
                    return Flow::Never;
                }
                // under `set -e` a failure in the body ends the script
                if self.stops_on_error && inner == Flow::Unknown {
                    return Flow::MayExit;
                }
                rounds(is_always(condition, !*until), body, inner)
            }
            Command::For { endless, body } => match (*endless, self.flow(body)) {
                (false, Flow::Ends) => Flow::Ends,
                (endless, inner) => rounds(endless, body, inner),
            },
            Command::Branches { conditions, branches } => self.branches(conditions, branches),
            Command::Subshell(inner) => match self.flow(inner) {
                Flow::Exits => Flow::Ends,
                Flow::MayExit => Flow::Unknown,
                flow => flow,
            },
            Command::Shell { inner, timed, replaces } => match (self.flow(inner), *timed) {
                (Flow::Ends | Flow::Exits, _) | (_, true) if *replaces => Flow::Exits,
                (Flow::Ends | Flow::Exits, _) | (_, true) => Flow::Ends,
                (Flow::Unknown | Flow::MayExit, _) if *replaces => Flow::MayExit,
                (Flow::MayExit, _) => Flow::Unknown,
                (flow, _) => flow,
            },
            Command::Function(_, body) => {
                self.flow(body);
                Flow::Ends
            }
            Command::Unknown => Flow::MayExit,
        }
    }

    fn pipe(&mut self, all: &[Command]) -> Flow {
        let flows: Vec<Flow> = all.iter().map(|one| self.flow(one)).collect();
        let ends_early = all.last().is_some_and(|last| {
            let Command::Simple { words, .. } = last else { return true };
            let name = words.first().and_then(|word| word.literal()).map_or("", base_name);
            matches!(name, "head" | "read" | "sed" | "awk" | "xargs")
                || name == "grep" && words.iter().any(|word| matches!(word.literal(), Some("-q" | "-m" | "-m1")))
        });
        if flows.contains(&Flow::Never) {
            return if ends_early { Flow::Unknown } else { Flow::Never };
        }
        if flows.iter().all(|flow| matches!(flow, Flow::Ends | Flow::Exits)) { Flow::Ends } else { Flow::Unknown }
    }

    fn branches(&mut self, conditions: &[Command], branches: &[Command]) -> Flow {
        let asked: Vec<Flow> = conditions.iter().map(|one| self.flow(one)).collect();
        let flows: Vec<Flow> = branches.iter().map(|one| self.flow(one)).collect();
        if flows.iter().all(|flow| *flow == Flow::Never) {
            Flow::Never
        } else if flows.iter().any(|flow| matches!(flow, Flow::Exits | Flow::MayExit)) {
            Flow::MayExit
        } else if flows.iter().chain(&asked).all(|flow| *flow == Flow::Ends) {
            Flow::Ends
        } else {
            Flow::Unknown
        }
    }

    fn sequence(&mut self, all: &[Command]) -> Flow {
        let mut flow = Flow::Ends;
        let mut may_exit = false;
        // what runs in the background, and is waited for
        let mut behind: Option<Flow> = None;
        for command in all {
            let next = self.flow(command);
            if matches!(command, Command::Background(_)) {
                let inner = self.background.take().unwrap_or(Flow::Unknown);
                behind = Some(match behind {
                    Some(Flow::Never) => Flow::Never,
                    Some(other) if inner == Flow::Ends => other,
                    _ => inner,
                });
                continue;
            }
            let next = match behind {
                Some(_) if is_wait(command) && self.kills => Flow::Unknown,
                Some(behind) if is_wait(command) => behind,
                _ => next,
            };
            match next {
                Flow::Never if may_exit => return Flow::Unknown,
                Flow::Exits if may_exit || flow == Flow::Unknown => return Flow::Unknown,
                Flow::Never | Flow::Exits => return next,
                Flow::MayExit => may_exit = true,
                Flow::Unknown => {
                    // under `set -e` a failure ends the script
                    may_exit |= self.stops_on_error;
                    flow = Flow::Unknown;
                }
                Flow::Ends => {}
            }
        }
        if may_exit { Flow::MayExit } else { flow }
    }

    fn simple(&mut self, words: &[ShellWord]) -> Flow {
        let literal = |at: usize| words.get(at).and_then(|word| word.literal());
        let Some(name) = literal(0).map(base_name) else {
            // `"$@"`, `$COMMAND`: it may be anything
            let is_assignment = words.is_empty();
            self.at += usize::from(!is_assignment);
            return if is_assignment { Flow::Ends } else { Flow::Unknown };
        };
        if matches!(name, "export" | "readonly" | "local") {
            return Flow::Ends;
        }
        let is_exec = name == "exec";
        if is_exec && words.len() == 1 {
            return Flow::Ends;
        }
        let Some(invocation) = self.invocations.get(self.at) else { return Flow::Unknown };
        self.at += 1;
        if name == "set" {
            let stops = |word: &ShellWord| {
                word.literal().is_some_and(|text| {
                    text.starts_with('-') && !text.starts_with("--") && text.contains('e') || text == "errexit"
                })
            };
            self.stops_on_error |= words.iter().any(stops);
            return Flow::Ends;
        }
        match invocation.name.as_str() {
            "exit" | "return" => return Flow::Exits,
            "kill" | "pkill" | "killall" => {
                self.kills = true;
                return Flow::MayExit;
            }
            "trap" | "wait" | "break" | "continue" => return Flow::Ends,
            "source" | "." | "eval" => return Flow::MayExit,
            name if is_plain(name) => return Flow::Ends,
            _ => {}
        }
        let flow = match invocation_lifetime(invocation, self.variable, self.programs) {
            Lifetime::Serves => Flow::Never,
            Lifetime::Ends => Flow::Ends,
            Lifetime::Unknown => Flow::Unknown,
        };
        match (is_exec, flow) {
            (true, Flow::Ends) => Flow::Exits,
            (true, Flow::Unknown) => Flow::MayExit,
            (_, flow) => flow,
        }
    }
}

/// What two commands come to, of which the second runs only sometimes, and neither goes on forever.
fn one_or_both(flows: (Flow, Flow)) -> Flow {
    match flows {
        (Flow::Ends, Flow::Ends) => Flow::Ends,
        (_, Flow::Exits | Flow::MayExit) | (Flow::MayExit, _) => Flow::MayExit,
        _ => Flow::Unknown,
    }
}

/// What a loop comes to whose body comes to `inner` in each round.
fn rounds(is_endless: bool, body: &Command, inner: Flow) -> Flow {
    match (is_endless, leaves(body), inner) {
        (true, false, Flow::Never | Flow::Ends | Flow::Unknown) => Flow::Never,
        (_, _, Flow::Exits | Flow::MayExit) => Flow::MayExit,
        _ => Flow::Unknown,
    }
}
