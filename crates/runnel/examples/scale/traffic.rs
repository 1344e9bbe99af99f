//! Made-up visitors of a four-node funnel: root → rotator → lander → (action 1) → offer.
//! Promise: as varied as real traffic: every visit has its own address and click ID; a few
//! countries, zones and browsers make up most of it, thousands the rest.

use crate::program::Funnel;
use compact_str::{CompactString, format_compact};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rules::assets::Field;
use rules::facts::{Device, Facts};
use rules::ids::{EntityId, HitId, IdKeys, RequestKey, Vid};
use rules::money::Micros;
use rules::record::{
    Cost, Parameter, Passed, PassedKind, PlanId, Record, RequestKind, Step, Taken,
};

/// Hits of the past lie in so many days before now.
const DAYS: u64 = 90;
const DAY_MS: u64 = 24 * 3_600_000;
/// Part of the visitors that go on to an offer.
const CLICKING: f64 = 0.4;
/// Part of the visits made by somebody who was here before.
const RETURNING: f64 = 0.15;
/// Visitors who may return.
const MOST_KNOWN: usize = 10_000;
/// Hits remembered to be looked up and converted.
const MOST_SAMPLED: usize = 2_000_000;

/// Visits, in the order of time.
pub struct Traffic {
    keys: IdKeys,
    rng: StdRng,
    funnel: Funnel,
    now_ms: u64,
    step_ms: f64,
    at_ms: f64,
    most_hits: u64,
    hits: u64,
    visits: u64,
    clicking: Option<Record>,
    known: Vec<(Vid, HitId)>,
    sampled: Vec<HitId>,
}

impl Traffic {
    pub fn new(keys: IdKeys, funnel: &Funnel, most_hits: u64) -> Self {
        let now_ms = jiff::Timestamp::now().as_millisecond() as u64;
        Self {
            keys,
            rng: StdRng::seed_from_u64(1),
            funnel: funnel.clone(),
            now_ms,
            // A visit has 3.4 hits and 1.4 requests in the mean.
            step_ms: (DAYS * DAY_MS) as f64 / (most_hits as f64 / 3.4 * 1.4 + 1.0),
            at_ms: (now_ms - DAYS * DAY_MS) as f64,
            most_hits,
            hits: 0,
            visits: 0,
            clicking: None,
            known: Vec::new(),
            sampled: Vec::new(),
        }
    }

    /// Visits so far.
    pub fn visits(&self) -> u64 {
        self.visits
    }

    /// Up to `most` hits of offers, spread over all that were made.
    pub fn sample(&self, most: u64) -> Vec<HitId> {
        let stride = (self.sampled.len() / most.max(1) as usize).max(1);
        self.sampled.iter().step_by(stride).take(most as usize).copied().collect()
    }

    /// The next request, until all hits are made; with `beyond`, further ones.
    pub fn next(&mut self, beyond: bool) -> Option<Record> {
        if self.hits >= self.most_hits && !beyond {
            return None;
        }
        self.at_ms = (self.at_ms + self.step_ms).min(self.now_ms as f64);
        let record = match self.clicking.take() {
            Some(entrance) => self.click(entrance),
            None => self.entrance(),
        };
        self.hits += record.steps.len() as u64;
        Some(record)
    }

    fn entrance(&mut self) -> Record {
        let request = RequestKey::new(self.at_ms as u64, 0, self.rng.random());
        let (vid, earlier) = self.visitor();
        self.visits += 1;
        let lander = self.funnel.landers[self.rng.random_range(0..self.funnel.landers.len())];
        let nodes = self.funnel.nodes;
        let steps = vec![
            self.step(request, 0, PassedKind::Traffic, nodes[0], None),
            self.step(request, 1, PassedKind::Rotator, nodes[1], None),
            self.step(request, 2, PassedKind::Lander, nodes[2], Some(lander)),
        ];
        let cost = Micros(self.rng.random_range(1_000..50_000));
        let visit = request.hit(0, &self.keys);
        self.know(vid, visit);
        let record = Record {
            request,
            kind: RequestKind::Entrance,
            vid,
            new_visitor: earlier.is_none(),
            visit,
            previous: earlier,
            previous_visit: earlier,
            funnel: self.funnel.funnel,
            source: self.funnel.source,
            plan: PlanId(0x5ca1_e5ca_1e5c_a1e5),
            seed: self.rng.random(),
            action: None,
            steps,
            path: Vec::new(),
            actions: Vec::new(),
            facts: self.sender().into(),
            own_facts: None,
            fields: self.fields().into(),
            buffer: self.buffer(),
            cost: Some(Cost { amount: cost }),
            visit_cost: cost,
            fires: Vec::new(),
            consulted: Vec::new(),
            tags: Vec::new(),
            domain: "go.example.com".into(),
            referrer: format_compact!("https://site{}.example/p", self.skewed(500)),
            user_agent: self.user_agent(),
            gpc: false,
        };
        if self.rng.random_bool(CLICKING) {
            self.clicking = Some(record.clone());
        }
        record
    }

