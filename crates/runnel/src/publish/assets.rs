//! The ways to change an asset, for every kind: create, update, archive, duplicate, delete.
//! Promise: nothing is written that was not checked against the picture it becomes part of.

use super::Asset;
use super::edit::{Change, Edit, Write, stale, value};
use super::guard::{checked, room_for, unbroken};
use super::references::user_of;
use super::secrets;
use crate::error::{Fault, Problem};
use crate::snapshot::{Held, Snapshot};
use crate::store::catalog::{self, Kind, Row, Version};
use rules::ids::EntityId;
use std::sync::Arc;

/// An asset after an edit, with what should be told about it.
#[derive(Clone, Debug)]
pub struct Saved<A> {
    /// The asset.
    pub held: Held<A>,
    /// Its content before the edit.
    pub before: Option<Arc<A>>,
    /// When it was made, Unix milliseconds.
    pub created_ms: i64,
    /// When it was last changed, Unix milliseconds.
    pub updated_ms: i64,
    /// What may not be as meant.
    pub warnings: Vec<Fault>,
    /// The secret that was made with it.
    pub secret: Option<String>,
}

/// Adds an asset, under the client's ID or a new one.
/// # Errors
/// It has faults, its ID is taken, or there are too many; then nothing has changed.
pub async fn create<A: Asset>(
    edit: Edit,
    id: Option<EntityId>,
    archived: bool,
    asset: A,
) -> Result<Saved<A>, Problem> {
    let picture = edit.picture();
    let id = id.unwrap_or_else(|| edit.app.clock.entity_id());
    let warnings = checked(&asset, id, &picture)?;
    let held = Held { id, version: 1, archived, asset: Arc::new(asset) };
    let row = row(&held, edit.now_ms, edit.now_ms)?;
    let version = kept_version::<A>(&edit, &row, 0);
    let after = value(&*held.asset)?;
    let write = Write::Insert(row);
    let now_ms = edit.now_ms;
    let secret = if A::SIGNS { Some(secrets::fresh(&edit.app, id, now_ms)?) } else { None };
    let shown = secret.as_ref().map(|secret| secret.plain.clone());
    let (action, after) = ("create", Some(after));
    let change = Change { write, version, action, before: None, after, secret };
    put(edit, &picture, held.clone(), change).await?;
    Ok(Saved {
        held,
        before: None,
        created_ms: now_ms,
        updated_ms: now_ms,
        warnings,
        secret: shown,
    })
}

/// What an update carries beside the content.
#[derive(Clone, Copy, Debug)]
pub struct Basis {
    /// The version that the client saw.
    pub version: i64,
    /// Whether the asset is to be archived; none leaves it as it is.
    pub archived: Option<bool>,
    /// The version whose content this is; 0 if it is new.
    pub restored_from: i64,
}

/// Replaces an asset's content.
/// # Errors
/// It has faults, is not the newest version, or breaks a funnel; then nothing has changed.
pub async fn update<A: Asset>(
    edit: Edit,
    id: EntityId,
    basis: Basis,
    mut asset: A,
) -> Result<Saved<A>, Problem> {
    let picture = edit.picture();
    let before = found::<A>(&edit, &picture, id).await?;
    if before.held.version != basis.version {
        return Err(stale(A::KIND));
    }
    asset.keep_secrets(&before.held.asset);
    let warnings = checked(&asset, id, &picture)?;
    let archived = basis.archived.unwrap_or(before.held.archived);
    let held = Held { id, version: basis.version + 1, archived, asset: Arc::new(asset) };
    let row = row(&held, before.created_ms, edit.now_ms)?;
    let change = Change {
        version: kept_version::<A>(&edit, &row, basis.restored_from),
        write: Write::Update { expected: basis.version, row },
        action: if basis.restored_from == 0 { "update" } else { "restore" },
        before: Some(value(&*before.held.asset)?),
        after: Some(value(&*held.asset)?),
        secret: None,
    };
    let (created_ms, updated_ms) = (before.created_ms, edit.now_ms);
    put(edit, &picture, held.clone(), change).await?;
    let before = Some(before.held.asset);
    Ok(Saved { held, before, created_ms, updated_ms, warnings, secret: None })
}

