//! `/action/{n}`: somebody takes action *n* from the page they are on.
//! Promise: the link's own word about the page wins over Referer and cookie; posted fields go to the
//! session's buffer (product.md §3.2).

use super::asked::Asked;
use super::cookies::Cookies;
use super::position::{self, Position, vid_of};
use super::visitor;
use super::walk::{Walk, Walked, walk};
use super::{fields, plans};
use crate::app::App;
use crate::outcome::Nowhere;
use rules::funnel::{Ready, Start};
use rules::record::RequestKind;
use std::sync::Arc;

/// Takes action `number`.
/// # Errors
/// Nobody knows which page the visitor is on, or it has no such action.
pub async fn take(
    app: &App,
    asked: &Asked,
    cookies: &Cookies,
    number: u8,
) -> Result<(Walked, Arc<Ready>), Nowhere> {
    let left = position::find(app, asked, cookies).ok_or(Nowhere::UnknownPosition)?;
    let plan = plans::of_node(app, &left).await.ok_or(Nowhere::UnknownNode)?;
    let walked = leave(app, asked, cookies, &left, &plan, number).await;
    let walked = walked.ok_or(Nowhere::UnknownAction)?;
    Ok((walked, plan))
}

async fn leave(
    app: &App,
    asked: &Asked,
    cookies: &Cookies,
    left: &Position,
    plan: &Ready,
    number: u8,
) -> Option<Walked> {
    let truncates = app.snapshot.load().truncates(left.visit.funnel);
    let linked = vid_of(app, &asked.query).unwrap_or(left.vid);
    let stays = linked == left.vid && visitor::may_be(left.vid, cookies.vid);
    let facts = asked.facts(app, truncates, stays.then_some(&left.visit.facts));
    let visitor = visitor::who(app, Some(linked), cookies.vid, &facts, asked.at_ms);
    let own = visitor.vid == left.vid;
    let mut buffer = fields::rest(&asked.query);
    buffer.extend(fields::rest(&asked.form()));
    let leaving = Walk {
        asked,
        kind: kind(own),
        visitor,
        plan,
        start: Start::Action { node: left.node, number },
        left: Some(left),
        number,
        // Somebody else's page (a copied address): a visit of their own begins here.
        visit: own.then_some(&left.visit),
        source: left.visit.source,
        fields: if own { left.visit.fields.clone() } else { Arc::default() },
        buffer,
        cost: None,
        facts,
    };
    walk(app, &leaving).await
}

fn kind(own: bool) -> RequestKind {
    if own { RequestKind::Action } else { RequestKind::Entrance }
}
