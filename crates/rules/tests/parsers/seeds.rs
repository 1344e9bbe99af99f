//! Real inputs of each parser, to be damaged.

use rules::entry::{Entry, Standing, Status, VisitDims};
use rules::facts::Facts;
use rules::funnel::{Plan, Ready};
use rules::ids::{EntityId, IdKey, IdKeys, RequestKey, Vid};
use rules::record::{Fire, PassedKind, PlanId, Record, RequestKind, Step, Taken};
use rules::session::Session;

/// Seeds of the target of this name.
pub fn of(target: &str) -> Vec<Vec<u8>> {
    let texts = |texts: &[&str]| texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    match target {
        "postback_values" => texts(&[
            "12.50",
            "-1",
            "1,250.75",
            "12,5",
            "$-5",
            "12.50 USD",
            "{payout}",
            "REPLACE",
            "cpm_1.5",
            "pending",
            "0.0000001",
            "99999999999999999999",
            "1e9",
            "NaN",
            "-0",
            "€ 1 000",
        ]),
        "urls_and_tokens" => texts(&[
            "https://a.example/{c1}/x?y={data-email}&vid=1#f\n\n../../?x=1",
            "https://{country}.a.example/?{external}={hit}\n\nevil.example/",
            "market://details?id={c1}\n\n&id=2",
            "https://a.example:8443/%7Bx%7D?a=b&&c\n\n\r\nSet-Cookie: x",
            "//a.example",
            "https://a\\b@c{c1}/\n\nevil.example",
            "javascript:alert(1)",
        ]),
        "ids" => {
            let request = RequestKey::new(1_760_000_000_000, 1, 77);
            let vid = Vid::new(1_760_000_000_000, 5, &keys());
            let id = EntityId::new(1_760_000_000_000, 9);
            texts(&[&request.hit(3, &keys()).to_string(), &vid.to_string(), id.as_str(), "c20"])
        }
        "records" => vec![
            record().to_bytes(),
            Record { steps: vec![], ..record() }.to_bytes(),
            Record { action: Some(taken()), fires: vec![], ..record() }.to_bytes(),
        ],
        "entries_and_sessions" => {
            let mut session = Session::new(record().vid);
            let empty = postcard::to_stdvec(&session).unwrap();
            session.apply(&record(), 1_000);
            vec![postcard::to_stdvec(&session).unwrap(), empty, entry().to_bytes()]
        }
        "funnel_json" => texts(&[FUNNEL, r#"{"name":"","nodes":[],"connections":[]}"#]),
        "condition_json" => texts(&[CONDITION, r#"{"name":"","routes":[]}"#]),
        "plans" => {
            let funnel = serde_json::from_str(FUNNEL).unwrap();
            let plan = Plan::compile(EntityId::new(0, 0), &funnel, &super::targets::everything());
            vec![plan.to_bytes(), Ready::new(plan).plan().to_bytes()]
        }
        other => panic!("no seeds for {other}"),
    }
}

fn keys() -> IdKeys {
    IdKeys::new(IdKey([3; 16]), vec![])
}

const FUNNEL: &str = r#"{"name":"F","parameters":{"a":"{c1}"},"nodes":[
  {"id":"N00000000000","kind":"traffic","mode":"sticky","unseenFirst":true,"position":{"x":1,"y":-2.5}},
  {"id":"N00000000001","kind":"condition","routes":[{"key":"us","groups":[{"rules":[
    {"test":"country","op":"in-list","values":["US","CA"]},
    {"test":"cap","op":"<","values":["9"],"cap":{"count":"visits","of":"N00000000002","over":{"calendar":{"period":"day"}}}}]}]}]},
  {"id":"N00000000002","kind":"lander","pages":[{"page":"L00000000001","weight":3},{"page":"L00000000002"}]},
  {"id":"N00000000003","kind":"offer","pages":[{"page":"O00000000001"}],"accumulate":true},
  {"id":"N00000000004","kind":"tag","add":["T00000000001"],"remove":[]},
  {"id":"N00000000005","kind":"rotator"},
  {"id":"N00000000006","kind":"external","url":"https://away.example/","redirect":"307"}],
 "connections":[
  {"id":"C00000000000","from":"N00000000000","to":"N00000000001"},
  {"id":"C00000000001","from":"N00000000001","to":"N00000000002","route":"us"},
  {"id":"C00000000002","from":"N00000000001","to":"N00000000004","route":"default"},
  {"id":"C00000000003","from":"N00000000004","to":"N00000000005"},
  {"id":"C00000000004","from":"N00000000005","to":"N00000000006","weight":2},
  {"id":"C00000000005","from":"N00000000005","to":"N00000000003","weight":5},
  {"id":"C00000000006","from":"N00000000002","to":"N00000000003","actions":[1,2],
   "fire":[{"conversion":{"rev":"1"}},{"event":{"name":"lead"}}]}]}"#;

const CONDITION: &str = r#"{"name":"C","routes":[{"key":"a","groups":[{"rules":[
  {"test":"time","op":"is","values":["22:00-06:00"],"timezone":"America/New_York"},
  {"test":"weekday","op":"in-list","values":["monday","7"]},
  {"test":"date","op":"<","values":["2026-11-22"]},
  {"test":"ip","op":"is-not","values":["10.0.0.0/8","2001:db8::1"]},
  {"test":"browser","op":"matches","values":["^(chrome|safari) [0-9]+$"]},
  {"test":"os-version","op":">=","values":["10.15.7"]},
  {"test":"random","op":"<","values":["33.3"]},
  {"test":"data-age","op":">","values":["17"]}]}]}]}"#;

