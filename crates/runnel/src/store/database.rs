//! Opens the SQL database of catalog and ledger and brings its schema up to date.
//! Promise: a commit is on disk when it returns (WAL, `synchronous=FULL`); SQL is written once, with
//! `$1` binds, in the subset that SQLite and PostgreSQL share.

use super::deliveries::Bell;
use super::ledger::Underway;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyPool, Connection, Executor};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use tokio::sync::{Mutex, watch};

/// Every change of the schema, in order; a landed one is never edited.
const MIGRATIONS: &[(i64, &str)] = &[
    (1, include_str!("../../migrations/0001_identity.sql")),
    (2, include_str!("../../migrations/0002_catalog.sql")),
    (3, include_str!("../../migrations/0003_ledger.sql")),
    (4, include_str!("../../migrations/0004_people.sql")),
    (5, include_str!("../../migrations/0005_cost_changes.sql")),
    (8, include_str!("../../migrations/0008_webhook_secrets.sql")),
    (20, include_str!("../../migrations/0020_token_parameters.sql")),
    (30, include_str!("../../migrations/0030_deliveries.sql")),
    (31, include_str!("../../migrations/0031_withheld.sql")),
];

const MOST_CONNECTIONS: u32 = 8;
/// Connections of those who deliver.
const MOST_OUTBOX_CONNECTIONS: u32 = 4;

/// The SQL database. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Database {
    /// The connections; queries go through sqlx's `Any` driver.
    pub pool: AnyPool,
    /// Connections for what comes of deliveries: their commits survive a kill of the program, but do
    /// not wait for the disk. After a loss of power some deliveries may be repeated, none is lost.
    pub outbox: AnyPool,
    /// Rung when a delivery comes to be owed.
    pub bell: Arc<Bell>,
    /// Held by those who write often, for one transaction: whoever waits for SQLite's own lock is served
    /// by luck, whoever waits here in turn.
    pub turn: Arc<Mutex<()>>,
    /// Held while the configuration is edited, so that edits happen one after the other.
    pub editing: Arc<Mutex<()>>,
    /// The bulk operations at work.
    pub operations: Underway,
    /// Raised after every commit that changes what reports or deliveries are made of.
    pub booked: watch::Sender<u64>,
}

impl Database {
    /// Opens (or makes) `runnel.db` in the folder `data` and migrates it.
    /// # Errors
    /// The file cannot be opened, is no database, or a migration fails.
    pub async fn open(data: &Path) -> Result<Self, sqlx::Error> {
        sqlx::any::install_default_drivers();
        let url = format!("sqlite://{}?mode=rwc", data.join("runnel.db").display());
        let pool = connect(&url, MOST_CONNECTIONS, "PRAGMA synchronous = FULL").await?;
        let outbox = connect(&url, MOST_OUTBOX_CONNECTIONS, "PRAGMA synchronous = NORMAL").await?;
        let (bell, turn, editing, operations) = Default::default();
        let booked = watch::Sender::new(0);
        let database = Self { pool, outbox, bell, turn, editing, operations, booked };
        database.migrate().await?;
        Ok(database)
    }

    /// Wakes whoever follows the ledger.
    pub fn tell_booked(&self) {
        self.booked.send_modify(|count| *count += 1);
    }

    /// A transaction that will write. It takes the write lock at once, so that what it reads first
    /// cannot be changed by another before it writes.
    /// # Errors
    /// The database fails, or stays locked for longer than its patience.
    pub async fn begin_write(&self) -> Result<sqlx::Transaction<'static, sqlx::Any>, sqlx::Error> {
        self.pool.begin_with("BEGIN IMMEDIATE").await
    }

    async fn migrate(&self) -> Result<(), sqlx::Error> {
        let table = "CREATE TABLE IF NOT EXISTS migrations (id BIGINT PRIMARY KEY)";
        sqlx::query(table).execute(&self.pool).await?;
        let newest: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(id), 0) FROM migrations")
            .fetch_one(&self.pool)
            .await?;
        for (id, statements) in MIGRATIONS.iter().filter(|(id, _)| *id > newest) {
            let mut transaction = self.pool.begin().await?;
            sqlx::raw_sql(*statements).execute(&mut *transaction).await?;
            sqlx::query("INSERT INTO migrations (id) VALUES ($1)")
                .bind(*id)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
        }
        Ok(())
    }
}

async fn connect(url: &str, most: u32, durability: &'static str) -> Result<AnyPool, sqlx::Error> {
    AnyPoolOptions::new()
        .max_connections(most)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                connection.execute("PRAGMA busy_timeout = 10000").await?;
                connection.execute("PRAGMA journal_mode = WAL").await?;
                connection.execute(durability).await?;
                connection.execute("PRAGMA foreign_keys = ON").await?;
                Ok(())
            })
        })
        // SQLite ends a transaction by itself when the disk is full or fails. The connection would
        // take it for open ever after, and begin no other.
        .before_acquire(|connection, _| {
            Box::pin(async move { Ok(!connection.is_in_transaction()) })
        })
        .connect_with(AnyConnectOptions::from_str(url)?)
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn insert(
        transaction: &mut sqlx::Transaction<'static, sqlx::Any>,
    ) -> Result<(), sqlx::Error> {
        let text = "INSERT INTO filling (words) VALUES ($1)";
        sqlx::query(text).bind("x".repeat(10_000)).execute(&mut **transaction).await.map(drop)
    }

    #[tokio::test]
    async fn writing_goes_on_after_the_disk_was_full() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(folder.path()).await.unwrap();
        let table = "CREATE TABLE filling (words TEXT)";
        sqlx::query(table).execute(&database.pool).await.unwrap();
        for _ in 0..2 * MOST_CONNECTIONS {
            let mut transaction = database.begin_write().await.unwrap();
            // The file may not grow: what SQLite says on a full disk.
            sqlx::query("PRAGMA max_page_count = 1").execute(&mut *transaction).await.unwrap();
            let full = insert(&mut transaction).await.unwrap_err();
            assert!(full.to_string().contains("full"), "{full}");
        }
        let mut transaction = database.begin_write().await.unwrap();
        insert(&mut transaction).await.unwrap();
        transaction.commit().await.unwrap();
    }
}
