//! Segments that nobody wrote: noise, and real files with a few bytes changed. The same functions
//! run for hours under `fuzz/`; here a few hundred inputs, the same each time.

mod targets;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::path::Path;

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

/// What the fuzzer starts from, and what it found before (`fuzz/corpus`), goes through each time. With
/// UPDATE_CORPUS the seeds are written there anew.
#[test]
fn every_kept_input_is_survived() {
    for (name, target) in targets::TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
        if std::env::var_os("UPDATE_CORPUS").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("seed-00"), targets::a_real_segment()).unwrap();
        }
        let kept: Vec<_> = std::fs::read_dir(folder).unwrap().map(Result::unwrap).collect();
        assert!(!kept.is_empty(), "{name}");
        kept.iter().for_each(|kept| target(&std::fs::read(kept.path()).unwrap()));
    }
}

#[test]
fn a_segment_that_is_whole_gives_its_records() {
    let expected = targets::RECORDS.map(|(number, key, payload)| (number, key, payload.to_vec()));
    assert_eq!(targets::read_back("raw", &targets::a_real_segment()), expected);
}
