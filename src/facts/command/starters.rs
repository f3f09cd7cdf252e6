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
}

pub(super) fn is_shell(path: &str) -> bool {
    let name = base_name(path);
    SHELLS.contains(&name) && name != "busybox"
}

/// Whether a program is for starting others.
pub(super) fn is_starter(name: &str) -> bool {
    is_shell(name) || options_of(name).is_some() || matches!(name, "busybox" | "exec")
}

/// The options of a starter that take a value, and how many words of its own follow its options.
fn options_of(name: &str) -> Option<(&'static [&'static str], usize)> {
    Some(match name {
        "exec" | "tini" | "tini-static" | "docker-init" | "catatonit" | "nohup" | "setsid" | "stdbuf" | "ionice"
        | "time" | "doas" | "pid1" => (&["-p", "-o", "-e", "-i", "-c", "-n"], 0),
        "dumb-init" => (&["-r", "--rewrite"], 0),
        "env" => (&["-u", "--unset", "-C", "--chdir"], 0),
        "nice" => (&["-n"], 0),
        "sudo" => (&["-u", "-g", "-E"], 0),
        "timeout" => (&["-s", "--signal", "-k", "--kill-after"], 1),
        "su-exec" | "gosu" | "setpriv" | "chroot" | "chpst" => (&["--reuid", "--regid"], 1),
        _ => return None,
    })
}

/// Looks through starters; nothing where one starts nothing.
pub(super) fn look_through(mut words: Vec<Word<'_>>) -> Option<Started<'_>> {
    let mut variables = Vec::new();
    for _ in 0..16 {
        let name = base_name(&words.first()?.text).to_owned();
        if name == "busybox" && words.len() > 1 {
            words.remove(0);
            continue;
        }
        let Some((with_value, own)) = options_of(&name) else { break };
        let is_exec = name == "exec";
        words.remove(0);
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
            } else {
                break;
            }
        }
        if own > words.len() {
            return None;
        }
        words.drain(..own);
        // an end in time is the end of what it starts
        if name == "timeout" {
            words.insert(0, Word { text: Cow::Borrowed("timeout"), ..words.first()?.clone() });
            break;
        }
    }
    let is_whole = words.iter().all(|word| word.is_known);
    (!words.is_empty()).then_some(Started { variables, words, is_whole })
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
