//! `/updates/…`: conversions and events uploaded as lines, and bulk operations taken back; status
//! words added to a source with the past corrected.
//! Promise: each is one operation in the audit log that can be undone; a dry run changes nothing.

use super::{AdminRouter, Body, Caller, Role, Segment};
use crate::app::App;
use crate::convert::{Again, Incoming, Receipt, Upload};
use crate::error::Problem;
use crate::publish::{self, Basis, Edit};
use crate::store::ledger::{
    self, CallFilter, LoggedCall, Notify, Order, Part, Unavailable, Verdict,
};
use axum::Json;
use axum::extract::State;
use rules::assets::{OfferSource, StatusWords};
use rules::entry::Status;
use rules::ids::EntityId;
use rules::money::Micros;
use rules::status::StatusMeaning;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::routes;

/// Most lines of one upload.
const MOST_LINES: usize = 10_000;
/// Most calls of the past that one new status word corrects at once.
const MOST_CORRECTED: u32 = 10_000;

/// The endpoints.
pub(super) fn routes() -> AdminRouter {
    AdminRouter::new()
        .at(Role::Editor, routes!(conversions))
        .at(Role::Editor, routes!(events))
        .at(Role::Editor, routes!(undo))
        .at(Role::Editor, routes!(status_words))
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

/// What a bulk operation came to.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Changed {
    /// The operation, with which it can be undone; none for a dry run.
    #[schema(value_type = Option<String>)]
    operation: Option<EntityId>,
    /// Conversions made.
    created: u64,
    /// Conversions changed.
    updated: u64,
    /// Conversions taken out of the figures.
    deleted: u64,
    /// Where nothing had to change.
    unchanged: u64,
    /// What could not be booked.
    unbooked: u64,
    /// What the ledger could not take at present; send it again.
    failed: u64,
    /// Calls that fit but were over the limit of one request.
    pub(super) left: u64,
    /// Each line or call.
    results: Vec<ChangedItem>,
}

/// What became of one line or call.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ChangedItem {
    /// The line, or the ID of the call or conversion.
    item: String,
    /// `created updated deleted unchanged unbooked`; none if it failed.
    result: Option<Verdict>,
    /// Why it could not be booked.
    reason: Option<String>,
    /// The parameter at fault.
    parameter: Option<String>,
    /// The conversion.
    conversion: Option<EntityId>,
    /// Status after it.
    status: Option<Status>,
    /// Revenue after it.
    revenue: Option<Micros>,
}

/// Books conversions from lines.
#[utoipa::path(
    put, path = "/updates/conversions", tag = "updates", request_body = ConversionLines,
    responses((status = 200, body = Changed), (status = 400, body = Problem))
)]
async fn conversions(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(order): Body<ConversionLines>,
) -> Result<Json<Changed>, Problem> {
    let ConversionLines { lines, postback_calls, dry_run } = order;
    upload(&app, &caller, &lines, None, postback_calls, dry_run).await.map(Json)
}

