//! What the PBX says of a call afterwards: lines of its statistics and recordings (reference 1.9, 1.10).
//!
//! They are kept beside what the events told, and the legs that everybody reads are made anew of both with each change.
//! So neither the order in which events, lines and recordings come nor their repetition matters. Events tell the details
//! (causes, who hung up, when somebody was rung); a line tells the end, and a conversation whose events were lost.

use super::{Call, CallKey, KnownParty, Leg, Line, OwnRecording, PartyFacts, Strength};
use crate::event::LegState;
use crate::snapshot::Direction;
use crate::{Number, Time, pairs};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A call that ended longer ago than this when it is learnt is told with the time of its end, not of the learning.
const LATE_NEWS_MS: i64 = 15 * 60_000;

/// Largest difference between the times that two sources tell for one moment.
const SAME_MOMENT_MS: i64 = 1_000;

/// What the statistics say became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineStatus {
    /// Incoming, answered (`RECIEVED`).
    Received,
    /// Outgoing; with a duration of 0 nobody answered.
    Placed,
    /// Incoming, not answered by this abonent.
    Missed,
    /// It went elsewhere.
    Redirected,
}

/// One line of the statistics: one abonent's part in one call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatisticsLine {
    /// Made of what tells lines apart, see [`Self::id_of`]: they have no id of their own.
    pub id: String,
    /// Canonical id of the abonent.
    pub abonent: String,
    /// From the abonent's side.
    pub direction: Direction,
    /// What became of the call.
    pub status: LineStatus,
    /// When the abonent's part began (rang, or dialled), by the PBX's clock.
    pub start: Time,
    /// The conversation, milliseconds; 0: none.
    pub duration_ms: i64,
    /// The other side's number, as [`Number::told`]; none: withheld, or the first edition, which does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The canonical id of the other side where it is a colleague.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
    /// Incoming: the number that was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub called: Option<String>,
    /// `called` is one of the company's inbound lines, not the abonent's own number.
    #[serde(default)]
    pub by_line: bool,
    /// The session, should the PBX tell it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_id: Option<String>,
}

impl StatisticsLine {
    /// The id of an abonent's line, which is the key of the call too where nothing else tells of it ([`CallKey::Line`]).
    pub fn id_of(abonent: &str, direction: Direction, start: Time) -> String {
        let letter = match direction {
            Direction::Incoming => 'i',
            Direction::Outgoing => 'o',
        };
        CallKey::Line(&format!("{}:{letter}:{abonent}", start.ms())).to_string()
    }

    /// The end of the conversation, or for a call without one the only known time. A line does not tell how long it rang
    /// before the conversation, so the real end is later by that time.
    pub fn end(&self) -> Time {
        self.start.plus(self.duration_ms)
    }
}

/// A recording, which proves a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// The PBX's record id.
    pub id: String,
    /// Canonical id of the abonent whose recording it is.
    pub abonent: String,
    /// From the abonent's side.
    pub direction: Direction,
    /// Start of the conversation, by the PBX's clock.
    pub start: Time,
    /// How long it was, milliseconds.
    pub duration_ms: i64,
    /// The other side's number, as [`Number::told`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The session of the call; none: the PBX does not tell it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The PBX no longer has it.
    #[serde(default)]
    pub gone: bool,
}

impl Recording {
    /// The end of the conversation.
    pub fn end(&self) -> Time {
        self.start.plus(self.duration_ms)
    }
}

impl Call {
    /// Takes a line of the statistics; `at` is the relay's clock. True when it was new or says something new.
    pub fn take_line(&mut self, line: StatisticsLine, at: Time) -> bool {
        let mut lines = self.lines.clone();
        lines.insert(line.id.clone(), line);
        self.set_witnesses(lines, self.recordings.clone(), at)
    }

    /// Takes a recording or what is new of it. True when it was new or says something new.
    pub fn take_recording(&mut self, recording: Recording, at: Time) -> bool {
        let mut recordings = self.recordings.clone();
        recordings.insert(recording.id.clone(), recording);
        self.set_witnesses(self.lines.clone(), recordings, at)
    }

