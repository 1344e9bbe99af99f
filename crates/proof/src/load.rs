//! Visitors and a network, several at once, each in a closed loop: entrance, action, postback.
//! Whatever is answered goes into the books at once.

use crate::books::{Answered, Books};
use crate::server::Server;
use reqwest::{Client, Url};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// One visit in so many converts.
const CONVERTING: u32 = 3;
const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 \
    (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1";
const POLL: Duration = Duration::from_millis(1);

/// What visitors walk through.
pub struct Funnel {
    funnel: String,
    source: String,
}

impl Funnel {
    /// Root → lander → (action 1) → offer.
    pub async fn make(server: &Server, key: &str) -> Self {
        let make = async |kind: &str, body: Value| {
            let answer = server.api("POST", &format!("/{kind}"), key, body).await;
            assert!(answer.status().is_success(), "{kind}: {}", answer.text().await.unwrap());
            answer.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned()
        };
        let fields = json!({"external": {"name": "clickid", "placeholder": "[clickid]"}});
        let source = make("traffic-sources", json!({"name": "Push", "fields": fields})).await;
        let lander =
            make("landers", json!({"name": "L", "url": "https://lander.example/?h={hit}"})).await;
        let network = json!({"name": "N", "parameters": {"clickid": "{hit}"}});
        let network = make("offer-sources", network).await;
        let offer = json!({"name": "O", "url": "https://offer.example/", "offerSource": network,
            "payout": "9.99"});
        let offer = make("offers", offer).await;
        let funnel = json!({"name": "F", "nodes": [
                {"id": "NodeRoot0001", "kind": "traffic"},
                {"id": "NodeLander01", "kind": "lander", "pages": [{"page": lander, "weight": 1}]},
                {"id": "NodeOffer001", "kind": "offer", "pages": [{"page": offer, "weight": 1}]}],
            "connections": [
                {"id": "ConnRoot0001", "from": "NodeRoot0001", "to": "NodeLander01", "weight": 1},
                {"id": "ConnLander01", "from": "NodeLander01", "to": "NodeOffer001", "actions": [1]}]});
        Self { funnel: make("funnels", funnel).await, source }
    }

    /// The hit of one visit that goes on to the offer.
    pub async fn offer_hit(&self, server: &Server) -> String {
        let next = async |path: String, name| {
            let answer = server.client.get(server.track(&path)).header("user-agent", PHONE);
            let answer = answer.send().await.unwrap();
            parameter(&answer.headers()["location"].to_str().unwrap().parse().unwrap(), name)
        };
        let lander = next(format!("/fts/{}-{}", self.funnel, self.source), "h").await;
        next(format!("/action/1?hit={lander}"), "clickid").await
    }
}

/// Load that runs until it is stopped or the server is gone.
pub struct Load {
    visitors: Vec<JoinHandle<()>>,
    caller: Caller,
}

/// Who talks to one life of the server.
#[derive(Clone)]
struct Caller {
    client: Client,
    track: String,
    books: Arc<Books>,
    stopped: Arc<AtomicBool>,
    /// Clicks that are not answered yet.
    clicks: Arc<AtomicUsize>,
}

impl Load {
    /// So many visitors at once; each pays the network's debts first.
    pub fn start(tasks: usize, server: &Server, funnel: &Arc<Funnel>, books: &Arc<Books>) -> Self {
        let caller = Caller::new(server, books);
        let visitors = (0..tasks).map(|_| {
            let (caller, funnel) = (caller.clone(), funnel.clone());
            tokio::spawn(async move {
                caller.pay_debts().await;
                while caller.visit(&funnel).await.is_some() {}
            })
        });
        Self { visitors: visitors.collect(), caller }
    }

    /// No more clicks; returns when those under way are answered.
    pub async fn stop_clicks(&self) {
        self.caller.stopped.store(true, Ordering::SeqCst);
        while self.caller.clicks.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until every visitor has noticed that the server is gone, or the load stopped.
    pub async fn finish(self) {
        for visitor in self.visitors {
            visitor.await.unwrap();
        }
    }
}

impl Caller {
    fn new(server: &Server, books: &Arc<Books>) -> Self {
        Self {
            client: server.client.clone(),
            track: server.track(""),
            books: books.clone(),
            stopped: Arc::default(),
            clicks: Arc::default(),
        }
    }

    /// One visitor; `None` when the server does not answer.
    async fn visit(&self, funnel: &Funnel) -> Option<()> {
        let books = &self.books;
        let id = books.next_visit();
        let entrance =
            format!("{}/fts/{}-{}?clickid=K{id}", self.track, funnel.funnel, funnel.source);
        let note = |lander: &Url, answered| {
            let hit = parameter(lander, "h");
            books.note_entered(id, &hit, answered);
            hit
        };
        let hit = self.click(&entrance, note).await?;
        let note = |offer: &Url, answered| {
            let hit = parameter(offer, "clickid");
            books.note_acted(id, &hit, answered);
            hit
        };
        let hit = self.click(&format!("{}/action/1?hit={hit}", self.track), note).await?;
        if id.is_multiple_of(CONVERTING) {
            books.owe(id, &hit);
            self.post(id, &hit).await?;
        }
        Some(())
    }

    /// Loads a tracking URL as a browser, and notes the address it sends to once it has answered.
    async fn click(&self, url: &str, note: impl Fn(&Url, Answered) -> String) -> Option<String> {
        self.clicks.fetch_add(1, Ordering::SeqCst);
        let _underway = Underway(&self.clicks);
        if self.stopped.load(Ordering::SeqCst) {
            return None;
        }
        let asked = Instant::now();
        let answer = self.client.get(url).header("user-agent", PHONE).send().await.ok()?;
        let answered = Answered { took: asked.elapsed(), at: Instant::now() };
        assert_eq!(answer.status(), 302, "{url}");
        let to: Url = answer.headers()["location"].to_str().unwrap().parse().unwrap();
        Some(note(&to, answered))
    }

    /// Reports a conversion; a debt until it is answered with 200.
    async fn post(&self, id: u32, hit: &str) -> Option<()> {
        let revenue = Books::revenue(id);
        let url = format!("{}/pb/?hit={hit}&tx=T{id}&rev={revenue}", self.track);
        let answer = self.client.get(url).send().await.ok()?;
        let status = answer.status().as_u16();
        let text = answer.text().await.ok()?;
        if status == 503 {
            self.books.note_unavailable();
            return Some(());
        }
        assert_eq!((status, text.as_str()), (200, "OK"), "visit {id}");
        self.books.note_booked(id);
        Some(())
    }

    /// A network sends again what was not answered.
    async fn pay_debts(&self) {
        for (id, hit) in self.books.take_debts() {
            self.books.owe(id, &hit);
            if self.post(id, &hit).await.is_none() {
                return;
            }
        }
    }
}

/// A click that ends when this is dropped.
struct Underway<'a>(&'a AtomicUsize);

impl Drop for Underway<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn parameter(url: &Url, name: &str) -> String {
    let found = url.query_pairs().find(|(key, _)| key == name);
    found.unwrap_or_else(|| panic!("no {name} in {url}")).1.into_owned()
}

/// Sends all that was never answered a last time, to a server that is not killed.
pub async fn settle_debts(server: &Server, books: &Arc<Books>) {
    Caller::new(server, books).pay_debts().await;
}
