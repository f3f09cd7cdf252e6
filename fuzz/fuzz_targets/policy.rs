#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::policy(data));

#[path = "../targets.rs"]
mod targets;
