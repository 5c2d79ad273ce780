//! The cache's file: made for its owner's eyes only, of this version or empty.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

/// Raised whenever a table changes; a cache of another version begins anew.
const VERSION: i64 = 1;

/// How long a run waits for another that writes to the same file.
const BUSY: Duration = Duration::from_secs(10);

/// Why there is no cache to use.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The file cannot be made or made private.
    #[error(transparent)]
    File(#[from] std::io::Error),
    /// SQLite cannot use it.
    #[error(transparent)]
    Database(#[from] rusqlite::Error),
}

/// Opens the file, making it if need be; one that is no database is thrown away.
pub(super) fn open(path: &Path) -> Result<Connection, Unusable> {
    match prepare(path) {
        Err(Unusable::Database(error)) if is_broken(&error) => {
            for suffix in ["", "-wal", "-shm"] {
                let mut name = path.as_os_str().to_owned();
                name.push(suffix);
                std::fs::remove_file(Path::new(&name)).ok();
            }
            prepare(path)
        }
        outcome => outcome,
    }
}

fn is_broken(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt))
}

fn prepare(path: &Path) -> Result<Connection, Unusable> {
    keep_private(path)?;
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version != VERSION {
        let tables: Vec<String> = transaction
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        transaction.pragma_update(None, "defer_foreign_keys", true)?;
        for table in tables {
            transaction.execute(&format!("DROP TABLE \"{}\"", table.replace('"', "\"\"")), [])?;
        }
        transaction.execute_batch(include_str!("tables.sql"))?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()?;
    Ok(connection)
}

/// Nobody else may read what people are called and which groups they are in. SQLite gives its other files the
/// permissions of this one.
fn keep_private(path: &Path) -> std::io::Result<()> {
    if path.symlink_metadata().is_ok_and(|found| !found.is_file()) {
        return Err(std::io::Error::other("it is no plain file"));
    }
    let mut options = std::fs::OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
        let file = options.mode(0o600).open(path)?;
        file.set_permissions(std::fs::Permissions::from_mode(0o600))
    }
    #[cfg(not(unix))]
    options.open(path).map(drop)
}
