//! Conversions through the API: uploads, history, the log, repetitions, words and undo.

use crate::tracking::{LANDER, Road, road};
use crate::world::{World, location, parameter};
use serde_json::{Value, json};

/// An installation with a road to an offer.
pub struct Shop {
    pub world: World,
    pub road: Road,
}

impl Shop {
    pub async fn open() -> Self {
        let world = World::new().await;
        let road = road(&world).await;
        Self { world, road }
    }

    /// A new visitor's hit of the offer.
    pub async fn offer_hit(&self) -> String {
        let lander = location(&self.world.get(&self.road.entrance()).await);
        let vid = parameter(&lander, "vid");
        let acted = self.world.get(&format!("/action/1?vid={vid}&n={LANDER}")).await;
        parameter(&location(&acted), "clickid")
    }

    pub async fn pb(&self, query: &str) -> String {
        self.world.get(&format!("/pb/?{query}")).await.text().await.unwrap()
    }

    pub async fn upload(&self, lines: &str, dry_run: bool) -> Value {
        let body = json!({"lines": lines, "postbackCalls": "none", "dryRun": dry_run});
        self.world.api("PUT", "/updates/conversions", body).await
    }

    /// All conversions as `tx status revenue`, by tx.
    pub async fn conversions(&self) -> Vec<String> {
        let list = self.world.api("POST", "/reports/conversions", json!({})).await;
        let rows = list["rows"].as_array().unwrap();
        assert_eq!(list["total"], rows.len());
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let one = |row: &Value| {
            format!("{} {} {}", text(&row["tx"]), text(&row["status"]), text(&row["revenue"]))
        };
        let mut all: Vec<_> = rows.iter().map(one).collect();
        all.sort();
        all
    }
}

