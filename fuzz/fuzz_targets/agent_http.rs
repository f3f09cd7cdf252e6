#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| agent::http(data));

#[path = "../agent.rs"]
mod agent;
