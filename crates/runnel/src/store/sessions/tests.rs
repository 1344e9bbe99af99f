//! Written and read back, replayed twice, shrunk: the sessions stay the same.

use super::*;
use rules::ids::{IdKey, IdKeys, RequestKey};
use rules::record::PassedKind;
use rules::session::SessionHit;

fn vid(n: u64) -> Vid {
    Vid::new(1_700_000_000_000, n, &IdKeys::new(IdKey([1; 16]), vec![]))
}

fn buffered(sessions: &Sessions, vid: Vid, value: &str) {
    sessions.with(vid, |kept| {
        kept.session().buffer = vec![("x".into(), value.into())];
        kept.session().last_at_ms = 5;
        kept.next_record = 8;
    });
}

#[test]
fn what_is_written_is_there_after_reopening_with_its_cursor() {
    let dir = tempfile::tempdir().unwrap();
    {
        let (sessions, cursor) = Sessions::open(dir.path(), 100).unwrap();
        assert_eq!(cursor, 0);
        buffered(&sessions, vid(1), "a");
        let changed = sessions.changed();
        assert_eq!(changed.next_record, 8);
        sessions.write(&changed, 7).unwrap();
        assert_eq!(sessions.changed().next_record, 0, "nothing changed since");
    }
    let (sessions, cursor) = Sessions::open(dir.path(), 100).unwrap();
    assert_eq!(cursor, 7);
    assert_eq!(sessions.of(vid(1)).parameter("x"), Some("a"));
}

#[test]
fn memory_shrinks_only_by_what_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let (sessions, _) = Sessions::open(dir.path(), 0).unwrap();
    buffered(&sessions, vid(1), "a");
    sessions.shrink();
    assert_eq!(sessions.len(), 1);
    let changed = sessions.changed();
    sessions.write(&changed, 0).unwrap();
    sessions.shrink();
    assert_eq!(sessions.len(), 0);
    assert_eq!(sessions.of(vid(1)).parameter("x"), Some("a"));
}

#[test]
fn at_rest_in_use_and_on_disk_a_session_is_the_same() {
    let keys = IdKeys::new(IdKey([1; 16]), vec![]);
    let first = entrance(vid(1), &keys, 1_000);
    let second = entrance(vid(1), &keys, 2_000);
    let mut folded = Session::new(vid(1));
    folded.apply(&first, 1_000_000);
    let mut kept = Kept::unknown(vid(1));
    assert!(kept.is_unknown() && kept.to_bytes().is_none());
    kept.take_in(&first, first.to_bytes().into(), 1_000_000);
    let reread = |kept: &Kept| Kept::from_bytes(&kept.to_bytes().unwrap()).unwrap();
    assert_eq!((kept.last_at_ms(), reread(&kept).last_at_ms()), (1_000, 1_000));
    assert_eq!(reread(&kept).session(), &folded);
    assert_eq!(kept.session(), &folded);
    folded.apply(&second, 1_000_000);
    kept.take_in(&second, second.to_bytes().into(), 1_000_000);
    assert_eq!(reread(&kept).session(), &folded);
    kept.rest();
    assert_eq!(kept.last_at_ms(), 2_000);
    assert_eq!(kept.session(), &folded);
    let bytes = kept.to_bytes().unwrap();
    assert!((0..bytes.len()).all(|cut| Kept::from_bytes(&bytes[..cut]).is_none()));
}

fn entrance(vid: Vid, keys: &IdKeys, at_ms: u64) -> Record {
    let request = RequestKey::new(at_ms, 0, at_ms);
    let id = |n| EntityId::new(1, n);
    let (node, page) = (id(1), Some(id(2)));
    let checksum = request.hit(0, keys).checksum();
    let kind = PassedKind::Lander;
    let step = rules::record::Step { checksum, node, kind, page, by: None, first: true };
    Record {
        request,
        kind: rules::record::RequestKind::Entrance,
        vid,
        new_visitor: true,
        visit: request.hit(0, keys),
        previous: None,
        previous_visit: None,
        funnel: id(3),
        source: id(4),
        plan: rules::record::PlanId(5),
        seed: 6,
        action: None,
        steps: vec![step],
        path: Vec::new(),
        actions: Vec::new(),
        facts: Default::default(),
        own_facts: None,
        fields: Arc::default(),
        buffer: vec![("x".into(), at_ms.to_string().into())],
        cost: None,
        visit_cost: Default::default(),
        fires: Vec::new(),
        consulted: Vec::new(),
        tags: vec![id(7)],
        domain: "track.example".into(),
        referrer: Default::default(),
        user_agent: String::new(),
        gpc: false,
    }
}

#[test]
fn of_a_session_that_is_over_only_the_links_stay_and_in_the_end_not_even_they() {
    let dir = tempfile::tempdir().unwrap();
    let hit = RequestKey::new(4, 0, 9).hit(0, &IdKeys::new(IdKey([1; 16]), vec![]));
    {
        let (sessions, _) = Sessions::open(dir.path(), 0).unwrap();
        buffered(&sessions, vid(1), "a");
        sessions.with(vid(1), |kept| {
            kept.session().last_visit = Some(hit);
            let (node, kind) = (rules::ids::EntityId::new(1, 1), PassedKind::Offer);
            kept.session().hits = vec![SessionHit { hit, node, kind, page: None, visit: hit }];
        });
        sessions.write(&sessions.changed(), 0).unwrap();
        assert_eq!(sessions.forget(5, 0).unwrap(), 0);
        assert_eq!(sessions.forget(6, 0).unwrap(), 1);
        assert_eq!(sessions.forget(6, 0).unwrap(), 0, "once");
    }
    {
        let (sessions, _) = Sessions::open(dir.path(), 0).unwrap();
        let left = sessions.of(vid(1));
        assert_eq!((left.last_visit, left.parameter("x"), left.hits.len()), (Some(hit), None, 0));
        sessions.forget(6, 6).unwrap();
    }
    let (sessions, _) = Sessions::open(dir.path(), 0).unwrap();
    assert_eq!(sessions.of(vid(1)).last_visit, None);
}

#[test]
fn replayed_without_its_bytes_a_record_leaves_what_is_left_of_a_session_that_is_over() {
    let dir = tempfile::tempdir().unwrap();
    let keys = IdKeys::new(IdKey([1; 16]), vec![]);
    let (sessions, _) = Sessions::open(dir.path(), 100).unwrap();
    let records = [1_000, 2_000, 9_000].map(|at_ms| entrance(vid(1), &keys, at_ms));
    let mut folded = Session::new(vid(1));
    for (number, record) in (0..).zip(&records) {
        // The third finds a session that is over; the second twice counts once.
        folded.apply(record, 5_000);
        sessions.replay(number, record, None, 5_000, number == 0);
        sessions.replay(number, record, None, 5_000, false);
        assert_eq!(sessions.of(vid(1)), folded.clone().over());
    }
    let after = entrance(vid(1), &keys, 10_000);
    let bytes = Some(after.to_bytes().into());
    sessions.replay(3, &after, bytes, 5_000, false);
    assert_eq!(sessions.of(vid(1)).last_request, after.hit(0));
    assert_eq!(sessions.of(vid(1)).hits.len(), 1);
}
