//! How scripts end, well or not.

use super::shell::{Command, ShellWord};

/// Whether a command always fails its script: `exit 1`, `{ echo no; exit 1; }`.
pub(super) fn fails(command: &Command) -> bool {
    match command {
        Command::Simple { words, .. } => {
            let texts: Vec<&str> = words.iter().filter_map(ShellWord::literal).collect();
            matches!(texts.as_slice(), ["exit" | "return", code] if code.parse::<u16>().is_ok_and(|code| code != 0))
        }
        Command::Sequence(all) => all.last().is_some_and(fails),
        Command::And(_, right) => fails(right),
        _ => false,
    }
}

/// Whether nothing but messages comes before a failure.
pub(super) fn fails_by_row(rest: &[Command]) -> bool {
    let prints = |command: &Command| match command {
        Command::Simple { words, .. } => {
            words.first().and_then(ShellWord::literal).is_some_and(|name| matches!(name, "echo" | "printf"))
        }
        _ => false,
    };
    rest.iter().find(|command| !prints(command)).is_some_and(fails)
}

/// Whether a loop's body may end its script well: `nc -z db 5432 && exit 0`.
pub(super) fn succeeds(command: &Command) -> bool {
    match command {
        Command::Simple { words, .. } => {
            let texts: Vec<&str> = words.iter().filter_map(ShellWord::literal).collect();
            matches!(texts.as_slice(), ["exit"] | ["exit", "0"])
        }
        Command::Sequence(all) => all.iter().any(succeeds),
        Command::And(_, right) => succeeds(right),
        Command::Branches { branches, .. } => branches.iter().any(succeeds),
        _ => false,
    }
}

/// Whether a condition compares two texts or numbers, and runs no program.
pub(super) fn counts(command: &Command) -> bool {
    let Command::Simple { words, .. } = command else { return false };
    words.first().and_then(ShellWord::literal).is_some_and(|name| matches!(name, "[" | "[[" | "test"))
}
