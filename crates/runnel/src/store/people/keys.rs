//! API keys: made once, looked up by hash, revoked rather than deleted so that the audit log stays readable.

use super::{Caller, Role, Via, role_of, secret};
use crate::clock::Clock;
use crate::store::Database;
use sqlx::Row;
use sqlx::any::AnyRow;

/// `used_ms` is written at most this often per key, so that reading costs no write per request.
const USED_EVERY_MS: i64 = 60_000;

/// An API key as it is listed; the key itself is shown only by [`create`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its ID.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Its last four characters.
    pub hint: String,
    /// Who made it.
    pub created_by: String,
    /// When, Unix milliseconds.
    pub created_ms: i64,
    /// When it stops working, Unix milliseconds; never if none.
    pub expires_ms: Option<i64>,
    /// When it was revoked, Unix milliseconds.
    pub revoked_ms: Option<i64>,
    /// When it was last used, to the minute, Unix milliseconds.
    pub used_ms: Option<i64>,
}

impl ApiKey {
    fn from_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            role: role_of(row)?,
            hint: row.try_get("hint")?,
            created_by: row.try_get("created_by")?,
            created_ms: row.try_get("created_ms")?,
            expires_ms: row.try_get("expires_ms")?,
            revoked_ms: row.try_get("revoked_ms")?,
            used_ms: row.try_get("used_ms")?,
        })
    }

    /// Whether it opens anything at `now_ms` (Unix milliseconds).
    pub fn works_at(&self, now_ms: u64) -> bool {
        self.revoked_ms.is_none() && self.expires_ms.is_none_or(|end| (now_ms as i64) < end)
    }
}

/// What a new key is to be.
pub struct NewKey<'a> {
    /// What its owner calls it.
    pub name: &'a str,
    /// What it may do.
    pub role: Role,
    /// When it stops working, Unix milliseconds.
    pub expires_ms: Option<i64>,
}

/// Makes a key; returns it with its plain text, which cannot be had again.
/// # Errors
/// The database fails, or the operating system gives no random bits.
pub async fn create(
    connection: &mut sqlx::AnyConnection,
    clock: &Clock,
    caller: &Caller,
    new: NewKey<'_>,
) -> Result<(ApiKey, String), sqlx::Error> {
    let plain = secret::make(clock, secret::KEY_PREFIX)?;
    let key = ApiKey {
        id: clock.entity_id().to_string(),
        name: new.name.to_owned(),
        role: new.role,
        hint: plain[plain.len() - 4..].to_owned(),
        created_by: caller.id.clone(),
        created_ms: caller.at_ms as i64,
        expires_ms: new.expires_ms,
        revoked_ms: None,
        used_ms: None,
    };
    sqlx::query(
        "INSERT INTO api_keys (id, name, role, key_hash, hint, created_by, created_ms, expires_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&key.id)
    .bind(&key.name)
    .bind(key.role.as_str())
    .bind(secret::hash(&plain))
    .bind(&key.hint)
    .bind(&key.created_by)
    .bind(key.created_ms)
    .bind(key.expires_ms)
    .execute(connection)
    .await?;
    Ok((key, plain))
}

const COLUMNS: &str =
    "id, name, role, hint, created_by, created_ms, expires_ms, revoked_ms, used_ms";

/// All keys, newest first, revoked ones too.
/// # Errors
/// The database fails.
pub async fn list(database: &Database) -> Result<Vec<ApiKey>, sqlx::Error> {
    let sql = format!("SELECT {COLUMNS} FROM api_keys ORDER BY created_ms DESC, id DESC");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&database.pool).await?;
    rows.iter().map(ApiKey::from_row).collect()
}

/// One key by ID.
/// # Errors
/// The database fails.
pub async fn find(
    connection: &mut sqlx::AnyConnection,
    id: &str,
) -> Result<Option<ApiKey>, sqlx::Error> {
    let sql = format!("SELECT {COLUMNS} FROM api_keys WHERE id = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(connection).await?;
    row.as_ref().map(ApiKey::from_row).transpose()
}

/// Revokes a key from now on; one that is revoked already keeps its time.
/// # Errors
/// The database fails.
pub async fn revoke(
    connection: &mut sqlx::AnyConnection,
    id: &str,
    now_ms: u64,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE api_keys SET revoked_ms = $1 WHERE id = $2 AND revoked_ms IS NULL")
        .bind(now_ms as i64)
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Who holds the key `plain`, if it works now; notes its use.
/// # Errors
/// The database fails.
pub async fn caller(
    database: &Database,
    plain: &str,
    now_ms: u64,
) -> Result<Option<Caller>, sqlx::Error> {
    let sql = format!("SELECT {COLUMNS} FROM api_keys WHERE key_hash = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(secret::hash(plain))
        .fetch_optional(&database.pool)
        .await?;
    let Some(key) = row.as_ref().map(ApiKey::from_row).transpose()? else { return Ok(None) };
    if !key.works_at(now_ms) {
        return Ok(None);
    }
    note_use(database, &key, now_ms as i64).await;
    let (id, name) = (key.id, key.name);
    Ok(Some(Caller { id, name, role: key.role, via: Via::Key, session: None, at_ms: now_ms }))
}

async fn note_use(database: &Database, key: &ApiKey, now_ms: i64) {
    if key.used_ms.is_none_or(|used| now_ms - used >= USED_EVERY_MS) {
        let note = sqlx::query("UPDATE api_keys SET used_ms = $1 WHERE id = $2");
        super::note(database, note.bind(now_ms).bind(&key.id)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn keyed() -> (tempfile::TempDir, Database, Clock, ApiKey, String) {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(folder.path()).await.unwrap();
        let clock = Clock::fake(1_700_000_000_000);
        let new = NewKey { name: "reader", role: Role::Viewer, expires_ms: None };
        let mut connection = database.pool.acquire().await.unwrap();
        let maker = Caller {
            id: String::new(),
            name: String::new(),
            role: Role::Owner,
            via: Via::Session,
            session: None,
            at_ms: clock.now_ms(),
        };
        let (key, plain) = create(&mut connection, &clock, &maker, new).await.unwrap();
        (folder, database, clock, key, plain)
    }

    #[tokio::test]
    async fn a_key_works_on_a_database_that_takes_no_writes() {
        let (_folder, database, clock, key, plain) = keyed().await;
        let refuse = "CREATE TRIGGER refuse BEFORE UPDATE ON api_keys
                      BEGIN SELECT RAISE(FAIL, 'the disk is full'); END";
        sqlx::raw_sql(refuse).execute(&database.pool).await.unwrap();
        let known = caller(&database, &plain, clock.now_ms()).await.unwrap().unwrap();
        assert_eq!((known.id, known.role), (key.id, Role::Viewer));
    }

    #[tokio::test]
    async fn a_key_works_while_somebody_writes_without_end() {
        let (_folder, database, clock, key, plain) = keyed().await;
        let _turn = database.turn.lock().await;
        let known = caller(&database, &plain, clock.now_ms()).await.unwrap().unwrap();
        assert_eq!(known.id, key.id);
    }
}
