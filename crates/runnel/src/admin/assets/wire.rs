//! The shapes of assets in requests and answers.

use crate::error::{Fault, Problem};
use crate::publish::{Asset, Changes, Saved};
use crate::store::catalog::Row;
use crate::store::people::Role;
use jiff::Timestamp;
use rules::ids::EntityId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// An asset as it stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Answer<A> {
    /// Its ID.
    pub id: EntityId,
    /// Counts saves; a `PUT` names the one it was based on.
    pub version: i64,
    /// Takes no new traffic; its hits still convert.
    pub archived: bool,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it was last changed.
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// Its content.
    #[serde(flatten)]
    pub asset: A,
    /// After a save: what may not be as meant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Fault>,
    /// After a webhook was made: what it signs with, in this answer only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// After a save of a funnel: what it changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<Changes>,
}

/// A new asset.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[allow(dead_code)] // describes the body; `read` takes it apart
pub struct Draft<A> {
    /// An ID of the client's own; none has the server make one.
    id: Option<EntityId>,
    /// Whether it begins archived.
    archived: Option<bool>,
    #[serde(flatten)]
    asset: A,
}

/// An asset's new content.
#[derive(Debug, ToSchema)]
#[allow(dead_code)] // describes the body; `read` takes it apart
pub struct Revision<A> {
    /// The version that it was based on; a stale one gets 409.
    version: i64,
    /// Whether it is archived; none leaves it as it is.
    archived: Option<bool>,
    #[serde(flatten)]
    asset: A,
}

/// Some assets.
#[derive(Debug, Serialize, ToSchema)]
pub struct List<A> {
    /// The assets, by name.
    pub items: Vec<Answer<A>>,
    /// How many match in all.
    pub total: i64,
}

/// Which assets are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// Part of the name, in any case.
    #[serde(default)]
    pub search: String,
    /// Whether archived ones are listed.
    #[serde(default)]
    #[param(inline)]
    pub archived: Archived,
    /// Most that are returned, up to 1000.
    #[serde(default = "most_by_default")]
    pub limit: u32,
    /// How many are passed over.
    #[serde(default)]
    pub offset: u32,
}

/// Whether archived assets are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Archived {
    /// Only those in use.
    #[default]
    False,
    /// Only archived ones.
    True,
    /// Both.
    All,
}

fn most_by_default() -> u32 {
    100
}

impl<A: Asset> Answer<A> {
    /// The stored asset, for a caller of this role.
    pub fn of_row(row: &Row, role: Role) -> Result<Self, Problem> {
        let asset = serde_json::from_str(&row.body).map_err(Problem::internal)?;
        Ok(Self {
            id: row.id,
            version: row.version,
            archived: row.archived,
            created_at: rfc3339(row.created_ms),
            updated_at: rfc3339(row.updated_ms),
            asset: visible(asset, role),
            warnings: Vec::new(),
            secret: None,
            changes: None,
        })
    }

    /// The asset after an edit by a caller of this role.
    pub fn of_saved(saved: Saved<A>, role: Role) -> Self {
        let changes =
            saved.before.as_ref().and_then(|before| saved.held.asset.changes_since(before));
        Self {
            id: saved.held.id,
            version: saved.held.version,
            archived: saved.held.archived,
            created_at: rfc3339(saved.created_ms),
            updated_at: rfc3339(saved.updated_ms),
            asset: visible((*saved.held.asset).clone(), role),
            warnings: saved.warnings,
            secret: saved.secret,
            changes,
        }
    }
}

fn visible<A: Asset>(mut asset: A, role: Role) -> A {
    if role < Role::Editor {
        asset.hide_secrets();
    }
    asset.mask_secrets();
    asset
}

/// A moment in the API's form.
pub fn rfc3339(ms: i64) -> String {
    Timestamp::from_millisecond(ms).unwrap_or_default().to_string()
}