    /// From now on these lines and recordings, by id, are the call's, and no others. True when that is a change; a call that
    /// had become another one is then one of its own again.
    pub fn set_witnesses(
        &mut self,
        lines: BTreeMap<String, StatisticsLine>,
        recordings: BTreeMap<String, Recording>,
        at: Time,
    ) -> bool {
        if self.superseded_by.is_none() && self.lines == lines && self.recordings == recordings {
            return false;
        }
        self.superseded_by = None;
        let new_lines = lines.values().filter(|line| self.lines.get(&line.id) != Some(line));
        let new_recordings = recordings
            .values()
            .filter(|one| self.recordings.get(&one.id) != Some(one));
        let ends = new_lines
            .map(StatisticsLine::end)
            .chain(new_recordings.map(Recording::end));
        // A desk must not show a toast for what is long past.
        let told = ends
            .map(|end| if at.since(end) > LATE_NEWS_MS { end } else { at })
            .max();
        let heard = self.take_heard();
        self.lines = lines;
        self.recordings = recordings;
        self.put_heard(heard);
        self.last_heard = self.last_heard.max(told.unwrap_or(self.last_heard));
        self.note_told();
        true
    }

    /// The PBX does not have the recording (any more). True when that is news.
    pub fn recording_gone(&mut self, id: &str, at: Time) -> bool {
        match self.recordings.get(id) {
            Some(recording) if !recording.gone => {
                let gone = Recording {
                    gone: true,
                    ..recording.clone()
                };
                self.take_recording(gone, at)
            }
            _ => false,
        }
    }

    /// Stops waiting for a recording, or for lines that settle what is uncertain.
    pub fn give_up_waiting(&mut self) {
        self.no_recording = true;
    }

    /// The call was recorded, and for somebody who talked the PBX has not shown the recording yet.
    pub fn awaits_recording(&self) -> bool {
        !self.no_recording && self.legs.iter().any(Leg::awaits_recording)
    }

    /// Somebody's finding is only assumed: the statistics should be asked.
    pub fn is_uncertain(&self) -> bool {
        let mut readers = self.abonents().into_iter().map(Some).chain([None]);
        self.superseded_by.is_none() && readers.any(|who| self.finding(who).is_uncertain)
    }

    /// This call turned out to be another one, which has the id `by` in the ledger: the desks drop this one.
    pub fn supersede(&mut self, by: &str) {
        self.superseded_by = Some(by.to_owned());
    }

    /// Takes over what was told of a call that is now part of this one, so that an end that was told is not taken back.
    pub fn inherit(&mut self, former: &Self) {
        for (who, told) in &former.told {
            self.told.entry(who.clone()).or_insert(*told);
        }
        self.first_heard = self.first_heard.min(former.first_heard);
        if let Some(talk) = &former.later_talk {
            self.note_later_talk(talk);
        }
        if self.claim.is_none() {
            self.set_claim(former.claim.clone());
        }
        self.note_told();
    }

    /// Whether something more is expected of the statistics or the recordings.
    pub fn awaits_witnesses(&self) -> bool {
        !self.no_recording && self.superseded_by.is_none() && (self.awaits_recording() || self.is_uncertain())
    }

    /// Events told of the call, or we placed it: more than the PBX's lists.
    pub fn is_heard(&self) -> bool {
        !self.heard_legs().is_empty() || self.request.is_some()
    }

    /// Lines or recordings are known of it.
    pub fn has_witnesses(&self) -> bool {
        !self.lines.is_empty() || !self.recordings.is_empty()
    }

    /// The legs as events alone told them.
    pub(crate) fn heard_legs(&self) -> &[Leg] {
        if self.has_witnesses() { &self.heard } else { &self.legs }
    }

    /// Takes the legs as events alone told them, to change them; [`Self::put_heard`] gives them back.
    pub(super) fn take_heard(&mut self) -> Vec<Leg> {
        if self.has_witnesses() {
            std::mem::take(&mut self.heard)
        } else {
            std::mem::take(&mut self.legs)
        }
    }

