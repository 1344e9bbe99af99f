//! What actions fire: booked once, whenever the program dies (product.md §6.3).

use super::desk::{NOW_MS, World, id, keys};
use journal::{Journal, Options};
use rules::ids::{HitId, RequestKey};
use rules::money::Micros;
use rules::record::{Fire, PassedKind, Record, RequestKind, Taken};
use runnel::convert::Fires;
use std::sync::Arc;

/// A click out of the page of `from` that fires `fires`.
fn click(world: &World, from: HitId, random: u64, fires: Vec<Fire>) -> Record {
    let page = world.past.record_of(from);
    let request = RequestKey::new(NOW_MS - 5_000, 0, 1_000 + random);
    let mut record = (*page).clone();
    record.steps.truncate(1);
    record.steps[0].checksum = request.hit(0, &keys()).checksum();
    record.action = Some(Taken {
        from,
        node: id("NO1"),
        page: Some(id("O1")),
        kind: PassedKind::Offer,
        number: 1,
        connection: id("C1"),
        first: true,
    });
    Record { request, kind: RequestKind::Action, fires, ..record }
}

fn fire(connection: &str, event: Option<&str>, revenue: Option<i64>) -> Fire {
    let event = event.map(str::to_owned);
    Fire { connection: id(connection), event, revenue: revenue.map(Micros) }
}

async fn append(journal: &Journal, record: &Record) {
    let number = journal.append(record.request.as_u128(), record.to_bytes()).unwrap();
    journal.synced(number).await.unwrap();
}

fn open(world: &World) -> Arc<Journal> {
    let folder = world.folder.path().join("journal");
    Arc::new(Journal::open(&folder, Options::default()).unwrap().0)
}

#[tokio::test]
async fn a_click_books_what_it_fires_once_at_its_own_time() {
    let mut world = World::new().await;
    let hit = world.offer_hit();
    let journal = open(&world);
    let both = vec![fire("C1", None, None), fire("C1", Some("lead"), Some(2_000_000))];
    append(&journal, &click(&world, hit, 1, both.clone())).await;
    append(&journal, &click(&world, hit, 2, both)).await;
    let fires = Fires::new(world.desk.clone(), journal, 0);
    fires.catch_up().await.unwrap();
    let tx = format!("action:{}", id("C1"));
    let all = world.conversions().await;
    assert_eq!(all, [format!("{tx} approved 12500000"), format!("{tx} approved 2000000")]);
    assert_eq!(world.count("SELECT COUNT(*) FROM entries").await, 2);
    assert_eq!(world.count("SELECT COUNT(*) FROM calls WHERE via = 'action'").await, 4);
    let times = "SELECT COUNT(*) FROM conversions WHERE first_at_ms = 1789999995000";
    assert_eq!(world.count(times).await, 2);
    // The network's own postback is another conversion.
    world.pb(&format!("hit={hit}&rev=9")).await;
    assert_eq!(world.conversions().await.len(), 3);
}

#[tokio::test]
async fn whenever_the_worker_dies_no_fire_is_lost_or_doubled() {
    let mut world = World::new().await;
    let journal = open(&world);
    for i in 0..5 {
        let hit = world.offer_hit();
        let fires = vec![fire("C1", None, Some(1_000_000)), fire("C2", Some("viewed"), None)];
        append(&journal, &click(&world, hit, i, fires)).await;
    }
    // Each attempt dies after one more call was booked: the next begins with what the ledger knows.
    for most in 1..12 {
        let fires = Fires::new(world.desk.clone(), journal.clone(), 0);
        let booked = async {
            while world.count("SELECT COUNT(*) FROM calls").await < most.min(10) {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            done = fires.catch_up() => done.unwrap(),
            () = booked => {}
        }
    }
    Fires::new(world.desk.clone(), journal.clone(), 0).catch_up().await.unwrap();
    assert_eq!(world.count("SELECT COUNT(*) FROM calls").await, 10);
    assert_eq!(world.count("SELECT COUNT(*) FROM entries").await, 10);
    assert_eq!(world.conversions().await.len(), 10);
    assert_eq!(world.count("SELECT record FROM ledger_cursors").await, 4);
    // Even without the cursor nothing is booked twice.
    sqlx::query("DELETE FROM ledger_cursors").execute(&world.desk.database.pool).await.unwrap();
    Fires::new(world.desk.clone(), journal, 0).catch_up().await.unwrap();
    assert_eq!(world.count("SELECT COUNT(*) FROM entries").await, 10);
}

#[tokio::test]
async fn what_touched_the_same_tx_before_stands() {
    let mut world = World::new().await;
    let hit = world.offer_hit();
    let journal = open(&world);
    let tx = format!("action:{}", id("C1"));
    world.pb(&format!("hit={hit}&tx={tx}&rev=3")).await;
    append(&journal, &click(&world, hit, 1, vec![fire("C1", None, None)])).await;
    Fires::new(world.desk.clone(), journal, 0).catch_up().await.unwrap();
    assert_eq!(world.conversions().await, [format!("{tx} approved 3000000")]);
}

#[tokio::test]
async fn bots_and_lost_pages_fire_nothing_and_stop_nobody() {
    let mut world = World::new().await;
    let journal = open(&world);
    let (lost, bot, person) = (world.offer_hit(), world.offer_hit(), world.offer_hit());
    for (i, hit) in [lost, bot, person].into_iter().enumerate() {
        append(&journal, &click(&world, hit, i as u64, vec![fire("C1", None, None)])).await;
    }
    world.past.remove(lost);
    world.past.make_bot(bot);
    Fires::new(world.desk.clone(), journal, 0).catch_up().await.unwrap();
    assert_eq!(world.conversions().await.len(), 1);
    let unbooked = "SELECT COUNT(*) FROM calls WHERE reason IN ('bot', 'hit_lost')";
    assert_eq!(world.count(unbooked).await, 2);
}
