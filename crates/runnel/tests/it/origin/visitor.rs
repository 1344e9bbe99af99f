//! “Alternative postback method - Session-based VID”.

use super::stage::{DAY_MS, Stage};

#[tokio::test]
async fn a_visitor_and_a_page_find_the_latest_hit() {
    let stage = Stage::open().await;
    let lander = stage.enter().await;
    let first = stage.acts(&lander, 1).await;
    let second = stage.acts(&lander, 1).await;
    assert_ne!(first.hit, second.hit);
    stage.books(&format!("vid={}&p={}&tx=A&rev=6", lander.vid, stage.offer)).await;
    stage.books(&format!("vid={}&p={}&tx=B&rev=7", lander.vid, stage.lander)).await;
    assert_eq!(stage.conversions().await, ["A approved 6.00", "B approved 7.00"]);
    assert_eq!(stage.converted_hits().await, [second.hit, lander.hit]);
    stage.logs(&format!("vid={}&p={}&tx=C", lander.vid, stage.upsell), "no_hit_of_page").await;
}

#[tokio::test]
async fn without_a_page_the_last_visited_offer_converts() {
    let stage = Stage::open().await;
    let lander = stage.enter().await;
    stage.logs(&format!("vid={}&tx=0", lander.vid), "no_offer_visited").await;
    let offer = stage.acts(&lander, 1).await;
    stage.acts(&offer, 1).await;
    stage.enters_again(&offer.cookies).await;
    stage.books(&format!("vid={}&tx=A&rev=1", lander.vid)).await;
    assert_eq!(stage.converted_pages().await, std::slice::from_ref(&stage.upsell));
}

#[tokio::test]
async fn one_visitor_converts_several_offers() {
    let stage = Stage::open().await;
    let lander = stage.enter().await;
    let offer = stage.acts(&lander, 1).await;
    stage.acts(&offer, 1).await;
    for page in [&stage.offer, &stage.upsell] {
        stage.books(&format!("vid={}&p={page}&tx=ORDER&rev=5", lander.vid)).await;
    }
    assert_eq!(stage.converted_pages().await, [stage.offer.clone(), stage.upsell.clone()]);
}

#[tokio::test]
async fn a_visitor_captured_at_the_beginning_converts_later_offers() {
    let stage = Stage::open().await;
    let captured = stage.enter().await.clone();
    stage.clock.advance_ms(DAY_MS);
    let offer = stage.acts(&captured, 1).await;
    assert_eq!(offer.vid, captured.vid);
    stage.books(&format!("vid={}&p={}&tx=A&rev=5", captured.vid, stage.offer)).await;
    assert_eq!(stage.converted_hits().await, [offer.hit]);
}

#[tokio::test]
async fn a_session_lasts_four_days_and_activity_extends_it() {
    let mut stage = Stage::open().await;
    let offer = stage.reaches_offer().await;
    let query = |tx: &str| format!("vid={}&p={}&tx={tx}&rev=1", offer.vid, stage.offer);
    let (first, second, third, fourth) = (query("1"), query("2"), query("3"), query("4"));
    stage.clock.advance_ms(4 * DAY_MS - 1_000);
    stage.books(&first).await;
    // A postback is no activity of the visitor's; an action is.
    stage.acts(&offer, 1).await;
    stage.clock.advance_ms(4 * DAY_MS - 1_000);
    stage.restart().await;
    stage.books(&second).await;
    stage.clock.advance_ms(1_000);
    stage.logs(&third, "session_expired").await;
    // What was booked stays known by its tx, even though the session is over.
    stage.books(&format!("{first}&status=rejected")).await;
    stage.logs(&fourth, "session_expired").await;
    assert_eq!(stage.conversions().await, ["1 rejected 0.00", "2 approved 1.00"]);
}

#[tokio::test]
async fn a_visitor_without_activity_for_six_months_does_not_convert() {
    let stage = Stage::open().await;
    let offer = stage.reaches_offer().await;
    stage.clock.advance_ms(182 * DAY_MS);
    stage.logs(&format!("vid={}&p={}&rev=5", offer.vid, stage.offer), "session_expired").await;
    assert!(stage.conversions().await.is_empty());
    stage.books(&format!("hit={}&rev=5", offer.hit)).await;
}
