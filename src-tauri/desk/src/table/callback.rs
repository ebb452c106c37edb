//! The queue «Надо перезвонить»: lasting, whatever the mirror forgets. One row for each number that missed calls came
//! from; of a person's numbers the one with the newest missed call stands for all.

mod miss;

pub(crate) use miss::{Miss, claim, first_reached, forget_counted, forget_miss, last_reached_ms, misses, note_miss};

use crate::error::DeskError;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

pub(super) const STEP_1: &str = "
    CREATE TABLE callback (
        id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        owner       TEXT    NOT NULL,       -- the abonent whose queue it is
        key         TEXT    NOT NULL,       -- of the number
        person      INTEGER,                -- the one person whose number it is
        head        INTEGER NOT NULL,       -- waits, and stands for the person
        state       TEXT    NOT NULL CHECK (state IN ('waiting', 'called_back', 'called_again', 'colleague', 'done')),
        times       INTEGER NOT NULL,       -- missed calls that wait, or waited when it was dealt with
        since_ms    INTEGER NOT NULL,       -- the first of them
        newest_ms   INTEGER NOT NULL,
        newest_call TEXT    NOT NULL,       -- the relay's id
        cutoff_ms   INTEGER NOT NULL,       -- missed calls that began earlier are dealt with
        kept_ms     INTEGER NOT NULL,       -- the same, from conversations that the mirror has forgotten
        done_ms     INTEGER NOT NULL,       -- the same, by hand
        undo_ms     INTEGER,                -- what done_ms was before
        handled_ms  INTEGER,                -- when it was dealt with
        handled_by  TEXT,                   -- the colleague who did; none: the user, or the caller
        rank_ms     INTEGER NOT NULL,       -- its place in the list: the newest missed call, or the reminder that came
        remind_ms   INTEGER,                -- when the user wants to be reminded; until then it is out of the list
        remind_set_ms INTEGER NOT NULL,     -- when they said so: what is talked later settles it
        remind_note TEXT    NOT NULL,
        reminded    INTEGER NOT NULL,       -- it came
        UNIQUE (owner, key)
    ) STRICT;
    CREATE INDEX callback_heads ON callback (owner, rank_ms) WHERE head = 1;
    CREATE INDEX callback_later ON callback (owner, remind_ms) WHERE remind_ms IS NOT NULL AND reminded = 0;
    CREATE INDEX callback_handled ON callback (owner, handled_ms) WHERE handled_ms IS NOT NULL;
    CREATE INDEX callback_of_person ON callback (owner, person) WHERE person IS NOT NULL;

    -- The missed calls behind it. The start is the identity: another ledger tells the same call under another id.
    CREATE TABLE callback_miss (
        owner      TEXT    NOT NULL,
        key        TEXT    NOT NULL,
        started_ms INTEGER NOT NULL,
        call       TEXT    NOT NULL,
        counted    INTEGER NOT NULL,        -- belongs to the caller's missed toast
        reached_ms INTEGER,                 -- a colleague has talked with the caller since
        reached_by TEXT,
        claim_until_ms INTEGER,             -- somebody undertakes to call back
        claim_by   TEXT,
        claim_own  INTEGER NOT NULL,        -- the user does
        PRIMARY KEY (owner, key, started_ms)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX callback_miss_by_call ON callback_miss (call);
";

/// How a caller stands in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Waiting,
    /// The user called, and they talked.
    CalledBack,
    /// The caller called again, and the user answered.
    CalledAgain,
    /// A colleague talked with them.
    Colleague,
    /// The user said so.
    Done,
}

