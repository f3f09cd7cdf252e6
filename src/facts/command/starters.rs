//! Programs that only start another one.

use std::borrow::Cow;

use super::{Word, base_name};

/// Shells.
const SHELLS: [&str; 7] = ["sh", "bash", "ash", "dash", "zsh", "ksh", "busybox"];

/// What a line starts in the end.
pub(super) struct Started<'run> {
    /// The variables that were set on the way.
    pub variables: Vec<(String, Word<'run>)>,
    /// The program and its arguments.
    pub words: Vec<Word<'run>>,
    /// Whether all words are known.
    pub is_whole: bool,
    /// Whether it is stopped in time: `timeout 5 …`.
    pub timed: bool,
}

pub(super) fn is_shell(path: &str) -> bool {
    let name = base_name(path);
    SHELLS.contains(&name) && name != "busybox"
}

/// Whether a program is for starting others.
pub(super) fn is_starter(name: &str) -> bool {
    is_shell(name) || starter(name).is_some() || matches!(name, "busybox" | "exec")
}

/// How a program that starts another one reads its words.
#[derive(Clone, Copy)]
struct Starter {
    /// Its options that take a value.
    with_value: &'static [&'static str],
    /// How many words of its own follow its options.
    own: usize,
    /// Its subcommands that start another program; none where it has no subcommands.
    subcommands: &'static [&'static str],
    /// Whether what it starts is behind `--`, and everything before that is its own.
    behind_dashes: bool,
}

const fn plain(with_value: &'static [&'static str], own: usize) -> Starter {
    Starter { with_value, own, subcommands: &[], behind_dashes: false }
}

const fn with(subcommands: &'static [&'static str], with_value: &'static [&'static str]) -> Starter {
    Starter { with_value, own: 0, subcommands, behind_dashes: false }
}

const fn dashes() -> Starter {
    Starter { with_value: &[], own: 0, subcommands: &[], behind_dashes: true }
}

/// How a starter is called.
fn starter(name: &str) -> Option<Starter> {
    Some(match name {
        "exec" | "tini" | "tini-static" | "docker-init" | "catatonit" | "nohup" | "setsid" | "stdbuf" | "ionice"
        | "time" | "doas" | "pid1" => plain(&["-p", "-o", "-e", "-i", "-c", "-n"], 0),
        "dumb-init" => plain(&["-r", "--rewrite"], 0),
        "env" => plain(&["-u", "--unset", "-C", "--chdir"], 0),
        "nice" => plain(&["-n"], 0),
        "sudo" => plain(&["-u", "-g", "-E"], 0),
        "runuser" => plain(&["-u", "-g", "-G", "-w"], 0),
        "timeout" => plain(&["-s", "--signal", "-k", "--kill-after"], 1),
        "su-exec" | "gosu" | "setpriv" | "chroot" | "s6-setuidgid" | "setuidgid" | "flock" => {
            plain(&["--reuid", "--regid"], 1)
        }
        "chpst" => plain(&["-u", "-U", "-e", "-n", "-/"], 0),
        "ddtrace-run" | "vault-env" | "secrets-init" => plain(&[], 0),
        // each of its options takes a value (opentelemetry-python: opentelemetry-instrumentation/README.rst)
        "opentelemetry-instrument" => plain(
            &[
                "--traces_exporter",
                "--metrics_exporter",
                "--logs_exporter",
                "--service_name",
                "--id_generator",
                "--exporter_otlp_endpoint",
                "--exporter_otlp_insecure",
                "--propagators",
            ],
            0,
        ),
        "newrelic-admin" => with(&["run-program"], &[]),
        "bundle" => with(&["exec"], &["--gemfile"]),
        "rbenv" | "asdf" => with(&["exec"], &[]),
        "poetry" | "pipenv" | "pdm" | "rye" => with(&["run"], &["-C", "--directory", "-p", "--project"]),
        "uv" => with(
            &["run"],
            &["--with", "--project", "--directory", "-p", "--python", "--env-file", "--extra", "--group"],
        ),
        "conda" | "mamba" | "micromamba" => with(&["run"], &["-n", "--name", "-p", "--prefix", "--cwd"]),
        "npx" | "pnpx" | "bunx" => plain(&["-p", "--package"], 0),
        "npm" | "pnpm" => with(&["exec", "x", "dlx"], &["-p", "--package", "--prefix", "--dir", "-C"]),
        "doppler" | "infisical" | "op" | "chamber" | "aws-vault" | "dotenvx" | "dotenv" | "berglas"
        | "linkerd-await" | "teller" | "summon" => dashes(),
        _ => return None,
    })
}

/// Modules of Python that are programs which we know (`python -m NAME`).
const MODULES: [&str; 18] = [
    "http.server",
    "SimpleHTTPServer",
    "flask",
    "uvicorn",
    "gunicorn",
    "hypercorn",
    "daphne",
    "django",
    "waitress",
    "granian",
    "celery",
    "streamlit",
    "jupyter",
    "jupyterlab",
    "notebook",
    "mlflow",
    "mkdocs",
    "bokeh",
];

