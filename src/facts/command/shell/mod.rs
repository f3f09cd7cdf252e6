//! The shell's language, read without running it: what `sh -c` is given, as a tree of commands.
//!
//! POSIX's grammar and the parts of bash that manifests use. Words keep the bytes that they come from. What cannot be
//! read (arrays, arithmetic) is an unknown word or command, never an error: the facts that follow from it are unknown
//! then. The text of a here-document is left out.

mod compound;
mod parser;
mod simple;
mod tokens;

use std::ops::Range;

use parser::{Base, Parser};
use tokens::{Token, tokens};

/// How deep constructs may nest; what is deeper is unknown.
pub(in crate::facts) const DEPTH: usize = 40;

/// What bash takes for a TCP socket behind a redirection (its manual, "Redirections").
pub const TCP: &str = "/dev/tcp/";

/// A word of a command, quotes removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShellWord {
    /// What it is made of.
    pub parts: Vec<Part>,
    /// Its bytes in the script.
    pub range: Range<usize>,
}

impl ShellWord {
    /// Its text, if it is nothing but text.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }
}

/// A part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text as written.
    Text(String),
    /// `$NAME`, `${NAME}`, and what holds where it is not set: `${NAME:-text}`.
    Variable {
        /// Its name.
        name: String,
        /// What is taken instead.
        default: Option<String>,
        /// Whether it is in quotes, so that blanks in its value do not part words.
        quoted: bool,
    },
    /// What is only known when it runs: `$(command)`, `$1`, `${NAME%.*}`.
    Unknown,
}

/// A command, or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// A program with its words; assignments before it.
    Simple {
        /// `NAME=value` before the program, or alone.
        assignments: Vec<(String, ShellWord)>,
        /// The program and its arguments.
        words: Vec<ShellWord>,
        /// The sockets that it opens by redirection: `</dev/tcp/db/5432`, as bash reads that.
        sockets: Vec<ShellWord>,
    },
    /// One after the other: `a; b`.
    Sequence(Vec<Command>),
    /// `a | b`
    Pipe(Vec<Command>),
    /// `a && b`
    And(Box<Command>, Box<Command>),
    /// `a || b`
    Or(Box<Command>, Box<Command>),
    /// `! a`
    Not(Box<Command>),
    /// `a &`
    Background(Box<Command>),
    /// `while a; do b; done`, `until a; do b; done`
    Loop {
        /// Whether it runs until the condition holds.
        until: bool,
        /// The condition.
        condition: Box<Command>,
        /// What it repeats.
        body: Box<Command>,
    },
    /// `for x in …; do a; done`; without an end for `for ((;;))`.
    For {
        /// Whether nothing ends it but a way out of its body.
        endless: bool,
        /// What it repeats.
        body: Box<Command>,
    },
    /// One of several: `if`, `case`. The last is empty where nothing may run.
    Branches {
        /// The conditions of `if`, which run in any case.
        conditions: Vec<Command>,
        /// What may run.
        branches: Vec<Command>,
    },
    /// `( a )`
    Subshell(Box<Command>),
    /// What another shell is given: `sh -c 'a'`.
    Shell {
        /// Its script.
        inner: Box<Command>,
        /// Whether it is stopped in time: `timeout 5 sh -c 'a'`.
        timed: bool,
        /// Whether nothing follows it: `exec sh -c 'a'`.
        replaces: bool,
    },
    /// `name() { a; }`
    Function(String, Box<Command>),
    /// What could not be read.
    Unknown,
}

impl Command {
    /// Whether a loop, a branch or a background command is in it, so that it is more than a row of commands.
    #[must_use]
    pub fn loops(&self) -> bool {
        match self {
            Self::Simple { .. } => false,
            Self::Sequence(all) | Self::Pipe(all) => all.iter().any(Self::loops),
            Self::And(left, right) => left.loops() || right.loops(),
            Self::Not(inner) | Self::Shell { inner, .. } => inner.loops(),
            _ => true,
        }
    }

    /// The last command of a row, and whether another one's output goes into it; nothing for what is not a row.
    #[must_use]
    pub fn last_of_row(&self) -> Option<(&[ShellWord], bool)> {
        match self {
            Self::Simple { words, .. } => Some((words, false)),
            Self::Sequence(all) if !self.loops() => all.last()?.last_of_row(),
            Self::Pipe(all) if !self.loops() => Some((all.last()?.last_of_row()?.0, true)),
            Self::And(_, right) if !self.loops() => right.last_of_row(),
            _ => None,
        }
    }
}

/// Reads a script.
#[must_use]
pub fn parse(script: &str) -> Command {
    Parser::new(script, 0, Base::Shifted(0)).all()
}

/// The files that redirections of a script write: `> /data/index.html`.
#[must_use]
pub fn outputs(script: &str) -> Vec<ShellWord> {
    tokens::split(script).1
}

/// The words of a text without operators, as `shlex` splits them, and their bytes; nothing where it is more than words.
#[must_use]
pub fn words(text: &str) -> Option<Vec<(String, Range<usize>)>> {
    let word = |token| match token {
        Token::Word(word) => Some((word.literal()?.to_owned(), word.range)),
        Token::Operator(_) | Token::Socket(_) => None,
    };
    tokens(text).into_iter().map(word).collect()
}
