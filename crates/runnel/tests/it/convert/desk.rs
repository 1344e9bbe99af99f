//! A desk over a temporary database, with records and sessions that a test lays out by hand.

use axum::body::Body;
use http::{Request, StatusCode, header};
use parking_lot::Mutex;
use rules::assets::{Event, Funnel, Lander, Offer, OfferSource, TrafficSource};
use rules::ids::{EntityId, HitId, IdKey, IdKeys, RequestKey, Vid};
use rules::money::Micros;
use rules::record::{PassedKind, PlanId, Record, RequestKind, Step};
use rules::session::Session;
use runnel::clock::Clock;
use runnel::config::Config;
use runnel::convert::Desk;
use runnel::convert::resolve::{Found, Hits, Promised, Sessions};
use runnel::snapshot::{Held, Shelf, Snapshot};
use runnel::store::Database;
use runnel::store::ledger::{AfterCommit, Committed, Unavailable, Writer};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use tower::ServiceExt;

/// 2026-09-21T14:13:20Z.
pub const NOW_MS: u64 = 1_790_000_000_000;

pub fn id(name: &str) -> EntityId {
    format!("{name:0<12}").parse().unwrap()
}

pub fn keys() -> IdKeys {
    IdKeys::new(IdKey([7; 16]), vec![])
}

/// Records, sessions and what was committed, as the desk sees them.
#[derive(Default)]
pub struct Past {
    records: Mutex<HashMap<u128, Found>>,
    sessions: Mutex<HashMap<Vid, Session>>,
    pub rebuilding: AtomicBool,
    pub committed: Mutex<Vec<Committed>>,
}

impl Past {
    pub fn add(&self, record: Record) {
        let mut records = self.records.lock();
        let number = records.len() as u64;
        let mut sessions = self.sessions.lock();
        let session = sessions.entry(record.vid).or_insert_with(|| Session::new(record.vid));
        session.apply(&record, TTL_MS);
        let key = record.request.as_u128();
        records.insert(key, Found { number, record: Arc::new(record) });
    }
}

impl Past {
    pub fn record_of(&self, hit: HitId) -> Arc<Record> {
        self.records.lock()[&hit.request().as_u128()].record.clone()
    }

    pub fn remove(&self, hit: HitId) {
        self.records.lock().remove(&hit.request().as_u128());
    }

    pub fn make_bot(&self, hit: HitId) {
        let mut records = self.records.lock();
        let found = records.get_mut(&hit.request().as_u128()).unwrap();
        Arc::make_mut(&mut Arc::make_mut(&mut found.record).facts).bot = "crawler".into();
    }
}

pub const TTL_MS: u64 = 4 * 24 * 3_600_000;

impl Hits for Past {
    fn find(&self, hit: HitId) -> Result<Option<Found>, Unavailable> {
        Ok(self.records.lock().get(&hit.request().as_u128()).cloned())
    }
    fn synced(&self, _: u64) -> Promised<'_, Result<(), Unavailable>> {
        Box::pin(async { Ok(()) })
    }
}

impl Sessions for Past {
    fn of(&self, vid: Vid) -> Result<Option<Session>, Unavailable> {
        match self.rebuilding.load(Ordering::SeqCst) {
            true => Err(Unavailable),
            false => Ok(self.sessions.lock().get(&vid).cloned()),
        }
    }
}

struct Listen(Weak<Past>);

impl AfterCommit for Listen {
    fn committed(&self, entry: &Committed) {
        if let Some(past) = self.0.upgrade() {
            past.committed.lock().push(entry.clone());
        }
    }
}

/// A desk with an offer `O1` (payout 12.50) of the source `Network`, and a lander `L1`.
pub struct World {
    pub desk: Arc<Desk>,
    pub past: Arc<Past>,
    pub snapshot: Arc<arc_swap::ArcSwap<Snapshot>>,
    pub folder: tempfile::TempDir,
    random: u64,
}

