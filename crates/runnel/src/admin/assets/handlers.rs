//! What every kind's endpoints do.

use super::read;
use super::wire::{Answer, Archived, List, Wanted};
use crate::admin::{Body, Caller, Parameters, Segment};
use crate::app::App;
use crate::error::Problem;
use crate::publish::{self, Asset, Basis, Edit};
use crate::store::catalog::{self, Listing};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use rules::ids::EntityId;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::sync::Arc;
use utoipa::ToSchema;

/// Most assets in one answer.
const MOST_LISTED: u32 = 1_000;

pub(super) async fn list<A: Asset>(
    State(app): State<Arc<App>>,
    caller: Caller,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Json<List<A>>, Problem> {
    if !(1..=MOST_LISTED).contains(&wanted.limit) {
        return Err(Problem::fault("limit", "must lie between 1 and 1000"));
    }
    let listing = Listing {
        search: wanted.search,
        archived: match wanted.archived {
            Archived::All => None,
            Archived::True => Some(true),
            Archived::False => Some(false),
        },
        limit: i64::from(wanted.limit),
        offset: i64::from(wanted.offset),
    };
    let page = catalog::list(&app.database, A::KIND, &listing).await?;
    let items = page.rows.iter().map(|row| Answer::of_row(row, caller.role));
    Ok(Json(List { items: items.collect::<Result<_, _>>()?, total: page.total }))
}

pub(super) async fn read<A: Asset>(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(id): Segment<EntityId>,
) -> Result<Json<Answer<A>>, Problem> {
    let row = catalog::get(&app.database, A::KIND, id).await?;
    let row = row.ok_or_else(|| Problem::not_found(A::KIND.noun()))?;
    Ok(Json(Answer::of_row(&row, caller.role)?))
}

pub(super) async fn create<A: Asset>(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(body): Body<Map<String, Value>>,
) -> Result<(StatusCode, Json<Answer<A>>), Problem> {
    let parts = read::parts::<A>(body, &mut || app.clock.entity_id())?;
    let edit = Edit::begin(&app, &caller).await;
    let archived = parts.archived.unwrap_or_default();
    let saved = publish::create(edit, parts.id, archived, parts.asset).await?;
    Ok((StatusCode::CREATED, Json(Answer::of_saved(saved, caller.role))))
}

pub(super) async fn update<A: Asset>(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(id): Segment<EntityId>,
    Body(body): Body<Map<String, Value>>,
) -> Result<Json<Answer<A>>, Problem> {
    let parts = read::parts::<A>(body, &mut || app.clock.entity_id())?;
    if parts.id.is_some_and(|named| named != id) {
        return Err(Problem::fault("id", "is not the one in the path"));
    }
    let needed = || Problem::fault("version", "is needed: the version that this was based on");
    let version = parts.version.ok_or_else(needed)?;
    let basis = Basis { version, archived: parts.archived, restored_from: 0 };
    let edit = Edit::begin(&app, &caller).await;
    let saved = publish::update(edit, id, basis, parts.asset).await?;
    Ok(Json(Answer::of_saved(saved, caller.role)))
}

pub(super) async fn set_archived<A: Asset>(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(id): Segment<EntityId>,
    archived: bool,
) -> Result<Json<Answer<A>>, Problem> {
    let edit = Edit::begin(&app, &caller).await;
    let saved = publish::set_archived(edit, id, archived).await?;
    Ok(Json(Answer::of_saved(saved, caller.role)))
}

pub(super) async fn delete<A: Asset>(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(id): Segment<EntityId>,
) -> Result<StatusCode, Problem> {
    publish::delete::<A>(Edit::begin(&app, &caller).await, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How a copy is called.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Copied {
    /// The copy's name; none makes one of the original's.
    #[serde(default)]
    pub name: Option<String>,
}

pub(super) async fn duplicate<A: Asset>(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(id): Segment<EntityId>,
    body: Option<Body<Copied>>,
) -> Result<(StatusCode, Json<Answer<A>>), Problem> {
    let copied = body.map(|Body(copied)| copied).unwrap_or_default();
    let edit = Edit::begin(&app, &caller).await;
    let saved = publish::duplicate::<A>(edit, id, copied.name).await?;
    Ok((StatusCode::CREATED, Json(Answer::of_saved(saved, caller.role))))
}
