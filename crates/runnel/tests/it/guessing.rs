//! Guessing: hits that are altered, however slightly, convert nothing.
//! A million through HTTP are part of `make soak` (`crates/proof/src/guesses.rs`).

use crate::tracking::{LANDER, road};
use crate::world::{World, location, parameter};
use rules::ids::{HitId, IdKey, IdKeys, RequestKey};
use serde_json::json;

/// A sequence that is the same each time (xorshift).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// `hit` with one to four signs replaced by others.
    fn altered(&mut self, hit: &str) -> String {
        const SIGNS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let mut signs = hit.as_bytes().to_vec();
        while signs == hit.as_bytes() {
            for _ in 0..=self.next() % 4 {
                let at = self.next() as usize % signs.len();
                signs[at] = SIGNS[self.next() as usize % SIGNS.len()];
            }
        }
        String::from_utf8(signs).unwrap()
    }
}

#[test]
fn of_a_million_altered_hits_none_passes_for_an_issued_one() {
    let keys = IdKeys::new(IdKey(*b"a key of a test!"), vec![]);
    let hit = RequestKey::new(1_793_534_400_000, 3, 0x1234_5678_9abc).hit(2, &keys).to_string();
    assert!(HitId::parse(&hit, &keys).is_ok());
    let mut chance = Chance(0x5eed);
    let passed = (0..1_000_000).filter(|_| HitId::parse(&chance.altered(&hit), &keys).is_ok());
    assert_eq!(passed.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_altered_hits_book_nothing() {
    let world = World::new().await;
    let road = road(&world).await;
    let lander = location(&world.get(&road.entrance()).await);
    let vid = parameter(&lander, "vid");
    let acted = world.get(&format!("/action/1?vid={vid}&n={LANDER}")).await;
    let hit = parameter(&location(&acted), "clickid");
    let mut chance = Chance(0xfeed);
    for _ in 0..2_000 {
        let guess = chance.altered(&hit);
        let answer = world.get(&format!("/pb/?hit={guess}&rev=1000")).await.text().await.unwrap();
        assert!(answer.starts_with("LOGGED reason=unknown_hit"), "{guess}: {answer}");
    }
    let found = world.api("POST", "/reports/conversions", json!({})).await;
    assert_eq!(found["total"], 0);
    let booked = world.get(&format!("/pb/?hit={hit}&rev=1")).await.text().await.unwrap();
    assert_eq!(booked, "OK");
}
