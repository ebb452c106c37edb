//! Lines of the statistics and recordings, joined to the calls that they are of (design, part 4).
//!
//! Whatever comes first makes the call; what comes later finds it. A call made from lines alone has a key of its own
//! (`line:…`) until an event or a recording tells the session: then its row gets that key, or, where the session has a
//! row already, it is told once more as superseded and its lines go over.

use super::Batch;
use crate::ledger::recordings::{self, RecordingRow};
use crate::ledger::{LedgerError, calls, statistics};
use perezvon_core::Time;
use perezvon_core::call::{Recording, StatisticsLine};
use std::collections::{BTreeSet, VecDeque};

/// A line's leg begins within so many milliseconds of the line, and mostly at the same.
const NEAR_MS: i64 = 3_000;
/// A call placed from the desk rang the caller's own phone so long before what events may tell.
const OWN_PHONE_MS: i64 = 30_000;
/// A phone may have rung so long before the conversation of a recording.
const RING_MS: i64 = 603_000;
/// A call may have rung the abonent before, so long ago.
const AGAIN_MS: i64 = 3_600_000;
/// Further parts of one call begin within so many milliseconds.
const FURTHER_MS: i64 = 120_000;

impl Batch<'_> {
    /// Takes lines, the earliest first. Lines that are known change nothing.
    pub(crate) fn take_lines(&mut self, lines: Vec<StatisticsLine>) -> Result<(), LedgerError> {
        // Candidates are looked for in the ledger.
        let flushed = self.state.calls.save(self.connection, &self.policy)?;
        self.flushed.extend(flushed);
        self.place_all(lines.into(), None)
    }

    /// Takes recordings that the PBX lists.
    pub(crate) fn take_recordings(&mut self, rows: Vec<RecordingRow>) -> Result<(), LedgerError> {
        for mut row in rows {
            let recording = Recording {
                gone: false,
                ..row.recording()
            };
            let key = self.key_of_recording(&row, &recording)?;
            row.call_key = Some(key.clone());
            recordings::upsert(self.connection, &row, self.at)?;
            let at = self.at;
            let call = self.state.calls.get(self.connection, &key, at.min(row.started_at))?;
            if call.take_recording(recording, at) {
                self.state.calls.touch(&key);
                self.recognise_call(&key)?;
            }
        }
        Ok(())
    }

    /// The PBX does not have a recording any more; to be called when a download or a look-up said so.
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

    /// Calls that have waited since before `before` for lines or a recording wait no more; at most `limit`. Gives how
    /// many there were.
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
        self.state.read_until = self.state.read_until.max(Some(until));
        statistics::advance(self.connection, statistics::LINES, None, Some(until), self.at)
    }

    /// Looks for lines that came before the events of the calls changed in this transaction.
    pub(super) fn recognise(&mut self) -> Result<(), LedgerError> {
        let Some(until) = self.state.read_until.map(|until| until.plus(NEAR_MS)) else {
            return Ok(());
        };
        for key in self.state.calls.dirty() {
            let early = self.state.calls.find(self.connection, &key)?.is_some_and(|call| {
                let persons = || call.legs.iter().filter(|leg| !leg.system && !leg.witnessed);
                call.superseded_by.is_none() && persons().any(|leg| leg.start.is_some_and(|start| start <= until))
            });
            if early {
                self.recognise_call(&key)?;
            }
        }
        Ok(())
    }

    /// Gets the call the lines of its legs that calls made from lines have.
    fn recognise_call(&mut self, key: &str) -> Result<(), LedgerError> {
        let Some(call) = self.state.calls.find(self.connection, key)? else {
            return Ok(());
        };
        let persons = call.legs.iter().filter(|leg| !leg.system);
        let windows: BTreeSet<(String, Time, Time)> = persons
            .filter_map(|leg| {
                let before = match leg.is_outgoing() {
                    _ if leg.start == leg.answer => RING_MS,
                    true => OWN_PHONE_MS,
                    false => NEAR_MS,
                };
                let begun = leg.start?;
                Some((leg.abonent.clone()?, begun.plus(-before), begun.plus(NEAR_MS)))
            })
            .collect();
        let mut lines = VecDeque::new();
        for (abonent, from, to) in windows {
            for row in statistics::of_abonent(self.connection, &abonent, from, to)? {
                let other = row.call_key != key
                    && self
                        .state
                        .calls
                        .find(self.connection, &row.call_key)?
                        .is_some_and(|call| call.is_of_lines());
                if other {
                    lines.push_back(row.line);
                }
            }
        }
        self.place_all(lines, Some(key))
    }

    fn place_all(&mut self, mut lines: VecDeque<StatisticsLine>, also: Option<&str>) -> Result<(), LedgerError> {
        // A line that is displaced fits less well where it goes, so this ends; the bound holds should it not.
        let mut left = 8 * lines.len() + 64;
        while let Some(line) = lines.pop_front() {
            left -= 1;
            if left == 0 {
                tracing::error!("lines of the statistics do not settle");
                break;
            }
            lines.extend(self.place(line, also)?);
        }
        Ok(())
    }

    /// Gives a line to its call; gives back the lines that must look for another one.
    fn place(&mut self, mut line: StatisticsLine, also: Option<&str>) -> Result<Vec<StatisticsLine>, LedgerError> {
        let at = self.at;
        let stored = statistics::by_id(self.connection, &line.id)?;
        if let Some(known) = stored.as_ref().map(|row| &row.line)
            && line.number.is_none()
            && line.called.is_none()
        {
            // The first edition of the method tells neither number.
            line.number.clone_from(&known.number);
            line.peer.clone_from(&known.peer);
            line.called.clone_from(&known.called);
            line.by_line = known.by_line;
        }
        let from = stored.map(|row| row.call_key);
        let (key, displaced) = self.home(&line, from.as_deref(), also)?;
        let mut again = Vec::new();
        if let Some(id) = displaced
            && let Some(call) = self.state.calls.find(self.connection, &key)?
        {
            again.extend(call.drop_line(&id));
            statistics::forget(self.connection, &id)?;
        }
        self.state.calls.get(self.connection, &key, at.min(line.start))?;
        if let Some(from) = from.filter(|from| *from != key) {
            again.extend(self.leave(&line, &from, &key)?);
        }
        let call = self.state.calls.get(self.connection, &key, at)?;
        let is_news = call.take_line(line.clone(), at);
        let is_of_lines = call.is_of_lines();
        statistics::put(self.connection, &line, &key)?;
        if is_news {
            self.state.calls.touch(&key);
        }
        if is_news && !is_of_lines {
            again.extend(self.neighbours(&line)?);
        }
        Ok(again)
    }

    /// One line of each call made from lines that may be a part of the call that just got `line`.
    fn neighbours(&mut self, line: &StatisticsLine) -> Result<Vec<StatisticsLine>, LedgerError> {
        let (begun, ended) = (line.start.plus(-FURTHER_MS), line.start.plus(FURTHER_MS));
        let mut keys = statistics::keys_of_caller(self.connection, line, begun, ended)?;
        if let Some(peer) = &line.peer {
            let lines = statistics::of_abonent(self.connection, peer, begun, ended)?;
            keys.extend(lines.into_iter().map(|row| row.call_key));
        }
        let mut lines = Vec::new();
        for key in keys {
            if let Some(call) = self.state.calls.find(self.connection, &key)?
                && call.is_of_lines()
                && call.superseded_by.is_none()
            {
                lines.extend(call.lines.values().next().cloned());
            }
        }
        Ok(lines)
    }

    /// The call that a line is of, and the line that must leave it.
    fn home(
        &mut self,
        line: &StatisticsLine,
        from: Option<&str>,
        also: Option<&str>,
    ) -> Result<(String, Option<String>), LedgerError> {
        if let Some(session) = &line.tracking_id {
            return Ok((session.clone(), None));
        }
        let wide = (line.start.plus(-AGAIN_MS), line.start.plus(RING_MS));
        for (begun, ended) in [(line.start.plus(-NEAR_MS), line.start.plus(NEAR_MS)), wide] {
            let mut keys = calls::keys_of_abonent(self.connection, &line.abonent, begun, ended)?;
            keys.extend(also.map(str::to_owned));
            let mut best: Option<(i64, String, Option<String>)> = None;
            for key in keys {
                let Some(call) = self.state.calls.find(self.connection, &key)? else {
                    continue;
                };
                if call.superseded_by.is_some() || call.is_of_lines() {
                    continue;
                }
                if let Some(fit) = call.fit(line) {
                    let found = (fit.distance, key, fit.displaces);
                    best = Some(best.map_or(found.clone(), |best| best.min(found)));
                }
            }
            if let Some((_, key, displaced)) = best {
                return Ok((key, displaced));
            }
        }
        let mut has_company = false;
        if let Some(from) = from
            && let Some(call) = self.state.calls.find(self.connection, from)?
            && call.superseded_by.is_none()
        {
            if !call.is_of_lines() {
                return Ok((from.to_owned(), None));
            }
            has_company = call.lines.len() > 1;
        }
        Ok((self.company_of(line, from, has_company, also)?, None))
    }

    /// The call of which the line is a further part, or one of its own. A line that is in company already leaves it only
    /// for a call of which more than lines is known.
    fn company_of(
        &mut self,
        line: &StatisticsLine,
        from: Option<&str>,
        has_company: bool,
        also: Option<&str>,
    ) -> Result<String, LedgerError> {
        let (begun, ended) = (line.start.plus(-FURTHER_MS), line.start.plus(FURTHER_MS));
        let mut keys = statistics::keys_of_caller(self.connection, line, begun, ended)?;
        if let Some(number) = &line.number {
            keys.extend(calls::keys_of_number(self.connection, number, begun, ended)?);
        }
        if let Some(peer) = &line.peer {
            keys.extend(calls::keys_of_abonent(self.connection, peer, begun, ended)?);
            let lines = statistics::of_abonent(self.connection, peer, begun, ended)?;
            keys.extend(lines.into_iter().map(|row| row.call_key));
        }
        keys.extend(also.map(str::to_owned));
        let mut best: Option<(i64, String)> = None;
        for key in keys.into_iter().filter(|key| Some(key.as_str()) != from) {
            if let Some(call) = self.state.calls.find(self.connection, &key)?
                && !(has_company && call.is_of_lines())
                && let Some(distance) = call.further(line)
                && best.as_ref().is_none_or(|best| (distance, &key) < (best.0, &best.1))
            {
                best = Some((distance, key));
            }
        }
        let own = || from.map_or_else(|| line.id.clone(), str::to_owned);
        Ok(best.map_or_else(own, |(_, key)| key))
    }

    /// A line goes from one call to another. A call made from lines goes with it as a whole: they were found to be one.
    fn leave(&mut self, line: &StatisticsLine, from: &str, to: &str) -> Result<Vec<StatisticsLine>, LedgerError> {
        let at = self.at;
        let mut again = Vec::new();
        let Some(old) = self.state.calls.find(self.connection, from)? else {
            return Ok(again);
        };
        if !old.is_of_lines() {
            old.drop_line(&line.id);
            self.state.calls.touch(from);
            return Ok(again);
        }
        let former = old.clone();
        for other in former.lines.values().filter(|other| other.id != line.id) {
            let call = self.state.calls.get(self.connection, to, at)?;
            let taken = call
                .lines
                .values()
                .any(|known| known.abonent == other.abonent && known.direction == other.direction);
            if taken {
                statistics::forget(self.connection, &other.id)?;
                again.push(other.clone());
            } else {
                call.take_line(other.clone(), at);
                statistics::put(self.connection, other, to)?;
            }
        }
        if self.state.calls.is_new(to) {
            self.state.calls.adopt(self.connection, from, to)?;
        } else {
            let by = self.state.calls.id(to).map(str::to_owned).unwrap_or_default();
            self.state.calls.get(self.connection, to, at)?.inherit(&former);
            if let Some(old) = self.state.calls.find(self.connection, from)? {
                old.supersede(&by);
            }
            self.state.calls.touch(from);
        }
        self.state.calls.touch(to);
        Ok(again)
    }

    /// The session, or for a recording without one the call whose conversation it is.
    fn key_of_recording(&mut self, row: &RecordingRow, recording: &Recording) -> Result<String, LedgerError> {
        if let Some(session) = &row.tracking_id {
            return Ok(session.clone());
        }
        if let Some(key) = recordings::by_id(self.connection, &row.id)?.and_then(|known| known.call_key) {
            return Ok(key);
        }
        let (begun, ended) = (row.started_at.plus(-RING_MS), row.started_at.plus(NEAR_MS));
        let mut best: Option<(i64, String)> = None;
        for key in calls::keys_of_abonent(self.connection, &row.abonent, begun, ended)? {
            if let Some(call) = self.state.calls.find(self.connection, &key)?
                && let Some(distance) = call.fit_recording(recording)
                && best.as_ref().is_none_or(|best| (distance, &key) < (best.0, &best.1))
            {
                best = Some((distance, key));
            }
        }
        Ok(best.map_or_else(|| format!("record:{}", row.id), |(_, key)| key))
    }
}