/// Books custom events from lines.
#[utoipa::path(
    put, path = "/updates/events", tag = "updates", request_body = EventLines,
    responses((status = 200, body = Changed), (status = 400, body = Problem))
)]
async fn events(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(order): Body<EventLines>,
) -> Result<Json<Changed>, Problem> {
    let EventLines { event, lines, postback_calls, dry_run } = order;
    let name = event.trim();
    let snapshot = app.snapshot.load_full();
    if !snapshot.events.values().any(|held| held.asset.name.trim().eq_ignore_ascii_case(name)) {
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
) -> Result<Changed, Problem> {
    let count = lines.lines().filter(|line| !line.trim().is_empty()).count();
    if count > MOST_LINES {
        return Err(Problem::fault("lines", "are more than 10,000; send them in parts"));
    }
    let operation = app.clock.entity_id();
    let notify = postback_calls.notify();
    let upload = Upload { event, notify, actor: &caller.name, operation };
    let calls = app.desk.uploaded(lines, &upload);
    if !dry_run {
        let kind = if event.is_some() { "events" } else { "conversions" };
        let summary = json!({"lines": count, "event": event, "postbackCalls": postback_calls});
        begin(app, caller, operation, kind, &summary).await?;
    }
    let items = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    changed(app, calls, items.map(str::to_owned).collect(), operation, dry_run).await
}

/// Notes the operation before anything of it happens.
pub(super) async fn begin(
    app: &App,
    caller: &Caller,
    operation: EntityId,
    kind: &str,
    summary: &Value,
) -> Result<(), Problem> {
    let begun = ledger::begin_operation(&app.database, caller, operation, kind, summary);
    begun.await.map_err(Problem::from)
}

/// Takes the calls down the road, or shows what that would come to.
pub(super) async fn changed(
    app: &App,
    calls: Vec<Incoming>,
    items: Vec<String>,
    operation: EntityId,
    dry_run: bool,
) -> Result<Changed, Problem> {
    let receipts = if dry_run {
        let preview = app.desk.preview_all(&calls).await.map_err(|_| busy())?;
        preview.into_iter().map(Ok).collect()
    } else {
        app.desk.take_all(calls).await
    };
    let mut changed = Changed { operation: (!dry_run).then_some(operation), ..Changed::default() };
    for (item, receipt) in items.into_iter().zip(receipts) {
        changed.add(item, receipt);
    }
    Ok(changed)
}

fn busy() -> Problem {
    Problem::unavailable("The ledger cannot be used at present, or a hit is still on its way.")
}

impl Changed {
    fn add(&mut self, item: String, receipt: Result<Receipt, Unavailable>) {
        let Ok(receipt) = receipt else {
            self.failed += 1;
            return self.results.push(ChangedItem::failed(item));
        };
        self.count(receipt.booked.verdict);
        self.results.push(ChangedItem::of(item, &receipt));
    }

    fn count(&mut self, verdict: Verdict) {
        *match verdict {
            Verdict::Created => &mut self.created,
            Verdict::Updated => &mut self.updated,
            Verdict::Deleted => &mut self.deleted,
            Verdict::Unchanged => &mut self.unchanged,
            Verdict::Unbooked => &mut self.unbooked,
        } += 1;
    }
}

impl ChangedItem {
    fn failed(item: String) -> Self {
        Self {
            item,
            result: None,
            reason: Some("not stored, send it again".into()),
            parameter: None,
            conversion: None,
            status: None,
            revenue: None,
        }
    }

    fn of(item: String, receipt: &Receipt) -> Self {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let booked = &receipt.booked;
        // What a dry run would create has no ID yet.
        let imagined = receipt.test && booked.verdict == Verdict::Created;
        Self {
            item,
            result: Some(booked.verdict),
            reason: given(&booked.reason),
            parameter: given(receipt.parameter()),
            conversion: booked.conversion.filter(|_| !imagined),
            status: booked.after.status,
            revenue: booked.conversion.map(|_| booked.after.revenue),
        }
    }
}

/// Takes a bulk operation back. What was changed again since is skipped and listed; what was sent
/// stays sent.
#[utoipa::path(
    post, path = "/updates/{operation}/undo", tag = "updates",
    params(("operation" = EntityId, Path)),
    responses(
        (status = 200, body = Changed), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "It was taken back already"),
    )
)]
async fn undo(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(id): Segment<EntityId>,
) -> Result<Json<Changed>, Problem> {
    let found = ledger::operation(&app.database, id).await?;
    let found = found.ok_or_else(|| Problem::not_found("operation"))?;
    let undo = app.clock.entity_id();
    if !found.undone_by.is_empty() || !ledger::mark_undone(&app.database, id, undo).await? {
        return Err(Problem::conflict("The operation was taken back already."));
    }
    begin(&app, &caller, undo, "undo", &json!({"operation": id})).await?;
    let restores = ledger::restores(&app.database, id).await?;
    let done = app.desk.restore_all(restores, undo, &caller.name).await.map_err(|_| busy())?;
    let mut changed = Changed { operation: Some(undo), ..Changed::default() };
    for (conversion, booked) in done {
        let receipt = Receipt { booked, parameter: "", test: false };
        changed.add(conversion.to_string(), Ok(receipt));
    }
    Ok(Json(changed))
}

/// A source's own word for a status.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StatusWord {
    /// The word, as calls carry it.
    word: String,
    /// What it means.
    means: WordMeaning,
    /// Shows what would be corrected and changes nothing.
    #[serde(default)]
    dry_run: bool,
}

