//! Random visits, clicks and conversions as records and entries, with what really happened beside
//! them: the truth that reports are held against.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rules::assets::Field;
use rules::cost_change::{CostAct, CostAmount, CostChange, CostSetting};
use rules::entry::{Credit, Entry, Standing, Status, VisitDims};
use rules::facts::{Device, Facts};
use rules::ids::{EntityId, HitId, IdKey, IdKeys, RequestKey, Vid};
use rules::money::Micros;
use rules::record::{Cost, Passed, PassedKind, PlanId, Record, RequestKind, Step, Taken};
use runnel::feed::{Each, Page, Sources};
use std::collections::BTreeMap;

/// Fixed IDs: `id(7)` is always the same.
pub fn id(n: u64) -> EntityId {
    EntityId::new(1_700_000_000_000, n)
}

pub fn keys() -> IdKeys {
    IdKeys::new(IdKey([7; 16]), vec![])
}

/// 2026-10-24T20:00:00Z: summer time ends in Berlin five hours later.
pub const START_MS: u64 = 1_792_872_000_000;

/// What happened.
#[derive(Clone, Default)]
pub struct World {
    pub records: Vec<Record>,
    pub entries: Vec<Entry>,
    pub costs: Vec<CostChange>,
}

/// Nodes of the funnels, each with the pages it shows.
pub const LANDERS: [u64; 3] = [101, 102, 103];
pub const OFFERS: [u64; 3] = [201, 202, 203];

fn node(rng: &mut StdRng) -> (PassedKind, u64, Option<u64>) {
    let lander =
        |n, pages: &[u64], rng: &mut StdRng| (PassedKind::Lander, n, pages.choose(rng).copied());
    let offer =
        |n, pages: &[u64], rng: &mut StdRng| (PassedKind::Offer, n, pages.choose(rng).copied());
    match rng.random_range(0..7) {
        0 | 1 => lander(10, &LANDERS[..2], rng),
        2 => lander(11, &LANDERS[1..], rng),
        3 | 4 => offer(20, &OFFERS[..2], rng),
        5 => offer(21, &OFFERS[1..], rng),
        _ => (PassedKind::External, 30, None),
    }
}

pub fn c1() -> Field {
    "c1".parse().unwrap()
}

fn sender(rng: &mut StdRng) -> Facts {
    Facts {
        device: *[Device::Mobile, Device::Desktop, Device::Unknown].choose(rng).unwrap(),
        os: ["Android", "iOS", ""].choose(rng).unwrap().to_string().into(),
        os_version: ["14", "9", ""].choose(rng).unwrap().to_string().into(),
        ip: rng.random_bool(0.7).then(|| [10, 0, 0, rng.random_range(1..4)].into()),
        ..Facts::default()
    }
}

impl World {
    /// The world of `seed`, with so many visits.
    pub fn random(seed: u64, visits: usize) -> Self {
        let mut maker = Maker::new(seed);
        for _ in 0..visits {
            maker.visit();
        }
        for _ in 0..visits {
            maker.conversion();
        }
        for _ in 0..maker.rng.random_range(0..4) {
            maker.cost_change();
        }
        maker.world
    }
}

impl World {
    /// The same, with every conversion and event rejected in the end.
    pub fn rejected(mut self) -> Self {
        let last: BTreeMap<_, _> = self.entries.iter().map(|e| (e.conversion, e.clone())).collect();
        for entry in last.into_values() {
            let (before, told_before, told) = (entry.after, entry.told, Micros::ZERO);
            let after = Standing { status: Some(Status::Rejected), ..Standing::default() };
            self.entries.push(Entry { before, after, told_before, told, ..entry });
        }
        self
    }
}

struct Maker {
    rng: StdRng,
    world: World,
    now_ms: u64,
    vids: Vec<Vid>,
    next: u64,
}

impl Maker {
    fn new(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let vids = (0..3).map(|_| Vid::new(START_MS, rng.random(), &keys())).collect();
        Self { rng, world: World::default(), now_ms: START_MS, vids, next: 5000 }
    }

    fn later(&mut self) {
        self.now_ms += self.rng.random_range(1..3 * 3_600_000);
    }

    fn visit(&mut self) {
        self.later();
        let mut entrance = self.entrance();
        self.walk(&mut entrance);
        let request = entrance.request;
        entrance.visit = entrance.hit(0).unwrap_or(request.hit(0, &keys()));
        self.world.records.push(entrance);
        for _ in 0..self.rng.random_range(0..4) {
            self.click();
        }
    }

    fn request(&mut self) -> RequestKey {
        RequestKey::new(self.now_ms, 0, self.rng.random())
    }

