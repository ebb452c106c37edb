//! The links in toasts: `perezvon://act/NONCE`. Where the system hands a click over as a link (Windows: from its
//! notification centre too, and after the app was killed), the link comes in as a second start's argument, and anybody
//! can open one. So it names nothing: a random number, of which only the hash is kept, beside what it does. It works
//! once, as long as its toast, and for whoever does not know it, it does nothing.

use perezvon_desk::Desk;
use perezvon_desk::toast::{Action, Toast, ToastKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Links that are kept; the oldest go first. Many times what can be on a screen and in a notification centre.
const KEPT_MAX: usize = 256;

/// Hexadecimal digits of a nonce: 128 bits, of which 122 are random.
const NONCE_DIGITS: usize = 32;

/// A toast that left the screen: a click can be on its way still.
const PAST: Duration = Duration::from_secs(10);

const SETTING: &str = "toast_links";

/// What a link that was opened claims to be. Is never printed: it places a call.
#[derive(Clone, PartialEq, Eq)]
pub struct Nonce(String);

impl Nonce {
    /// What stands behind `act/` in a link; none where no nonce of ours can look like this.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim_end_matches('/');
        let is_hex = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        (text.len() == NONCE_DIGITS && is_hex).then(|| Self(text.to_owned()))
    }

    fn hash(&self) -> String {
        format!("{:x}", Sha256::digest(self.0.as_bytes()))
    }
}

impl std::fmt::Debug for Nonce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Nonce")
    }
}

/// What an opened link does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Click {
    /// Whose toast.
    pub key: ToastKey,
    /// [`Toast::notification_id`].
    pub notification_id: i64,
    /// What to do.
    pub action: Action,
}

/// The links of one toast, for its system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Issued {
    /// Of the body, where a click on it does something.
    pub body: Option<String>,
    /// Of the buttons, in their order; none for one that only closes the toast.
    pub buttons: Vec<Option<String>>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    hash: String,
    notification: i64,
    key: ToastKey,
    action: Action,
    until_ms: i64,
}

/// The links that work, kept in the desk's storage.
pub struct Links {
    desk: Option<Arc<Desk>>,
    kept: Mutex<Vec<Kept>>,
}

impl Links {
    /// Reads what is kept. Without a desk links work as long as the app runs.
    pub fn open(desk: Option<Arc<Desk>>) -> Self {
        let kept = desk.as_ref().and_then(|desk| desk.setting(SETTING).ok().flatten());
        let kept = Mutex::new(kept.unwrap_or_default());
        Self { desk, kept }
    }

    /// Makes the links of a toast that is about to be shown for `keep`. What the same toast said before is on its way
    /// out. Waits for the disk.
    pub fn issue(&self, toast: &Toast, keep: Duration) -> Issued {
        self.issue_at(toast, keep, now_ms())
    }

    fn issue_at(&self, toast: &Toast, keep: Duration, now: i64) -> Issued {
        let until_ms = now.saturating_add(ms(keep));
        let mut kept = self.lock();
        shorten(&mut kept, &toast.key, now);
        let mut link = |action: Action| {
            let nonce = Nonce(uuid::Uuid::new_v4().simple().to_string());
            kept.push(Kept {
                hash: nonce.hash(),
                notification: toast.notification_id,
                key: toast.key.clone(),
                action,
                until_ms,
            });
            format!("perezvon://act/{}", nonce.0)
        };
        let issued = Issued {
            body: super::action_of(toast, "default").map(&mut link),
            buttons: toast
                .buttons
                .iter()
                .map(|button| (button.action != Action::Hide).then(|| link(button.action.clone())))
                .collect(),
        };
        kept.retain(|link| link.until_ms > now);
        let over = kept.len().saturating_sub(KEPT_MAX);
        kept.drain(..over);
        self.store(&kept);
        issued
    }

    /// The toast was taken off the screen: its links end. Waits for the disk.
    pub fn withdraw(&self, key: &ToastKey) {
        let mut kept = self.lock();
        if shorten(&mut kept, key, now_ms()) {
            self.store(&kept);
        }
    }

    /// What the link does, once: all links of its toast are used up by it. Waits for the disk.
    pub fn take(&self, nonce: &Nonce) -> Option<Click> {
        self.take_at(nonce, now_ms())
    }

    fn take_at(&self, nonce: &Nonce, now: i64) -> Option<Click> {
        let hash = nonce.hash();
        let mut kept = self.lock();
        let found = kept.iter().position(|link| link.hash == hash && link.until_ms > now)?;
        let link = kept.swap_remove(found);
        kept.retain(|other| other.key != link.key);
        self.store(&kept);
        Some(Click {
            key: link.key,
            notification_id: link.notification,
            action: link.action,
        })
    }

