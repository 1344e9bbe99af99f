//! A whole server with a small account: one source, one lander, two offers of two networks, and the
//! people around it: visitors, networks, pages with the tag, an analyst.

use crate::receiver::Receiver;
use crate::world::{IPHONE, World, location, parameter};
use parking_lot::Mutex;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::ops::{Deref, DerefMut};
use std::time::{Duration, Instant};

pub const DAY_MS: u64 = 24 * 3600 * 1000;

pub struct Stage {
    world: World,
    /// Everybody who was here.
    visitors: Mutex<BTreeSet<String>>,
    /// The traffic source's own server.
    listening: Receiver,
    pub source: String,
    pub funnel: String,
    pub lander: String,
    pub network: String,
    /// Pays 12.50 by default.
    pub offer: String,
    /// Has no payout.
    pub upsell: String,
    /// A custom event.
    pub lead: String,
}

impl Deref for Stage {
    type Target = World;
    fn deref(&self) -> &World {
        &self.world
    }
}

impl DerefMut for Stage {
    fn deref_mut(&mut self) -> &mut World {
        &mut self.world
    }
}

/// A conversion or event as the explorer shows it.
pub struct Booked {
    pub id: String,
    pub hit: String,
    pub event: bool,
    pub stands: String,
}

/// Where a redirect led: the page's URL with what it carries.
#[derive(Clone, Debug)]
pub struct Landed {
    pub url: String,
    pub hit: String,
    pub vid: String,
    pub cookies: String,
}

/// Node and connection IDs of the drawn funnel.
pub fn drawn(name: &str) -> String {
    format!("{name:0<12}")
}

impl Stage {
    pub async fn open() -> Self {
        let world = World::new().await;
        let listening = Receiver::new().await;
        let [source, funnel, lander, network, offer, upsell, lead] = Default::default();
        let visitors = Mutex::default();
        let mut stage = Self {
            world,
            visitors,
            listening,
            source,
            funnel,
            lander,
            network,
            offer,
            upsell,
            lead,
        };
        stage.set_up().await;
        stage
    }

    async fn set_up(&mut self) {
        let postback = format!("{}/?c={{external}}&p={{rev}}&t={{tx}}", self.listening.url);
        self.source = self
            .make(
                "traffic-sources",
                json!({
                    "name": "Push",
                    "fields": {"external": {"name": "clickid", "placeholder": "[clickid]"}},
                    "postbacks": {"conversion": {"url": postback}}
                }),
            )
            .await;
        self.network = self.make("offer-sources", network("Network A")).await;
        self.lander = self.make("landers", page("L1", "https://lander.example/?h={hit}")).await;
        let mut offer = page("O1", "https://offer.example/?clickid={hit}");
        offer["offerSource"] = self.network.clone().into();
        offer["payout"] = "12.50".into();
        self.offer = self.make("offers", offer).await;
        self.upsell = self.make("offers", page("O2", "https://upsell.example/?s={hit}")).await;
        self.lead = self.make("events", json!({"name": "lead"})).await;
        self.funnel = self.make("funnels", self.drawing()).await;
    }

    /// traffic → rotator → lander –1→ offer –1→ upsell; action 2 leads to the upsell, 3 and 4 fire.
    fn drawing(&self) -> Value {
        let page = |node: &str, kind: &str, page: &str| json!({"id": drawn(node), "kind": kind, "pages": [{"page": page}]});
        let way = |id: &str, from: &str, to: &str| json!({"id": drawn(id), "from": drawn(from), "to": drawn(to)});
        let action = |id: &str, from: &str, to: &str, number: u8, fire: Value| {
            let mut way = way(id, from, to);
            way["actions"] = json!([number]);
            way["fire"] = fire;
            way
        };
        json!({
            "name": "Demo",
            "nodes": [
                {"id": drawn("root"), "kind": "traffic"},
                {"id": drawn("rotator"), "kind": "rotator"},
                page("lander", "lander", &self.lander),
                page("offer", "offer", &self.offer),
                page("upsell", "offer", &self.upsell),
            ],
            "connections": [
                way("c1", "root", "rotator"),
                way("c2", "rotator", "lander"),
                action("c3", "lander", "offer", 1, json!([])),
                action("c4", "lander", "upsell", 2, json!([])),
                action("c5", "offer", "upsell", 1, json!([])),
                action("c6", "offer", "upsell", 3, json!([{"conversion": {"rev": "payout"}}])),
                action("c7", "lander", "offer", 4, json!([{"event": {"name": "lead", "rev": "1.50"}}])),
            ]
        })
    }

