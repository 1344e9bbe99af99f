//! What the environment asks for.

use anyhow::Context;
use std::path::PathBuf;
use std::time::Duration;

/// What to measure, and how long.
#[derive(Clone)]
pub struct Settings {
    /// The program under test.
    pub program: PathBuf,
    /// Another build of it, to take the bare server's place at full load; none as a rule.
    rival: Option<PathBuf>,
    /// Parts to run; empty for all.
    parts: Vec<String>,
    /// Length of one measurement.
    pub length: Duration,
    /// Folder in which the program's data lie.
    pub data: PathBuf,
}

impl Settings {
    /// Reads `BENCH_…`.
    /// # Errors
    /// The program is not named, or a number is none.
    pub fn read() -> anyhow::Result<Self> {
        let text = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let seconds = text("BENCH_SECONDS").map_or(Ok(4), |value| value.parse());
        let parts = text("BENCH_PARTS").unwrap_or_default();
        Ok(Self {
            program: text("BENCH_PROGRAM")
                .context("set BENCH_PROGRAM to the built program")?
                .into(),
            rival: text("BENCH_RIVAL").map(PathBuf::from),
            parts: parts.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect(),
            length: Duration::from_secs(seconds.context("BENCH_SECONDS")?),
            data: text("BENCH_DATA").map_or_else(std::env::temp_dir, PathBuf::from),
        })
    }

    /// The same for the rival, if there is one.
    pub fn of_rival(&self) -> Option<Self> {
        self.rival.clone().map(|program| Self { program, ..self.clone() })
    }

    /// Whether `part` was asked for.
    pub fn wants(&self, part: &str) -> bool {
        self.parts.is_empty() || self.parts.iter().any(|wanted| wanted == part)
    }
}
