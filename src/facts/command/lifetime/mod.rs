//! Whether a command line exits by itself.

mod flow;
mod parts;
mod subcommands;

use super::arguments::Arguments;
use super::sleeps::sleep_seconds;
use super::{CommandLine, Invocation, Kind};
use crate::facts::program::{Program, Serves};
use flow::{Flow, Judge};
use subcommands::{Holds, holds, set};

pub(in crate::facts) use parts::is_plain;
pub(super) use parts::{is_always, is_question, ways_out};

/// Whether a process exits by itself.
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
    match program_lifetime(program, invocation, variable) {
        // `vite build --watch` goes on with what else would end
        Lifetime::Ends if texts.iter().any(|text| matches!(*text, "--watch" | "--watch=true")) => Lifetime::Unknown,
        lifetime => lifetime,
    }
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
