//! Rebuilds a call whose row cannot be read from what else the ledger has of it.

use super::transaction::Transaction;
use crate::tables::calls::aside::{self, UnreadableCall};
use crate::tables::{events, recordings, requests, retention, statistics};
use perezvon_pbx::xsi;

impl Transaction<'_> {
    /// Puts unreadable rows aside; their calls go on under the same ids with the facts of their events, lines,
    /// recordings and requests. A call without any of these is lost.
    pub(super) fn rebuild(&mut self) -> rusqlite::Result<()> {
        // A call's events may lead to another unreadable row.
        while let Some(row) = self.state.calls.take_unread() {
            aside::put_aside(self.connection, &row, self.at)?;
            if self.replay_call(&row)? {
                self.state.calls.touch(&row.key);
            } else if self.state.calls.forget_empty(&row.key) {
                retention::forget_call(self.connection, row.seq)?;
            }
        }
        Ok(())
    }

    /// False if nothing was found.
    fn replay_call(&mut self, row: &UnreadableCall) -> rusqlite::Result<bool> {
        let (connection, key, at) = (self.connection, row.key.as_str(), self.at);
        let events = events::of_call(connection, key)?;
        let lines = statistics::of_call(connection, key, at)?;
        let recordings = recordings::of_call(connection, key)?;
        let request = requests::of_call(connection, &row.id)?;
        let is_nothing = events.is_empty() && lines.is_empty() && recordings.is_empty() && request.is_none();
        // A superseded row stays, for desks that have not received that yet.
        if is_nothing && row.superseded_by.is_none() {
            return Ok(false);
        }
        let begun = events.iter().map(|(at, _)| *at).min();
        let call = self.state.calls.get(connection, key, at)?;
        call.begin(begun.unwrap_or(at));
        for (received, raw) in events {
            if let Ok(event) = xsi::parse(&raw) {
                self.join(&event, received, false)?;
            }
        }
        let call = self.state.calls.get(connection, key, at)?;
        for line in lines {
            call.take_line(line.line, at);
        }
        for recording in recordings {
            call.take_recording(recording.recording(), at);
        }
        if let Some(request) = request {
            call.requested(request.asked(), request.asked_at);
        }
        if let Some(by) = &row.superseded_by {
            call.supersede(by);
        }
        Ok(true)
    }
}
