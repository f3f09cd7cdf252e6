//! What the fuzzers send to the agent, and what must hold. The agent's tests do the same with the corpus.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a fuzzer reports by panicking")]
#![allow(dead_code, reason = "each target is a program that uses one function")]

use patterns_agent::outside;
use serde_json::Value;

/// Whatever a client sends, it is told something that is HTTP, or nothing.
pub fn http(data: &[u8]) {
    let said = outside::election_api(data).unwrap();
    assert!(said.is_empty() || said.starts_with(b"HTTP/1."), "{}", String::from_utf8_lossy(&said));
}

/// Whatever others answer, it is read or refused; the parts of JSON are JSON.
pub fn answers(data: &[u8]) {
    let is_json = serde_json::from_slice::<Value>(data).is_ok();
    for leaves in [1, 3] {
        let parts = outside::parts(data, leaves);
        assert!(parts.len() >= leaves);
        for part in parts.iter().flatten().filter(|_| is_json) {
            assert!(serde_json::from_slice::<Value>(part).is_ok(), "{part:?}");
        }
    }
    if let Ok(result) = outside::result(data) {
        assert!(serde_json::from_slice::<Value>(&result).is_ok(), "{result:?}");
    }
    drop(outside::items(data));
    drop(outside::jobs(data));
}

/// A value that no list of harmless ones knows.
const PLANTED: &str = "s3crPlanted";

/// Nothing shown of a configuration or a log holds what it must hide.
pub fn introspect(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (_, lines) = outside::shown(&text);
    assert_eq!(lines.len(), text.lines().count());
    if !text.contains(PLANTED) {
        let planted = format!("{text}\npassword: {PLANTED}\n");
        assert!(!outside::shown(&planted).0.contains(PLANTED), "{planted}");
        assert!(!outside::shown(&planted).1.iter().any(|line| line.contains(PLANTED)), "{planted}");
    }
}
