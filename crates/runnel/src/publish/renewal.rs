//! A refresh token that its provider replaced → the settings of the traffic source that use it.
//! Promise: a token that somebody entered meanwhile stays; the source keeps its version, so nobody who
//! edits it is in the way; the audit log has that the token was replaced, never what it is.

use super::Edit;
use super::assets::{put, row};
use super::edit::{Change, Write};
use crate::error::Problem;
use rules::assets::integration::Secret;
use rules::ids::EntityId;
use serde_json::json;
use std::sync::Arc;

/// Puts the refresh token `after` in the place of `before` at the ad platform of `source`.
/// # Errors
/// It cannot be saved: the earlier token stays in force.
pub async fn renew(edit: Edit, source: EntityId, before: &str, after: &str) -> Result<(), Problem> {
    let picture = edit.picture();
    if !picture.holds(&picture.sources, source) {
        return Ok(());
    }
    let mut held = picture.sources[&source].clone();
    let mut asset = (*held.asset).clone();
    let fits = asset.integration.as_mut().is_some_and(|platform| platform.renew(before, after));
    if !fits {
        return Ok(());
    }
    held.asset = Arc::new(asset);
    let change = Change {
        // Nobody is shown the token, so nobody can have based an edit on it.
        write: Write::Update { expected: held.version, row: row(&held, 0, edit.now_ms)? },
        version: None,
        action: "renew-token",
        before: None,
        after: Some(json!({"integration": {"refreshToken": Secret::MASK}})),
        secret: None,
    };
    put(edit, &picture, held, change).await
}
