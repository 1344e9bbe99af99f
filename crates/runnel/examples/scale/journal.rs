//! Records → the journal's own files, sealed, without the server between.

use crate::traffic::Traffic;
use anyhow::Context;
use journal::{AppendError, Journal, Options};
use rules::ids::{IdKey, IdKeys};
use runnel::store::{Database, id_secrets};
use std::path::Path;
use std::time::Duration;

/// Full segments that may wait to be sealed, and how often that is looked at, in records.
const MOST_UNSEALED: usize = 8;
const LOOK_EVERY: u64 = 50_000;

/// What was written.
#[derive(Clone, Copy, Default)]
pub struct Written {
    pub hits: u64,
    pub records: u64,
}

/// The secrets that the server in `data` issues its IDs with.
pub async fn keys(data: &Path) -> anyhow::Result<IdKeys> {
    let database = Database::open(data).await?;
    let secret = id_secrets(&database, String::new()).await?;
    let bytes = hex::decode(secret.first().context("the server has no ID key")?)?;
    Ok(IdKeys::new(IdKey(bytes.as_slice().try_into()?), Vec::new()))
}

/// Appends at most `most` records of `traffic`, syncs them, and seals all full segments.
pub fn write(data: &Path, traffic: &mut Traffic, most: u64) -> anyhow::Result<Written> {
    // Paced for itself alone: nobody waits for single records, and sealing may take a core.
    let options = Options {
        sync_pace: Duration::from_millis(50),
        seal_pause: Duration::ZERO,
        ..Options::default()
    };
    let (journal, _) = Journal::open(&data.join("journal"), options)?;
    let mut written = Written::default();
    while written.records < most {
        let Some(record) = traffic.next(most != u64::MAX) else { break };
        append(&journal, record.request.as_u128(), &record.to_bytes())?;
        written.records += 1;
        written.hits += record.steps.len() as u64;
        // Sealing is slower than this loop; what waits for it takes disk.
        while written.records % LOOK_EVERY == 0 && unsealed(data)? > MOST_UNSEALED {
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    while journal.health().unsynced > 0 || unsealed(data)? > 1 {
        std::thread::sleep(Duration::from_millis(50));
    }
    journal.close().context("the journal was not synced")?;
    Ok(written)
}

fn append(journal: &Journal, key: u128, bytes: &[u8]) -> anyhow::Result<()> {
    loop {
        match journal.append(key, bytes.to_vec()) {
            Ok(_) => return Ok(()),
            Err(AppendError::Full) => std::thread::sleep(Duration::from_millis(5)),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Segments that are yet to be sealed, with the live one.
fn unsealed(data: &Path) -> anyhow::Result<usize> {
    let names = std::fs::read_dir(data.join("journal"))?;
    let names = names.map(|entry| Ok(entry?.file_name())).collect::<std::io::Result<Vec<_>>>()?;
    Ok(names.iter().filter(|name| name.to_string_lossy().ends_with(".raw")).count())
}
