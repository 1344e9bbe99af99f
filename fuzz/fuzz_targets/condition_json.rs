//! Shared conditions as clients send them.
#![no_main]

#[path = "../../crates/rules/tests/parsers/targets.rs"]
#[allow(dead_code)]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::condition_json(bytes));