fn record() -> Record {
    let request = RequestKey::new(1_760_000_000_000, 1, 77);
    let hit = request.hit(0, &keys());
    let id = |n| EntityId::new(1_760_000_000_000, n);
    Record {
        request,
        kind: RequestKind::Entrance,
        vid: Vid::new(1_760_000_000_000, 5, &keys()),
        new_visitor: true,
        visit: hit,
        previous: None,
        previous_visit: Some(hit),
        funnel: id(1),
        source: id(2),
        plan: PlanId(7),
        seed: 8,
        action: None,
        steps: vec![Step {
            checksum: hit.checksum(),
            node: id(3),
            kind: PassedKind::Lander,
            page: Some(id(4)),
            by: None,
            first: true,
        }],
        path: vec![],
        actions: vec![],
        facts: Facts { country: "US".into(), ip: "192.0.2.1".parse().ok(), ..Facts::default() }
            .into(),
        own_facts: None,
        fields: [("c1".parse().unwrap(), "x".into())].into(),
        buffer: vec![("email".into(), "a@b".into())],
        cost: None,
        visit_cost: Default::default(),
        fires: vec![Fire { connection: id(8), event: Some("lead".into()), revenue: None }],
        consulted: vec![],
        tags: vec![id(5)],
        domain: "go.example".into(),
        referrer: "https://r.example/".into(),
        user_agent: "Mozilla/5.0".into(),
        gpc: false,
    }
}

fn taken() -> Taken {
    let left = record();
    Taken {
        from: left.visit,
        node: left.steps[0].node,
        page: left.steps[0].page,
        kind: PassedKind::Lander,
        number: 1,
        connection: EntityId::new(1_760_000_000_000, 6),
        first: true,
    }
}

fn entry() -> Entry {
    let record = record();
    let visit = VisitDims {
        visit: record.visit,
        funnel: record.funnel,
        source: record.source,
        fields: record.fields.to_vec(),
        facts: record.facts.as_ref().clone(),
        domain: record.domain.to_string(),
        referrer: record.referrer.to_string(),
        tags: record.tags.clone(),
        actions: vec![1],
    };
    let after = Standing { status: Some(Status::Approved), ..Standing::default() };
    Entry {
        conversion: EntityId::new(1_760_000_000_000, 6),
        event: None,
        hit: record.visit,
        vid: record.vid,
        tx: Some("t-1".into()),
        at_ms: 1_760_000_000_000,
        first_at_ms: 1_760_000_000_000,
        before: Standing::default(),
        after,
        visit,
        path: vec![],
        indirect: vec![],
        told_before: Default::default(),
        told: Default::default(),
    }
}
