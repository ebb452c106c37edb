//! Entries about settings, audit lines and requests to the PBX.

use crate::ledger::transaction::Transaction;
use crate::tables::LedgerError;
use crate::tables::audit::{What, Who};
use crate::tables::exchanges::{self, ExchangeRow};
use crate::tables::settings::{self, Settings};
use serde_json::{Map, Value};

/// Settings were changed. The answer is the new settings, or what is wrong with a value.
#[derive(Clone, Debug)]
pub(crate) struct SettingsChanged {
    /// The new values by their keys.
    pub(crate) values: Map<String, Value>,
    pub(crate) who: Who,
}

impl SettingsChanged {
    pub(super) fn apply(&self, transaction: &mut Transaction<'_>) -> Result<Result<Settings, String>, LedgerError> {
        // Based on the stored settings, not on those at the time of the request: two concurrent changes are both
        // kept.
        let settings = match settings::load(transaction.connection)?.changed(self.values.clone()) {
            Ok(settings) => settings,
            Err(refused) => return Ok(Err(refused)),
        };
        settings::store(transaction.connection, &settings, self.who.clone(), transaction.at)?;
        transaction.set_settings(settings.clone());
        transaction.wake_keeper();
        Ok(Ok(settings))
    }
}

/// A line of the audit alone; its time is the entry's.
#[derive(Clone, Debug)]
pub(crate) struct Noted {
    pub(crate) who: Who,
    pub(crate) what: What,
    pub(crate) subject: Option<String>,
    pub(crate) detail: Option<Value>,
}

impl Noted {
    pub(super) fn apply(&self, transaction: &mut Transaction<'_>) -> Result<(), LedgerError> {
        transaction.audit(&self.who, self.what, self.subject.clone(), self.detail.clone())
    }
}

/// An exchange with the PBX, for the journal of requests.
#[derive(Clone, Debug)]
pub(crate) struct Exchanged(pub(crate) ExchangeRow);

impl Exchanged {
    pub(super) fn apply(&self, transaction: &mut Transaction<'_>) -> Result<(), LedgerError> {
        exchanges::add(transaction.connection, &self.0)
    }
}