    /// See [`Self::take_heard`]; makes the legs anew.
    pub(super) fn put_heard(&mut self, legs: Vec<Leg>) {
        if self.has_witnesses() {
            self.legs = completed(&legs, self.lines.values(), self.recordings.values());
            self.heard = legs;
        } else {
            self.legs = legs;
            self.heard = Vec::new();
        }
    }
}

/// The legs that events told, completed and corrected by lines and recordings that are known to be of their call, and legs
/// for those abonents of whom no event told.
pub(crate) fn completed<'a>(
    heard: &[Leg],
    lines: impl IntoIterator<Item = &'a StatisticsLine>,
    recordings: impl IntoIterator<Item = &'a Recording>,
) -> Vec<Leg> {
    let mut legs = heard.to_vec();
    let recordings: Vec<&Recording> = recordings.into_iter().collect();
    let of = nearest(&recordings, &legs, |recording, leg| {
        leg.is_of(&recording.abonent, recording.direction).then(|| {
            let begun = leg.answer.or(leg.start).unwrap_or(recording.start);
            // Legs that are known to be answered come first.
            (!leg.answered, (begun.ms() - recording.start.ms()).abs())
        })
    });
    for (recording, leg) in recordings.iter().zip(of) {
        let index = leg.unwrap_or_else(|| {
            let id = CallKey::Recording(&recording.id).to_string();
            legs.push(new_leg(id, &recording.abonent, recording.direction));
            legs.len() - 1
        });
        legs[index].learn_recording(recording);
    }
    let lines: Vec<&StatisticsLine> = lines.into_iter().collect();
    let of = nearest(&lines, &legs, |line, leg| {
        leg.is_of(&line.abonent, line.direction).then(|| {
            let begun = leg.start.or(leg.answer).unwrap_or(line.start);
            (begun.ms() - line.start.ms()).abs()
        })
    });
    for (line, leg) in lines.iter().zip(of) {
        let index = leg.unwrap_or_else(|| {
            legs.push(new_leg(line.id.clone(), &line.abonent, line.direction));
            legs.len() - 1
        });
        legs[index].learn_of_line(line);
    }
    for leg in legs.iter_mut().filter(|leg| leg.witnessed && leg.start.is_none()) {
        leg.start = leg.answer;
    }
    legs.sort_by(|a, b| a.call_id.cmp(&b.call_id));
    legs
}

/// For each thing the index of its leg: the nearest pairs first, each leg once. `distance` is none where the two cannot
/// belong together.
fn nearest<T, C: Ord>(things: &[T], legs: &[Leg], distance: impl Fn(&T, &Leg) -> Option<C>) -> Vec<Option<usize>> {
    let mut all = Vec::new();
    for (i, thing) in things.iter().enumerate() {
        for (j, leg) in legs.iter().enumerate() {
            all.extend(distance(thing, leg).map(|distance| (distance, i, j)));
        }
    }
    let mut of = vec![None; things.len()];
    for (i, j) in pairs::cheapest(all) {
        of[i] = Some(j);
    }
    of
}

fn new_leg(call_id: String, abonent: &str, direction: Direction) -> Leg {
    Leg {
        call_id,
        abonent: Some(abonent.to_owned()),
        terminator: direction == Direction::Incoming,
        originator: direction == Direction::Outgoing,
        ..Leg::default()
    }
}

impl Leg {
    /// The leg of this abonent in this direction.
    pub(crate) fn is_of(&self, abonent: &str, direction: Direction) -> bool {
        !self.system
            && self.abonent.as_deref() == Some(abonent)
            && self.is_outgoing() == (direction == Direction::Outgoing)
    }

