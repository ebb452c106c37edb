//! Windows, where the system refuses the direct way: what notify-rust needs to be told. Such a toast is shown under the
//! identity of the system's own shell, which is always registered; a rewritten one is a second one, and none can be
//! withdrawn. So none is urgent: an urgent one would stay until it is dismissed by hand.
//!
//! No sound: without a sound name notify-rust writes `<audio silent="true"/>`.

use super::super::text::{clean, texts};
use super::super::{Ability, Options};
use notify_rust::{Notification, Timeout};
use perezvon_desk::toast::{Stay, Toast};
use winreg::RegKey;
use winreg::enums::HKEY_CURRENT_USER;

/// Registers the app for toasts.
pub(in crate::toast) fn prepare(options: &Options) -> Result<(), Ability> {
    register(options).map_err(Ability::None)
}

/// Under the name and picture that its toasts have.
pub(in crate::toast) fn register(options: &Options) -> Result<(), String> {
    let path = format!("Software\\Classes\\AppUserModelId\\{}", options.app_id);
    let written = || -> std::io::Result<()> {
        let (key, _) = RegKey::predef(HKEY_CURRENT_USER).create_subkey(&path)?;
        key.set_value("DisplayName", &options.app_name)?;
        if let Some(icon) = options.icon_path("") {
            key.set_value("IconUri", &icon.as_os_str())?;
        }
        Ok(())
    };
    written().map_err(|error| format!("the app could not be registered for toasts: {error}"))
}

/// The toast as notify-rust takes it. Windows has three texts: title, first line, the rest.
pub(in crate::toast) fn notification(options: &Options, toast: &Toast) -> Notification {
    let mut out = Notification::new();
    let (title, lines) = texts(toast);
    let mut lines = lines.into_iter();
    out.appname(&options.app_name).summary(&title);
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
pub(in crate::toast) async fn withdraw(_toast: &Toast) {}
