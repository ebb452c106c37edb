//! What a new snapshot leads to.

mod keep;

pub(crate) use keep::note_recording;
pub(super) use keep::{keep, touch};

use crate::changes::Ids;
use crate::db::{Durability, Tx};
use crate::desk::Desk;
use crate::digest::Fewer;
use crate::error::DeskError;
use crate::key::key_of;
use crate::notifications::{Ops, Pen, close, raise};
use crate::subject::{Step, Subject};
use crate::table::call::{self, snapshot};
use crate::table::callback::{self, Miss};
use crate::table::{call_note, document, mirror, recording, setting};
use crate::toast::{ToastKey, ToastOp};
use crate::who::Party;
use crate::{digest, queue};
use perezvon_core::effect::{DocumentScope, Effect, Phase, Preferences, effects};
use perezvon_core::{CallSnapshot, Direction, Outcome, Time};

/// A snapshot whose news is older than this happened while the desk was away.
const FRESH_MS: i64 = 120_000;

/// What one batch of snapshots led to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Toasts to raise, rewrite and close, in order.
    pub toasts: Vec<ToastOp>,
    /// How many snapshots were newer than the mirror's.
    pub stored: usize,
    /// How many of them are old news that a summary has still to tell: [`Desk::digest`], [`Desk::late_digest`].
    pub untold: usize,
}

impl Desk {
    /// Makes the mirror one of `identity` (relay and abonent). Another identity's calls are forgotten; contacts,
    /// documents and notes stay. True when the mirror was begun anew.
    pub fn reset_mirror(&self, identity: &str) -> Result<bool, DeskError> {
        self.db.write(Durability::Lasting, |tx| {
            let same = mirror::identity(tx)?.as_deref() == Some(identity);
            if !same {
                begin_anew(tx, identity)?;
            }
            Ok(!same)
        })
    }

    /// Begins the mirror of the same identity anew, because the relay's ledger is another than it was.
    pub fn forget_mirror(&self, identity: &str) -> Result<(), DeskError> {
        self.db.write(Durability::Lasting, |tx| begin_anew(tx, identity))
    }

    /// The highest version taken from this identity's relay; 0 where nothing was.
    pub fn cursor(&self, identity: &str) -> Result<i64, DeskError> {
        self.db
            .read(|c| Ok(mirror::position(c, identity)?.map_or(0, |(cursor, _)| cursor)))
    }

    /// Takes a batch of snapshots in one transaction: stores the newer ones, decides what to show, registers
    /// documents, moves the cursor. Repeats and older versions change nothing.
    pub fn take(
        &self,
        snapshots: &[CallSnapshot],
        identity: &str,
        preferences: &Preferences,
        relay_now: Time,
    ) -> Result<Taken, DeskError> {
        self.set_clock(relay_now);
        let pen = Pen {
            words: self.words(),
            now: relay_now,
        };
        // Only a call that is over registers a document; a ring need not wait for the disk.
        let lasting = preferences.documents != DocumentScope::Off && snapshots.iter().any(|s| s.outcome.is_terminal());
        let durability = if lasting {
            Durability::Lasting
        } else {
            Durability::Rebuildable
        };
        self.db.write(durability, |tx| {
            let (cursor, synced) = mirror::position(tx, identity)?.ok_or(DeskError::OtherIdentity)?;
            let mut batch = Batch {
                owner: mirror::owner(tx)?,
                tx,
                pen,
                preferences,
                synced: (synced > 0).then_some(Time::from_ms(synced)),
                ops: Ops::default(),
                untold: 0,
                fewer_wait: Fewer::No,
            };
            let mut stored = 0;
            for after in snapshots {
                stored += usize::from(batch.take(after)?);
            }
            let highest = snapshots.iter().map(|s| s.version).max().unwrap_or(0).max(cursor);
            mirror::advance(tx, highest)?;
            digest::correct(tx, pen, batch.fewer_wait, &mut batch.ops)?;
            Ok(Taken {
                toasts: batch.ops.into_vec(),
                stored,
                untold: batch.untold,
            })
        })
    }
}

