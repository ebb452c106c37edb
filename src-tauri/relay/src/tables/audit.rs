//! The audit: actions of people that others must be able to look up later. Append-only, also for SQL by hand.

use super::LedgerError;
use perezvon_core::Time;
use rusqlite::{Connection, Row};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AuditWhat)]
pub(crate) enum What {
    /// Somebody listened to a recording of another abonent's call.
    RecordingPlayed,
    /// A recording was deleted.
    RecordingDeleted,
    /// An abonent's recording was switched on or off.
    RecordingSwitched,
    /// An abonent's calls are forwarded elsewhere, or no longer.
    ForwardingChanged,
    /// Settings were changed: which, the former and the new value.
    SettingsChanged,
    /// Another account token was accepted. The token itself is never recorded.
    TokenChanged,
    /// A user with a key was made.
    UserAdded,
    /// A user's key was stopped.
    UserRevoked,
    /// A join code was made.
    JoinCodeMade,
    /// A join code was withdrawn before it was used.
    JoinCodeWithdrawn,
    /// A desk joined with a code.
    Joined,
    /// The abonents were read from the PBX.
    AbonentsFilled,
    /// A stored event was applied again.
    EventReplayed,
    /// The subscriptions were renewed by hand.
    SubscriptionRenewed,
    /// Old events, requests or recordings were deleted.
    RetentionRan,
    /// Journals were exported.
    ExportTaken,
}

impl What {
    /// The word in the database and in the API: the same as in JSON.
    fn word(self) -> Result<String, LedgerError> {
        match serde_json::to_value(self) {
            Ok(Value::String(word)) => Ok(word),
            Ok(_) => Err(LedgerError::State("a kind of the audit is no word".to_owned())),
            Err(error) => Err(LedgerError::state(error)),
        }
    }
}

/// Who did it. The name stays as it was at that time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AuditWho)]
pub(crate) struct Who {
    /// The user's id; none for the embedding program, the relay itself and the command line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    /// The user's name; `local`, `relay` or `console` where there is no user.
    pub(crate) name: String,
    /// `admin`, `user`, or `relay` for what nobody asked for.
    pub(crate) role: String,
}

impl Who {
    /// The relay itself, for example retention.
    pub(crate) fn relay() -> Self {
        Self {
            id: None,
            name: "relay".to_owned(),
            role: "relay".to_owned(),
        }
    }

    /// A user of the command line, who has access to the data directory.
    pub(crate) fn console() -> Self {
        Self {
            id: None,
            name: "console".to_owned(),
            role: "admin".to_owned(),
        }
    }
}

/// One line of the audit.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AuditLine {
    /// When.
    pub(crate) at: Time,
    /// Who did it.
    pub(crate) who: Who,
    /// What was done.
    pub(crate) what: What,
    /// The object: the id of a recording, an abonent, a user, an event.
    pub(crate) subject: Option<String>,
    /// More about it. Never a key, a token, a code or a secret address.
    pub(crate) detail: Option<Value>,
}

/// Adds a line; to be called in the transaction that does the thing, so that neither is stored without the other.
pub(crate) fn add(connection: &Connection, entry: &AuditLine) -> Result<(), LedgerError> {
    let sql = "INSERT INTO audit (at, who_id, who_name, who_role, what, subject, detail)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    connection.prepare_cached(sql)?.execute((
        entry.at.ms(),
        &entry.who.id,
        &entry.who.name,
        &entry.who.role,
        entry.what.word()?,
        &entry.subject,
        entry.detail.as_ref().map(Value::to_string),
    ))?;
    Ok(())
}

/// A line as the API shows it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub(crate) struct NumberedLine {
    /// Its number: grows, has no gaps.
    pub(crate) seq: i64,
    at: Time,
    who: Who,
    #[schema(value_type = What)]
    what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object)]
    detail: Option<Value>,
}

fn read(row: &Row<'_>) -> rusqlite::Result<NumberedLine> {
    Ok(NumberedLine {
        seq: row.get(0)?,
        at: Time::from_ms(row.get(1)?),
        who: Who {
            id: row.get(2)?,
            name: row.get(3)?,
            role: row.get(4)?,
        },
        what: row.get(5)?,
        subject: row.get(6)?,
        detail: row
            .get::<_, Option<String>>(7)?
            .map(|json| super::decode(&json))
            .transpose()?,
    })
}

/// Lines before a number, newest first.
pub(crate) fn list(
    connection: &Connection,
    before: Option<i64>,
    what: Option<What>,
    limit: usize,
) -> Result<Vec<NumberedLine>, LedgerError> {
    const COLUMNS: &str = "SELECT seq, at, who_id, who_name, who_role, what, subject, detail FROM audit";
    let (before, limit) = (before.unwrap_or(i64::MAX), limit as i64);
    let rows = if let Some(what) = what {
        let sql = format!("{COLUMNS} WHERE what = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3");
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map((what.word()?, before, limit), read)?;
        rows.collect::<Result<_, _>>()?
    } else {
        let sql = format!("{COLUMNS} WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2");
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map((before, limit), read)?;
        rows.collect::<Result<_, _>>()?
    };
    Ok(rows)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn lines_stay_as_they_were_written() {
        let mut connection = Connection::open_in_memory().unwrap();
        super::super::migrate::migrate(&mut connection, None).unwrap();
        for (n, what) in [What::UserAdded, What::RecordingPlayed, What::UserAdded]
            .into_iter()
            .enumerate()
        {
            let entry = AuditLine {
                at: Time::from_ms(n as i64),
                who: Who::console(),
                what,
                subject: Some(format!("subject {n}")),
                detail: Some(json!({ "n": n })),
            };
            add(&connection, &entry).unwrap();
        }
        for sql in ["UPDATE audit SET who_name = 'nobody'", "DELETE FROM audit"] {
            let refused = connection.execute(sql, []).unwrap_err().to_string();
            assert!(refused.contains("append-only"), "{sql} is refused: {refused}");
        }
        let subjects = |before, what, limit| -> Vec<String> {
            let lines = list(&connection, before, what, limit).unwrap();
            lines.into_iter().map(|line| line.subject.unwrap()).collect()
        };
        let all = ["subject 2", "subject 1", "subject 0"];
        assert_eq!(subjects(None, None, 10), all, "newest first");
        assert_eq!(
            subjects(Some(3), None, 1),
            all[1..2],
            "a page goes on before its cursor"
        );
        assert_eq!(
            subjects(None, Some(What::UserAdded), 10),
            ["subject 2", "subject 0"],
            "one kind only"
        );
        let line = serde_json::to_value(&list(&connection, None, None, 1).unwrap()[0]).unwrap();
        assert_eq!(
            line,
            json!({ "seq": 3, "at": Time::from_ms(2), "who": { "name": "console", "role": "admin" },
                "what": "user_added", "subject": "subject 2", "detail": { "n": 2 } }),
            "as the API tells it"
        );
    }
}
