#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| agent::introspect(data));

#[path = "../agent.rs"]
mod agent;