impl State {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::CalledBack => "called_back",
            Self::CalledAgain => "called_again",
            Self::Colleague => "colleague",
            Self::Done => "done",
        }
    }

    fn of(word: &str) -> Self {
        match word {
            "called_back" => Self::CalledBack,
            "called_again" => Self::CalledAgain,
            "colleague" => Self::Colleague,
            "done" => Self::Done,
            _ => Self::Waiting,
        }
    }
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Callback {
    pub(crate) id: i64,
    pub(crate) key: String,
    pub(crate) person: Option<i64>,
    pub(crate) head: bool,
    pub(crate) state: State,
    pub(crate) times: i64,
    pub(crate) since_ms: i64,
    pub(crate) newest_ms: i64,
    pub(crate) newest_call: String,
    pub(crate) cutoff_ms: i64,
    pub(crate) kept_ms: i64,
    pub(crate) done_ms: i64,
    pub(crate) undo_ms: Option<i64>,
    pub(crate) handled_ms: Option<i64>,
    pub(crate) handled_by: Option<String>,
    pub(crate) rank_ms: i64,
    pub(crate) remind_ms: Option<i64>,
    pub(crate) remind_set_ms: i64,
    pub(crate) remind_note: String,
    pub(crate) reminded: bool,
}

impl Callback {
    /// Of a number of which nothing is known yet.
    pub(crate) fn of(key: &str) -> Self {
        Self {
            id: 0,
            key: key.to_owned(),
            person: None,
            head: false,
            state: State::Waiting,
            times: 0,
            since_ms: 0,
            newest_ms: 0,
            newest_call: String::new(),
            cutoff_ms: NEVER,
            kept_ms: NEVER,
            done_ms: NEVER,
            undo_ms: None,
            handled_ms: None,
            handled_by: None,
            rank_ms: 0,
            remind_ms: None,
            remind_set_ms: NEVER,
            remind_note: String::new(),
            reminded: false,
        }
    }

    /// A reminder that no later conversation has settled.
    pub(crate) fn reminds(&self) -> bool {
        self.remind_ms.is_some() && self.remind_set_ms >= self.cutoff_ms
    }

    /// It has not come yet.
    pub(crate) fn is_put_off(&self) -> bool {
        self.reminds() && !self.reminded
    }
}

const COLUMNS: &str =
    "id, key, person, head, state, times, since_ms, newest_ms, newest_call, cutoff_ms, kept_ms, done_ms,
    undo_ms, handled_ms, handled_by, rank_ms, remind_ms, remind_set_ms, remind_note, reminded";

/// Before any missed call.
pub(crate) const NEVER: i64 = i64::MIN;

fn read(row: &Row<'_>) -> rusqlite::Result<Callback> {
    Ok(Callback {
        id: row.get(0)?,
        key: row.get(1)?,
        person: row.get(2)?,
        head: row.get(3)?,
        state: State::of(&row.get::<_, String>(4)?),
        times: row.get(5)?,
        since_ms: row.get(6)?,
        newest_ms: row.get(7)?,
        newest_call: row.get(8)?,
        cutoff_ms: row.get(9)?,
        kept_ms: row.get(10)?,
        done_ms: row.get(11)?,
        undo_ms: row.get(12)?,
        handled_ms: row.get(13)?,
        handled_by: row.get(14)?,
        rank_ms: row.get(15)?,
        remind_ms: row.get(16)?,
        remind_set_ms: row.get(17)?,
        remind_note: row.get(18)?,
        reminded: row.get(19)?,
    })
}

/// How many persons wait.
pub(crate) fn waiting(connection: &Connection, owner: &str) -> Result<u32, DeskError> {
    Ok(connection
        .prepare_cached("SELECT count(*) FROM callback WHERE owner = ?1 AND head = 1")?
        .query_row([owner], |row| row.get(0))?)
}

/// The row of a number.
pub(crate) fn of_key(connection: &Connection, owner: &str, key: &str) -> Result<Option<Callback>, DeskError> {
    Ok(connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM callback WHERE owner = ?1 AND key = ?2"))?
        .query_row([owner, key], read)
        .optional()?)
}

/// Whether nothing but a reminder has made the row.
pub(crate) fn is_reminder_alone(connection: &Connection, owner: &str, row: &Callback) -> Result<bool, DeskError> {
    let missed = connection
        .prepare_cached("SELECT 1 FROM callback_miss WHERE owner = ?1 AND key = ?2 LIMIT 1")?
        .exists([owner, &row.key])?;
    Ok(!missed && row.done_ms == NEVER && row.kept_ms == NEVER)
}

