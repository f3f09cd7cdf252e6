//! How findings look; one file per format.

pub mod terminal;
