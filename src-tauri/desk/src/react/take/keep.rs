//! What is stored of a call, whoever reads it: the row with whom it is with, and its recording.

use crate::db::Tx;
use crate::error::DeskError;
use crate::key::line_of;
use crate::table::call::{self, Stored};
use crate::table::caller::{self, Told};
use crate::table::{contact, recording};
use crate::who::Party;
use perezvon_core::snapshot::RecordingState;
use perezvon_core::{CallSnapshot, Direction};

/// Stores one abonent's view of a call, and whom it is with.
pub(in crate::react) fn keep(
    tx: &Tx<'_>,
    call: &CallSnapshot,
    party: &Party,
    whose: i64,
    away: bool,
) -> Result<(), DeskError> {
    let digits = call.party.number().search_digits();
    let (caller, new) = caller::note(
        tx,
        &Told {
            key: party.key.as_deref(),
            digits: &digits,
            name: party.name.as_deref(),
            started_ms: call::started(call).ms(),
        },
    )?;
    if let Some(line) = party.key.as_deref().map(line_of).filter(|_| new) {
        caller::index(tx, line, &contact::texts_of_line(tx, line)?)?;
    }
    let row = Stored {
        whose,
        caller,
        name: party.name.as_deref(),
        shown: party.shown.as_deref(),
        away,
    };
    call::store(tx, call, &row)
}

/// The call looks otherwise, and its caller has another one.
pub(in crate::react) fn touch(tx: &Tx<'_>, call: &CallSnapshot, party: &Party) {
    let mut touched = tx.touched();
    touched.calls.add(call.id.clone());
    party.key.iter().for_each(|key| touched.callers.add(key.clone()));
}

/// What the call tells of its recording.
pub(crate) fn note_recording(tx: &Tx<'_>, owner: &str, call: &CallSnapshot, party: &Party) -> Result<(), DeskError> {
    let (gone, pbx) = match (call.recording.state, call.recording.id.as_deref()) {
        (RecordingState::Ready, Some(pbx)) => (false, pbx),
        (RecordingState::Gone, Some(pbx)) => (true, pbx),
        (RecordingState::Gone, None) => {
            for id in recording::lost(tx, &call.id)? {
                tx.touched().recordings.add(id);
            }
            return Ok(());
        }
        _ => return Ok(()),
    };
    let digits = call.party.number().search_digits();
    let told = recording::Told {
        pbx,
        call: Some(&call.id),
        abonent: call.abonent.as_deref(),
        abonent_name: None,
        incoming: call.direction == Direction::Incoming,
        key: party.key.as_deref(),
        name: party.name.as_deref(),
        shown: party.shown.as_deref(),
        hidden: party.hidden,
        digits: &digits,
        started_ms: call::started(call).ms(),
        // Of the conversation: the recording's own length is asked for before it is fetched.
        told_ms: None,
        told_bytes: None,
        gone,
    };
    if let Some((id, new)) = recording::note(tx, owner, &told)? {
        tx.touched().recordings.add(id);
        if let Some(line) = party.key.as_deref().map(line_of).filter(|_| new) {
            recording::index(tx, line, &contact::texts_of_line(tx, line)?)?;
        }
    }
    Ok(())
}
