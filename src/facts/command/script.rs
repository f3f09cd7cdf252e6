//! The programs of a script, in their order.

use std::borrow::Cow;

use super::ends::{counts, fails, fails_by_row, succeeds};
use super::environment::Environment;
use super::lifetime;
use super::shell::{self, Part, ShellWord};
use super::{Invocation, Socket, Word, base_name};

/// Gathers the programs of a script in their order.
pub(super) struct ScriptReader<'a, 'run> {
    pub(super) source: &'a Word<'run>,
    pub(super) is_own: bool,
    pub(super) environment: Environment<'run>,
    pub(super) found: Vec<Invocation<'run>>,
    pub(super) exports: Vec<(String, Word<'run>)>,
    pub(super) sockets: Vec<Socket<'run>>,
    /// `set -e`, or the shell's own `-e`.
    pub(super) stops_on_error: bool,
}

/// How a command of a script runs.
#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact by itself, and any may hold with any other")]
pub(super) struct How {
    /// In any case.
    pub(super) always: bool,
    /// And the script succeeds, or goes on, only if it does.
    pub(super) is_needed: bool,
    /// Whether it is stopped in time, so that even a loop without an end comes to one.
    pub(super) timed: bool,
    /// Whether `exit` here ends the container: not in a shell in the shell, or where the failure is caught.
    pub(super) exits: bool,
}

impl How {
    /// What a loop waits for.
    fn waited(self) -> Self {
        Self { is_needed: if self.timed { self.is_needed } else { self.always }, ..self }
    }

    /// What is asked where a failure leads to `exit 1`.
    fn or_exit(self) -> Self {
        Self { is_needed: self.is_needed || self.exits && self.always, exits: false, ..self }
    }

    /// What may fail without consequence.
    fn caught(self) -> Self {
        Self { is_needed: false, exits: false, ..self }
    }
}

impl<'run> ScriptReader<'_, 'run> {
    pub(super) fn read(&mut self, command: &shell::Command, how: How) {
        use shell::Command;
        let maybe = How { always: false, is_needed: false, ..how };
        match command {
            Command::Simple { assignments, words, sockets } => {
                self.sockets(sockets, how);
                self.simple(assignments, words, how);
            }
            Command::Sequence(all) => {
                for (at, one) in all.iter().enumerate() {
                    // the last decides, and under `set -e` each does
                    let decides = at + 1 == all.len() || self.stops_on_error;
                    match one {
                        // `for i in 1 2 3; do nc -z db 5432 && exit 0; sleep 1; done; exit 1`
                        Command::For { body, endless: false }
                            if how.exits && succeeds(body) && fails_by_row(&all[at + 1..]) =>
                        {
                            self.read_until_left(body, how);
                        }
                        // the same with a counter: `while [ $n -lt 30 ]; do …`
                        Command::Loop { until: false, condition, body }
                            if how.exits && counts(condition) && succeeds(body) && fails_by_row(&all[at + 1..]) =>
                        {
                            self.read_until_left(body, how);
                        }
                        one => self.read(one, How { is_needed: how.is_needed && decides, ..how }),
                    }
                }
            }
            Command::Pipe(all) => {
                for (at, one) in all.iter().enumerate() {
                    self.read(one, How { is_needed: how.is_needed && at + 1 == all.len(), ..how });
                }
            }
            Command::And(left, right) => {
                self.read(left, how);
                // what follows a question may never run
                self.read(right, How { always: how.always && !lifetime::is_question(left), ..how });
            }
            Command::Or(left, right) => {
                // `nc -z db 5432 || exit 1`
                self.read(left, if fails(right) { how.or_exit() } else { how.caught() });
                self.read(right, maybe);
            }
            Command::Not(inner) | Command::Background(inner) => self.read(inner, how.caught()),
            Command::Subshell(inner) => self.read(inner, How { exits: false, ..how }),
            Command::Shell { inner, timed, .. } => {
                let stops_on_error = std::mem::take(&mut self.stops_on_error);
                self.read(inner, How { timed: how.timed || *timed, exits: false, ..how });
                self.stops_on_error = stops_on_error;
            }
            Command::Loop { until, condition, body } => {
                // `until nc -z db 5432; do …`, `while ! nc -z db 5432; do …`
                let waited = match condition.as_ref() {
                    Command::Not(inner) if !until => Some(inner.as_ref()),
                    condition if *until => Some(condition),
                    _ => None,
                };
                let is_endless = lifetime::is_always(condition, !*until);
                match waited {
                    _ if is_endless => {
                        self.read(condition, How { is_needed: false, ..how });
                        return self.read_until_left(body, how);
                    }
                    Some(waited) => self.read(waited, how.waited()),
                    None => self.read(condition, How { is_needed: false, ..how }),
                }
                self.read(body, maybe);
            }
            Command::For { body, endless: true } => self.read_until_left(body, how),
            Command::For { body, endless } => {
                self.read(body, How { always: how.always && *endless, is_needed: false, ..how });
            }
            Command::Branches { conditions, branches } => {
                for (at, one) in conditions.iter().enumerate() {
                    // `if ! nc -z db 5432; then exit 1; fi`
                    let waited = match one {
                        Command::Not(inner) if at == 0 && branches.first().is_some_and(fails) => Some(inner),
                        _ => None,
                    };
                    match waited {
                        Some(inner) => self.read(inner, how.or_exit()),
                        None => self.read(one, maybe),
                    }
                }
                for one in branches {
                    self.read(one, maybe);
                }
            }
            Command::Function(_, body) => self.read(body, maybe),
            Command::Unknown => {}
        }
    }

