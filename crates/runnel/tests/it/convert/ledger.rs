//! The ledger's one writer: a poisonous call fails alone; what is old and changed nothing goes.

use super::desk::{NOW_MS, World, id};
use runnel::convert::Upload;
use runnel::store::ledger::{self, Call, Job, Notify, Outcome, Unavailable, Verdict};

fn kept(id: &str) -> Job {
    let call = Call { id: id.into(), at_ms: NOW_MS, reason: "test".into(), ..Call::default() };
    Job { call, change: None, task: None, cursor: None }
}

#[tokio::test]
async fn a_poisonous_call_fails_alone() {
    let world = World::new().await;
    let mut submitted = Vec::new();
    // The second cannot be stored: its ID is taken by the first of the same batch.
    for id in ["call00000001", "call00000001", "call00000002", "call00000003"] {
        submitted.push(world.desk.writer.submit(kept(id)).await.unwrap());
    }
    let mut outcomes = Vec::new();
    for one in submitted {
        outcomes.push(one.outcome().await.map(|outcome| match outcome {
            Outcome::Booked(booked) => booked.verdict,
            Outcome::Moved => panic!("nothing moved"),
        }));
    }
    let stored = Ok(Verdict::Unbooked);
    assert_eq!(outcomes, [stored, Err(Unavailable), stored, stored]);
    assert_eq!(world.count("SELECT COUNT(*) FROM calls").await, 3);
}

#[tokio::test]
async fn old_calls_go_but_those_behind_entries_stay() {
    let mut world = World::new().await;
    let hit = world.offer_hit();
    for query in [format!("hit={hit}&tx=T"), format!("hit={hit}&tx=T"), "hit=abc".into()] {
        world.pb(&query).await;
    }
    world.desk.clock.advance_ms(90 * 24 * 3_600_000);
    assert_eq!(world.desk.forget_once().await.unwrap(), 0);
    world.desk.clock.advance_ms(1);
    assert_eq!(world.desk.forget_once().await.unwrap(), 2);
    assert_eq!(world.count("SELECT COUNT(*) FROM calls WHERE seq = 1").await, 1);
    assert_eq!(world.count("SELECT COUNT(*) FROM calls").await, 1);
}

#[tokio::test]
async fn an_undo_that_missed_later_entries_can_be_ordered_again() {
    let mut world = World::new().await;
    let (operation, undo) = (id("Operation"), id("Undo"));
    let database = world.desk.database.clone();
    let begin = "INSERT INTO operations (id, at_ms, kind, actor, summary, undone_by) \
         VALUES ($1, 0, 'conversions', 'Ann', '{}', '')";
    sqlx::query(begin).bind(operation.to_string()).execute(&database.pool).await.unwrap();
    let upload = Upload { event: None, notify: Notify::None, actor: "Ann", operation };
    let lines = format!("{}:A, 5\n{}:B, 5", world.offer_hit(), world.offer_hit());
    world.desk.take_all(world.desk.uploaded(&lines, &upload)).await;
    let restores = ledger::restores(&database, operation).await.unwrap();
    let seqs: Vec<_> = restores.iter().map(|restore| restore.last_seq).collect();
    let (first, last) = (*seqs.iter().min().unwrap(), *seqs.iter().max().unwrap());
    for (seen, noted) in [(first, String::new()), (last, undo.to_string())] {
        ledger::mark_undone(&database, operation, undo, seen).await.unwrap();
        let found = ledger::operation(&database, operation).await.unwrap().unwrap();
        assert_eq!(found.undone_by, noted);
    }
}
