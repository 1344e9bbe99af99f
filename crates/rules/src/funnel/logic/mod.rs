//! The logic node: a short expression → the key of a route.
//! Promise: compiled once per plan; the same inputs give the same key on every machine; work, depth
//! and sizes are bounded; whatever lies outside request and time is asked for like all of routing's
//! questions, so that the record can answer it again (product.md §4).
//!
//! expression → [`Program`] → run: [`variables`] in [`sandbox`], questions by [`asked`]

mod asked;
mod rehearse;
mod sandbox;
mod stopped;
mod tester;
mod variables;

pub use stopped::{Broken, LogicFailure};
pub use tester::{Sample, Tried, try_logic};

use crate::funnel::decide::Walk;
use crate::funnel::rule::zone;
use crate::record::{Question, Reply};
use jiff::tz::TimeZone;
use rhai::{AST, Dynamic, Scope};
use sandbox::ENGINE;
use std::sync::Arc;
use stopped::Stopped;
use variables::Variable;

/// Longest expression, in bytes.
pub(in crate::funnel) const LONGEST_EXPRESSION: usize = 10 * 1024;
/// Most things that one run may ask about the visitor: the record keeps each.
const MOST_QUESTIONS: usize = 50;

/// What is wrong with an expression, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::funnel) struct Flawed {
    /// From 1; 0 if no place can be named.
    pub(in crate::funnel) line: usize,
    /// From 1, in characters; 0 if no place can be named.
    pub(in crate::funnel) column: usize,
    /// What is wrong.
    pub(in crate::funnel) message: String,
}

impl std::fmt::Display for Flawed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            0 => f.write_str(&self.message),
            line => write!(f, "line {line}, column {}: {}", self.column, self.message),
        }
    }
}

/// A compiled expression.
#[derive(Debug)]
pub(in crate::funnel) struct Program {
    ast: AST,
    /// The variables that its text mentions.
    mentions: Vec<(&'static str, Variable)>,
    zone: TimeZone,
}

/// Everything asked so far in one run, with the replies.
type Told = Arc<Vec<(Question, Reply)>>;

impl Program {
    /// Compiles `expression`; its time variables are in `timezone` (empty means UTC).
    pub(in crate::funnel) fn compile(expression: &str, timezone: &str) -> Result<Self, Flawed> {
        let without_place = |message: String| Flawed { line: 0, column: 0, message };
        if expression.len() > LONGEST_EXPRESSION {
            return Err(without_place(format!("is longer than {LONGEST_EXPRESSION} bytes")));
        }
        let unknown_zone = || without_place(format!("“{timezone}” is no known zone"));
        let zone = zone(timezone).ok_or_else(unknown_zone)?;
        let ast = ENGINE.compile_with_scope(variables::names(), expression);
        let ast = ast.map_err(|error| Flawed::at(error.1, error.0.to_string()))?;
        Ok(Self { ast, mentions: variables::mentioned(expression), zone })
    }

    /// The key that the expression gives for the walk's request, now.
    pub(in crate::funnel) fn run(&self, walk: &mut Walk<'_>) -> Result<String, Stopped> {
        let given = self.given(walk);
        let mut told = Told::default();
        loop {
            let mut scope = given.clone();
            self.put_askers(&mut scope, &told);
            let error = match ENGINE.eval_ast_with_scope::<Dynamic>(&mut scope, &self.ast) {
                Ok(value) => return text(value),
                Err(error) => error,
            };
            // The run ends at each question and begins again with the reply.
            let Some(question) = asked::question_in(&error) else {
                return Err(Stopped::Error(error));
            };
            if told.len() == MOST_QUESTIONS {
                return Err(Stopped::TooManyQuestions);
            }
            let reply = walk.ask(question.clone());
            drop(scope);
            Arc::make_mut(&mut told).push((question, reply));
        }
    }

    /// What is known before the run, as far as the expression mentions it.
    fn given(&self, walk: &mut Walk<'_>) -> Scope<'static> {
        let mut scope = Scope::new();
        for (name, variable) in &self.mentions {
            if let Some(value) = variable.value(walk, &self.zone) {
                scope.push_dynamic(*name, value);
            }
        }
        scope
    }

    fn put_askers(&self, scope: &mut Scope<'static>, told: &Told) {
        for (name, variable) in &self.mentions {
            if let Variable::Asks(about) = variable {
                scope.push(*name, asked::Asker::new(*about, told.clone()));
            }
        }
    }
}

impl Flawed {
    fn at(position: rhai::Position, message: String) -> Self {
        let (line, column) = (position.line(), position.position());
        Self { line: line.unwrap_or(0), column: column.unwrap_or(0), message }
    }
}

fn text(value: Dynamic) -> Result<String, Stopped> {
    value.into_string().map_err(|kind| Stopped::NoText(kind.to_string()))
}