fn begin_anew(tx: &Tx<'_>, identity: &str) -> Result<(), DeskError> {
    callback::keep_cutoffs(tx)?;
    call::remove_all(tx)?;
    mirror::begin(tx, identity)?;
    setting::remove(tx, setting::COMPANY_ABONENTS)?;
    // Numbers may have changed hands while this abonent's queue was not the one that is shown.
    for key in callback::waiting_keys(tx, &mirror::owner(tx)?)? {
        queue::settle(tx, &key)?;
    }
    let mut touched = tx.touched();
    touched.calls = Ids::Many;
    touched.callers = Ids::Many;
    touched.numbers = Ids::Many;
    touched.callbacks = Ids::Many;
    Ok(())
}

struct Batch<'a> {
    tx: &'a Tx<'a>,
    /// Whose queue of calls back it is.
    owner: String,
    pen: Pen,
    preferences: &'a Preferences,
    /// When the mirror was first whole; what began before is history.
    synced: Option<Time>,
    ops: Ops,
    /// See [`Taken::untold`].
    untold: usize,
    fewer_wait: Fewer,
}

impl Batch<'_> {
    /// True when the snapshot was newer than the mirror's.
    fn take(&mut self, after: &CallSnapshot) -> Result<bool, DeskError> {
        let before = snapshot(self.tx, &after.id)?;
        if before.as_ref().is_some_and(|before| before.version >= after.version) {
            return Ok(false);
        }
        if let Some(by) = &after.superseded_by {
            return self.drop_call(before.as_ref(), by);
        }
        let fresh = self.pen.now.since(after.updated_at) <= FRESH_MS;
        let effects = effects(before.as_ref(), after, self.preferences, fresh);
        let begun = after.started_at.unwrap_or(after.updated_at);
        let away = self.synced.is_some_and(|synced| begun >= synced)
            && self.preferences.digest
            && !fresh
            && after.direction == Direction::Incoming
            && (before.is_none() || effects.contains(&Effect::MissedAway));
        let counted = effects
            .iter()
            .any(|effect| matches!(effect, Effect::Missed | Effect::MissedAway));
        self.untold += usize::from(away);
        let party = Party::of(&after.party);
        let key = party.key.clone();
        keep(self.tx, after, &party, call::OWN, away)?;
        touch(self.tx, after, &party);
        note_recording(self.tx, &self.owner, after, &party)?;
        if after.outcome == Outcome::Ringing && after.direction == Direction::Incoming && fresh {
            self.tx.touched().ringing.add(after.id.clone());
        }
        if after.outcome == Outcome::Ended && before.as_ref().is_some_and(|before| before.outcome != Outcome::Ended) {
            self.tx.touched().ended.add(after.id.clone());
        }
        let was = before.as_ref().and_then(|before| key_of(&before.party));
        self.note_miss(after, key.as_deref(), was.as_deref(), counted)?;
        if let Some(document) = document::follow(self.tx, after)? {
            self.tx.touched().documents.add(document);
        }
        call_note::follow(self.tx, &after.id, key.as_deref())?;
        let mut keys = Vec::new();
        for key in was.iter().filter(|was| key.as_ref() != Some(was)).chain(&key) {
            keys.extend(queue::settle(self.tx, key)?);
        }
        self.closed_by_colleague(before.as_ref(), after, &keys)?;
        for effect in effects {
            self.act(effect, after, key.as_deref(), &keys)?;
        }
        Ok(true)
    }

    /// Keeps the queue's missed calls in line with what is found of one.
    fn note_miss(
        &self,
        call: &CallSnapshot,
        key: Option<&str>,
        was: Option<&str>,
        counted: bool,
    ) -> Result<(), DeskError> {
        let missed = call::is_missed(call);
        let counted_before = (!missed || key != was) && queue::forget_miss(self.tx, &call.id)?;
        match key {
            Some(key) if missed => {
                let miss = Miss {
                    started_ms: call::started(call).ms(),
                    call: &call.id,
                    counted: counted || counted_before,
                    reached: call.talked_later.as_ref(),
                    claim: call.claim.as_ref(),
                };
                callback::note_miss(self.tx, &self.owner, key, &miss)
            }
            _ => Ok(()),
        }
    }

    /// The relay tells what colleagues do about a missed call: the toasts of one whom they have talked with go, and the
    /// row shows who undertakes to call back.
    fn closed_by_colleague(
        &mut self,
        before: Option<&CallSnapshot>,
        after: &CallSnapshot,
        keys: &[String],
    ) -> Result<(), DeskError> {
        if before.is_some_and(|before| before.claim != after.claim) {
            for key in keys {
                if let Some(row) = callback::of_key(self.tx, &self.owner, key)? {
                    self.tx.touched().queued(row.id, row.key);
                }
            }
        }
        if after.talked_later.is_some() {
            self.fewer_wait = self.fewer_wait.max(Fewer::Reached);
            for key in keys {
                queue::refresh(self.tx, self.pen, key, false, &mut self.ops)?;
            }
        }
        Ok(())
    }

    /// The call turned out to be the one of the id `by`: only that one is shown, and it keeps the document.
    fn drop_call(&mut self, known: Option<&CallSnapshot>, by: &str) -> Result<bool, DeskError> {
        let Some(known) = known else { return Ok(false) };
        let (tx, pen) = (self.tx, self.pen);
        call::remove(tx, &known.id, call::OWN)?;
        queue::forget_miss(tx, &known.id)?;
        document::hand_over(tx, &known.id, by)?;
        call_note::hand_over(tx, &known.id, by)?;
        for id in recording::hand_over(tx, &known.id, by)? {
            tx.touched().recordings.add(id);
        }
        tx.touched().calls.add(known.id.clone());
        if let Some(key) = key_of(&known.party) {
            tx.touched().callers.add(key);
        }
        tx.touched().documents = Ids::Many;
        for key in [ToastKey::Call(known.id.clone()), ToastKey::Missed(known.id.clone())] {
            self.ops.push(close(tx, pen, &key)?);
        }
        self.fewer_wait = Fewer::Withdrawn;
        if let Some(key) = key_of(&known.party) {
            for key in queue::settle(tx, &key)? {
                queue::refresh(tx, pen, &key, false, &mut self.ops)?;
            }
        }
        Ok(true)
    }

    fn act(
        &mut self,
        effect: Effect,
        call: &CallSnapshot,
        number: Option<&str>,
        persons: &[String],
    ) -> Result<(), DeskError> {
        let (tx, pen) = (self.tx, self.pen);
        let ring = ToastKey::Call(call.id.clone());
        let id = || call.id.clone();
        match effect {
            Effect::Ring => self.ops.push(raise(tx, pen, &ring, &Subject::Incoming { call: id() })?),
            Effect::AnsweredElsewhere => {
                self.ops
                    .push(raise(tx, pen, &ring, &Subject::AnsweredElsewhere { call: id() })?);
            }
            Effect::CloseRing => self.ops.push(close(tx, pen, &ring)?),
            Effect::Missed => self.missed(call, number)?,
            Effect::MissedAway => {}
            Effect::WithdrawMissed | Effect::Reached => {
                self.fewer_wait = self.fewer_wait.max(match effect {
                    Effect::Reached => Fewer::Reached,
                    _ => Fewer::Withdrawn,
                });
                self.ops.push(close(tx, pen, &ToastKey::Missed(id()))?);
                for key in persons {
                    queue::refresh(tx, pen, key, false, &mut self.ops)?;
                }
            }
            Effect::Progress(phase) => {
                if let Some(request) = &call.request {
                    let subject = Subject::Progress {
                        call: Some(id()),
                        number: number.unwrap_or_default().to_owned(),
                        step: step(phase),
                    };
                    self.ops
                        .push(raise(tx, pen, &ToastKey::Request(request.clone()), &subject)?);
                }
            }
            Effect::Document { toast } => {
                let registered = document::register(tx, call, pen.now)?;
                if let Some(document) = registered {
                    tx.touched().documents.add(document);
                    tx.touched().calls.add(id());
                }
                if let Some(document) = registered.filter(|_| toast) {
                    let subject = Subject::Document { id: document };
                    self.ops.push(raise(tx, pen, &ToastKey::Document(document), &subject)?);
                }
            }
        }
        Ok(())
    }

    fn missed(&mut self, call: &CallSnapshot, number: Option<&str>) -> Result<(), DeskError> {
        if let Some(number) = number {
            return queue::refresh(self.tx, self.pen, number, true, &mut self.ops);
        }
        // Nobody can say whether two withheld numbers are one caller.
        let subject = Subject::Missed {
            call: call.id.clone(),
            times: 1,
        };
        self.ops
            .push(raise(self.tx, self.pen, &ToastKey::Missed(call.id.clone()), &subject)?);
        Ok(())
    }
}

fn step(phase: Phase) -> Step {
    match phase {
        Phase::OwnPhone => Step::OwnPhone,
        Phase::Dialling => Step::Dialling,
        Phase::Talking => Step::Talking,
        Phase::Over { outcome, own_phone } => Step::Over { outcome, own_phone },
    }
}
