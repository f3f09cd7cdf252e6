//! What parts of scripts are: questions, ways out of a loop, programs that always end.

use super::super::base_name;
use super::super::shell::Command;

/// Whether a command asks something, so that what follows `&&` may never run.
pub(in crate::facts::command) fn is_question(command: &Command) -> bool {
    match command {
        Command::Simple { words, .. } => {
            let name = words.first().and_then(|word| word.literal());
            name.is_some_and(|name| {
                matches!(base_name(name), "[" | "[[" | "test" | "grep" | "false" | "which" | "command")
            })
        }
        Command::And(left, right) => is_question(left) || is_question(right),
        Command::Not(_) => true,
        _ => false,
    }
}

/// Programs of every system that end, and do not end the script.
pub(in crate::facts) fn is_plain(name: &str) -> bool {
    matches!(
        name,
        "echo"
            | "printf"
            | "cd"
            | "mkdir"
            | "rm"
            | "cp"
            | "mv"
            | "ln"
            | "chmod"
            | "chown"
            | "touch"
            | "ls"
            | "date"
            | "id"
            | "hostname"
            | "whoami"
            | "pwd"
            | "env"
            | "printenv"
            | "umask"
            | "ulimit"
            | "unset"
            | "test"
            | "["
            | "[["
            | ":"
            | "true"
            | "false"
            | "sort"
            | "uniq"
            | "wc"
            | "head"
            | "basename"
            | "dirname"
            | "uname"
            | "seq"
            | "expr"
            | "sync"
            | "shift"
            | "alias"
            | "sysctl"
            | "mktemp"
            | "readlink"
            | "realpath"
            | "stat"
            | "which"
    )
}

/// How many commands of a body leave its loop, or the script.
pub(in crate::facts::command) fn ways_out(body: &Command) -> usize {
    match body {
        Command::Simple { words, .. } => {
            let name = words.first().and_then(|word| word.literal());
            usize::from(matches!(name, Some("break" | "return" | "exit" | "exec")))
        }
        Command::Sequence(all) | Command::Pipe(all) => all.iter().map(ways_out).sum(),
        Command::And(left, right) | Command::Or(left, right) => ways_out(left) + ways_out(right),
        Command::Not(inner) | Command::Background(inner) | Command::Subshell(inner) => ways_out(inner),
        Command::Branches { conditions, branches } => conditions.iter().chain(branches).map(ways_out).sum(),
        Command::Loop { condition, body, .. } => ways_out(condition) + ways_out(body),
        Command::For { body, .. } => ways_out(body),
        Command::Shell { .. } | Command::Function(..) => 0,
        // it may be its own way out
        Command::Unknown => 2,
    }
}

/// Whether a condition of a loop always holds.
pub(in crate::facts::command) fn is_always(condition: &Command, wanted: bool) -> bool {
    let Command::Simple { words, .. } = condition else {
        return matches!(condition, Command::Not(inner) if is_always(inner, !wanted));
    };
    let texts: Vec<&str> = words.iter().map(|word| word.literal().unwrap_or("$")).collect();
    match texts.as_slice() {
        ["true" | ":" | "/bin/true"]
        | ["[", "1", "]"]
        | ["[[", "1", "]]"]
        | ["test", "1"]
        | ["sleep" | "date" | "echo", ..] => wanted,
        ["[", a, "=" | "==" | "-eq", b, "]"] if a != &"$" => (a == b) == wanted,
        ["false" | "/bin/false"] => !wanted,
        _ => false,
    }
}

/// Whether a loop's body holds a way out of it.
pub(super) fn leaves(body: &Command) -> bool {
    match body {
        Command::Simple { words, .. } => {
            words.first().and_then(|word| word.literal()).is_some_and(|name| matches!(name, "break" | "return"))
        }
        Command::Sequence(all) | Command::Pipe(all) => all.iter().any(leaves),
        Command::And(left, right) | Command::Or(left, right) => leaves(left) || leaves(right),
        Command::Not(inner) | Command::Background(inner) => leaves(inner),
        Command::Branches { conditions, branches } => conditions.iter().chain(branches).any(leaves),
        // a `break` in an inner loop leaves that one; `break 2` is rare enough to be unknown
        Command::Loop { body, .. } | Command::For { body, .. } => has_far_break(body),
        Command::Subshell(_) | Command::Shell { .. } | Command::Function(..) => false,
        Command::Unknown => true,
    }
}

fn has_far_break(body: &Command) -> bool {
    match body {
        Command::Simple { words, .. } => {
            let name = words.first().and_then(|word| word.literal());
            name == Some("return") || name == Some("break") && words.len() > 1
        }
        Command::Sequence(all) | Command::Pipe(all) => all.iter().any(has_far_break),
        Command::And(left, right) | Command::Or(left, right) => has_far_break(left) || has_far_break(right),
        Command::Not(inner) | Command::Background(inner) => has_far_break(inner),
        Command::Branches { conditions, branches } => conditions.iter().chain(branches).any(has_far_break),
        Command::Loop { body, .. } | Command::For { body, .. } => has_far_break(body),
        Command::Subshell(_) | Command::Shell { .. } | Command::Function(..) => false,
        Command::Unknown => true,
    }
}

pub(super) fn is_wait(command: &Command) -> bool {
    let Command::Simple { words, .. } = command else { return false };
    words.first().and_then(|word| word.literal()) == Some("wait")
}
