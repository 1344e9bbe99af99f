//! Blobs from the ledger and the session store.
#![no_main]

#[path = "../../crates/rules/tests/parsers/targets.rs"]
#[allow(dead_code)]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::entries_and_sessions(bytes));
