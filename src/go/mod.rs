//! Parsers that accept exactly what Go's standard library and Kubernetes' machinery accept, which can differ from
//! Rust's.

pub mod duration;
mod quantity;
pub mod regex;
mod time;

pub use quantity::Quantity;
pub use time::{is_rfc3339, is_rfc3339_micro};
