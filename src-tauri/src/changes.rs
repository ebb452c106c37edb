//! What is worth reading again: the desk's changes after their commits, and what only the app knows. The window and the
//! tray listen; nobody calls them.

use perezvon_desk::{Counts, Desk, Touched};
use serde::Serialize;
use std::collections::BTreeSet;
use std::future::pending;
use std::time::Duration;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::{Instant, timeout_at};
use ts_rs::TS;

/// Changes of the app's own that wait for a slow listener; it then hears that all of them have happened.
const MAX_CHANGES: usize = 64;
/// A listener hears the changes of this time as one: a busy switchboard changes calls many times a second.
const JOIN_TIME: Duration = Duration::from_millis(100);

/// What has changed within a tenth of a second: the event `changed` of the window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Changed {
    /// Calls.
    pub calls: Ids<String>,
    /// Those of them that ring here.
    pub ringing: Ids<String>,
    /// Those of them whose conversations have ended now.
    pub ended: Ids<String>,
    /// Whose calls those are: number keys.
    pub callers: Ids<String>,
    /// Number keys of which the name, or whether they wait to be called back, has changed: every row with such a number
    /// may look otherwise.
    pub numbers: Ids<String>,
    /// Contacts.
    #[ts(as = "Ids<i32>")]
    pub contacts: Ids<i64>,
    /// Notifications.
    #[ts(as = "Ids<i32>")]
    pub notices: Ids<i64>,
    /// Documents.
    #[ts(as = "Ids<i32>")]
    pub documents: Ids<i64>,
    /// Recordings.
    #[ts(as = "Ids<i32>")]
    pub recordings: Ids<i64>,
    /// The queue «Надо перезвонить».
    pub callbacks: bool,
    /// The state of the relay and the PBX.
    pub service: bool,
    /// The settings, the connection or the chosen abonent.
    pub settings: bool,
    /// The figures after it; none where the desk has changed nothing.
    pub counts: Option<Figures>,
}

/// Which rows of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(untagged)]
#[ts(export)]
pub enum Ids<T: Ord> {
    /// These, at most 64.
    These(BTreeSet<T>),
    /// Too many to name.
    Many(Many),
}

/// In the place of ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum Many {
    /// The word.
    Many,
}

/// What waits, for the tray and the window's frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Figures {
    /// Missed callers whom nobody has called back.
    pub to_call_back: u32,
    /// Notifications not yet looked at.
    pub unseen: u32,
}

/// A change of which the desk knows nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Own {
    /// The state of the relay and the PBX.
    Service,
    /// Settings that are in force now, or the abonent's name.
    Settings,
}

/// Where the app tells its own changes.
pub(crate) struct Teller(broadcast::Sender<Own>);

impl Teller {
    pub(crate) fn new() -> Self {
        Self(broadcast::channel(MAX_CHANGES).0)
    }

    pub(crate) fn tell(&self, own: Own) {
        // Nobody may listen yet.
        let _ = self.0.send(own);
    }

    /// Every change from now on, the desk's too where there is one.
    pub(crate) fn listen(&self, desk: Option<&Desk>) -> Changes {
        Changes {
            desk: desk.map(Desk::changes),
            own: self.0.subscribe(),
        }
    }
}

/// Hears what has changed.
pub struct Changes {
    desk: Option<perezvon_desk::Changes>,
    own: broadcast::Receiver<Own>,
}

/// One of the two sources' changes.
enum One {
    Desk(Box<perezvon_desk::Change>),
    Own(Own),
    /// More than the listener could hear.
    AllOwn,
}

impl Changes {
    /// The next change, with all that follow within a tenth of a second; none when the app has ended.
    pub async fn next(&mut self) -> Option<Changed> {
        let mut touched = Touched::default();
        let mut all = Changed::default();
        all.add(self.one().await?, &mut touched);
        let end = Instant::now() + JOIN_TIME;
        while let Ok(Some(one)) = timeout_at(end, self.one()).await {
            all.add(one, &mut touched);
        }
        all.settings |= !touched.settings.is_empty();
        all.callbacks = !touched.callbacks.is_empty();
        Some(Changed {
            calls: touched.calls.into(),
            ringing: touched.ringing.into(),
            ended: touched.ended.into(),
            callers: touched.callers.into(),
            numbers: touched.numbers.into(),
            contacts: touched.contacts.into(),
            notices: touched.notices.into(),
            documents: touched.documents.into(),
            recordings: touched.recordings.into(),
            ..all
        })
    }

