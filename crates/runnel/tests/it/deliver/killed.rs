//! The real program is killed at random moments while it books and delivers. What was owed arrives; a
//! delivery is repeated only if a kill came while it was under way, once for such a kill, so never more
//! often than there were kills; one kill repeats no more than a destination takes at a time; what came
//! of it is written once; and a rejection never comes before its approval.

use crate::origin::drawn;
use crate::receiver::{Heard, Receiver};
use crate::world::IPHONE;
use parking_lot::Mutex;
use proof::server::{Program, Server};
use reqwest::Url;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

const KILLS: usize = 20;
/// Whatever the number of kills: no new one is begun after this.
const MOST_TIME: Duration = Duration::from_secs(30);
const VISITORS: usize = 6;

/// What the network knows: `tx status` of each call that was answered.
#[derive(Default)]
struct Books {
    next: AtomicU32,
    answered: Mutex<BTreeSet<String>>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_owed_arrives_in_order_across_kills() {
    let folder = tempfile::tempdir().unwrap();
    let (data, log) = (folder.path().join("data"), folder.path().join("log"));
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("runnel.toml"), "outbound_allow = [\"127.0.0.1\"]\n").unwrap();
    let program = Program::new(Path::new(env!("CARGO_BIN_EXE_runnel")), &data, &log);
    let key = program.owner_key();
    let receiver = Receiver::new().await;
    let mut server = program.start().await;
    let sources = [
        source(&server, &key, &format!("{}/single", receiver.url), 1).await,
        source(&server, &key, &format!("{}/many", receiver.url), 8).await,
    ];
    let funnel = funnel(&server, &key).await;
    let books = Arc::new(Books::default());
    // How many calls were made in all lives up to each kill.
    let (began, mut kills) = (Instant::now(), Vec::new());
    while kills.len() < KILLS && began.elapsed() < MOST_TIME {
        let heard = receiver.heard().len();
        let load: Vec<_> = (0..VISITORS)
            .map(|n| {
                let path = format!("/fts/{funnel}-{}", sources[n % 2]);
                tokio::spawn(visits(server.client.clone(), server.track(""), path, books.clone()))
            })
            .collect();
        // Something is delivered in every life; the moment within it is left to chance.
        receiver.hears(heard + 1).await;
        let moment = rand_ms(250);
        tokio::time::sleep(Duration::from_millis(moment)).await;
        server.kill();
        for visitor in load {
            visitor.await.unwrap();
        }
        kills.push(receiver.heard_of_the_gone().await);
        server = program.start().await;
    }
    nothing_is_owed(&server, &key).await;
    all_arrived(&books, &receiver);
    let arrivals = arrivals(&receiver.heard(), &kills);
    for (path, most_under_way) in [("/single", 1), ("/many", 8)] {
        repeats_are_of_kills(path, &arrivals[path], kills.len(), most_under_way);
        rejections_come_last(path, &arrivals[path]);
    }
    written_once(&server, &key, &arrivals).await;
}

/// Chance from the clock: the tests have no need to repeat it.
fn rand_ms(below: u64) -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    u64::from(now.subsec_nanos()) / 1000 % below
}

fn all_arrived(books: &Books, receiver: &Receiver) {
    let heard = receiver.heard();
    let said = heard.iter().map(|one| format!("{} {}", one.parameter("t"), one.parameter("s")));
    let arrived: HashSet<_> = said.collect();
    let answered = books.answered.lock();
    let lost: Vec<_> = answered.iter().filter(|said| !arrived.contains(*said)).collect();
    assert!(lost.is_empty(), "{} of {} never arrived: {lost:?}", lost.len(), answered.len());
}

/// A call that arrived.
struct Arrival {
    tx: String,
    status: String,
    delivery: String,
    /// How many kills there were before it.
    life: usize,
}

/// What arrived at each path, in its order.
fn arrivals(heard: &[Heard], kills: &[usize]) -> BTreeMap<String, Vec<Arrival>> {
    let mut arrivals: BTreeMap<String, Vec<Arrival>> = BTreeMap::new();
    for (place, one) in heard.iter().enumerate() {
        let path = one.target.split('?').next().unwrap().to_owned();
        let life = kills.partition_point(|heard_before| *heard_before <= place);
        let (tx, status, delivery) = (one.parameter("t"), one.parameter("s"), one.delivery());
        arrivals.entry(path).or_default().push(Arrival { tx, status, delivery, life });
    }
    arrivals
}

/// Who is called again was under way when the life of its last call ended: that kill repeats it.
fn repeats_are_of_kills(path: &str, arrivals: &[Arrival], kills: usize, most_under_way: usize) {
    let mut lives: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for one in arrivals {
        lives.entry(&one.delivery).or_default().push(one.life);
    }
    let mut by_kill = vec![0; kills];
    for (delivery, lives) in &lives {
        for pair in lives.windows(2) {
            assert!(pair[0] < pair[1], "{path}: {delivery} came twice without a kill: {lives:?}");
            by_kill[pair[0]] += 1;
        }
        assert!(lives.len() <= 1 + kills, "{path}: {delivery} came in {lives:?}");
    }
    let repeated = arrivals.len() - lives.len();
    println!("{path}: {} deliveries, {repeated} repeated by kills: {by_kill:?}", lives.len());
    let too_many = by_kill.iter().any(|repeats| *repeats > most_under_way);
    assert!(!too_many, "{path}: more were repeated than were under way: {by_kill:?}");
}

