//! Whether the ledger really takes what an event may need. A small change fits where an event does not any more, so as
//! much is written as two events of the largest size; through a connection of its own, so that a failure is nobody
//! else's.

use super::LedgerError;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// Characters that are written and taken back.
const LENGTH: i64 = 128 * 1024;
/// How long the writer is waited for.
const BUSY: Duration = Duration::from_secs(5);

/// Writes, commits, and takes it back.
pub(crate) fn write(data_dir: &Path) -> Result<(), LedgerError> {
    let file = super::path(data_dir);
    let attempt = || -> Result<(), LedgerError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&file, flags)?;
        connection.busy_timeout(BUSY)?;
        let sql = "INSERT OR REPLACE INTO settings (key, value) VALUES ('probe', printf('%.*c', ?1, 'x'))";
        connection.execute(sql, [LENGTH])?;
        connection.execute("DELETE FROM settings WHERE key = 'probe'", [])?;
        Ok(())
    };
    attempt().map_err(|error| error.of_file(&file))
}
