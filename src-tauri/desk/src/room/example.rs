//! A room of its own: how many calls are in the mirror.

use crate::desk::Desk;
use crate::error::DeskError;

impl Desk {
    /// How many calls are stored here.
    pub fn example_count(&self) -> Result<u32, DeskError> {
        self.db
            .read(|connection| Ok(connection.query_row("SELECT count(*) FROM call", [], |row| row.get(0))?))
    }
}