/// Whether the person of this row is in the list.
pub(crate) fn has_head(connection: &Connection, owner: &str, row: &Callback) -> Result<bool, DeskError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM callback WHERE owner = ?1 AND head = 1 AND (key = ?2 OR person = ?3) LIMIT 1")?
        .exists(params![owner, row.key, row.person])?)
}

/// The numbers that are one person's, of those that calls were missed from.
pub(crate) fn keys_of_person(connection: &Connection, owner: &str, person: i64) -> Result<Vec<String>, DeskError> {
    let mut statement = connection.prepare_cached("SELECT key FROM callback WHERE owner = ?1 AND person = ?2")?;
    let keys = statement.query_map(params![owner, person], |row| row.get(0))?;
    Ok(keys.collect::<Result<_, _>>()?)
}

/// The numbers of those who wait.
pub(crate) fn waiting_keys(connection: &Connection, owner: &str) -> Result<Vec<String>, DeskError> {
    let mut statement = connection.prepare("SELECT key FROM callback WHERE owner = ?1 AND state = 'waiting'")?;
    let keys = statement.query_map([owner], |row| row.get(0))?;
    Ok(keys.collect::<Result<_, _>>()?)
}

/// The row of this id.
pub(crate) fn of_id(connection: &Connection, owner: &str, id: i64) -> Result<Option<Callback>, DeskError> {
    Ok(connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM callback WHERE owner = ?1 AND id = ?2"))?
        .query_row(params![owner, id], read)
        .optional()?)
}

