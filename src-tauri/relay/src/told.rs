//! The view of a call that each reader gets.

use crate::roster::Roster;
use crate::tables::calls::CallRow;
use axum::extract::ws::Utf8Bytes;
use perezvon_core::CallSnapshot;
use perezvon_core::call::Reader;
use std::sync::Arc;

/// A call that changed, for the feeds.
pub(crate) type Changed = Arc<CallRow>;

/// A message to the router of the feeds.
pub(crate) enum FeedMessage {
    /// Calls that changed, in the order of their versions.
    Calls(Vec<Changed>),
    /// The single changes are not known: each reader must reconnect with its cursor and read its backlog.
    CutAll,
}

/// One snapshot for one view.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub(crate) version: i64,
    pub(crate) json: Utf8Bytes,
}

/// The view of a reader.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum View {
    /// A user.
    Abonent(String),
    /// An administrator who asked for one abonent.
    AdminOf(String),
    /// An admin.
    Company,
}

impl View {
    pub(crate) fn reader(&self) -> Reader<'_> {
        match self {
            Self::Abonent(id) => Reader::Abonent(id),
            Self::AdminOf(id) => Reader::AdminOf(id),
            Self::Company => Reader::Company,
        }
    }

    pub(crate) fn abonent(&self) -> Option<&str> {
        self.reader().abonent()
    }
}

/// The call as a reader gets it.
pub(crate) fn view_for(row: &CallRow, reader: Reader<'_>, roster: &Roster) -> CallSnapshot {
    let id_of = |key: &str| {
        row.linked
            .iter()
            .find(|(known, _)| known == key)
            .map(|(_, id)| id.clone())
    };
    let mut told = row
        .call
        .tell(&row.id, row.version, reader, &|id| roster.name_of(id), &id_of);
    if reader.abonent().is_some_and(|abonent| !row.call.has_part(abonent)) {
        // They no longer have a part in the call.
        told.superseded_by.get_or_insert_with(|| row.id.clone());
        if let Reader::Abonent(_) = reader {
            // What goes on in it is not theirs to know.
            told = CallSnapshot {
                tracking_id: None,
                line: None,
                answered_by: None,
                started_at: None,
                answered_at: None,
                ended_at: None,
                wait_ms: None,
                talk_ms: None,
                talked_later: None,
                claim: None,
                linked: Vec::new(),
                request: None,
                legs: Vec::new(),
                ..told
            };
        }
    }
    told
}

/// The snapshot of one view as JSON.
pub(crate) fn snapshot(row: &CallRow, view: &View, roster: &Roster) -> Snapshot {
    written(&view_for(row, view.reader(), roster))
}

/// An abonent's part in a call, for the company's log. Of the legs only the abonent's and the system's: the others' parts are
/// told beside it, and a call that rings at a hundred phones is not told with a hundred times a hundred legs.
pub(crate) fn part(row: &CallRow, abonent: &str, roster: &Roster) -> Snapshot {
    let mut told = view_for(row, Reader::AdminOf(abonent), roster);
    told.legs
        .retain(|leg| leg.system || leg.abonent.as_deref() == Some(abonent));
    written(&told)
}

fn written(told: &CallSnapshot) -> Snapshot {
    let json = serde_json::to_string(told).expect("a snapshot has nothing that JSON cannot hold");
    Snapshot {
        version: told.version,
        json: json.into(),
    }
}
