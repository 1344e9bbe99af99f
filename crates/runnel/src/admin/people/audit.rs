//! The audit log, newest first, with filters and paging.

use crate::admin::moment::shown;
use crate::admin::{AdminRouter, Parameters, Role};
use crate::app::App;
use crate::error::Problem;
use crate::store::audit::{self, Line, Wanted};
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

const MOST_LINES: i64 = 500;
const USUAL_LINES: i64 = 100;

pub(super) fn routes() -> AdminRouter {
    AdminRouter::new().at(Role::Admin, routes!(list))
}

/// What is looked for; all filters must match.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// ID of the user or key who did it.
    who: Option<String>,
    /// `create`, `update`, `delete`, ….
    action: Option<String>,
    /// Kind of what was changed: `landers`, `users`, ….
    kind: Option<String>,
    /// ID of what was changed.
    target: Option<String>,
    /// From this moment on.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Before this moment.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// At most this many, up to 500; 100 if left out.
    limit: Option<i64>,
    /// Passes over this many.
    offset: Option<i64>,
}

impl Filter {
    fn wanted(self) -> Result<Wanted, Problem> {
        let limit = self.limit.unwrap_or(USUAL_LINES);
        if !(1..=MOST_LINES).contains(&limit) {
            return Err(Problem::fault("limit", format!("must be from 1 to {MOST_LINES}")));
        }
        let offset = self.offset.unwrap_or(0);
        if offset < 0 {
            return Err(Problem::fault("offset", "must not be negative"));
        }
        Ok(Wanted {
            who: self.who.unwrap_or_default(),
            action: self.action.unwrap_or_default(),
            kind: self.kind.unwrap_or_default(),
            target: self.target.unwrap_or_default(),
            from_ms: self.from.map_or(i64::MIN, Timestamp::as_millisecond),
            to_ms: self.to.map_or(i64::MAX, Timestamp::as_millisecond),
            limit,
            offset,
        })
    }
}

/// Lines of the audit log.
#[derive(Serialize, ToSchema)]
struct AuditLog {
    items: Vec<Shown>,
    /// How many match in all.
    total: i64,
}

/// One change.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditLine)]
struct Shown {
    id: String,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// ID of the user or key who did it, or `command line`.
    who: String,
    /// Their email or the key's name then.
    who_name: String,
    /// `session`, `key`, `command-line` or `program`.
    via: String,
    action: String,
    kind: String,
    target: String,
    /// How it was; secrets are blanked.
    before: Option<Value>,
    /// How it is since; secrets are blanked.
    after: Option<Value>,
}

impl From<Line> for Shown {
    fn from(line: Line) -> Self {
        let json = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
        Self {
            id: line.id,
            at: shown(line.at_ms),
            who: line.who,
            who_name: line.who_name,
            via: line.via,
            action: line.action,
            kind: line.kind,
            target: line.target,
            before: json(line.before_json),
            after: json(line.after_json),
        }
    }
}

/// Lists changes: who, what, before, after.
#[utoipa::path(get, path = "/audit", params(Filter),
    responses((status = 200, description = "Newest first.", body = AuditLog)))]
async fn list(
    State(app): State<Arc<App>>,
    Parameters(filter): Parameters<Filter>,
) -> Result<Json<AuditLog>, Problem> {
    let page = audit::list(&app.database, &filter.wanted()?).await?;
    let items = page.lines.into_iter().map(Shown::from).collect();
    Ok(Json(AuditLog { items, total: page.total }))
}
