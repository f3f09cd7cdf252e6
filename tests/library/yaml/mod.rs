//! The YAML reader against what kubectl's own reader was recorded to say.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod direct;
mod generated;
mod program;
mod recorded;
mod refusals;
mod spans;
