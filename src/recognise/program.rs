//! What a container's command line runs, and whether it ends by itself.

use super::images::{self, Image};
use super::shell;
use crate::kube::ContainerView;

/// Whether a process ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// It runs until it is told to stop.
    Forever,
    /// It does its work and ends.
    Ends,
    /// The manifest does not say.
    Unknown,
}

/// The command line of a container, as far as the manifest and the known images tell it.
#[derive(Debug)]
pub(super) enum Command {
    /// A program and its arguments.
    Program { name: String, arguments: Vec<String>, env: Vec<(String, String)> },
    /// A script for a shell.
    Script(String),
    /// Whatever the image starts.
    Opaque,
    /// Something else than the image starts, of which nothing is known: a script in a file.
    Hidden,
}

impl Command {
    pub(super) fn of(view: &ContainerView<'_>, known: Option<&Image>) -> Self {
        let container = view.container;
        let command = container.command.as_deref().unwrap_or_default();
        let arguments = container.args.as_deref().unwrap_or_default();
        let env = || {
            let plain = container.env.iter().flatten();
            plain.filter_map(|env| Some((env.name.clone(), env.value.clone()?))).collect()
        };
        let mut line: Vec<String> = command.iter().chain(arguments).cloned().collect();
        if command.is_empty() {
            // `args: [/bin/sh, -c, …]` is for an image without an entry point: no daemon takes a shell as argument.
            let is_shell =
                |first: &String| matches!(first.as_str(), "/bin/sh" | "/bin/bash" | "/bin/ash" | "sh" | "bash");
            if arguments.first().is_some_and(is_shell) && arguments.get(1).is_some_and(|word| word.starts_with('-')) {
                return unwrap(line, env());
            }
            let Some(known) = known else { return Self::Opaque };
            let replaces = arguments.first().is_some_and(|first| known.runs_arguments && !first.starts_with('-'));
            // `args: [nginx, -g, …]` and `args: [redis-cli]` say the program; `args: [-c, x]` go to the daemon.
            if !replaces {
                line.insert(0, known.programs[0].clone());
            }
        }
        match unwrap(line, env()) {
            Self::Opaque if !command.is_empty() => Self::Hidden,
            command => command,
        }
    }

    /// The program's name without its folder.
    pub(super) fn program(&self) -> Option<&str> {
        match self {
            Self::Program { name, .. } => Some(name),
            Self::Script(_) | Self::Opaque | Self::Hidden => None,
        }
    }

    /// Whether this is the daemon of the image.
    pub(super) fn runs(&self, image: &Image) -> bool {
        match self {
            Self::Program { name, .. } => image.programs.iter().any(|program| program == name),
            Self::Script(_) | Self::Hidden => false,
            Self::Opaque => true,
        }
    }

    /// Whether it passes on what is written to a file, for ever.
    pub(super) fn follows_a_file(&self) -> bool {
        match self {
            Self::Program { name, arguments, .. } => is_following_tail(name, arguments),
            Self::Script(script) => shell::commands(script)
                .is_some_and(|commands| commands.iter().any(|command| is_following_tail_command(&command.words))),
            Self::Opaque | Self::Hidden => false,
        }
    }

    pub(super) fn lifetime(&self) -> Lifetime {
        match self {
            Self::Program { name, arguments, env } => program_lifetime(name, arguments, env),
            Self::Script(script) => script_lifetime(script),
            Self::Opaque | Self::Hidden => Lifetime::Unknown,
        }
    }
}

