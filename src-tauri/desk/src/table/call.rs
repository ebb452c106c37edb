//! The mirror of the relay's calls.

use crate::error::DeskError;
use crate::key;
use crate::text::fold;
use perezvon_core::{CallSnapshot, Direction, Outcome, Time};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

/// The call as the relay last told it.
pub(crate) fn snapshot(connection: &Connection, id: &str) -> Result<Option<CallSnapshot>, DeskError> {
    let text: Option<String> = connection
        .prepare_cached("SELECT snapshot FROM call WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
}

/// Stores a snapshot that is newer than the stored one.
pub(crate) fn store(tx: &Transaction<'_>, call: &CallSnapshot, away: bool, counted: bool) -> Result<(), DeskError> {
    let number = call.party.number();
    let missed = is_missed(call);
    tx.prepare_cached(
        "INSERT INTO call (id, version, incoming, missed, started_ms, talked_ms, number_key, digits, search, away,
                           counted, snapshot)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
         ON CONFLICT (id) DO UPDATE SET
             version = excluded.version, incoming = excluded.incoming, missed = excluded.missed,
             started_ms = excluded.started_ms, talked_ms = excluded.talked_ms, number_key = excluded.number_key,
             digits = excluded.digits, search = excluded.search, away = iif(excluded.away, 1, away),
             counted = excluded.missed * max(counted, excluded.counted),
             waiting = excluded.missed * waiting, snapshot = excluded.snapshot",
    )?
    .execute(params![
        call.id,
        call.version,
        call.direction == Direction::Incoming,
        missed,
        call.started_at.unwrap_or(call.updated_at).ms(),
        call.answered_at.filter(|_| !call.uncertain).map(Time::ms),
        key::key_of_number(&number),
        number.search_digits(),
        fold(call.party.name.as_deref().unwrap_or_default()),
        away,
        counted,
        serde_json::to_string(call)?,
    ])?;
    Ok(())
}

/// Nobody answered, for certain, and the phone no longer rings.
fn is_missed(call: &CallSnapshot) -> bool {
    let rings = call
        .legs
        .iter()
        .any(|leg| leg.abonent.is_some() && leg.abonent == call.abonent && leg.state.as_deref() == Some("Alerting"));
    call.direction == Direction::Incoming
        && matches!(call.outcome, Outcome::Missed | Outcome::Unreachable)
        && !call.uncertain
        && !rings
}
