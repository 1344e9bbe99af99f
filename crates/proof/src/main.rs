//! `make soak`: guesses, kills, cuts and ill disks under the built program, each printing its figures.
//! `SOAK_PROGRAM` is the program; `SOAK_SECONDS` (60) bounds each part but the guesses, of which there are
//! `SOAK_GUESSES` (a million); `SOAK_SEED` repeats one run; an argument (`guesses`, `kills`, `cuts`, `ills`) picks
//! a part, one behind `ills` a store (`journal`, `runnel.db`, `sessions`, `facts`).

use anyhow::Context;
use proof::guesses::{self, Guesses};
use proof::kills::{self, Kills};
use proof::server::Program;
use std::path::{Path, PathBuf};
use std::time::Duration;

const TASKS: usize = 16;

fn number_from(variable: &str, otherwise: u64) -> anyhow::Result<u64> {
    match std::env::var(variable) {
        Ok(text) => text.parse().with_context(|| format!("{variable} is a number")),
        Err(_) => Ok(otherwise),
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let program: PathBuf = std::env::var_os("SOAK_PROGRAM").context("set SOAK_PROGRAM")?.into();
    let time = Duration::from_secs(number_from("SOAK_SECONDS", 60)?);
    let seed = number_from("SOAK_SEED", std::process::id().into())?;
    let part = std::env::args().nth(1);
    let wanted = |name: &str| part.as_deref().is_none_or(|part| part == name);
    println!("repeat with SOAK_SEED={seed}");
    let on_folder =
        |folder: &Path| Program::new(&program, &folder.join("data"), &folder.join("log"));
    if wanted("guesses") {
        let folder = tempfile::tempdir()?;
        let program = on_folder(folder.path());
        let count = number_from("SOAK_GUESSES", 1_000_000)?.try_into()?;
        let key = program.owner_key();
        let plan = Guesses { count, seed, tasks: TASKS };
        println!("guesses: {}", guesses::run(program.start().await, &key, plan).await);
    }
    if wanted("kills") {
        let folder = tempfile::tempdir()?;
        let program = on_folder(folder.path());
        let plan = Kills { most: usize::MAX, time, seed, tasks: TASKS };
        println!("kills: {}", kills::run(&program, plan).await);
    }
    lossy_parts(&program, time, seed, wanted).await
}

#[cfg(target_os = "linux")]
async fn lossy_parts(
    program: &Path,
    time: Duration,
    seed: u64,
    wanted: impl Fn(&str) -> bool,
) -> anyhow::Result<()> {
    use proof::{cuts, ills};
    let mounts = "needs /dev/fuse and the right to mount";
    if wanted("cuts") {
        let plan = cuts::Cuts { most: usize::MAX, time, seed, tasks: TASKS };
        println!("cuts: {}", cuts::run(program, plan).await.context(mounts)?);
    }
    if wanted("ills") {
        println!(
            "ills: {}",
            ills::run(program, std::env::args().nth(2).as_deref()).await.context(mounts)?
        );
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
async fn lossy_parts(
    _: &Path,
    _: Duration,
    _: u64,
    _: impl Fn(&str) -> bool,
) -> anyhow::Result<()> {
    println!("cuts and ills: not run, they need FUSE on Linux");
    Ok(())
}
