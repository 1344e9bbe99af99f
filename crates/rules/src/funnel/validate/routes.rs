//! Routes of a condition, and the rules in them.

use super::Found;
use crate::assets::{Route, Rule};
use crate::funnel::Library;
use crate::funnel::ready::DEFAULT;
use crate::funnel::rule::Check;
use std::collections::HashSet;

/// Most routes of one condition.
const MOST_ROUTES: usize = 100;
/// Most rules of one condition, over all routes and groups.
const MOST_RULES: usize = 500;
/// Longest key of a route, in bytes.
const LONGEST_KEY: usize = 100;

pub(super) fn check(at: &str, routes: &[Route], library: &dyn Library, found: &mut Found) {
    let rules: usize = routes.iter().flat_map(|route| &route.groups).map(|g| g.rules.len()).sum();
    if routes.len() > MOST_ROUTES || rules > MOST_RULES {
        let most = format!("has more than {MOST_ROUTES} routes or {MOST_RULES} rules");
        return found.on(at, most);
    }
    let mut keys = HashSet::new();
    for (place, route) in routes.iter().enumerate() {
        let at = format!("{at}[{place}]");
        key(&format!("{at}.key"), &route.key, found);
        if !keys.insert(route.key.as_str()) {
            found.on(format!("{at}.key"), "is the key of an earlier route too");
        }
        groups(&at, route, library, found);
    }
}

/// Keys of a node that names its routes by key alone.
pub(super) fn keys(at: &str, keys: &[String], found: &mut Found) {
    if keys.len() > MOST_ROUTES {
        return found.on(at, format!("has more than {MOST_ROUTES} routes"));
    }
    let mut seen = HashSet::new();
    for (place, own) in keys.iter().enumerate() {
        key(&format!("{at}[{place}]"), own, found);
        if !seen.insert(own) {
            found.on(format!("{at}[{place}]"), "is the key of an earlier route too");
        }
    }
}

fn key(at: &str, key: &str, found: &mut Found) {
    let message = match key {
        "" => "is empty",
        DEFAULT => "is the name of the way that is taken when no route matches",
        long if long.len() > LONGEST_KEY => "is longer than 100 bytes",
        _ => return,
    };
    found.on(at, message);
}

fn groups(at: &str, route: &Route, library: &dyn Library, found: &mut Found) {
    if route.groups.is_empty() {
        found.on(format!("{at}.groups"), "has no group of rules, so it never matches");
    }
    for (g, group) in route.groups.iter().enumerate() {
        if group.rules.is_empty() {
            found.on(format!("{at}.groups[{g}].rules"), "has no rule, so it always matches");
        }
        for (r, rule) in group.rules.iter().enumerate() {
            check_rule(&format!("{at}.groups[{g}].rules[{r}]"), rule, library, found);
        }
    }
}

fn check_rule(at: &str, rule: &Rule, library: &dyn Library, found: &mut Found) {
    if let Err(flaw) = Check::compile(rule, "") {
        return found.on(format!("{at}.{}", flaw.field), flaw.message);
    }
    for (place, value) in rule.values.iter().enumerate() {
        let Ok(id) = value.parse() else { continue };
        let missing = match rule.test.as_str() {
            "tag" if !library.has_tag(id) => "names no tag",
            "converted" if library.offer(id).is_none() => "names no offer",
            "seen-page" if library.offer(id).is_none() && library.lander(id).is_none() => {
                "names no lander or offer"
            }
            _ => continue,
        };
        found.on(format!("{at}.values[{place}]"), missing);
    }
}
