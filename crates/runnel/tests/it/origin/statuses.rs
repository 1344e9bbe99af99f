//! “Handling Event Statuses”.

use super::stage::Stage;
use serde_json::json;

#[tokio::test]
async fn a_status_modifies_the_existing_conversion() {
    let stage = Stage::open().await;
    let hit = stage.reaches_offer().await.hit;
    for (status, stands) in [
        ("pending", "A pending 0.01"),
        ("approved", "A approved 20.00"),
        ("hold", "A pending 0.01"),
        ("paid", "A approved 20.00"),
        ("rejected", "A rejected 0.00"),
        ("approved", "A approved 20.00"),
    ] {
        stage.books(&format!("hit={hit}&tx=A&rev=20&status={status}")).await;
        assert_eq!(stage.conversions().await, [stands], "{status}");
    }
    assert_eq!(stage.totals().await["revenue"], "20.00");
    assert_eq!(stage.totals().await["conversions"], 1);
}

#[tokio::test]
async fn pending_creates_a_conversion_with_a_tiny_revenue() {
    let stage = Stage::open().await;
    let hit = stage.reaches_offer().await.hit;
    for (tx, status) in [("A", "pending"), ("B", "hold"), ("C", "preapproved"), ("D", "%20Pending")]
    {
        stage.books(&format!("hit={hit}&tx={tx}&rev=20&status={status}")).await;
    }
    let pending = |tx: &str| format!("{tx} pending 0.01");
    assert_eq!(stage.conversions().await, ["A", "B", "C", "D"].map(pending));
    assert_eq!(stage.totals().await["revenue"], "0.04");
    let totals = stage.totals().await;
    assert_eq!((&totals["conversions"], &totals["pending"]), (&json!(4), &json!(4)));
}

#[tokio::test]
async fn a_reject_deletes_the_existing_conversion_or_creates_none() {
    let stage = Stage::open().await;
    let hit = stage.reaches_offer().await.hit;
    for status in ["rejected", "reject", "trash", "cancelled"] {
        stage.books(&format!("hit={hit}&tx=none&rev=20&status={status}")).await;
        assert!(!stage.conversions().await.iter().any(|c| c.starts_with("none")), "{status}");
        stage.books(&format!("hit={hit}&tx={status}&rev=20")).await;
        stage.books(&format!("hit={hit}&tx={status}&rev=20&status={status}")).await;
        assert_eq!(*stage.conversions().await.last().unwrap(), format!("{status} rejected 0.00"));
    }
    assert_eq!(stage.totals().await["rejected"], 4);
    let totals = stage.totals().await;
    assert_eq!((&totals["conversions"], &totals["revenue"]), (&json!(0), &json!("0.00")));
}

#[tokio::test]
async fn minus_one_deletes_like_a_reject() {
    let stage = Stage::open().await;
    let hit = stage.reaches_offer().await.hit;
    stage.books(&format!("hit={hit}&tx=A&rev=-1")).await;
    assert!(stage.conversions().await.is_empty());
    stage.books(&format!("hit={hit}&tx=A&rev=9")).await;
    stage.books(&format!("hit={hit}&tx=A&rev=-1")).await;
    assert_eq!(stage.conversions().await, ["A rejected 0.00"]);
}

#[tokio::test]
async fn any_other_status_makes_a_normal_conversion() {
    let stage = Stage::open().await;
    let hit = stage.reaches_offer().await.hit;
    for (tx, status) in [("A", "approved"), ("B", "lead"), ("C", "1"), ("D", ""), ("E", "{status}")]
    {
        stage.books(&format!("hit={hit}&tx={tx}&rev=3&status={status}")).await;
    }
    let normal = |tx: &str| format!("{tx} approved 3.00");
    assert_eq!(stage.conversions().await, ["A", "B", "C", "D", "E"].map(normal));
}