    fn click(&mut self, entrance: Record) -> Record {
        let request = RequestKey::new(self.at_ms as u64, 0, self.rng.random());
        let left = &entrance.steps[2];
        let action = Taken {
            from: entrance.request.hit(2, &self.keys),
            node: left.node,
            page: left.page,
            kind: left.kind,
            number: 1,
            connection: self.funnel.nodes[3],
            first: true,
        };
        let passed = entrance.steps.iter();
        let path = passed.map(|s| Passed { node: s.node, kind: s.kind, page: s.page }).collect();
        let offer = self.funnel.offers[self.rng.random_range(0..self.funnel.offers.len())];
        let nodes = self.funnel.nodes;
        let steps = vec![self.step(request, 0, PassedKind::Offer, nodes[3], Some(offer))];
        if self.sampled.len() < MOST_SAMPLED {
            self.sampled.push(request.hit(0, &self.keys));
        } else {
            let place = self.rng.random_range(0..MOST_SAMPLED);
            self.sampled[place] = request.hit(0, &self.keys);
        }
        Record {
            request,
            kind: RequestKind::Action,
            new_visitor: false,
            previous: Some(entrance.visit),
            seed: self.rng.random(),
            action: Some(action),
            steps,
            path,
            cost: None,
            buffer: Vec::new(),
            user_agent: String::new(),
            ..entrance
        }
    }

    fn step(
        &self,
        request: RequestKey,
        index: usize,
        kind: PassedKind,
        node: EntityId,
        page: Option<EntityId>,
    ) -> Step {
        let checksum = request.hit(index, &self.keys).checksum();
        Step { checksum, node, kind, page, by: Some(self.funnel.nodes[0]), first: true }
    }

    fn visitor(&mut self) -> (Vid, Option<HitId>) {
        if !self.known.is_empty() && self.rng.random_bool(RETURNING) {
            let (vid, visit) = self.known[self.rng.random_range(0..self.known.len())];
            return (vid, Some(visit));
        }
        (Vid::new(self.at_ms as u64, self.rng.random(), &self.keys), None)
    }

    fn know(&mut self, vid: Vid, visit: HitId) {
        if self.known.len() < MOST_KNOWN {
            self.known.push((vid, visit));
        } else {
            let place = self.rng.random_range(0..MOST_KNOWN);
            self.known[place] = (vid, visit);
        }
    }

    /// A number below `most`; small ones are frequent.
    fn skewed(&mut self, most: u64) -> u64 {
        let part: f64 = self.rng.random();
        (part * part * part * most as f64) as u64
    }

    fn sender(&mut self) -> Facts {
        let (country, isp) = (self.skewed(COUNTRIES.len() as u64 / 2) as usize, self.skewed(3_000));
        let (mobile, bot) = (self.rng.random_bool(0.7), self.rng.random_bool(0.01));
        let address: u32 = self.rng.random();
        Facts {
            ip: Some(std::net::Ipv4Addr::from_bits(address).into()),
            continent: ["EU", "NA", "AS"][country % 3].into(),
            country: COUNTRIES[country * 2..country * 2 + 2].into(),
            asn: isp as u32 + 1000,
            isp: format!("Network operator {isp}").into(),
            device: if mobile { Device::Mobile } else { Device::Desktop },
            brand: if mobile { "Samsung".into() } else { "".into() },
            model: if mobile { format!("SM-{}", self.skewed(400)).into() } else { "".into() },
            os: if mobile { "Android".into() } else { "Windows".into() },
            os_version: (9 + self.skewed(7)).to_string().into(),
            browser: "Chrome".into(),
            browser_version: (131 - self.skewed(40)).to_string().into(),
            language: "en".into(),
            bot: if bot { "pattern".into() } else { "".into() },
            ..Facts::default()
        }
    }

    fn fields(&mut self) -> Vec<(Field, CompactString)> {
        let numbered: Vec<_> = Field::all().filter(|f| f.key().starts_with('c')).skip(1).collect();
        let click: u64 = self.rng.random();
        vec![
            (Field::CAMPAIGN, format_compact!("campaign {}", self.skewed(40))),
            (Field::EXTERNAL, format_compact!("{click:016x}{:08x}", self.rng.random::<u32>())),
            (numbered[0], format_compact!("zone-{}", self.skewed(20_000))),
            (numbered[1], format_compact!("creative-{}", self.skewed(200))),
            (numbered[2], format_compact!("site{}.example", self.skewed(3_000))),
        ]
    }

    fn buffer(&mut self) -> Vec<Parameter> {
        let own = self.rng.random_bool(0.2);
        own.then(|| ("gclid".into(), format_compact!("{:032x}", self.rng.random::<u128>())))
            .into_iter()
            .collect()
    }

    fn user_agent(&mut self) -> String {
        let (model, version) = (self.skewed(400), 131 - self.skewed(40));
        format!(
            "Mozilla/5.0 (Linux; Android 14; SM-{model}) AppleWebKit/537.36 (KHTML, like Gecko) \
             Chrome/{version}.0.0.0 Mobile Safari/537.36"
        )
    }
}

/// Fifty countries, two letters each.
const COUNTRIES: &str = "USDEFRGBITESBRINIDMXTRPLNLBESECHATPTGRCZHURODKFINOIEJPKRTHVNPHMYSGAUNZZA\
    EGNGKEMACLCOPEARUAIL";
