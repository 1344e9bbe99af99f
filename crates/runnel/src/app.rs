//! Everything that handlers share, opened once and handed around as `Arc<App>`.
//! Promise: opening either yields a program that can serve or says what to do about it.

use crate::clock::Clock;
use crate::config::Config;
use crate::snapshot::Snapshot;
use crate::store::Database;
use anyhow::Context;
use arc_swap::ArcSwap;
use rules::ids::{IdKey, IdKeys};
use std::sync::Arc;

/// The running program.
pub struct App {
    /// Its settings.
    pub config: Config,
    /// Its time and chance.
    pub clock: Clock,
    /// The secrets in IDs.
    pub keys: IdKeys,
    /// Catalog and ledger.
    pub database: Database,
    /// The configuration in force.
    pub snapshot: ArcSwap<Snapshot>,
}

impl App {
    /// Opens the stores in `config.data`.
    /// # Errors
    /// A store cannot be opened; the message says which and why.
    pub async fn open(config: Config, clock: Clock) -> anyhow::Result<Arc<Self>> {
        std::fs::create_dir_all(&config.data)
            .with_context(|| format!("cannot make the data folder {}", config.data.display()))?;
        let database = Database::open(&config.data).await.context("cannot open runnel.db")?;
        let keys = id_keys(&database, &clock).await.context("cannot read the ID keys")?;
        Ok(Arc::new(Self { config, clock, keys, database, snapshot: ArcSwap::default() }))
    }
}

/// Reads the ID keys, making the first at first start.
async fn id_keys(database: &Database, clock: &Clock) -> anyhow::Result<IdKeys> {
    let secrets: Vec<String> = sqlx::query_scalar("SELECT secret FROM id_keys ORDER BY id DESC")
        .fetch_all(&database.pool)
        .await?;
    let mut keys = secrets.iter().map(|secret| key_from_hex(secret));
    if let Some(newest) = keys.next() {
        return Ok(IdKeys::new(newest?, keys.collect::<anyhow::Result<_>>()?));
    }
    let secret = format!("{:016x}{:016x}", clock.random(), clock.random());
    sqlx::query("INSERT INTO id_keys (id, secret) VALUES (1, $1)")
        .bind(&secret)
        .execute(&database.pool)
        .await?;
    Ok(IdKeys::new(key_from_hex(&secret)?, Vec::new()))
}

fn key_from_hex(secret: &str) -> anyhow::Result<IdKey> {
    let bytes = hex::decode(secret)?;
    Ok(IdKey(bytes.as_slice().try_into().context("an ID key is 16 bytes")?))
}
