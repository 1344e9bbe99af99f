//! The same report by plain loops over what happened: visits by what they passed in the end,
//! conversions by how they stand in the end. Nothing here is additive, nothing shared with the
//! product.

use super::world::{World, id};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rules::cost_change::{CostAct, CostAmount, CostSetting};
use rules::entry::{Entry, Status, VisitDims};
use rules::ids::{EntityId, HitId, Vid};
use rules::record::{PassedKind, Record};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The columns compared: all are sums but `visitors`.
pub const COLUMNS: [&str; 22] = [
    "visits",
    "landerViews",
    "landerViewsUnique",
    "landerClicks",
    "landerClicksUnique",
    "offerViews",
    "offerViewsUnique",
    "offerClicks",
    "offerClicksUnique",
    "conversions",
    "indirect",
    "pending",
    "approved",
    "rejected",
    "refunded",
    "expectedRevenue",
    "revenue",
    "revenueTold",
    "cost",
    "event.count",
    "event.revenue",
    "event.revenueTold",
];

pub type Sums = [i64; COLUMNS.len()];

fn at(column: &str) -> usize {
    COLUMNS.iter().position(|c| *c == column).unwrap()
}

/// One thing that counts: when, for whom, at which members, how much.
struct Unit {
    at_ms: i64,
    of: VisitDims,
    bot: bool,
    lists: HashMap<&'static str, Vec<String>>,
    scalars: HashMap<&'static str, Option<String>>,
    sums: Sums,
    visitor: Option<Vid>,
}

