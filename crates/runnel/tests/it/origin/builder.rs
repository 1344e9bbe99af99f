//! “Triggering via the Funnel Builder”.

use super::stage::{Stage, drawn};
use serde_json::json;

#[tokio::test]
async fn an_action_fires_a_conversion() {
    let stage = Stage::open().await;
    let offer = stage.reaches_offer().await;
    stage.acts(&offer, 3).await;
    let fired = format!("action:{} approved 12.50", drawn("c6"));
    stage.conversions_become(&[&fired]).await;
    stage.acts(&offer, 3).await;
    assert_eq!(stage.totals().await["revenue"], "12.50");
    assert_eq!(stage.conversions().await, std::slice::from_ref(&fired));
    assert_eq!(stage.converted_pages().await, std::slice::from_ref(&stage.offer));
    stage.books(&format!("hit={}&rev=3", offer.hit)).await;
    assert_eq!(stage.conversions().await, [fired, "- approved 3.00".to_owned()]);
}

#[tokio::test]
async fn an_action_fires_a_custom_event() {
    let stage = Stage::open().await;
    let lander = stage.enter().await;
    stage.acts(&lander, 4).await;
    stage.acts(&lander, 4).await;
    let totals = stage.totals().await;
    let of_lead = |part: &str| totals[format!("event.{}.{part}", stage.lead)].clone();
    assert_eq!((of_lead("count"), of_lead("revenue")), (json!(1), json!("1.50")));
    assert_eq!(totals["conversions"], 0);
}