    fn entrance(&mut self) -> Record {
        let request = self.request();
        let rng = &mut self.rng;
        let vid = *self.vids.choose(rng).unwrap();
        let cost = Micros(rng.random_range(0..500_000));
        let country = ["US", "DE", ""].choose(rng).unwrap().to_string();
        let bot = if rng.random_bool(0.25) { "pattern" } else { "" };
        let campaign = ["a", "b", ""].choose(rng).unwrap().to_string();
        let tags = (501..503).filter(|_| rng.random_bool(0.4)).map(id).collect();
        Record {
            request,
            kind: RequestKind::Entrance,
            vid,
            new_visitor: false,
            visit: request.hit(0, &keys()),
            previous: None,
            previous_visit: None,
            funnel: id(rng.random_range(1..3)),
            source: id(rng.random_range(3..5)),
            plan: PlanId(1),
            seed: 0,
            action: None,
            steps: Vec::new(),
            path: Vec::new(),
            actions: Vec::new(),
            facts: Facts { country: country.into(), bot: bot.into(), ..sender(rng) }.into(),
            own_facts: None,
            fields: [
                (Field::CAMPAIGN, campaign.into()),
                (c1(), (*["x", "y"].choose(rng).unwrap()).into()),
            ]
            .into(),
            buffer: Vec::new(),
            cost: Some(Cost { amount: cost }),
            visit_cost: cost,
            fires: Vec::new(),
            consulted: Vec::new(),
            tags,
            domain: "go.example".into(),
            referrer: ["https://Ref.example/x", "http://b.example:8080/", "no address", ""]
                .choose(rng)
                .unwrap()
                .to_owned()
                .into(),
            user_agent: String::new(),
            gpc: false,
        }
    }

    /// Gives `record` its steps: perhaps a rotator and a condition, then a page or the way out.
    fn walk(&mut self, record: &mut Record) {
        let mut nodes = Vec::new();
        if record.is_entrance() {
            nodes.push((PassedKind::Traffic, 40 + u64::from(record.funnel == id(1)), None));
        }
        for (kind, n) in
            [(PassedKind::Rotator, 50), (PassedKind::Rotator, 51), (PassedKind::Condition, 52)]
        {
            if self.rng.random_bool(0.3) {
                nodes.push((kind, n, None));
            }
        }
        nodes.push(node(&mut self.rng));
        for (i, (kind, n, page)) in nodes.into_iter().enumerate() {
            let checksum = record.request.hit(i, &keys()).checksum();
            let first = self.rng.random_bool(0.7);
            let page = page.map(id);
            record.steps.push(Step { checksum, node: id(n), kind, page, by: None, first });
        }
    }

    /// Someone clicks on any page that they saw in any visit, or comes to a page without a click;
    /// or their page calls without any news.
    fn click(&mut self) {
        self.later();
        let request = self.request();
        let Some((earlier, from)) = self.some_page() else { return };
        let kind = match self.rng.random_range(0..10) {
            0 => RequestKind::Touch,
            1 => RequestKind::View,
            _ => RequestKind::Action,
        };
        let step = earlier.step_of(from).unwrap().clone();
        let (path, actions) = self.so_far(earlier.visit);
        let action = Taken {
            from,
            node: step.node,
            page: step.page,
            kind: step.kind,
            number: self.rng.random_range(1..3),
            connection: id(900),
            first: self.rng.random_bool(0.7),
        };
        let mut record = Record {
            request,
            kind,
            action: (kind == RequestKind::Action).then_some(action),
            steps: Vec::new(),
            path,
            actions,
            cost: None,
            ..earlier
        };
        if kind != RequestKind::Touch {
            self.walk(&mut record);
        }
        self.world.records.push(record);
    }

    fn some_page(&mut self) -> Option<(Record, HitId)> {
        let pages: Vec<(&Record, HitId)> = self
            .world
            .records
            .iter()
            .flat_map(|r| r.hits().filter(|(_, s)| s.kind.is_page()).map(move |(h, _)| (r, h)))
            .collect();
        pages.choose(&mut self.rng).map(|(record, hit)| ((*record).clone(), *hit))
    }

    fn so_far(&self, visit: HitId) -> (Vec<Passed>, Vec<u8>) {
        let of = || self.world.records.iter().filter(|r| r.visit == visit);
        let (mut path, mut actions) = (Vec::new(), Vec::new());
        for step in of().flat_map(|r| &r.steps) {
            let passed = Passed { node: step.node, kind: step.kind, page: step.page };
            if !path.contains(&passed) {
                path.push(passed);
            }
        }
        for taken in of().filter_map(|r| r.action.as_ref()) {
            if !actions.contains(&taken.number) {
                actions.push(taken.number);
            }
        }
        (path, actions)
    }

    /// A conversion or event that changes its standing up to four times.
    fn conversion(&mut self) {
        let Some((record, hit)) = self.some_page() else { return };
        self.later();
        self.next += 1;
        let conversion = id(self.next);
        let event = self.rng.random_bool(0.3).then(|| id(601));
        let tx = self.rng.random_bool(0.5).then(|| format!("t{}", self.next));
        let indirect = self.indirect(&record);
        let (path, visit) = (self.credits(&record, hit), dims(&record));
        let (first_at_ms, mut before) = (self.now_ms, Standing::default());
        let mut told_before = Micros::ZERO;
        for _ in 0..self.rng.random_range(1..5) {
            let after = self.standing();
            let told = Micros(self.rng.random_range(0..9_000_000));
            let (at_ms, vid, tx) = (self.now_ms, record.vid, tx.clone());
            let (path, visit, indirect) = (path.clone(), visit.clone(), indirect.clone());
            self.world.entries.push(Entry {
                conversion,
                event,
                hit,
                vid,
                tx,
                at_ms,
                first_at_ms,
                before,
                after,
                visit,
                path,
                indirect,
                told_before,
                told,
            });
            (before, told_before) = (after, told);
            self.later();
        }
    }