impl World {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::in_folder(folder).await
    }

    pub async fn in_folder(folder: tempfile::TempDir) -> Self {
        let database = Database::open(folder.path()).await.unwrap();
        let clock = Clock::fake(NOW_MS);
        let past = Arc::new(Past::default());
        let listen = Arc::new(Listen(Arc::downgrade(&past)));
        let (writer, _) = Writer::start(database.clone(), clock.clone(), listen);
        let snapshot = Arc::new(arc_swap::ArcSwap::from_pointee(configuration()));
        let desk = Arc::new(Desk {
            clock,
            keys: keys(),
            database,
            snapshot: snapshot.clone(),
            hits: past.clone(),
            sessions: past.clone(),
            writer,
            client: Box::new(|peer, _| peer),
            limits: (&Config::default()).into(),
            strangers: Default::default(),
        });
        Self { desk, past, snapshot, folder, random: 0 }
    }

    pub fn change(&self, change: impl FnOnce(&mut Snapshot)) {
        let mut snapshot = (**self.snapshot.load()).clone();
        change(&mut snapshot);
        self.snapshot.store(Arc::new(snapshot));
    }

    pub fn change_source(&self, change: impl FnOnce(&mut OfferSource)) {
        self.change(|snapshot| {
            let held = snapshot.offer_sources.get_mut(&id("Network")).unwrap();
            change(Arc::make_mut(&mut held.asset));
        });
    }

    pub fn change_offer(&self, change: impl FnOnce(&mut Offer)) {
        self.change(|snapshot| {
            let held = snapshot.offers.get_mut(&id("O1")).unwrap();
            change(Arc::make_mut(&mut held.asset));
        });
    }

    pub fn visitor(&mut self) -> Vid {
        self.random += 1;
        Vid::new(NOW_MS - 60_000, self.random, &keys())
    }

    /// A visit of a new visitor: traffic, then the nodes given, all in one request.
    pub fn visit(&mut self, steps: &[(PassedKind, &str)]) -> (Vid, Vec<HitId>) {
        let vid = self.visitor();
        let hits = self.visit_of(vid, NOW_MS - 60_000, steps);
        (vid, hits)
    }

    pub fn visit_of(&mut self, vid: Vid, at_ms: u64, steps: &[(PassedKind, &str)]) -> Vec<HitId> {
        self.random += 1;
        let request = RequestKey::new(at_ms, 0, self.random);
        let all = [(PassedKind::Traffic, "")].into_iter().chain(steps.iter().copied());
        let steps: Vec<_> = all
            .enumerate()
            .map(|(index, (kind, page))| Step {
                checksum: request.hit(index, &keys()).checksum(),
                node: if page.is_empty() { id("Root") } else { id(&format!("N{page}")) },
                kind,
                page: kind.is_page().then(|| id(page)),
                by: None,
                first: true,
            })
            .collect();
        let record = record(request, vid, steps);
        let hits = record.hits().map(|(hit, _)| hit).collect();
        self.past.add(record);
        hits
    }

    /// A visitor whose hit of the offer O1 is ready to convert.
    pub fn offer_hit(&mut self) -> HitId {
        self.visit(&[(PassedKind::Offer, "O1")]).1[1]
    }

    pub async fn get(&self, path: &str) -> (StatusCode, String) {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, path: &str, media: &str, body: &str) -> (StatusCode, String) {
        let request = Request::post(path).header(header::CONTENT_TYPE, media);
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    pub async fn send(&self, request: Request<Body>) -> (StatusCode, String) {
        self.send_from(request, "192.0.2.1:9").await
    }

    pub async fn send_from(&self, mut request: Request<Body>, peer: &str) -> (StatusCode, String) {
        let peer: SocketAddr = peer.parse().unwrap();
        request.extensions_mut().insert(runnel::server::Peer(peer));
        let response = runnel::http::networks(self.desk.clone())
            .merge(runnel::http::pages(self.desk.clone()))
            .oneshot(request)
            .await
            .unwrap();
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    /// The body of a postback that must answer 200.
    pub async fn pb(&self, query: &str) -> String {
        let (status, body) = self.get(&format!("/pb/?{query}")).await;
        assert_eq!(status, StatusCode::OK, "{query}: {body}");
        body
    }

    /// The JSON answer of a postback.
    pub async fn json(&self, query: &str) -> serde_json::Value {
        serde_json::from_str(&self.pb(&format!("{query}&format=json")).await).unwrap()
    }

    /// All conversions as `tx status revenue`, by tx and then in the order they were made.
    pub async fn conversions(&self) -> Vec<String> {
        let sql = "SELECT tx || ' ' || status || ' ' || revenue FROM conversions \
             ORDER BY tx, first_at_ms, repeat_number";
        sqlx::query_scalar(sql).fetch_all(&self.desk.database.pool).await.unwrap()
    }

    /// One number from the database.
    pub async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.desk.database.pool).await.unwrap()
    }
}

fn configuration() -> Snapshot {
    let mut snapshot = Snapshot::default();
    let offer = |payout: Option<i64>| Offer {
        name: "O1".into(),
        payout: payout.map(Micros),
        offer_source: Some(id("Network")),
        ..Offer::default()
    };
    put(&mut snapshot.offers, "O1", offer(Some(12_500_000)));
    put(&mut snapshot.offers, "O2", offer(None));
    put(&mut snapshot.landers, "L1", Lander::default());
    put(&mut snapshot.offer_sources, "Network", OfferSource::default());
    put(&mut snapshot.sources, "Push", TrafficSource::default());
    put(&mut snapshot.funnels, "Funnel", Funnel::default());
    put(&mut snapshot.events, "Lead", Event { name: "lead".into(), every_time: false });
    put(&mut snapshot.events, "View", Event { name: "viewed".into(), every_time: true });
    snapshot
}

pub fn put<T>(shelf: &mut Shelf<T>, name: &str, asset: T) {
    let held = Held { id: id(name), version: 1, archived: false, asset: Arc::new(asset) };
    shelf.insert(id(name), held);
}

fn record(request: RequestKey, vid: Vid, steps: Vec<Step>) -> Record {
    Record {
        request,
        kind: RequestKind::Entrance,
        vid,
        new_visitor: true,
        visit: request.stored_hit(0, steps[0].checksum),
        previous: None,
        previous_visit: None,
        funnel: id("Funnel"),
        source: id("Push"),
        plan: PlanId(1),
        seed: 1,
        action: None,
        steps,
        path: vec![],
        actions: vec![],
        facts: Arc::default(),
        own_facts: None,
        fields: Arc::default(),
        buffer: vec![],
        cost: None,
        visit_cost: Micros::ZERO,
        fires: vec![],
        consulted: vec![],
        tags: vec![],
        domain: "t.example".into(),
        referrer: Default::default(),
        user_agent: String::new(),
        gpc: false,
    }
}
