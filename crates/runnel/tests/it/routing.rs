//! Random visitors in random funnels, through real HTTP: whatever was recorded, plan and record
//! decide the same route again, also after a restart and after the pages were edited
//! (product.md §4).

#[path = "../../../rules/tests/funnel/generate.rs"]
#[allow(dead_code)]
mod generate;
#[path = "../../../rules/tests/funnel/universe.rs"]
#[allow(dead_code)]
mod universe;

use crate::world::{IPHONE, World, parameter};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use universe::{Dice, Universe};

const SOURCE: &str = "Z00000000001";
const ANDROID: &str = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 \
    (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36";
const CRAWLER: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

/// Makes everything that random funnels refer to.
async fn settle_in(world: &World) {
    let account = Universe::new();
    let fields = json!({"campaign": {"name": "camp"}, "c1": {"name": "zone"}});
    world.make("traffic-sources", json!({"id": SOURCE, "name": "Z", "fields": fields})).await;
    for (id, source) in &account.sources {
        world.make("offer-sources", with_id(id, source)).await;
    }
    for (id, lander) in &account.landers {
        world.make("landers", with_id(id, lander)).await;
    }
    for (id, offer) in &account.offers {
        let mut offer = offer.clone();
        offer.payout = "2.50".parse().ok();
        world.make("offers", with_id(id, &offer)).await;
    }
    for (id, webhook) in &account.webhooks {
        world.make("webhooks", with_id(id, webhook)).await;
    }
    for id in &account.tags {
        world.make("tags", json!({"id": id, "name": id})).await;
    }
    for name in &account.events {
        world.make("events", json!({"name": name})).await;
    }
}

fn with_id(id: &impl serde::Serialize, asset: &impl serde::Serialize) -> Value {
    let mut body = serde_json::to_value(asset).unwrap();
    body["id"] = json!(id);
    body
}

/// A funnel that was drawn, with what visitors may try in it.
struct Drawn {
    id: String,
    nodes: Vec<String>,
    /// A lander's node, and a page that it shows: at least one, and all that may be viewed.
    shown: Vec<(String, String)>,
}

/// Draws a random funnel; `number` keeps its node IDs apart from those of others.
async fn draw(world: &World, number: usize, dice: &mut Dice) -> Drawn {
    let text = serde_json::to_string(&generate::funnel(dice)).unwrap();
    let text = text
        .replace("\"N0000", &format!("\"N{number:04}"))
        .replace("\"C0000", &format!("\"C{number:04}"));
    let body: Value = serde_json::from_str(&text).unwrap();
    let drawn = body["nodes"].as_array().unwrap();
    let nodes = drawn.iter().map(|node| word(&node["id"])).collect();
    let landers = drawn.iter().filter(|node| node["kind"] == "lander");
    let shown = landers.map(|node| (word(&node["id"]), word(&node["pages"][0]["page"]))).collect();
    Drawn { id: world.make("funnels", body).await, nodes, shown }
}

fn word(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// A browser: keeps cookies, remembers its last destination.
struct Browser {
    agent: &'static str,
    cookies: BTreeMap<String, String>,
    at: String,
}

impl Browser {
    fn new(dice: &mut Dice) -> Self {
        let agent = *dice.one(&[IPHONE, ANDROID, IPHONE, CRAWLER]);
        Self { agent, cookies: BTreeMap::new(), at: String::new() }
    }

    async fn send(&mut self, request: RequestBuilder) -> Response {
        let cookies: Vec<_> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let request = request.header("user-agent", self.agent).header("cookie", cookies.join("; "));
        let answer = request.send().await.unwrap();
        for cookie in answer.headers().get_all("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        if let Some(to) = answer.headers().get("location") {
            self.at = to.to_str().unwrap().to_owned();
        }
        let status = answer.status().as_u16();
        assert!([200, 302, 400, 404].contains(&status), "{status} from {}", answer.url());
        answer
    }

    fn vid(&self) -> Option<&String> {
        self.cookies.get("rn_vid")
    }

    async fn do_something(&mut self, world: &World, drawn: &Drawn, dice: &mut Dice) {
        let node = dice.one(&drawn.nodes).clone();
        // Most views are entrances, or of a page that was told already: those of a visit are fewer.
        match dice.below(10) {
            0..=2 => self.enter(world, drawn, &node, dice).await,
            3..=5 => self.act(world, &node, dice).await,
            6..=8 => self.view(world, drawn, dice).await,
            _ => self.convert(world).await,
        }
    }

    async fn enter(&mut self, world: &World, drawn: &Drawn, node: &str, dice: &mut Dice) {
        let value = *dice.one(&["a", "US", "10", "-3", "Chrome", ""]);
        let at = if dice.once_in(3) { format!("&n={node}") } else { String::new() };
        let link = format!("/fts/{}-{SOURCE}?zone={value}&c2=10&camp=b&age={value}{at}", drawn.id);
        let request = world.client.get(world.track(&link));
        let request = request.header("referer", "https://news.example/a?b=c");
        self.send(request).await;
    }

    /// By the link's word, by the Referer, or by cookie alone.
    async fn act(&mut self, world: &World, node: &str, dice: &mut Dice) {
        let number = 1 + dice.below(4);
        let said = match dice.below(4) {
            0 => format!("?vid={}&n={node}", parameter_of(&self.at, "vid")),
            1 => format!("?hit={}", parameter_of(&self.at, "h")),
            _ => String::new(),
        };
        let request = world.client.get(world.track(&format!("/action/{number}{said}")));
        self.send(request.header("referer", &self.at)).await;
    }

    async fn view(&mut self, world: &World, drawn: &Drawn, dice: &mut Dice) {
        let (node, page) = dice.one(&drawn.shown);
        let body = json!({"f": drawn.id, "n": node, "ts": SOURCE, "p": page});
        let request = world.client.post(world.track("/js/funnel")).json(&body);
        self.send(request).await;
    }

    async fn convert(&mut self, world: &World) {
        let hit = parameter_of(&self.at, "h");
        if !hit.is_empty() {
            let answer = world.get(&format!("/pb/?hit={hit}")).await;
            assert_eq!(answer.status(), 200);
        }
    }
}

fn parameter_of(url: &str, name: &str) -> String {
    if url.is_empty() { String::new() } else { parameter(url, name) }
}

/// What became of all requests of a visitor: kinds of requests that walked, all decided again.
async fn check(world: &World, vid: &str, kinds: &mut BTreeMap<String, usize>) {
    let journey = world.api("GET", &format!("/explorer/visitor/{vid}"), json!(null)).await;
    for request in journey["requests"].as_array().unwrap() {
        let Some(first) = request["steps"].get(0) else { continue };
        let hit = first["hit"].as_str().unwrap();
        let seen = world.api("GET", &format!("/explorer/hit/{hit}"), json!(null)).await;
        assert_eq!(seen["route"]["equal"], true, "{seen:#}");
        let (decided, stored) = (&seen["route"]["steps"], &request["steps"]);
        assert_eq!(decided.as_array().unwrap().len(), stored.as_array().unwrap().len());
        *kinds.entry(request["kind"].as_str().unwrap().to_owned()).or_default() += 1;
    }
}

/// A new name makes new plans; earlier hits keep theirs.
async fn rename_a_lander(world: &World) {
    let path = "/landers/L00000000001";
    let mut lander = world.api("GET", path, json!(null)).await;
    lander["name"] = json!("Another name");
    world.api("PUT", path, lander).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_recorded_route_is_decided_again() {
    let mut world = World::new().await;
    settle_in(&world).await;
    let mut dice = Dice::new(20_261_122);
    let mut vids = BTreeSet::new();
    for number in 0..20 {
        let drawn = draw(&world, number, &mut dice).await;
        for _ in 0..3 {
            let mut browser = Browser::new(&mut dice);
            for _ in 0..12 {
                // From seconds to days: sessions go on, and end.
                let pause = *dice.one(&[1_000, 3_600_000, 20_000_000, 400_000_000]);
                world.clock.advance_ms(pause);
                browser.do_something(&world, &drawn, &mut dice).await;
                vids.extend(browser.vid().cloned());
            }
        }
        if number == 10 {
            rename_a_lander(&world).await;
        }
    }
    let mut kinds = BTreeMap::new();
    for vid in &vids {
        check(&world, vid, &mut kinds).await;
    }
    for kind in ["entrance", "action", "view"] {
        assert!(kinds.get(kind).is_some_and(|count| *count >= 5), "{kinds:?}");
    }
    world.restart().await;
    let mut again = BTreeMap::new();
    for vid in &vids {
        check(&world, vid, &mut again).await;
    }
    assert_eq!(again, kinds);
}
