//! One click adds a source's own word for a status, and corrects the past.
//! Promise: only calls that are still the last said about their conversion are corrected; the
//! correction is one operation that can be undone (product.md §6.4).

use super::bulk::{BulkOutcome, begin, changed};
use super::{AdminRouter, Body, Caller, Role, Segment};
use crate::app::App;
use crate::convert::Again;
use crate::error::Problem;
use crate::publish::{self, Basis, Edit};
use crate::store::ledger::{self, CallFilter, LoggedCall, Order, Part};
use axum::Json;
use axum::extract::State;
use rules::assets::{OfferSource, StatusWords};
use rules::ids::EntityId;
use rules::status::StatusMeaning;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::routes;

/// Most calls of the past that one new status word corrects at once.
const MOST_CORRECTED: u32 = 10_000;

/// The endpoints.
pub(super) fn routes() -> AdminRouter {
    AdminRouter::new().at(Role::Editor, routes!(status_words))
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
    responses((status = 200, body = BulkOutcome), (status = 404, body = Problem))
)]
async fn status_words(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(id): Segment<EntityId>,
    Body(order): Body<StatusWord>,
) -> Result<Json<BulkOutcome>, Problem> {
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
    let owner = Some(caller.name.as_str());
    let again = Again { corrections: &corrections, operation, owner, to_same_hit: true };
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
