#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::read(data));

#[path = "../targets.rs"]
mod targets;
