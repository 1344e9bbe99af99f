//! “Disabling postbacks to your traffic source”.

use super::stage::Stage;

#[tokio::test]
async fn a_conversion_may_be_kept_from_the_traffic_source() {
    let stage = Stage::open().await;
    let hit = stage.reaches_offer().await.hit;
    for (n, yes) in ["true", "1", "yes", "TRUE"].iter().enumerate() {
        stage.books(&format!("hit={hit}&tx={n}&rev=5&disable_postbacks={yes}")).await;
    }
    stage.books(&format!("hit={hit}&tx=told&rev=5")).await;
    stage.books(&format!("hit={hit}&tx=said&rev=5&disable_postbacks=false")).await;
    assert_eq!(stage.told_the_source().await, ["told", "said"]);
    assert_eq!(stage.the_source_heard().await, ["told 5.00", "said 5.00"]);
    assert_eq!(stage.totals().await["revenue"], "30.00");
}

#[tokio::test]
async fn a_later_correction_updates_revenue_without_telling_the_source() {
    let stage = Stage::open().await;
    let hit = stage.reaches_offer().await.hit;
    stage.books(&format!("hit={hit}&tx=A&rev=0.10")).await;
    stage.books(&format!("hit={hit}&tx=A&rev=0.37&disable_postbacks=true")).await;
    assert_eq!(stage.conversions().await, ["A approved 0.37"]);
    assert_eq!(stage.told_the_source().await, ["A"]);
    assert_eq!(stage.the_source_heard().await, ["A 0.10"]);
    assert_eq!(stage.totals().await["revenue"], "0.37");
}
