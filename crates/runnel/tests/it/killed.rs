//! The real program is killed at random moments under load: nothing that it answered is missing. What is
//! checked stands in the crate `proof`; `make soak` does it thousands of times.
//!
//! `KILLS` sets the number of kills, `KILL_SEED` repeats the same pauses.

use proof::kills::{self, Kills};
use proof::server::Program;
use std::path::Path;
use std::time::Duration;

const DEFAULT_KILLS: usize = 50;
/// Whatever the number of kills: no new one is begun after this.
const MOST_TIME: Duration = Duration::from_secs(40);

fn number_from(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect(variable))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_survives_kills() {
    let folder = tempfile::tempdir().unwrap();
    let (data, log) = (folder.path().join("data"), folder.path().join("log"));
    let program = Program::new(Path::new(env!("CARGO_BIN_EXE_runnel")), &data, &log);
    let asked = number_from("KILLS");
    let plan = Kills {
        most: asked.map_or(DEFAULT_KILLS, |kills| kills as usize),
        time: if asked.is_some() { Duration::MAX } else { MOST_TIME },
        seed: number_from("KILL_SEED").unwrap_or(20_261_101),
        tasks: 6,
    };
    println!("{}", kills::run(&program, plan).await);
}
