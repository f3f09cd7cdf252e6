//! How long a command sleeps.

use super::shell;
use super::{base_name, lifetime, starters};

/// Seconds that `sleep` takes with these arguments; infinite for `sleep infinity`. GNU's suffixes count,
/// and several arguments add up.
#[must_use]
pub fn sleep_seconds(arguments: &[&str]) -> Option<f64> {
    if arguments.is_empty() {
        return None;
    }
    arguments.iter().try_fold(0.0, |sum, argument| {
        if matches!(*argument, "infinity" | "inf" | "Infinity") {
            return Some(f64::INFINITY);
        }
        let (number, factor) = match argument.chars().last()? {
            's' => (&argument[..argument.len() - 1], 1.0),
            'm' => (&argument[..argument.len() - 1], 60.0),
            'h' => (&argument[..argument.len() - 1], 3600.0),
            'd' => (&argument[..argument.len() - 1], 86400.0),
            _ => (*argument, 1.0),
        };
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let seconds: f64 = if is_number { number.parse().ok()? } else { return None };
        Some(sum + seconds * factor)
    })
}

/// Seconds that a command sleeps: `sleep 5`, also in a script for a shell, where several add up; nothing for a command
/// that does not sleep.
#[must_use]
pub fn sleeps(command: &[&str]) -> Option<f64> {
    let (program, arguments) = command.split_first()?;
    match base_name(program) {
        "exec" => sleeps(arguments),
        "sleep" => sleep_seconds(arguments),
        name if starters::is_shell(name) => {
            let at = starters::script_at(arguments)?;
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
            let texts: Option<Vec<&str>> = words.iter().map(|word| word.literal()).collect();
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