/// A report by loops.
#[derive(Default)]
pub struct Truth {
    pub totals: Sums,
    pub visitors: i64,
    /// By the keys of a row and of those above it; `any` rows end with `*`.
    pub rows: BTreeMap<Vec<Option<String>>, (Sums, HashSet<Vid>)>,
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub from_ms: i64,
    pub to_ms: i64,
    pub zone: &'static str,
    pub conversion_clock: bool,
    pub bots: &'static str,
    pub groupings: Vec<&'static str>,
    pub filters: Vec<(&'static str, Option<String>)>,
    /// What must not be: nothing about the path.
    pub excluded: Vec<(&'static str, Option<String>)>,
}

pub const LISTS: [&str; 8] =
    ["node", "node-kind", "page", "lander", "offer", "offer-source", "action", "tag"];

pub const ANY: &str = "*";

impl Asked {
    pub fn answer(&self, world: &World) -> Truth {
        let mut truth = Truth::default();
        let mut seen = HashSet::new();
        for unit in units(world, self.conversion_clock) {
            if self.fits(&unit) {
                add(&mut truth.totals, &unit.sums);
                seen.extend(unit.visitor);
                for depth in 1..=self.groupings.len() {
                    self.count(&mut truth, &unit, depth);
                }
            }
        }
        truth.visitors = seen.len() as i64;
        truth
    }

    fn fits(&self, unit: &Unit) -> bool {
        let wanted = match self.bots {
            "exclude" => !unit.bot,
            "only" => unit.bot,
            _ => true,
        };
        let in_range = (self.from_ms..self.to_ms).contains(&unit.at_ms);
        let filtered =
            |(by, key): &(&'static str, Option<String>)| self.members(unit, by).contains(key);
        wanted
            && in_range
            && self.filters.iter().all(filtered)
            && !self.excluded.iter().any(filtered)
    }

    fn count(&self, truth: &mut Truth, unit: &Unit, depth: usize) {
        let last = self.groupings[depth - 1];
        let mut rows: Vec<Vec<Option<String>>> = vec![vec![]];
        for by in &self.groupings[..depth - 1] {
            rows = spread(&rows, &self.members(unit, by));
        }
        let mut members = self.members(unit, last);
        if LISTS.contains(&last) && !members.is_empty() {
            members.push(Some(ANY.into()));
        }
        for keys in spread(&rows, &members) {
            let (sums, visitors) = truth.rows.entry(keys).or_default();
            add(sums, &unit.sums);
            visitors.extend(unit.visitor);
        }
    }

    fn members(&self, unit: &Unit, by: &str) -> Vec<Option<String>> {
        if let Some(list) = unit.lists.get(by) {
            return list.iter().cloned().map(Some).collect();
        }
        if let Some(scalar) = unit.scalars.get(by) {
            return vec![scalar.clone()];
        }
        vec![match by {
            "date" => Some(self.local(unit, "%Y-%m-%d")),
            "hour" => Some(self.local(unit, "%H")),
            "weekday" => Some(self.local(unit, "%u")),
            "month" => Some(self.local(unit, "%Y-%m")),
            "funnel" => Some(unit.of.funnel.to_string()),
            "funnel-group" => (unit.of.funnel == id(1)).then(|| id(77).to_string()),
            "source" => Some(unit.of.source.to_string()),
            "country" => present(&unit.of.facts.country),
            "campaign" => unit.of.fields.first().and_then(|(_, value)| present(value)),
            "bot" => Some(if unit.bot { "bot" } else { "person" }.into()),
            "c1" => unit.of.fields.get(1).and_then(|(_, value)| present(value)),
            "device" => present(unit.of.facts.device.as_str()),
            "os" => present(&unit.of.facts.os),
            "os-version" => {
                let (os, version) = (&unit.of.facts.os, &unit.of.facts.os_version);
                present(version).map(|version| format!("{os} {version}").trim().to_owned())
            }
            "ip" => unit.of.facts.ip.map(|ip| ip.to_string()),
            "referrer" => present(&unit.of.referrer),
            "referrer-domain" => match unit.of.referrer.as_str() {
                "https://Ref.example/x" => Some("ref.example".into()),
                "http://b.example:8080/" => Some("b.example".into()),
                _ => None,
            },
            "tracking-domain" => Some("go.example".into()),
            _ => panic!("{by}"),
        }]
    }

    fn local(&self, unit: &Unit, format: &str) -> String {
        let zone = TimeZone::get(self.zone).unwrap();
        let at = Timestamp::from_millisecond(unit.at_ms).unwrap().to_zoned(zone);
        at.strftime(format).to_string()
    }
}

fn present(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn spread(rows: &[Vec<Option<String>>], members: &[Option<String>]) -> Vec<Vec<Option<String>>> {
    let longer =
        |row: &Vec<_>, m: &Option<String>| row.iter().cloned().chain([m.clone()]).collect();
    rows.iter().flat_map(|row| members.iter().map(move |m| longer(row, m))).collect()
}

fn add(sums: &mut Sums, more: &Sums) {
    sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
}

fn units(world: &World, conversion_clock: bool) -> Vec<Unit> {
    let proven: HashSet<HitId> = world
        .entries
        .iter()
        .filter(|e| e.event.is_none() && e.after.status != Some(Status::Rejected))
        .map(|e| e.visit.visit)
        .collect();
    let mut units = Vec::new();
    for record in &world.records {
        units.extend(visit_unit(world, record));
        units.extend(view_unit(world, record, conversion_clock));
        units.extend(click_unit(world, record, conversion_clock));
    }
    for (_, entry) in final_entries(world) {
        units.push(standing_unit(entry, conversion_clock));
        units.extend(
            entry.indirect.iter().filter_map(|of| indirect_unit(entry, of, conversion_clock)),
        );
    }
    for unit in &mut units {
        unit.bot = unit.of.facts.is_bot() && !proven.contains(&unit.of.visit);
    }
    units
}

type Member = (PassedKind, EntityId, Option<EntityId>);

/// Each list of what `passed` holds.
fn lists(passed: &[Member]) -> HashMap<&'static str, Vec<String>> {
    let mut lists: HashMap<&'static str, Vec<String>> =
        LISTS.iter().map(|list| (*list, Vec::new())).collect();
    let mut put = |list: &'static str, key: String| {
        let list = lists.get_mut(list).unwrap();
        if !list.contains(&key) {
            list.push(key);
        }
    };
    for (kind, node, page) in passed {
        put("node", node.to_string());
        put("node-kind", format!("{kind:?}").to_lowercase());
        let Some(page) = page else { continue };
        put("page", page.to_string());
        match kind {
            PassedKind::Lander => put("lander", page.to_string()),
            _ => {
                put("offer", page.to_string());
                if let Some(source) = offer_source(*page) {
                    put("offer-source", source.to_string());
                }
            }
        }
    }
    lists
}

/// Offers 201 and 202 are of source 701, 203 has none.
pub fn offer_source(offer: EntityId) -> Option<EntityId> {
    (offer == id(201) || offer == id(202)).then(|| id(701))
}

fn passed_until(world: &World, last: &Record) -> (Vec<Member>, Vec<String>) {
    let end = world.records.iter().position(|r| r.request == last.request).unwrap();
    let of = || world.records[..=end].iter().filter(|r| r.visit == last.visit);
    let passed = of().flat_map(|r| &r.steps).map(|s| (s.kind, s.node, s.page)).collect();
    let mut actions: Vec<_> =
        of().filter_map(|r| r.action.as_ref()).map(|a| a.number.to_string()).collect();
    actions.sort();
    actions.dedup();
    (passed, actions)
}

fn unit(of: VisitDims, at_ms: u64, lists: HashMap<&'static str, Vec<String>>) -> Unit {
    let scalars = ["tx", "status", "event", "time-to-convert"].map(|by| (by, None)).into();
    Unit {
        at_ms: at_ms as i64,
        of,
        bot: false,
        lists,
        scalars,
        sums: Sums::default(),
        visitor: None,
    }
}

fn of_record(record: &Record) -> VisitDims {
    VisitDims {
        visit: record.visit,
        funnel: record.funnel,
        source: record.source,
        fields: record.fields.to_vec(),
        facts: record.facts.as_ref().clone(),
        domain: record.domain.to_string(),
        referrer: record.referrer.to_string(),
        tags: record.tags.clone(),
        actions: vec![],
    }
}

/// A visit counts once at everything that it had passed in the end.
fn visit_unit(world: &World, record: &Record) -> Option<Unit> {
    let cost = record.cost?;
    let last = world.records.iter().rev().find(|r| r.visit == record.visit)?;
    let (passed, actions) = passed_until(world, last);
    let mut lists = lists(&passed);
    lists.insert("action", actions);
    lists.insert("tag", record.tags.iter().map(ToString::to_string).collect());
    let mut unit = unit(of_record(record), record.visit.at_ms(), lists);
    unit.sums[at("visits")] = 1;
    unit.sums[at("cost")] = said_cost(world, record).unwrap_or(cost.amount.0);
    unit.visitor = Some(record.vid);
    Some(unit)
}

/// What the last change that stands says of this visit's cost.
fn said_cost(world: &World, record: &Record) -> Option<i64> {
    let undone = world.costs.iter().filter_map(|change| match change.does {
        CostAct::Undo(id) => Some(id),
        CostAct::Set(_) => None,
    });
    let undone: Vec<_> = undone.collect();
    let standing = world.costs.iter().rev().filter(|change| !undone.contains(&change.id));
    standing
        .filter_map(|change| match &change.does {
            CostAct::Set(setting) => Some(setting),
            CostAct::Undo(_) => None,
        })
        .find_map(|setting| {
            let fitting: Vec<_> = world
                .records
                .iter()
                .enumerate()
                .filter(|(number, r)| (*number as u64) < setting.below_record && fits(setting, r))
                .map(|(_, r)| r.visit)
                .collect();
            let place = fitting.iter().position(|visit| *visit == record.visit)? as i64;
            let count = fitting.len() as i64;
            Some(match setting.amount {
                CostAmount::Each(each) => each.0,
                CostAmount::Total(total) => total.0 / count + i64::from(place < total.0 % count),
            })
        })
}

fn fits(setting: &CostSetting, r: &Record) -> bool {
    let value = r.fields.first().map(|(_, value)| value.to_string()).unwrap_or_default();
    r.is_entrance()
        && !r.facts.is_bot()
        && (setting.from_ms..setting.to_ms).contains(&(r.visit.at_ms() as i64))
        && (setting.funnels.is_empty() || setting.funnels.contains(&r.funnel))
        && (setting.sources.is_empty() || setting.sources.contains(&r.source))
        && (setting.countries.is_empty() || setting.countries.iter().any(|c| *c == r.facts.country))
        && setting.fields.iter().all(|(_, values)| values.contains(&value))
}

/// A view or click counts at its own page, and at what else the visit had passed by then.
fn own_unit(world: &World, record: &Record, own: Member, conversion_clock: bool) -> Unit {
    let (passed, actions) = passed_until(world, record);
    let mut all = lists(&passed);
    let own_lists = lists(&[own]);
    let of_own: &[&'static str] = match own.0 {
        PassedKind::Lander => &["node", "node-kind", "page", "lander"],
        _ => &["node", "node-kind", "page", "offer", "offer-source"],
    };
    for list in of_own {
        all.insert(list, own_lists[list].clone());
    }
    all.insert("action", actions);
    all.insert("tag", record.tags.iter().map(ToString::to_string).collect());
    let at_ms = if conversion_clock { record.request.at_ms() } else { record.visit.at_ms() };
    unit(of_record(record), at_ms, all)
}

fn view_unit(world: &World, record: &Record, conversion_clock: bool) -> Option<Unit> {
    let step = record.steps.last().filter(|step| step.kind.is_page())?;
    let mut unit = own_unit(world, record, (step.kind, step.node, step.page), conversion_clock);
    let views = if step.kind == PassedKind::Lander { "landerViews" } else { "offerViews" };
    unit.sums[at(views)] = 1;
    unit.sums[at(&format!("{views}Unique"))] = i64::from(step.first);
    Some(unit)
}

fn click_unit(world: &World, record: &Record, conversion_clock: bool) -> Option<Unit> {
    let taken = record.action.as_ref()?;
    let mut unit = own_unit(world, record, (taken.kind, taken.node, taken.page), conversion_clock);
    unit.lists.insert("action", vec![taken.number.to_string()]);
    let clicks = if taken.kind == PassedKind::Lander { "landerClicks" } else { "offerClicks" };
    unit.sums[at(clicks)] = 1;
    unit.sums[at(&format!("{clicks}Unique"))] = i64::from(taken.first);
    Some(unit)
}

/// Only how a conversion stands in the end matters.
fn final_entries(world: &World) -> BTreeMap<EntityId, &Entry> {
    world.entries.iter().map(|entry| (entry.conversion, entry)).collect()
}

fn standing_unit(entry: &Entry, conversion_clock: bool) -> Unit {
    let passed: Vec<Member> = entry.path.iter().map(|c| (c.kind, c.node, c.page)).collect();
    let mut unit = of_entry(entry, &entry.visit, lists(&passed), conversion_clock);
    let standing = entry.after;
    let counts = i64::from(standing.status != Some(Status::Rejected));
    unit.sums[at("cost")] = standing.cost.0;
    if entry.event.is_some() {
        unit.sums[at("event.count")] = counts;
        unit.sums[at("event.revenue")] = standing.revenue.0;
        unit.sums[at("event.revenueTold")] = entry.told.0;
    } else {
        unit.sums[at("conversions")] = counts;
        unit.sums[at(standing.status.unwrap().as_str())] = 1;
        unit.sums[at("revenue")] = standing.revenue.0;
        unit.sums[at("revenueTold")] = entry.told.0;
        unit.sums[at("expectedRevenue")] = standing.expected.0;
    }
    unit
}

fn indirect_unit(entry: &Entry, of: &VisitDims, conversion_clock: bool) -> Option<Unit> {
    if entry.event.is_some() || entry.after.status == Some(Status::Rejected) {
        return None;
    }
    let mut unit = of_entry(entry, of, lists(&[]), conversion_clock);
    unit.sums[at("indirect")] = 1;
    Some(unit)
}

fn of_entry(
    entry: &Entry,
    of: &VisitDims,
    mut lists: HashMap<&'static str, Vec<String>>,
    conversion_clock: bool,
) -> Unit {
    lists.insert("action", of.actions.iter().map(ToString::to_string).collect());
    lists.insert("tag", of.tags.iter().map(ToString::to_string).collect());
    let at_ms = if conversion_clock { entry.first_at_ms } else { of.visit.at_ms() };
    let mut unit = unit(of.clone(), at_ms, lists);
    let status = entry.after.status.unwrap().as_str().to_owned();
    unit.scalars = HashMap::from([
        ("tx", entry.tx.clone()),
        ("status", Some(status)),
        ("event", entry.event.map(|id| id.to_string())),
        ("time-to-convert", Some(time_to_convert(entry).to_owned())),
    ]);
    unit
}

fn time_to_convert(entry: &Entry) -> &'static str {
    let minutes = (entry.first_at_ms - entry.hit.at_ms()) / 60_000;
    match minutes {
        0 => "0-1m",
        1..5 => "1-5m",
        5..15 => "5-15m",
        15..60 => "15-60m",
        60..360 => "1-6h",
        360..1440 => "6-24h",
        1440..4320 => "1-3d",
        4320..10080 => "3-7d",
        10080..43200 => "7-30d",
        _ => "30d+",
    }
}
