//! The agent's part of the fuzzers' corpus, and inputs like it, through what the fuzzers do with them.

use replay::replay;

#[path = "../../fuzz/replay.rs"]
mod replay;
#[path = "../../fuzz/agent.rs"]
mod targets;

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
