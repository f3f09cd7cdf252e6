//! The fuzzers' corpus, and inputs like it, through what the fuzzers do with them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use replay::replay;

#[path = "../../fuzz/replay.rs"]
mod replay;
#[path = "../../fuzz/targets.rs"]
mod targets;

#[test]
fn read() {
    replay("read", targets::read);
}

#[test]
fn lint() {
    replay("lint", targets::lint);
}

#[test]
fn fix() {
    replay("fix", targets::fix);
}

#[test]
fn generate() {
    replay("generate", targets::generate);
}

#[test]
fn diagram() {
    replay("diagram", targets::diagram);
}

#[test]
fn policy() {
    replay("policy", targets::policy);
}

#[test]
fn configuration() {
    replay("configuration", targets::configuration);
}
