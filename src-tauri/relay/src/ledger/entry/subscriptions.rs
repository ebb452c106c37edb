//! Entries about subscriptions to the events of the PBX.

use crate::ledger::transaction::Transaction;
use crate::tables::LedgerError;
use crate::tables::audit::{What, Who};
use crate::tables::subscriptions::{self, Subscription};
use serde_json::json;

/// The PBX granted a subscription.
#[derive(Clone, Debug)]
pub(crate) struct SubscriptionMade(pub(crate) Subscription);

impl SubscriptionMade {
    pub(super) fn apply(&self, transaction: &mut Transaction<'_>) -> Result<(), LedgerError> {
        subscriptions::add(transaction.connection, &self.0)?;
        transaction.reload_roster()?;
        transaction.follow_subscriptions()
    }
}

/// A subscription has ended; false if that was known.
#[derive(Clone, Debug)]
pub(crate) struct SubscriptionEnded {
    pub(crate) id: String,
    pub(crate) reason: &'static str,
    /// The subscription that replaced it.
    pub(crate) renewed_by: Option<String>,
}

impl SubscriptionEnded {
    pub(super) fn apply(&self, transaction: &mut Transaction<'_>) -> Result<bool, LedgerError> {
        Ok(transaction.end_subscription(&self.id, self.reason, self.renewed_by.as_deref())?)
    }
}

/// An administrator switched the events of one abonent; false if nothing changed.
#[derive(Clone, Debug)]
pub(crate) struct SubscriptionSwitched {
    pub(crate) abonent: String,
    pub(crate) on: bool,
    pub(crate) who: Who,
}

impl SubscriptionSwitched {
    pub(super) fn apply(&self, transaction: &mut Transaction<'_>) -> Result<bool, LedgerError> {
        let at = transaction.at;
        if !subscriptions::switch(transaction.connection, &self.abonent, self.on, at)? {
            return Ok(false);
        }
        transaction.audit(
            &self.who,
            What::SettingsChanged,
            Some(self.abonent.clone()),
            Some(json!({ "subscription": self.on })),
        )?;
        transaction.wake_keeper();
        Ok(true)
    }
}
