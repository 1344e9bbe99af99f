//! Which plan decides for a visitor under way: the funnel's present one, or the one that showed
//! them their page if that page's node has been removed since.
//! Promise: an edit never strands a visitor who is in the middle of the funnel.

use super::position::Position;
use crate::app::App;
use rules::funnel::Ready;
use std::sync::Arc;

/// The plan for leaving `left`.
pub async fn of_node(app: &App, left: &Position) -> Option<Arc<Ready>> {
    let present = app.snapshot.load().plans.get(&left.visit.funnel).cloned();
    if let Some(plan) = present.filter(|plan| plan.kind(left.node).is_some()) {
        return Some(plan);
    }
    app.plan(left.visit.plan).await
}
