//! The clipboard: where the user wants that, a number that was copied in another program is offered to be called. The
//! window of the app's own toasts shows it, so it takes no keyboard and is kept in no notification centre; its button
//! asks as a link does. What is copied is neither stored nor logged, and without the setting it is not read at all.
//!
//! On Linux the desktop tells that there is something new (X11; Wayland tells it only to the program in front). Windows
//! and macOS are asked for the number of changes, which costs nothing; the text is read only when that is another.
//!
//! On Windows and macOS nobody tells what is selected, so the key for that (`hotkey.rs`) has it copied and puts back what
//! was there before. On Linux every toolkit tells it (the selection PRIMARY), and nothing is copied.

#[cfg(target_os = "macos")]
#[path = "clipboard/macos.rs"]
mod system;
#[cfg(target_os = "windows")]
#[path = "clipboard/windows.rs"]
mod system;

use crate::core::Core;
use crate::link::{self, Dial};
use perezvon_core::Number;
use perezvon_desk::Language;
use perezvon_desk::toast::{Action, Button, ButtonKey, Stay, Toast, ToastKey, ToastKind, Urgency};
use std::sync::Arc;
use std::time::Instant;
use tauri::{AppHandle, Manager as _};

/// So long the offer stays.
const STAY_SECONDS: u32 = 10;
/// Password managers put it beside what nobody shall look at (KeePassXC, Klipper).
#[cfg(target_os = "linux")]
const PRIVATE: &str = "x-kde-passwordManagerHint";
/// What is longer is no number.
const MAX_CHARS: usize = 64;

/// Something was copied: offers to call it, where it is a number. What is copied in a window of the app's own is not.
fn copied(app: &AppHandle, text: &str) {
    let Some(core) = app.try_state::<Arc<Core>>() else {
        return;
    };
    let Some(number) = number_in(text) else { return };
    if !core.copied.is_new(&number, Instant::now()) || core.is_quiet() {
        return;
    }
    let core = Arc::clone(&core);
    core.runtime.clone().spawn(async move {
        let asked = number.clone();
        // The number can be called all the same.
        let known = core.with_desk(move |desk| desk.contact_of(&asked)).await;
        let names: Vec<_> = known.unwrap_or_default().into_iter().map(|one| one.name).collect();
        core.toasts.show_own(offer(&number, &names, core.language()));
    });
}

/// Whether it is to be read now: wished, and not of the app's own.
fn is_wanted(app: &AppHandle) -> bool {
    let own = || {
        app.webview_windows()
            .values()
            .any(|one| one.is_focused().unwrap_or(false))
    };
    app.try_state::<Arc<Core>>()
        .is_some_and(|core| core.settings().offer_copied)
        && !own()
}

/// The number, if the text is one and written as people write telephone numbers: many other things are digits too.
fn number_in(text: &str) -> Option<Number> {
    let text = text.trim();
    if text.chars().count() > MAX_CHARS || text.contains('\n') {
        return None;
    }
    let Dial::Number(number) = link::read(text) else {
        return None;
    };
    // Ten digits without anything are an account or a tax number.
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let in_full = text.contains('+') || text.starts_with('8') && digits == 11 || text.contains('(');
    (in_full && link::is_plain(&number) && number.country().is_some()).then_some(number)
}

fn offer(number: &Number, names: &[String], language: Language) -> Toast {
    let (title, call, hide) = match language {
        Language::Ru => ("Скопирован номер", "Позвонить", "Скрыть"),
        Language::En => ("A number was copied", "Call", "Hide"),
    };
    let ask = Action::AskToDial {
        number: number.canonical(),
    };
    let button = |key, label: &str, action| Button {
        key,
        label: label.to_owned(),
        action,
    };
    let lines = std::iter::once(number.display()).chain((!names.is_empty()).then(|| names.join(", ")));
    Toast {
        buttons: vec![
            button(ButtonKey::CallBack, call, ask.clone()),
            button(ButtonKey::Hide, hide, Action::Hide),
        ],
        body_action: Some(ask),
        stay: Stay::Seconds(STAY_SECONDS),
        urgency: Urgency::Low,
        icon: "call-outgoing".to_owned(),
        ..Toast::plain(ToastKey::Copied, ToastKind::Progress, title.to_owned(), lines.collect())
    }
}

/// Asks for what is selected in another program, and hands it on; empty where nothing is, or where it may not be read now.
#[cfg(target_os = "linux")]
pub(crate) fn selected(app: &AppHandle, then: impl FnOnce(&Arc<Core>, &str) + Send + 'static) {
    let handle = app.clone();
    // GTK belongs to the main thread; the answer of the program with the selection is not waited for there.
    let asked = app.run_on_main_thread(move || {
        let selection = gtk::Clipboard::get(&gtk::gdk::SELECTION_PRIMARY);
        selection.request_text(move |_, text| {
            if let Some(core) = handle.try_state::<Arc<Core>>() {
                then(&core, text.unwrap_or_default());
            }
        });
    });
    if let Err(error) = asked {
        tracing::warn!(%error, "The selection could not be asked for");
    }
}

