//! One edit as a transaction: row, version, plans and audit line, then the swap.
//! Promise: they are committed together; the picture is swapped only after that, and always after
//! that, even when the client has gone.

use crate::app::App;
use crate::error::Problem;
use crate::snapshot::Snapshot;
use crate::store::catalog::{self, Kind, Row, Taken, Version};
use crate::store::webhook_secrets::{StoredSecret, keep_webhook_secret};
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

/// What an edit writes.
pub(super) struct Change {
    pub(super) write: Write,
    pub(super) version: Option<Version>,
    pub(super) action: &'static str,
    pub(super) before: Option<Value>,
    pub(super) after: Option<Value>,
    pub(super) secret: Option<StoredSecret>,
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
    pub(super) async fn finish(
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
            if let Some(secret) = &change.secret {
                keep_webhook_secret(&mut transaction, secret, secret.created_ms).await?;
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

pub(super) fn value<T: serde::Serialize>(content: &T) -> Result<Value, Problem> {
    serde_json::to_value(content).map_err(Problem::internal)
}
