//! A sealed segment of a journal.
#![no_main]

#[path = "../../crates/journal/tests/parsers/targets.rs"]
#[allow(dead_code)]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::sealed(bytes));
