//! The page that the printed set-up link opens (product.md §14).

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn the_set_up_link_opens_a_page_that_runs_only_its_own_script() {
    let world = World::new().await;
    let admin = format!("http://{}", world.running().admin);
    let page = world.client.get(format!("{admin}/setup?token=x")).send().await.unwrap();
    assert_eq!(page.status(), 200);
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'; script-src 'self'"), "{policy}");
    let html = page.text().await.unwrap();
    assert!(html.contains("type=password") && html.contains("<script src=/setup.js></script>"));
    let script = world.client.get(format!("{admin}/setup.js")).send().await.unwrap();
    assert_eq!(script.headers()["content-type"], "text/javascript; charset=utf-8");
    assert!(script.text().await.unwrap().contains("\"/api/v1/setup\""));
    // The tracking domains know nothing of it.
    assert_eq!(world.get("/setup").await.status(), 404);
}
