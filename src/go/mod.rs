//! Texts as Go's library and Kubernetes' machinery read them: what is one for them need not be one for Rust's.

pub mod duration;
mod quantity;
pub mod regex;
mod time;

pub use quantity::Quantity;
pub use time::{is_rfc3339, is_rfc3339_micro};