pub fn counts(answer: &Value) -> [u64; 5] {
    ["created", "updated", "deleted", "unchanged", "unbooked"]
        .map(|name| answer[name].as_u64().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_books_each_line_and_a_dry_run_none() {
    let shop = Shop::open().await;
    let (first, second) = (shop.offer_hit().await, shop.offer_hit().await);
    let lines = format!("{first}:A, 5\n{first}:B\n\n{second}, 7.25\n{first}:A, -1\nnonsense, 3\n");
    let shown = shop.upload(&lines, true).await;
    assert_eq!(counts(&shown), [3, 0, 1, 0, 1], "{shown}");
    assert_eq!(shown["operation"], Value::Null);
    assert!(shop.conversions().await.is_empty());
    let done = shop.upload(&lines, false).await;
    assert_eq!(counts(&done), [3, 0, 1, 0, 1], "{done}");
    assert_eq!(done["results"][4]["reason"], "unknown_hit");
    assert_eq!(done["results"][4]["item"], "nonsense, 3");
    let expected = ["- approved 7.25", "A rejected 0.00", "B approved 12.50"];
    assert_eq!(shop.conversions().await, expected);
    let again = shop.upload(&lines, false).await;
    // A is revived by its first line and deleted again by the fourth.
    assert_eq!(counts(&again), [0, 1, 1, 2, 1], "{again}");
    assert_eq!(shop.conversions().await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_are_refused_by_field_and_by_role() {
    let shop = Shop::open().await;
    for (path, body, field) in [
        ("/updates/conversions", json!({}), "lines"),
        ("/updates/conversions", json!({"lines": "", "postbackCalls": "some"}), "postbackCalls"),
        ("/updates/conversions", json!({"lines": "x\n".repeat(10_001)}), "lines"),
        ("/updates/events", json!({"event": "nope", "lines": ""}), "event"),
    ] {
        let (status, problem) = shop.world.try_api("PUT", path, body).await;
        assert_eq!((status, &problem["faults"][0]["field"]), (400, &field.into()), "{problem}");
    }
    let url = format!("http://{}/api/v1/updates/conversions", shop.world.running().admin);
    let nobody = shop.world.client.put(url).json(&json!({"lines": ""})).send().await.unwrap();
    assert_eq!(nobody.status(), 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_is_undone_except_where_somebody_changed_it_since() {
    let shop = Shop::open().await;
    let (first, second, third) =
        (shop.offer_hit().await, shop.offer_hit().await, shop.offer_hit().await);
    shop.pb(&format!("hit={first}&tx=A&rev=1")).await;
    shop.pb(&format!("hit={second}&tx=B&rev=1")).await;
    let lines = format!("{first}:A, 5\n{second}:B, 5\n{third}:C, 5\n{first}:A, 6");
    let done = shop.upload(&lines, false).await;
    shop.pb(&format!("hit={second}&tx=B&rev=9")).await;
    let operation = done["operation"].as_str().unwrap();
    let path = format!("/updates/{operation}/undo");
    let undone = shop.world.api("POST", &path, json!(null)).await;
    assert_eq!(counts(&undone), [0, 1, 1, 0, 1], "{undone}");
    let skipped: Vec<_> = undone["results"].as_array().unwrap().iter().collect();
    let skipped: Vec<_> = skipped.iter().filter(|r| r["result"] == "unbooked").collect();
    assert_eq!(skipped[0]["reason"], "changed_since");
    let expected = ["A approved 1.00", "B approved 9.00", "C rejected 0.00"];
    assert_eq!(shop.conversions().await, expected);
    assert_eq!(shop.world.try_api("POST", &path, json!(null)).await.0, 409);
    // The undo is an operation itself.
    let redo = format!("/updates/{}/undo", undone["operation"].as_str().unwrap());
    shop.world.api("POST", &redo, json!(null)).await;
    assert_eq!(shop.conversions().await, ["A approved 6.00", "B approved 9.00", "C approved 5.00"]);
    let report = shop.world.report(json!([])).await;
    assert_eq!(report["totals"]["revenue"], "20.00");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversion_shows_all_that_happened_to_it() {
    let shop = Shop::open().await;
    let hit = shop.offer_hit().await;
    for query in ["status=pending&rev=20", "status=approved", "status=approved", "rev=-5"] {
        shop.pb(&format!("hit={hit}&tx=T&{query}")).await;
    }
    let list = shop.world.api("POST", "/reports/conversions", json!({"tx": "T"})).await;
    let id = list["rows"][0]["id"].as_str().unwrap();
    let shown = shop.world.api("GET", &format!("/conversions/{id}"), json!(null)).await;
    let entries = shown["entries"].as_array().unwrap();
    let steps: Vec<_> = entries
        .iter()
        .map(|e| (e["after"]["status"].as_str().unwrap(), e["after"]["revenue"].as_str().unwrap()))
        .collect();
    assert_eq!(steps, [("pending", "0.01"), ("approved", "12.50"), ("refunded", "7.50")]);
    for pair in entries.windows(2) {
        assert_eq!(pair[0]["after"], pair[1]["before"]);
    }
    assert_eq!(shown["calls"].as_array().unwrap().len(), 4);
    assert_eq!(shown["calls"][2]["verdict"], "unchanged");
    assert_eq!((&shown["hit"], &shown["revenue"]), (&hit.into(), &"7.50".into()));
    let (status, _) = shop.world.try_api("GET", "/conversions/000000000000", json!(null)).await;
    assert_eq!(status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn kept_calls_are_corrected_and_repeated() {
    let shop = Shop::open().await;
    let hit = shop.offer_hit().await;
    shop.pb("clickid=wrong&tx=A&rev=3").await;
    shop.pb(&format!("hit={hit}&tx=B&rev=three")).await;
    shop.pb(&format!("hit={hit}&tx=C&event=later&rev=4")).await;
    let unbooked = json!({"filter": {"verdicts": ["unbooked"]}});
    let log = shop.world.api("POST", "/reports/postbacks", unbooked.clone()).await;
    assert_eq!(log["total"], 3);
    let call = |tx: &str| {
        let rows = log["rows"].as_array().unwrap();
        rows.iter().find(|row| row["tx"] == tx).unwrap()["id"].clone()
    };
    let replay = |body: Value| shop.world.api("POST", "/postbacks/replay", body);
    let one = json!({"ids": [call("A")], "corrections": {"hit": hit}, "dryRun": true});
    assert_eq!(counts(&replay(one.clone()).await), [1, 0, 0, 0, 0]);
    assert!(shop.conversions().await.is_empty());
    let mut real = one;
    real["dryRun"] = false.into();
    assert_eq!(counts(&replay(real.clone()).await), [1, 0, 0, 0, 0]);
    let (status, _) = shop.world.try_api("POST", "/postbacks/replay", real).await;
    assert_eq!(status, 400, "a repeated call is not repeated twice");
    shop.world.make("events", json!({"name": "later"})).await;
    let all = json!({"filter": {}, "corrections": {"rev": "7"}});
    assert_eq!(counts(&replay(all.clone()).await), [2, 0, 0, 0, 0]);
    assert_eq!(counts(&replay(all).await), [0; 5]);
    let expected = ["A approved 3.00", "B approved 7.00", "C approved 7.00"];
    assert_eq!(shop.conversions().await, expected);
    for body in [json!({}), json!({"ids": [call("A")], "filter": {}}), json!({"nope": 1})] {
        assert_eq!(shop.world.try_api("POST", "/postbacks/replay", body).await.0, 400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_status_word_joins_the_source_and_corrects_the_past() {
    let shop = Shop::open().await;
    let hits = [shop.offer_hit().await, shop.offer_hit().await, shop.offer_hit().await];
    for (hit, tx) in hits.iter().zip(["A", "B", "C"]) {
        shop.pb(&format!("hit={hit}&tx={tx}&rev=5&status=De clined")).await;
    }
    shop.world.clock.advance_ms(1_000);
    shop.pb(&format!("hit={}&tx=C&rev=6&status=approved", hits[2])).await;
    let flagged = json!({"filter": {"flag": "unknown_status_word"}});
    let log = shop.world.api("POST", "/reports/postbacks", flagged).await;
    assert_eq!(log["total"], 3);
    let source = log["rows"][0]["offerSource"].as_str().unwrap().to_owned();
    let path = format!("/offer-sources/{source}/status-words");
    let word = json!({"word": "declined", "means": "rejected", "dryRun": true});
    let shown = shop.world.api("POST", &path, word.clone()).await;
    assert_eq!(counts(&shown), [0, 0, 2, 0, 0], "{shown}");
    let mut real = word;
    real["dryRun"] = false.into();
    let done = shop.world.api("POST", &path, real).await;
    assert_eq!(counts(&done), [0, 0, 2, 0, 0], "{done}");
    let expected = ["A rejected 0.00", "B rejected 0.00", "C approved 6.00"];
    assert_eq!(shop.conversions().await, expected);
    // From now on the word is known.
    shop.pb(&format!("hit={}&tx=C&status=DECLINED", hits[2])).await;
    assert_eq!(shop.conversions().await[2], "C rejected 0.00");
    let asset = shop.world.api("GET", &format!("/offer-sources/{source}"), json!(null)).await;
    assert_eq!(asset["statuses"]["rejected"], json!(["declined"]));
    let undo = format!("/updates/{}/undo", done["operation"].as_str().unwrap());
    shop.world.api("POST", &undo, json!(null)).await;
    assert_eq!(shop.conversions().await[0], "A approved 5.00");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_and_cut_in_parts() {
    let shop = Shop::open().await;
    for tx in ["A", "B", "C"] {
        let hit = shop.offer_hit().await;
        shop.pb(&format!("hit={hit}&tx={tx}&rev=5")).await;
        shop.world.clock.advance_ms(60_000);
    }
    let list = |body: Value| async {
        let answer = shop.world.api("POST", "/reports/conversions", body).await;
        let rows = answer["rows"].as_array().unwrap();
        let txs: Vec<_> = rows.iter().map(|row| row["tx"].as_str().unwrap().to_owned()).collect();
        (txs.join(""), answer["total"].as_u64().unwrap())
    };
    for (body, txs, total) in [
        (json!({"limit": 2}), "CB", 3),
        (json!({"limit": 2, "offset": 2}), "A", 3),
        (json!({"from": "2026-11-01T12:01:00Z", "to": "2026-11-01T12:02:00Z"}), "B", 1),
        (json!({"statuses": ["pending", "rejected"]}), "", 0),
        (json!({"statuses": ["approved"], "tx": "C"}), "C", 1),
        (json!({"pages": [shop.road.offer], "events": [""]}), "CBA", 3),
        (json!({"pages": [shop.road.lander]}), "", 0),
    ] {
        assert_eq!(list(body.clone()).await, (txs.to_owned(), total), "{body}");
    }
    for (body, field) in [
        (json!({"limit": 0}), "limit"),
        (json!({"from": "yesterday"}), "from"),
        (json!({"colour": "red"}), "colour"),
    ] {
        let (status, problem) = shop.world.try_api("POST", "/reports/conversions", body).await;
        assert_eq!((status, &problem["faults"][0]["field"]), (400, &field.into()), "{problem}");
    }
    let body = json!({"filter": {"text": "tx=B"}});
    let log = shop.world.api("POST", "/reports/postbacks", body).await;
    assert_eq!((&log["total"], &log["rows"][0]["tx"]), (&json!(1), &"B".into()));
    let literal = json!({"filter": {"text": "tx=%"}});
    assert_eq!(shop.world.api("POST", "/reports/postbacks", literal).await["total"], 0);
}
