//! A page of raw hits: each step of the records that fit.

use super::{LogQuery, find, moment};
use crate::app::App;
use crate::error::Problem;
use crate::report::answer::as_of;
use crate::report::grouping;
use crate::report::names::{Names, mapped};
use crate::snapshot::Snapshot;
use crate::store::facts::select::{Choice, Dimension, Select};
use crate::store::facts::{List, Log, Mapped, path_key};
use jiff::Timestamp;
use rules::facts::Facts;
use rules::ids::{EntityId, HitId, Vid};
use rules::money::Micros;
use rules::record::{Passed, PassedKind, Record, Step};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// A page of raw hits.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Hits {
    /// The hits of the page's requests, newest request first, hits in the order they were made.
    pub rows: Vec<HitLine>,
    /// How many requests fit in all.
    pub requests_total: i64,
    /// Until when everything is in the log; null while the store catches up.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub as_of: Option<Timestamp>,
}

/// A hit.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HitLine {
    /// Its ID.
    #[schema(value_type = String)]
    pub hit: HitId,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What the visitor did: `entrance`, `action`, `view`.
    pub request: String,
    /// Who.
    #[schema(value_type = String)]
    pub vid: Vid,
    /// The visit's first hit.
    #[schema(value_type = String)]
    pub visit: HitId,
    /// Funnel.
    pub funnel: EntityId,
    /// Its name today.
    pub funnel_name: String,
    /// Traffic source.
    pub source: EntityId,
    /// Its name today.
    pub source_name: String,
    /// Node.
    pub node: EntityId,
    /// Its name today.
    pub node_name: String,
    /// Its kind.
    pub node_kind: PassedKind,
    /// The page shown.
    pub page: Option<EntityId>,
    /// Its name today.
    pub page_name: Option<String>,
    /// First hit on this node in the session.
    pub unique: bool,
    /// The action's number, on the hits it led to.
    pub action: Option<u8>,
    /// Cost of the visit, on its entrance.
    pub cost: Option<Micros>,
    /// Tracking fields of the visit.
    pub fields: BTreeMap<&'static str, String>,
    /// Sender of the visit.
    #[serde(flatten)]
    pub sender: Sender,
    /// Referrer of the visit.
    pub referrer: String,
    /// Tracking domain.
    pub domain: String,
    /// The visitor's tags.
    pub tags: Vec<EntityId>,
}

/// What is known of a visit's sender; empty is unknown.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)] // the groupings of the same names
pub struct Sender {
    pub ip: String,
    pub country: String,
    pub region: String,
    pub city: String,
    pub isp: String,
    pub connection_type: String,
    pub device: String,
    pub brand: String,
    pub model: String,
    pub os: String,
    pub os_version: String,
    pub browser: String,
    pub browser_version: String,
    pub language: String,
    /// Why it counts as a bot; empty for people.
    pub bot: String,
}

/// Lists raw hits.
/// # Errors
/// 400 naming each fault, or 503 while reports are off.
pub async fn hits(app: &Arc<App>, query: &LogQuery) -> Result<Hits, Problem> {
    let (snapshot, select) = (app.snapshot.load_full(), query.select()?);
    let as_of = as_of(app.facts.as_of_ms());
    let found = find(app, &snapshot, query, select.clone(), Log::Requests).await?;
    let journal = app.journal.clone();
    let read = move || {
        let teller = Teller::new(&snapshot, &select);
        let told = found.numbers.iter().map(|number| {
            let entry = journal.read(*number as u64, 1)?.pop();
            let entry = entry.filter(|entry| entry.number == *number as u64);
            let record = entry.and_then(|entry| Record::from_bytes(&entry.payload).ok());
            anyhow::Ok(record.map(|record| teller.hits(&record)).unwrap_or_default())
        });
        let rows = told.collect::<anyhow::Result<Vec<_>>>()?.into_iter().flatten().collect();
        anyhow::Ok(Hits { rows, requests_total: found.total, as_of })
    };
    let told = tokio::task::spawn_blocking(read).await.map_err(Problem::internal)?;
    told.map_err(Problem::internal)
}

/// Tells hits with today's names.
struct Teller<'a> {
    names: Names<'a>,
    mapped: Vec<Mapped>,
    filters: Vec<Choice>,
}

impl<'a> Teller<'a> {
    fn new(snapshot: &'a Snapshot, select: &Select) -> Self {
        let about_path = |choice: &&Choice| choice.dimension.list().is_some();
        Self {
            names: Names::new(snapshot),
            mapped: mapped(snapshot, select),
            filters: select.filters.iter().filter(about_path).cloned().collect(),
        }
    }

    fn hits(&self, record: &Record) -> Vec<HitLine> {
        let fitting = record.hits().filter(|(_, step)| self.fits(step));
        fitting.map(|(hit, step)| self.hit(record, hit, step)).collect()
    }

    /// Whether the step itself is what the filters about the path ask for.
    fn fits(&self, step: &Step) -> bool {
        let passed = Passed { node: step.node, kind: step.kind, page: step.page };
        self.filters.iter().all(|choice| match choice.dimension {
            // These belong to the request, not to one of its steps.
            Dimension::Path(List::Action | List::Tag) => true,
            Dimension::Path(list) => choice.include.contains(&path_key(list, &passed)),
            Dimension::PathMapped(list, mapping) => {
                let key = path_key(list, &passed);
                let of = |(m, id, _): &&(_, String, _)| *m == mapping && Some(id) == key.as_ref();
                let value = self.mapped.iter().find(of).map(|(_, _, value)| value.clone());
                value.is_some() && choice.include.contains(&value)
            }
            _ => true,
        })
    }

    fn hit(&self, record: &Record, hit: HitId, step: &Step) -> HitLine {
        let label = |name: &str, id: &EntityId| {
            grouping::named(name).map_or_else(String::new, |d| self.names.label(d, id.as_str()))
        };
        HitLine {
            hit,
            at: moment(hit.at_ms()),
            request: format!("{:?}", record.kind).to_lowercase(),
            vid: record.vid,
            visit: record.visit,
            funnel: record.funnel,
            funnel_name: label("funnel", &record.funnel),
            source: record.source,
            source_name: label("source", &record.source),
            node: step.node,
            node_name: label("node", &step.node),
            node_kind: step.kind,
            page: step.page,
            page_name: step.page.map(|page| label("page", &page)),
            unique: step.first,
            action: record.action.as_ref().map(|taken| taken.number),
            cost: record.cost.filter(|_| hit.index() == 0).map(|cost| cost.amount),
            fields: record.fields.iter().map(|(f, value)| (f.key(), value.to_string())).collect(),
            sender: Sender::of(&record.facts),
            referrer: record.referrer.to_string(),
            domain: record.domain.to_string(),
            tags: record.tags.clone(),
        }
    }
}

impl Sender {
    fn of(facts: &Facts) -> Self {
        Self {
            ip: facts.ip.map(|ip| ip.to_string()).unwrap_or_default(),
            country: facts.country.to_string(),
            region: facts.region.to_string(),
            city: facts.city.to_string(),
            isp: facts.isp.to_string(),
            connection_type: facts.connection.to_string(),
            device: facts.device.as_str().into(),
            brand: facts.brand.to_string(),
            model: facts.model.to_string(),
            os: facts.os.to_string(),
            os_version: facts.os_version.to_string(),
            browser: facts.browser.to_string(),
            browser_version: facts.browser_version.to_string(),
            language: facts.language.to_string(),
            bot: facts.bot.to_string(),
        }
    }
}
