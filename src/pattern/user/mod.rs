//! The user's own patterns: folders in addition to the built-in ones, and whether each is complete.

pub(super) mod check;
mod definition;
pub(super) mod read;
