//! Secrets that webhooks sign with: made with the webhook, replaced while the earlier ones go on.
//! Promise: a secret's text is in one answer only; the audit log has that it was made, never what
//! it is.

use super::Edit;
use crate::error::Problem;
use crate::signature::Secret;
use crate::store::catalog::Kind;
use crate::store::webhook_secrets::{MOST_IN_FORCE, StoredSecret, keep_webhook_secret};
use crate::{app::App, store::audit};
use rules::ids::EntityId;
use serde_json::json;

/// A secret of fresh random bits for `webhook`.
/// # Errors
/// The operating system has no random bits.
pub(super) fn fresh(app: &App, webhook: EntityId, now_ms: i64) -> Result<StoredSecret, Problem> {
    let plain = Secret::of_bits(app.clock.secret().map_err(Problem::internal)?).plain();
    let id = app.clock.entity_id();
    Ok(StoredSecret { id, webhook, plain, created_ms: now_ms, until_ms: 0 })
}

/// Makes a new secret; those before it sign for another `keep_ms` milliseconds, so that receivers
/// have time to change.
/// # Errors
/// There is no such webhook, or too many of its secrets are in force.
pub async fn rotate(edit: Edit, webhook: EntityId, keep_ms: i64) -> Result<StoredSecret, Problem> {
    let picture = edit.picture();
    if !picture.holds(&picture.webhooks, webhook) {
        return Err(Problem::not_found(Kind::Webhooks.noun()));
    }
    let earlier = picture.secrets_of(webhook, edit.now_ms);
    if keep_ms > 0 && earlier.count() >= MOST_IN_FORCE {
        return Err(Problem::conflict(
            "Five secrets are in force: let one run out, or keep none of them.",
        ));
    }
    let new = fresh(&edit.app, webhook, edit.now_ms)?;
    let until_ms = edit.now_ms.saturating_add(keep_ms).max(1);
    let mut candidate = (*picture).clone();
    candidate.put_secret(new.clone(), Some(until_ms));
    let made = new.clone();
    // In a task of its own, so that nobody who leaves can part commit and swap.
    let task = tokio::spawn(async move {
        let mut transaction = edit.app.database.pool.begin().await?;
        keep_webhook_secret(&mut transaction, &new, until_ms).await?;
        let (kind, target) = (Kind::Webhooks.as_str(), webhook.to_string());
        let after = json!({"secretId": new.id, "earlierUntilMs": until_ms});
        audit::record(
            &mut transaction,
            &edit.caller,
            "rotate-secret",
            kind,
            &target,
            None,
            Some(&after),
        )
        .await?;
        transaction.commit().await?;
        edit.enforce(candidate).await;
        Ok::<(), Problem>(())
    });
    task.await.map_err(Problem::internal)??;
    Ok(made)
}
