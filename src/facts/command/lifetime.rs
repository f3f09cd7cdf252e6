//! Whether a command line ends by itself.

use super::arguments::{Arguments, is_false};
use super::shell::Command;
use super::{CommandLine, Invocation, Kind, base_name};
use crate::facts::program::{Program, Serves};

/// Whether a process ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// It runs until it is stopped.
    Serves,
    /// It does its work and ends.
    Ends,
    /// The manifest does not say.
    Unknown,
}

impl Lifetime {
    /// As `explain` writes it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Serves => "serves",
            Self::Ends => "ends",
            Self::Unknown => "unknown",
        }
    }
}

impl CommandLine<'_> {
    /// Whether it ends, given its container's variables.
    #[must_use]
    pub fn lifetime<'known>(
        &self,
        variable: &dyn Fn(&str) -> Option<String>,
        programs: &dyn Fn(&str) -> Option<&'known Program>,
    ) -> Lifetime {
        if self.timed {
            return Lifetime::Ends;
        }
        match self.kind {
            Kind::Program => {
                self.invocations.first().map_or(Lifetime::Unknown, |only| invocation_lifetime(only, variable, programs))
            }
            Kind::Script => {
                let Some(script) = &self.script else { return Lifetime::Unknown };
                let mut judge = Judge {
                    programs,
                    variable,
                    invocations: &self.invocations,
                    at: 0,
                    stops_on_error: false,
                    background: None,
                    kills: false,
                };
                match judge.flow(&script.tree) {
                    Flow::Never => Lifetime::Serves,
                    Flow::Ends | Flow::Exits => Lifetime::Ends,
                    Flow::Unknown | Flow::MayExit => Lifetime::Unknown,
                }
            }
            Kind::Opaque | Kind::Hidden => Lifetime::Unknown,
        }
    }
}

/// Whether one program ends.
#[must_use]
pub fn invocation_lifetime<'known>(
    invocation: &Invocation<'_>,
    variable: &dyn Fn(&str) -> Option<String>,
    programs: &dyn Fn(&str) -> Option<&'known Program>,
) -> Lifetime {
    if invocation.timed {
        return Lifetime::Ends;
    }
    let texts: Vec<&str> = invocation.words.iter().map(|word| word.text.as_ref()).collect();
    match invocation.name.as_str() {
        "sleep" => {
            return match sleep_seconds(&texts) {
                Some(seconds) if seconds.is_infinite() => Lifetime::Serves,
                Some(_) => Lifetime::Ends,
                None if invocation.is_whole => Lifetime::Ends,
                None => Lifetime::Unknown,
            };
        }
        "tail" => return if follows(&texts) { Lifetime::Serves } else { Lifetime::Ends },
        "yes" | "pause" => return Lifetime::Serves,
        "true" | "false" => return Lifetime::Ends,
        _ => {}
    }
    let Some(program) = programs(&invocation.name) else { return Lifetime::Unknown };
    program_lifetime(program, invocation, variable)
}

fn program_lifetime(
    program: &Program,
    invocation: &Invocation<'_>,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Lifetime {
    let arguments = Arguments::of(invocation, &program.options, &|name| program.takes_value(name));
    let says = |item: &String| holds(item, &arguments, invocation, variable);
    let is_sure = |item: &String| says(item) == Holds::Surely;
    let first = arguments.positional.first().map_or("", |word| word.text.as_ref());
    let asks = ["--version", "--help", "-version", "-help"].iter().any(|name| arguments.is_on(name));
    // only an option without a value asks for help: `-h` is a host for many
    let asks_short = arguments.get("-h").any(|given| given.value.is_none()) && !program.takes_value("-h");
    let asks_first = matches!(first, "version" | "help") && !arguments.may_be_a_value(0);
    if asks || asks_short || asks_first || program.runs.ends.iter().any(is_sure) {
        return Lifetime::Ends;
    }
    // Kruise ends sidecars itself once the app has ended.
    if set(variable("KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT")) {
        return Lifetime::Ends;
    }
    // `--loglevel info` is no subcommand `info`, if `--loglevel` takes a value
    if program.runs.ends.iter().any(|item| says(item) == Holds::Perhaps) {
        return Lifetime::Unknown;
    }
    match &program.runs.serves {
        Serves::Always => Lifetime::Serves,
        Serves::Never => Lifetime::Ends,
        Serves::With(items) if items.iter().any(|item| says(item) != Holds::Not) => Lifetime::Serves,
        Serves::With(_) if invocation.is_whole && is_another(program, first) => Lifetime::Ends,
        Serves::With(_) | Serves::Unknown => Lifetime::Unknown,
    }
}

