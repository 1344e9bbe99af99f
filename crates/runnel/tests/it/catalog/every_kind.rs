//! What all kinds share: create, read, list, update, conflict, archive, duplicate, delete.

use super::desk::{Desk, Person, funnel};
use runnel::admin::Role;
use serde_json::{Value, json};

/// A valid body of every kind that needs nothing else.
fn plain_kinds() -> [(&'static str, Value); 10] {
    [
        ("traffic-sources", json!({"name": "Push", "fields": {"external": {"name": "clickid"}}})),
        ("offer-sources", json!({"name": "Network A", "parameters": {"clickid": "{hit}"}})),
        ("landers", json!({"name": "L1", "url": "https://lander.example/?h={hit}"})),
        ("offers", json!({"name": "O1", "url": "https://offer.example/", "payout": "12.50"})),
        ("funnel-groups", json!({"name": "Group"})),
        (
            "conditions",
            json!({"name": "US", "routes": [{"key": "us", "groups": [
            {"rules": [{"test": "country", "op": "is", "values": ["US"]}]}]}]}),
        ),
        ("tags", json!({"name": "seen"})),
        ("events", json!({"name": "lead"})),
        ("domains", json!({"name": "go.example.com"})),
        (
            "webhooks",
            json!({"name": "Hook", "url": "https://hook.example/a", "events": ["conversion"]}),
        ),
    ]
}

#[tokio::test]
async fn every_kind_is_created_read_updated_archived_and_deleted() {
    let desk = Desk::open().await;
    let admin = desk.person(Role::Admin).await;
    for (kind, body) in plain_kinds() {
        life(&admin, kind, body).await;
    }
    let lander = admin.add("landers", json!({"name": "L", "url": "https://l.example/"})).await;
    let offer = admin.add("offers", json!({"name": "O", "url": "https://o.example/"})).await;
    life(&admin, "funnels", funnel(&lander, &offer)).await;
}

async fn life(admin: &Person<'_>, kind: &str, body: Value) {
    let made = admin.post(&format!("/{kind}"), body.clone()).await.expect(201);
    for (field, value) in body.as_object().unwrap() {
        if field != "fields" && field != "nodes" && field != "connections" && field != "routes" {
            assert_eq!(&made[field], value, "{kind} {field}");
        }
    }
    assert_eq!((&made["version"], &made["archived"]), (&json!(1), &json!(false)), "{kind}");
    let path = format!("/{kind}/{}", made["id"].as_str().unwrap());
    let read = admin.get(&path).await.expect(200);
    assert_eq!(read["name"], body["name"]);

    // An answer can be sent back as it is; the version counts on.
    let again = admin.put(&path, read.clone()).await.expect(200);
    assert_eq!(again["version"], 2, "{kind}");
    let stale = admin.put(&path, read.clone()).await.expect(409);
    assert_eq!(stale["type"], "conflict");
    let mut unversioned = read.clone();
    unversioned.as_object_mut().unwrap().remove("version");
    assert_eq!(admin.put(&path, unversioned).await.faults(), ["version"], "{kind}");

    let archived = admin.press(&format!("{path}/archive")).await.expect(200);
    assert_eq!(archived["archived"], true);
    assert!(!listed(admin, kind, "").await.contains(&made["id"]));
    assert!(listed(admin, kind, "?archived=true").await.contains(&made["id"]));
    assert!(listed(admin, kind, "?archived=all").await.contains(&made["id"]));
    let back = admin.press(&format!("{path}/unarchive")).await.expect(200);
    assert_eq!((&back["archived"], &back["version"]), (&json!(false), &json!(2)));
    assert!(listed(admin, kind, "").await.contains(&made["id"]));

    let copied = admin.post(&format!("{path}/duplicate"), json!({"name": "copy.example"})).await;
    let copied = copied.expect(201);
    assert_eq!((&copied["name"], &copied["version"]), (&json!("copy.example"), &json!(1)));
    assert_ne!(copied["id"], made["id"]);

    assert!(admin.delete(&path).await.expect(204).is_null());
    admin.get(&path).await.expect(404);
    admin.put(&path, again).await.expect(404);
    admin.press(&format!("{path}/archive")).await.expect(404);
    admin.delete(&path).await.expect(404);
    // An ID names the same thing for ever.
    let mut reborn = body;
    reborn["id"] = made["id"].clone();
    admin.post(&format!("/{kind}"), reborn).await.expect(409);
}

async fn listed(person: &Person<'_>, kind: &str, query: &str) -> Vec<Value> {
    let list = person.get(&format!("/{kind}{query}")).await.expect(200);
    list["items"].as_array().unwrap().iter().map(|item| item["id"].clone()).collect()
}

#[tokio::test]
async fn lists_are_searched_and_paged_by_name() {
    let desk = Desk::open().await;
    let editor = desk.person(Role::Editor).await;
    for name in ["Äpfel 10%", "banana", "Apple_pie", "ÄPFEL two"] {
        editor.add("tags", json!({"name": name})).await;
    }
    let names = async |query: &str| {
        let list = editor.get(&format!("/tags{query}")).await.expect(200);
        let items = list["items"].as_array().unwrap().iter();
        let names = items.map(|item| item["name"].as_str().unwrap().to_owned());
        (names.collect::<Vec<_>>(), list["total"].as_i64().unwrap())
    };
    assert_eq!(names("").await.1, 4);
    assert_eq!(
        names("?search=%C3%A4pfel").await,
        (vec!["Äpfel 10%".into(), "ÄPFEL two".into()], 2)
    );
    assert_eq!(names("?search=%25").await, (vec!["Äpfel 10%".into()], 1));
    assert_eq!(names("?search=_").await, (vec!["Apple_pie".into()], 1));
    assert_eq!(names("?limit=1&offset=1").await, (vec!["banana".into()], 4));
    assert_eq!(editor.get("/tags?limit=0").await.faults(), ["limit"]);
    editor.get("/tags?colour=red").await.expect(400);
}

#[tokio::test]
async fn clients_may_bring_ids_and_strange_bodies_name_their_field() {
    let desk = Desk::open().await;
    let editor = desk.person(Role::Editor).await;
    let tag = |id: &str| json!({"id": id, "name": "t"});
    let made = editor.post("/tags", tag("0123456789Ab")).await.expect(201);
    assert_eq!(made["id"], "0123456789Ab");
    editor.post("/tags", tag("0123456789Ab")).await.expect(409);
    assert_eq!(editor.post("/tags", tag("short")).await.faults(), ["id"]);
    assert_eq!(editor.post("/tags", json!({})).await.faults(), ["name"]);
    assert_eq!(editor.post("/tags", json!({"name": " "})).await.faults(), ["name"]);
    assert_eq!(editor.post("/tags", json!({"name": "x".repeat(201)})).await.faults(), ["name"]);
    assert_eq!(editor.post("/tags", json!({"name": "t", "colour": 1})).await.faults(), ["colour"]);
    assert_eq!(editor.post("/tags", json!({"name": 5})).await.faults(), ["name"]);
    editor.post("/tags", json!([])).await.expect(400);
    let other = json!({"id": "0123456789Xy", "version": 1, "name": "t"});
    assert_eq!(editor.put("/tags/0123456789Ab", other).await.faults(), ["id"]);
    editor.get("/tags/nobody").await.expect(400);
    editor.get("/landers/0123456789Ab").await.expect(404);
}

#[tokio::test]
async fn roles_bound_what_somebody_may_do() {
    let desk = Desk::open().await;
    let (viewer, analyst) = (desk.person(Role::Viewer).await, desk.person(Role::Analyst).await);
    let (editor, admin) = (desk.person(Role::Editor).await, desk.person(Role::Admin).await);
    let tag = editor.add("tags", json!({"name": "t"})).await;
    for reader in [&viewer, &analyst] {
        reader.get(&format!("/tags/{tag}")).await.expect(200);
        reader.get("/settings").await.expect(200);
        reader.post("/tags", json!({"name": "t"})).await.expect(403);
        reader.put(&format!("/tags/{tag}"), json!({"name": "t", "version": 1})).await.expect(403);
        reader.delete(&format!("/tags/{tag}")).await.expect(403);
        reader.press(&format!("/tags/{tag}/archive")).await.expect(403);
    }
    editor.post("/domains", json!({"name": "go.example"})).await.expect(403);
    editor.put("/settings", json!({"version": 0})).await.expect(403);
    admin.post("/domains", json!({"name": "go.example"})).await.expect(201);
}

#[tokio::test]
async fn secrets_are_shown_to_editors_only_and_never_to_the_audit_log() {
    let desk = Desk::open().await;
    let (viewer, editor) = (desk.person(Role::Viewer).await, desk.person(Role::Editor).await);
    let source = json!({"name": "N", "token": {"parameter": "key", "value": "s3cret"}});
    let id = editor.add("offer-sources", source).await;
    let path = format!("/offer-sources/{id}");
    assert_eq!(editor.get(&path).await.expect(200)["token"]["value"], "s3cret");
    assert_eq!(viewer.get(&path).await.expect(200)["token"]["value"], "");
    let list = viewer.get("/offer-sources").await.expect(200);
    assert!(!list.to_string().contains("s3cret"));
    let lines: Vec<String> =
        sqlx::query_scalar("SELECT after_json FROM audit_log WHERE kind = 'offer-sources'")
            .fetch_all(&desk.app.database.pool)
            .await
            .unwrap();
    assert_eq!(lines.len(), 1);
    assert!(!lines[0].contains("s3cret"), "{}", lines[0]);
}
