#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::generate(data));

#[path = "../targets.rs"]
mod targets;
