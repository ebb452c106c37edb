//! Every change of the ledger as a value. The rooms that cause changes build these values and know nothing of SQL;
//! [`Entry::apply`] carries one out inside the writer's transaction. It reads no clock and makes nothing random: both
//! come with the entry, so that the same entries make the same tables wherever they are applied.

use super::transaction::Transaction;
use crate::tables::LedgerError;
use crate::tables::abonents::{self, Abonent, Recording};
use crate::tables::audit::{What, Who};
use crate::tables::events::Readable;
use crate::tables::events::body::Body;
use crate::tables::exchanges::{self, ExchangeRow};
use crate::tables::join_codes::{self, JoinCode, Refused};
use crate::tables::recordings::RecordingRow;
use crate::tables::requests::{self, RequestRow, RequestState};
use crate::tables::retention::{self, Old, Step};
use crate::tables::settings::{self, Settings};
use crate::tables::statistics;
use crate::tables::subscriptions::{self, Subscription};
use crate::tables::users::{self, User};
use perezvon_core::Time;
use perezvon_core::call::StatisticsLine;
use serde_json::{Map, Value, json};

/// An entry as it is applied.
#[derive(Clone, Debug)]
pub(crate) struct Stamped {
    /// When the change was made, by the clock of the node that made it.
    pub(crate) at: Time,
    /// All the chance that the change needs: the ids of the calls that it creates come from it.
    pub(crate) seed: u64,
    pub(crate) entry: Entry,
}

/// A kind of change with its answer.
pub(crate) trait Change: Into<Entry> + Send + 'static {
    /// What whoever made the change is told once it is stored.
    type Answer: Send + 'static;

    /// The answer of this kind of change; none where it is another's.
    fn answer(answer: Answer) -> Option<Self::Answer>;
}

