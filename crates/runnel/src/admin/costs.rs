//! `/updates/costs`: what visits cost, as said afterwards (product.md §9).
//! Promise: a dry run shows exactly what would happen; what was said stays on record and can be
//! taken back; reports follow within a second.

use super::reports::longest;
use super::{AdminRouter, Body, Caller, Role, Segment};
use crate::app::App;
use crate::error::{Fault, Problem};
use crate::report::problem;
use crate::store::facts::Reader;
use crate::store::{audit, costs};
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use rules::assets::Field;
use rules::cost_change::{CostAct, CostAmount, CostChange, CostSetting};
use rules::ids::EntityId;
use rules::money::Micros;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use utoipa::ToSchema;
use utoipa_axum::routes;

/// Most members of one list.
const MOST_LISTED: usize = 1_000;
/// Most changes listed.
const MOST_SHOWN: u32 = 200;
/// How often to look whether reports have caught up.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long to wait for reports to catch up.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// The endpoints.
pub(super) fn routes() -> AdminRouter {
    AdminRouter::new()
        .at(Role::Editor, routes!(set))
        .at(Role::Viewer, routes!(list))
        .at(Role::Editor, routes!(undo))
}

/// A cost for the visits that fit. Give `total` or `perEntrance`.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CostUpdate {
    /// First moment of their entrances, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// The moment after the last.
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    /// Their funnels; empty for all.
    #[serde(default)]
    funnels: Vec<EntityId>,
    /// Their traffic sources; empty for all.
    #[serde(default)]
    sources: Vec<EntityId>,
    /// Their countries, ISO 3166-1 alpha-2; empty for all.
    #[serde(default)]
    countries: Vec<String>,
    /// Values of their tracking fields, by the fields' keys.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, Vec<String>>)]
    fields: BTreeMap<Field, Vec<String>>,
    /// What they cost together.
    #[serde(default)]
    total: Option<Micros>,
    /// What each of them costs.
    #[serde(default)]
    per_entrance: Option<Micros>,
    /// Shows what would happen and changes nothing.
    #[serde(default)]
    dry_run: bool,
}

/// What a change of cost comes to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CostUpdated {
    /// The change, with which it can be taken back; none for a dry run.
    id: Option<EntityId>,
    /// Visits that fit. Flagged bots do not.
    visits: i64,
    /// What they cost before.
    cost_before: Micros,
    /// What they cost after.
    cost_after: Micros,
}

/// A change of cost, as it was said.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CostLine {
    /// The change.
    id: EntityId,
    /// When it was said.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// By whom.
    actor: String,
    /// The change that it takes back.
    undoes: Option<EntityId>,
    /// The change that took it back.
    undone_by: Option<String>,
    /// Visits that fit.
    visits: i64,
    /// What they cost before.
    cost_before: Micros,
    /// What they cost after.
    cost_after: Micros,
}

impl CostUpdate {
    /// Checks everything.
    fn setting(&self, below_record: u64) -> Result<CostSetting, Problem> {
        let mut faults = Vec::new();
        if self.to <= self.from {
            faults.push(Fault::new("to", "is not after from"));
        }
        let fields = self.fields.iter().map(|(field, values)| (field.key(), values.len()));
        let lists = [
            ("funnels", self.funnels.len()),
            ("sources", self.sources.len()),
            ("countries", self.countries.len()),
        ];
        for (name, listed) in lists.into_iter().chain(fields) {
            if listed > MOST_LISTED {
                faults.push(Fault::new(name, format!("has more than {MOST_LISTED}")));
            }
        }
        let amount = self.amount().map_err(|fault| faults.push(fault));
        match amount {
            Ok(amount) if faults.is_empty() => Ok(CostSetting {
                from_ms: self.from.as_millisecond(),
                to_ms: self.to.as_millisecond(),
                funnels: self.funnels.clone(),
                sources: self.sources.clone(),
                countries: self.countries.clone(),
                fields: self.fields.iter().map(|(f, values)| (*f, values.clone())).collect(),
                amount,
                below_record,
            }),
            _ => Err(Problem::invalid(faults)),
        }
    }

    fn amount(&self) -> Result<CostAmount, Fault> {
        let (field, amount) = match (self.total, self.per_entrance) {
            (Some(total), None) => ("total", CostAmount::Total(total)),
            (None, Some(each)) => ("perEntrance", CostAmount::Each(each)),
            _ => return Err(Fault::new("total", "give this or perEntrance")),
        };
        let (CostAmount::Total(value) | CostAmount::Each(value)) = amount;
        match value {
            value if value < Micros::ZERO => Err(Fault::new(field, "is below zero")),
            value if value > Micros::LARGEST => Err(Fault::new(field, "is absurdly large")),
            _ => Ok(amount),
        }
    }
}