/// Follows the clipboard until the app ends.
#[cfg(target_os = "linux")]
pub(crate) fn follow(app: &AppHandle, _core: &Arc<Core>) {
    use gtk::prelude::ObjectExt as _;
    let handle = app.clone();
    // GTK belongs to the main thread.
    let asked = app.run_on_main_thread(move || {
        let clipboard = gtk::Clipboard::get(&gtk::gdk::SELECTION_CLIPBOARD);
        clipboard.connect_local("owner-change", false, move |told| {
            let clipboard: gtk::Clipboard = told.first()?.get().ok()?;
            if is_wanted(&handle) {
                let handle = handle.clone();
                let private = gtk::gdk::Atom::intern(PRIVATE);
                clipboard.request_contents(&private, move |clipboard, hint| {
                    if hint.length() <= 0 {
                        clipboard.request_text(move |_, text| copied(&handle, text.unwrap_or_default()));
                    }
                });
            }
            None
        });
    });
    if let Err(error) = asked {
        tracing::warn!(%error, "The clipboard cannot be followed");
    }
}

/// See above.
#[cfg(not(target_os = "linux"))]
pub(crate) fn follow(app: &AppHandle, core: &Arc<Core>) {
    let (app, core) = (app.clone(), Arc::clone(core));
    tauri::async_runtime::spawn(async move {
        let mut seen = None;
        loop {
            tokio::select! {
                () = core.quit.cancelled() => return,
                () = tokio::time::sleep(polled::PAUSE) => {}
            }
            if !core.settings().offer_copied {
                seen = None;
                continue;
            }
            let wanted = is_wanted(&app);
            let read = tokio::task::spawn_blocking(move || polled::news(seen, wanted)).await;
            let Ok((now, text)) = read else { continue };
            seen = Some(now);
            if let Some(text) = text {
                copied(&app, &text);
            }
        }
    });
}

#[cfg(not(target_os = "linux"))]
pub(crate) use polled::selected;

/// Where the system does not tell.
#[cfg(not(target_os = "linux"))]
mod polled {
    use super::system;
    use std::sync::{Mutex, PoisonError};
    use std::time::{Duration, Instant};

    /// Between two looks.
    pub(super) const PAUSE: Duration = Duration::from_secs(1);
    /// So long a program has to copy what is selected in it.
    const COPYING: Duration = Duration::from_millis(500);
    /// And so long it may still copy, which is not waited for.
    const LATE: Duration = Duration::from_secs(3);
    const LOOK: Duration = Duration::from_millis(15);

    /// The count after the last change of our own; held while the clipboard is lent.
    static OURS: Mutex<i64> = Mutex::new(-1);

    /// The count of changes now, and the text if it is another than the one that was seen and not our own doing.
    pub(super) fn news(seen: Option<i64>, wanted: bool) -> (i64, Option<String>) {
        let ours = OURS.lock().unwrap_or_else(PoisonError::into_inner);
        let now = system::changes();
        let is_new = seen.is_some_and(|seen| seen != now) && *ours != now;
        (now, (is_new && wanted).then(system::text).flatten())
    }

    /// What is selected in the program in front: has it copied, and puts back what was there. None: nothing is selected,
    /// or the system does not let us press keys. Waits for the other program.
    pub(crate) fn selected() -> Option<String> {
        let mut ours = OURS.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = system::keep()?;
        let before = system::changes();
        if !system::press_copy() {
            return None;
        }
        if !changes_within(before, COPYING) {
            drop(ours);
            // A slow program copies after all: what was there comes back.
            std::thread::spawn(move || {
                let mut ours = OURS.lock().unwrap_or_else(PoisonError::into_inner);
                if changes_within(before, LATE) {
                    system::put_back(kept);
                    *ours = system::changes();
                }
            });
            return None;
        }
        let text = system::text();
        system::put_back(kept);
        *ours = system::changes();
        text
    }

    fn changes_within(before: i64, time: Duration) -> bool {
        let until = Instant::now() + time;
        while system::changes() == before {
            if Instant::now() > until {
                return false;
            }
            std::thread::sleep(LOOK);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_what_is_written_as_a_telephone_number_is_one() {
        for (text, number) in [
            ("+7 900 000-00-77", "+79000000077"),
            (" 8 (900) 000-00-77\n", "+79000000077"),
            ("89000000077", "+79000000077"),
            ("(900) 000-00-77", "+79000000077"),
            ("tel:+79000000077", "+79000000077"),
            ("+375 29 123-45-67", "+375291234567"),
        ] {
            assert_eq!(
                number_in(text).map(|one| one.canonical()).as_deref(),
                Some(number),
                "{text}"
            );
        }
        for other in [
            "",
            "101",
            "112",
            "*21*89000000099#",
            "7700000000",
            "31.01.2019",
            "192.168.100.100",
            "4276 0000 0000 0000",
            "просто слова",
            "+7 900 000-00-77\n+7 900 000-00-78",
            "f(x) = 12345678",
            "https://example.ru/?id=89000000077",
        ] {
            assert_eq!(number_in(other), None, "{other}");
        }
    }

    #[test]
    fn the_offer_shows_the_number_and_its_button_asks() {
        let number = Number::parse("8 900 000-00-77");
        let toast = offer(&number, &["Орлова Марина".to_owned()], Language::Ru);
        assert_eq!(toast.lines, ["+7 (900) 000-00-77", "Орлова Марина"]);
        let asks = |action: &Action| matches!(action, Action::AskToDial { number } if number == "+79000000077");
        assert!(asks(&toast.buttons[0].action) && toast.body_action.as_ref().is_some_and(asks));
    }
}