macro_rules! entries {
    ($($name:ident -> $answer:ty),* $(,)?) => {
        /// See the module.
        #[derive(Clone, Debug)]
        pub(crate) enum Entry { $($name($name)),* }

        /// What came of an entry.
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
    CallPlaced -> Option<String>,
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

/// What became of a posted event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Appended {
    /// New and read.
    Stored,
    /// New; it cannot be read and is kept as it came.
    Unreadable,
    /// It was there already.
    Repeated,
}

/// The PBX posted an event.
#[derive(Clone, Debug)]
pub(crate) struct Posted {
    /// The event, or why it cannot be read: what reading the body gives.
    pub(crate) read: Box<Readable>,
    /// The body as it is stored.
    pub(crate) body: Body,
}

impl Posted {
    fn apply(&self, transaction: &mut Transaction<'_>) -> Result<Appended, LedgerError> {
        if !transaction.event(&self.read, &self.body)? {
            return Ok(Appended::Repeated);
        }
        Ok(if self.read.is_ok() {
            Appended::Stored
        } else {
            Appended::Unreadable
        })
    }
}

/// A stored event is given to its calls once more; the answer says whether they learnt something, or nothing where there
/// is no such event any more.
#[derive(Clone, Debug)]
pub(crate) struct Replayed {
    /// Number of the event.
    pub(crate) seq: i64,
    /// What reading its text gives now.
    pub(crate) read: Box<Readable>,
    pub(crate) who: Who,
}

impl Replayed {
    fn apply(&self, transaction: &mut Transaction<'_>) -> Result<Option<bool>, LedgerError> {
        let changed = transaction.replay(self.seq, &self.read)?;
        if let Some(changed) = changed {
            transaction.audit(
                &self.who,
                What::EventReplayed,
                Some(self.seq.to_string()),
                Some(json!({ "changed": changed })),
            )?;
        }
        Ok(changed)
    }
}

/// Time passed: deadlines of calls, lost events.
#[derive(Clone, Debug)]
pub(crate) struct Swept;

impl Swept {
    #[expect(clippy::unused_self, reason = "every entry is applied in the same way")]
    fn apply(&self, transaction: &mut Transaction<'_>) -> Result<(), LedgerError> {
        transaction.sweep()
    }
}

/// Lines of the statistics were read, the earliest first.
#[derive(Clone, Debug)]
pub(crate) struct LinesRead {
    pub(crate) lines: Vec<StatisticsLine>,
    /// All lines until then have been read; none: more of the same window follow.
    pub(crate) until: Option<Time>,
}

impl LinesRead {
    fn apply(&self, transaction: &mut Transaction<'_>) -> Result<(), LedgerError> {
        transaction.take_lines(self.lines.clone())?;
        self.until.map_or(Ok(()), |until| transaction.lines_read(until))
    }
}

/// Recordings were listed.
#[derive(Clone, Debug)]
pub(crate) struct RecordsRead {
    pub(crate) rows: Vec<RecordingRow>,
    /// The place in the list from which reading goes on; none: it stays.
    pub(crate) cursor: Option<String>,
    /// This was the last part of what was listed.
    pub(crate) is_last: bool,
}

impl RecordsRead {
    fn apply(&self, transaction: &mut Transaction<'_>) -> Result<(), LedgerError> {
        transaction.take_recordings(self.rows.clone())?;
        if !self.is_last {
            return Ok(());
        }
        let (cursor, at) = (self.cursor.as_deref(), transaction.at);
        statistics::advance(transaction.connection, statistics::RECORDS, cursor, None, at)
    }
}

/// The PBX does not have a recording any more; false where that was known.
#[derive(Clone, Debug)]
pub(crate) struct RecordingGone {
    pub(crate) id: String,
}

impl RecordingGone {
    fn apply(&self, transaction: &mut Transaction<'_>) -> Result<bool, LedgerError> {
        transaction.recording_gone(&self.id)
    }
}

/// An administrator deleted a recording at the PBX.
#[derive(Clone, Debug)]
pub(crate) struct RecordingDeleted {
    pub(crate) id: String,
    pub(crate) who: Who,
    /// What the audit says of the recording.
    pub(crate) detail: Value,
}

impl RecordingDeleted {
    fn apply(&self, transaction: &mut Transaction<'_>) -> Result<(), LedgerError> {
        transaction.recording_gone(&self.id)?;
        transaction.audit(
            &self.who,
            What::RecordingDeleted,
            Some(self.id.clone()),
            Some(self.detail.clone()),
        )
    }
}

/// Calls that have waited since before `before` for lines or a recording wait no more; the answer says how many.
#[derive(Clone, Debug)]
pub(crate) struct WaitGivenUp {
    pub(crate) before: Time,
    /// At most so many.
    pub(crate) limit: usize,
}

impl WaitGivenUp {
    fn apply(&self, transaction: &mut Transaction<'_>) -> Result<usize, LedgerError> {
        transaction.give_up_waiting(self.before, self.limit)
    }
}

/// A desk asks for a call. The answer is the request of the same key that was there already.
#[derive(Clone, Debug)]
pub(crate) struct CallAsked {
    pub(crate) abonent: String,
    /// The idempotency key.
    pub(crate) key: String,
    /// Canonical number.
    pub(crate) number: String,
}

impl CallAsked {
    fn apply(&self, transaction: &mut Transaction<'_>) -> Result<Option<RequestRow>, LedgerError> {
        let at = transaction.at;
        requests::begin(transaction.connection, &self.abonent, &self.key, &self.number, at)
    }
}

/// What became of a call that was asked for. The answer is the call's id, where it is known.
#[derive(Clone, Debug)]
pub(crate) struct CallPlaced {
    pub(crate) request: RequestRow,
    pub(crate) state: RequestState,
    /// The session that the PBX named.
    pub(crate) tracking_id: Option<String>,
    /// Code of the failure.
    pub(crate) error: Option<&'static str>,
}

impl CallPlaced {
    fn apply(&self, transaction: &mut Transaction<'_>) -> Result<Option<String>, LedgerError> {
        let whose = (self.request.abonent.as_str(), self.request.key.as_str());
        let (tracking, at) = (self.tracking_id.as_deref(), transaction.at);
        requests::finish(transaction.connection, whose, self.state, tracking, self.error, at)?;
        match self.state {
            RequestState::Placed | RequestState::Unknown => transaction.placed(&self.request, tracking),
            RequestState::Placing | RequestState::Failed => Ok(None),
        }
    }
}

/// The PBX granted a subscription.
#[derive(Clone, Debug)]
pub(crate) struct SubscriptionMade(pub(crate) Subscription);

impl SubscriptionMade {
    fn apply(&self, transaction: &mut Transaction<'_>) -> Result<(), LedgerError> {
        subscriptions::add(transaction.connection, &self.0)?;
        transaction.reload_roster()?;
        transaction.follow_subscriptions()
    }
}

/// A subscription is over; false where that was known.
#[derive(Clone, Debug)]
pub(crate) struct SubscriptionEnded {
    pub(crate) id: String,
    pub(crate) reason: &'static str,
    /// The subscription that took its place.
    pub(crate) renewed_by: Option<String>,
}

impl SubscriptionEnded {
    fn apply(&self, transaction: &mut Transaction<'_>) -> Result<bool, LedgerError> {
        Ok(transaction.end_subscription(&self.id, self.reason, self.renewed_by.as_deref())?)
    }
}

/// An administrator switched the events of one abonent; false where nothing changed.
#[derive(Clone, Debug)]
pub(crate) struct SubscriptionSwitched {
    pub(crate) abonent: String,
    pub(crate) on: bool,
    pub(crate) who: Who,
}

impl SubscriptionSwitched {
    fn apply(&self, transaction: &mut Transaction<'_>) -> Result<bool, LedgerError> {
        let at = transaction.at;
        if !subscriptions::switch(transaction.connection, &self.abonent, self.on, at)? {
            return Ok(false);
        }
        transaction.audit(
            &self.who,
            What::SettingsChanged,
            Some(self.abonent.clone()),
            Some(json!({ "subscription": self.on })),
        )?;
        transaction.wake_keeper();
        Ok(true)
    }
}

/// The company as the PBX lists it now.
#[derive(Clone, Debug)]
pub(crate) struct CompanyRead {
    pub(crate) abonents: Vec<Abonent>,
    /// Id and phone of each inbound number.
    pub(crate) numbers: Vec<(String, String)>,
    pub(crate) who: Who,
}

impl CompanyRead {
    /// Ids in one line of the audit; the list of a very large company is cut.
    const IDS: usize = 1000;

    fn apply(&self, transaction: &mut Transaction<'_>) -> Result<(), LedgerError> {
        let (connection, at) = (transaction.connection, transaction.at);
        let diff = abonents::diff(connection, &self.abonents)?;
        abonents::replace(connection, &self.abonents, at)?;
        abonents::add_numbers(connection, &self.numbers)?;
        if !diff.is_empty() {
            let ids = |of: &mut dyn Iterator<Item = &String>| of.take(Self::IDS).cloned().collect::<Vec<_>>();
            let detail = json!({
                "new": ids(&mut diff.new.iter().map(|a| &a.id)),
                "changed": ids(&mut diff.changed.iter().map(|c| &c.after.id)),
                "gone": ids(&mut diff.gone.iter().map(|a| &a.id)),
            });
            transaction.audit(&self.who, What::AbonentsFilled, None, Some(detail))?;
        }
        transaction.reload_roster()?;
        transaction.wake_keeper();
        Ok(())
    }
}

/// Whether an abonent's calls are recorded was read from the PBX.
#[derive(Clone, Debug)]
pub(crate) struct RecordingModeRead {
    pub(crate) abonent: String,
    /// None: the PBX does not say.
    pub(crate) found: Option<Recording>,
    /// When the value was read that this one replaces, epoch milliseconds.
    pub(crate) read_at: Option<i64>,
}

impl RecordingModeRead {
    fn apply(&self, transaction: &mut Transaction<'_>) -> Result<(), LedgerError> {
        let at = transaction.at;
        abonents::recording_read(transaction.connection, &self.abonent, self.found, self.read_at, at)
    }
}

/// An administrator switched an abonent's recording.
#[derive(Clone, Debug)]
pub(crate) struct RecordingModeSwitched {
    pub(crate) abonent: String,
    pub(crate) asked: Recording,
    /// What the PBX says now; none: it could not be asked.
    pub(crate) found: Option<Recording>,
    pub(crate) who: Who,
}

impl RecordingModeSwitched {
    fn apply(&self, transaction: &mut Transaction<'_>) -> Result<(), LedgerError> {
        let (connection, at) = (transaction.connection, transaction.at);
        let before = abonents::switched(connection, &self.abonent, self.found, at, &self.who.name)?;
        transaction.audit(
            &self.who,
            What::RecordingSwitched,
            Some(self.abonent.clone()),
            Some(json!({ "asked": self.asked, "before": before, "after": self.found })),
        )
    }
}

/// Whose calls are recorded must be read anew.
#[derive(Clone, Debug)]
pub(crate) struct RecordingModesOutdated;

impl RecordingModesOutdated {
    #[expect(clippy::unused_self, reason = "every entry is applied in the same way")]
    fn apply(&self, transaction: &mut Transaction<'_>) -> Result<(), LedgerError> {
        abonents::recording_outdated(transaction.connection)
    }
}

/// A user with a key.
#[derive(Clone, Debug)]
pub(crate) struct UserAdded {
    pub(crate) user: User,
    pub(crate) key_hash: [u8; 32],
    pub(crate) who: Who,
}

impl UserAdded {
    fn apply(&self, transaction: &mut Transaction<'_>) -> Result<(), LedgerError> {
        users::add(transaction.connection, &self.user, &self.key_hash, self.who.clone())
    }
}

/// A user's key stops; false where there is no such user whose key works.
#[derive(Clone, Debug)]
pub(crate) struct UserRevoked {
    pub(crate) id: String,
    pub(crate) who: Who,
}

impl UserRevoked {
    fn apply(&self, transaction: &mut Transaction<'_>) -> Result<bool, LedgerError> {
        let at = transaction.at;
        users::revoke(transaction.connection, &self.id, at, self.who.clone())
    }
}

/// A join code; false where too many are open.
#[derive(Clone, Debug)]
pub(crate) struct JoinCodeMade {
    pub(crate) code: JoinCode,
    pub(crate) hash: [u8; 32],
    pub(crate) who: Who,
}

impl JoinCodeMade {
    fn apply(&self, transaction: &mut Transaction<'_>) -> Result<bool, LedgerError> {
        join_codes::add(transaction.connection, &self.code, &self.hash, self.who.clone())
    }
}

/// A join code is taken back; false where there is none that can be used.
#[derive(Clone, Debug)]
pub(crate) struct JoinCodeWithdrawn {
    pub(crate) id: String,
    pub(crate) who: Who,
}

impl JoinCodeWithdrawn {
    fn apply(&self, transaction: &mut Transaction<'_>) -> Result<bool, LedgerError> {
        let at = transaction.at;
        join_codes::withdraw(transaction.connection, &self.id, at, self.who.clone())
    }
}

/// A desk used a join code. The answer is its user, or why it is refused.
#[derive(Clone, Debug)]
pub(crate) struct Joined {
    /// Hash of the code.
    pub(crate) hash: [u8; 32],
    /// Id of the user that the code becomes.
    pub(crate) user: String,
    /// Hash of that user's key.
    pub(crate) key_hash: [u8; 32],
}

impl Joined {
    fn apply(&self, transaction: &mut Transaction<'_>) -> Result<Result<User, Refused>, LedgerError> {
        let at = transaction.at;
        join_codes::join(transaction.connection, &self.hash, at, &self.user, &self.key_hash)
    }
}

/// Settings were changed. The answer is the settings in force from now on, or what is wrong with a value.
#[derive(Clone, Debug)]
pub(crate) struct SettingsChanged {
    /// The values that are replaced, by their keys.
    pub(crate) values: Map<String, Value>,
    pub(crate) who: Who,
}

impl SettingsChanged {
    fn apply(&self, transaction: &mut Transaction<'_>) -> Result<Result<Settings, String>, LedgerError> {
        // From what is stored, not from what was in force when the request came: two changes at once both hold.
        let settings = match settings::load(transaction.connection)?.changed(self.values.clone()) {
            Ok(settings) => settings,
            Err(refused) => return Ok(Err(refused)),
        };
        settings::store(transaction.connection, &settings, self.who.clone(), transaction.at)?;
        transaction.set_settings(settings.clone());
        transaction.wake_keeper();
        Ok(Ok(settings))
    }
}

/// A line of the audit alone; its time is the entry's.
#[derive(Clone, Debug)]
pub(crate) struct Noted {
    pub(crate) who: Who,
    pub(crate) what: What,
    pub(crate) subject: Option<String>,
    pub(crate) detail: Option<Value>,
}

impl Noted {
    fn apply(&self, transaction: &mut Transaction<'_>) -> Result<(), LedgerError> {
        transaction.audit(&self.who, self.what, self.subject.clone(), self.detail.clone())
    }
}

/// An exchange with the PBX, for the journal of requests.
#[derive(Clone, Debug)]
pub(crate) struct Exchanged(pub(crate) ExchangeRow);

impl Exchanged {
    fn apply(&self, transaction: &mut Transaction<'_>) -> Result<(), LedgerError> {
        exchanges::add(transaction.connection, &self.0)
    }
}

/// One step of forgetting events.
#[derive(Clone, Debug)]
pub(crate) struct EventsForgotten {
    pub(crate) old: Old,
    /// Where the step before ended.
    pub(crate) after: Option<(i64, i64)>,
}

impl EventsForgotten {
    fn apply(&self, transaction: &mut Transaction<'_>) -> Result<Step, LedgerError> {
        Ok(retention::forget_events(transaction.connection, self.old, self.after)?)
    }
}

/// One step of forgetting requests to the PBX; the answer says how many were.
#[derive(Clone, Debug)]
pub(crate) struct RequestsForgotten {
    /// Before this time, epoch milliseconds.
    pub(crate) before: i64,
}

impl RequestsForgotten {
    fn apply(&self, transaction: &mut Transaction<'_>) -> Result<usize, LedgerError> {
        Ok(retention::forget_requests(transaction.connection, self.before)?)
    }
}

/// One step of forgetting calls that are over; the answer says how many were.
#[derive(Clone, Debug)]
pub(crate) struct CallsForgotten {
    /// Began before this time, epoch milliseconds.
    pub(crate) before: i64,
}

impl CallsForgotten {
    fn apply(&self, transaction: &mut Transaction<'_>) -> Result<usize, LedgerError> {
        transaction.forget_calls(self.before)
    }
}
