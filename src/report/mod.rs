//! How findings look; one file per format.

mod excerpt;
pub mod json;
mod secrets;
mod summary;
pub mod terminal;

pub use summary::Summary;
