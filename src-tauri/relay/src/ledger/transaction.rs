//! One transaction of the ledger: what every entry may do in it.

use super::losses::News;
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

/// Deadlines that one sweep meets.
const SWEPT: usize = 512;

/// What of the PBX's lists waits for the end of the entry, by id. What a failed change stored and undid is not found
/// then.
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
    pub(super) losses: News,
    pub(super) unsettled: Unsettled,
}

impl<'a> Transaction<'a> {
    /// The connection must have a transaction open.
    pub(super) fn new(connection: &'a Connection, state: &'a mut State) -> Result<Self, LedgerError> {
        // The command line may have changed the ledger beside us.
        state.rest.applied = calls::entries(connection)?;
        Ok(Self {
            connection,
            state,
            at: Time::from_ms(0),
            losses: News::default(),
            unsettled: Unsettled::default(),
        })
    }

    /// Stores what changed so far. To be called before the commit.
    pub(super) fn flush(&mut self) -> Result<(), LedgerError> {
        for (id, (sequence, at)) in std::mem::take(&mut self.state.rest.heard) {
            subscriptions::heard(self.connection, &id, sequence, at)?;
        }
        let stored = self.state.calls.save(self.connection)?;
        self.state.rest.effects.calls.extend(stored);
        let (version, applied) = (self.state.calls.version(), self.state.rest.applied);
        Ok(calls::set_counter(self.connection, version, applied)?)
    }

    /// Writes down who did the present entry.
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

    /// What others must be told of, once.
    pub(super) fn take_effects(&mut self) -> Effects {
        std::mem::take(&mut self.state.rest.effects)
    }

    /// The keeper should look at the subscriptions.
    pub(super) fn wake_keeper(&mut self) {
        self.state.rest.effects.wake_keeper = true;
    }

    /// Settings that hold from the next entry on.
    pub(super) fn set_settings(&mut self, settings: Settings) {
        self.state.calls.set_policy(&settings.policy());
        self.state.rest.settings = Arc::new(settings);
        self.state.rest.effects.settings = true;
    }

    /// The lists behind the roster changed; the next entry knows them.
    pub(super) fn reload_roster(&mut self) -> Result<(), LedgerError> {
        self.state.rest.roster = Arc::new(Roster::load(self.connection)?);
        self.state.rest.effects.roster = true;
        Ok(())
    }

    /// Deadlines of calls, and events that are late.
    pub(super) fn sweep(&mut self) -> Result<(), LedgerError> {
        let news = self.state.rest.losses.sweep(self.at);
        self.losses.add(news);
        Ok(self.state.calls.sweep(self.connection, SWEPT)?)
    }

    /// A subscription was made: its events are counted from now on.
    pub(super) fn follow_subscriptions(&mut self) -> Result<(), LedgerError> {
        self.state.rest.follow(self.connection)
    }

    /// A subscription is over; false where that was known.
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
