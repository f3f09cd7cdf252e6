//! What names and texts of manifests say: which are secret, which are placeholders, which are near another.
//!
//! Reports and descriptions use it, and the agent, which masks what it shows.

pub mod command_secrets;
pub mod words;
