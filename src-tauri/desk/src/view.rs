//! What the window shows: rows and cards, ready to draw. The TypeScript twins of these types are generated into
//! `ui/src/lib/bindings` by `cargo test` (design: the wire contract is declared once).

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One line of the call list.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct CallRow {
    /// The relay's id of the call.
    pub id: String,
    /// `incoming` or `outgoing`.
    pub direction: String,
    /// The contract's word: `ringing`, `talking`, `answered_by`, `missed`, `rejected`, `unreachable`, `cancelled`,
    /// `no_answer`, `transferred`, `ended`.
    pub outcome: String,
    /// The end was assumed, not told.
    pub uncertain: bool,
    /// Contact's name, else the PBX's name, else none: «Неизвестный номер» is the window's word.
    pub name: Option<String>,
    /// Formatted for reading; none when withheld.
    pub number: Option<String>,
    /// Canonical number, for calling back: E.164, with `;ext=` where an extension was told; a colleague's extension;
    /// `short:` and a short number outside the company.
    pub number_key: Option<String>,
    /// The number is withheld.
    pub hidden: bool,
    /// A colleague.
    pub internal: bool,
    /// The contact, when the number belongs to exactly one.
    #[ts(type = "number | null")]
    pub contact_id: Option<i64>,
    /// Contacts that share the number, when more than one does.
    pub candidates: Vec<ContactRef>,
    /// Line or queue by which the call came.
    pub line: Option<String>,
    /// Who answered, when a colleague did.
    pub answered_by: Option<String>,
    /// RFC 3339 UTC.
    pub started_at: Option<String>,
    /// Waiting, milliseconds.
    pub wait_ms: Option<u32>,
    /// Conversation, milliseconds.
    pub talk_ms: Option<u32>,
    /// Number of the registered document.
    #[ts(type = "number | null")]
    pub document_id: Option<i64>,
    /// `none`, `pending`, `ready`, `gone`.
    pub recording: String,
    /// Missed and nobody has talked with this person since.
    pub to_call_back: bool,
}

/// A contact by name.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ContactRef {
    /// The desk's id.
    #[ts(type = "number")]
    pub id: i64,
    /// Name.
    pub name: String,
}

/// A page of the call list, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct CallsPage {
    /// At most the asked number of rows.
    pub rows: Vec<CallRow>,
    /// Give back for the next page; none at the end.
    pub next: Option<String>,
}

/// Which calls to list.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct CallsFilter {
    /// `all`, `incoming`, `outgoing`, `missed`, `to_call_back`, `unregistered` (number of no contact).
    pub kind: String,
    /// Name or part of a number in any spelling; empty for all.
    pub query: String,
}

/// One call with everything the desk knows of it.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct CallView {
    /// The row.
    pub row: CallRow,
    /// The PBX's id of the recording, where it is known.
    pub recording_id: Option<String>,
    /// Its way through the company.
    pub legs: Vec<LegView>,
    /// Earlier and later calls with the same person, newest first, at most 20.
    pub history: Vec<CallRow>,
}

/// One leg.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct LegView {
    /// Name of the abonent or of the system object.
    pub name: Option<String>,
    /// The reader's own.
    pub own: bool,
    /// Hunt group, voice menu, call centre.
    pub system: bool,
    /// `Alerting`, `Active`, `Held`, `RemoteHeld`, `Detached`, `Released`.
    pub state: Option<String>,
    /// The PBX's release cause.
    pub cause: Option<String>,
    /// RFC 3339 UTC.
    pub started_at: Option<String>,
    /// RFC 3339 UTC.
    pub answered_at: Option<String>,
    /// RFC 3339 UTC.
    pub ended_at: Option<String>,
}

/// Kinds of contacts (product C3; manual F2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ContactKind {
    /// Контрагент: a legal entity.
    Counterparty,
    /// Партнёр.
    Partner,
    /// Контактное лицо.
    ContactPerson,
    /// Физическое лицо.
    NaturalPerson,
}

/// A number of a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ContactNumber {
    /// As the user typed it or as it is shown.
    pub display: String,
    /// Canonical number; empty in a draft where the number is new or was written anew.
    #[serde(default)]
    pub key: String,
    /// «рабочий», «мобильный»…; may be empty.
    #[serde(default)]
    pub label: String,
}

/// A contact to save; `id` of none makes a new one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ContactDraft {
    /// The desk's id, or none for a new contact.
    #[ts(type = "number | null")]
    pub id: Option<i64>,
    /// Kind.
    pub kind: ContactKind,
    /// Name; must not be empty.
    pub name: String,
    /// Company of a person; may be empty.
    pub company: String,
    /// E-mail; may be empty.
    pub email: String,
    /// Note; may be empty.
    pub note: String,
    /// Numbers in the order shown.
    pub numbers: Vec<ContactNumber>,
}

/// One line of the contacts list.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ContactRow {
    /// The desk's id.
    #[ts(type = "number")]
    pub id: i64,
    /// Kind.
    pub kind: ContactKind,
    /// Name.
    pub name: String,
    /// Company.
    pub company: String,
    /// First number, formatted.
    pub number: Option<String>,
}

/// A contact's card.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ContactView {
    /// The desk's id.
    #[ts(type = "number")]
    pub id: i64,
    /// Kind.
    pub kind: ContactKind,
    /// Name.
    pub name: String,
    /// Company.
    pub company: String,
    /// E-mail.
    pub email: String,
    /// Note.
    pub note: String,
    /// Numbers.
    pub numbers: Vec<ContactNumber>,
    /// Calls over all numbers, newest first, at most 100.
    pub calls: Vec<CallRow>,
}

/// The document «Телефонный звонок».
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DocumentView {
    /// Number of the document: 1, 2, 3… on this desk.
    #[ts(type = "number")]
    pub id: i64,
    /// Number as printed: «000000042».
    pub number: String,
    /// When it was registered, RFC 3339 UTC.
    pub registered_at: String,
    /// The call.
    pub call: CallRow,
    /// The user's note.
    pub note: String,
}

/// One line of the list «Уведомления».
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct NotificationRow {
    /// The desk's id.
    #[ts(type = "number")]
    pub id: i64,
    /// `incoming`, `answered_elsewhere`, `missed`, `document`, `progress`, `digest`, `trouble`.
    pub kind: String,
    /// `prepared`, `shown`, `clicked`, `dismissed`, `expired` (manual D6).
    pub state: String,
    /// The user has looked at it.
    pub seen: bool,
    /// First line.
    pub title: String,
    /// Further lines.
    pub body: String,
    /// RFC 3339 UTC of the last change.
    pub at: String,
    /// Where a click leads in the window: a route such as `contact/12`, `document/3`, `call/01J…`, `settings`.
    pub route: Option<String>,
    /// Number that «Перезвонить» calls.
    pub call_back: Option<String>,
}