fn rejections_come_last(path: &str, arrivals: &[Arrival]) {
    let mut rejected = HashSet::new();
    for Arrival { tx, status, .. } in arrivals {
        match status.as_str() {
            "rejected" => drop(rejected.insert(tx)),
            _ => assert!(!rejected.contains(tx), "{path}: {tx} is approved after its rejection"),
        }
    }
}

/// The log has exactly what arrived, each with one attempt: what was written as delivered was not sent
/// again, and nothing that was owed is missing.
async fn written_once(server: &Server, key: &str, arrivals: &BTreeMap<String, Vec<Arrival>>) {
    let arrived: BTreeSet<_> =
        arrivals.values().flatten().map(|one| one.delivery.clone()).collect();
    let mut written = BTreeSet::new();
    loop {
        let part = json!({"limit": 1000, "offset": written.len()});
        let log = server.api("POST", "/reports/deliveries", key, part).await;
        let log: Value = log.json().await.unwrap();
        let rows = log["rows"].as_array().unwrap();
        for row in rows {
            assert_eq!(
                (&row["state"], &row["attempts"]),
                (&json!("delivered"), &json!(1)),
                "{row}"
            );
            written.insert(row["id"].as_str().unwrap().to_owned());
        }
        if rows.is_empty() {
            break;
        }
    }
    assert_eq!(written, arrived);
}

/// One visitor after another until the server is gone: each converts, and is rejected at once.
async fn visits(client: reqwest::Client, track: String, path: String, books: Arc<Books>) {
    let visit = async || -> Option<()> {
        let tx = format!("T{}", books.next.fetch_add(1, Ordering::Relaxed));
        let lander = follow(&client, &format!("{track}{path}")).await?;
        let offer = follow(&client, &format!("{track}/action/1?hit={lander}")).await?;
        for (status, word) in [("rev=5", "approved"), ("status=rejected", "rejected")] {
            let url = format!("{track}/pb/?hit={offer}&tx={tx}&{status}");
            let answer = client.get(url).send().await.ok()?;
            if answer.status() == 200 && answer.text().await.ok()? == "OK" {
                books.answered.lock().insert(format!("{tx} {word}"));
            }
        }
        Some(())
    };
    while visit().await.is_some() {}
}

/// The hit in the address that a tracking URL leads to.
async fn follow(client: &reqwest::Client, url: &str) -> Option<String> {
    let answer = client.get(url).header("user-agent", IPHONE).send().await.ok()?;
    assert_eq!(answer.status(), 302, "{url}");
    let to: Url = answer.headers()["location"].to_str().unwrap().parse().unwrap();
    to.query_pairs().find(|(name, _)| name == "h").map(|(_, hit)| hit.into_owned())
}

async fn nothing_is_owed(server: &Server, key: &str) {
    let patience = Instant::now() + Duration::from_secs(60);
    let owed = json!({"filter": {"states": ["owed"]}, "limit": 1});
    loop {
        let log = server.api("POST", "/reports/deliveries", key, owed.clone()).await;
        let log: Value = log.json().await.unwrap();
        if log["total"] == 0 {
            return;
        }
        assert!(Instant::now() < patience, "still owed: {log}");
        tokio::task::yield_now().await;
    }
}

async fn make(server: &Server, key: &str, kind: &str, body: Value) -> String {
    let answer = server.api("POST", &format!("/{kind}"), key, body).await;
    assert!(answer.status().is_success(), "{kind}: {}", answer.text().await.unwrap());
    answer.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned()
}

async fn source(server: &Server, key: &str, url: &str, concurrency: u32) -> String {
    let postback = json!({"url": format!("{url}?t={{tx}}&s={{status}}"), "tell": "every-change",
        "limits": {"concurrency": concurrency, "perSecond": 10_000}});
    let source = json!({"name": url, "postbacks": {"conversion": postback}});
    make(server, key, "traffic-sources", source).await
}

async fn funnel(server: &Server, key: &str) -> String {
    let lander = json!({"name": "L", "url": "https://lander.example/?h={hit}"});
    let lander = make(server, key, "landers", lander).await;
    let offer = json!({"name": "O", "url": "https://offer.example/?h={hit}", "payout": "9.99"});
    let offer = make(server, key, "offers", offer).await;
    let page = |node: &str, kind: &str, page: &str| json!({"id": drawn(node), "kind": kind, "pages": [{"page": page}]});
    let funnel = json!({"name": "F",
        "nodes": [{"id": drawn("kroot"), "kind": "traffic"},
            page("klander", "lander", &lander), page("koffer", "offer", &offer)],
        "connections": [
            {"id": drawn("kc1"), "from": drawn("kroot"), "to": drawn("klander")},
            {"id": drawn("kc2"), "from": drawn("klander"), "to": drawn("koffer"), "actions": [1]}]});
    make(server, key, "funnels", funnel).await
}
