#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| agent::answers(data));

#[path = "../agent.rs"]
mod agent;
