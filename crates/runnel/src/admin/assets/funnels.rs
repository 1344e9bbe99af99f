//! What only funnels have: a check without a save, versions, differences.

use super::read;
use super::wire::{Answer, rfc3339};
use crate::admin::{AdminRouter, Body, Caller, Parameters, Role, Segment};
use crate::app::App;
use crate::error::{Fault, Problem};
use crate::publish::{self, Asset, Basis, Changes, Edit, Findings};
use crate::store::catalog::{self, Kind, Version};
use axum::Json;
use axum::extract::State;
use rules::assets::Funnel;
use rules::ids::EntityId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

/// Most versions in one answer.
const MOST_VERSIONS: i64 = 100;

/// What a check found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FunnelVerdict)]
struct Verdict {
    /// Whether it could be saved.
    valid: bool,
    /// Why it could not, with the node or connection concerned.
    #[schema(value_type = Vec<rules::funnel::Problem>)]
    problems: Vec<rules::funnel::Problem>,
    /// Faults outside the graph.
    faults: Vec<Fault>,
    /// What may not be as meant.
    warnings: Vec<Fault>,
}

/// Check a funnel without saving it
#[utoipa::path(post, path = "/funnels/validate", request_body = super::Draft<Funnel>,
    responses((status = 200, body = Verdict)))]
async fn validate(
    State(app): State<Arc<App>>,
    Body(body): Body<Map<String, Value>>,
) -> Result<Json<Verdict>, Problem> {
    let parts = read::parts::<Funnel>(body, &mut || app.clock.entity_id())?;
    let picture = app.snapshot.load_full();
    let problems = rules::funnel::problems(&parts.asset, &*picture);
    let mut findings = Findings::default();
    findings.name("name", &parts.asset.name);
    let id = parts.id.unwrap_or_else(|| app.clock.entity_id());
    parts.asset.check(id, &picture, &mut findings);
    let of_graph = |fault: &Fault| problems.iter().any(|problem| problem.at == fault.field);
    findings.faults.retain(|fault| !of_graph(fault));
    Ok(Json(Verdict {
        valid: problems.is_empty() && findings.faults.is_empty(),
        problems,
        faults: findings.faults,
        warnings: findings.warnings,
    }))
}

/// A saved version.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct VersionAnswer {
    /// Its number.
    version: i64,
    /// When it was saved.
    #[schema(format = DateTime)]
    saved_at: String,
    /// Who saved it.
    saved_by: String,
    /// The version that it repeats.
    #[serde(skip_serializing_if = "Option::is_none")]
    restored_from: Option<i64>,
    /// What it changed against the version before.
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Changes>,
    /// The funnel, where one version is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    funnel: Option<Funnel>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Versions {
    /// Newest first.
    items: Vec<VersionAnswer>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Before {
    /// Only versions below this one, for paging.
    before: Option<i64>,
}

/// List a funnel's versions, newest first, up to 100
#[utoipa::path(get, path = "/funnels/{id}/versions", params(("id" = EntityId, Path), Before),
    responses((status = 200, body = Versions)))]
async fn versions(
    State(app): State<Arc<App>>,
    Segment(id): Segment<EntityId>,
    Parameters(page): Parameters<Before>,
) -> Result<Json<Versions>, Problem> {
    exists(&app, id).await?;
    let before = page.before.unwrap_or(i64::MAX);
    // One more than is shown, so that the last one shown has its difference too.
    let kept = catalog::versions(&app.database, id, before, MOST_VERSIONS + 1).await?;
    let read = kept.iter().map(drawn).collect::<Result<Vec<_>, _>>()?;
    let items = kept.iter().zip(&read).enumerate().take(MOST_VERSIONS as usize);
    let items = items.map(|(i, (kept, funnel))| {
        let changes = read.get(i + 1).map(|earlier| Changes::between(earlier, funnel));
        answer(kept, changes, None)
    });
    Ok(Json(Versions { items: items.collect() }))
}

/// Read one version of a funnel
#[utoipa::path(get, path = "/funnels/{id}/versions/{number}",
    params(("id" = EntityId, Path), ("number" = i64, Path)),
    responses((status = 200, body = VersionAnswer)))]
async fn version(
    State(app): State<Arc<App>>,
    Segment((id, number)): Segment<(EntityId, i64)>,
) -> Result<Json<VersionAnswer>, Problem> {
    let kept = kept(&app, id, number).await?;
    let funnel = drawn(&kept)?;
    Ok(Json(answer(&kept, None, Some(funnel))))
}

/// Save an earlier version's content as the newest version
#[utoipa::path(post, path = "/funnels/{id}/versions/{number}/restore",
    params(("id" = EntityId, Path), ("number" = i64, Path)),
    responses((status = 200, body = Answer<Funnel>)))]
async fn restore(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment((id, number)): Segment<(EntityId, i64)>,
) -> Result<Json<Answer<Funnel>>, Problem> {
    let funnel = drawn(&kept(&app, id, number).await?)?;
    let edit = Edit::begin(&app, &caller).await;
    let row = catalog::get(&app.database, Kind::Funnels, id).await?;
    let version = row.ok_or_else(|| Problem::not_found("funnel"))?.version;
    let basis = Basis { version, archived: None, restored_from: number };
    let saved = publish::update(edit, id, basis, funnel).await?;
    Ok(Json(Answer::of_saved(saved, caller.role)))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Compared {
    /// The earlier version.
    from: i64,
    /// The later version.
    to: i64,
}

/// Compare two versions of a funnel
#[utoipa::path(get, path = "/funnels/{id}/diff", params(("id" = EntityId, Path), Compared),
    responses((status = 200, body = Changes)))]
async fn diff(
    State(app): State<Arc<App>>,
    Segment(id): Segment<EntityId>,
    Parameters(compared): Parameters<Compared>,
) -> Result<Json<Changes>, Problem> {
    let from = drawn(&kept(&app, id, compared.from).await?)?;
    let to = drawn(&kept(&app, id, compared.to).await?)?;
    Ok(Json(Changes::between(&from, &to)))
}

async fn exists(app: &App, id: EntityId) -> Result<(), Problem> {
    let row = catalog::get(&app.database, Kind::Funnels, id).await?;
    row.map(|_| ()).ok_or_else(|| Problem::not_found("funnel"))
}

async fn kept(app: &App, id: EntityId, number: i64) -> Result<Version, Problem> {
    exists(app, id).await?;
    let kept = catalog::version(&app.database, id, number).await?;
    kept.ok_or_else(|| Problem::not_found("version"))
}

fn drawn(kept: &Version) -> Result<Funnel, Problem> {
    serde_json::from_str(&kept.body).map_err(Problem::internal)
}

fn answer(kept: &Version, changes: Option<Changes>, funnel: Option<Funnel>) -> VersionAnswer {
    VersionAnswer {
        version: kept.version,
        saved_at: rfc3339(kept.saved_ms),
        saved_by: kept.who.clone(),
        restored_from: (kept.restored_from != 0).then_some(kept.restored_from),
        changes,
        funnel,
    }
}

pub(super) fn routes() -> AdminRouter {
    AdminRouter::new()
        .at(Role::Viewer, routes!(validate))
        .at(Role::Viewer, routes!(versions))
        .at(Role::Viewer, routes!(version))
        .at(Role::Editor, routes!(restore))
        .at(Role::Viewer, routes!(diff))
}
