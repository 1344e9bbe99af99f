//! One edit: check → write → swap. The four ways to change an asset, for every kind.
//! Promise: asset, version, plans and audit line are committed together; the picture is swapped
//! only after that, and always after that, even when the client has gone.

use super::references::user_of;
use super::{Asset, Findings};
use crate::app::App;
use crate::error::{Fault, Problem};
use crate::snapshot::{Held, Snapshot};
use crate::store::catalog::{self, Kind, Row, Taken, Version};
use crate::store::{audit, people::Caller};
use rules::funnel::Ready;
use rules::ids::EntityId;
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::OwnedMutexGuard;

/// Somebody about to change the configuration; others wait until it is dropped.
pub struct Edit {
    pub(super) app: Arc<App>,
    pub(super) caller: Caller,
    pub(super) now_ms: i64,
    _alone: OwnedMutexGuard<()>,
}

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
}

/// What an edit writes.
pub(super) struct Change {
    pub(super) write: Write,
    pub(super) version: Option<Version>,
    pub(super) action: &'static str,
    pub(super) before: Option<Value>,
    pub(super) after: Option<Value>,
}

/// The row that an edit changes.
pub(super) enum Write {
    Insert(Row),
    Update { expected: i64, row: Row },
    Archive(bool),
    Delete,
}

impl Edit {
    /// Waits for edits under way, then begins one.
    pub async fn begin(app: &Arc<App>, caller: &Caller) -> Self {
        let alone = Arc::clone(&app.database.editing).lock_owned().await;
        let now_ms = app.clock.now_ms() as i64;
        Self { app: Arc::clone(app), caller: caller.clone(), now_ms, _alone: alone }
    }

    pub(super) fn picture(&self) -> Arc<Snapshot> {
        self.app.snapshot.load_full()
    }

    /// Swaps the picture. The edit is committed: what fails now is only told in the log.
    pub(super) async fn enforce(&self, candidate: Snapshot) {
        if let Err(error) = self.app.put_in_force(candidate).await {
            tracing::error!(%error, "a new cap begins at zero");
        }
    }

    /// Commits and swaps, in a task of its own so that nobody who leaves can part the two.
    async fn finish(
        self,
        (kind, id): (Kind, EntityId),
        candidate: Snapshot,
        plans: Vec<Arc<Ready>>,
        change: Change,
    ) -> Result<(), Problem> {
        let task = tokio::spawn(async move {
            let mut transaction = self.app.database.pool.begin().await?;
            change.write.apply(&mut transaction, (kind, id), self.now_ms).await?;
            if let Some(version) = &change.version {
                catalog::keep_version(&mut transaction, id, version).await?;
            }
            for plan in &plans {
                catalog::save_plan(&mut transaction, plan).await?;
            }
            let (before, after) = (change.before.as_ref(), change.after.as_ref());
            let (action, kind) = (change.action, kind.as_str());
            let target = id.to_string();
            audit::record(&mut transaction, &self.caller, action, kind, &target, before, after)
                .await?;
            transaction.commit().await?;
            self.enforce(candidate).await;
            Ok(())
        });
        task.await.map_err(Problem::internal)?
    }
}

impl Write {
    async fn apply(
        &self,
        connection: &mut sqlx::AnyConnection,
        at: (Kind, EntityId),
        now_ms: i64,
    ) -> Result<(), Problem> {
        let there = match self {
            Self::Insert(row) => match catalog::insert(connection, row).await? {
                Ok(()) => true,
                Err(Taken) => return Err(Problem::conflict("This ID is taken.")),
            },
            Self::Update { expected, row } => {
                let fresh = catalog::update(connection, *expected, row).await?;
                if !fresh {
                    return Err(stale(at.0));
                }
                true
            }
            Self::Archive(archived) => {
                catalog::set_archived(connection, at, *archived, now_ms).await?
            }
            Self::Delete => catalog::tombstone(connection, at, now_ms).await?,
        };
        if there { Ok(()) } else { Err(Problem::not_found(at.0.noun())) }
    }
}

