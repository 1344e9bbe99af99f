//! `/pb/` with a hit: what is booked, what is kept unbooked, what is answered.

use super::desk::{NOW_MS, World, id};
use axum::body::Body;
use http::{Request, StatusCode};
use rules::entry::Status;
use rules::ids::{HitId, IdKey, IdKeys, RequestKey};
use rules::money::Micros;
use rules::record::PassedKind;

#[tokio::test]
async fn a_postback_books_the_named_revenue_or_the_payout() {
    for (rev, booked) in [
        ("&rev=20", "20000000"),
        ("&rev=0", "0"),
        ("", "12500000"),
        ("&rev=", "12500000"),
        ("&rev={payout}", "12500000"),
        ("&payout=3,50", "3500000"),
        ("&rev=&sum=7", "7000000"),
        ("&rev=%241,250.75", "1250750000"),
    ] {
        let mut world = World::new().await;
        let hit = world.offer_hit();
        assert_eq!(world.pb(&format!("hit={hit}&tx=T{rev}")).await, "OK", "{rev}");
        assert_eq!(world.conversions().await, [format!("T approved {booked}")], "{rev}");
    }
}

#[tokio::test]
async fn every_alias_of_the_hit_works_by_get_and_post() {
    let mut world = World::new().await;
    for name in ["hit", "cid", "clickid", "click_id", "subid", "cnv_id"] {
        let hit = world.offer_hit();
        assert_eq!(world.pb(&format!("{name}={hit}")).await, "OK", "{name}");
    }
    for (media, body) in [
        ("application/x-www-form-urlencoded", "hit=HIT&tx=9&rev=5"),
        ("application/json", r#"{"hit":"HIT","tx":9,"rev":5}"#),
        ("text/plain", r#"{"hit":"HIT","tx":"9","rev":"5"}"#),
    ] {
        let hit = world.offer_hit().to_string();
        let (status, answer) = world.post("/pb", media, &body.replace("HIT", &hit)).await;
        assert_eq!((status, answer.as_str()), (StatusCode::OK, "OK"), "{media}");
    }
    let all = world.conversions().await;
    assert_eq!(all.len(), 9);
    assert!(all[..6].iter().all(|c| c == " approved 12500000"), "{all:?}");
    assert!(all[6..].iter().all(|c| c == "9 approved 5000000"), "{all:?}");
}

#[tokio::test]
async fn statuses_change_the_one_conversion_in_every_order() {
    for (statuses, stands) in [
        (&["pending"][..], "T pending 10000"),
        (&["hold", "approved"], "T approved 20000000"),
        (&["approved", "rejected"], "T rejected 0"),
        (&["rejected"], ""),
        (&["approved", "trash", "approved"], "T approved 20000000"),
        (&["Cancelled", "preapproved"], "T pending 10000"),
        (&["whatever"], "T approved 20000000"),
    ] {
        let mut world = World::new().await;
        let hit = world.offer_hit();
        for status in statuses {
            let body = world.pb(&format!("hit={hit}&tx=T&rev=20&status={status}")).await;
            assert_eq!(body, "OK", "{statuses:?}");
        }
        let expected: Vec<_> =
            Some(stands.to_owned()).filter(|s| !s.is_empty()).into_iter().collect();
        assert_eq!(world.conversions().await, expected, "{statuses:?}");
    }
}

#[tokio::test]
async fn the_answer_tells_what_happened() {
    let mut world = World::new().await;
    let hit = world.offer_hit();
    let created = world.json(&format!("hit={hit}&tx=T&rev=5")).await;
    assert_eq!((&created["result"], &created["revenue"]), (&"created".into(), &"5.00".into()));
    for (query, result, status) in [
        ("rev=5", "unchanged", "approved"),
        ("rev=6", "updated", "approved"),
        ("rev=-2", "updated", "refunded"),
        ("rev=-1", "deleted", "rejected"),
        ("status=reject", "unchanged", "rejected"),
    ] {
        let answer = world.json(&format!("hit={hit}&tx=T&{query}")).await;
        assert_eq!(
            (&answer["result"], &answer["status"]),
            (&result.into(), &status.into()),
            "{query}"
        );
        assert_eq!(answer["conversion"], created["conversion"], "{query}: keeps its ID");
    }
    let nothing = world.json(&format!("hit={hit}&tx=U&status=reject")).await;
    assert_eq!((&nothing["result"], &nothing["conversion"]), (&"unchanged".into(), &().into()));
}

#[tokio::test]
async fn what_cannot_be_booked_is_kept_with_its_reason_and_strict_says_so() {
    let mut world = World::new().await;
    let (vid, hits) = world.visit(&[(PassedKind::Rotator, "R1"), (PassedKind::Offer, "O1")]);
    let (root, rotator, offer) = (hits[0], hits[1], hits[2]);
    let foreign = RequestKey::new(NOW_MS, 0, 1).hit(0, &IdKeys::new(IdKey([8; 16]), vec![]));
    let long_lost = RequestKey::new(NOW_MS - 3_600_001, 0, 99).hit(0, &super::desk::keys());
    let stranger = world.visitor();
    let table = [
        (String::new(), "missing_hit parameter=hit", 400),
        ("hit=".into(), "missing_hit parameter=hit", 400),
        ("hit={hit}".into(), "unreplaced_macro parameter=hit", 400),
        ("clickid=REPLACE".into(), "unreplaced_macro parameter=hit", 400),
        ("hit=abc".into(), "unknown_hit parameter=hit", 404),
        (format!("hit={foreign}"), "unknown_hit parameter=hit", 404),
        (format!("hit={vid}"), "unknown_hit parameter=hit", 404),
        (format!("hit={long_lost}"), "hit_lost parameter=hit", 404),
        (format!("hit={root}"), "not_a_page parameter=hit", 409),
        (format!("hit={rotator}"), "not_a_page parameter=hit", 409),
        (format!("hit={offer}&rev=abc"), "unreadable_rev parameter=rev", 400),
        (format!("hit={offer}&rev=1e3"), "unreadable_rev parameter=rev", 400),
        (format!("hit={offer}&rev=-5"), "nothing_to_refund parameter=rev", 400),
        (format!("hit={offer}&currency=XYZ"), "unknown_currency parameter=currency", 400),
        (format!("hit={offer}&event=nope"), "unknown_event parameter=event", 400),
        (format!("hit={offer}&time=tomorrow"), "unreadable_time parameter=time", 400),
        (format!("hit={offer}&time=2030-01-01T00:00:00Z"), "time_in_future parameter=time", 400),
        ("vid=nobody".into(), "unknown_visitor parameter=vid", 404),
        ("vid=[vid]".into(), "unreplaced_macro parameter=vid", 400),
        (format!("vid={stranger}"), "session_expired parameter=vid", 404),
        (format!("vid={vid}&p={{p}}"), "unreplaced_macro parameter=p", 400),
        (format!("vid={vid}&p=nope"), "no_hit_of_page parameter=p", 404),
        (format!("vid={vid}&p={}", id("L1")), "no_hit_of_page parameter=p", 404),
    ];
    for (query, reason, strict) in &table {
        let query = query.replace('{', "%7B").replace('}', "%7D").replace('[', "%5B");
        assert_eq!(world.pb(&query).await, format!("LOGGED reason={reason}"), "{query}");
        let (status, _) = world.get(&format!("/pb/?{query}&strict=1")).await;
        assert_eq!(status.as_u16(), *strict, "{query}");
    }
    assert!(world.conversions().await.is_empty());
    let kept = world.count("SELECT COUNT(*) FROM calls WHERE verdict = 'unbooked'").await;
    // IDs that were never issued are kept up to 20 times per address.
    assert_eq!(kept as usize, table.len() * 2);
}

#[tokio::test]
async fn a_hit_that_may_still_come_is_not_called_unknown() {
    let world = World::new().await;
    let fresh = RequestKey::new(NOW_MS - 60_000, 0, 5).hit(1, &super::desk::keys());
    let (status, body) = world.get(&format!("/pb/?hit={fresh}")).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{body}");
    assert_eq!(world.count("SELECT COUNT(*) FROM calls").await, 0);
    world.desk.clock.advance_ms(3_600_000);
    assert_eq!(world.pb(&format!("hit={fresh}")).await, "LOGGED reason=hit_lost parameter=hit");
}

#[tokio::test]
async fn limits_answer_413_414_431_and_400() {
    let mut world = World::new().await;
    let hit = world.offer_hit();
    let (status, _) = world.get(&format!("/pb/?hit={hit}&x={}", "y".repeat(8 * 1024))).await;
    assert_eq!(status, StatusCode::URI_TOO_LONG);
    let form = "application/x-www-form-urlencoded";
    let (status, _) = world.post("/pb/", form, &"x".repeat(64 * 1024 + 1)).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    let request = Request::get(format!("/pb/?hit={hit}")).header("x-big", "y".repeat(16 * 1024));
    let (status, _) = world.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    let (status, _) = world.get(&format!("/pb/?hit={hit}{}", "&a=1".repeat(200))).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (status, _) = world.get(&format!("/pb/?hit={hit}&tx={}", "y".repeat(2049))).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(world.conversions().await.is_empty());
}

#[tokio::test]
async fn head_answers_like_get_and_records_nothing() {
    let mut world = World::new().await;
    let hit = world.offer_hit();
    let head = |query: String| Request::head(format!("/pb/?{query}")).body(Body::empty()).unwrap();
    assert_eq!(world.send(head(format!("hit={hit}"))).await.0, StatusCode::OK);
    let strict = world.send(head("hit=abc&strict=1".into())).await;
    assert_eq!(strict.0, StatusCode::NOT_FOUND);
    assert_eq!(world.count("SELECT COUNT(*) FROM calls").await, 0);
    assert!(world.conversions().await.is_empty());
}

#[tokio::test]
async fn the_caller_chooses_the_form_of_the_answer() {
    let mut world = World::new().await;
    let hit = world.offer_hit();
    assert_eq!(world.pb(&format!("hit={hit}&return=SUCCESS")).await, "SUCCESS");
    assert_eq!(world.pb("hit=abc&return=SUCCESS").await, "LOGGED reason=unknown_hit parameter=hit");
    assert_eq!(world.pb(&format!("hit={hit}&return=%3Cscript%3E")).await, "OK");
    let gif = world.pb(&format!("hit={hit}&format=gif")).await;
    assert!(gif.starts_with("GIF89a"));
    let refused = world.json("hit=abc").await;
    assert_eq!(refused["result"], "unbooked");
    assert_eq!(refused["reason"], "unknown_hit");
}

#[tokio::test]
async fn a_test_shows_the_verdict_and_books_nothing() {
    let mut world = World::new().await;
    let hit = world.offer_hit();
    let shown = world.pb(&format!("hit={hit}&rev=3&test=1")).await;
    assert_eq!(shown, "TEST result=created status=approved rev=3.00");
    let refused = world.pb("hit=abc&test=1").await;
    assert_eq!(refused, "TEST result=unbooked reason=unknown_hit parameter=hit");
    assert!(world.conversions().await.is_empty());
    assert_eq!(world.count("SELECT COUNT(*) FROM calls WHERE reason = 'test'").await, 2);
}

#[tokio::test]
async fn a_source_guards_its_offers() {
    let mut world = World::new().await;
    let hit = world.offer_hit();
    world.change_source(|source| {
        source.token =
            Some(rules::assets::SecretToken { parameter: "key".into(), value: "s".into() });
        source.allowed_cidrs = vec!["192.0.2.0/24".into()];
        source.maximum_revenue = Some(Micros(100_000_000));
    });
    let wrong = "LOGGED reason=wrong_token parameter=token";
    assert_eq!(world.pb(&format!("hit={hit}")).await, wrong);
    assert_eq!(world.pb(&format!("hit={hit}&key=t")).await, wrong);
    let request = Request::get(format!("/pb/?hit={hit}&key=s")).body(Body::empty()).unwrap();
    let (_, body) = world.send_from(request, "198.51.100.1:1").await;
    assert_eq!(body, "LOGGED reason=address_not_allowed");
    let over = world.pb(&format!("hit={hit}&key=s&rev=100.01")).await;
    assert_eq!(over, "LOGGED reason=over_maximum_revenue parameter=rev");
    let (status, _) = world.get(&format!("/pb/?hit={hit}&key=s&rev=101&strict=1")).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(world.pb(&format!("hit={hit}&key=s&rev=100")).await, "OK");
}

#[tokio::test]
async fn other_currencies_are_converted_and_frozen() {
    let mut world = World::new().await;
    world.change(|snapshot| {
        let settings = std::sync::Arc::make_mut(&mut snapshot.settings);
        settings.exchange_rates.insert("EUR".into(), Micros(1_100_000));
    });
    let hit = world.offer_hit();
    assert_eq!(world.pb(&format!("hit={hit}&tx=A&rev=10&currency=eur")).await, "OK");
    assert_eq!(world.pb(&format!("hit={hit}&tx=B&rev=10&currency=USD")).await, "OK");
    world.change_source(|source| source.currency = "EUR".into());
    // The payout is in the source's currency as well: 12.50 EUR.
    assert_eq!(world.pb(&format!("hit={hit}&tx=C")).await, "OK");
    assert_eq!(world.pb(&format!("hit={hit}&tx=D&rev=10")).await, "OK");
    let mut all = world.conversions().await;
    all.sort();
    let expected = [
        "A approved 11000000",
        "B approved 10000000",
        "C approved 13750000",
        "D approved 11000000",
    ];
    assert_eq!(all, expected);
    let frozen = "SELECT COUNT(*) FROM entries WHERE original_amount = 10000000 \
         AND original_currency = 'EUR' AND rate = 1100000";
    assert_eq!(world.count(frozen).await, 2);
}

#[tokio::test]
async fn late_reports_count_at_their_time_but_not_before_the_hit() {
    let mut world = World::new().await;
    let hit = world.offer_hit();
    world.pb(&format!("hit={hit}&tx=A&time=2026-09-21T14:13:00Z")).await;
    world.pb(&format!("hit={hit}&tx=B&time=1000000000")).await;
    let of = |tx: &str| format!("SELECT first_at_ms FROM conversions WHERE tx = '{tx}'");
    assert_eq!(world.count(Box::leak(of("A").into_boxed_str())).await as u64, NOW_MS - 20_000);
    assert_eq!(world.count(Box::leak(of("B").into_boxed_str())).await as u64, hit.at_ms());
}

#[tokio::test]
async fn archived_and_deleted_pages_still_convert() {
    let mut world = World::new().await;
    let hit = world.offer_hit();
    world.change(|s| s.offers.get_mut(&id("O1")).unwrap().archived = true);
    assert_eq!(world.pb(&format!("hit={hit}&tx=A")).await, "OK");
    world.change(|s| drop(s.offers.remove(&id("O1"))));
    let answer = world.json(&format!("hit={hit}&tx=B")).await;
    assert_eq!(answer["revenue"], "0.00");
    assert!(answer["flags"].as_array().unwrap().contains(&"no_payout".into()), "{answer}");
}

#[tokio::test]
async fn a_lander_converts_with_nothing_and_says_so() {
    let mut world = World::new().await;
    let (_, hits) = world.visit(&[(PassedKind::Lander, "L1")]);
    let answer = world.json(&format!("hit={}", hits[1])).await;
    assert_eq!((&answer["result"], &answer["revenue"]), (&"created".into(), &"0.00".into()));
    assert!(answer["flags"].as_array().unwrap().contains(&"no_payout".into()));
}

#[tokio::test]
async fn events_have_an_identity_of_their_own() {
    let mut world = World::new().await;
    let hit = world.offer_hit();
    for (query, result) in [
        ("event=lead&tx=1&rev=2", "created"),
        ("event=LEAD&tx=1&rev=2", "unchanged"),
        ("tx=1", "created"),
        ("event=conversion&tx=1", "unchanged"),
        ("event=viewed&tx=1", "created"),
        ("event=viewed&tx=1", "created"),
    ] {
        let answer = world.json(&format!("hit={hit}&{query}")).await;
        assert_eq!(answer["result"], result, "{query}");
    }
    world.change_source(|source| {
        let words = [("sale", "conversion"), ("reg", "lead"), ("ping", "ignore")];
        source.events = words.map(|(word, meant)| (word.to_owned(), meant.to_owned())).into();
    });
    assert_eq!(world.json(&format!("hit={hit}&event=sale&tx=2")).await["status"], "approved");
    assert_eq!(world.json(&format!("hit={hit}&event=REG&tx=1&rev=2")).await["result"], "unchanged");
    let ignored = world.pb(&format!("hit={hit}&event=ping")).await;
    assert_eq!(ignored, "LOGGED reason=ignored_event parameter=event");
    let conversions = world.count("SELECT COUNT(*) FROM conversions WHERE event = ''").await;
    assert_eq!(conversions, 2);
}

#[tokio::test]
async fn a_hundred_identical_postbacks_at_once_book_one_conversion() {
    let mut world = World::new().await;
    let hit = world.offer_hit();
    let world = std::sync::Arc::new(world);
    let calls: Vec<_> = (0..100)
        .map(|_| {
            let world = world.clone();
            tokio::spawn(async move { world.pb(&format!("hit={hit}&tx=T&rev=5")).await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), "OK");
    }
    assert_eq!(world.conversions().await, ["T approved 5000000"]);
    assert_eq!(world.count("SELECT COUNT(*) FROM entries").await, 1);
    assert_eq!(world.count("SELECT COUNT(*) FROM calls").await, 100);
    let numbered = "SELECT COUNT(*) FROM entries WHERE seq BETWEEN 1 AND 1";
    assert_eq!(world.count(numbered).await, 1);
}

#[tokio::test]
async fn entries_are_numbered_without_gaps_and_sum_up_to_the_standing() {
    let mut world = World::new().await;
    let hits: Vec<HitId> = (0..5).map(|_| world.offer_hit()).collect();
    for (i, rev) in (0..40).map(|i| (i, i % 7)) {
        let status = ["", "pending", "rejected", "approved"][i % 4];
        world.pb(&format!("hit={}&tx=T&rev={rev}&status={status}", hits[i % 5])).await;
    }
    let entries =
        runnel::store::ledger::entries_after(&world.desk.database, 0, 1000).await.unwrap();
    let entries: Vec<_> = entries.into_iter().map(|(seq, entry)| (seq, entry.unwrap())).collect();
    let numbers: Vec<_> = entries.iter().map(|(seq, _)| *seq).collect();
    assert_eq!(numbers, (1..=entries.len() as i64).collect::<Vec<_>>());
    let sum: i64 = entries.iter().map(|(_, e)| (e.after.revenue - e.before.revenue).0).sum();
    let stands = world.count("SELECT CAST(SUM(revenue) AS BIGINT) FROM conversions").await;
    assert_eq!(sum, stands);
    assert_eq!(world.past.committed.lock().len(), entries.len());
    assert!(entries.iter().all(|(_, e)| e.after.status.is_some()));
    assert!(entries.iter().any(|(_, e)| e.after.status == Some(Status::Rejected)));
}

#[tokio::test]
async fn a_ledger_that_fails_is_never_an_ok() {
    let mut world = World::new().await;
    let hit = world.offer_hit();
    let pool = &world.desk.database.pool;
    sqlx::query("ALTER TABLE calls RENAME TO away").execute(pool).await.unwrap();
    let (status, body) = world.get(&format!("/pb/?hit={hit}&tx=T")).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{body}");
    assert!(world.conversions().await.is_empty());
    sqlx::query("ALTER TABLE away RENAME TO calls").execute(pool).await.unwrap();
    assert_eq!(world.pb(&format!("hit={hit}&tx=T")).await, "OK");
}

#[tokio::test]
async fn ids_that_nobody_issued_are_sampled() {
    let world = World::new().await;
    for _ in 0..30 {
        assert!(world.pb("hit=abc").await.starts_with("LOGGED reason=unknown_hit"));
    }
    assert_eq!(world.count("SELECT COUNT(*) FROM calls").await, 20);
}

#[tokio::test]
async fn hostile_bytes_are_kept_as_text() {
    let mut world = World::new().await;
    let hit = world.offer_hit();
    for query in [
        "tx=%00%FF%0D%0A",
        "tx=';DROP TABLE conversions;--",
        "tx=%F0%9F%92%A9",
        "tx=<script>&=&&==&%",
        "hit=second&tx=x",
    ] {
        let query = query.replace(' ', "%20").replace(['<', '>'], "%3C");
        assert_eq!(world.pb(&format!("hit={hit}&{query}")).await, "OK", "{query}");
    }
    assert_eq!(world.conversions().await.len(), 5);
}

#[tokio::test]
async fn of_ids_that_nobody_issued_only_a_few_calls_are_kept_also_as_tests() {
    let world = World::new().await;
    for i in 0..30 {
        let answer = world.pb(&format!("hit=guess{i}&test=1")).await;
        assert_eq!(answer, "TEST result=unbooked reason=unknown_hit parameter=hit");
    }
    assert_eq!(world.count("SELECT COUNT(*) FROM calls").await, 20);
    // Tests and others are counted together.
    world.pb("hit=guess").await;
    assert_eq!(world.count("SELECT COUNT(*) FROM calls").await, 20);
}

#[tokio::test]
async fn an_amount_that_is_too_large_once_converted_is_unreadable() {
    let mut world = World::new().await;
    world.change(|snapshot| {
        let settings = std::sync::Arc::make_mut(&mut snapshot.settings);
        settings.exchange_rates.insert("BIG".into(), Micros(3_000_000));
    });
    let hit = world.offer_hit();
    let unreadable = "LOGGED reason=unreadable_rev parameter=rev";
    // Ten million is the most: 3 times 3,333,334 is more, 3 times 3,333,333 is not.
    for (rev, answer) in [
        ("3333334", unreadable),
        ("-3333334", unreadable),
        ("10000000", unreadable),
        ("3333333", "OK"),
    ] {
        let call = format!("hit={hit}&tx=A&currency=big&rev={rev}");
        assert_eq!(world.pb(&call).await, answer, "{rev}");
    }
    world.change_offer(|offer| {
        offer.currency = "BIG".into();
        offer.payout = Some(Micros(3_333_334_000_000));
    });
    assert_eq!(world.pb(&format!("hit={hit}&tx=B")).await, unreadable);
    // A payout that is not needed does no harm.
    assert_eq!(world.pb(&format!("hit={hit}&tx=C&rev=1")).await, "OK");
    assert_eq!(world.conversions().await, ["A approved 9999999000000", "C approved 3000000"]);
}
