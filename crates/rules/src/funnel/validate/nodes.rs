//! What each node must have: pages of its kind, tags and conditions that exist, fitting ways out.

use super::{Drawn, Found, parameters, routes};
use crate::assets::{Node, NodeKind, PageNode, Route, WebhookEvent, callable};
use crate::destination::check_url;
use crate::funnel::Library;
use crate::funnel::logic::Program;
use crate::funnel::ready::DEFAULT;
use crate::ids::EntityId;
use std::collections::HashSet;

/// Most pages of one node.
const MOST_PAGES: usize = 200;
/// Most ways out of one node: for each, unseen first asks whether its end was seen.
const MOST_WAYS: usize = 200;
/// Longest URL of a service, in bytes.
const LONGEST_URL: usize = 2048;
/// Longest wait for a service, in milliseconds (product.md §4).
const LONGEST_WAIT_MS: u32 = 10_000;
/// Most tags that one node adds or removes.
const MOST_TAGS: usize = 100;

pub(super) fn check(drawn: &Drawn<'_>, library: &dyn Library, found: &mut Found) {
    for (place, node) in drawn.funnel.nodes.iter().enumerate() {
        found.look_at_node(node.id);
        let at = format!("nodes[{place}]");
        if drawn.out_of(node.id).count() > MOST_WAYS {
            found.on(&at, format!("has more than {MOST_WAYS} ways out"));
        }
        check_node(&at, node, drawn, library, found);
    }
    found.look_at_funnel();
}

fn check_node(at: &str, node: &Node, drawn: &Drawn<'_>, library: &dyn Library, found: &mut Found) {
    match &node.does {
        NodeKind::Traffic { .. } | NodeKind::Rotator { .. } => {}
        NodeKind::Lander(shows) => {
            pages(at, shows, "lander", &|page| library.lander(page).is_some(), found);
        }
        NodeKind::Offer(shows) => {
            pages(at, shows, "offer", &|page| library.offer(page).is_some(), found);
        }
        NodeKind::Condition { routes, condition } => {
            condition_node(at, node.id, (routes, *condition), drawn, library, found);
        }
        NodeKind::External { url, .. } => {
            let faults = check_url(url, library.app_schemes(), &[]);
            for fault in faults.iter().filter(|finding| finding.is_fault()) {
                found.on(format!("{at}.url"), fault.message());
            }
            no_way_out(at, node.id, drawn, found);
        }
        NodeKind::Tag { add, remove } => {
            tags(&format!("{at}.add"), add, library, found);
            tags(&format!("{at}.remove"), remove, library, found);
            one_way_out(at, node.id, drawn, found);
        }
        NodeKind::Logic { expression, routes, timezone } => {
            logic(at, expression, timezone, found);
            keys(at, node.id, routes, drawn, found);
        }
        NodeKind::Middleware { url, routes, timeout_ms, signed_by } => {
            service(at, url, *timeout_ms, found);
            if signed_by.is_some_and(|id| library.webhook(id).is_none()) {
                found.on(format!("{at}.signedBy"), "names no webhook");
            }
            keys(at, node.id, routes, drawn, found);
        }
        NodeKind::Webhook { webhook } => {
            match library.webhook(*webhook) {
                None => found.on(format!("{at}.webhook"), "names no webhook"),
                Some(told) if !told.events.contains(&WebhookEvent::NodeVisit) => {
                    found.on(format!("{at}.webhook"), "names a webhook that takes no node visits");
                }
                Some(_) => {}
            }
            one_way_out(at, node.id, drawn, found);
        }
    }
}

/// An expression that compiles, and runs for somebody of whom nothing is known.
fn logic(at: &str, expression: &str, timezone: &str, found: &mut Found) {
    let compiled = Program::compile(expression, timezone);
    if let Err(flawed) = compiled.and_then(|program| program.rehearse()) {
        found.on(format!("{at}.expression"), flawed.to_string());
    }
}

