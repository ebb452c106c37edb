//! Entries about the company as the PBX lists it.

use crate::ledger::transaction::Transaction;
use crate::tables::LedgerError;
use crate::tables::abonents::{self, Abonent, Recording};
use crate::tables::audit::{What, Who};
use serde_json::json;

/// The PBX listed the company.
#[derive(Clone, Debug)]
pub(crate) struct CompanyRead {
    pub(crate) abonents: Vec<Abonent>,
    /// Id and phone of each inbound number.
    pub(crate) numbers: Vec<(String, String)>,
    pub(crate) who: Who,
}

impl CompanyRead {
    /// Ids in one line of the audit; a longer list is cut.
    const IDS: usize = 1000;

    pub(super) fn apply(&self, transaction: &mut Transaction<'_>) -> Result<(), LedgerError> {
        let (connection, at) = (transaction.connection, transaction.at);
        let diff = abonents::diff(connection, &self.abonents)?;
        abonents::replace(connection, &self.abonents, at)?;
        abonents::add_numbers(connection, &self.numbers)?;
        if !diff.is_empty() {
            let ids = |of: &mut dyn Iterator<Item = &String>| of.take(Self::IDS).cloned().collect::<Vec<_>>();
            let detail = json!({
                "new": ids(&mut diff.new.iter().map(|a| &a.id)),
                "changed": ids(&mut diff.changed.iter().map(|c| &c.after.id)),
                "gone": ids(&mut diff.gone.iter().map(|a| &a.id)),
            });
            transaction.audit(&self.who, What::AbonentsFilled, None, Some(detail))?;
        }
        transaction.reload_roster()?;
        transaction.wake_keeper();
        Ok(())
    }
}

/// Whether an abonent's calls are recorded was read from the PBX.
#[derive(Clone, Debug)]
pub(crate) struct RecordingModeRead {
    pub(crate) abonent: String,
    /// None: the PBX gives none.
    pub(crate) found: Option<Recording>,
    /// When the replaced value was read, epoch milliseconds.
    pub(crate) read_at: Option<i64>,
}

impl RecordingModeRead {
    pub(super) fn apply(&self, transaction: &mut Transaction<'_>) -> Result<(), LedgerError> {
        let at = transaction.at;
        abonents::recording_read(transaction.connection, &self.abonent, self.found, self.read_at, at)
    }
}

/// An administrator switched an abonent's recording.
#[derive(Clone, Debug)]
pub(crate) struct RecordingModeSwitched {
    pub(crate) abonent: String,
    pub(crate) asked: Recording,
    /// The answer of the PBX afterwards; none if it gave none.
    pub(crate) found: Option<Recording>,
    pub(crate) who: Who,
}

impl RecordingModeSwitched {
    pub(super) fn apply(&self, transaction: &mut Transaction<'_>) -> Result<(), LedgerError> {
        let (connection, at) = (transaction.connection, transaction.at);
        let before = abonents::switched(connection, &self.abonent, self.found, at, &self.who.name)?;
        transaction.audit(
            &self.who,
            What::RecordingSwitched,
            Some(self.abonent.clone()),
            Some(json!({ "asked": self.asked, "before": before, "after": self.found })),
        )
    }
}

/// All recording modes must be read anew.
#[derive(Clone, Debug)]
pub(crate) struct RecordingModesOutdated;

impl RecordingModesOutdated {
    #[expect(clippy::unused_self, reason = "every entry is applied in the same way")]
    pub(super) fn apply(&self, transaction: &mut Transaction<'_>) -> Result<(), LedgerError> {
        abonents::recording_outdated(transaction.connection)
    }
}
