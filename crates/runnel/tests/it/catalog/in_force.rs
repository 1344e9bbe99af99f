//! What is in force: only what was saved, the same after a restart, and never broken by an edit.

use super::desk::{Desk, Person, funnel};
use rules::ids::EntityId;
use runnel::admin::Role;
use runnel::snapshot::Snapshot;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

fn id(value: &Value) -> EntityId {
    value["id"].as_str().unwrap().parse().unwrap()
}

/// Condition → lander or offer.
async fn conditional(editor: &Person<'_>) -> (Value, Value, Value) {
    let us = json!({"name": "US", "routes": [{"key": "us", "groups": [
        {"rules": [{"test": "country", "op": "is", "values": ["US"]}]}]}]});
    let shared = editor.post("/conditions", us).await.expect(201);
    let lander = json!({"name": "L", "url": "https://l.example/"});
    let lander = editor.post("/landers", lander).await.expect(201);
    let drawn = json!({"name": "Split", "nodes": [
        {"id": "splitRoot001", "kind": "traffic"},
        {"id": "splitCond001", "kind": "condition", "condition": shared["id"]},
        {"id": "splitPage001", "kind": "lander", "pages": [{"page": lander["id"]}]},
        {"id": "splitAway001", "kind": "external", "url": "https://away.example/"}],
        "connections": [
        {"from": "splitRoot001", "to": "splitCond001"},
        {"from": "splitCond001", "to": "splitPage001", "route": "us"},
        {"from": "splitCond001", "to": "splitAway001", "route": "default"}]});
    let funnel = editor.post("/funnels", drawn).await.expect(201);
    (shared, lander, funnel)
}

#[tokio::test]
async fn a_refused_edit_leaves_everything_as_it_was() {
    let desk = Desk::open().await;
    let editor = desk.person(Role::Editor).await;
    let (shared, lander, funnel) = conditional(&editor).await;
    let before = desk.app.snapshot.load_full();
    let lines = audit_lines(&desk).await;

    let mut bad = funnel.clone();
    bad["nodes"][2]["pages"] = json!([]);
    editor.put(&format!("/funnels/{}", id(&funnel)), bad).await.expect(400);
    let mut bad = lander.clone();
    bad["url"] = "javascript:alert(1)".into();
    editor.put(&format!("/landers/{}", id(&lander)), bad).await.expect(400);
    // A shared condition that loses the route a funnel leaves by.
    let mut bad = shared.clone();
    bad["routes"][0]["key"] = "usa".into();
    let refused = editor.put(&format!("/conditions/{}", id(&shared)), bad).await.expect(409);
    assert!(refused["faults"][0]["field"].as_str().unwrap().contains("Split"), "{refused:#}");
    for path in [format!("/conditions/{}", id(&shared)), format!("/landers/{}", id(&lander))] {
        let refused = editor.delete(&path).await.expect(409);
        assert!(refused["title"].as_str().unwrap().contains("funnel Split"), "{refused:#}");
    }

    assert!(Arc::ptr_eq(&before, &desk.app.snapshot.load_full()), "nothing was swapped");
    assert_eq!(audit_lines(&desk).await, lines);
}

async fn audit_lines(desk: &Desk) -> i64 {
    let count = sqlx::query_scalar("SELECT COUNT(*) FROM audit_log");
    count.fetch_one(&desk.app.database.pool).await.unwrap()
}

#[tokio::test]
async fn editing_a_shared_asset_makes_new_plans_for_the_funnels_that_use_it() {
    let desk = Desk::open().await;
    let editor = desk.person(Role::Editor).await;
    let (shared, lander, split) = conditional(&editor).await;
    let offer = editor.add("offers", json!({"name": "O", "url": "https://o.example/"})).await;
    let other = editor.post("/funnels", funnel(id(&lander).as_str(), &offer)).await.expect(201);
    let plans = || {
        let snapshot = desk.app.snapshot.load();
        (snapshot.plans[&id(&split)].id(), snapshot.plans[&id(&other)].id())
    };
    let start = plans();
    let mut wider = shared.clone();
    wider["routes"][0]["groups"][0]["rules"][0]["values"] = json!(["CA"]);
    editor.put(&format!("/conditions/{}", id(&shared)), wider).await.expect(200);
    let conditioned = plans();
    assert_ne!(conditioned.0, start.0);
    assert_eq!(conditioned.1, start.1);
    let mut moved = lander.clone();
    moved["url"] = "https://l2.example/".into();
    editor.put(&format!("/landers/{}", id(&lander)), moved).await.expect(200);
    let paged = plans();
    assert_ne!(paged.0, conditioned.0);
    assert_ne!(paged.1, conditioned.1);
    editor.press(&format!("/landers/{}/archive", id(&lander))).await.expect(200);
    assert_ne!(plans().0, paged.0, "archived pages give way to others");
    editor.press(&format!("/landers/{}/unarchive", id(&lander))).await.expect(200);
    assert_eq!(plans(), paged, "the same content is the same plan");
}

