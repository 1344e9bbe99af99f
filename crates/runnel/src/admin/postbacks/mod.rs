//! The postback log: every call with its verdict; kept ones corrected and repeated.
//! Promise: a source's secret token is never shown; a repeated call counts as of its arrival.

mod view;

pub(super) use view::{CallView, Secrets};

use super::bulk::{BulkOutcome, begin, repeated};
use super::moment;
use super::wanted::{self, Chosen, part, texts, usual_rows};
use super::{AdminRouter, Body, Caller, Role};
use crate::app::App;
use crate::convert::{Again, Reason};
use crate::error::Problem;
use crate::store::ledger::{self, CallFilter, LoggedCall, Order, Part, Verdict};
use axum::Json;
use axum::extract::State;
use rules::ids::EntityId;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::routes;

/// Most calls repeated by one request.
const MOST_REPLAYED: u32 = 1_000;

/// The endpoints.
pub(super) fn routes() -> AdminRouter {
    AdminRouter::new().at(Role::Analyst, routes!(list)).at(Role::Editor, routes!(replay))
}

/// Which calls are wanted. What is left out asks nothing.
#[derive(Clone, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct CallQuery {
    /// From this moment on, RFC 3339.
    from: Option<String>,
    /// Before this moment, RFC 3339.
    to: Option<String>,
    /// What happened.
    verdicts: Vec<Verdict>,
    /// Reasons, such as `unknown_hit`.
    reasons: Vec<String>,
    /// Ways, such as `postback`.
    vias: Vec<String>,
    /// Offer sources.
    offer_sources: Vec<EntityId>,
    /// Landers and offers.
    pages: Vec<EntityId>,
    /// A remark, such as `unknown_status_word`.
    flag: Option<String>,
    /// A conversion.
    conversion: Option<EntityId>,
    /// A hit.
    hit: Option<String>,
    /// A visitor.
    vid: Option<String>,
    /// A transaction.
    tx: Option<String>,
    /// A caller's address.
    remote: Option<String>,
    /// A bulk operation.
    operation: Option<EntityId>,
    /// Part of the raw query or body.
    text: Option<String>,
    /// Whether a repetition was booked.
    replayed: Option<bool>,
}

impl CallQuery {
    fn filter(&self) -> Result<CallFilter, Problem> {
        Ok(CallFilter {
            ids: vec![],
            from_ms: moment::read("from", self.from.as_deref())?,
            to_ms: moment::read("to", self.to.as_deref())?,
            verdicts: self.verdicts.iter().map(|v| v.as_str().to_owned()).collect(),
            reasons: self.reasons.clone(),
            vias: self.vias.clone(),
            offer_sources: texts(&self.offer_sources),
            pages: texts(&self.pages),
            flag: self.flag.clone(),
            conversion: self.conversion.map(|id| id.to_string()),
            hit: self.hit.as_deref().map(str::to_lowercase),
            vid: self.vid.as_deref().map(str::to_lowercase),
            tx: self.tx.clone(),
            remote: self.remote.clone(),
            operation: self.operation.map(|id| id.to_string()),
            text: self.text.clone(),
            replayed: self.replayed,
            ..CallFilter::default()
        })
    }
}

/// A part of the log.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CallLogQuery {
    /// Which calls.
    #[serde(default)]
    filter: CallQuery,
    /// Most rows, up to 1000.
    #[serde(default = "usual_rows")]
    limit: u32,
    /// Rows before these.
    #[serde(default)]
    offset: u64,
}

/// Calls, newest first.
#[derive(Serialize, ToSchema)]
struct CallList {
    /// The calls.
    rows: Vec<CallView>,
    /// How many there are in all.
    total: u64,
}