    /// Reads the body of a loop without an end. What its only way out hangs on is waited for:
    /// `while true; do nc -z db 5432 && break; sleep 1; done`.
    fn read_until_left(&mut self, body: &shell::Command, how: How) {
        use shell::Command;
        let inner = How { is_needed: false, ..how };
        let is_way_out = lifetime::ways_out(body) == 1;
        let rows = match body {
            Command::Sequence(all) => all.as_slice(),
            one => std::slice::from_ref(one),
        };
        for one in rows {
            let waited = match one {
                Command::And(left, right) if is_way_out && lifetime::ways_out(right) == 1 => {
                    Some((left.as_ref(), right.as_ref()))
                }
                Command::Branches { conditions, branches } if is_way_out => {
                    match (conditions.as_slice(), branches.as_slice()) {
                        ([only], [first, _]) if lifetime::ways_out(first) == 1 => Some((only, first)),
                        _ => None,
                    }
                }
                _ => None,
            };
            match waited.filter(|(asked, _)| !matches!(asked, Command::Not(_))) {
                Some((asked, then)) => {
                    self.read(asked, how.waited());
                    self.read(then, How { always: false, is_needed: false, ..how });
                    if let Command::Branches { branches, .. } = one {
                        branches[1..]
                            .iter()
                            .for_each(|other| self.read(other, How { always: false, is_needed: false, ..how }));
                    }
                }
                None => self.read(one, inner),
            }
        }
    }

    fn sockets(&mut self, sockets: &[ShellWord], how: How) {
        for socket in sockets {
            let word = self.word(socket);
            let Some(address) = word.text.strip_prefix(shell::TCP) else { continue };
            let address = Word { text: Cow::Owned(address.to_owned()), ..word.clone() };
            self.sockets.push(Socket { address, always: how.always, is_needed: how.is_needed });
        }
    }

