//! `runnel key add`: makes an API key; works beside a running server.
//! Promise: the key alone goes to standard output, once; it is stored only as a hash.

use crate::clock::Clock;
use crate::config::Config;
use crate::store::Database;
use crate::store::people::{Caller, Role, keys};
use clap::Subcommand;

/// What can be done with keys.
#[derive(Subcommand)]
pub enum KeyCommand {
    /// Makes a key and prints it.
    Add {
        /// What it may do: viewer, analyst, editor, admin or owner.
        #[arg(long)]
        role: Role,
        /// What to call it.
        #[arg(long, default_value = "command line")]
        name: String,
    },
}

/// Runs the command.
/// # Errors
/// The database cannot be opened or written.
pub async fn run(config: &Config, command: KeyCommand) -> anyhow::Result<()> {
    let KeyCommand::Add { role, name } = command;
    std::fs::create_dir_all(&config.data)?;
    let database = Database::open(&config.data).await?;
    println!("{}", add(&database, &Clock::System, role, &name).await?);
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
    let mut transaction = database.pool.begin().await?;
    let new = keys::NewKey { name, role, expires_ms: None };
    let (_, plain) = keys::create(&mut transaction, clock, &caller, new).await?;
    transaction.commit().await?;
    Ok(plain)
}