/// Lists calls that came in, newest first.
#[utoipa::path(
    post, path = "/reports/postbacks", tag = "reports", request_body = CallLogQuery,
    responses((status = 200, body = CallList), (status = 400, body = Problem))
)]
async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(wanted): Body<CallLogQuery>,
) -> Result<Json<CallList>, Problem> {
    let part = part(wanted.limit, wanted.offset)?;
    let secrets = Secrets::of(&app.snapshot.load());
    // A search of raw calls would tell a secret letter by letter to who may not see it.
    if wanted.filter.text.is_some() && caller.role < Role::Editor && !secrets.is_empty() {
        return Err(Problem::forbidden(
            "Calls hold an offer source's token: ask an editor to search their text.",
        ));
    }
    let filter = wanted.filter.filter()?;
    let found = ledger::calls(&app.database, &filter, part, Order::NewestFirst).await?;
    let rows = found.rows.into_iter().map(|call| CallView::of(call, &secrets)).collect();
    Ok(Json(CallList { rows, total: found.total }))
}

/// Which kept calls to repeat, and what to correct in them.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ReplayOrder {
    /// Calls by ID.
    #[serde(default)]
    ids: Vec<EntityId>,
    /// All unbooked calls that fit, up to 1000 at once, oldest first: those that came in, not
    /// their repetitions. Test calls only if `reasons` names `test`.
    #[serde(default)]
    filter: Option<CallQuery>,
    /// Parameters that replace the calls' own: `{"hit": "…", "rev": "12.50"}`.
    #[serde(default)]
    corrections: BTreeMap<String, String>,
    /// Shows what would happen and books nothing.
    #[serde(default)]
    dry_run: bool,
}

/// Repeats kept calls, corrected or under rules that were corrected since.
#[utoipa::path(
    post, path = "/postbacks/replay", tag = "postbacks", request_body = ReplayOrder,
    responses((status = 200, body = BulkOutcome), (status = 400, body = Problem))
)]
async fn replay(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(order): Body<ReplayOrder>,
) -> Result<Json<BulkOutcome>, Problem> {
    let (calls, total) = chosen(&app, &order).await?;
    let corrections: Vec<_> = order.corrections.clone().into_iter().collect();
    let secrets = Secrets::of(&app.snapshot.load());
    if let Some((name, _)) = corrections.iter().find(|(name, _)| secrets.asked(name)) {
        // Notes, summaries and the audit log keep corrections readable.
        let message =
            "is a source's token and cannot be corrected: let the source ask for none, then replay";
        return Err(Problem::fault(format!("corrections.{name}"), message));
    }
    let operation = app.clock.entity_id();
    let again = Again { corrections: &corrections, operation, owner: None, to_same_hit: false };
    let summary = json!({"calls": calls.len(), "corrections": order.corrections});
    let mut working = None;
    if !order.dry_run {
        working = Some(begin(&app, &caller, operation, "replay", &summary).await?);
    }
    repeated(&app, (&calls, total), &again, working).await.map(Json)
}

/// What a filter may choose: each call that came in once, though repetitions of it stayed unbooked
/// too; and nothing that its sender only tried out, unless that is what is asked for.
fn repeatable(filter: CallFilter) -> CallFilter {
    let test = Reason::Test.as_str().to_owned();
    let except_reasons = if filter.reasons.contains(&test) { vec![] } else { vec![test] };
    CallFilter { first_only: true, except_reasons, ..filter }
}

async fn chosen(app: &App, order: &ReplayOrder) -> Result<(Vec<LoggedCall>, u64), Problem> {
    let part = Part { limit: MOST_REPLAYED, offset: 0 };
    let which = wanted::chosen(&order.ids, order.filter.as_ref(), MOST_REPLAYED as usize)?;
    let mut filter = match which {
        Chosen::Ids(ids) => CallFilter { ids, ..CallFilter::default() },
        Chosen::Fitting(which) => repeatable(which.filter()?),
    };
    filter.verdicts = vec![Verdict::Unbooked.as_str().to_owned()];
    filter.replayed = Some(false);
    let mut found = ledger::calls(&app.database, &filter, part, Order::OldestFirst).await?;
    ledger::trace_ways(&app.database, &mut found.rows).await?;
    if let Some(missing) =
        order.ids.iter().find(|id| !found.rows.iter().any(|c| c.id == id.as_str()))
    {
        let message = format!("{missing} is no unbooked call that is yet to be repeated");
        return Err(Problem::fault("ids", message));
    }
    Ok((found.rows, found.total))
}
