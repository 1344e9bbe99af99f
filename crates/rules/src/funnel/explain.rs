//! Plan + record → why each node did what it did, and whether the same route comes out again.
//! Promise: nothing but the two is needed, however old the record is (product.md §4).

use super::decide::{DeadEnd, End, Reason, Replay, Request, Route, RouteStep, Start, route};
use super::{Broken, LogicFailure, Ready, ready};
use crate::assets::{NodeKind, Operator, Rule};
use crate::ids::EntityId;
use crate::record::{Consulted, NoAnswer, PassedKind, Question, Record, RequestKind, Step};
use serde::{Deserialize, Serialize};

/// Why a visitor went where they went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// Whether the route decided again equals the stored one.
    pub equal: bool,
    /// What differs, if anything does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<String>,
    /// Why this connection was taken, for an action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<String>,
    /// The nodes passed, as decided again.
    pub steps: Vec<ExplainedStep>,
    /// Where the route ended.
    pub end: String,
}

/// One node passed, with the reason for its choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedStep {
    /// The node.
    pub node: EntityId,
    /// Its kind.
    pub kind: PassedKind,
    /// The page shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<EntityId>,
    /// The connection that led here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<EntityId>,
    /// Why it chose what it chose.
    pub why: String,
}

/// Decides the record's route again from `plan` and says why it went so.
pub fn explain(plan: &Ready, record: &Record) -> Explanation {
    let Some(start) = start_of(record) else {
        return Explanation {
            equal: record.steps.is_empty(),
            differences: Vec::new(),
            taken: None,
            steps: Vec::new(),
            end: "The request walked no node.".into(),
        };
    };
    let mut replay = Replay::new(&record.consulted);
    let request = Request {
        facts: record.routed_facts(),
        source: record.source,
        fields: &record.fields,
        domain: &record.domain,
    };
    let again = route(plan, start, &request, &mut replay, record.seed, record.request.at_ms());
    let differences = differences(plan, record, &again, replay.unanswered());
    Explanation {
        equal: differences.is_empty(),
        differences,
        taken: again.taken.as_ref().map(|taken| say(plan, None, taken.why)),
        steps: again.steps.iter().map(|step| explained(plan, step)).collect(),
        end: end(again.end),
    }
}

/// Where the record's walk began.
fn start_of(record: &Record) -> Option<Start> {
    let first = record.steps.first()?;
    let asked_what_is_shown = record
        .consulted
        .iter()
        .any(|Consulted { question, .. }| *question == Question::Shown(first.node));
    Some(match (record.kind, &record.action) {
        (RequestKind::Touch, _) => return None,
        (_, Some(taken)) => Start::Action { node: taken.node, number: taken.number },
        _ if asked_what_is_shown => Start::Shown { node: first.node },
        _ => Start::Entrance { node: Some(first.node) },
    })
}

fn differences(
    plan: &Ready,
    record: &Record,
    again: &Route,
    unanswered: &[Question],
) -> Vec<String> {
    let mut all = Vec::new();
    if plan.id() != record.plan {
        all.push("The plan is not the one that decided.".into());
    }
    all.extend(unanswered.iter().map(|q| format!("The record holds no reply to {q:?}.")));
    let taken = |connection: Option<EntityId>| match connection {
        Some(connection) => format!("connection {connection}"),
        None => "no connection".into(),
    };
    let stored = record.action.as_ref().map(|taken| taken.connection);
    let now = again.taken.as_ref().map(|taken| taken.connection);
    if stored != now {
        all.push(format!("Stored: {} was taken; again: {}.", taken(stored), taken(now)));
    }
    for place in 0..record.steps.len().max(again.steps.len()) {
        let (stored, now) = (record.steps.get(place), again.steps.get(place));
        if !same_step(stored, now) {
            let node = |node: Option<EntityId>| node.map_or("none".into(), |n| n.to_string());
            all.push(format!(
                "Node {} of the walk: stored {}, again {}.",
                place + 1,
                node(stored.map(|step| step.node)),
                node(now.map(|step| step.node)),
            ));
        }
    }
    all
}

fn same_step(stored: Option<&Step>, now: Option<&RouteStep>) -> bool {
    let (Some(stored), Some(now)) = (stored, now) else { return false };
    (stored.node, stored.kind, stored.page, stored.by) == (now.node, now.kind, now.page, now.by)
}

fn explained(plan: &Ready, step: &RouteStep) -> ExplainedStep {
    let RouteStep { node, kind, page, by, why } = *step;
    ExplainedStep { node, kind, page, by, why: say(plan, Some(node), why) }
}

