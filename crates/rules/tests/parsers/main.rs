//! Every parser on bytes that nobody meant: noise, and real inputs with a few bytes changed.
//! The same functions run for hours under `fuzz/`; here a few thousand inputs, the same each time.

mod seeds;
mod targets;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::path::Path;

/// One byte changed, put in, taken out, or a piece said twice.
#[derive(Clone, Debug)]
struct Change {
    kind: u8,
    at: prop::sample::Index,
    byte: u8,
    length: usize,
}

fn change() -> impl Strategy<Value = Change> {
    (0u8..4, any::<prop::sample::Index>(), any::<u8>(), 1usize..20)
        .prop_map(|(kind, at, byte, length)| Change { kind, at, byte, length })
}

fn changed(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for Change { kind, at, byte, length } in changes {
        if bytes.is_empty() {
            return bytes;
        }
        let at = at.index(bytes.len());
        let end = (at + length).min(bytes.len());
        match kind {
            0 => bytes[at] = *byte,
            1 => bytes.insert(at, *byte),
            2 => drop(bytes.drain(at..end)),
            _ => {
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
        }
    }
    bytes
}

/// Inputs for a target: noise, text-like noise, and changed seeds.
fn input(target: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let seeds = seeds::of(target);
    prop_oneof![
        1 => prop::collection::vec(any::<u8>(), 0..200),
        1 => "[ -~\\n\\r\\t\u{0}é€{}]{0,60}".prop_map(String::into_bytes),
        4 => (prop::sample::select(seeds), prop::collection::vec(change(), 0..4))
            .prop_map(|(seed, changes)| changed(seed, &changes)),
    ]
}

#[test]
fn no_parser_is_harmed_by_any_bytes() {
    for (name, target) in targets::TARGETS {
        let config = Config { cases: Config::default().cases.max(3_000), ..Config::default() };
        let chance = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let mut runner = TestRunner::new_with_rng(config, chance);
        let outcome = runner.run(&input(name), |bytes| {
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
            for (number, seed) in seeds::of(name).into_iter().enumerate() {
                std::fs::write(folder.join(format!("seed-{number:02}")), seed).unwrap();
            }
        }
        let kept: Vec<_> = std::fs::read_dir(folder).unwrap().map(Result::unwrap).collect();
        assert!(!kept.is_empty(), "{name}");
        kept.iter().for_each(|kept| target(&std::fs::read(kept.path()).unwrap()));
    }
}

#[test]
fn the_seeds_are_what_they_say() {
    for (name, target) in targets::TARGETS {
        let seeds = seeds::of(name);
        assert!(seeds.len() > 1, "{name}");
        seeds.iter().for_each(|seed| target(seed));
    }
    let record = &seeds::of("records")[0];
    assert!(rules::record::Record::from_bytes(record).is_ok());
    let funnel = &seeds::of("funnel_json")[0];
    assert!(serde_json::from_slice::<rules::assets::Funnel>(funnel).is_ok());
}

#[test]
fn records_of_the_first_layout_are_read_without_a_wish_for_privacy() {
    use rules::record::Record;
    let mut bytes = seeds::of("records")[0].clone();
    assert_eq!((bytes.first(), bytes.last()), (Some(&2), Some(&0)));
    let now = Record::from_bytes(&bytes).unwrap();
    // The first layout ends before the last field, which is one byte.
    bytes[0] = 1;
    bytes.pop();
    assert_eq!(Record::from_bytes(&bytes).unwrap(), now);
}

#[test]
fn a_record_that_fires_nothing_says_so_in_its_first_byte_and_no_other_does() {
    use rules::record::Record;
    let [firing, quiet] = [0, 2].map(|seed| seeds::of("records")[seed].clone());
    assert!(Record::may_fire(&firing) && !Record::may_fire(&quiet));
    assert!(Record::from_bytes(&quiet).unwrap().fires.is_empty());
    let told_falsely = [&quiet[..1], &firing[1..]].concat();
    assert!(Record::from_bytes(&told_falsely).is_err());
}
