//! The fuzzers' corpus, once through what the fuzzers do with it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::Path;

#[path = "../../fuzz/targets.rs"]
mod targets;

fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut count = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        run(&fs::read(entry.unwrap().path()).unwrap());
        count += 1;
    }
    assert!(count > 0, "{} is empty", folder.display());
}

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
