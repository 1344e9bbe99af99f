//! Conversions as they stand, and the entries that led there.

use super::filter::{Filter, Page, Part, unsigned};
use super::follow;
use super::standings::status;
use crate::store::Database;
use rules::entry::{Standing, Status};
use rules::ids::EntityId;
use rules::money::Micros;
use sqlx::Row;
use sqlx::any::AnyRow;

/// A conversion or event as it stands.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // the columns of the table `conversions`
pub struct StoredConversion {
    pub id: String,
    pub hit: String,
    pub event: String,
    pub tx: String,
    pub vid: String,
    pub node: String,
    pub page: String,
    pub page_kind: String,
    pub funnel: String,
    pub source: String,
    pub offer_source: String,
    pub standing: Standing,
    pub hit_at_ms: u64,
    pub first_at_ms: u64,
    pub changed_at_ms: u64,
    pub last_seq: i64,
}

/// Which conversions are wanted. Empty lists and none ask nothing.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)] // each names its column
pub struct ConversionFilter {
    pub ids: Vec<String>,
    pub from_ms: Option<u64>,
    pub to_ms: Option<u64>,
    pub by_visit: bool,
    pub statuses: Vec<Status>,
    pub events: Vec<String>,
    pub funnels: Vec<String>,
    pub sources: Vec<String>,
    pub nodes: Vec<String>,
    pub pages: Vec<String>,
    pub offer_sources: Vec<String>,
    pub hit: Option<String>,
    pub vid: Option<String>,
    pub tx: Option<String>,
}

impl ConversionFilter {
    fn conditions(&self) -> Filter {
        let mut filter = Filter::default();
        let clock = if self.by_visit { "hit_at_ms" } else { "first_at_ms" };
        let statuses: Vec<_> = self.statuses.iter().map(|s| s.as_str().to_owned()).collect();
        filter.among("id", &self.ids);
        filter.number(clock, ">=", self.from_ms.map(|ms| ms as i64));
        filter.number(clock, "<", self.to_ms.map(|ms| ms as i64));
        filter.among("status", &statuses);
        filter.among("event", &self.events);
        filter.among("funnel", &self.funnels);
        filter.among("source", &self.sources);
        filter.among("node", &self.nodes);
        filter.among("page", &self.pages);
        filter.among("offer_source", &self.offer_sources);
        filter.is("hit", self.hit.as_deref());
        filter.is("vid", self.vid.as_deref());
        filter.is("tx", self.tx.as_deref());
        filter
    }
}

/// The conversions that `wanted` fits, the newest first.
/// # Errors
/// The database fails.
pub async fn conversions(
    database: &Database,
    wanted: &ConversionFilter,
    part: Part,
) -> Result<Page<StoredConversion>, sqlx::Error> {
    let filter = wanted.conditions();
    let end = format!(" ORDER BY first_at_ms DESC, id DESC{}", part.text());
    let rows = filter.rows("SELECT * FROM conversions", &end).fetch_all(&database.pool).await?;
    let total = filter.count("conversions").fetch_one(&database.pool).await?.max(0) as u64;
    Ok(Page { rows: rows.iter().map(read_conversion).collect::<Result<_, _>>()?, total })
}

fn read_conversion(row: &AnyRow) -> Result<StoredConversion, sqlx::Error> {
    let word: String = row.try_get("status")?;
    Ok(StoredConversion {
        id: row.try_get("id")?,
        hit: row.try_get("hit")?,
        event: row.try_get("event")?,
        tx: row.try_get("tx")?,
        vid: row.try_get("vid")?,
        node: row.try_get("node")?,
        page: row.try_get("page")?,
        page_kind: row.try_get("page_kind")?,
        funnel: row.try_get("funnel")?,
        source: row.try_get("source")?,
        offer_source: row.try_get("offer_source")?,
        standing: Standing {
            status: status(&word),
            revenue: Micros(row.try_get("revenue")?),
            expected: Micros(row.try_get("expected")?),
            cost: Micros(row.try_get("cost")?),
        },
        hit_at_ms: unsigned(row, "hit_at_ms")?,
        first_at_ms: unsigned(row, "first_at_ms")?,
        changed_at_ms: unsigned(row, "changed_at_ms")?,
        last_seq: row.try_get("last_seq")?,
    })
}

/// One change of a conversion, with the call that caused it.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // the columns of the table `entries`
pub struct StoredEntry {
    pub seq: i64,
    pub at_ms: u64,
    pub booked_at_ms: u64,
    pub via: String,
    pub actor: String,
    pub operation: String,
    pub before: Standing,
    pub after: Standing,
    pub original_amount: Micros,
    pub original_currency: String,
    pub rate: Micros,
    pub notify: String,
    pub call: String,
    /// What the traffic source has been told with it; none if the entry cannot be read.
    pub told: Option<Micros>,
}

/// All changes of the conversion `id`, the oldest first.
/// # Errors
/// The database fails.
pub async fn history(database: &Database, id: EntityId) -> Result<Vec<StoredEntry>, sqlx::Error> {
    let sql = "SELECT * FROM entries WHERE conversion = $1 ORDER BY seq";
    let rows = sqlx::query(sql).bind(id.to_string()).fetch_all(&database.pool).await?;
    rows.iter().map(read_entry).collect()
}

fn read_entry(row: &AnyRow) -> Result<StoredEntry, sqlx::Error> {
    Ok(StoredEntry {
        seq: row.try_get("seq")?,
        at_ms: unsigned(row, "at_ms")?,
        booked_at_ms: unsigned(row, "booked_at_ms")?,
        via: row.try_get("via")?,
        actor: row.try_get("actor")?,
        operation: row.try_get("operation")?,
        before: standing(row, "before")?,
        after: standing(row, "after")?,
        original_amount: Micros(row.try_get("original_amount")?),
        original_currency: row.try_get("original_currency")?,
        rate: Micros(row.try_get("rate")?),
        notify: row.try_get("notify")?,
        call: row.try_get("call")?,
        told: follow::read_entry(&row.try_get::<Vec<u8>, _>("body")?).ok().map(|entry| entry.told),
    })
}

/// The standing in the columns that end in `when`.
pub(super) fn standing(row: &AnyRow, when: &str) -> Result<Standing, sqlx::Error> {
    let column = |name: &str| format!("{name}_{when}");
    let money = |name: &str| row.try_get::<i64, _>(column(name).as_str()).map(Micros);
    let word: String = row.try_get(column("status").as_str())?;
    Ok(Standing {
        status: status(&word),
        revenue: money("revenue")?,
        expected: money("expected")?,
        cost: money("cost")?,
    })
}
