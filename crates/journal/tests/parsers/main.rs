//! Segments that nobody wrote: noise, and real files with a few bytes changed. The same functions
//! run for hours under `fuzz/`; here a few hundred inputs, the same each time.

mod targets;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let real = targets::a_real_segment();
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4);
    prop_oneof![
        1 => prop::collection::vec(any::<u8>(), 0..300),
        4 => changes.prop_map(move |changes| {
            let mut bytes = real.clone();
            changes.iter().for_each(|(at, byte)| bytes[at.index(real.len())] = *byte);
            bytes
        }),
    ]
}

#[test]
fn no_segment_harms_the_journal_that_opens_it() {
    for (name, target) in targets::TARGETS {
        let chance = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let mut runner = TestRunner::new_with_rng(Config::default(), chance);
        let outcome = runner.run(&damaged(), |bytes| {
            target(&bytes);
            Ok(())
        });
        outcome.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn a_segment_that_is_whole_gives_its_records() {
    let expected = targets::RECORDS.map(|(number, key, payload)| (number, key, payload.to_vec()));
    assert_eq!(targets::read_back("raw", &targets::a_real_segment()), expected);
}