/// Whether a first argument shows that a program does something else than serve. A text of several words in one argument
/// may hold the subcommand that serves (a start script may split it), and where subcommands that end are listed, one that
/// is on neither list is not known.
fn is_another(program: &Program, first: &str) -> bool {
    let is_word = |text: &str| !text.is_empty() && !text.contains(char::is_whitespace);
    let lists_those_that_end = program.runs.ends.iter().any(|item| item.starts_with(|sign: char| sign.is_lowercase()));
    is_word(first) && !lists_those_that_end
}

/// Whether something holds for a command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    Surely,
    /// It does, unless one of the words is the value of an option that nobody has described.
    Perhaps,
    Not,
}

impl From<bool> for Holds {
    fn from(holds: bool) -> Self {
        if holds { Self::Surely } else { Self::Not }
    }
}

/// Whether an item of `serves` or `ends` holds: an option, a variable, or words of a subcommand.
fn holds(
    item: &str,
    arguments: &Arguments<'_>,
    invocation: &Invocation<'_>,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Holds {
    if item.starts_with('@') {
        return Holds::Not;
    }
    if let Some(part) = item.strip_prefix('~') {
        return arguments.positional.iter().any(|word| word.text.contains(part)).into();
    }
    if item.starts_with('-') {
        let is_said = match item.split_once('=') {
            Some((name, wanted)) => arguments
                .get(name)
                .any(|given| given.value.as_ref().is_some_and(|value| value.text.eq_ignore_ascii_case(wanted))),
            None => arguments.is_on(item),
        };
        return is_said.into();
    }
    let (name, wanted) = item.split_once('=').map_or((item, None), |(name, wanted)| (name, Some(wanted)));
    if name.len() > 1 && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_') {
        let given = invocation.variables.iter().find(|(given, _)| given == name);
        let value = given.map(|(_, word)| word.text.to_string()).or_else(|| variable(name));
        let is_set = match wanted {
            Some(wanted) => value.is_some_and(|value| value.eq_ignore_ascii_case(wanted)),
            None => set(value),
        };
        return is_set.into();
    }
    subcommand(item, arguments)
}

/// Whether arguments begin with the words of a subcommand. Options between may have taken a word, or left one.
fn subcommand(item: &str, arguments: &Arguments<'_>) -> Holds {
    let mut words = item.split(' ').peekable();
    let Some(first) = words.next() else { return Holds::Not };
    let text = |at: usize| arguments.positional.get(at).map(|word| word.text.as_ref());
    let Some(mut at) = (0..3).find(|at| text(*at) == Some(first)) else { return Holds::Not };
    let mut found = if arguments.may_be_a_value(at) { Holds::Perhaps } else { Holds::Surely };
    for word in words {
        at += 1;
        while text(at) != Some(word) {
            if !arguments.may_be_a_value(at) {
                return Holds::Not;
            }
            found = Holds::Perhaps;
            at += 1;
        }
        if arguments.may_be_a_value(at) {
            found = Holds::Perhaps;
        }
    }
    found
}

fn set(value: Option<String>) -> bool {
    value.is_some_and(|value| !is_false(&value))
}

/// `tail -f`, unless it watches another process and ends with it.
pub(in crate::facts) fn follows(words: &[&str]) -> bool {
    let asks = |word: &&str| {
        *word == "--follow" || word.starts_with("--follow=") || {
            let letters = word.strip_prefix('-').filter(|letters| !letters.starts_with('-'));
            letters.is_some_and(|letters| letters.contains(['f', 'F']))
        }
    };
    words.iter().any(asks) && !words.iter().any(|word| word.starts_with("--pid"))
}

/// Seconds that `sleep` takes with these arguments; infinite for `sleep infinity`. GNU's suffixes count,
/// and several arguments add up.
#[must_use]
pub fn sleep_seconds(arguments: &[&str]) -> Option<f64> {
    if arguments.is_empty() {
        return None;
    }
    arguments.iter().try_fold(0.0, |sum, argument| {
        if matches!(*argument, "infinity" | "inf" | "Infinity") {
            return Some(f64::INFINITY);
        }
        let (number, factor) = match argument.chars().last()? {
            's' => (&argument[..argument.len() - 1], 1.0),
            'm' => (&argument[..argument.len() - 1], 60.0),
            'h' => (&argument[..argument.len() - 1], 3600.0),
            'd' => (&argument[..argument.len() - 1], 86400.0),
            _ => (*argument, 1.0),
        };
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let seconds: f64 = if is_number { number.parse().ok()? } else { return None };
        Some(sum + seconds * factor)
    })
}

