//! Lines of the statistics and recordings, joined to the calls that they are of (design, part 4).
//!
//! Whatever comes first makes the call; what comes later finds it. A call made from lines alone has a key of its own
//! (`line:…`) until an event or a recording tells the session: then its row gets that key, or, where the session has a
//! row already, it is told once more as superseded and its lines go over.

mod round;

use self::round::Move;
use super::transaction::Transaction;
use crate::tables::recordings::{self, RecordingRow};
use crate::tables::{LedgerError, calls, statistics};
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

/// Where a line belongs.
struct Home {
    key: String,
    /// The line that must leave that call.
    displaces: Option<String>,
    /// Lines of other calls that must go elsewhere.
    moves: Vec<Move>,
}

impl Home {
    fn at(key: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            displaces: None,
            moves: Vec::new(),
        }
    }
}

impl Transaction<'_> {
    /// Takes lines, the earliest first. Lines that are known change nothing.
    pub(crate) fn take_lines(&mut self, lines: Vec<StatisticsLine>) -> Result<(), LedgerError> {
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
        self.state.rest.read_until = self.state.rest.read_until.max(Some(until));
        statistics::advance(self.connection, statistics::LINES, None, Some(until), self.at)
    }

    /// Looks for lines that came before the events of the calls changed in this transaction.
    pub(super) fn recognise(&mut self) -> Result<(), LedgerError> {
        let Some(until) = self.state.rest.read_until.map(|until| until.plus(NEAR_MS)) else {
            return Ok(());
        };
        for key in self.state.calls.touched() {
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

    /// Gets the call the lines of its legs that calls have of which no event told.
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
                        .is_some_and(|call| !call.is_heard());
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
        let is_known = stored.as_ref().is_some_and(|row| row.line == line);
        let from = stored.map(|row| row.call_key);
        let home = self.home(&line, from.as_deref(), also, is_known)?;
        let (key, mut again) = (home.key, Vec::new());
        if let Some(id) = home.displaces
            && let Some(call) = self.state.calls.find(self.connection, &key)?
        {
            again.extend(call.drop_line(&id));
            statistics::forget(self.connection, &id)?;
        }
        let mut is_news = false;
        let is_heard = self
            .state
            .calls
            .get(self.connection, &key, at.min(line.start))?
            .is_heard();
        if let Some(from) = from.filter(|from| *from != key) {
            is_news = true;
            if is_heard {
                again.extend(self.leave(&line, &from, &key)?);
            } else {
                self.shift(&line, &from, &key)?;
            }
        }
        is_news |= self
            .state
            .calls
            .get(self.connection, &key, at)?
            .take_line(line.clone(), at);
        statistics::put(self.connection, &line, &key)?;
        if is_news {
            self.state.calls.touch(&key);
        }
        self.settle(&home.moves)?;
        if is_news && is_heard {
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

    /// The call that a line is of. One that is known stays where it is, if nothing better fits.
    fn home(
        &mut self,
        line: &StatisticsLine,
        from: Option<&str>,
        also: Option<&str>,
        is_known: bool,
    ) -> Result<Home, LedgerError> {
        if let Some(session) = &line.tracking_id {
            return Ok(Home::at(session));
        }
        if let Some(home) = self.fitting(line, also)? {
            return Ok(home);
        }
        if let Some(from) = from
            && self.is_heard(from)?
        {
            return Ok(Home::at(from));
        }
        if let Some(key) = self.company_of(line, also)? {
            return Ok(Home::at(key));
        }
        let is_settled = match also {
            Some(changed) => self.is_heard(changed)?,
            None => true,
        };
        if let Some(from) = from.filter(|_| is_known && is_settled) {
            return Ok(Home::at(from));
        }
        let (key, moves) = self.round(line)?;
        Ok(Home { moves, ..Home::at(key) })
    }

    fn is_heard(&mut self, key: &str) -> Result<bool, LedgerError> {
        let call = self.state.calls.find(self.connection, key)?;
        Ok(call.is_some_and(|call| call.superseded_by.is_none() && call.is_heard()))
    }

    /// The call with the leg that the line is of, where events told of it.
    fn fitting(&mut self, line: &StatisticsLine, also: Option<&str>) -> Result<Option<Home>, LedgerError> {
        let mut best: Option<(i64, String, Option<String>)> = None;
        let wide = (line.start.plus(-AGAIN_MS), line.start.plus(RING_MS));
        for (begun, ended) in [(line.start.plus(-NEAR_MS), line.start.plus(NEAR_MS)), wide] {
            let mut keys = calls::keys_of_abonent(self.connection, &line.abonent, begun, ended)?;
            keys.extend(also.map(str::to_owned));
            for key in keys {
                let Some(call) = self.state.calls.find(self.connection, &key)? else {
                    continue;
                };
                if call.superseded_by.is_some() || !call.is_heard() {
                    continue;
                }
                if let Some(fit) = call.fit(line) {
                    let found = (fit.distance, key, fit.displaces);
                    best = Some(best.map_or(found.clone(), |best| best.min(found)));
                }
            }
            // With another party than the leg's, another call may be nearer.
            if best.as_ref().is_some_and(|(distance, ..)| *distance < NEAR_MS) {
                break;
            }
        }
        Ok(best.map(|(_, key, displaces)| Home {
            displaces,
            ..Home::at(key)
        }))
    }

    /// The call that events told of the line is a further part of.
    fn company_of(&mut self, line: &StatisticsLine, also: Option<&str>) -> Result<Option<String>, LedgerError> {
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
        for key in keys {
            if let Some(call) = self.state.calls.find(self.connection, &key)?
                && call.is_heard()
                && let Some(distance) = call.further(line)
                && best.as_ref().is_none_or(|best| (distance, &key) < (best.0, &best.1))
            {
                best = Some((distance, key));
            }
        }
        Ok(best.map(|(_, key)| key))
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