/// 409: the save was based on a version that is not the newest.
pub(super) fn stale(kind: Kind) -> Problem {
    let noun = kind.noun();
    Problem::conflict(format!("Somebody has changed this {noun} since: load it anew."))
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
    let change = Change { write, version, action: "create", before: None, after: Some(after) };
    let now_ms = edit.now_ms;
    put(edit, &picture, held.clone(), change).await?;
    Ok(Saved { held, before: None, created_ms: now_ms, updated_ms: now_ms, warnings })
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
    asset: A,
) -> Result<Saved<A>, Problem> {
    let picture = edit.picture();
    let before = found::<A>(&edit, &picture, id).await?;
    if before.held.version != basis.version {
        return Err(stale(A::KIND));
    }
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
    };
    let (created_ms, updated_ms) = (before.created_ms, edit.now_ms);
    put(edit, &picture, held.clone(), change).await?;
    Ok(Saved { held, before: Some(before.held.asset), created_ms, updated_ms, warnings })
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
    let change = Change { write, version: None, action, before: None, after: None };
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
    let change = Change { write, version: None, action: "delete", before, after: None };
    let mut candidate = (*picture).clone();
    A::shelf_mut(&mut candidate).insert(id, held);
    candidate.deleted.insert(id);
    let plans = if A::IN_PLANS { candidate.compile(None) } else { Vec::new() };
    edit.finish((A::KIND, id), candidate, plans, change).await
}

async fn put<A: Asset>(
    edit: Edit,
    picture: &Snapshot,
    held: Held<A>,
    change: Change,
) -> Result<(), Problem> {
    let id = held.id;
    room_for(&held, picture)?;
    let mut candidate = picture.clone();
    A::shelf_mut(&mut candidate).insert(id, held);
    unbroken(picture, &candidate, Some(id))?;
    let plans = match A::KIND {
        Kind::Funnels => candidate.compile(Some(id)),
        _ if A::IN_PLANS => candidate.compile(None),
        _ => Vec::new(),
    };
    edit.finish((A::KIND, id), candidate, plans, change).await
}

/// Refuses one asset in use too many.
fn room_for<A: Asset>(held: &Held<A>, picture: &Snapshot) -> Result<(), Problem> {
    let others = A::shelf(picture).values().filter(|other| !other.archived && other.id != held.id);
    if !held.archived && others.count() >= A::MOST {
        let title = format!("There can be at most {} {} in use.", A::MOST, A::KIND);
        return Err(Problem::conflict(title));
    }
    Ok(())
}

/// Refuses an edit (of the funnel `edited`) that would give another funnel problems it has not got.
pub(super) fn unbroken(
    picture: &Snapshot,
    candidate: &Snapshot,
    edited: Option<EntityId>,
) -> Result<(), Problem> {
    let others = candidate.funnels.values().filter(|held| Some(held.id) != edited);
    let broken = others.filter(|held| picture.problems_of(held.id).is_empty());
    let faults = broken.flat_map(|held| {
        let name = &held.asset.name;
        let problems = candidate.problems_of(held.id);
        problems.into_iter().map(move |problem| {
            Fault::new(format!("funnel {} ({name}): {}", held.id, problem.field), problem.message)
        })
    });
    let faults: Vec<_> = faults.collect();
    match faults.is_empty() {
        true => Ok(()),
        false => Err(Problem { faults, ..Problem::conflict("This would break a funnel.") }),
    }
}

/// Faults refuse, warnings are returned.
pub(super) fn checked<A: Asset>(
    asset: &A,
    id: EntityId,
    picture: &Snapshot,
) -> Result<Vec<Fault>, Problem> {
    let mut findings = Findings::default();
    findings.name("name", asset.name());
    asset.check(id, picture, &mut findings);
    if findings.faults.is_empty() {
        Ok(findings.warnings)
    } else {
        Err(Problem::invalid(findings.faults))
    }
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
    Ok(Saved { held, before: None, created_ms, updated_ms, warnings: Vec::new() })
}

fn row<A: Asset>(held: &Held<A>, created_ms: i64, updated_ms: i64) -> Result<Row, Problem> {
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

pub(super) fn value<T: serde::Serialize>(content: &T) -> Result<Value, Problem> {
    serde_json::to_value(content).map_err(Problem::internal)
}
