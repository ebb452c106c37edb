//! macOS: what notify-rust needs to be told (its `UNUserNotificationCenter` side, for a bundled and signed app).
//!
//! * The identifier of a notification is the toast's key: the same identifier replaces in place.
//! * No sound: none is named.
//! * Every toast gets a time limit, or its thread would wait for ever when the user clears all notifications at once.

use super::text::{clean, texts};
use super::{Ability, Options};
use notify_rust::{Notification, Timeout, Urgency};
use perezvon_desk::toast::{Stay, Toast, Urgency as Wanted};
use std::time::Duration;

/// A phone that rings longer has been closed by the desk already.
const RING_SHOWN: Duration = Duration::from_mins(3);

/// A missed call may wait through a working day.
const MISSED_SHOWN: Duration = Duration::from_hours(12);

/// Asks for the permission, once in the life of the installation.
pub(super) fn prepare(_options: &Options) -> Result<(), Ability> {
    notify_rust::check_bundle().map_err(|error| Ability::None(format!("the app is not a bundle: {error}")))?;
    match notify_rust::request_auth_blocking() {
        Ok(true) => Ok(()),
        Ok(false) => Err(Ability::Off("notifications are switched off for the app".to_owned())),
        Err(error) => Err(Ability::None(format!("no notification service: {error}"))),
    }
}

/// The toast as notify-rust takes it.
pub(super) fn notification(options: &Options, toast: &Toast) -> Notification {
    let mut out = Notification::new();
    let (title, lines) = texts(toast);
    let mut lines = lines.into_iter();
    out.appname(&options.app_name).summary(&title).id(toast.key.text());
    if let Some(first) = lines.next() {
        out.subtitle(&first);
    }
    out.body(&lines.collect::<Vec<_>>().join("\n"));
    out.urgency(match toast.urgency {
        Wanted::Low => Urgency::Low,
        Wanted::Normal => Urgency::Normal,
        Wanted::Critical => Urgency::Critical,
    });
    let stay = match toast.stay {
        Stay::Seconds(seconds) => Duration::from_secs(seconds.into()),
        Stay::UntilClosed if toast.urgency == Wanted::Critical => RING_SHOWN,
        Stay::UntilClosed => MISSED_SHOWN,
    };
    out.timeout(Timeout::Milliseconds(
        u32::try_from(stay.as_millis()).unwrap_or(u32::MAX),
    ));
    for button in &toast.buttons {
        out.action(button.key.as_str(), &clean(&button.label));
    }
    out.finalize()
}

/// Takes the toast off the screen and out of the notification centre. Its thread ends with the time limit.
pub(super) async fn withdraw(toast: &Toast) {
    mac_usernotifications::close_delivered(&toast.key.text()).await;
}
