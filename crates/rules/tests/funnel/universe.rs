//! A small account whose assets funnels in tests refer to, and the dice that choose among them.

use rules::assets::{Condition, Lander, Offer, OfferSource, Webhook, WebhookEvent};
use rules::funnel::{Library, Shelved};
use rules::ids::EntityId;
use std::collections::BTreeMap;

/// IDs whose number can be read in a failure: `id('L', 3)` is `L00000000003`.
pub fn id(letter: char, number: usize) -> EntityId {
    format!("{letter}{number:011}").parse().unwrap()
}

/// The account.
#[derive(Default)]
pub struct Universe {
    pub landers: BTreeMap<EntityId, Lander>,
    pub offers: BTreeMap<EntityId, Offer>,
    pub sources: BTreeMap<EntityId, OfferSource>,
    pub conditions: BTreeMap<EntityId, Condition>,
    pub webhooks: BTreeMap<EntityId, Webhook>,
    pub tags: Vec<EntityId>,
    pub events: Vec<String>,
    pub archived: Vec<EntityId>,
    pub schemes: Vec<String>,
}

/// How many landers, and how many offers, an account has.
pub const PAGES: usize = 6;

impl Universe {
    /// Six landers and offers, three tags, two events, no shared condition.
    pub fn new() -> Self {
        let url = |name: &str| format!("https://{}.example/?h={{hit}}", name.to_lowercase());
        let lander =
            |n| Lander { name: format!("L{n}"), url: url(&format!("l{n}")), ..Lander::default() };
        let offer = |n| Offer {
            name: format!("O{n}"),
            url: url(&format!("o{n}")),
            offer_source: Some(id('S', 1)),
            ..Offer::default()
        };
        let source = OfferSource { name: "Network".into(), ..OfferSource::default() };
        let webhook = Webhook {
            name: "Hook".into(),
            url: "https://hook.example/".into(),
            events: vec![WebhookEvent::NodeVisit],
            ..Webhook::default()
        };
        Self {
            landers: (1..=PAGES).map(|n| (id('L', n), lander(n))).collect(),
            offers: (1..=PAGES).map(|n| (id('O', n), offer(n))).collect(),
            sources: [(id('S', 1), source)].into(),
            webhooks: [(id('W', 1), webhook)].into(),
            tags: (1..=3).map(|n| id('T', n)).collect(),
            events: vec!["lead".into(), "upsell".into()],
            schemes: vec!["market".into()],
            ..Self::default()
        }
    }
}

impl Library for Universe {
    fn lander(&self, id: EntityId) -> Option<Shelved<'_, Lander>> {
        let archived = self.archived.contains(&id);
        self.landers.get(&id).map(|asset| Shelved { asset, archived })
    }

    fn offer(&self, id: EntityId) -> Option<Shelved<'_, Offer>> {
        let archived = self.archived.contains(&id);
        self.offers.get(&id).map(|asset| Shelved { asset, archived })
    }

    fn offer_source(&self, id: EntityId) -> Option<&OfferSource> {
        self.sources.get(&id)
    }

    fn condition(&self, id: EntityId) -> Option<&Condition> {
        self.conditions.get(&id)
    }

    fn has_tag(&self, id: EntityId) -> bool {
        self.tags.contains(&id)
    }

    fn has_event(&self, name: &str) -> bool {
        self.events.iter().any(|event| event == name)
    }

    fn webhook(&self, id: EntityId) -> Option<&Webhook> {
        self.webhooks.get(&id)
    }

    fn app_schemes(&self) -> &[String] {
        &self.schemes
    }
}

/// Dice that fall alike for the same seed.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.bits() % bound as u64) as usize
    }

    /// True once in `times`.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of `choices`.
    pub fn one<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }
}