    fn store(&self, kept: &[Kept]) {
        // What cannot be stored works, and is used up, as long as the app runs.
        if let Some(desk) = &self.desk
            && let Err(error) = desk.set_setting(SETTING, &kept)
        {
            tracing::warn!(%error, "The toasts' links could not be stored");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the links of the toast after [`PAST`]; false where nothing changes.
fn shorten(kept: &mut [Kept], key: &ToastKey, now: i64) -> bool {
    let until = now.saturating_add(ms(PAST));
    let mut changed = false;
    for link in kept {
        if link.key == *key && link.until_ms > until {
            link.until_ms = until;
            changed = true;
        }
    }
    changed
}

fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// The clock of the wall: links outlive the app.
fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, ms)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use perezvon_desk::Words;

    const HOUR: Duration = Duration::from_hours(1);

    fn toast(id: i64) -> Toast {
        let mut toast = Toast::trouble(Words::default(), "no_token");
        toast.key = ToastKey::Document(id);
        toast.notification_id = id;
        toast
    }

    fn nonce(link: Option<&String>) -> Nonce {
        Nonce::parse(link.unwrap().strip_prefix("perezvon://act/").unwrap()).unwrap()
    }

    #[test]
    fn a_link_works_once_and_takes_the_others_of_its_toast_along() {
        let links = Links::open(None);
        let (one, two) = (links.issue(&toast(1), HOUR), links.issue(&toast(2), HOUR));
        let body = nonce(one.body.as_ref());
        let click = links.take(&body).unwrap();
        assert_eq!((click.notification_id, Some(click.action)), (1, toast(1).body_action));
        assert_eq!(links.take(&body), None, "a second time");
        assert_eq!(
            links.take(&nonce(one.buttons[0].as_ref())),
            None,
            "another of the same toast"
        );
        assert!(
            links.take(&nonce(two.buttons[0].as_ref())).is_some(),
            "that of another toast"
        );
    }

    #[test]
    fn a_link_ends_with_its_toast() {
        let links = Links::open(None);
        let start = now_ms();
        let old = links.issue_at(&toast(1), HOUR, start);
        let new = links.issue_at(&toast(1), HOUR, start);
        let (first, second) = (nonce(old.buttons[0].as_ref()), nonce(new.buttons[0].as_ref()));
        assert_eq!(links.take_at(&first, start + ms(PAST)), None, "rewritten long ago");
        assert_eq!(links.take_at(&second, start + ms(HOUR)), None, "expired");
        links.withdraw(&toast(1).key);
        assert_eq!(links.take_at(&second, now_ms() + ms(PAST)), None, "withdrawn long ago");
        assert!(links.take(&second).is_some(), "a click that was on its way");
    }

    #[test]
    fn only_hashes_are_kept_over_a_restart_and_not_without_end() {
        let dir = tempfile::tempdir().unwrap();
        let desk = Arc::new(Desk::open(dir.path()).unwrap());
        let first = Links::open(Some(Arc::clone(&desk)));
        let old = first.issue(&toast(1), HOUR);
        for id in 2..200 {
            first.issue(&toast(id), HOUR);
        }
        let last = first.issue(&toast(200), HOUR);
        let stored: serde_json::Value = desk.setting(SETTING).unwrap().unwrap();
        assert_eq!(stored.as_array().unwrap().len(), KEPT_MAX);
        assert!(
            !stored.to_string().contains(&nonce(last.buttons[0].as_ref()).0),
            "no link is stored"
        );
        let again = Links::open(Some(desk));
        assert!(again.take(&nonce(last.buttons[0].as_ref())).is_some());
        assert_eq!(
            again.take(&nonce(old.buttons[0].as_ref())),
            None,
            "the oldest made room"
        );
    }

    #[test]
    fn what_is_no_nonce_is_not_looked_up() {
        let good = "0123456789abcdef0123456789abcdef";
        assert!(Nonce::parse(good).is_some() && Nonce::parse(&format!("{good}/")).is_some());
        for bad in [
            "",
            "0",
            &good.to_uppercase(),
            &format!("{good}0"),
            "../../../../../../../etc/passwd__",
            "％",
        ] {
            assert_eq!(Nonce::parse(bad), None, "{bad}");
        }
        assert_eq!(format!("{:?}", Nonce::parse(good).unwrap()), "Nonce");
    }
}