    // People who analyse.

    /// The totals over all time, once everything so far is in them.
    pub async fn totals(&self) -> Value {
        self.report(json!([])).await["totals"].clone()
    }

    /// Conversions and events in the order in which they were first booked.
    pub async fn booked(&self) -> Vec<Booked> {
        let mut booked = Vec::new();
        let visitors = self.visitors.lock().clone();
        for vid in visitors {
            let journey = self.api("GET", &format!("/explorer/visitor/{vid}"), Value::Null).await;
            let list = journey["conversions"].as_array().unwrap().clone();
            booked.extend(list);
        }
        booked.sort_by_key(|c| c["id"].as_str().unwrap().to_owned());
        booked.iter().map(Booked::read).collect()
    }

    /// `tx status revenue` of every conversion.
    pub async fn conversions(&self) -> Vec<String> {
        let booked = self.booked().await.into_iter();
        booked.filter(|b| !b.event).map(|b| b.stands).collect()
    }

    /// Waits for what the program books by itself, without anyone's call.
    pub async fn conversions_become(&self, expected: &[&str]) {
        let patience = Instant::now() + Duration::from_secs(30);
        loop {
            let stands = self.conversions().await;
            if stands == expected {
                return;
            }
            assert!(Instant::now() < patience, "{stands:?} instead of {expected:?}");
            tokio::task::yield_now().await;
        }
    }

    /// The hit of every conversion.
    pub async fn converted_hits(&self) -> Vec<String> {
        self.booked().await.into_iter().filter(|b| !b.event).map(|b| b.hit).collect()
    }

    /// The page of every conversion.
    pub async fn converted_pages(&self) -> Vec<String> {
        let mut pages = Vec::new();
        for hit in self.converted_hits().await {
            let found = self.api("GET", &format!("/explorer/hit/{hit}"), Value::Null).await;
            let step = &found["request"]["steps"][found["index"].as_u64().unwrap() as usize];
            pages.push(step["page"].as_str().unwrap().to_owned());
        }
        pages
    }

    /// The visitor's latest hit of a node of this kind.
    pub async fn hit_of(&self, vid: &str, kind: &str) -> String {
        let journey = self.api("GET", &format!("/explorer/visitor/{vid}"), Value::Null).await;
        let requests = journey["requests"].as_array().unwrap().iter();
        let mut steps = requests.flat_map(|request| request["steps"].as_array().unwrap());
        let step = steps.find(|step| step["kind"] == kind).unwrap();
        step["hit"].as_str().unwrap().to_owned()
    }

    /// `tx revenue` of everything that the traffic source has heard, once nothing is owed any more.
    pub async fn the_source_heard(&self) -> Vec<String> {
        let owed = json!({"filter": {"states": ["owed"]}});
        let patience = Instant::now() + Duration::from_secs(30);
        while self.api("POST", "/reports/deliveries", owed.clone()).await["total"] != 0 {
            assert!(Instant::now() < patience, "the source hears nothing");
            tokio::task::yield_now().await;
        }
        let heard = self.listening.heard().into_iter();
        heard.map(|one| format!("{} {}", one.parameter("t"), one.parameter("p"))).collect()
    }

    /// The conversions of which the traffic source is to be told, entry by entry.
    pub async fn told_the_source(&self) -> Vec<String> {
        let mut told = Vec::new();
        for booked in self.booked().await {
            let path = format!("/conversions/{}", booked.id);
            let conversion = self.api("GET", &path, Value::Null).await;
            let entries = conversion["entries"].as_array().unwrap().iter();
            let notifying = entries.filter(|entry| entry["notify"] != "none");
            let tx = conversion["tx"].as_str().unwrap_or_default();
            told.extend(notifying.map(|_| tx.to_owned()));
        }
        told
    }

