//! Windows: WebView2 draws the windows, and some computers lack it. All else works without it; a person who wants a window
//! is told what is missing, in place of Tauri's own words, which are English and stop the app until they are read.

use crate::core::Core;
use perezvon_desk::Language;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use tauri::{AppHandle, Manager as _};
use windows::Win32::UI::WindowsAndMessaging::{IDYES, MB_ICONINFORMATION, MB_SETFOREGROUND, MB_YESNO, MessageBoxW};
use windows::core::HSTRING;

/// Microsoft's own small installer, which fetches the rest; ours offers it too (`windows/installer.nsi`).
const SETUP: &str = "https://go.microsoft.com/fwlink/p/?LinkId=2124703";

/// Tauri looks once, when it starts.
static WAS_THERE: OnceLock<bool> = OnceLock::new();

/// The person is being told.
static IS_TOLD: AtomicBool = AtomicBool::new(false);

/// Looks for it; when the app starts.
pub(crate) fn look() {
    if !*WAS_THERE.get_or_init(is_there) {
        tracing::warn!("This computer has no WebView2: there will be no window");
    }
}

fn is_there() -> bool {
    tauri::webview_version().is_ok()
}

/// An error where no window can be made.
pub(crate) fn check() -> tauri::Result<()> {
    if *WAS_THERE.get_or_init(is_there) {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::NotFound, "this computer has no WebView2").into())
}

/// The same on a person's wish: they are told, or, where it was installed since the start, the app starts anew.
pub(crate) fn wish(app: &AppHandle) -> tauri::Result<()> {
    let checked = check();
    if checked.is_err()
        && let Some(core) = app.try_state::<Arc<Core>>()
    {
        if is_there() {
            core.shell.start_again(core.given.example);
        } else {
            tell(core.language());
        }
    }
    checked
}

/// On a thread of its own: the app goes on meanwhile.
fn tell(language: Language) {
    if IS_TOLD.swap(true, Ordering::SeqCst) {
        return;
    }
    std::thread::spawn(move || {
        if ask(language)
            && let Err(error) = tauri_plugin_opener::open_url(SETUP, None::<&str>)
        {
            tracing::error!(%error, "Microsoft's page could not be opened");
        }
        IS_TOLD.store(false, Ordering::SeqCst);
    });
}

/// Whether Microsoft's page is to be opened.
#[allow(unsafe_code)]
fn ask(language: Language) -> bool {
    let (title, text) = match language {
        Language::Ru => (
            "Перезвон",
            "Для окна нужен компонент Microsoft Edge WebView2, его на этом компьютере нет. Звонки и уведомления работают и без окна.\n\n\
             Открыть страницу загрузки Microsoft? После установки откройте Перезвон ещё раз.",
        ),
        Language::En => (
            "Perezvon",
            "The window needs Microsoft Edge WebView2, which this computer does not have. Calls and notifications work without a window.\n\n\
             Open Microsoft's download? Open Perezvon once more when it is installed.",
        ),
    };
    let (title, text) = (HSTRING::from(title), HSTRING::from(text));
    // SAFETY: both texts outlive the call, and no window owns the message.
    let answer = unsafe { MessageBoxW(None, &text, &title, MB_YESNO | MB_ICONINFORMATION | MB_SETFOREGROUND) };
    answer == IDYES
}
