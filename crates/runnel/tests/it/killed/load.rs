//! Visitors and a network, several at once, each in a closed loop: entrance, action, postback.
//! Whatever is answered goes into the books at once.

use super::books::{Answered, Books, CLICK_WAIT};
use super::server::Server;
use crate::world::IPHONE;
use reqwest::{Client, Url};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;
use tokio::task::JoinHandle;

/// One visit in so many converts.
const CONVERTING: u32 = 3;

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
}

/// Load that runs until the server is gone.
pub struct Load(Vec<JoinHandle<()>>);

impl Load {
    pub fn start(tasks: usize, server: &Server, funnel: &Arc<Funnel>, books: &Arc<Books>) -> Self {
        let track = server.track("");
        let visitors = (0..tasks).map(|_| {
            let (client, track) = (server.client.clone(), track.clone());
            let (funnel, books) = (funnel.clone(), books.clone());
            tokio::spawn(async move {
                pay_debts(&client, &track, &books).await;
                while visit(&client, &track, &funnel, &books).await.is_some() {}
            })
        });
        Self(visitors.collect())
    }

    /// Waits until every visitor has noticed that the server is gone.
    pub async fn finish(self) {
        for visitor in self.0 {
            visitor.await.unwrap();
        }
    }
}

/// One visitor; `None` when the server does not answer.
async fn visit(client: &Client, track: &str, funnel: &Funnel, books: &Books) -> Option<()> {
    let id = books.next_visit();
    let entrance = format!("{track}/fts/{}-{}?clickid=K{id}", funnel.funnel, funnel.source);
    let (lander, answered) = follow(client, &entrance).await?;
    let hit = parameter(&lander, "h");
    books.note_entered(id, &hit, answered);
    let (offer, answered) = follow(client, &format!("{track}/action/1?hit={hit}")).await?;
    let hit = parameter(&offer, "clickid");
    books.note_acted(id, &hit, answered);
    if id % CONVERTING == 0 {
        books.owe(id, &hit);
        post(client, track, books, id, &hit).await?;
    }
    Some(())
}

/// Loads a tracking URL as a browser; the address it sends to, once it has answered.
async fn follow(client: &Client, url: &str) -> Option<(Url, Answered)> {
    let asked = Instant::now();
    let answer = client.get(url).header("user-agent", IPHONE).send().await.ok()?;
    let soon = asked.elapsed() < CLICK_WAIT;
    assert_eq!(answer.status(), 302, "{url}");
    let to = answer.headers()["location"].to_str().unwrap().parse().unwrap();
    Some((to, if soon { Answered::Synced } else { Answered::Perhaps }))
}

fn parameter(url: &Url, name: &str) -> String {
    let found = url.query_pairs().find(|(key, _)| key == name);
    found.unwrap_or_else(|| panic!("no {name} in {url}")).1.into_owned()
}

/// Reports a conversion; a debt until it is answered with 200.
async fn post(client: &Client, track: &str, books: &Books, id: u32, hit: &str) -> Option<()> {
    let revenue = Books::revenue(id);
    let url = format!("{track}/pb/?hit={hit}&tx=T{id}&rev={revenue}");
    let answer = client.get(url).send().await.ok()?;
    let status = answer.status().as_u16();
    let text = answer.text().await.ok()?;
    if status == 503 {
        return Some(());
    }
    assert_eq!((status, text.as_str()), (200, "OK"), "visit {id}");
    books.note_booked(id);
    Some(())
}

/// A network sends again what was not answered.
async fn pay_debts(client: &Client, track: &str, books: &Books) {
    for (id, hit) in books.take_debts() {
        books.owe(id, &hit);
        if post(client, track, books, id, &hit).await.is_none() {
            return;
        }
    }
}

/// Sends all that was never answered a last time, to a server that is not killed.
pub async fn settle_debts(server: &Server, books: &Books) {
    pay_debts(&server.client, &server.track(""), books).await;
}
