//! The tables of `desk.db`: each file has the steps, the rows and the statements of what belongs together. None imports
//! another.
//!
//! Lasting tables hold what nobody can give back; `mirror`, `caller`, `call`, `call_snapshot` and `word` are the relay's.

pub(crate) mod call;
pub(crate) mod call_note;
pub(crate) mod callback;
pub(crate) mod caller;
pub(crate) mod contact;
pub(crate) mod document;
pub(crate) mod import;
pub(crate) mod merged;
pub(crate) mod mirror;
pub(crate) mod notification;
pub(crate) mod recording;
pub(crate) mod setting;

use crate::changes::Counts;
use crate::db::Schema;

/// All of them.
pub(crate) const SCHEMA: Schema = Schema {
    steps: &[
        &[
            setting::STEP_1,
            mirror::STEP_1,
            caller::STEP_1,
            call::STEP_1,
            document::STEP_1,
            call_note::STEP_1,
            contact::STEP_1,
            merged::STEP_1,
            callback::STEP_1,
            notification::STEP_1,
        ],
        &[call::STEP_2],
        &[recording::STEP_3],
        &[import::STEP_1],
        &[call::STEP_5],
        &[contact::STEP_6],
    ],
    lasting: &[
        "setting",
        "document",
        "call_note",
        "person",
        "contact",
        "contact_number",
        "merge",
        "merged",
        "callback",
        "callback_miss",
        "notification",
        "recording",
        "recording_mark",
        "recording_played",
        "import",
        "import_row",
    ],
    counts: |connection| {
        Ok(Counts {
            to_call_back: callback::waiting(connection, &mirror::owner(connection)?)?,
            unseen: notification::unseen(connection)?,
        })
    },
};
