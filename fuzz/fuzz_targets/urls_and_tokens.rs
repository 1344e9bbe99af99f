//! Configured URLs with a visitor's values.
#![no_main]

#[path = "../../crates/rules/tests/parsers/targets.rs"]
#[allow(dead_code)]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::urls_and_tokens(bytes));