/// What a source's own word means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum WordMeaning {
    /// A normal conversion.
    Approved,
    /// A pending one.
    Pending,
    /// A rejected one.
    Rejected,
}

/// Adds a word for a status to an offer source, and corrects the calls that carried it.
#[utoipa::path(
    post, path = "/offer-sources/{id}/status-words", tag = "offer sources",
    params(("id" = EntityId, Path)), request_body = StatusWord,
    responses((status = 200, body = Changed), (status = 404, body = Problem))
)]
async fn status_words(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(id): Segment<EntityId>,
    Body(order): Body<StatusWord>,
) -> Result<Json<Changed>, Problem> {
    let word = order.word.trim().to_owned();
    if word.is_empty() {
        return Err(Problem::fault("word", "is empty"));
    }
    let calls = with_word(&app, id, &word).await?;
    let operation = app.clock.entity_id();
    if !order.dry_run {
        add_word(&app, &caller, id, &word, order.means).await?;
        let summary = json!({"offerSource": id, "word": word, "means": order.means});
        begin(&app, &caller, operation, "status-words", &summary).await?;
    }
    // The meaning is spelt out, so that a dry run is read as if the word had been added.
    let meaning = match order.means {
        WordMeaning::Approved => "approved",
        WordMeaning::Pending => "pending",
        WordMeaning::Rejected => "rejected",
    };
    let corrections = vec![("status".to_owned(), meaning.to_owned())];
    let again = Again { corrections: &corrections, operation, owner: Some(&caller.name) };
    let incoming = calls.iter().map(|call| app.desk.again(call, &again)).collect();
    let names = calls.iter().map(|call| call.id.clone()).collect();
    changed(&app, incoming, names, operation, order.dry_run).await.map(Json)
}

/// The calls of the source that carried `word`, where it was unknown, and that are still the last
/// said about their conversion.
async fn with_word(app: &App, source: EntityId, word: &str) -> Result<Vec<LoggedCall>, Problem> {
    let flagged = CallFilter {
        offer_sources: vec![source.to_string()],
        flag: Some("unknown_status_word".into()),
        ..CallFilter::default()
    };
    let part = Part { limit: MOST_CORRECTED, offset: 0 };
    let found = ledger::calls(&app.database, &flagged, part, Order::OldestFirst).await?;
    let list = StatusWords { rejected: vec![word.to_owned()], ..StatusWords::default() };
    let same = |call: &LoggedCall| {
        StatusMeaning::of(Some(&call.status_word), &list) == StatusMeaning::Reject
    };
    let carried = found.rows.into_iter().filter(|call| !call.conversion.is_empty() && same(call));
    let latest: HashMap<String, LoggedCall> =
        carried.map(|call| (call.conversion.clone(), call)).collect();
    let mut standing = Vec::with_capacity(latest.len());
    for call in latest.into_values() {
        if ledger::is_last_word(&app.database, &call).await? {
            standing.push(call);
        }
    }
    standing.sort_by(|a, b| (a.at_ms, &a.id).cmp(&(b.at_ms, &b.id)));
    Ok(standing)
}

async fn add_word(
    app: &Arc<App>,
    caller: &Caller,
    id: EntityId,
    word: &str,
    means: WordMeaning,
) -> Result<(), Problem> {
    let edit = Edit::begin(app, caller).await;
    let snapshot = app.snapshot.load_full();
    let held = snapshot.offer_sources.get(&id).ok_or_else(|| Problem::not_found("offer source"))?;
    let mut source = OfferSource::clone(&held.asset);
    let words = &mut source.statuses;
    for list in [&mut words.approved, &mut words.pending, &mut words.rejected] {
        list.retain(|known| !known.trim().eq_ignore_ascii_case(word));
    }
    match means {
        WordMeaning::Approved => words.approved.push(word.to_owned()),
        WordMeaning::Pending => words.pending.push(word.to_owned()),
        WordMeaning::Rejected => words.rejected.push(word.to_owned()),
    }
    let basis = Basis { version: held.version, archived: None, restored_from: 0 };
    publish::update(edit, id, basis, source).await.map(drop)
}
