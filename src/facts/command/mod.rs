//! What a container runs: its entry point, command and arguments as the kubelet and the image put them together,
//! variables expanded, shells and starters (`tini`, `env`, `su-exec` …) looked through.

pub mod arguments;
mod bases;
pub mod environment;
pub(in crate::facts) mod lifetime;
pub mod shell;
mod starters;

use std::borrow::Cow;

use super::program::{Entrypoint, Program};
use super::programs::Programs;
use super::proof::Place;
use crate::kube::ContainerView;
use environment::Environment;
use shell::{Part, ShellWord};

pub use lifetime::{Lifetime, sleep_seconds};

/// A word of a command line.
#[derive(Clone, Debug)]
pub struct Word<'run> {
    /// Its text, variables expanded. What could not be expanded stays as it is written.
    pub text: Cow<'run, str>,
    /// Where it is written.
    pub place: Place<'run>,
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
    pub place: Place<'run>,
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
    pub place: Place<'run>,
    /// The shell's name without its folder.
    pub shell: String,
}

/// How a container comes to its programs.
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
    /// Reads what a container runs.
    #[must_use]
    pub fn of(view: &ContainerView<'run>, environment: &Environment<'run>, programs: &'run Programs) -> Self {
        let mut line = Self::started(view, environment, programs);
        let image = view.container.image.as_deref().unwrap_or_default();
        for invocation in &mut line.invocations {
            if let Some(program) = programs.of_binary_in(&invocation.name, image) {
                invocation.take_variables(program, environment);
            }
        }
        line
    }

    fn started(view: &ContainerView<'run>, environment: &Environment<'run>, programs: &'run Programs) -> Self {
        let container = view.container;
        let command = container.command.as_deref().unwrap_or_default();
        let image = container.image.as_deref().unwrap_or_default();
        let known = programs.of_image(image);
        let mut line = words(view, environment);
        let image_place = Place::node(view.pod.object, view.at(&["image"]).unwrap_or(view.node));
        // what the image starts anyway
        let is_entrypoint = known.is_some_and(|known| known.entrypoint == Entrypoint::Script)
            && command.first().is_some_and(|first| base_name(first) == "docker-entrypoint.sh");
        if is_entrypoint {
            line.remove(0);
        }
        if command.is_empty() || is_entrypoint {
            let first = line.first().map_or("", |word| word.text.as_ref());
            // `args: [/bin/sh, -c, …]` is for an image without an entry point: no daemon takes a shell as its argument.
            let is_shell = starters::is_shell(first) && line.get(1).is_some_and(|word| word.text.starts_with('-'));
            let Some(known) = known else {
                let is_command = !first.is_empty() && !first.starts_with('-') && bases::runs_its_arguments(image);
                if is_shell || is_command {
                    return Self::unwrap(line, environment);
                }
                // Nothing is known of the program but its arguments.
                let is_whole = line.iter().all(|word| word.is_known);
                let invocation = Invocation { is_whole, ..Invocation::new(String::new(), line, image_place) };
                return Self { invocations: vec![invocation], ..Self::opaque(Kind::Opaque) };
            };
            let replaces = match known.entrypoint {
                Entrypoint::Binary | Entrypoint::Command => false,
                Entrypoint::Script => {
                    !first.is_empty() && !first.starts_with('-') && is_a_program(first, known, programs)
                }
                Entrypoint::None => !first.is_empty() && !first.starts_with('-'),
            };
            if !is_shell && !replaces {
                let mut words = default_words(known, line.is_empty(), image_place);
                words.append(&mut line);
                let name = known.binaries.first().cloned().unwrap_or_default();
                return Self::program(Invocation::new(name, words, image_place));
            }
        }
        let mut found = Self::unwrap(line, environment);
        if found.kind == Kind::Opaque && !command.is_empty() {
            found.kind = Kind::Hidden;
        }
        found
    }

    fn opaque(kind: Kind) -> Self {
        Self { invocations: Vec::new(), kind, script: None, exports: Vec::new(), sockets: Vec::new(), timed: false }
    }

    fn program(invocation: Invocation<'run>) -> Self {
        let exports = invocation.variables.clone();
        Self { invocations: vec![invocation], exports, ..Self::opaque(Kind::Program) }
    }

    /// Looks through what only starts something else.
    fn unwrap(line: Vec<Word<'run>>, environment: &Environment<'run>) -> Self {
        let Some(started) = starters::look_through(line) else { return Self::opaque(Kind::Opaque) };
        let starters::Started { variables, words, is_whole, timed } = started;
        let Some((first, rest)) = words.split_first() else { return Self::opaque(Kind::Opaque) };
        let name = base_name(&first.text).to_owned();
        if let Some(script) = starters::script(&name, rest) {
            let source = &rest[script];
            let text = source.place.object.document.str(source.place.node).unwrap_or_default();
            // A script that variables were put into has no bytes of its own any more.
            let is_own = text == source.text;
            let tree = shell::parse(&source.text);
            let is_strict =
                |word: &Word<'_>| word.text.starts_with('-') && !word.text.starts_with("--") && word.text.contains('e');
            let stops_on_error = rest[..script].iter().any(is_strict);
            let mut reader = ScriptReader {
                source,
                is_own,
                environment: environment.clone(),
                found: Vec::new(),
                exports: Vec::new(),
                sockets: Vec::new(),
                stops_on_error,
            };
            for (name, word) in variables {
                reader.environment.set(&name, word);
            }
            let how = How { always: true, is_needed: true, timed, exits: true };
            reader.read(&tree, how);
            let kind = if is_one_program(&tree) { Kind::Program } else { Kind::Script };
            // what the script starts may be a script again: `sh -c "exec tini -- redis-server"`
            let mut invocations: Vec<_> = reader.found.into_iter().map(looked_through).collect();
            if kind == Kind::Program {
                invocations.drain(..invocations.len().saturating_sub(1));
            }
            let script = Some(Script { tree, place: source.place, shell: name });
            let mut exports = reader.exports;
            exports.extend(invocations.iter().flat_map(|invocation| invocation.variables.iter().cloned()));
            return Self { invocations, kind, script, exports, sockets: reader.sockets, timed };
        }
        if starters::is_shell(&name) {
            return Self::opaque(Kind::Opaque);
        }
        Self::program(Invocation { variables, is_whole, timed, ..Invocation::new(name, rest.to_vec(), first.place) })
    }

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

