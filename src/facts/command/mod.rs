//! What a container runs: its entry point, command and arguments as the kubelet and the image put them together, with
//! variables expanded, and shells and wrappers (`tini`, `env`, `su-exec` …) resolved.

pub mod arguments;
mod bases;
mod ends;
pub mod environment;
pub(in crate::facts) mod lifetime;
mod line;
mod script;
pub mod shell;
mod sleeps;
mod starters;

use std::borrow::Cow;

use super::proof::Location;

pub use lifetime::Lifetime;
pub(super) use line::words;
pub use sleeps::{sleep_seconds, sleeps};

/// A word of a command line.
#[derive(Clone, Debug)]
pub struct Word<'run> {
    /// Its text, variables expanded. What could not be expanded stays as it is written.
    pub text: Cow<'run, str>,
    /// Where it is written.
    pub place: Location<'run>,
    /// Whether all of the text is known.
    pub is_known: bool,
}

/// A program that is run, with its words.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact by itself, and any may hold with any other")]
pub struct Invocation<'run> {
    /// The program's name without its folder.
    pub name: String,
    /// The words behind it.
    pub words: Vec<Word<'run>>,
    /// The options that variables say, for programs that read such: `GUNICORN_CMD_ARGS`.
    pub from_variables: Vec<Word<'run>>,
    /// `NAME=value` before it.
    pub variables: Vec<(String, Word<'run>)>,
    /// Where the program is named: its word, or the image.
    pub place: Location<'run>,
    /// Whether it runs in any case: not in a branch, behind a condition, or in a function.
    pub always: bool,
    /// Whether the manifest shows all of its words.
    pub is_whole: bool,
    /// Whether what runs it goes on only when it has succeeded: not before `|| true`, or with more commands behind it.
    pub is_needed: bool,
    /// Whether it is stopped in time: `timeout 5 …`.
    pub timed: bool,
}

/// What a container runs.
#[derive(Clone, Debug)]
pub struct CommandLine<'run> {
    /// The programs, in the order in which they are written.
    pub invocations: Vec<Invocation<'run>>,
    /// How the container comes to them.
    pub kind: Kind,
    /// The script that a shell is given, if one is.
    pub script: Option<Script<'run>>,
    /// The variables that are set on the way: `export NAME=value`, `env NAME=value`.
    pub exports: Vec<(String, Word<'run>)>,
    /// The sockets that its script opens by redirection.
    pub sockets: Vec<Socket<'run>>,
    /// Whether all of it is stopped in time: `timeout 60 sh -c '…'`.
    pub timed: bool,
}

/// A socket that a script opens by redirection: `</dev/tcp/db/5432`.
#[derive(Clone, Debug)]
pub struct Socket<'run> {
    /// Host and port, joined by `/`.
    pub address: Word<'run>,
    /// Whether it is opened in any case.
    pub always: bool,
    /// Whether the script goes on only when it has been opened.
    pub is_needed: bool,
}

/// A script for a shell.
#[derive(Clone, Debug)]
pub struct Script<'run> {
    /// What it says.
    pub tree: shell::Command,
    /// Where it is written.
    pub place: Location<'run>,
    /// The shell's name without its folder.
    pub shell: String,
}

/// How a container starts its programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One program that is known by name.
    Program,
    /// A script of several commands.
    Script,
    /// Whatever the image starts, of which nothing is known.
    Opaque,
    /// Something else than the image starts, of which nothing is known: a script in a file.
    Hidden,
}

impl<'run> CommandLine<'run> {
    /// Whether it runs nothing but tools that connect to nothing: `echo ready && tail -f /dev/null`.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let connects_to_nothing =
            |name: &str| matches!(name, "cat" | "sleep" | "tail" | "trap" | "wait") || lifetime::is_plain(name);
        let is_seen = matches!(self.kind, Kind::Program | Kind::Script) && !self.invocations.is_empty();
        is_seen && self.invocations.iter().all(|invocation| connects_to_nothing(&invocation.name))
    }

    /// The only program that it runs, if it is one.
    #[must_use]
    pub fn only(&self) -> Option<&Invocation<'run>> {
        match (self.kind, self.invocations.as_slice()) {
            (Kind::Program, [only]) => Some(only),
            _ => None,
        }
    }
}

pub(super) fn base_name(path: &str) -> &str {
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
    // `C:\csi\livenessprobe.exe` of Windows
    match name.len().checked_sub(4).and_then(|at| name.split_at_checked(at)) {
        Some((stem, end)) if end.eq_ignore_ascii_case(".exe") => stem.rsplit('\\').next().unwrap_or(stem),
        _ => name,
    }
}

/// Whether a program is for starting others.
pub(super) fn starters_of(name: &str) -> bool {
    starters::is_starter(name)
}
