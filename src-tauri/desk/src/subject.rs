//! What a notification is about.

use crate::toast::ToastKind;
use perezvon_core::Outcome;
use serde::{Deserialize, Serialize};

/// What a notification is about. The texts are made of it anew whenever a name may have changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub(crate) enum Subject {
    Incoming {
        call: String,
    },
    AnsweredElsewhere {
        call: String,
    },
    Missed {
        call: String,
        times: i64,
    },
    Document {
        id: i64,
    },
    Recording {
        id: i64,
    },
    Progress {
        call: Option<String>,
        number: String,
        step: Step,
    },
    Failed {
        number: String,
        code: String,
    },
    /// Of the queue's row of this number.
    Reminder {
        number: String,
    },
    Digest {
        calls: i64,
        waiting: i64,
        /// The relay learnt of them late while the desk was there; else the desk was away.
        #[serde(default)]
        late: bool,
    },
    Trouble {
        code: String,
    },
}

/// How far a call placed here has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "step")]
pub(crate) enum Step {
    OwnPhone,
    Dialling,
    Talking,
    Over { outcome: Outcome, own_phone: bool },
}

impl Subject {
    pub(crate) fn kind(&self) -> ToastKind {
        match self {
            Self::Incoming { .. } => ToastKind::Incoming,
            Self::AnsweredElsewhere { .. } => ToastKind::AnsweredElsewhere,
            Self::Missed { .. } => ToastKind::Missed,
            Self::Document { .. } => ToastKind::Document,
            Self::Recording { .. } => ToastKind::Recording,
            Self::Progress { .. } | Self::Failed { .. } => ToastKind::Progress,
            Self::Reminder { .. } => ToastKind::Reminder,
            Self::Digest { .. } => ToastKind::Digest,
            Self::Trouble { .. } => ToastKind::Trouble,
        }
    }
}