impl<'run> Invocation<'run> {
    /// A program that runs in any case, all of whose words are seen.
    fn new(name: String, words: Vec<Word<'run>>, place: Place<'run>) -> Self {
        Self {
            name,
            words,
            from_variables: Vec::new(),
            variables: Vec::new(),
            place,
            always: true,
            is_whole: true,
            is_needed: true,
            timed: false,
        }
    }

    /// Reads the variables whose words the program takes as options.
    fn take_variables(&mut self, program: &Program, environment: &Environment<'run>) {
        for name in program.options.env.iter() {
            let own = self.variables.iter().find(|(own, _)| own == name).map(|(_, word)| word);
            let Some(said) = own.or_else(|| environment.get(name)) else {
                self.is_whole &= environment.is_whole();
                continue;
            };
            let words = shell::words(&said.text).filter(|_| said.is_known);
            let Some(words) = words else {
                self.is_whole = false;
                continue;
            };
            // a text that variables were put into has no bytes of its own
            let is_own = said.place.object.document.str(said.place.node) == Some(said.text.as_ref());
            self.from_variables.extend(words.into_iter().map(|(text, range)| Word {
                text: Cow::Owned(text),
                place: if is_own { said.place.piece(range.start, range.len()) } else { said.place },
                is_known: true,
            }));
        }
    }
}

