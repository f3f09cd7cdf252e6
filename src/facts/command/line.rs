//! What the kubelet and the image put together as a command line, and what it starts in the end.

use std::borrow::Cow;

use super::environment::Environment;
use super::script::{How, ScriptReader};
use super::shell::{self, ShellWord};
use super::{CommandLine, Invocation, Kind, Script, Word, base_name, bases, starters};
use crate::facts::program::{Entrypoint, Program};
use crate::facts::programs::Programs;
use crate::facts::proof::Location;
use crate::kube::ContainerView;

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
        let image_place = Location::node(view.pod.object, view.at(&["image"]).unwrap_or(view.node));
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
                reader.environment.set(name.into(), word);
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
}

impl<'run> Invocation<'run> {
    /// A program that runs in any case, all of whose words are seen.
    pub(super) fn new(name: String, words: Vec<Word<'run>>, place: Location<'run>) -> Self {
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

/// Whether the first argument of an image that starts a script is its own program, and no argument of the daemon.
fn is_a_program(first: &str, known: &Program, programs: &Programs) -> bool {
    let name = base_name(first);
    let is_own = known.binaries.iter().any(|binary| binary == name);
    // `redis.conf` is a file for the daemon
    let is_file = [".conf", ".cfg", ".yaml", ".yml", ".json", ".toml", ".ini"].iter().any(|end| name.ends_with(end));
    !is_file && first.starts_with('/') || is_own || starters::is_starter(name) || programs.of_binary(name).is_some()
}

/// The image's own arguments.
fn default_words<'run>(known: &'run Program, without_arguments: bool, place: Location<'run>) -> Vec<Word<'run>> {
    let counts = without_arguments || known.entrypoint == Entrypoint::Binary;
    let words = known.arguments.iter().filter(|_| counts);
    words.map(|text| Word { text: Cow::Borrowed(text.as_str()), place, is_known: true }).collect()
}

/// `command`, then `args`, with `$(NAME)` expanded.
pub(in crate::facts) fn words<'run>(view: &ContainerView<'run>, environment: &Environment<'run>) -> Vec<Word<'run>> {
    let document = &view.pod.object.document;
    let mut all = Vec::new();
    for (field, texts) in [("command", &view.container.command), ("args", &view.container.args)] {
        let nodes = view.at(&[field]).map_or(&[][..], |list| document.items(list));
        for (text, node) in texts.iter().flatten().zip(nodes) {
            all.push(environment.expand(text, Location::node(view.pod.object, *node)));
        }
    }
    all
}