/// A page of those who wait: the newest first, before (`rank_ms`, `id`). A condition on the row `b`, and one on the callers
/// `k`, which is met by those whom the mirror has a call of.
pub(crate) fn heads(
    connection: &Connection,
    owner: &str,
    before: (i64, i64),
    (of_row, of_caller, given): (Option<&str>, Option<&str>, Vec<Value>),
    limit: u32,
) -> Result<Vec<Callback>, DeskError> {
    let join = of_caller.map_or("", |_| " CROSS JOIN caller k ON k.key = b.key");
    let condition = [of_row, of_caller].into_iter().flatten().collect::<String>();
    let columns = COLUMNS
        .split(',')
        .map(|column| format!("b.{}", column.trim()))
        .collect::<Vec<_>>();
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {} FROM callback b{join} WHERE b.owner = ? AND b.head = 1 AND (b.rank_ms, b.id) < (?, ?){condition}
         ORDER BY b.rank_ms DESC, b.id DESC LIMIT ?",
        columns.join(", ")
    ))?;
    let first = [Value::from(owner.to_owned()), before.0.into(), before.1.into()];
    let given = first.into_iter().chain(given).chain([Value::from(i64::from(limit))]);
    let rows = statement.query_map(params_from_iter(given), read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A page of those whom the user wants to be reminded of: the next reminder first, after (`remind_ms`, `id`).
pub(crate) fn put_off(
    connection: &Connection,
    owner: &str,
    after: (i64, i64),
    limit: u32,
) -> Result<Vec<Callback>, DeskError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM callback
         WHERE owner = ?1 AND remind_ms IS NOT NULL AND reminded = 0 AND state = 'waiting' AND head = 0
               AND remind_set_ms >= cutoff_ms AND (remind_ms, id) > (?2, ?3)
         ORDER BY remind_ms, id LIMIT ?4"
    ))?;
    let rows = statement.query_map(params![owner, after.0, after.1, limit], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// When the next reminder comes.
pub(crate) fn next_reminder(connection: &Connection, owner: &str) -> Result<Option<i64>, DeskError> {
    Ok(connection
        .prepare_cached(
            "SELECT min(remind_ms) FROM callback
             WHERE owner = ?1 AND remind_ms IS NOT NULL AND reminded = 0 AND state = 'waiting' AND remind_set_ms >= cutoff_ms",
        )?
        .query_row([owner], |row| row.get(0))?)
}

/// Reminders that have come by this time, at most so many.
pub(crate) fn due(connection: &Connection, owner: &str, now_ms: i64, limit: u32) -> Result<Vec<Callback>, DeskError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM callback
         WHERE owner = ?1 AND remind_ms IS NOT NULL AND reminded = 0 AND remind_ms <= ?2 AND state = 'waiting'
               AND remind_set_ms >= cutoff_ms
         ORDER BY remind_ms LIMIT ?3"
    ))?;
    let rows = statement.query_map(params![owner, now_ms, limit], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A page of those who were dealt with since this time: the latest first, before (`handled_ms`, `id`).
pub(crate) fn handled(
    connection: &Connection,
    owner: &str,
    since_ms: i64,
    before: (i64, i64),
    limit: u32,
) -> Result<Vec<Callback>, DeskError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM callback
         WHERE owner = ?1 AND handled_ms IS NOT NULL AND handled_ms >= ?5 AND (handled_ms, id) < (?2, ?3)
         ORDER BY handled_ms DESC, id DESC LIMIT ?4"
    ))?;
    let rows = statement.query_map(params![owner, before.0, before.1, limit, since_ms], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Missed calls that wait over all numbers of a person, and the start of the first.
pub(crate) fn of_person(connection: &Connection, owner: &str, person: i64) -> Result<(i64, i64), DeskError> {
    Ok(connection
        .prepare_cached(
            "SELECT sum(times), min(since_ms) FROM callback WHERE owner = ?1 AND person = ?2 AND state = 'waiting'",
        )?
        .query_row(params![owner, person], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// Writes the row of a number, a new one where its id is 0; its id.
pub(crate) fn put(connection: &Connection, owner: &str, row: &Callback) -> Result<i64, DeskError> {
    Ok(connection
        .prepare_cached(
            "INSERT INTO callback (owner, key, person, head, state, times, since_ms, newest_ms, newest_call, cutoff_ms,
                                   kept_ms, done_ms, undo_ms, handled_ms, handled_by, rank_ms, remind_ms,
                                   remind_set_ms, remind_note, reminded)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)
             ON CONFLICT (owner, key) DO UPDATE SET
                 person = excluded.person, head = excluded.head, state = excluded.state, times = excluded.times,
                 since_ms = excluded.since_ms, newest_ms = excluded.newest_ms, newest_call = excluded.newest_call,
                 cutoff_ms = excluded.cutoff_ms, kept_ms = excluded.kept_ms, done_ms = excluded.done_ms,
                 undo_ms = excluded.undo_ms, handled_ms = excluded.handled_ms, handled_by = excluded.handled_by,
                 rank_ms = excluded.rank_ms, remind_ms = excluded.remind_ms, remind_set_ms = excluded.remind_set_ms,
                 remind_note = excluded.remind_note, reminded = excluded.reminded
             RETURNING id",
        )?
        .query_row(
            params![
                owner,
                row.key,
                row.person,
                row.head,
                row.state.as_str(),
                row.times,
                row.since_ms,
                row.newest_ms,
                row.newest_call,
                row.cutoff_ms,
                row.kept_ms,
                row.done_ms,
                row.undo_ms,
                row.handled_ms,
                row.handled_by,
                row.rank_ms,
                row.remind_ms,
                row.remind_set_ms,
                row.remind_note,
                row.reminded
            ],
            |row| row.get(0),
        )?)
}

/// Takes the row of a number away: nothing was missed.
pub(crate) fn remove(connection: &Connection, id: i64) -> Result<(), DeskError> {
    connection
        .prepare_cached("DELETE FROM callback WHERE id = ?1")?
        .execute([id])?;
    Ok(())
}

/// The mirror is about to forget its conversations: what they settled stays settled.
pub(crate) fn keep_cutoffs(connection: &Connection) -> Result<(), DeskError> {
    connection.execute("UPDATE callback SET kept_ms = cutoff_ms", [])?;
    Ok(())
}
