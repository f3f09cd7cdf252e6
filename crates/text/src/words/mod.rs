//! Words that messages share, and what names and texts say.

mod capitals;
mod holes;
mod near;
mod placeholders;
mod secrets;

pub use capitals::{is_in_capitals, is_name_of_a_value, may_hold_name_of_a_value};
pub use holes::{
    begins_with_hole, begins_with_variable, ends_with_hole_in_braces, holds_hole_in_braces, is_hole_in_braces,
    is_hole_of_lines, names_a_template,
};
pub use near::{Forms, Slips, edits_within, nearest};
pub use placeholders::{is_encrypted, is_placeholder, may_hold_placeholder};
pub use secrets::{is_secret_header, is_secret_name};

/// Text of the user's, short enough for a message.
#[must_use]
pub fn clip(text: &str) -> String {
    const LONGEST: usize = 60;
    // nearly all names
    if text.len() <= LONGEST && text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'\\') {
        return text.to_owned();
    }
    let mut clipped: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if text.chars().nth(LONGEST).is_some() {
        clipped.push('…');
    }
    clipped.replace("\\\"", "\"").replace("\\'", "'")
}

/// What to ask someone whose text is close to a known name.
#[must_use]
pub fn did_you_mean(name: impl std::fmt::Display) -> String {
    format!("did you mean `{name}`?")
}

/// `a, b and c`, each in backticks.
#[must_use]
pub fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
