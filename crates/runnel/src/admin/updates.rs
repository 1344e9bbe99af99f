//! `/updates/…`: conversions and events uploaded as lines, and bulk operations taken back.
//! Promise: each is one operation in the audit log that can be undone; a dry run changes nothing.

use super::bulk::{BulkOutcome, begin, busy, changed};
use super::{AdminRouter, Body, Caller, Role, Segment};
use crate::app::App;
use crate::convert::{Receipt, Upload};
use crate::error::Problem;
use crate::store::ledger::{self, Notify};
use axum::Json;
use axum::extract::State;
use rules::ids::EntityId;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::routes;

/// Most lines of one upload.
const MOST_LINES: usize = 10_000;

/// The endpoints.
pub(super) fn routes() -> AdminRouter {
    AdminRouter::new()
        .at(Role::Editor, routes!(conversions))
        .at(Role::Editor, routes!(events))
        .at(Role::Editor, routes!(undo))
}

/// Conversions as lines.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ConversionLines {
    /// `HIT[:TX][, PAYOUT]`, one a line; −1 deletes, no payout means the offer's.
    lines: String,
    /// Whether traffic sources are told.
    #[serde(default)]
    postback_calls: PostbackCalls,
    /// Shows what would happen and books nothing.
    #[serde(default)]
    dry_run: bool,
}

/// Custom events as lines.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct EventLines {
    /// The event's name.
    event: String,
    /// `HIT[:TX][, REVENUE]`, one a line; −1 deletes.
    lines: String,
    /// Whether traffic sources are told.
    #[serde(default)]
    postback_calls: PostbackCalls,
    /// Shows what would happen and books nothing.
    #[serde(default)]
    dry_run: bool,
}

/// Whether traffic sources are told of uploaded conversions.
#[derive(Clone, Copy, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum PostbackCalls {
    /// Not at all.
    #[default]
    None,
    /// If they were not told of the conversion yet.
    OnlyOnce,
    /// In any case.
    All,
}

impl PostbackCalls {
    fn notify(self) -> Notify {
        match self {
            Self::None => Notify::None,
            Self::OnlyOnce => Notify::Once,
            Self::All => Notify::All,
        }
    }
}

/// Books conversions from lines.
#[utoipa::path(
    put, path = "/updates/conversions", tag = "updates", request_body = ConversionLines,
    responses((status = 200, body = BulkOutcome), (status = 400, body = Problem))
)]
async fn conversions(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(order): Body<ConversionLines>,
) -> Result<Json<BulkOutcome>, Problem> {
    let ConversionLines { lines, postback_calls, dry_run } = order;
    upload(&app, &caller, &lines, None, postback_calls, dry_run).await.map(Json)
}

/// Books custom events from lines.
#[utoipa::path(
    put, path = "/updates/events", tag = "updates", request_body = EventLines,
    responses((status = 200, body = BulkOutcome), (status = 400, body = Problem))
)]
async fn events(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(order): Body<EventLines>,
) -> Result<Json<BulkOutcome>, Problem> {
    let EventLines { event, lines, postback_calls, dry_run } = order;
    let name = event.trim();
    let snapshot = app.snapshot.load_full();
    if snapshot.event_named(name).is_none() {
        return Err(Problem::fault("event", "is not the name of a custom event"));
    }
    upload(&app, &caller, &lines, Some(name), postback_calls, dry_run).await.map(Json)
}

async fn upload(
    app: &App,
    caller: &Caller,
    lines: &str,
    event: Option<&str>,
    postback_calls: PostbackCalls,
    dry_run: bool,
) -> Result<BulkOutcome, Problem> {
    let count = lines.lines().filter(|line| !line.trim().is_empty()).count();
    if count > MOST_LINES {
        return Err(Problem::fault("lines", "are more than 10,000; send them in parts"));
    }
    let operation = app.clock.entity_id();
    let notify = postback_calls.notify();
    let upload = Upload { event, notify, actor: &caller.name, operation };
    let calls = app.desk.uploaded(lines, &upload);
    let mut working = None;
    if !dry_run {
        let kind = if event.is_some() { "events" } else { "conversions" };
        let summary = json!({"lines": count, "event": event, "postbackCalls": postback_calls});
        working = Some(begin(app, caller, operation, kind, &summary).await?);
    }
    let items = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    changed(app, calls, items.map(str::to_owned).collect(), working).await
}

/// Takes a bulk operation back. What was changed again since is skipped and listed; what was sent
/// stays sent.
#[utoipa::path(
    post, path = "/updates/{operation}/undo", tag = "updates",
    params(("operation" = EntityId, Path)),
    responses(
        (status = 200, body = BulkOutcome), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "It was taken back already, or is still at work"),
    )
)]
async fn undo(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(id): Segment<EntityId>,
) -> Result<Json<BulkOutcome>, Problem> {
    let found = ledger::operation(&app.database, id).await?;
    let found = found.ok_or_else(|| Problem::not_found("operation"))?;
    let undo = app.clock.entity_id();
    if !found.undone_by.is_empty() {
        return Err(Problem::conflict("The operation was taken back already."));
    }
    if app.database.operations.holds(id) {
        return Err(Problem::conflict("The operation is still at work: take it back at its end."));
    }
    let _working = begin(&app, &caller, undo, "undo", &json!({"operation": id})).await?;
    let restores = ledger::restores(&app.database, id).await?;
    let last_seq = restores.iter().map(|restore| restore.last_seq).max().unwrap_or_default();
    let done = app.desk.restore_all(restores, undo, &caller.name).await.map_err(|_| busy())?;
    // Marked at the end, so that one that broke off can be ordered again: what was restored by
    // then has changed since, and is skipped. One that went on meanwhile is not marked either.
    ledger::mark_undone(&app.database, id, undo, last_seq).await?;
    let mut changed = BulkOutcome::by(Some(undo));
    for (conversion, booked) in done {
        let receipt = Receipt { booked, parameter: "", test: false };
        changed.add(conversion.to_string(), Ok(receipt));
    }
    Ok(Json(changed))
}