/// Keys of routes, each once and connected.
fn keys(at: &str, node: EntityId, keys: &[String], drawn: &Drawn<'_>, found: &mut Found) {
    routes::keys(&format!("{at}.routes"), keys, found);
    every_route_connected(at, node, keys.iter().map(String::as_str), drawn, found);
}

/// An address that can be called, and a wait that a visitor may be put to.
fn service(at: &str, url: &str, timeout_ms: u32, found: &mut Found) {
    if url.len() > LONGEST_URL {
        found.on(format!("{at}.url"), format!("is longer than {LONGEST_URL} bytes"));
    }
    if let Err(message) = callable(url) {
        found.on(format!("{at}.url"), message);
    }
    if !(1..=LONGEST_WAIT_MS).contains(&timeout_ms) {
        found.on(format!("{at}.timeoutMs"), "is not between 1 and 10000");
    }
}

fn one_way_out(at: &str, node: EntityId, drawn: &Drawn<'_>, found: &mut Found) {
    if drawn.out_of(node).count() > 1 {
        found.on(at, "has more than one way out: a node of its kind has one");
    }
}

fn no_way_out(at: &str, node: EntityId, drawn: &Drawn<'_>, found: &mut Found) {
    if drawn.out_of(node).next().is_some() {
        found.on(at, "has a way out: an external node has none");
    }
}

fn pages(
    at: &str,
    shows: &PageNode,
    kind: &str,
    exists: &dyn Fn(EntityId) -> bool,
    found: &mut Found,
) {
    match shows.pages.len() {
        0 => found.on(format!("{at}.pages"), "has no pages"),
        1..=MOST_PAGES => {}
        _ => found.on(format!("{at}.pages"), format!("has more than {MOST_PAGES} pages")),
    }
    let mut seen = HashSet::new();
    for (place, shown) in shows.pages.iter().enumerate().take(MOST_PAGES) {
        let at = format!("{at}.pages[{place}]");
        if !exists(shown.page) {
            found.on(format!("{at}.page"), format!("names no {kind}"));
        }
        if !seen.insert(shown.page) {
            found.on(format!("{at}.page"), "is among the node's pages already");
        }
        if shown.weight == 0 {
            found.on(format!("{at}.weight"), "must be positive");
        }
    }
    parameters(&format!("{at}.parameters"), &shows.parameters, found);
}

fn tags(at: &str, tags: &[EntityId], library: &dyn Library, found: &mut Found) {
    if tags.len() > MOST_TAGS {
        found.on(at, format!("has more than {MOST_TAGS} tags"));
    }
    for (place, tag) in tags.iter().enumerate().take(MOST_TAGS) {
        if !library.has_tag(*tag) {
            found.on(format!("{at}[{place}]"), "names no tag");
        }
    }
}

fn condition_node(
    at: &str,
    node: EntityId,
    (own, shared): (&[Route], Option<EntityId>),
    drawn: &Drawn<'_>,
    library: &dyn Library,
    found: &mut Found,
) {
    if shared.is_some() && !own.is_empty() {
        found.on(format!("{at}.routes"), "stand beside a shared condition: keep one of the two");
    }
    routes::check(&format!("{at}.routes"), own, library, found);
    let routes = match shared {
        None => own,
        Some(id) => match library.condition(id) {
            Some(condition) => condition.routes.as_slice(),
            None => return found.on(format!("{at}.condition"), "names no condition"),
        },
    };
    let keys = routes.iter().map(|route| route.key.as_str());
    every_route_connected(at, node, keys, drawn, found);
}

fn every_route_connected<'a>(
    at: &str,
    node: EntityId,
    keys: impl Iterator<Item = &'a str>,
    drawn: &Drawn<'_>,
    found: &mut Found,
) {
    let connected: Vec<&str> = drawn.out_of(node).filter_map(|c| c.route.as_deref()).collect();
    for key in keys.chain([DEFAULT]) {
        match connected.iter().filter(|route| **route == key).count() {
            0 => found.on(at, format!("does not connect its route “{key}”")),
            1 => {}
            _ => found.on(at, format!("connects its route “{key}” more than once")),
        }
    }
}