    /// Loses nothing where it is not waited for to its end.
    async fn one(&mut self) -> Option<One> {
        let Self { desk, own } = self;
        let desk = async {
            match desk {
                Some(desk) => desk.next().await,
                None => pending().await,
            }
        };
        tokio::select! {
            change = desk => change.map(|change| One::Desk(Box::new(change))),
            own = own.recv() => match own {
                Ok(own) => Some(One::Own(own)),
                Err(RecvError::Lagged(_)) => Some(One::AllOwn),
                Err(RecvError::Closed) => None,
            },
        }
    }
}

impl Changed {
    fn add(&mut self, one: One, touched: &mut Touched) {
        match one {
            One::Desk(change) => {
                touched.join(change.touched);
                self.counts = Some(change.counts.into());
            }
            One::Own(Own::Service) => self.service = true,
            One::Own(Own::Settings) => self.settings = true,
            One::AllOwn => (self.service, self.settings) = (true, true),
        }
    }

    /// What the tray shows of the desk may be another: who waits, and what rings.
    pub(crate) fn is_of_calls(&self) -> bool {
        self.callbacks || !self.calls.is_empty() || !self.numbers.is_empty()
    }
}

impl<T: Ord> Ids<T> {
    fn is_empty(&self) -> bool {
        matches!(self, Self::These(ids) if ids.is_empty())
    }
}

impl<T: Ord> Default for Ids<T> {
    fn default() -> Self {
        Self::These(BTreeSet::new())
    }
}

impl<T: Ord> From<perezvon_desk::Ids<T>> for Ids<T> {
    fn from(ids: perezvon_desk::Ids<T>) -> Self {
        match ids {
            perezvon_desk::Ids::These(ids) => Self::These(ids),
            perezvon_desk::Ids::Many => Self::Many(Many::Many),
        }
    }
}

impl From<Counts> for Figures {
    fn from(counts: Counts) -> Self {
        Self {
            to_call_back: counts.to_call_back,
            unseen: counts.unseen,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[tokio::test]
    async fn what_happens_within_a_tenth_of_a_second_is_one_change_with_its_ids_and_figures() {
        let dir = tempfile::tempdir().unwrap();
        let desk = Desk::open(dir.path()).unwrap();
        let teller = Teller::new();
        let mut changes = teller.listen(Some(&desk));
        let draft = |name: &str| {
            let draft = json!({"id": null, "kind": "partner", "name": name, "company": "", "email": "", "note": "",
                               "numbers": [{"display": "+79000000099"}]});
            serde_json::from_value(draft).unwrap()
        };
        let first = desk.save_contact(&draft("Орлова Марина")).unwrap().id;
        let second = desk.save_contact(&draft("Иванов Пётр")).unwrap().id;
        teller.tell(Own::Service);
        let told = serde_json::to_value(changes.next().await.unwrap()).unwrap();
        assert_eq!(told["contacts"], json!([first, second]));
        assert_eq!(told["numbers"], json!(["+79000000099"]));
        assert_eq!(
            (&told["calls"], &told["callbacks"], &told["service"], &told["settings"]),
            (&json!([]), &json!(false), &json!(true), &json!(false))
        );
        assert_eq!(told["counts"], json!({"toCallBack": 0, "unseen": 0}));
        for n in 0..300 {
            desk.set_setting("n", &n).unwrap();
        }
        let told = serde_json::to_value(changes.next().await.unwrap()).unwrap();
        assert_eq!(
            (&told["calls"], &told["contacts"], &told["settings"]),
            (&json!("many"), &json!("many"), &json!(true)),
            "who hears too slowly hears that everything may have changed"
        );
        teller.tell(Own::Settings);
        let told = changes.next().await.unwrap();
        assert!(told.settings && told.counts.is_none() && !told.is_of_calls());
    }
}