/// A program of a script behind its own starters.
fn looked_through(mut invocation: Invocation<'_>) -> Invocation<'_> {
    let first = Word { text: Cow::Owned(invocation.name.clone()), place: invocation.place, is_known: true };
    let line: Vec<Word<'_>> = std::iter::once(first).chain(invocation.words.iter().cloned()).collect();
    if let Some(started) = starters::look_through(line)
        && let Some((first, rest)) = started.words.split_first()
        && base_name(&first.text) != invocation.name
    {
        invocation.timed |= started.timed;
        invocation.name = base_name(&first.text).to_owned();
        invocation.place = first.place;
        invocation.words = rest.to_vec();
        invocation.variables.extend(started.variables);
        invocation.is_whole &= started.is_whole;
    }
    invocation
}

/// Whether a script is one program and nothing else, however it is quoted.
fn is_one_program(tree: &shell::Command) -> bool {
    match tree {
        shell::Command::Simple { words, .. } => !words.is_empty(),
        shell::Command::Shell { inner, timed, .. } => !timed && is_one_program(inner),
        shell::Command::Sequence(all) => {
            let is_setting = |command: &shell::Command| {
                let shell::Command::Simple { words, .. } = command else { return false };
                let name = words.first().and_then(ShellWord::literal);
                words.is_empty() || matches!(name, Some("set" | "export" | "cd" | "umask" | "ulimit"))
            };
            matches!(all.split_last(), Some((last, before)) if is_one_program(last) && before.iter().all(is_setting))
        }
        _ => false,
    }
}

/// Whether a command always fails its script: `exit 1`, `{ echo no; exit 1; }`.
fn fails(command: &shell::Command) -> bool {
    match command {
        shell::Command::Simple { words, .. } => {
            let texts: Vec<&str> = words.iter().filter_map(ShellWord::literal).collect();
            matches!(texts.as_slice(), ["exit" | "return", code] if code.parse::<u16>().is_ok_and(|code| code != 0))
        }
        shell::Command::Sequence(all) => all.last().is_some_and(fails),
        shell::Command::And(_, right) => fails(right),
        _ => false,
    }
}

/// Whether the first argument of an image that starts a script is its own program, and no argument of the daemon.
fn is_a_program(first: &str, known: &Program, programs: &Programs) -> bool {
    let name = base_name(first);
    let is_own = known.binaries.iter().any(|binary| binary == name);
    // `redis.conf` is a file for the daemon
    let is_file = [".conf", ".cfg", ".yaml", ".yml", ".json", ".toml", ".ini"].iter().any(|end| name.ends_with(end));
    !is_file && first.starts_with('/') || is_own || starters::is_starter(name) || programs.of_binary(name).is_some()
}

/// The image's own arguments.
fn default_words<'run>(known: &'run Program, without_arguments: bool, place: Place<'run>) -> Vec<Word<'run>> {
    let counts = without_arguments || known.entrypoint == Entrypoint::Binary;
    let words = known.arguments.iter().filter(|_| counts);
    words.map(|text| Word { text: Cow::Borrowed(text.as_str()), place, is_known: true }).collect()
}

/// `command`, then `args`, with `$(NAME)` expanded.
pub(super) fn words<'run>(view: &ContainerView<'run>, environment: &Environment<'run>) -> Vec<Word<'run>> {
    let document = &view.pod.object.document;
    let mut all = Vec::new();
    for (field, texts) in [("command", &view.container.command), ("args", &view.container.args)] {
        let nodes = view.at(&[field]).map_or(&[][..], |list| document.items(list));
        for (text, node) in texts.iter().flatten().zip(nodes) {
            all.push(environment.expand(text, Place::node(view.pod.object, *node)));
        }
    }
    all
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

/// Seconds that a command sleeps: `sleep 5`, also in a script for a shell, where several add up; nothing for a command
/// that does not sleep.
#[must_use]
pub fn sleeps(command: &[String]) -> Option<f64> {
    let (program, arguments) = command.split_first()?;
    let texts: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match base_name(program) {
        "exec" => sleeps(arguments),
        "sleep" => sleep_seconds(&texts),
        name if starters::is_shell(name) => {
            let at = starters::script_at(&texts)?;
            let mut total = None;
            add_sleeps(&shell::parse(arguments.get(at)?), &mut total)?;
            total
        }
        _ => None,
    }
}

/// Adds the sleeps of a script that runs its commands one after the other; nothing where what runs depends on what
/// happens.
fn add_sleeps(command: &shell::Command, total: &mut Option<f64>) -> Option<()> {
    match command {
        shell::Command::Simple { words, .. } => {
            let texts: Option<Vec<String>> = words.iter().map(|word| word.literal().map(str::to_owned)).collect();
            if let Some(seconds) = texts.and_then(|texts| sleeps(&texts)) {
                *total = Some(total.unwrap_or(0.0) + seconds);
            }
            Some(())
        }
        shell::Command::Sequence(all) => all.iter().try_for_each(|one| add_sleeps(one, total)),
        shell::Command::Shell { inner, timed: false, .. } => add_sleeps(inner, total),
        shell::Command::And(left, right) if !lifetime::is_question(left) => {
            add_sleeps(left, total)?;
            add_sleeps(right, total)
        }
        // the output goes elsewhere; the time is spent all the same, or at the same time
        shell::Command::Pipe(_) => Some(()),
        shell::Command::Or(left, _) => add_sleeps(left, total),
        _ => None,
    }
}

/// Gathers the programs of a script in their order.
struct ScriptReader<'a, 'run> {
    source: &'a Word<'run>,
    is_own: bool,
    environment: Environment<'run>,
    found: Vec<Invocation<'run>>,
    exports: Vec<(String, Word<'run>)>,
    sockets: Vec<Socket<'run>>,
    /// `set -e`, or the shell's own `-e`.
    stops_on_error: bool,
}

/// How a command of a script runs.
#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact by itself, and any may hold with any other")]
struct How {
    /// In any case.
    always: bool,
    /// And the script succeeds, or goes on, only if it does.
    is_needed: bool,
    /// Whether it is stopped in time, so that even a loop without an end comes to one.
    timed: bool,
    /// Whether `exit` here ends the container: not in a shell in the shell, or where the failure is caught.
    exits: bool,
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
    fn read(&mut self, command: &shell::Command, how: How) {
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
                    self.read(one, How { is_needed: how.is_needed && decides, ..how });
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
                self.environment.set(&name, word);
            }
            return;
        };
        if matches!(first.text.as_ref(), "export" | "readonly" | "local") {
            for word in rest {
                if let Some((name, value)) = word.text.split_once('=') {
                    let value = Word { text: Cow::Owned(value.to_owned()), ..word.clone() };
                    self.environment.set(name, value.clone());
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
            Part::Variable { name, .. } => self.environment.get(name).filter(|value| value.is_known),
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
