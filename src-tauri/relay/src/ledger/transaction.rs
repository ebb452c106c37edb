//! One transaction of the ledger: what every entry may use.

use super::losses::LossChanges;
use super::state::{Effects, State};
use crate::roster::Roster;
use crate::tables::audit::{self, AuditLine, What, Who};
use crate::tables::settings::Settings;
use crate::tables::{LedgerError, calls, subscriptions};
use perezvon_core::Time;
use rusqlite::Connection;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Deadlines handled in one sweep.
const MAX_SWEPT_CALLS: usize = 512;

/// Items of the PBX's lists to be arranged at the end of the entry, by id. Items of a failed entry are no longer in
/// the tables then.
#[derive(Default)]
pub(super) struct Unsettled {
    pub(super) lines: BTreeSet<String>,
    pub(super) recordings: BTreeSet<String>,
}

impl Unsettled {
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.recordings.is_empty()
    }
}

/// The present transaction.
pub(crate) struct Transaction<'a> {
    pub(super) connection: &'a Connection,
    pub(super) state: &'a mut State,
    /// The time of the present entry.
    pub(super) at: Time,
    pub(super) losses: LossChanges,
    pub(super) unsettled: Unsettled,
}

impl<'a> Transaction<'a> {
    /// The connection must have a transaction open.
    pub(super) fn new(connection: &'a Connection, state: &'a mut State) -> Result<Self, LedgerError> {
        // The command line may have changed the ledger meanwhile.
        state.rest.applied = calls::entries(connection)?;
        Ok(Self {
            connection,
            state,
            at: Time::from_ms(0),
            losses: LossChanges::default(),
            unsettled: Unsettled::default(),
        })
    }

    /// Stores all changes. To be called before the commit.
    pub(super) fn flush(&mut self) -> Result<(), LedgerError> {
        for (id, (sequence, at)) in std::mem::take(&mut self.state.rest.heard) {
            subscriptions::heard(self.connection, &id, sequence, at)?;
        }
        let stored = self.state.calls.save(self.connection)?;
        self.state.rest.effects.calls.extend(stored);
        let (version, applied) = (self.state.calls.version(), self.state.rest.applied);
        Ok(calls::set_counter(self.connection, version, applied)?)
    }

    /// Adds a line to the audit for the present entry.
    pub(super) fn audit(
        &self,
        who: &Who,
        what: What,
        subject: Option<String>,
        detail: Option<Value>,
    ) -> Result<(), LedgerError> {
        let line = AuditLine {
            at: self.at,
            who: who.clone(),
            what,
            subject,
            detail,
        };
        audit::add(self.connection, &line)
    }

    /// Takes what must be published.
    pub(super) fn take_effects(&mut self) -> Effects {
        std::mem::take(&mut self.state.rest.effects)
    }

    /// The subscriptions may need a change.
    pub(super) fn wake_keeper(&mut self) {
        self.state.rest.effects.wake_keeper = true;
    }

    /// These settings apply from the next entry on.
    pub(super) fn set_settings(&mut self, settings: Settings) {
        self.state.calls.set_policy(&settings.policy());
        self.state.rest.settings = Arc::new(settings);
        self.state.rest.effects.settings = true;
    }

    /// The company's lists changed; the next entry uses the new roster.
    pub(super) fn reload_roster(&mut self) -> Result<(), LedgerError> {
        self.state.rest.roster = Arc::new(Roster::load(self.connection)?);
        self.state.rest.effects.roster = true;
        Ok(())
    }

    /// Handles due deadlines of calls and late events.
    pub(super) fn sweep(&mut self) -> Result<(), LedgerError> {
        let news = self.state.rest.losses.sweep(self.at);
        self.losses.add(news);
        Ok(self.state.calls.sweep(self.connection, MAX_SWEPT_CALLS)?)
    }

    /// A subscription was made: its events are counted from now on.
    pub(super) fn follow_subscriptions(&mut self) -> Result<(), LedgerError> {
        self.state.rest.follow(self.connection)
    }

    /// A subscription has ended; false if that was known.
    pub(super) fn end_subscription(
        &mut self,
        id: &str,
        reason: &str,
        renewed_by: Option<&str>,
    ) -> rusqlite::Result<bool> {
        self.state.rest.losses.end(id);
        subscriptions::end(self.connection, id, reason, renewed_by, self.at)
    }
}
