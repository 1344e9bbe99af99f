//! What each connection may carry, by the kind of the node it leaves: weight, route, actions, fires.

use super::{Drawn, Found};
use crate::assets::{Connection, Firing, NodeKind, Route};
use crate::funnel::Library;
use crate::funnel::ready::DEFAULT;
use crate::money::Micros;
use std::collections::HashSet;

/// Most things that one connection fires: a conversion and 30 events (product.md §7).
const MOST_FIRES: usize = 31;

pub(super) fn check(drawn: &Drawn<'_>, library: &dyn Library, found: &mut Found) {
    for (place, connection) in drawn.funnel.connections.iter().enumerate() {
        found.look_at_connection(connection);
        let at = format!("connections[{place}]");
        if connection.weight == 0 {
            found.on(format!("{at}.weight"), "must be positive");
        }
        if let Some(node) = drawn.nodes.get(&connection.from) {
            route(&at, connection, &node.does, library, found);
            actions(&at, connection, &node.does, found);
            fires(&at, connection, &node.does, library, found);
        }
    }
    found.look_at_funnel();
}

fn route(
    at: &str,
    connection: &Connection,
    from: &NodeKind,
    library: &dyn Library,
    found: &mut Found,
) {
    let at = format!("{at}.route");
    match (from, connection.route.as_deref()) {
        (NodeKind::Condition { .. }, None) => {
            found.on(at, "is missing: a connection out of a condition serves a route");
        }
        (NodeKind::Logic { .. } | NodeKind::Middleware { .. }, None) => {
            found.on(at, "is missing: a connection out of this node serves a route");
        }
        (NodeKind::Logic { routes, .. } | NodeKind::Middleware { routes, .. }, Some(key)) => {
            if key != DEFAULT && !routes.iter().any(|route| route == key) {
                found.on(at, format!("“{key}” is no route of the node"));
            }
        }
        (NodeKind::Condition { routes, condition }, Some(key)) => {
            let shared = condition.map(|id| library.condition(id));
            let routes: &[Route] = match shared {
                None => routes,
                Some(Some(condition)) => &condition.routes,
                Some(None) => return, // said at the node
            };
            if key != DEFAULT && !routes.iter().any(|route| route.key == key) {
                found.on(at, format!("“{key}” is no route of the condition"));
            }
        }
        (_, Some(_)) => found.on(at, "is only for connections out of nodes with routes"),
        (_, None) => {}
    }
}

fn is_page(node: &NodeKind) -> bool {
    matches!(node, NodeKind::Lander(_) | NodeKind::Offer(_))
}

fn actions(at: &str, connection: &Connection, from: &NodeKind, found: &mut Found) {
    let at = format!("{at}.actions");
    match (is_page(from), connection.actions.is_empty()) {
        (true, true) => found.on(&at, "is empty: a connection out of a page listens to an action"),
        (false, false) => found.on(&at, "is only for connections out of a page"),
        _ => {}
    }
    let mut seen = HashSet::new();
    for (place, number) in connection.actions.iter().enumerate() {
        if *number == 0 {
            found.on(format!("{at}[{place}]"), "is not between 1 and 255");
        }
        if !seen.insert(number) {
            found.on(format!("{at}[{place}]"), "is listed twice");
        }
    }
}

fn fires(
    at: &str,
    connection: &Connection,
    from: &NodeKind,
    library: &dyn Library,
    found: &mut Found,
) {
    let at = format!("{at}.fire");
    if !is_page(from) && !connection.fire.is_empty() {
        return found.on(at, "is only for connections out of a page");
    }
    if connection.fire.len() > MOST_FIRES {
        return found.on(at, format!("has more than {MOST_FIRES} things"));
    }
    let mut seen = HashSet::new();
    for (place, firing) in connection.fire.iter().enumerate() {
        let at = format!("{at}[{place}]");
        if !seen.insert(event_of(firing)) {
            found.on(&at, "is fired already");
        }
        check_firing(&at, firing, from, library, found);
    }
}

fn event_of(firing: &Firing) -> Option<&str> {
    match firing {
        Firing::Conversion(_) => None,
        Firing::Event(event) => Some(&event.name),
    }
}

fn check_firing(
    at: &str,
    firing: &Firing,
    from: &NodeKind,
    library: &dyn Library,
    found: &mut Found,
) {
    match firing {
        Firing::Conversion(fired) if fired.rev == PAYOUT => {
            if !matches!(from, NodeKind::Offer(_)) {
                found.on(format!("{at}.conversion.rev"), "is payout, which a lander has not");
            }
        }
        Firing::Conversion(fired) => match fired.rev.parse() {
            Ok(amount) => within(format!("{at}.conversion.rev"), amount, found),
            Err(_) => found.on(
                format!("{at}.conversion.rev"),
                "is neither payout nor a decimal such as 12.50",
            ),
        },
        Firing::Event(fired) => {
            if !library.has_event(&fired.name) {
                found.on(format!("{at}.event.name"), "names no custom event");
            }
            fired.rev.into_iter().for_each(|rev| within(format!("{at}.event.rev"), rev, found));
        }
    }
}

/// Says that the offer's payout is meant.
const PAYOUT: &str = "payout";

fn within(at: String, amount: Micros, found: &mut Found) {
    if amount < Micros::ZERO || amount > Micros::LARGEST {
        found.on(at, "is negative or beyond ten million");
    }
}
