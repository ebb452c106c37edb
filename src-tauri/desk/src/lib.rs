//! The desk's storage and decisions: the mirror of the calls one employee may see, their contacts, documents, notes and
//! notifications, in one SQLite file, and what to show of them. Needs no window: toasts come out as data
//! ([`toast::ToastOp`]), the window's rows and cards as [`view`] types.
//!
//! Data path: [`follow`] reads the relay's feed and hands what has arrived to [`Desk::take`], which stores it, decides
//! and prepares the toasts in one transaction. Names are never copied into calls: they are joined by number key when
//! a row or a toast is made, so that a contact saved later names earlier calls too.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used))]

mod changes;
mod clock;
mod db;
mod desk;
mod digest;
mod error;
pub mod follow;
mod import;
mod key;
pub mod notifications;
mod part;
mod private;
mod queue;
mod react;
pub mod recordings;
pub mod relay_client;
mod render;
mod room;
mod secret;
mod subject;
mod table;
mod text;
pub mod toast;
mod trigram;
mod who;
mod words;

pub use changes::{Change, Changes, Counts, Ids, Touched};
pub use desk::Desk;
pub use error::DeskError;
pub use import::{ImportFile, ImportHow, MAX_IMPORT_BYTES, read_contacts};
pub use react::Taken;
pub use render::{Sample, sample};
pub use room::contacts::{Saved, Source, SourceContact};
pub use secret::Secret;
pub use text::fold;
pub use who::KnownContact;
pub use words::{FailureCode, Fault, Language, MendedIn, Problem, SoundFault, Trouble, TroubleWords, Words, Zone};

/// What the window shows: rows and cards, ready to draw. The TypeScript twins of these types are generated into
/// `ui/src/lib/bindings` by `cargo test` (design: the wire contract is declared once).
pub mod view {
    pub use crate::follow::CompanyCalls;
    pub use crate::import::{ColumnRole, Doubt, ImportColumn, ImportFormat, ImportProblem};
    pub use crate::recordings::{Loading, Loadings, RecordingsKept};
    pub use crate::room::FileWritten;
    pub use crate::room::callbacks::{
        CallbackClaim, CallbackKind, CallbackRow, CallbackState, CallbacksFilter, CallbacksPage,
    };
    pub use crate::room::calls::{
        CallColumn, CallMark, CallView, CallsAt, CallsFilter, CallsKept, CallsPage, CallsPlace, CallsSpan, LegView,
        SavedCalls,
    };
    pub use crate::room::contacts::{CallWritten, ContactsFormat};
    pub use crate::room::contacts::{
        ContactBefore, ContactDraft, ContactReminder, ContactRow, ContactView, ContactsAt, ContactsPage, ContactsPlace,
    };
    pub use crate::room::contacts::{DialFound, DialLine, DialNumber};
    pub use crate::room::contacts::{ImportDone, ImportPreview, ImportSame, ImportUndone, SameBy};
    pub use crate::room::document::{DocumentKind, DocumentView, DocumentsFilter, DocumentsPage};
    pub use crate::room::notes::JustEnded;
    pub use crate::room::notices::{NoticeState, NotificationRow};
    pub use crate::room::recordings::{
        MarkView, RecordedAbonent, RecordingKind, RecordingRow, RecordingTotals, RecordingView, RecordingsFilter,
        RecordingsPage, SoundPlace,
    };
    pub use crate::room::report::{
        Column, Grouping, Measure, Period, Report, ReportCalls, ReportCell, ReportFilter, ReportFormat, ReportLine,
        ReportOrder, ReportPictures, ReportPlace, ReportSettings, ReportVariant, ReportVariants, ReportWords,
    };
    pub use crate::room::row::CallRow;
    pub use crate::table::call_note::CallNote;
    pub use crate::table::contact::{ContactAbout, ContactField, ContactKind, ContactNumber};
    pub use crate::who::ContactRef;
}