    /// The leg's other side is the line's, as far as both are known.
    pub(crate) fn has_party_of(&self, line: &StatisticsLine) -> bool {
        let known = self.party.as_ref().filter(|party| party.strength >= Strength::Lists);
        let Some(KnownParty { strength, facts }) = known else {
            return true;
        };
        if line.peer.is_some() && facts.user_id == line.peer {
            return true;
        }
        match (&line.number, facts.number().told()) {
            (Some(told), Some(known)) => *told == known,
            // A withheld number is withheld in the statistics too.
            (Some(_), None) => *strength < Strength::Dialled || !facts.privacy,
            (None, _) => true,
        }
    }

    fn learn_recording(&mut self, recording: &Recording) {
        self.witnessed = true;
        self.recorded = true;
        self.answered = true;
        self.recording = Some(OwnRecording {
            gone: recording.gone,
            id: recording.id.clone(),
        });
        self.answer = self.answer.or(Some(recording.start));
        self.end = self.end.or(Some(recording.end()));
        self.over();
        self.learn_number(recording.number.as_deref(), None, false);
    }

    fn learn_of_line(&mut self, line: &StatisticsLine) {
        self.witnessed = true;
        // Where the line begins much earlier, the event that told when the abonent's own phone rang was lost.
        let early = |start: &Time| !self.is_outgoing() || start.since(line.start) <= SAME_MOMENT_MS;
        let begun = self.start.filter(early).unwrap_or(line.start);
        self.start = Some(begun);
        if line.status != LineStatus::Missed && line.duration_ms > 0 {
            self.answered = true;
            if self.answer.is_none() {
                let by_end = self
                    .end
                    .map(|end| end.plus(-line.duration_ms))
                    .filter(|by_end| *by_end >= begun);
                self.answer_assumed = by_end.is_none();
                self.answer = by_end.or(Some(begun));
            }
            self.end = self.end.or(self.answer.map(|answer| answer.plus(line.duration_ms)));
        }
        if line.status == LineStatus::Redirected && self.redirect.is_none() {
            self.redirect = Some("unknown".to_owned());
        }
        self.over();
        let hidden = line.direction == Direction::Incoming && line.called.is_some() && line.number.is_none();
        // The line names who was talked with: the call was forwarded, and the event that told so was lost.
        let dialled_only = self
            .party
            .as_ref()
            .is_some_and(|party| party.strength == Strength::Dialled);
        if self.is_outgoing() && line.duration_ms > 0 && dialled_only && !self.has_party_of(line) {
            self.party = None;
        }
        self.learn_number(line.number.as_deref(), line.peer.as_deref(), hidden);
        if line.by_line && self.line.is_none() {
            self.line = Some(Line {
                number: line.called.clone(),
                queue: None,
            });
        }
    }

    /// The PBX tells neither lines nor recordings of a call that still goes on.
    fn over(&mut self) {
        if self.state() != LegState::Detached {
            self.released = true;
        }
    }

    /// Takes the other side that a line or a recording tells, where no better witness has told one.
    fn learn_number(&mut self, number: Option<&str>, peer: Option<&str>, hidden: bool) {
        // A recording does not tell that a number is a colleague's; a line that does comes after it.
        let is_colleague_anew =
            |party: &KnownParty| party.strength == Strength::Lists && party.facts.user_id.is_none() && peer.is_some();
        let known = |party: &KnownParty| party.strength >= Strength::Lists && !is_colleague_anew(party);
        if self.party.as_ref().is_some_and(known) || number.is_none() && !hidden {
            return;
        }
        // The lists do not tell inside from outside. A colleague who calls is known by `peer`; a short number that an
        // abonent dials is a colleague's.
        let internal = self.is_outgoing() && number.is_some_and(|number| Number::parse(number).is_internal());
        let facts = PartyFacts {
            address: number.map(str::to_owned),
            user_id: peer.map(str::to_owned),
            privacy: hidden,
            group: internal || peer.is_some(),
            ..PartyFacts::default()
        };
        self.party = Some(KnownParty {
            strength: Strength::Lists,
            facts,
        });
    }

    fn awaits_recording(&self) -> bool {
        self.recorded && self.answered && self.is_over() && !self.recording_failed && self.recording.is_none()
    }
}
