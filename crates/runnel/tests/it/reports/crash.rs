//! The report store after kills, torn files and rebuilds: always the same report.

use super::truth::{Asked, COLUMNS};
use super::world::{Fed, START_MS, World};
use super::{report, sums};
use rules::cost_change::CostChange;
use rules::entry::Entry;
use rules::record::{Record, RequestKind};
use runnel::feed::{self, Each, Page, Sources};
use runnel::store::facts::{Facts, Writer};
use std::path::Path;

fn asked() -> Asked {
    Asked {
        from_ms: START_MS as i64 - 86_400_000,
        to_ms: START_MS as i64 + 400 * 86_400_000,
        zone: "UTC",
        conversion_clock: false,
        bots: "include",
        groupings: vec!["node", "country"],
        filters: vec![],
        excluded: vec![],
    }
}

fn open(folder: &Path) -> (Facts, Writer) {
    let facts = Facts::new(folder.into(), 250);
    let writer = facts.open().unwrap();
    (facts, writer)
}

/// The files as a kill would leave them: copied while the store is open.
fn killed(folder: &Path) -> tempfile::TempDir {
    let left = tempfile::tempdir().unwrap();
    std::fs::copy(folder.join("facts.duckdb"), left.path().join("facts.duckdb")).unwrap();
    left
}

/// Feeds to the end and holds the report against what happened.
fn finish_and_hold(folder: &Path, world: &World) {
    let (facts, mut writer) = open(folder);
    let mut sources = Fed { world: world.clone(), page: 1000 };
    while feed::step(&mut sources, &mut writer).unwrap() {}
    let totals = sums(&report(&facts, asked().query()).totals);
    assert_eq!(totals, asked().answer(world).totals, "{COLUMNS:?}");
}

#[test]
fn a_kill_between_any_two_commits_loses_and_doubles_nothing() {
    let world = World::random(3, 12);
    let folder = tempfile::tempdir().unwrap();
    let (_facts, mut writer) = open(folder.path());
    let mut sources = Fed { world: world.clone(), page: 4 };
    let mut steps = 0;
    while feed::step(&mut sources, &mut writer).unwrap() {
        steps += 1;
        if steps % 3 == 0 {
            writer.checkpoint();
        }
        finish_and_hold(killed(folder.path()).path(), &world);
    }
    assert!(steps > 6, "there are kills before, after and between checkpoints");
}

#[test]
fn a_kill_takes_rows_and_cursors_since_the_last_checkpoint_together() {
    let world = World::random(4, 12);
    let folder = tempfile::tempdir().unwrap();
    let (_facts, mut writer) = open(folder.path());
    let mut sources = Fed { world: world.clone(), page: 20 };
    feed::step(&mut sources, &mut writer).unwrap();
    writer.checkpoint();
    let kept = writer.cursors().unwrap();
    while feed::step(&mut sources, &mut writer).unwrap() {}
    assert_ne!(writer.cursors().unwrap(), kept);
    let left = killed(folder.path());
    assert_eq!(open(left.path()).1.cursors().unwrap(), kept);
    finish_and_hold(left.path(), &world);
}

#[test]
fn a_file_that_is_no_store_is_set_aside_and_filled_anew() {
    let world = World::random(5, 8);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("facts.duckdb"), b"not a database, but long enough").unwrap();
    finish_and_hold(folder.path(), &world);
    assert!(folder.path().join("facts.duckdb.aside").exists());
}

#[test]
fn a_rebuild_gives_the_same_report() {
    let world = World::random(6, 20);
    let folder = tempfile::tempdir().unwrap();
    let facts = Facts::new(folder.path().into(), 250);
    let mut sources = Fed { world, page: 9 };
    let mut writer = facts.open().unwrap();
    while feed::step(&mut sources, &mut writer).unwrap() {}
    drop(writer);
    let before = report(&facts, asked().query());
    feed::rebuild(&facts, &mut Fed { page: 1000, ..sources }).unwrap();
    let after = report(&facts, asked().query());
    assert_eq!(serde_json::to_value(before).unwrap(), serde_json::to_value(after).unwrap());
}

#[test]
fn ends_inside_duckdb_fill_the_store_anew_and_then_turn_reports_off() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("facts.inside");
    // What two runs leave that ended inside: the second knew of the first.
    std::fs::write(&inside, "1").unwrap();
    std::fs::write(folder.path().join("facts.duckdb"), b"what ended them").unwrap();
    drop(open(folder.path()));
    assert!(folder.path().join("facts.duckdb.aside").exists());
    // It opened, so the count begins anew. A third end in a row turns reports off.
    std::fs::write(&inside, "2").unwrap();
    let facts = Facts::new(folder.path().into(), 250);
    assert!(facts.open().is_err());
    assert!(super::try_report(&facts, asked().query()).is_err());
    // A rebuild is the way out.
    feed::rebuild(&facts, &mut Fed { world: World::random(1, 2), page: 10 }).unwrap();
    assert!(super::try_report(&facts, asked().query()).is_ok());
}

/// A journal of nothing but touches, which fails from one number on.
struct Failing {
    touch: Record,
    from: u64,
}

impl Sources for Failing {
    fn records(&mut self, from: u64, most: usize, each: &mut Each<'_>) -> anyhow::Result<u64> {
        let to = from + most as u64;
        for number in from..to {
            anyhow::ensure!(number < self.from, "the disk fails");
            each(number, Ok(&self.touch));
        }
        Ok(to)
    }

    fn entries(&mut self, after: i64, _: usize) -> anyhow::Result<Page<Entry, i64>> {
        Ok(Page { items: Vec::new(), next: after })
    }

    fn costs(&mut self, after: i64) -> anyhow::Result<Page<CostChange, i64>> {
        Ok(Page { items: Vec::new(), next: after })
    }
}

#[test]
fn what_comes_before_a_failure_is_taken_in() {
    let touch = Record { kind: RequestKind::Touch, ..World::random(6, 1).records[0].clone() };
    let folder = tempfile::tempdir().unwrap();
    let (_facts, mut writer) = open(folder.path());
    let mut sources = Failing { touch, from: 10_000 };
    assert!(feed::step(&mut sources, &mut writer).unwrap());
    // Whole batches of 4,096 records.
    assert_eq!(writer.cursors().unwrap().records, 8_192);
    assert_eq!(feed::step(&mut sources, &mut writer).unwrap_err().to_string(), "the disk fails");
    assert_eq!(writer.cursors().unwrap().records, 8_192);
    sources.from = 200_000;
    assert!(feed::step(&mut sources, &mut writer).unwrap());
    assert_eq!(writer.cursors().unwrap().records, 8_192 + 30 * 4_096, "a transaction's worth");
}
