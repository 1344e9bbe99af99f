//! What happens on the hostile disk, from one number each. `JOURNAL_SEED=n` repeats one story;
//! `JOURNAL_SEEDS=n` tells that many, from `JOURNAL_FIRST_SEED` on.

use super::model::Model;
use super::{Chance, HostileDisk, Ill};
use crate::{Journal, Options, Unsafe};
use std::sync::Arc;

const DEFAULT_SEEDS: u64 = 300;

fn number_from(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect(variable))
}

/// Tells the story for every seed; a failing one is named.
fn for_all_seeds(story: fn(u64)) {
    if let Some(seed) = number_from("JOURNAL_SEED") {
        return story(seed);
    }
    let first = number_from("JOURNAL_FIRST_SEED").unwrap_or(0);
    for seed in (first..).take(number_from("JOURNAL_SEEDS").unwrap_or(DEFAULT_SEEDS) as usize) {
        if let Err(panic) = std::panic::catch_unwind(|| story(seed)) {
            eprintln!("repeat with JOURNAL_SEED={seed}");
            std::panic::resume_unwind(panic);
        }
    }
}

fn work(model: &mut Model, turns: usize) {
    for _ in 0..turns {
        match model.chance.below(10) {
            0..=4 => model.append(),
            5 => model.write(),
            6 => model.sync(),
            7 => (model.write(), model.sync()).1,
            8 => model.tend(),
            _ => model.look(),
        }
    }
}

fn some_illness(chance: &mut Chance) -> Ill {
    let mut ill = Ill::default();
    match chance.below(5) {
        0 => ill.failing_writes = 30,
        1 => ill.failing_syncs = 30,
        2 => ill.full = true,
        3 => (ill.failing_writes, ill.failing_syncs) = (10, 10),
        _ => ill.power_fails_after = Some(chance.below(60)),
    }
    ill
}

#[test]
fn confirmed_records_survive_crashes() {
    for_all_seeds(|seed| {
        let mut model = Model::new(seed);
        for _ in 0..4 {
            let turns = model.chance.below(80);
            work(&mut model, turns);
            let power = model.chance.percent(70);
            model.die(power, Ill::default());
        }
        model.heal();
    });
}

#[test]
fn confirmed_records_survive_a_failing_disk() {
    for_all_seeds(|seed| {
        let mut model = Model::new(seed);
        for _ in 0..4 {
            work(&mut model, 20);
            let ill = some_illness(&mut model.chance);
            model.disk.set(ill);
            work(&mut model, 40);
            if model.chance.percent(50) && ill.power_fails_after.is_none() {
                model.heal();
            }
            let power = model.chance.percent(50) || ill.power_fails_after.is_some();
            let ill = if model.chance.percent(50) {
                some_illness(&mut model.chance)
            } else {
                Ill::default()
            };
            model.die(power, ill);
        }
        work(&mut model, 20);
        model.heal();
    });
}

#[test]
fn what_a_failed_sync_left_in_view_is_not_trusted() {
    for_all_seeds(|seed| {
        let mut model = Model::new(seed);
        let turns = model.chance.below(30);
        work(&mut model, turns);
        model.disk.set(Ill { failing_syncs: 100, ..Ill::default() });
        work(&mut model, 10);
        // The process dies and finds unsynced records in the page cache; then the machine dies.
        model.die(false, Ill::default());
        model.die(true, Ill::default());
    });
}

#[test]
fn a_full_disk_does_not_keep_the_journal_from_opening() {
    for_all_seeds(|seed| {
        let mut model = Model::new(seed);
        let turns = model.chance.below(60);
        work(&mut model, turns);
        model.disk.set(Ill { failing_syncs: 50, ..Ill::default() });
        work(&mut model, 10);
        model.die_at_once(false, Ill { full: true, ..Ill::default() });
        model.die(true, Ill::default());
        work(&mut model, 20);
        model.heal();
    });
}

#[test]
fn a_turned_bit_costs_at_most_its_record() {
    for_all_seeds(|seed| {
        let mut model = Model::new(seed);
        for _ in 0..3 {
            let turns = model.chance.below(100);
            work(&mut model, turns);
            if model.chance.percent(50) {
                model.heal();
            }
            let power = model.chance.percent(70);
            model.die(power, Ill::default());
        }
        model.flip();
        for _ in 0..2 {
            // Twice in a row: what the first recovery learnt, the second must still know.
            if model.chance.percent(50) {
                work(&mut model, 20);
                model.heal();
            }
            model.die(true, Ill::default());
        }
    });
}

#[test]
fn unreadable_sectors_alter_nothing() {
    for_all_seeds(|seed| {
        let mut model = Model::new(seed);
        let turns = model.chance.below(150);
        work(&mut model, turns);
        model.heal();
        // Any number of records may be unreadable at the moment; none may be wrong.
        model.disk.set(Ill { failing_reads: 20, ..Ill::default() });
        model.look_unsure();
    });
}

#[tokio::test]
async fn waiters_learn_of_a_broken_disk_and_of_its_recovery() {
    let disk = HostileDisk::new(Chance::new(1));
    let options = Options { most_unsynced_bytes: 3_000, ..Options::default() };
    let (journal, _) = Journal::open_on(Arc::new(disk.clone()), options).unwrap();
    let first = journal.append(1, "safe").unwrap();
    assert_eq!(journal.synced(first).await, Ok(()));

    disk.set(Ill { failing_syncs: 100, ..Ill::default() });
    let second = journal.append(2, "waits").unwrap();
    assert_eq!(journal.synced(second).await, Err(Unsafe));
    assert_eq!(journal.find(2).unwrap().unwrap().number, second);
    assert!(journal.health().broken);
    while journal.append(3, vec![0; 500]).is_ok() {}
    let health = journal.health();
    assert_eq!((health.dropped, health.synced), (1, 1));

    let mut watermark = journal.subscribe();
    disk.set(Ill::default());
    watermark.wait_for(|mark| *mark == health.appended).await.unwrap();
    assert_eq!(journal.synced(second).await, Ok(()));
    assert!(!journal.health().broken);
    assert_eq!(journal.read(0, 99).unwrap().len() as u64, health.appended);
}
