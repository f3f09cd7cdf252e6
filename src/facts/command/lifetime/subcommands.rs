//! Whether what a description says of a command line holds: its subcommands, options and variables.

use super::super::Invocation;
use super::super::arguments::{Arguments, is_false};

/// Whether something holds for a command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    Surely,
    /// It does, unless one of the words is the value of an option that is not described.
    Perhaps,
    Not,
}

impl From<bool> for Holds {
    fn from(holds: bool) -> Self {
        if holds { Self::Surely } else { Self::Not }
    }
}

/// Whether an item of `serves` or `ends` holds: an option, a variable, or words of a subcommand.
pub(super) fn holds(
    item: &str,
    arguments: &Arguments<'_>,
    invocation: &Invocation<'_>,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Holds {
    if item.starts_with('@') {
        return Holds::Not;
    }
    if let Some(part) = item.strip_prefix('~') {
        return arguments.positional.iter().any(|word| word.text.contains(part)).into();
    }
    if item.starts_with('-') {
        let is_said = match item.split_once('=') {
            Some((name, wanted)) => arguments
                .get(name)
                .any(|given| given.value.as_ref().is_some_and(|value| value.text.eq_ignore_ascii_case(wanted))),
            None => arguments.is_on(item),
        };
        return is_said.into();
    }
    let (name, wanted) = item.split_once('=').map_or((item, None), |(name, wanted)| (name, Some(wanted)));
    if name.len() > 1 && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_') {
        let given = invocation.variables.iter().find(|(given, _)| given == name);
        let value = given.map(|(_, word)| word.text.to_string()).or_else(|| variable(name));
        let is_set = match wanted {
            Some(wanted) => value.is_some_and(|value| value.eq_ignore_ascii_case(wanted)),
            None => set(value),
        };
        return is_set.into();
    }
    subcommand(item, arguments)
}

/// Whether arguments begin with the words of a subcommand. Options between may have taken a word, or left one.
fn subcommand(item: &str, arguments: &Arguments<'_>) -> Holds {
    let mut words = item.split(' ').peekable();
    let Some(first) = words.next() else { return Holds::Not };
    let text = |at: usize| arguments.positional.get(at).map(|word| word.text.as_ref());
    let Some(mut at) = (0..3).find(|at| text(*at) == Some(first)) else { return Holds::Not };
    let mut found = if arguments.may_be_a_value(at) { Holds::Perhaps } else { Holds::Surely };
    for word in words {
        at += 1;
        while text(at) != Some(word) {
            if !arguments.may_be_a_value(at) {
                return Holds::Not;
            }
            found = Holds::Perhaps;
            at += 1;
        }
        if arguments.may_be_a_value(at) {
            found = Holds::Perhaps;
        }
    }
    found
}

pub(super) fn set(value: Option<String>) -> bool {
    value.is_some_and(|value| !is_false(&value))
}
