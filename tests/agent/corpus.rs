//! The agent's part of the fuzzers' corpus, once through what the fuzzers do with it.

use std::fs;
use std::path::Path;

#[path = "../../fuzz/agent.rs"]
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
fn http() {
    replay("agent_http", targets::http);
}

#[test]
fn answers() {
    replay("agent_answers", targets::answers);
}

#[test]
fn introspect() {
    replay("agent_introspect", targets::introspect);
}