#[tokio::test]
async fn a_restart_finds_the_same_picture() {
    let desk = Desk::open().await;
    let admin = desk.person(Role::Admin).await;
    let (_, lander, split) = conditional(&admin).await;
    admin.put("/settings", json!({"version": 0, "sessionTtlSeconds": 3600})).await.expect(200);
    let gone = admin.add("offers", json!({"name": "Gone", "url": "https://gone.example/"})).await;
    admin.delete(&format!("/offers/{gone}")).await.expect(204);
    admin.press(&format!("/landers/{}/archive", id(&lander))).await.expect(200);
    admin.add("domains", json!({"name": "go.example"})).await;
    admin.press(&format!("/funnels/{}/archive", id(&split))).await.expect(200);
    let before = told(&desk.app.snapshot.load());
    drop(admin);
    let desk = desk.reopen().await;
    assert_eq!(told(&desk.app.snapshot.load()), before);
    let snapshot = desk.app.snapshot.load();
    let gone: EntityId = gone.parse().unwrap();
    assert!(snapshot.offers[&gone].archived && snapshot.deleted.contains(&gone));
    assert_eq!(snapshot.settings.session_ttl_seconds, 3600);
    drop(snapshot);
    desk.app.publish().await.unwrap();
    assert_eq!(told(&desk.app.snapshot.load()), before);
}

/// A picture in words that can be compared.
fn told(snapshot: &Snapshot) -> BTreeMap<String, String> {
    let mut told = BTreeMap::new();
    let mut put = |id: EntityId, words: String| drop(told.insert(id.to_string(), words));
    macro_rules! shelves {
        ($($shelf:ident)*) => {$(for (id, held) in &snapshot.$shelf {
            put(*id, format!("{} v{} {} {:?}", stringify!($shelf), held.version, held.archived, held.asset));
        })*};
    }
    shelves!(sources offer_sources landers offers funnels conditions tags events domains groups);
    for (id, plan) in &snapshot.plans {
        told.insert(format!("plan of {id}"), format!("{:?}", plan.id()));
    }
    told.insert("settings".into(), format!("{:?}", snapshot.settings));
    told.insert(
        "sites".into(),
        format!("{:?}", snapshot.sites.iter().collect::<std::collections::BTreeSet<_>>()),
    );
    told.insert("deleted".into(), format!("{:?}", snapshot.deleted));
    told
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_left_out_and_its_funnels_keep_their_plan() {
    let desk = Desk::open().await;
    let editor = desk.person(Role::Editor).await;
    let (_, lander, split) = conditional(&editor).await;
    let plan = desk.app.snapshot.load().plans[&id(&split)].id();
    sqlx::query("UPDATE assets SET body = '{\"strange\": 1}' WHERE id = $1")
        .bind(id(&lander).to_string())
        .execute(&desk.app.database.pool)
        .await
        .unwrap();
    desk.app.publish().await.unwrap();
    let snapshot = desk.app.snapshot.load();
    assert!(!snapshot.landers.contains_key(&id(&lander)));
    assert_eq!(snapshot.plans[&id(&split)].id(), plan);
}

#[tokio::test]
async fn a_used_event_keeps_its_name_and_a_deleted_one_frees_it() {
    let desk = Desk::open().await;
    let editor = desk.person(Role::Editor).await;
    let lead = editor.post("/events", json!({"name": "lead"})).await.expect(201);
    let source = json!({"name": "S", "postbacks": {"lead": {"url": "https://s.example/"}}});
    let source = editor.add("traffic-sources", source).await;
    let mut renamed = lead.clone();
    renamed["name"] = "signup".into();
    let path = format!("/events/{}", id(&lead));
    assert_eq!(editor.put(&path, renamed.clone()).await.faults(), ["name"]);
    editor.delete(&path).await.expect(409);
    editor.delete(&format!("/traffic-sources/{source}")).await.expect(204);
    editor.put(&path, renamed).await.expect(200);
    editor.delete(&path).await.expect(204);
    let again = editor.post("/events", json!({"name": "signup"})).await.expect(201);
    assert_eq!(desk.app.snapshot.load().event_named("signup"), Some(id(&again)));
}

#[tokio::test]
async fn edits_at_the_same_moment_follow_each_other_and_one_of_two_wins() {
    let desk = Desk::open().await;
    let editor = desk.person(Role::Editor).await;
    let made = editor.post("/tags", json!({"name": "t"})).await.expect(201);
    let path = format!("/tags/{}", id(&made));
    let edit = |name: &str| editor.put(&path, json!({"name": name, "version": 1}));
    let (a, b) = tokio::join!(edit("a"), edit("b"));
    let mut statuses = [a.status.as_u16(), b.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    let read = editor.get(&path).await.expect(200);
    let held = desk.app.snapshot.load().tags[&id(&made)].clone();
    assert_eq!(read["name"], held.asset.name.as_str());
    assert_eq!((read["version"].as_i64(), held.version), (Some(2), 2));
}

#[tokio::test]
async fn a_name_means_the_event_in_use_in_any_case() {
    let desk = Desk::open().await;
    let editor = desk.person(Role::Editor).await;
    let named = || desk.app.snapshot.load().event_named(" LEAD ");
    let old = editor.post("/events", json!({"name": "lead"})).await.expect(201);
    editor.press(&format!("/events/{}/archive", id(&old))).await.expect(200);
    assert_eq!(named(), Some(id(&old)), "archived: what comes late is still booked");
    let new = editor.post("/events", json!({"name": "Lead"})).await.expect(201);
    assert_eq!(named(), Some(id(&new)));
    let refused = editor.press(&format!("/events/{}/unarchive", id(&old))).await;
    assert_eq!(refused.faults(), ["name"]);
    editor.delete(&format!("/events/{}", id(&new))).await.expect(204);
    assert_eq!(named(), Some(id(&old)));
    editor.delete(&format!("/events/{}", id(&old))).await.expect(204);
    assert_eq!(named(), None);
}
