//! Every change of the ledger as a value. The modules that cause changes build these values and know nothing of SQL;
//! [`Entry::apply`] carries one out inside the writer's transaction. It reads no clock and makes no random numbers:
//! time and seed are part of the entry, so that the same entries make the same tables on every node.

mod company;
mod events;
mod journals;
mod lists;
mod people;
mod requests;
mod retention;
mod subscriptions;

pub(crate) use self::company::{CompanyRead, RecordingModeRead, RecordingModeSwitched, RecordingModesOutdated};
pub(crate) use self::events::{Appended, Posted, Replayed, Swept};
pub(crate) use self::journals::{Exchanged, Noted, SettingsChanged};
pub(crate) use self::lists::{LinesRead, RecordingDeleted, RecordingGone, RecordsRead, WaitGivenUp};
pub(crate) use self::people::{JoinCodeMade, JoinCodeWithdrawn, Joined, UserAdded, UserRevoked};
pub(crate) use self::requests::{CallAsked, CallClaimed, CallNotAsked, CallPlaced};
pub(crate) use self::retention::{CallsForgotten, EventsForgotten, RequestsForgotten};
pub(crate) use self::subscriptions::{SubscriptionEnded, SubscriptionMade, SubscriptionSwitched};

use super::transaction::Transaction;
use crate::tables::LedgerError;
use crate::tables::join_codes::Refused;
use crate::tables::requests::RequestRow;
use crate::tables::retention::Step;
use crate::tables::settings::Settings;
use crate::tables::users::User;
use perezvon_core::Time;

/// An entry with its time and seed.
#[derive(Clone, Debug)]
pub(crate) struct Stamped {
    /// When the change was made, by the clock of the node that made it.
    pub(crate) at: Time,
    /// The seed of everything random in the change: the ids of the calls that it creates.
    pub(crate) seed: u64,
    pub(crate) entry: Entry,
}

/// A type of change with its answer.
pub(crate) trait Change: Into<Entry> + Send + 'static {
    /// What the caller is told once the change is stored.
    type Answer: Send + 'static;

    /// The answer of this type of change; none if it belongs to another.
    fn answer(answer: Answer) -> Option<Self::Answer>;
}

macro_rules! entries {
    ($($name:ident -> $answer:ty),* $(,)?) => {
        /// An entry, see the module.
        #[derive(Clone, Debug)]
        pub(crate) enum Entry { $($name($name)),* }

        /// The answer to an entry.
        #[derive(Debug)]
        pub(crate) enum Answer { $($name($answer)),* }

        impl Entry {
            /// Carries the change out.
            pub(super) fn apply(&self, transaction: &mut Transaction<'_>) -> Result<Answer, LedgerError> {
                match self { $(Self::$name(change) => change.apply(transaction).map(Answer::$name)),* }
            }
        }

        $(
            impl From<$name> for Entry {
                fn from(change: $name) -> Self { Self::$name(change) }
            }

            impl Change for $name {
                type Answer = $answer;

                fn answer(answer: Answer) -> Option<$answer> {
                    #[allow(unreachable_patterns, reason = "were there one kind alone")]
                    match answer { Answer::$name(answer) => Some(answer), _ => None }
                }
            }
        )*
    };
}

entries! {
    Posted -> Appended,
    Replayed -> Option<bool>,
    Swept -> (),
    LinesRead -> (),
    RecordsRead -> (),
    RecordingGone -> bool,
    RecordingDeleted -> (),
    WaitGivenUp -> usize,
    CallAsked -> Option<RequestRow>,
    CallNotAsked -> (),
    CallPlaced -> Option<String>,
    CallClaimed -> bool,
    SubscriptionMade -> (),
    SubscriptionEnded -> bool,
    SubscriptionSwitched -> bool,
    CompanyRead -> (),
    RecordingModeRead -> (),
    RecordingModeSwitched -> (),
    RecordingModesOutdated -> (),
    UserAdded -> (),
    UserRevoked -> bool,
    JoinCodeMade -> bool,
    JoinCodeWithdrawn -> bool,
    Joined -> Result<User, Refused>,
    SettingsChanged -> Result<Settings, String>,
    Noted -> (),
    Exchanged -> (),
    EventsForgotten -> Step,
    RequestsForgotten -> usize,
    CallsForgotten -> usize,
}