    // Networks.

    /// Loads a postback URL with this query; networks want 200 whatever comes of it.
    pub async fn postback(&self, query: &str) -> String {
        // Each call at a moment of its own, so that the order of conversions is theirs.
        self.clock.advance_ms(1);
        let response = self.client.get(self.track(&format!("/pb/?{query}"))).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        response.text().await.unwrap()
    }

    /// A postback that is booked, or has nothing to do.
    pub async fn books(&self, query: &str) {
        assert_eq!(self.postback(query).await, "OK", "{query}");
    }

    /// A postback that is kept unbooked for this reason.
    pub async fn logs(&self, query: &str, reason: &str) {
        let answer = self.postback(query).await;
        assert!(answer.starts_with(&format!("LOGGED reason={reason}")), "{query}: {answer}");
    }

    // Visitors, and the pages they see.

    pub async fn enter(&self) -> Landed {
        self.goes(&format!("/fts/{}-{}?clickid=S1", self.funnel, self.source), "").await
    }

    /// Enters again as the browser that holds `cookies`.
    pub async fn enters_again(&self, cookies: &str) -> Landed {
        self.goes(&format!("/fts/{}-{}", self.funnel, self.source), cookies).await
    }

    /// Takes an action from the page of `from`.
    pub async fn acts(&self, from: &Landed, number: u8) -> Landed {
        self.goes(&format!("/action/{number}?hit={}", from.hit), &from.cookies).await
    }

    /// Enters and goes on to the offer.
    pub async fn reaches_offer(&self) -> Landed {
        let lander = self.enter().await;
        self.acts(&lander, 1).await
    }

    async fn goes(&self, path: &str, cookies: &str) -> Landed {
        self.clock.advance_ms(1);
        let request = self.client.get(self.track(path)).header("cookie", cookies);
        let response = request.header("user-agent", IPHONE).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::FOUND, "{path}");
        let landed = landed(&response, cookies);
        self.visitors.lock().insert(landed.vid.clone());
        landed
    }

    /// What a page's `flux.track(…)` sends.
    pub async fn tag(&self, event: Value) -> Value {
        self.clock.advance_ms(1);
        let request = self.client.post(self.track("/js/event")).json(&event);
        let response = request.header("user-agent", IPHONE).send().await.unwrap();
        response.json().await.unwrap()
    }

    /// What the tag sends when a page is shown.
    pub async fn view(&self, report: Value) -> Value {
        let request = self.client.post(self.track("/js/funnel")).json(&report);
        let response = request.header("user-agent", IPHONE).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let answer: Value = response.json().await.unwrap();
        let vid = answer["resolvedTokens"]["{visitor}"].as_str().unwrap_or_default().to_owned();
        self.visitors.lock().insert(vid);
        answer
    }
}

impl Booked {
    fn read(conversion: &Value) -> Self {
        let text = |name: &str| conversion[name].as_str().unwrap_or_default().to_owned();
        let tx = match text("tx") {
            none if none.is_empty() => "-".to_owned(),
            tx => tx,
        };
        let stands = format!("{tx} {} {}", text("status"), text("revenue"));
        Self { id: text("id"), hit: text("hit"), event: !conversion["event"].is_null(), stands }
    }
}

fn network(name: &str) -> Value {
    json!({
        "name": name,
        "postback": {"hit": "{{clickid}}", "tx": "{{transaction}}", "rev": "{{payout}}"}
    })
}

fn page(name: &str, url: &str) -> Value {
    json!({"name": name, "url": url})
}

fn landed(response: &Response, cookies: &str) -> Landed {
    let url = location(response);
    let set: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
    let pairs = set.iter().map(|c| c.to_str().unwrap().split(';').next().unwrap().to_owned());
    let pairs: Vec<_> = pairs.collect();
    let cookies = if pairs.is_empty() { cookies.to_owned() } else { pairs.join("; ") };
    let hits = ["h", "clickid", "s"].map(|name| parameter(&url, name));
    let hit = hits.into_iter().find(|hit| !hit.is_empty()).unwrap();
    Landed { hit, vid: parameter(&url, "vid"), cookies, url }
}
