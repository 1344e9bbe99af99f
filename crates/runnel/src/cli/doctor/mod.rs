//! `runnel doctor`: examines what a server needs and says what to do about each thing that is amiss.
//! Promise: changes nothing but a probe file and, when no server runs, what a start would mend in
//! the journal. Exit code 0 unless something FAILs.

mod finding;
mod folder;
mod knowledge;
mod ports;
mod stores;

pub use finding::{Finding, Verdict};

use crate::config::Config;
use std::time::SystemTime;

/// Prints one line per check.
/// # Errors
/// At least one check failed; says how many.
pub async fn doctor(config: &Config) -> anyhow::Result<()> {
    let findings = examine(config, SystemTime::now()).await;
    for finding in &findings {
        println!("{finding}");
    }
    let failed = findings.iter().filter(|finding| finding.verdict == Verdict::Fail).count();
    anyhow::ensure!(failed == 0, "{failed} of {} checks failed", findings.len());
    Ok(())
}

/// All checks, as of `now`. The report store comes last: DuckDB can end its process.
pub async fn examine(config: &Config, now: SystemTime) -> Vec<Finding> {
    let journal = stores::journal(&config.data);
    let runs = journal.in_use;
    let mut findings = vec![
        folder::writable(&config.data),
        folder::space(&config.data),
        folder::clock(&config.data, now),
        ports::free("tracking", "--track", config.track, runs),
        ports::free("API", "--admin", config.admin, runs),
    ];
    findings.extend(knowledge::files(config, now));
    findings.push(journal.finding);
    findings.push(stores::database(&config.data).await);
    findings.push(stores::reports(&config.data, runs));
    findings
}
