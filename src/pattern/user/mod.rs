//! Patterns of the user's: folders beside the built-in ones, and whether each is whole.

pub(super) mod check;
pub(super) mod read;
