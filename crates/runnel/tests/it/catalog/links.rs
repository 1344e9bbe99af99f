//! Ready links and codes.

use super::desk::{Desk, funnel};
use runnel::admin::Role;
use serde_json::json;

#[tokio::test]
async fn a_funnel_has_an_entrance_per_source_and_links_of_its_actions() {
    let desk = Desk::open().await;
    let admin = desk.person(Role::Admin).await;
    let lander = admin.add("landers", json!({"name": "L", "url": "https://l.example/"})).await;
    let offer = admin.add("offers", json!({"name": "O", "url": "https://o.example/"})).await;
    let id = admin.add("funnels", funnel(&lander, &offer)).await;
    let push =
        json!({"name": "Push", "fields": {"external": {"name": "cid", "placeholder": "[cid]"}}});
    let push = admin.add("traffic-sources", push).await;
    let old = admin.add("traffic-sources", json!({"name": "Old"})).await;
    admin.press(&format!("/traffic-sources/{old}/archive")).await.expect(200);
    let path = format!("/funnels/{id}/links");

    let local = admin.get(&path).await.expect(200);
    assert_eq!(local["domain"], "http://127.0.0.1:8080");
    for domain in ["b.example", "a.example"] {
        admin.add("domains", json!({"name": domain})).await;
    }
    let links = admin.get(&path).await.expect(200);
    assert_eq!(links["domains"], json!(["https://a.example", "https://b.example"]));
    let url = format!("https://a.example/fts/{id}-{push}?cid=[cid]");
    assert_eq!(links["entrances"], json!([{"source": push, "name": "Push", "url": url}]));
    assert_eq!(
        links["actions"],
        json!([{"node": "nodeLander01", "action": 1,
        "url": "https://a.example/action/1",
        "pinned": "https://a.example/action/1?n=nodeLander01"}])
    );
    let at_node =
        admin.get(&format!("{path}?domain=b.example&node=nodeOffer001")).await.expect(200);
    let url = format!("https://b.example/fts/{id}-{push}?n=nodeOffer001&cid=[cid]");
    assert_eq!(at_node["entrances"][0]["url"], url);
    assert_eq!(admin.get(&format!("{path}?domain=c.example")).await.faults(), ["domain"]);
    assert_eq!(admin.get(&format!("{path}?node=nodeNowhere1")).await.faults(), ["node"]);
}

#[tokio::test]
async fn codes_are_the_origins_with_the_networks_macros() {
    let desk = Desk::open().await;
    let admin = desk.person(Role::Admin).await;
    let viewer = desk.person(Role::Viewer).await;
    admin.add("domains", json!({"name": "go.example"})).await;
    admin.add("events", json!({"name": "add to cart"})).await;
    let source = json!({"name": "A", "token": {"parameter": "key", "value": "s3cret"},
        "postback": {"hit": "{{clickid}}", "tx": "{{transaction}}", "rev": "{{payout}}"}});
    let source = admin.add("offer-sources", source).await;
    let offer = json!({"name": "O", "url": "https://o.example/", "offerSource": source});
    let offer = admin.add("offers", offer).await;

    let macros = "https://go.example/pb/?hit={{clickid}}&tx={{transaction}}&rev={{payout}}";
    let path = format!("/offer-sources/{source}/postback-url");
    assert_eq!(admin.get(&path).await.expect(200)["url"], format!("{macros}&key=s3cret"));
    assert_eq!(viewer.get(&path).await.expect(200)["url"], format!("{macros}&key=SECRET"));

    let codes = admin.get(&format!("/offers/{offer}/tracking-codes")).await.expect(200);
    assert_eq!(codes["postbackUrl"], format!("{macros}&key=s3cret"));
    assert_eq!(codes["silentPostbackUrl"], format!("{macros}&key=s3cret&disable_postbacks=true"));
    assert_eq!(
        codes["visitorPostbackUrl"],
        format!("https://go.example/pb/?vid=REPLACE&p={offer}&tx=REPLACE&rev=REPLACE")
    );
    let script = codes["conversionScript"].as_str().unwrap();
    assert!(script.contains(r#"flux.track("conversion",{rev:"VALUE"})"#), "{script}");
    let paged = codes["pageConversionScript"].as_str().unwrap();
    assert!(paged.contains(&format!(r#"p:"{offer}""#)), "{paged}");

    let global = viewer.get("/tracking-codes").await.expect(200);
    let plain = "https://go.example/pb/?hit=REPLACE&tx=REPLACE&rev=REPLACE";
    assert_eq!(global["postbackUrl"], plain);
    assert_eq!(global["statusPostbackUrl"], format!("{plain}&status=REPLACE"));
    assert_eq!(
        global["visitorPostbackUrl"],
        "https://go.example/pb/?vid=REPLACE&p=REPLACE&tx=REPLACE&rev=REPLACE"
    );
    assert_eq!(
        global["eventPostbackUrls"][0]["url"],
        "https://go.example/pb/?hit=REPLACE&event=add%20to%20cart&tx=REPLACE&rev=REPLACE"
    );
    let tag = global["universalTag"].as_str().unwrap();
    assert!(tag.contains("https://go.example/js/flux.js"), "{tag}");
}