/// Looks through what only starts something else: init programs, `env`, `exec`, shells.
fn unwrap(mut line: Vec<String>, env: Vec<(String, String)>) -> Command {
    loop {
        let Some(first) = line.first() else { return Command::Opaque };
        let name = base_name(first).to_owned();
        match name.as_str() {
            "exec" => drop(line.remove(0)),
            "tini" | "dumb-init" | "env" | "nice" => {
                line.remove(0);
                while line.first().is_some_and(|word| word.starts_with('-') || (name == "env" && word.contains('='))) {
                    line.remove(0);
                }
            }
            "sh" | "bash" | "ash" | "dash" | "zsh" => {
                let options = line[1..].iter().take_while(|word| word.starts_with('-')).count();
                let runs_text = line[1..=options].iter().any(|option| {
                    option.strip_prefix('-').is_some_and(|letters| !letters.starts_with('-') && letters.contains('c'))
                });
                let Some(script) = line.get(1 + options).filter(|_| runs_text) else { return Command::Opaque };
                return match shell::commands(script) {
                    // A script of one command is that command.
                    Some(mut commands) if commands.len() == 1 => unwrap(commands.remove(0).words, env),
                    _ => Command::Script(script.clone()),
                };
            }
            _ => {
                line.remove(0);
                return Command::Program { name, arguments: line, env };
            }
        }
    }
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn is_following_tail_command(words: &[String]) -> bool {
    words.split_first().is_some_and(|(first, rest)| {
        if first == "exec" { is_following_tail_command(rest) } else { is_following_tail(base_name(first), rest) }
    })
}

/// `tail -f`, unless it watches another process and goes with it.
fn is_following_tail(name: &str, arguments: &[String]) -> bool {
    let follows = |word: &String| {
        word == "--follow" || word.starts_with("--follow=") || word == "--retry" || {
            let letters = word.strip_prefix('-').filter(|letters| !letters.starts_with('-'));
            letters.is_some_and(|letters| letters.contains(['f', 'F']))
        }
    };
    name == "tail" && arguments.iter().any(follows) && !arguments.iter().any(|word| word.starts_with("--pid"))
}

fn program_lifetime(name: &str, arguments: &[String], env: &[(String, String)]) -> Lifetime {
    if is_following_tail(name, arguments) {
        return Lifetime::Forever;
    }
    if name == "sleep" {
        let endless = shell::sleep_seconds(arguments).is_some_and(f64::is_infinite);
        return if endless { Lifetime::Forever } else { Lifetime::Ends };
    }
    if images::find_program(name).is_none() {
        return Lifetime::Unknown;
    }
    if ends(name, arguments, env) { Lifetime::Ends } else { Lifetime::Forever }
}

/// Flags, subcommands and variables with which a daemon does one thing and ends.
fn ends(name: &str, arguments: &[String], env: &[(String, String)]) -> bool {
    let has = |wanted: &[&str]| arguments.iter().any(|word| wanted.contains(&word.as_str()));
    let flag = |wanted: &str| {
        arguments.iter().any(|word| {
            let Some(word) = word.strip_prefix('-') else { return false };
            let (flag, value) = word
                .strip_prefix('-')
                .unwrap_or(word)
                .split_once('=')
                .map_or_else(|| (word.strip_prefix('-').unwrap_or(word), "true"), |(flag, value)| (flag, value));
            flag == wanted && !matches!(value, "false" | "0")
        })
    };
    let set = |wanted: &[&str]| {
        env.iter().any(|(name, value)| wanted.contains(&name.as_str()) && !matches!(value.as_str(), "" | "false" | "0"))
    };
    let first = arguments.first().map(String::as_str).unwrap_or_default();
    if flag("version") || flag("help") || has(&["-h", "version", "help", "validate"]) {
        return true;
    }
    // Somebody else's switch: a controller that stops sidecars once the app has ended.
    if set(&["KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT"]) {
        return true;
    }
    match name {
        "git-sync" => flag("one-time") || set(&["GITSYNC_ONE_TIME", "GIT_SYNC_ONE_TIME"]),
        "vault" => {
            first != "agent" && first != "server" && first != "proxy" || flag("exit-after-auth") || flag("config")
        }
        "consul-template" | "filebeat" => flag("once"),
        "telegraf" => flag("once") || flag("test"),
        "fluent-bit" => {
            // the tail input's own way to end at the end of its file
            let ends = |argument: &String| argument.contains("exit_on_eof=");
            arguments.iter().any(ends) || flag("dry-run") || has(&["-D", "-V"]) || first == "-t"
        }
        "fluentd" => flag("dry-run") || flag("setup"),
        "sidecar.py" => env.iter().any(|(name, value)| name == "METHOD" && value == "LIST"),
        "envoy" => flag("mode") || has(&["init_only"]),
        "pilot-agent" => first != "proxy",
        "nginx" => has(&["-t", "-T", "-v", "-V", "-s"]),
        "haproxy" => has(&["-c", "-v", "-vv"]),
        "caddy" => !arguments.is_empty() && !matches!(first, "run" | "file-server" | "reverse-proxy" | "respond"),
        "vector" => !first.is_empty() && !first.starts_with('-'),
        "mysqld" | "mariadbd" => flag("initialize") || flag("initialize-insecure"),
        _ => false,
    }
}

fn script_lifetime(script: &str) -> Lifetime {
    if let Some(commands) = shell::commands(script) {
        // A row of commands stops at the first that does not end.
        let forever = commands.iter().any(|command| {
            let Command::Program { name, arguments, .. } = unwrap(command.words.clone(), Vec::new()) else {
                return false;
            };
            program_lifetime(&name, &arguments, &[]) == Lifetime::Forever
        });
        return if forever { Lifetime::Forever } else { Lifetime::Unknown };
    }
    if is_endless_loop(script) { Lifetime::Forever } else { Lifetime::Unknown }
}

/// `while true; do …; done` to the script's end, without any word that could leave it.
fn is_endless_loop(script: &str) -> bool {
    let Some(at) = script.find("while ") else { return false };
    let before_is_plain = shell::commands(&script[..at]).is_some();
    let condition = script[at + "while ".len()..].trim_start();
    let is_always_true = ["true", ":", "sleep ", "[ 1 ]"].iter().any(|word| condition.starts_with(word));
    let words = || script.split(|character: char| !character.is_ascii_alphanumeric() && character != '-');
    let leaves = words().any(|word| {
        matches!(word, "break" | "exit" | "return" | "kill" | "pkill" | "killall" | "trap" | "wait" | "exec")
    });
    let stops_on_error = script.contains("set -") || script.contains("errexit");
    before_is_plain && is_always_true && !leaves && !stops_on_error && script.trim_end().ends_with("done")
}
