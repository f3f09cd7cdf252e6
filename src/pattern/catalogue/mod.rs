//! The available patterns: their folders, definitions and images.

pub(super) mod definition;
pub(super) mod families;
pub(super) mod flow;
pub(super) mod folders;
pub(super) mod images;
