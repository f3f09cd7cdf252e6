//! Simple commands, and the scripts that they give to other shells.

use super::super::starters;
use super::parser::{Base, Parser};
use super::tokens::{Token, is_name};
use super::{Command, DEPTH, Part, ShellWord};

impl Parser<'_> {
    pub(super) fn simple(&mut self) -> Command {
        let (mut assignments, mut words, mut sockets) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            match self.tokens.get(self.at) {
                Some(Token::Word(word)) => match assignment(word).filter(|_| words.is_empty()) {
                    Some(assigned) => assignments.push(assigned),
                    None => words.push(word.clone()),
                },
                Some(Token::Socket(word)) => sockets.push(word.clone()),
                _ => break,
            }
            self.at += 1;
        }
        if self.operator() == Some("(") {
            // an array, or what is not a shell at all
            self.skip_parentheses();
            return Command::Unknown;
        }
        if words.is_empty() && assignments.is_empty() && sockets.is_empty() {
            return Command::Unknown;
        }
        if assignments.is_empty()
            && sockets.is_empty()
            && let Some(shell) = self.shell(&words)
        {
            return shell;
        }
        let moved = |word: &mut ShellWord| word.range = self.base.of(&word.range);
        assignments.iter_mut().map(|(_, word)| word).chain(&mut words).chain(&mut sockets).for_each(moved);
        Command::Simple { assignments, words, sockets }
    }

    /// What another shell is given, where the words start one with `-c`.
    fn shell(&self, words: &[ShellWord]) -> Option<Command> {
        let texts: Vec<&str> = words.iter().map(|word| word.literal().unwrap_or("$")).collect();
        let starters::ShellAt { script, timed, replaces } = starters::shell_at(&texts)?;
        let word = &words[script];
        let written = match word.parts.as_slice() {
            [Part::Text(text)] => {
                let quoted = word.range.start + 1..word.range.end.saturating_sub(1);
                [word.range.clone(), quoted].into_iter().find(|range| self.script.get(range.clone()) == Some(text))
            }
            _ => None,
        };
        let base = match (&self.base, written) {
            (Base::Shifted(by), Some(range)) => Base::Shifted(by + range.start),
            (base, _) => Base::Made(base.of(&word.range)),
        };
        // what the outer shell puts in is put in again by the inner one
        let mut source = String::new();
        for part in &word.parts {
            match part {
                Part::Text(text) => source.push_str(text),
                Part::Variable { name, default: None, .. } => source.extend(["${", name.as_str(), "}"]),
                Part::Variable { name, default: Some(default), .. } => {
                    source.extend(["${", name.as_str(), ":-", default.as_str(), "}"]);
                }
                Part::Unknown => source.push_str("$?"),
            }
        }
        let inner =
            if self.depth < DEPTH { Parser::new(&source, self.depth + 1, base).all() } else { Command::Unknown };
        Some(Command::Shell { inner: Box::new(inner), timed, replaces })
    }
}

/// `NAME=value`
fn assignment(word: &ShellWord) -> Option<(String, ShellWord)> {
    let Some(Part::Text(first)) = word.parts.first() else { return None };
    let (name, rest) = first.split_once('=')?;
    let is_variable =
        !name.is_empty() && name.chars().all(is_name) && !name.starts_with(|sign: char| sign.is_ascii_digit());
    if !is_variable {
        return None;
    }
    let mut parts = word.parts.clone();
    parts[0] = Part::Text(rest.to_owned());
    let start = (word.range.start + name.len() + 1).min(word.range.end);
    Some((name.to_owned(), ShellWord { parts, range: start..word.range.end }))
}