/// The program that an interpreter is given, and how many words it is behind: `python -m uvicorn`,
/// `python manage.py`, `php artisan`, `node node_modules/.bin/next`. A program that we do not know stays its
/// interpreter's.
fn interpreted(name: &str, arguments: &[Word<'_>]) -> Option<(usize, String)> {
    let version = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let is_python = name.strip_prefix("python").or_else(|| name.strip_prefix("pypy")).is_some_and(version);
    if !is_python && !matches!(name, "php" | "node" | "ruby") {
        return None;
    }
    let mut at = 0;
    while let Some(word) = arguments.get(at) {
        let text = word.text.as_ref();
        at += 1;
        let Some(letters) = text.strip_prefix('-') else {
            let file = base_name(text);
            let is_known = match name {
                "php" => file == "artisan",
                "node" => text.contains("node_modules/") && !file.contains('.'),
                "ruby" => matches!(file, "rails" | "puma"),
                // a script that pip has installed is called as its program
                _ => file == "manage.py" || !file.contains('.') && text.contains("/bin/"),
            };
            return is_known.then(|| (at, file.to_owned()));
        };
        if !is_python {
            return None;
        }
        if letters.starts_with(['c', '-']) {
            return None;
        }
        if letters.ends_with('m') {
            let module = arguments.get(at)?.text.to_string();
            return MODULES.contains(&module.as_str()).then_some((at + 1, module));
        }
        // `-W ignore`, `-X dev`
        at += usize::from(matches!(letters, "W" | "X"));
    }
    None
}

/// Where a shell is given a script.
pub(super) struct ShellAt {
    /// The number of the word that is the script.
    pub script: usize,
    /// Whether it is stopped in time.
    pub timed: bool,
    /// Whether it takes the place of what starts it.
    pub replaces: bool,
}

/// Where a script is in the words of a command that starts a shell with `-c`, starters before it.
pub(super) fn shell_at(words: &[&str]) -> Option<ShellAt> {
    let (mut at, mut timed, mut replaces) = (0, false, false);
    for _ in 0..16 {
        let name = base_name(words.get(at)?);
        if is_shell(name) {
            let script = at + 1 + script_at(&words[at + 1..])?;
            return Some(ShellAt { script, timed, replaces });
        }
        // its own variables, or its own choice: not for us
        if matches!(name, "env" | "sudo" | "command") && words.get(at + 1).is_some_and(|next| next.contains('=')) {
            return None;
        }
        let starter = starter(name).filter(|starter| starter.subcommands.is_empty() && !starter.behind_dashes)?;
        timed |= name == "timeout";
        replaces |= name == "exec";
        at += 1;
        while let Some(option) = words.get(at).filter(|word| word.starts_with('-')) {
            at += 1 + usize::from(starter.with_value.contains(option));
            if *option == "--" {
                break;
            }
        }
        at += starter.own;
    }
    None
}

/// Looks through starters; nothing where one starts nothing.
pub(super) fn look_through(mut words: Vec<Word<'_>>) -> Option<Started<'_>> {
    let mut variables = Vec::new();
    let mut timed = false;
    for _ in 0..16 {
        let name = base_name(&words.first()?.text).to_owned();
        if name == "busybox" && words.len() > 1 {
            words.remove(0);
            continue;
        }
        if let Some((count, program)) = interpreted(&name, &words[1..]) {
            words.drain(..count);
            words[0].text = Cow::Owned(program);
            break;
        }
        let Some(Starter { with_value, own, subcommands, behind_dashes }) = starter(&name) else { break };
        if behind_dashes {
            let Some(dashes) = words.iter().position(|word| word.text == "--") else { break };
            words.drain(..=dashes);
            continue;
        }
        if !subcommands.is_empty() && !words.iter().take(4).any(|word| subcommands.contains(&word.text.as_ref())) {
            break;
        }
        let is_exec = name == "exec";
        let is_fetched = matches!(name.as_str(), "npx" | "pnpx" | "bunx" | "npm" | "pnpm");
        words.remove(0);
        let mut is_open = !subcommands.is_empty();
        while let Some(first) = words.first() {
            let text = first.text.as_ref();
            if text == "--" {
                words.remove(0);
                break;
            }
            if name == "env"
                && let Some((variable, value)) = text.split_once('=')
                && !text.starts_with('-')
            {
                variables.push((variable.to_owned(), Word { text: Cow::Owned(value.to_owned()), ..first.clone() }));
                words.remove(0);
            } else if text.starts_with('-') && !is_exec {
                let takes = with_value.contains(&text);
                words.remove(0);
                if takes && !words.is_empty() {
                    words.remove(0);
                }
            } else if is_open && subcommands.contains(&text) {
                is_open = false;
                words.remove(0);
            } else {
                break;
            }
        }
        if own > words.len() {
            return None;
        }
        words.drain(..own);
        if is_fetched && let Some(first) = words.first_mut() {
            // `serve@14`, `@scope/name@1`
            let named = first.text.get(1..).and_then(|rest| rest.find('@'));
            if let Some(end) = named {
                first.text = Cow::Owned(first.text[..=end].to_owned());
            }
        }
        timed |= name == "timeout";
    }
    let is_whole = words.iter().all(|word| word.is_known);
    (!words.is_empty()).then_some(Started { variables, words, is_whole, timed })
}

/// Where among the arguments of a shell its script is: behind `-c`, also of `-ec` and `-o pipefail -c`.
pub(super) fn script(name: &str, arguments: &[Word<'_>]) -> Option<usize> {
    let texts: Vec<&str> = arguments.iter().map(|word| word.text.as_ref()).collect();
    if is_shell(name) { script_at(&texts) } else { None }
}

/// The same for plain texts.
pub(super) fn script_at(arguments: &[&str]) -> Option<usize> {
    let mut at = 0;
    let mut is_text = false;
    while let Some(text) = arguments.get(at) {
        let Some(letters) = text.strip_prefix(['-', '+']) else { break };
        if letters.starts_with('-') {
            at += 1;
            continue;
        }
        is_text |= letters.contains('c');
        // `-o pipefail`
        at += 1 + usize::from(letters.ends_with('o'));
    }
    (is_text && at < arguments.len()).then_some(at)
}
