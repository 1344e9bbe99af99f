//! Tries an expression on a made-up visitor: what the node would do, and if not, where it stops.

use super::rehearse::NOWHERE;
use super::{Broken, Flawed, LogicFailure, Program};
use crate::assets::Field;
use crate::facts::Facts;
use crate::funnel::DEFAULT;
use crate::funnel::decide::{Inputs, Request, Walk};
use crate::ids::EntityId;
use crate::record::{Question, Reply};
use compact_str::CompactString;
use serde::Serialize;
use std::collections::BTreeMap;

/// A made-up visitor.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    /// What is known of the sender.
    pub facts: Facts,
    /// Traffic source.
    pub source: Option<EntityId>,
    /// Tracking fields.
    pub fields: Vec<(Field, CompactString)>,
    /// Host of the tracking domain.
    pub domain: String,
    /// The session's buffer.
    pub data: BTreeMap<String, String>,
    /// Tags, nodes and pages seen, offers converted.
    pub has: Vec<EntityId>,
    /// Whether the visitor is new.
    pub new_visitor: bool,
    /// The URL asked for.
    pub url: String,
    /// Its referrer.
    pub referrer: String,
    /// All the chance there is.
    pub seed: u64,
    /// The moment, Unix milliseconds.
    pub at_ms: u64,
}

/// What the node would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tried {
    /// The route taken.
    pub route: String,
    /// What the expression gave, if that was a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gave: Option<String>,
    /// Why the route is `default` although the expression does not say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<LogicFailure>,
    /// The error in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Its line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// Its column, from 1, in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
}

/// Runs `expression` for `sample`, in a node with the routes `keys` and times in `timezone`.
pub fn try_logic(expression: &str, timezone: &str, keys: &[String], sample: &Sample) -> Tried {
    let program = match Program::compile(expression, timezone) {
        Ok(program) => program,
        Err(flawed) => return Tried::stopped(LogicFailure::Failed, flawed),
    };
    let request = Request {
        facts: &sample.facts,
        source: sample.source.unwrap_or(EntityId::new(0, 0)),
        fields: &sample.fields,
        domain: &sample.domain,
    };
    let mut inputs = sample;
    let mut walk = Walk::new(&NOWHERE, &request, &mut inputs, sample.seed, sample.at_ms);
    match program.run(&mut walk) {
        Ok(key) => Tried::gave(key, keys),
        Err(stopped) => Tried::stopped(stopped.broken().why, stopped.flawed()),
    }
}

impl Tried {
    fn gave(key: String, keys: &[String]) -> Self {
        let known = key == DEFAULT || keys.contains(&key);
        let message = format!("“{key}” is no route of the node.");
        Self {
            route: if known { key.clone() } else { DEFAULT.into() },
            gave: Some(key),
            failure: (!known).then_some(Broken::UNKNOWN_KEY.why),
            message: (!known).then_some(message),
            line: None,
            column: None,
        }
    }

    fn stopped(failure: LogicFailure, flawed: Flawed) -> Self {
        let place = |at: usize| (at > 0).then_some(at);
        Self {
            route: DEFAULT.into(),
            gave: None,
            failure: Some(failure),
            message: Some(flawed.message),
            line: place(flawed.line),
            column: place(flawed.column),
        }
    }
}

impl Inputs for &Sample {
    fn ask(&mut self, question: &Question) -> Reply {
        match question {
            Question::Data(name) => Reply::Text(self.data.get(name).cloned()),
            Question::Url => Reply::Text(Some(self.url.clone())),
            Question::Referrer => Reply::Text(Some(self.referrer.clone())),
            Question::NewVisitor => Reply::Is(self.new_visitor),
            Question::HasTag(id)
            | Question::SeenNode(id)
            | Question::SeenPage(id)
            | Question::Converted(id) => Reply::Is(self.has.contains(id)),
            _ => Reply::Is(false),
        }
    }
}
