//! Lists of commands: what runs after what, and where the output goes.

use std::ops::Range;

use super::tokens::{Token, tokens};
use super::{Command, DEPTH, Part, ShellWord};

pub(super) struct Parser<'script> {
    pub(super) script: &'script str,
    /// What its bytes are in the script that it is a part of.
    pub(super) base: Base,
    pub(super) tokens: Vec<Token>,
    pub(super) at: usize,
    pub(super) depth: usize,
}

/// What the bytes of a script are in the script that it is a part of.
#[derive(Clone)]
pub(super) enum Base {
    /// It is written as it is, from this byte on.
    Shifted(usize),
    /// It is made of these bytes, but written in another way.
    Made(Range<usize>),
}

impl Base {
    pub(super) fn of(&self, range: &Range<usize>) -> Range<usize> {
        match self {
            Self::Shifted(by) => range.start + by..range.end + by,
            Self::Made(whole) => whole.clone(),
        }
    }
}

/// Words that end a list.
const ENDS: [&str; 8] = ["then", "else", "elif", "fi", "do", "done", "esac", "}"];

impl<'script> Parser<'script> {
    pub(super) fn new(script: &'script str, depth: usize, base: Base) -> Self {
        Self { script, base, tokens: tokens(script), at: 0, depth }
    }

    pub(super) fn all(mut self) -> Command {
        let mut all = Vec::new();
        while self.at < self.tokens.len() {
            all.push(self.list());
            if self.at < self.tokens.len() {
                // a stray `)`, `fi`, `done`
                all.push(Command::Unknown);
                self.at += 1;
            }
        }
        if all.len() == 1 { all.remove(0) } else { Command::Sequence(all) }
    }

    pub(super) fn operator(&self) -> Option<&'static str> {
        match self.tokens.get(self.at) {
            Some(Token::Operator(operator)) => Some(operator),
            _ => None,
        }
    }

    /// The word at the place, if it is one text.
    pub(super) fn keyword(&self) -> Option<&str> {
        match self.tokens.get(self.at) {
            Some(Token::Word(ShellWord { parts, range })) => match parts.as_slice() {
                // a quoted keyword is longer than its text
                [Part::Text(text)] if range.len() == text.len() => Some(text),
                _ => None,
            },
            _ => None,
        }
    }

    pub(super) fn takes(&mut self, keyword: &str) -> bool {
        let is = self.keyword() == Some(keyword);
        self.at += usize::from(is);
        is
    }

    pub(super) fn takes_operator(&mut self, operator: &str) -> bool {
        let is = self.operator() == Some(operator);
        self.at += usize::from(is);
        is
    }

    pub(super) fn skip_breaks(&mut self) {
        while self.operator() == Some(";") {
            self.at += 1;
        }
    }

    /// Commands up to a keyword or operator that ends them.
    pub(super) fn list(&mut self) -> Command {
        let mut all = Vec::new();
        loop {
            self.skip_breaks();
            let ends = self.keyword().is_some_and(|word| ENDS.contains(&word));
            if ends || self.at >= self.tokens.len() || matches!(self.operator(), Some(")" | ";;")) {
                break;
            }
            let before = self.at;
            let command = self.and_or();
            if self.takes_operator("&") {
                all.push(Command::Background(Box::new(command)));
            } else {
                all.push(command);
            }
            if self.at == before {
                all.push(Command::Unknown);
                self.at += 1;
            }
        }
        if all.len() == 1 { all.remove(0) } else { Command::Sequence(all) }
    }

    fn and_or(&mut self) -> Command {
        let mut all = vec![self.pipe()];
        loop {
            let is_and = match self.operator() {
                Some("&&") => true,
                Some("||") => false,
                _ => return and(all),
            };
            self.at += 1;
            self.skip_breaks();
            let right = self.pipe();
            if is_and {
                all.push(right);
            } else {
                all = vec![Command::Or(Box::new(and(all)), Box::new(right))];
            }
        }
    }

    fn pipe(&mut self) -> Command {
        if self.takes("!") {
            return Command::Not(Box::new(self.pipe_of()));
        }
        self.pipe_of()
    }

    fn pipe_of(&mut self) -> Command {
        let first = self.command();
        let mut all = vec![first];
        while self.takes_operator("|") {
            self.skip_breaks();
            all.push(self.command());
        }
        if all.len() == 1 { all.remove(0) } else { Command::Pipe(all) }
    }

    pub(super) fn command(&mut self) -> Command {
        if self.depth >= DEPTH {
            self.at = self.tokens.len();
            return Command::Unknown;
        }
        self.depth += 1;
        let command = self.compound();
        self.depth -= 1;
        // a loop or group whose output goes to a socket
        while matches!(self.tokens.get(self.at), Some(Token::Socket(_))) {
            self.at += 1;
        }
        command
    }
}

/// Commands that each run after the one before has succeeded: `a && b && c`. From the right it comes to the same, and
/// asking for the left side of each looks at one command.
fn and(mut all: Vec<Command>) -> Command {
    let last = all.pop().unwrap_or(Command::Unknown);
    all.into_iter().rfold(last, |right, left| Command::And(Box::new(left), Box::new(right)))
}