/// The reason as a sentence.
fn say(plan: &Ready, node: Option<EntityId>, why: Reason) -> String {
    match why {
        Reason::Only => "there was nothing to choose between".into(),
        Reason::Weight { weight, of } => format!("by chance, weight {weight} of {of}"),
        Reason::Unseen { weight, of } => {
            format!("by chance among what the visitor had not seen, weight {weight} of {of}")
        }
        Reason::Sticky => "the visitor keeps the branch of before".into(),
        Reason::Matched { route, group } => matched(plan, node, route, group),
        Reason::Default => format!("no route matched: “{}”", ready::DEFAULT),
        Reason::Gave { route } => format!("the expression gave “{}”", key(plan, node, route)),
        Reason::Broke(broken) => broke(broken),
        Reason::Answered { route } => {
            format!("the service answered “{}”", key(plan, node, route))
        }
        Reason::Unanswered(why) => {
            format!("the service {}, so “{}” was taken", unanswered(why), ready::DEFAULT)
        }
        Reason::Shown => "the visitor’s browser showed this page already".into(),
        Reason::Stuck => "nothing leads on from here".into(),
    }
}

/// `route “us” matched: country is US and device is mobile`.
fn matched(plan: &Ready, node: Option<EntityId>, route: usize, group: usize) -> String {
    let routes = match node.and_then(|node| plan.does(node)) {
        Some(NodeKind::Condition { routes, .. }) => routes.as_slice(),
        _ => &[],
    };
    let Some(route) = routes.get(route) else { return "a route matched".into() };
    let rules = route.groups.get(group).map(|group| group.rules.as_slice()).unwrap_or_default();
    let rules: Vec<String> = rules.iter().map(rule_text).collect();
    format!("route “{}” matched: {}", route.key, rules.join(" and "))
}

/// The key of a node's route number `route`; none stands for `default`.
fn key(plan: &Ready, node: Option<EntityId>, route: Option<usize>) -> &str {
    let keys = match node.and_then(|node| plan.does(node)) {
        Some(NodeKind::Logic { routes, .. } | NodeKind::Middleware { routes, .. }) => {
            routes.as_slice()
        }
        _ => &[],
    };
    route.and_then(|route| keys.get(route)).map_or(ready::DEFAULT, String::as_str)
}

/// What the service did instead of answering.
fn unanswered(why: NoAnswer) -> &'static str {
    match why {
        NoAnswer::Timeout => "did not answer in time",
        NoAnswer::Unreachable => "could not be reached",
        NoAnswer::Status => "answered with a status that is no success",
        NoAnswer::TooLarge => "answered more than is read",
        NoAnswer::Unreadable => "gave an answer of another form",
        NoAnswer::UnknownRoute => "named a route that the node has not",
        NoAnswer::Busy => "was not asked, because so many visitors waited for it",
        NoAnswer::Resting => "was not asked, because it had failed too often just before",
        NoAnswer::Patience => "was not asked, because the visitor had waited long enough",
    }
}

/// `the expression came upon an error at line 2, column 5, so “default” was taken`.
fn broke(broken: Broken) -> String {
    let what = match broken.why {
        LogicFailure::TooMuchWork => "reached a bound on its work",
        LogicFailure::Failed => "came upon an error",
        LogicFailure::NoText => "gave no text",
        LogicFailure::UnknownKey => "gave the key of no route",
    };
    let place = match broken.line {
        0 => String::new(),
        line => format!(" at line {line}, column {}", broken.column),
    };
    format!("the expression {what}{place}, so “{}” was taken", ready::DEFAULT)
}

/// Most values of a rule that a sentence names.
const MOST_NAMED: usize = 5;

fn rule_text(rule: &Rule) -> String {
    let op = match rule.op {
        Operator::Is => "is",
        Operator::IsNot => "is not",
        Operator::Contains => "contains",
        Operator::Starts => "starts with",
        Operator::Ends => "ends with",
        Operator::Matches => "matches",
        Operator::InList => "is in",
        Operator::Less => "<",
        Operator::LessOrEqual => "<=",
        Operator::Greater => ">",
        Operator::GreaterOrEqual => ">=",
        Operator::Exists => return format!("{} is known", rule.test),
    };
    let named: Vec<&str> = rule.values.iter().map(String::as_str).take(MOST_NAMED).collect();
    let more = if rule.values.len() > MOST_NAMED { ", …" } else { "" };
    format!("{} {op} {}{more}", rule.test, named.join(", "))
}

fn end(end: End) -> String {
    match end {
        End::Page { .. } => "The visitor was sent to a page.".into(),
        End::External { .. } => "The visitor was sent to an external URL.".into(),
        End::DeadEnd(why) => match why {
            DeadEnd::NoSuchNode => "The plan has no such node.".into(),
            DeadEnd::NoSuchAction => "No connection listens to this action.".into(),
            DeadEnd::NoPage => "The node has no page.".into(),
            DeadEnd::NoWayOut => "Nothing leads on from the last node.".into(),
            DeadEnd::TooLong => "The walk was longer than a request can be.".into(),
        },
    }
}
