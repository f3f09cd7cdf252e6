#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::lint(data));

#[path = "../targets.rs"]
mod targets;
