//! What the commands about people share: the database of a data folder, and errors as text.
//! Promise: works beside a running server, which sees the change with its next request.

use crate::admin::Caller;
use crate::clock::Clock;
use crate::config::Config;
use crate::error::Problem;
use crate::store::Database;
use anyhow::Context;

/// The database of the data folder, made if need be, and the caller to write in the audit log.
/// # Errors
/// The folder or the database cannot be opened.
pub async fn open(config: &Config) -> anyhow::Result<(Database, Caller)> {
    let data = &config.data;
    std::fs::create_dir_all(data)
        .with_context(|| format!("cannot make the data folder {}", data.display()))?;
    let database = Database::open(data)
        .await
        .with_context(|| format!("cannot open runnel.db in {}", data.display()))?;
    Ok((database, Caller::command_line(Clock::System.now_ms())))
}

/// A problem of the API in one line.
pub fn told(problem: Problem) -> anyhow::Error {
    let faults = problem.faults.iter().map(|fault| format!("{} {}", fault.field, fault.message));
    let faults: Vec<_> = faults.collect();
    if faults.is_empty() {
        anyhow::anyhow!(problem.title)
    } else {
        anyhow::anyhow!(faults.join("; "))
    }
}
