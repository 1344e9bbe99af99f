//! Why a run gave no key: for counters and explanations in a few bytes, for the tester in words.

use super::Flawed;
use rhai::EvalAltResult as E;
use serde::Serialize;

/// A run that gave no key that a route has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Why.
    pub why: LogicFailure,
    /// Line of the expression, from 1; 0 if no place can be named.
    pub line: u16,
    /// Column in it, from 1, in characters; 0 if no place can be named.
    pub column: u16,
}

/// Why an expression led to `default` without saying so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogicFailure {
    /// A bound on operations, depth, sizes or questions was reached.
    TooMuchWork,
    /// It came upon an error.
    Failed,
    /// It gave something else than a text.
    NoText,
    /// It gave a text that is no key of the node.
    UnknownKey,
}

impl LogicFailure {
    /// A stable word for counters: `too_much_work`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooMuchWork => "too_much_work",
            Self::Failed => "failed",
            Self::NoText => "no_text",
            Self::UnknownKey => "unknown_key",
        }
    }
}

/// A run that ended without a text.
#[derive(Debug)]
pub(in crate::funnel) enum Stopped {
    /// With the engine's error.
    Error(Box<E>),
    /// With a value of this type.
    NoText(String),
    /// With one question too many.
    TooManyQuestions,
}

impl Stopped {
    pub(in crate::funnel) fn broken(&self) -> Broken {
        let why = match self {
            Self::Error(error) => match **error {
                E::ErrorTooManyOperations(_)
                | E::ErrorDataTooLarge(..)
                | E::ErrorStackOverflow(_)
                | E::ErrorTooManyVariables(_) => LogicFailure::TooMuchWork,
                _ => LogicFailure::Failed,
            },
            Self::NoText(_) => LogicFailure::NoText,
            Self::TooManyQuestions => LogicFailure::TooMuchWork,
        };
        let Flawed { line, column, .. } = self.flawed();
        let short = |place: usize| u16::try_from(place).unwrap_or(u16::MAX);
        Broken { why, line: short(line), column: short(column) }
    }

    /// The place and the error in words.
    pub(super) fn flawed(&self) -> Flawed {
        match self {
            Self::Error(error) => {
                let place = error.position();
                let text = error.to_string();
                let bare = text.strip_suffix(&format!(" ({place})")).unwrap_or(&text);
                Flawed::at(place, bare.to_owned())
            }
            Self::NoText(kind) => Flawed {
                line: 0,
                column: 0,
                message: format!("The expression gives no text but {kind}."),
            },
            Self::TooManyQuestions => Flawed {
                line: 0,
                column: 0,
                message: "The expression asks too much about the visitor.".into(),
            },
        }
    }

    /// Whether the expression is at fault, whoever the visitor is: a function that does not exist,
    /// a text where a number belongs.
    pub(super) fn whoever_comes(&self) -> bool {
        let Self::Error(error) = self else { return false };
        matches!(
            **error,
            E::ErrorFunctionNotFound(..)
                | E::ErrorVariableNotFound(..)
                | E::ErrorDotExpr(..)
                | E::ErrorIndexingType(..)
                | E::ErrorMismatchDataType(..)
        )
    }
}

impl Broken {
    pub(in crate::funnel) const UNKNOWN_KEY: Self =
        Self { why: LogicFailure::UnknownKey, line: 0, column: 0 };
    pub(in crate::funnel) const UNREADABLE: Self =
        Self { why: LogicFailure::Failed, line: 0, column: 0 };
}