/// Sets what visits cost: an amount for each, or a total spread over them.
#[utoipa::path(
    put, path = "/updates/costs", tag = "updates", request_body = CostUpdate,
    responses(
        (status = 200, body = CostUpdated),
        (status = 400, body = Problem, description = "A field cannot be taken, or no visit fits"),
        (status = 503, body = Problem, description = "Reports are off or far behind"),
    )
)]
async fn set(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(update): Body<CostUpdate>,
) -> Result<Json<CostUpdated>, Problem> {
    let setting = update.setting(app.journal.watermark())?;
    let (visits, before) = fitting(&app, &setting).await?;
    let mut updated = CostUpdated {
        id: None,
        visits,
        cost_before: Micros(before),
        cost_after: if visits > 0 { setting.amount.together(visits) } else { Micros::ZERO },
    };
    if !update.dry_run {
        if visits == 0 {
            return Err(Problem::fault("from", "no visit fits"));
        }
        let id = app.clock.entity_id();
        let change = CostChange { id, does: CostAct::Set(setting) };
        say(&app, &caller, change, &updated, None).await?;
        updated.id = Some(id);
    }
    Ok(Json(updated))
}

/// The latest changes, newest first.
#[utoipa::path(
    get, path = "/updates/costs", tag = "updates", responses((status = 200, body = Vec<CostLine>))
)]
async fn list(State(app): State<Arc<App>>) -> Result<Json<Vec<CostLine>>, Problem> {
    let latest = costs::latest(&app.database, MOST_SHOWN).await?;
    let line = |said: costs::Said| CostLine {
        id: said.change.id,
        at: Timestamp::from_millisecond(said.at_ms).unwrap_or(Timestamp::UNIX_EPOCH),
        actor: said.actor,
        undoes: match said.change.does {
            CostAct::Undo(id) => Some(id),
            CostAct::Set(_) => None,
        },
        undone_by: said.undone_by,
        visits: said.visits,
        cost_before: Micros(said.cost_before),
        cost_after: Micros(said.cost_after),
    };
    Ok(Json(latest.into_iter().map(line).collect()))
}

/// Takes a change back: its visits cost what the other changes say, or what they cost at first.
#[utoipa::path(
    post, path = "/updates/costs/{id}/undo", tag = "updates", params(("id" = EntityId, Path)),
    responses(
        (status = 200, body = CostUpdated), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "It was taken back already"),
    )
)]
async fn undo(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(id): Segment<EntityId>,
) -> Result<Json<CostUpdated>, Problem> {
    let mut connection = app.database.pool.acquire().await?;
    let said = costs::find(&mut connection, id).await?;
    drop(connection);
    let said = said.filter(|said| matches!(said.change.does, CostAct::Set(_)));
    let said = said.ok_or_else(|| Problem::not_found("change of cost"))?;
    let change = CostChange { id: app.clock.entity_id(), does: CostAct::Undo(id) };
    let undone = CostUpdated {
        id: Some(change.id),
        visits: said.visits,
        cost_before: Micros(said.cost_after),
        cost_after: Micros(said.cost_before),
    };
    say(&app, &caller, change, &undone, Some(id)).await?;
    Ok(Json(undone))
}

/// Commits the change with its line in the audit log.
async fn say(
    app: &App,
    caller: &Caller,
    change: CostChange,
    updated: &CostUpdated,
    undone: Option<EntityId>,
) -> Result<(), Problem> {
    let target = change.id;
    let said = costs::Said {
        change,
        at_ms: app.clock.now_ms() as i64,
        actor: caller.name.clone(),
        visits: updated.visits,
        cost_before: updated.cost_before.0,
        cost_after: updated.cost_after.0,
        undone_by: None,
    };
    let _one_after_the_other = app.database.editing.lock().await;
    let mut transaction = app.database.pool.begin().await?;
    if let Some(id) = undone
        && !costs::mark_undone(&mut transaction, id, target).await?
    {
        return Err(Problem::conflict("The change was taken back already."));
    }
    costs::add(&mut transaction, &said).await?;
    let after = json!(said.change);
    let (kind, target) = ("costs", target.to_string());
    audit::record(&mut transaction, caller, "update", kind, &target, None, Some(&after)).await?;
    transaction.commit().await?;
    app.database.tell_booked();
    Ok(())
}

/// How many visits fit and what they cost, once reports know all records that `setting` looks at.
async fn fitting(app: &App, setting: &CostSetting) -> Result<(i64, i64), Problem> {
    let asked = async {
        loop {
            let setting = setting.clone();
            let work = move |reader: &Reader<'_>| {
                let known = reader.cursors()?.records >= setting.below_record;
                if known { reader.fitting(&setting).map(Some) } else { Ok(None) }
            };
            match app.facts.read(longest(app), Vec::new(), work).await.map_err(problem)? {
                Some(found) => return Ok(found),
                None => tokio::time::sleep(LOOK_EVERY).await,
            }
        }
    };
    let late = || Problem::unavailable("Reports are far behind; try again later.");
    tokio::time::timeout(LONGEST_WAIT, asked).await.map_err(|_| late())?
}