/// Whether a command asks something, so that what follows `&&` may never run.
pub(super) fn is_question(command: &Command) -> bool {
    match command {
        Command::Simple { words, .. } => {
            let name = words.first().and_then(|word| word.literal());
            name.is_some_and(|name| {
                matches!(base_name(name), "[" | "[[" | "test" | "grep" | "false" | "which" | "command")
            })
        }
        Command::And(left, right) => is_question(left) || is_question(right),
        Command::Not(_) => true,
        _ => false,
    }
}

/// What running a part of a script comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
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

struct Judge<'a, 'run, 'known> {
    programs: &'a dyn Fn(&str) -> Option<&'known Program>,
    variable: &'a dyn Fn(&str) -> Option<String>,
    /// The script's programs in their order, to be taken one after the other.
    invocations: &'a [Invocation<'run>],
    at: usize,
    /// `set -e`
    stops_on_error: bool,
    /// What was put into the background last.
    background: Option<Flow>,
    /// Whether it ends a process that it waits for elsewhere.
    kills: bool,
}

impl Judge<'_, '_, '_> {
    fn flow(&mut self, command: &Command) -> Flow {
        match command {
            Command::Simple { words, .. } => self.simple(words),
            Command::Sequence(all) => self.sequence(all),
            Command::Pipe(all) => {
                let flows: Vec<Flow> = all.iter().map(|one| self.flow(one)).collect();
                let ends_early = all.last().is_some_and(|last| {
                    let Command::Simple { words, .. } = last else { return true };
                    let name = words.first().and_then(|word| word.literal()).map_or("", base_name);
                    matches!(name, "head" | "read" | "sed" | "awk" | "xargs")
                        || name == "grep"
                            && words.iter().any(|word| matches!(word.literal(), Some("-q" | "-m" | "-m1")))
                });
                if flows.contains(&Flow::Never) {
                    return if ends_early { Flow::Unknown } else { Flow::Never };
                }
                if flows.iter().all(|flow| matches!(flow, Flow::Ends | Flow::Exits)) {
                    Flow::Ends
                } else {
                    Flow::Unknown
                }
            }
            Command::And(left, right) => {
                let first = self.flow(left);
                let second = self.flow(right);
                match (first, second) {
                    (Flow::Never | Flow::Exits, _) => first,
                    (_, Flow::Never) if is_question(left) => Flow::Unknown,
                    (_, Flow::Never) => Flow::Never,
                    (Flow::Ends, Flow::Ends) => Flow::Ends,
                    (_, Flow::Exits | Flow::MayExit) | (Flow::MayExit, _) => Flow::MayExit,
                    _ => Flow::Unknown,
                }
            }
            Command::Or(left, right) => {
                let first = self.flow(left);
                let second = self.flow(right);
                match (first, second) {
                    (Flow::Never | Flow::Exits, _) => first,
                    (Flow::Ends, Flow::Ends) => Flow::Ends,
                    (_, Flow::Exits | Flow::MayExit) | (Flow::MayExit, _) => Flow::MayExit,
                    _ => Flow::Unknown,
                }
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
                let endless = is_always(condition, !*until);
                // under `set -e` a failure in the body ends the script
                if self.stops_on_error && inner == Flow::Unknown {
                    return Flow::MayExit;
                }
                match (endless, leaves(body), inner) {
                    (true, false, Flow::Never | Flow::Ends | Flow::Unknown) => Flow::Never,
                    (_, _, Flow::Exits | Flow::MayExit) => Flow::MayExit,
                    _ => Flow::Unknown,
                }
            }
            Command::For { endless, body } => {
                let inner = self.flow(body);
                match (*endless, leaves(body), inner) {
                    (true, false, Flow::Never | Flow::Ends | Flow::Unknown) => Flow::Never,
                    (false, _, Flow::Ends) => Flow::Ends,
                    (_, _, Flow::Exits | Flow::MayExit) => Flow::MayExit,
                    _ => Flow::Unknown,
                }
            }
            Command::Branches { conditions, branches } => {
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

    fn simple(&mut self, words: &[super::shell::ShellWord]) -> Flow {
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
            let stops = |word: &super::shell::ShellWord| {
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

/// Programs of every system that end, and do not end the script.
pub(in crate::facts) fn is_plain(name: &str) -> bool {
    matches!(
        name,
        "echo"
            | "printf"
            | "cd"
            | "mkdir"
            | "rm"
            | "cp"
            | "mv"
            | "ln"
            | "chmod"
            | "chown"
            | "touch"
            | "ls"
            | "date"
            | "id"
            | "hostname"
            | "whoami"
            | "pwd"
            | "env"
            | "printenv"
            | "umask"
            | "ulimit"
            | "unset"
            | "test"
            | "["
            | "[["
            | ":"
            | "true"
            | "false"
            | "sort"
            | "uniq"
            | "wc"
            | "head"
            | "basename"
            | "dirname"
            | "uname"
            | "seq"
            | "expr"
            | "sync"
            | "shift"
            | "alias"
            | "sysctl"
            | "mktemp"
            | "readlink"
            | "realpath"
            | "stat"
            | "which"
    )
}

/// How many commands of a body leave its loop, or the script.
pub(super) fn ways_out(body: &Command) -> usize {
    match body {
        Command::Simple { words, .. } => {
            let name = words.first().and_then(|word| word.literal());
            usize::from(matches!(name, Some("break" | "return" | "exit" | "exec")))
        }
        Command::Sequence(all) | Command::Pipe(all) => all.iter().map(ways_out).sum(),
        Command::And(left, right) | Command::Or(left, right) => ways_out(left) + ways_out(right),
        Command::Not(inner) | Command::Background(inner) | Command::Subshell(inner) => ways_out(inner),
        Command::Branches { conditions, branches } => conditions.iter().chain(branches).map(ways_out).sum(),
        Command::Loop { condition, body, .. } => ways_out(condition) + ways_out(body),
        Command::For { body, .. } => ways_out(body),
        Command::Shell { .. } | Command::Function(..) => 0,
        // it may be its own way out
        Command::Unknown => 2,
    }
}

/// Whether a condition of a loop always holds.
pub(super) fn is_always(condition: &Command, wanted: bool) -> bool {
    let Command::Simple { words, .. } = condition else {
        return matches!(condition, Command::Not(inner) if is_always(inner, !wanted));
    };
    let texts: Vec<&str> = words.iter().map(|word| word.literal().unwrap_or("$")).collect();
    match texts.as_slice() {
        ["true" | ":" | "/bin/true"]
        | ["[", "1", "]"]
        | ["[[", "1", "]]"]
        | ["test", "1"]
        | ["sleep" | "date" | "echo", ..] => wanted,
        ["[", a, "=" | "==" | "-eq", b, "]"] if a != &"$" => (a == b) == wanted,
        ["false" | "/bin/false"] => !wanted,
        _ => false,
    }
}

/// Whether a loop's body holds a way out of it.
fn leaves(body: &Command) -> bool {
    match body {
        Command::Simple { words, .. } => {
            words.first().and_then(|word| word.literal()).is_some_and(|name| matches!(name, "break" | "return"))
        }
        Command::Sequence(all) | Command::Pipe(all) => all.iter().any(leaves),
        Command::And(left, right) | Command::Or(left, right) => leaves(left) || leaves(right),
        Command::Not(inner) | Command::Background(inner) => leaves(inner),
        Command::Branches { conditions, branches } => conditions.iter().chain(branches).any(leaves),
        // a `break` in an inner loop leaves that one; `break 2` is rare enough to be unknown
        Command::Loop { body, .. } | Command::For { body, .. } => has_far_break(body),
        Command::Subshell(_) | Command::Shell { .. } | Command::Function(..) => false,
        Command::Unknown => true,
    }
}

fn has_far_break(body: &Command) -> bool {
    match body {
        Command::Simple { words, .. } => {
            let name = words.first().and_then(|word| word.literal());
            name == Some("return") || name == Some("break") && words.len() > 1
        }
        Command::Sequence(all) | Command::Pipe(all) => all.iter().any(has_far_break),
        Command::And(left, right) | Command::Or(left, right) => has_far_break(left) || has_far_break(right),
        Command::Not(inner) | Command::Background(inner) => has_far_break(inner),
        Command::Branches { conditions, branches } => conditions.iter().chain(branches).any(has_far_break),
        Command::Loop { body, .. } | Command::For { body, .. } => has_far_break(body),
        Command::Subshell(_) | Command::Shell { .. } | Command::Function(..) => false,
        Command::Unknown => true,
    }
}

fn is_wait(command: &Command) -> bool {
    let Command::Simple { words, .. } = command else { return false };
    words.first().and_then(|word| word.literal()) == Some("wait")
}
