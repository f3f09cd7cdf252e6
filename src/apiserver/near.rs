//! Names that were meant.

use crate::words::edits_within;

/// Among how many known names the one that is meant is looked for at most: there may be many wrong names and many known
/// ones.
pub const LOOKED_AT: usize = 2000;

/// The known name that a wrong one is a slip of: two letters at most are others.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let name = name.to_lowercase();
    // a slip is about as long; other letters than these may take more bytes in lower case
    let may_be = |field: &&&str| name.len().abs_diff(field.len()) <= 2 || !field.is_ascii() || !name.is_ascii();
    let near = |field: &&'a str| Some((edits_within(2, &field.to_lowercase(), &name)?, *field));
    known.iter().take(LOOKED_AT).filter(may_be).filter_map(near).min().map(|(_, field)| field)
}
