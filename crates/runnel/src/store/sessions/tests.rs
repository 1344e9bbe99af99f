//! Written and read back, replayed twice, shrunk: the sessions stay the same.

use super::*;
use rules::ids::{IdKey, IdKeys};

fn vid(n: u64) -> Vid {
    Vid::new(1_700_000_000_000, n, &IdKeys::new(IdKey([1; 16]), vec![]))
}

fn buffered(sessions: &Sessions, vid: Vid, value: &str) {
    sessions.with(vid, |kept| {
        kept.session.buffer = vec![("x".into(), value.into())];
        kept.session.last_at_ms = 5;
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
fn forgets_what_has_been_over_for_long() {
    let dir = tempfile::tempdir().unwrap();
    let (sessions, _) = Sessions::open(dir.path(), 0).unwrap();
    buffered(&sessions, vid(1), "a");
    sessions.write(&sessions.changed(), 0).unwrap();
    assert_eq!(sessions.forget(5).unwrap(), 0);
    assert_eq!(sessions.forget(6).unwrap(), 1);
}
