//! How long one route through a four-node funnel takes, by rules and by a logic node's expression:
//! `cargo run --release --example route`.

use rules::assets::{Condition, Funnel, Lander, Offer, OfferSource, Webhook};
use rules::facts::Facts;
use rules::funnel::{Inputs, Library, Plan, Ready, Recording, Request, Shelved, Start, route};
use rules::ids::EntityId;
use rules::record::{Question, Reply};
use std::hint::black_box;
use std::time::Instant;

/// traffic → condition (country and browser) → sticky rotator → one of two landers.
const FUNNEL: &str = r#"{"name":"F","nodes":[
    {"id":"N00000000000","kind":"traffic"},
    {"id":"N00000000001","kind":"condition","routes":[{"key":"us","groups":[{"rules":[
        {"test":"country","op":"in-list","values":["US","CA","GB"]},
        {"test":"browser","op":"matches","values":["chrome|safari"]}]}]}]},
    {"id":"N00000000002","kind":"rotator","mode":"sticky"},
    {"id":"N00000000003","kind":"lander","pages":[{"page":"L00000000001","weight":3},
        {"page":"L00000000002","weight":7}]}],
  "connections":[
    {"id":"C00000000001","from":"N00000000000","to":"N00000000001"},
    {"id":"C00000000002","from":"N00000000001","to":"N00000000002","route":"us"},
    {"id":"C00000000003","from":"N00000000001","to":"N00000000003","route":"default"},
    {"id":"C00000000004","from":"N00000000002","to":"N00000000003"}]}"#;

/// The same choice by an expression, which also asks for a parameter.
const LOGIC: &str = r#"{"name":"F","nodes":[
    {"id":"N00000000000","kind":"traffic"},
    {"id":"N00000000001","kind":"logic","routes":["us"],"expression":
        "if country in [\"US\", \"CA\", \"GB\"] && browser.contains(\"Safari\") && data.age != \"7\" { \"us\" } else { \"default\" }"},
    {"id":"N00000000002","kind":"rotator","mode":"sticky"},
    {"id":"N00000000003","kind":"lander","pages":[{"page":"L00000000001","weight":3},
        {"page":"L00000000002","weight":7}]}],
  "connections":[
    {"id":"C00000000001","from":"N00000000000","to":"N00000000001"},
    {"id":"C00000000002","from":"N00000000001","to":"N00000000002","route":"us"},
    {"id":"C00000000003","from":"N00000000001","to":"N00000000003","route":"default"},
    {"id":"C00000000004","from":"N00000000002","to":"N00000000003"}]}"#;

struct OneLander(Lander);

impl Library for OneLander {
    fn lander(&self, _: EntityId) -> Option<Shelved<'_, Lander>> {
        Some(Shelved { asset: &self.0, archived: false })
    }
    fn offer(&self, _: EntityId) -> Option<Shelved<'_, Offer>> {
        None
    }
    fn offer_source(&self, _: EntityId) -> Option<&OfferSource> {
        None
    }
    fn condition(&self, _: EntityId) -> Option<&Condition> {
        None
    }
    fn has_tag(&self, _: EntityId) -> bool {
        false
    }
    fn has_event(&self, _: &str) -> bool {
        false
    }
    fn webhook(&self, _: EntityId) -> Option<&Webhook> {
        None
    }
    fn app_schemes(&self) -> &[String] {
        &[]
    }
}

struct Stranger;

impl Inputs for Stranger {
    fn ask(&mut self, _: &Question) -> Reply {
        Reply::Connection(None)
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    measure("rules", FUNNEL)?;
    measure("an expression", LOGIC)
}

fn measure(by: &str, funnel: &str) -> Result<(), Box<dyn std::error::Error>> {
    let library = OneLander(Lander { url: "https://l.example/".into(), ..Lander::default() });
    let funnel: Funnel = serde_json::from_str(funnel)?;
    let plan = Ready::new(Plan::compile("F00000000001".parse()?, &funnel, &library));
    let facts = Facts { country: "US".into(), browser: "Mobile Safari".into(), ..Facts::default() };
    let request =
        Request { facts: &facts, source: plan.plan().funnel, fields: &[], domain: "go.example" };
    let rounds = 200_000u32;
    let begun = Instant::now();
    let mut steps = 0;
    for seed in 0..u64::from(rounds) {
        let mut stranger = Stranger;
        let mut asked = Recording::new(&mut stranger);
        let start = Start::Entrance { node: None };
        let walked = route(black_box(&plan), start, &request, &mut asked, seed, 1_760_000_000_000);
        steps += black_box(walked).steps.len();
    }
    let each = begun.elapsed() / rounds;
    let nodes = steps as f64 / f64::from(rounds);
    println!("by {by}: {each:?} a route, {nodes} nodes each on average");
    Ok(())
}