    fn simple(&mut self, assignments: &[(String, ShellWord)], words: &[ShellWord], how: How) {
        let set: Vec<_> = assignments.iter().map(|(name, word)| (name.clone(), self.word(word))).collect();
        let mut words: Vec<Word<'run>> = match words.iter().flat_map(|word| self.split(word)).collect::<Vec<_>>() {
            // a command of nothing but empty variables is still a command
            none if none.is_empty() => words.iter().map(|word| self.word(word)).collect(),
            words => words,
        };
        while words.first().is_some_and(|word| matches!(word.text.as_ref(), "exec" | "command" | "then" | "nohup")) {
            words.remove(0);
        }
        if words.first().is_some_and(|word| word.text == "set") {
            let stops =
                |word: &Word<'_>| word.text.starts_with('-') && !word.text.starts_with("--") && word.text.contains('e');
            self.stops_on_error |= words[1..].iter().any(|word| stops(word) || word.text == "errexit");
        }
        let Some((first, rest)) = words.split_first() else {
            for (name, word) in set {
                self.environment.set(name.into(), word);
            }
            return;
        };
        if matches!(first.text.as_ref(), "export" | "readonly" | "local") {
            for word in rest {
                if let Some((name, value)) = word.text.split_once('=') {
                    let value = Word { text: Cow::Owned(value.to_owned()), ..word.clone() };
                    self.environment.set(name.to_owned().into(), value.clone());
                    self.exports.push((name.to_owned(), value));
                }
            }
            return;
        }
        self.found.push(Invocation {
            variables: set,
            always: how.always,
            is_whole: rest.iter().all(|word| word.is_known),
            is_needed: how.is_needed,
            ..Invocation::new(base_name(&first.text).to_owned(), rest.to_vec(), first.place)
        });
    }

    /// The words that one becomes: a variable that is not in quotes is split at its blanks (POSIX, "Field Splitting").
    fn split(&self, word: &ShellWord) -> Vec<Word<'run>> {
        let is_open = |part: &Part| matches!(part, Part::Variable { quoted: false, .. });
        let value = |part: &Part| match part {
            // what is put into no text splits none, and is not looked through for each word
            Part::Variable { name, .. } => self.environment.fitting(name).filter(|value| value.is_known),
            _ => None,
        };
        let has_blanks = |part: &Part| value(part).is_some_and(|value| value.text.contains(char::is_whitespace));
        if !word.parts.iter().any(|part| is_open(part) && has_blanks(part)) {
            return vec![self.word(word)];
        }
        let place = self.word(word).place;
        let mut split: Vec<Word<'run>> = Vec::new();
        let mut current: Option<Word<'run>> = None;
        let empty = || Word { text: Cow::Borrowed(""), place, is_known: true };
        for part in &word.parts {
            let (text, is_known) = self.piece(part);
            // a pattern in it may match files
            let is_known = is_known && !(is_open(part) && text.contains(['*', '?', '[']));
            let mut pieces =
                if is_open(part) { text.split(char::is_whitespace).collect() } else { vec![text.as_ref()] };
            let first = pieces.remove(0);
            if !first.is_empty() || !is_open(part) {
                let word = current.get_or_insert_with(empty);
                word.text.to_mut().push_str(first);
                word.is_known &= is_known;
            }
            for piece in pieces {
                split.extend(current.take());
                if !piece.is_empty() {
                    current = Some(Word { text: Cow::Owned(piece.to_owned()), place, is_known });
                }
            }
        }
        split.extend(current);
        split
    }

    /// The text of a part, and whether it is known.
    fn piece<'a>(&'a self, part: &'a Part) -> (Cow<'a, str>, bool) {
        let Part::Variable { name, default, .. } = part else {
            return match part {
                Part::Text(text) => (Cow::Borrowed(text), true),
                _ => (Cow::Borrowed("${?}"), false),
            };
        };
        match (self.environment.insert(name), default) {
            // `:-` counts for what is empty, too
            (Some(value), Some(default)) if value.is_known && value.text.is_empty() => (Cow::Borrowed(default), true),
            (Some(value), _) => (Cow::Borrowed(value.text.as_ref()), value.is_known),
            (None, Some(default)) if self.environment.is_whole() && self.environment.get(name).is_none() => {
                (Cow::Borrowed(default), true)
            }
            _ => (Cow::Owned(format!("${{{name}}}")), false),
        }
    }

    fn word(&self, word: &ShellWord) -> Word<'run> {
        let mut text = String::new();
        let mut is_known = true;
        for part in &word.parts {
            let (more, known) = self.piece(part);
            text.push_str(&more);
            is_known &= known;
        }
        let value = match word.parts.as_slice() {
            [Part::Variable { name, .. }] => self.environment.get(name),
            _ => None,
        };
        let own = || {
            if self.is_own { self.source.place.piece(word.range.start, word.range.len()) } else { self.source.place }
        };
        Word { text: Cow::Owned(text), place: value.map_or_else(own, |value| value.place), is_known }
    }
}
