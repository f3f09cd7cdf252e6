//! Classification of names and texts in manifests: secrets, placeholders, near misses.
//!
//! Reports and descriptions use it, and the agent, which masks what it shows.

pub mod command_secrets;
pub mod words;