/// Archives (no new traffic; hits still convert) or unarchives.
/// # Errors
/// There is no such asset.
pub async fn set_archived<A: Asset>(
    edit: Edit,
    id: EntityId,
    archived: bool,
) -> Result<Saved<A>, Problem> {
    let picture = edit.picture();
    let mut saved = found::<A>(&edit, &picture, id).await?;
    saved.held.archived = archived;
    saved.updated_ms = edit.now_ms;
    // Unarchiving can bring back a name that must be unique.
    if !archived {
        saved.warnings = checked(&*saved.held.asset, id, &picture)?;
    }
    let action = if archived { "archive" } else { "unarchive" };
    let write = Write::Archive(archived);
    let change = Change { write, version: None, action, before: None, after: None, secret: None };
    put(edit, &picture, saved.held.clone(), change).await?;
    Ok(saved)
}

/// Adds a copy with fresh IDs inside.
/// # Errors
/// There is no such asset, or its copy has faults (a copied domain needs a name of its own).
pub async fn duplicate<A: Asset>(
    edit: Edit,
    id: EntityId,
    name: Option<String>,
) -> Result<Saved<A>, Problem> {
    let original = found::<A>(&edit, &edit.picture(), id).await?.held.asset;
    let app = Arc::clone(&edit.app);
    let mut copy = original.copied(&mut || app.clock.entity_id());
    let name = name.or_else(|| original.copied_name());
    copy.rename(name.ok_or_else(|| Problem::fault("name", "is needed for the copy"))?);
    create(edit, None, false, copy).await
}

/// Deletes: the asset is gone from lists and takes no traffic, but is kept hidden for ever, so that
/// its hits convert and reports know its name.
/// # Errors
/// There is no such asset, or another one refers to it.
pub async fn delete<A: Asset>(edit: Edit, id: EntityId) -> Result<(), Problem> {
    let picture = edit.picture();
    let mut held = found::<A>(&edit, &picture, id).await?.held;
    if let Some(user) = user_of(&picture, id) {
        let noun = A::KIND.noun();
        return Err(Problem::conflict(format!(
            "This {noun} is used by {user}: change that first, or archive the {noun}."
        )));
    }
    held.archived = true;
    let before = Some(value(&*held.asset)?);
    let write = Write::Delete;
    let action = "delete";
    let change = Change { write, version: None, action, before, after: None, secret: None };
    let mut candidate = (*picture).clone();
    A::shelf_mut(&mut candidate).insert(id, held);
    candidate.deleted.insert(id);
    let plans = if A::IN_PLANS { candidate.compile(None) } else { Vec::new() };
    edit.finish((A::KIND, id), candidate, plans, change).await
}

pub(super) async fn put<A: Asset>(
    edit: Edit,
    picture: &Snapshot,
    held: Held<A>,
    change: Change,
) -> Result<(), Problem> {
    let id = held.id;
    room_for(&held, picture)?;
    let mut candidate = picture.clone();
    A::shelf_mut(&mut candidate).insert(id, held);
    if let Some(secret) = change.secret.clone() {
        candidate.put_secret(secret, None);
    }
    unbroken(picture, &candidate, Some(id))?;
    let plans = match A::KIND {
        Kind::Funnels => candidate.compile(Some(id)),
        _ if A::IN_PLANS => candidate.compile(None),
        _ => Vec::new(),
    };
    edit.finish((A::KIND, id), candidate, plans, change).await
}

/// The asset as it is now.
async fn found<A: Asset>(
    edit: &Edit,
    picture: &Snapshot,
    id: EntityId,
) -> Result<Saved<A>, Problem> {
    let row = catalog::get(&edit.app.database, A::KIND, id).await?;
    let missing = || Problem::not_found(A::KIND.noun());
    let row = row.ok_or_else(missing)?;
    let held = A::shelf(picture).get(&id).cloned().ok_or_else(missing)?;
    let (created_ms, updated_ms) = (row.created_ms, row.updated_ms);
    let warnings = Vec::new();
    Ok(Saved { held, before: None, created_ms, updated_ms, warnings, secret: None })
}

pub(super) fn row<A: Asset>(
    held: &Held<A>,
    created_ms: i64,
    updated_ms: i64,
) -> Result<Row, Problem> {
    Ok(Row {
        id: held.id,
        kind: A::KIND.as_str().into(),
        version: held.version,
        name: held.asset.name().into(),
        archived: held.archived,
        deleted: false,
        body: serde_json::to_string(&*held.asset).map_err(Problem::internal)?,
        created_ms,
        updated_ms,
    })
}

fn kept_version<A: Asset>(edit: &Edit, row: &Row, restored_from: i64) -> Option<Version> {
    A::KEEPS_VERSIONS.then(|| Version {
        version: row.version,
        body: row.body.clone(),
        saved_ms: row.updated_ms,
        who: edit.caller.name.clone(),
        restored_from,
    })
}
