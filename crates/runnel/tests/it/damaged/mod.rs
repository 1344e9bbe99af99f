//! Derived stores deleted, cut, flipped, of another version, or something else altogether: the real
//! program sets them aside, makes them again, and shows the same reports.

mod stage;

use stage::{Stage, flip, flip_in_the_largest};
use std::path::Path;

/// What happens to a data folder while no server runs.
type Damage = (&'static str, fn(&Path));

const FACTS: &str = "facts.duckdb";
/// Earlier versions kept one beside the file.
const LOG: &str = "facts.duckdb.wal";

fn cut(path: &Path, part: u64) {
    let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(file.metadata().unwrap().len() * part / 100).unwrap();
}

fn make_folder(path: &Path) {
    std::fs::remove_file(path).unwrap();
    std::fs::create_dir_all(path.join("inner")).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_store_lost_or_replaced_is_made_again() {
    let stage = Stage::set().await;
    let damages: [Damage; 6] = [
        ("gone", |data| std::fs::remove_file(data.join(FACTS)).unwrap()),
        ("gone but for its log", |data| {
            std::fs::rename(data.join(FACTS), data.join(LOG)).unwrap();
        }),
        ("cut in half", |data| cut(&data.join(FACTS), 50)),
        ("empty", |data| cut(&data.join(FACTS), 0)),
        ("a folder", |data| make_folder(&data.join(FACTS))),
        ("of an older version", |data| {
            let store = duckdb::Connection::open(data.join(FACTS)).unwrap();
            store.execute_batch("UPDATE state SET layout = layout - 1; CHECKPOINT").unwrap();
        }),
    ];
    stage.hold(&damages).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_store_with_flipped_bits_is_made_again() {
    let stage = Stage::set().await;
    // The first three blocks are headers; the others hold tables, and space that nobody reads.
    let damages: [Damage; 6] = [
        ("first header", |data| flip(&data.join(FACTS), 0.0, 64)),
        ("headers", |data| (0..3).for_each(|n| stage::flip_at(&data.join(FACTS), n * 4096 + 20))),
        ("a tenth in", |data| flip(&data.join(FACTS), 0.1, 4096)),
        ("a third in", |data| flip(&data.join(FACTS), 0.33, 4096)),
        ("two thirds in", |data| flip(&data.join(FACTS), 0.66, 4096)),
        ("everywhere", |data| {
            (1..100).for_each(|n| flip(&data.join(FACTS), f64::from(n) / 100.0, 3));
        }),
    ];
    stage.hold(&damages).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_store_beside_a_log_that_is_none_is_made_again() {
    let stage = Stage::set().await;
    let damages: [Damage; 2] = [
        ("text", |data| std::fs::write(data.join(LOG), "no log").unwrap()),
        ("a folder", |data| std::fs::create_dir_all(data.join(LOG).join("inner")).unwrap()),
    ];
    stage.hold(&damages).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_lost_or_damaged_are_replayed() {
    let stage = Stage::set().await;
    let damages: [Damage; 5] = [
        ("gone", |data| std::fs::remove_dir_all(data.join("sessions")).unwrap()),
        ("a file", |data| {
            std::fs::remove_dir_all(data.join("sessions")).unwrap();
            std::fs::write(data.join("sessions"), "no folder").unwrap();
        }),
        ("all files cut", |data| stage::each_file(&data.join("sessions"), |file| cut(file, 50))),
        ("flipped", |data| flip_in_the_largest(&data.join("sessions"))),
        ("of another version", |data| {
            stage::each_file(&data.join("sessions"), |file| {
                if file.file_name().is_some_and(|name| name == "version") {
                    std::fs::write(file, "no version").unwrap();
                }
            });
        }),
    ];
    stage.hold(&damages).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ends_inside_duckdb_have_the_store_made_again_then_reports_turned_off_and_redirects_go_on()
{
    let stage = Stage::set().await;
    // As a second run in a row that ended inside leaves it.
    stage
        .hold(&[("two ends", |data| std::fs::write(data.join("facts.inside"), "1").unwrap())])
        .await;
    let data = stage.copy();
    std::fs::write(data.path().join("facts.inside"), "2").unwrap();
    let server = stage.start(data.path());
    assert_eq!(stage.report_status(&server).await, 503);
    assert_eq!(server.get(&stage.entrance).await.status(), 302);
    server.stop();
    // The rebuild that the message names is the way out.
    let server = {
        stage::rebuild(data.path());
        stage.start(data.path())
    };
    stage.wait_for_visits(&server, stage.visits() + 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_rebuilds_give_the_same_reports() {
    let stage = Stage::set().await;
    let data = stage.copy();
    for _ in 0..2 {
        stage::rebuild(data.path());
        let server = stage.start(data.path());
        stage.compare(&server, "rebuilt").await;
        server.stop();
    }
}
