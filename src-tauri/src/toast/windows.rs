//! Windows: what notify-rust needs to be told.
//!
//! * A toast shows under the name and picture of its AppUserModelID, and is clickable, only when that is registered; a
//!   shortcut of the installer alone is fragile, so it is written at every start.
//! * No sound: without a sound name notify-rust writes `<audio silent="true"/>`.
//! * Not urgent: notify-rust makes of it the scenario "reminder", which stays until it is dismissed by hand, and a toast
//!   cannot be withdrawn. 25 seconds are as long as a phone rings; after that the toast is in the notification centre.

use super::Options;
use super::text::{clean, texts};
use notify_rust::{Notification, Timeout};
use perezvon_desk::toast::{Stay, Toast};
use winreg::RegKey;
use winreg::enums::HKEY_CURRENT_USER;

/// Registers the app for toasts.
pub(super) fn prepare(options: &Options) -> Result<(), String> {
    let path = format!("Software\\Classes\\AppUserModelId\\{}", options.app_id);
    let register = || -> std::io::Result<()> {
        let (key, _) = RegKey::predef(HKEY_CURRENT_USER).create_subkey(&path)?;
        key.set_value("DisplayName", &options.app_name)?;
        if let Some(icon) = options.icon_path("") {
            key.set_value("IconUri", &icon.as_os_str())?;
        }
        Ok(())
    };
    register().map_err(|error| format!("the app could not be registered for toasts: {error}"))
}

/// The toast as notify-rust takes it. Windows has three texts: title, first line, the rest.
pub(super) fn notification(options: &Options, toast: &Toast) -> Notification {
    let mut out = Notification::new();
    let (title, lines) = texts(toast);
    let mut lines = lines.into_iter();
    out.app_id(&options.app_id).appname(&options.app_name).summary(&title);
    if let Some(first) = lines.next() {
        out.subtitle(&first);
    }
    out.body(&lines.collect::<Vec<_>>().join("\n"));
    out.timeout(match toast.stay {
        Stay::UntilClosed => Timeout::Never,
        Stay::Seconds(seconds) => Timeout::Milliseconds(seconds.saturating_mul(1000)),
    });
    for button in &toast.buttons {
        out.action(button.key.as_str(), &clean(&button.label));
    }
    out.finalize()
}

/// notify-rust gives no way to take a toast back; it goes by itself.
#[allow(clippy::unused_async, reason = "macOS can, and waits for it")]
pub(super) async fn withdraw(_toast: &Toast) {}
