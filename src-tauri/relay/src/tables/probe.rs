//! Checks that the disk has room: writes as much as two events of the largest size and removes it, on a connection of
//! its own, so that a failure does not disturb the writer.

use super::LedgerError;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// Characters that are written and removed.
const PROBE_CHARS: i64 = 128 * 1024;
/// How long it waits for the writer.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Writes, commits, and removes it.
pub(crate) fn write(data_dir: &Path) -> Result<(), LedgerError> {
    let file = super::path(data_dir);
    let attempt = || -> Result<(), LedgerError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&file, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        let sql = "INSERT OR REPLACE INTO settings (key, value) VALUES ('probe', printf('%.*c', ?1, 'x'))";
        connection.execute(sql, [PROBE_CHARS])?;
        connection.execute("DELETE FROM settings WHERE key = 'probe'", [])?;
        Ok(())
    };
    attempt().map_err(|error| error.of_file(&file))
}
