//! Roles in their order, and who stands behind a request.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use utoipa::ToSchema;

/// What somebody may do; each role may do all that the ones before it may (product.md §14).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees configuration and reports.
    Viewer,
    /// Also sees raw hits, visitors and logs, and exports.
    Analyst,
    /// Also changes assets, funnels and figures.
    Editor,
    /// Also manages users, keys, settings and domains.
    Admin,
    /// Everything; at least one always exists.
    Owner,
}

impl Role {
    /// All, lowest first.
    pub const ALL: [Self; 5] =
        [Self::Viewer, Self::Analyst, Self::Editor, Self::Admin, Self::Owner];

    /// The name in JSON, SQL and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Analyst => "analyst",
            Self::Editor => "editor",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| "a role is one of viewer, analyst, editor, admin, owner".into())
    }
}

/// The way a caller proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Via {
    /// An API key.
    Key,
    /// A person's log-in; see [`Caller::session`].
    Session,
    /// Somebody with access to the data folder.
    CommandLine,
    /// Nobody: the program itself.
    Program,
}

impl Via {
    /// The name in JSON and SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Session => "session",
            Self::CommandLine => "command-line",
            Self::Program => "program",
        }
    }
}

/// Who stands behind a request; handlers take it as an argument and hand it to the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The user's or key's ID; `command line` for [`Via::CommandLine`], `runnel` for [`Via::Program`].
    pub id: String,
    /// The user's email or the key's name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// How they proved it.
    pub via: Via,
    /// The log-in session, with [`Via::Session`].
    pub session: Option<String>,
    /// When the request arrived, Unix milliseconds.
    pub at_ms: u64,
}

impl Caller {
    /// Somebody at the server's own command line, who may do everything.
    pub fn command_line(at_ms: u64) -> Self {
        let (id, name) = ("command line".to_owned(), "command line".to_owned());
        Self { id, name, role: Role::Owner, via: Via::CommandLine, session: None, at_ms }
    }

    /// The program itself, which keeps its settings in step with what others told it.
    pub fn program(at_ms: u64) -> Self {
        let (id, name) = ("runnel".to_owned(), "runnel".to_owned());
        Self { id, name, role: Role::Editor, via: Via::Program, session: None, at_ms }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_ordered_and_read_back_from_their_names() {
        assert!(Role::Viewer < Role::Analyst && Role::Analyst < Role::Editor);
        assert!(Role::Editor < Role::Admin && Role::Admin < Role::Owner);
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        }
        assert!("Owner".parse::<Role>().is_err());
    }
}
