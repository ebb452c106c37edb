//! The desk's settings, for the app.

use crate::db::Durability;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::table::setting::{get, put};
use serde::Serialize;
use serde::de::DeserializeOwned;

impl Desk {
    /// The setting, or none where it was never set.
    pub fn setting<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, DeskError> {
        self.db.read(|c| get(c, key))
    }

    /// Stores the setting; survives a power cut.
    pub fn set_setting<T: Serialize>(&self, key: &str, value: &T) -> Result<(), DeskError> {
        self.db.write(Durability::Lasting, |tx| {
            tx.touched().settings.add(key.to_owned());
            put(tx, key, value)
        })
    }
}
