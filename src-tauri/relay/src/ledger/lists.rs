//! The PBX's lists: lines of the statistics and recordings, and their calls (design, part 4).
//!
//! An entry only stores what was listed. At the end of the entry [`perezvon_core::lists::arrange`] assigns all of it
//! to calls, together with everything related ([`mod@around`]), and the differences are applied. The same is done for
//! a call with an event that came after its line.
//!
//! A call made from lines alone has the key of one of them (`line:…`) until an event or a recording names the
//! session: then its row gets that key, or, if the session already has a row, it is sent once more as superseded and
//! its lines move to that row.

mod around;

use self::around::Around;
use super::transaction::Transaction;
use crate::tables::recordings::{self, RecordingRow};
use crate::tables::{LedgerError, calls, statistics};
use perezvon_core::call::{CallKey, Recording, StatisticsLine};
use perezvon_core::lists::{Heard, arrange, tolerances};
use perezvon_core::{Call, Time};
use std::collections::BTreeMap;

/// The lines and recordings of one call after the arrangement.
#[derive(Default)]
struct Settled {
    lines: BTreeMap<String, StatisticsLine>,
    recordings: BTreeMap<String, Recording>,
}

impl Transaction<'_> {
    /// Stores lines that the PBX lists. Known ones change nothing.
    pub(crate) fn take_lines(&mut self, lines: Vec<StatisticsLine>) -> Result<(), LedgerError> {
        for mut line in lines {
            let known = statistics::by_id(self.connection, &line.id, self.at)?;
            if let Some(known) = known.as_ref().map(|row| &row.line)
                && line.number.is_none()
                && line.called.is_none()
            {
                // The first edition of the method tells neither number.
                line.number.clone_from(&known.number);
                line.peer.clone_from(&known.peer);
                line.called.clone_from(&known.called);
                line.by_line = known.by_line;
            }
            if known.as_ref().is_some_and(|row| row.line == line) {
                continue;
            }
            self.state.rest.listed_until = self.state.rest.listed_until.max(Some(line.start));
            let key = known.map_or_else(|| line.id.clone(), |row| row.call_key);
            statistics::put(self.connection, &line, &key)?;
            self.unsettled.lines.insert(line.id);
        }
        Ok(())
    }

    /// Stores recordings that the PBX lists. Known ones change nothing.
    pub(crate) fn take_recordings(&mut self, rows: Vec<RecordingRow>) -> Result<(), LedgerError> {
        for mut row in rows {
            let known = recordings::by_id(self.connection, &row.id)?;
            let session = row.tracking_id.clone();
            let placed = session.or_else(|| known.as_ref().and_then(|row| row.call_key.clone()));
            row.call_key = Some(placed.unwrap_or_else(|| CallKey::Recording(&row.id).to_string()));
            if known.as_ref() != Some(&row) {
                self.state.rest.listed_until = self.state.rest.listed_until.max(Some(row.started_at));
                recordings::upsert(self.connection, &row, self.at)?;
                self.unsettled.recordings.insert(row.id);
            }
        }
        Ok(())
    }

    /// The PBX no longer has the recording; to be called when a download or a look-up said so.
    pub(crate) fn recording_gone(&mut self, id: &str) -> Result<bool, LedgerError> {
        let at = self.at;
        let known = recordings::by_id(self.connection, id)?;
        if !recordings::mark_gone(self.connection, id, at)? {
            return Ok(false);
        }
        if let Some(key) = known.and_then(|row| row.call_key)
            && let Some(call) = self.state.calls.find(self.connection, &key)?
            && call.recording_gone(id, at)
        {
            self.state.calls.touch(&key);
        }
        Ok(true)
    }

    /// Calls that have waited since before `before` for lines or a recording stop waiting; at most `limit`. Returns
    /// how many.
    pub(crate) fn give_up_waiting(&mut self, before: Time, limit: usize) -> Result<usize, LedgerError> {
        let keys = calls::waiting_since(self.connection, before, limit)?;
        for key in &keys {
            if let Some(call) = self.state.calls.find(self.connection, key)? {
                call.give_up_waiting();
                self.state.calls.touch(key);
            }
        }
        Ok(keys.len())
    }

    /// The statistics have been read up to `until`.
    pub(crate) fn lines_read(&mut self, until: Time) -> Result<(), LedgerError> {
        self.state.rest.read_until = self.state.rest.read_until.max(Some(until));
        statistics::advance(self.connection, statistics::LINES, None, Some(until), self.at)
    }

    /// Arranges what this entry learnt of lists, and calls whose lines were listed before their events came.
    pub(super) fn settle_lists(&mut self) -> Result<(), LedgerError> {
        let unsettled = std::mem::take(&mut self.unsettled);
        let listed = self
            .state
            .rest
            .listed_until
            .map(|until| until.plus(tolerances::FURTHER_MS));
        let read = self.state.rest.read_until.map(|until| until.plus(tolerances::START_MS));
        let until = listed.max(read);
        let touched = self.state.calls.touched();
        let early = |key: &&String| {
            let call = self.state.calls.peek(key).filter(|call| Heard::of(call).is_some());
            let mut legs = call.into_iter().flat_map(Call::legs).filter(|leg| !leg.system);
            until.is_some_and(|until| legs.any(|leg| leg.start.is_some_and(|start| start <= until)))
        };
        let early: Vec<String> = touched.iter().filter(early).cloned().collect();
        if unsettled.is_empty() && (early.is_empty() || !self.is_any_listed(&early)?) {
            return Ok(());
        }
        // Calls are looked up in the tables: changes of earlier entries must be stored first.
        let stored = self.state.calls.save(self.connection)?;
        self.state.rest.effects.calls.extend(stored);
        let around = loop {
            let around = self.around(&unsettled, &early, &touched)?;
            if !self.state.calls.has_unread() {
                break around;
            }
            // A call that cannot be read was met; it is rebuilt from its events.
            self.rebuild()?;
        };
        if around.lines.is_empty() && unsettled.recordings.is_empty() {
            return Ok(());
        }
        let settled = self.arranged(&around);
        self.carry_out(around, settled)
    }

    /// The lines and recordings of each call from now on, by key.
    fn arranged(&self, around: &Around) -> BTreeMap<String, Settled> {
        let calls = around.calls.iter().filter_map(|key| self.state.calls.peek(key));
        let heard: Vec<Heard<'_>> = calls.filter_map(Heard::of).collect();
        let lines: Vec<StatisticsLine> = around.lines.values().map(|(line, _)| line.clone()).collect();
        let recordings: Vec<Recording> = around.recordings.values().map(|(one, _)| one.clone()).collect();
        let mut settled: BTreeMap<String, Settled> = BTreeMap::new();
        for call in arrange(&heard, &lines, &recordings) {
            let key = call.key.unwrap_or_else(|| around.key_of(&call.lines));
            let of = settled.entry(key).or_default();
            let lines = call.lines.iter().filter_map(|id| around.lines.get(id));
            of.lines.extend(lines.map(|(line, _)| (line.id.clone(), line.clone())));
            let recordings = call.recordings.iter().filter_map(|id| around.recordings.get(id));
            of.recordings
                .extend(recordings.map(|(one, _)| (one.id.clone(), one.clone())));
        }
        settled
    }

    fn carry_out(&mut self, around: Around, settled: BTreeMap<String, Settled>) -> Result<(), LedgerError> {
        let (connection, at) = (self.connection, self.at);
        let mut successors: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for former in around.calls.iter().filter(|key| !settled.contains_key(*key)) {
            if let Some(key) = around.successor(former, &settled) {
                successors.entry(key).or_default().push(former);
            }
        }
        for (key, of) in &settled {
            for line in of
                .lines
                .values()
                .filter(|line| around.lines[&line.id].1.as_ref() != Some(key))
            {
                statistics::set_call(connection, &line.id, key)?;
            }
            for one in of
                .recordings
                .values()
                .filter(|one| around.recordings[&one.id].1 != *key)
            {
                recordings::set_call(connection, &one.id, key)?;
            }
            if of.lines.is_empty() && of.recordings.is_empty() && self.state.calls.peek(key).is_none() {
                continue;
            }
            let starts = of.lines.values().map(|line| line.start);
            let starts = starts.chain(of.recordings.values().map(|one| one.start));
            let begun = starts.min().unwrap_or(at);
            let call = self.state.calls.get(connection, key, at.min(begun))?;
            if call.set_witnesses(of.lines.clone(), of.recordings.clone(), at) {
                self.state.calls.touch(key);
            }
            for former in successors.remove(key.as_str()).into_iter().flatten() {
                self.becomes(former, key)?;
            }
        }
        Ok(())
    }

    /// A call made from lists alone turned out to be part of another.
    fn becomes(&mut self, former: &str, key: &str) -> Result<(), LedgerError> {
        self.state.calls.touch(key);
        // The id of a placed call has already been given to its desk.
        let is_told = self.state.calls.peek(key).is_some_and(|call| call.request().is_some());
        if !self.state.calls.is_stored(key) && !is_told {
            self.state.calls.adopt(self.connection, former, key)?;
            return Ok(());
        }
        let by = self.state.calls.id(key).map(str::to_owned).unwrap_or_default();
        let Some(old) = self.state.calls.find(self.connection, former)? else {
            return Ok(());
        };
        let old_call = old.clone();
        old.supersede(&by);
        self.state.calls.touch(former);
        self.state.calls.get(self.connection, key, self.at)?.inherit(&old_call);
        Ok(())
    }
}
