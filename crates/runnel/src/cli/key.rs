//! `runnel key add|list|revoke`: API keys of a data folder, also while its server runs.
//! Promise: `add` prints the key, and nothing else, on standard output.

use super::people::{open, told};
use crate::admin::moment::shown;
use crate::admin::people::keys::{New, create, end};
use crate::admin::{Caller, Role};
use crate::clock::Clock;
use crate::config::Config;
use crate::store::Database;
use crate::store::people::keys;
use anyhow::Context;
use clap::Subcommand;
use jiff::Timestamp;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What `key` takes.
#[derive(Subcommand)]
pub enum Command {
    /// Makes a key and prints it; it cannot be shown again.
    Add {
        /// viewer, analyst, editor, admin or owner.
        #[arg(long)]
        role: Role,
        /// What it is for.
        #[arg(long, default_value = "")]
        name: String,
        /// Days until it stops working; never if left out.
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
        expires_days: Option<u32>,
    },
    /// Lists keys.
    List,
    /// Revokes a key at once.
    Revoke {
        /// Its ID, from `key list`.
        id: String,
    },
}

/// Runs one of them.
/// # Errors
/// The database cannot be opened or written, or the request has a fault.
pub async fn run(config: Config, command: Command) -> anyhow::Result<()> {
    let (database, caller) = open(&config).await?;
    match command {
        Command::Add { role, name, expires_days } => {
            let expires_at = expires_days.map(end_of).transpose()?;
            let new = New { name, role, expires_at };
            let (_, key) = create(&database, &Clock::System, &caller, new).await.map_err(told)?;
            println!("{}", key.reveal());
        }
        Command::List => {
            for key in keys::list(&database).await? {
                println!("{}", line(&key, caller.at_ms));
            }
        }
        Command::Revoke { id } => end(&database, &caller, &id).await.map_err(told)?,
    }
    Ok(())
}

/// Makes a key for somebody at the command line and returns it in plain text.
/// # Errors
/// The database cannot be written.
pub async fn add(
    database: &Database,
    clock: &Clock,
    role: Role,
    name: &str,
) -> anyhow::Result<String> {
    let caller = Caller::command_line(clock.now_ms());
    let new = New { name: name.into(), role, expires_at: None };
    let (_, key) = create(database, clock, &caller, new).await.map_err(told)?;
    Ok(key.reveal().to_owned())
}

fn end_of(days: u32) -> anyhow::Result<Timestamp> {
    let end_ms = Clock::System.now_ms() as i64 + i64::from(days) * DAY_MS;
    Timestamp::from_millisecond(end_ms).context("that is too many days")
}

fn line(key: &keys::ApiKey, now_ms: u64) -> String {
    let state = match (key.revoked_ms, key.expires_ms) {
        (Some(revoked), _) => format!("revoked {}", shown(revoked)),
        (None, Some(end)) if !key.works_at(now_ms) => format!("expired {}", shown(end)),
        (None, Some(end)) => format!("until {}", shown(end)),
        (None, None) => "in force".into(),
    };
    format!("{}  …{}  {:8} {:40} {}", key.id, key.hint, key.role.as_str(), state, key.name)
}
