//! An offer source's token stays unseen where calls are searched and corrected (product.md §6.7, §14).

use crate::world::World;
use runnel::cli::key::add;
use runnel::store::people::Role;
use serde_json::{Value, json};

async fn as_analyst(world: &World, path: &str, body: Value) -> (u16, Value) {
    let app = &world.running().app;
    let key = add(&app.database, &app.clock, Role::Analyst, "analyst").await.unwrap();
    let url = format!("http://{}/api/v1{path}", world.running().admin);
    let answer = world.client.post(url).bearer_auth(key).json(&body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_neither_searched_for_nor_written_into_notes() {
    let world = World::new().await;
    let search = json!({"filter": {"text": "key=s3"}});
    let (status, _) = as_analyst(&world, "/reports/postbacks", search.clone()).await;
    assert_eq!(status, 200, "there is no secret yet");
    let token = json!({"parameter": "key", "value": "s3cret"});
    world.make("offer-sources", json!({"name": "N", "token": token})).await;
    let (status, answer) = as_analyst(&world, "/reports/postbacks", search.clone()).await;
    assert_eq!((status, &answer["type"]), (403, &json!("forbidden")));
    world.api("POST", "/reports/postbacks", search).await;
    let correction = json!({"filter": {}, "corrections": {"key": "s3cret"}});
    let (status, answer) = world.try_api("POST", "/postbacks/replay", correction).await;
    assert_eq!((status, &answer["faults"][0]["field"]), (400, &json!("corrections.key")));
}
