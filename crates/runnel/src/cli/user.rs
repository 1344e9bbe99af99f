//! `runnel user add|list|reset`: people of a data folder, also while its server runs.
//! Promise: a password that is made here is printed once, on standard output; one that is given
//! comes from standard input, never from an argument that other processes could read.

use super::people::{open, told};
use crate::access::{Email, Hidden, Passwords};
use crate::admin::Role;
use crate::admin::people::accounts::{New, Tools, create, reset};
use crate::clock::Clock;
use crate::config::Config;
use crate::store::people::users;
use anyhow::Context;
use clap::{Args, Subcommand};
use std::io::BufRead;

/// What `user` takes.
#[derive(Subcommand)]
pub enum Command {
    /// Adds somebody; prints their password if it is made here.
    Add {
        #[command(flatten)]
        who: Who,
        /// viewer, analyst, editor, admin or owner.
        #[arg(long)]
        role: Role,
        /// What the console calls them.
        #[arg(long, default_value = "")]
        name: String,
    },
    /// Gives somebody a new password, takes their second factor away, ends their sessions.
    Reset {
        #[command(flatten)]
        who: Who,
    },
    /// Lists people.
    List,
}

/// Whom it concerns.
#[derive(Args)]
pub struct Who {
    /// Their log-in name.
    #[arg(long)]
    email: Email,
    /// Reads the password from the first line of standard input; otherwise one is made and printed.
    #[arg(long)]
    password_stdin: bool,
}

/// Runs one of them.
/// # Errors
/// The database cannot be opened or written, or the request has a fault.
pub async fn run(config: Config, command: Command) -> anyhow::Result<()> {
    let (database, caller) = open(&config).await?;
    let passwords = Passwords::default();
    let tools = Tools { database: &database, clock: &Clock::System, passwords: &passwords };
    let made = match command {
        Command::Add { who, role, name } => {
            let password = given(&who)?;
            let new = New { email: who.email, name, role, password };
            create(tools, &caller, new).await.map_err(told)?.1
        }
        Command::Reset { who } => {
            let password = given(&who)?;
            reset(tools, &caller, &who.email, password).await.map_err(told)?
        }
        Command::List => {
            for user in users::list(&database).await? {
                let second = if user.totp_on { "second factor" } else { "" };
                println!("{}  {:8} {:40} {second}", user.id, user.role.as_str(), user.email);
            }
            None
        }
    };
    if let Some(password) = made {
        println!("{}", password.reveal());
    }
    Ok(())
}

/// The password on standard input, if it was announced.
fn given(who: &Who) -> anyhow::Result<Option<Hidden>> {
    if !who.password_stdin {
        return Ok(None);
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("cannot read the password")?;
    Ok(Some(Hidden::new(line.trim_end_matches(['\r', '\n']))))
}
