//! Links of toasts that a run of the app, which is over, has made.

use perezvon_app::toast::links::Links;
use perezvon_desk::toast::{Action, Button, ButtonKey, Stay, Toast, ToastKey, ToastKind, Urgency};
use perezvon_desk::{Desk, Words};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Links, as the system would open them.
pub struct Made {
    /// Of one toast, to call the numbers that end in 99 and 81.
    pub good: Vec<String>,
    /// Of another, to call the one that ends in 82.
    pub last: String,
    /// Expired, forged and no links of ours.
    pub hopeless: Vec<String>,
}

/// Makes them in this data folder.
pub fn make(data_dir: &Path) -> Made {
    let links = Links::open(Some(Arc::new(Desk::open(data_dir).unwrap())));
    let hour = Duration::from_hours(1);
    let expired = issued(&links, &toast(903, &["+79000000083"]), Duration::from_millis(1)).remove(0);
    Made {
        good: issued(&links, &toast(901, &["+79000000099", "+79000000081"]), hour),
        last: issued(&links, &toast(902, &["+79000000082"]), hour).remove(0),
        hopeless: vec![
            expired,
            "perezvon://act/0123456789abcdef0123456789abcdef".to_owned(),
            "perezvon://act/".to_owned(),
            "perezvon://act/../settings/general".to_owned(),
        ],
    }
}

/// A toast whose buttons call these numbers.
fn toast(id: i64, numbers: &[&str]) -> Toast {
    let call = |number: &&str| Button {
        key: ButtonKey::CallBack,
        label: "Перезвонить".to_owned(),
        action: Action::CallBack {
            number: (*number).to_owned(),
        },
    };
    Toast {
        key: ToastKey::Document(id),
        kind: ToastKind::Document,
        buttons: numbers.iter().map(call).collect(),
        body_action: None,
        stay: Stay::Seconds(6),
        urgency: Urgency::Low,
        notification_id: id,
        ..Toast::trouble(Words::default(), "no_token")
    }
}

/// The links of the toast's buttons.
fn issued(links: &Links, toast: &Toast, keep: Duration) -> Vec<String> {
    let issued = links.issue(toast, keep);
    issued.buttons.into_iter().flatten().collect()
}