    fn standing(&mut self) -> Standing {
        let all = [Status::Pending, Status::Approved, Status::Rejected, Status::Refunded];
        let status = *all.choose(&mut self.rng).unwrap();
        let amount = |rng: &mut StdRng| match status {
            Status::Rejected => Micros::ZERO,
            _ => Micros(rng.random_range(0..9_000_000)),
        };
        Standing {
            status: Some(status),
            revenue: amount(&mut self.rng),
            expected: amount(&mut self.rng),
            cost: amount(&mut self.rng),
        }
    }

    /// Every hit of the visitor in the funnel up to the converting one, each node once.
    fn credits(&self, record: &Record, hit: HitId) -> Vec<Credit> {
        let mut credits: Vec<Credit> = Vec::new();
        let same = |r: &&Record| r.vid == record.vid && r.funnel == record.funnel;
        let of_visitor = self.world.records.iter().filter(same);
        for (earlier, step) in of_visitor.flat_map(Record::hits).filter(|(h, _)| *h <= hit) {
            if credits.iter().all(|c| c.node != step.node) {
                let Step { node, kind, page, .. } = *step;
                credits.push(Credit { hit: earlier, node, kind, page, direct: earlier == hit });
            }
        }
        credits
    }

    /// Someone says what visits cost, or takes back what was said.
    fn cost_change(&mut self) {
        self.next += 1;
        let (id, rng) = (id(self.next), &mut self.rng);
        let undoable: Vec<_> = self.world.costs.iter().map(|change| change.id).collect();
        let does = match undoable.choose(rng) {
            Some(earlier) if rng.random_bool(0.3) => CostAct::Undo(*earlier),
            _ => {
                let from_ms = (START_MS + rng.random_range(0..20 * 3_600_000)) as i64;
                let amount = Micros(rng.random_range(0..2_000_000));
                CostAct::Set(CostSetting {
                    from_ms,
                    to_ms: from_ms + rng.random_range(1..60 * 3_600_000),
                    funnels: if rng.random_bool(0.3) { vec![self::id(1)] } else { vec![] },
                    sources: if rng.random_bool(0.3) { vec![self::id(3)] } else { vec![] },
                    countries: if rng.random_bool(0.3) { vec!["US".into()] } else { vec![] },
                    fields: if rng.random_bool(0.3) {
                        vec![(Field::CAMPAIGN, vec!["a".into()])]
                    } else {
                        vec![]
                    },
                    amount: match rng.random_bool(0.5) {
                        true => CostAmount::Total(amount),
                        false => CostAmount::Each(amount),
                    },
                    below_record: rng.random_range(0..=self.world.records.len() as u64),
                })
            }
        };
        self.world.costs.push(CostChange { id, does });
    }

    fn indirect(&mut self, record: &Record) -> Vec<VisitDims> {
        let other = self
            .world
            .records
            .iter()
            .rev()
            .find(|r| r.is_entrance() && r.vid == record.vid && r.funnel != record.funnel);
        other.map(dims).into_iter().collect()
    }
}

fn dims(record: &Record) -> VisitDims {
    VisitDims {
        visit: record.visit,
        funnel: record.funnel,
        source: record.source,
        fields: record.fields.to_vec(),
        facts: record.facts.as_ref().clone(),
        domain: record.domain.to_string(),
        referrer: record.referrer.to_string(),
        tags: record.tags.clone(),
        actions: record.actions_taken(),
    }
}

/// Feeds a world in pages of any size.
pub struct Fed {
    pub world: World,
    pub page: usize,
}

impl Sources for Fed {
    fn records(&mut self, from: u64, most: usize, each: &mut Each<'_>) -> anyhow::Result<u64> {
        let from = from as usize;
        let to = self.world.records.len().min(from + self.page.min(most));
        (from..to).for_each(|i| each(i as u64, Ok(&self.world.records[i])));
        Ok(to as u64)
    }

    fn entries(&mut self, after: i64, most: usize) -> anyhow::Result<Page<Entry, i64>> {
        let from = after as usize;
        let to = self.world.entries.len().min(from + self.page.min(most));
        let items = (from..to).map(|i| (i as i64 + 1, Ok(self.world.entries[i].clone()))).collect();
        Ok(Page { items, next: to as i64 })
    }

    fn costs(&mut self, after: i64) -> anyhow::Result<Page<CostChange, i64>> {
        let rest = self.world.costs.iter().enumerate().skip(after as usize);
        let items: Vec<_> = rest.map(|(i, change)| (i as i64 + 1, Ok(change.clone()))).collect();
        let next = items.last().map_or(after, |(number, _)| *number);
        Ok(Page { items, next })
    }
}
