//! One click adds a source's own word for a status, and corrects the past.
//! Promise: only calls that are still the last said about their conversion are corrected; the
//! correction is one operation that can be undone (product.md §6.4).

use super::bulk::{BulkOutcome, begin, repeated};
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
    let (calls, total) = with_word(&app, id, &word).await?;
    let operation = app.clock.entity_id();
    let mut working = None;
    if !order.dry_run {
        add_word(&app, &caller, id, &word, order.means).await?;
        let summary = json!({"offerSource": id, "word": word, "means": order.means});
        working = Some(begin(&app, &caller, operation, "status-words", &summary).await?);
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
    repeated(&app, (&calls, total), &again, working).await.map(Json)
}

/// The calls of the source that carried `word`, where it was unknown, and that are still the last
/// said about their conversion, oldest first; and how many there are in all.
async fn with_word(
    app: &App,
    source: EntityId,
    word: &str,
) -> Result<(Vec<LoggedCall>, u64), Problem> {
    let source = source.to_string();
    let list = StatusWords { rejected: vec![word.to_owned()], ..StatusWords::default() };
    let same = |said: &String| StatusMeaning::of(Some(said), &list) == StatusMeaning::Reject;
    let mut status_words = ledger::unknown_status_words(&app.database, &source).await?;
    status_words.retain(same);
    if status_words.is_empty() {
        return Ok((Vec::new(), 0));
    }
    let flag = Some("unknown_status_word".into());
    let offer_sources = vec![source];
    let wanted =
        CallFilter { offer_sources, flag, status_words, last_word: true, ..CallFilter::default() };
    let part = Part { limit: MOST_CORRECTED, offset: 0 };
    let mut found = ledger::calls(&app.database, &wanted, part, Order::OldestFirst).await?;
    ledger::trace_ways(&app.database, &mut found.rows).await?;
    Ok((found.rows, found.total))
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
