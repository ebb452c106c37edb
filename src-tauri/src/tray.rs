//! The icon in the tray: the state of the service, how many callers wait, and a menu to call them back.
//!
//! The icon, its text and the menu change only when what they show changes. On Linux each change of the icon writes a
//! file for the desktop to read, and the system tells of no click on the icon itself: it opens the menu.

mod picture;
mod place;
mod sound;
mod words;

use crate::core::Core;
use crate::ipc::{Level, ServiceState};
use crate::toast::clean;
use crate::{action, badge};
use perezvon_core::Outcome;
use perezvon_desk::Language;
use perezvon_desk::relay_client::ForwardTo;
use perezvon_desk::toast::Action;
use perezvon_desk::view::{CallMark, CallRow, CallsFilter};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tauri::menu::{IsMenuItem, Menu, MenuItem, MenuItemKind, PredefinedMenuItem};
use tauri::tray::{MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent};
use tauri::{AppHandle, Manager as _, Wry};

/// Callers in the menu.
const CALLERS_MAX: usize = 5;

/// Rows that are read to find [`CALLERS_MAX`] different callers.
const ROWS_MAX: u32 = 50;

/// Shortest time between two updates: a busy switchboard changes calls many times a second.
const UPDATE_PAUSE: Duration = Duration::from_millis(250);

/// Entries above the callers: the status line, the panel, forwarding, three pages, a separator.
const ENTRIES_ABOVE: usize = 7;

/// Prefix of the id of a caller's entry; the number follows.
const CALL_ID: &str = "tray-call:";

/// What the tray shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct TrayState {
    level: Level,
    ringing: bool,
    waiting: u32,
    callers: Vec<Caller>,
    /// Where one's calls go, if not to one's telephone.
    forwarded: Option<ForwardTo>,
    language: Language,
}

/// Somebody to call back.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Caller {
    /// «Иванов Пётр +7 900 000-00-99».
    text: String,
    /// E.164 or extension.
    number: String,
}

/// An entry of the menu, with the id by which `words` knows its text.
type Entry = (&'static str, MenuItem<Wry>);

/// The tray of the running app.
struct Tray {
    icon: TrayIcon<Wry>,
    menu: Menu<Wry>,
    /// Entries with a text of their own.
    items: Vec<Entry>,
    /// The entries of the callers and the line below them.
    callers: Mutex<Vec<MenuItemKind<Wry>>>,
    shown: Mutex<TrayState>,
}

/// Puts the icon into the tray, and keeps it up to date until the app ends. `hidden`: it is all that is shown of the app.
pub(crate) fn build(handle: &AppHandle, core: &Arc<Core>, hidden: bool) -> tauri::Result<()> {
    let state = TrayState {
        language: core.language(),
        ..TrayState::default()
    };
    let (menu, items) = entries(handle, &state)?;
    let icon = TrayIconBuilder::with_id("perezvon")
        .icon(picture::of(&state)?)
        .tooltip(words::tooltip(&state))
        .menu(&menu)
        .show_menu_on_left_click(false)
        .on_menu_event(|handle, event| clicked(handle, event.id.as_ref()))
        .on_tray_icon_event(|icon, event| {
            if let TrayIconEvent::Click {
                button: MouseButton::Left,
                button_state: MouseButtonState::Up,
                ..
            } = event
                && let Some(core) = icon.app_handle().try_state::<Arc<Core>>()
            {
                core.asked.clear();
                core.shell.panel(None);
            }
        });
    let icon = private_files(icon, core).build(handle)?;
    handle.manage(Tray {
        icon,
        menu,
        items,
        callers: Mutex::default(),
        shown: Mutex::new(state),
    });
    tauri::async_runtime::spawn(follow(handle.clone(), Arc::clone(core)));
    tauri::async_runtime::spawn(sound::follow(handle.clone(), Arc::clone(core)));
    tauri::async_runtime::spawn(place::look(handle.clone(), Arc::clone(core), hidden));
    Ok(())
}

/// The menu without callers, and its entries with a text.
fn entries(handle: &AppHandle, state: &TrayState) -> tauri::Result<(Menu<Wry>, Vec<Entry>)> {
    let item = |id: &'static str, enabled: bool| -> tauri::Result<Entry> {
        let text = words::entry(id, state);
        Ok((id, MenuItem::with_id(handle, id, text, enabled, None::<&str>)?))
    };
    let items = vec![
        item("tray-status", false)?,
        item("tray-dial", true)?,
        item("tray-forwarding", true)?,
        item("tray-calls", true)?,
        item("tray-contacts", true)?,
        item("tray-notifications", true)?,
        item("tray-settings", true)?,
        item("tray-check", true)?,
        item("tray-quit", true)?,
    ];
    let menu = Menu::new(handle)?;
    for (id, item) in &items {
        if matches!(*id, "tray-settings" | "tray-quit") {
            menu.append(&PredefinedMenuItem::separator(handle)?)?;
        }
        menu.append(item)?;
    }
    Ok((menu, items))
}

/// On Linux the icon goes through a file: not into a folder that all users share.
fn private_files(builder: TrayIconBuilder<Wry>, core: &Core) -> TrayIconBuilder<Wry> {
    let dir = core.data_dir.join("tray");
    // What a killed app left; there may be nothing.
    let _ = std::fs::remove_dir_all(&dir);
    builder.temp_dir_path(dir)
}

/// What the tray shows of the calls.
#[derive(Default)]
struct Calls {
    /// A phone rings, as far as the desk knows.
    ringing: bool,
    waiting: u32,
    callers: Vec<Caller>,
}

/// Follows the service and the desk until the app ends.
async fn follow(handle: AppHandle, core: Arc<Core>) {
    let (mut service, mut changes) = (core.service.subscribe(), core.changes());
    let mut forwarding = core.forwarding.subscribe();
    let mut calls = read(&core).await;
    loop {
        let forwarded = forwarding.borrow_and_update().clone();
        let state = TrayState {
            forwarded: forwarded
                .filter(|forwarding| forwarding.on)
                .map(|forwarding| forwarding.to),
            ..state_of(&calls, &service.borrow_and_update(), core.language())
        };
        let target = handle.clone();
        // Menus and icons belong to the main thread.
        let asked = handle.run_on_main_thread(move || {
            if let Err(error) = show(&target, state) {
                tracing::warn!(%error, "The tray could not be changed");
            }
        });
        if asked.is_err() {
            return;
        }
        tokio::time::sleep(UPDATE_PAUSE).await;
        tokio::select! {
            changed = changes.next() => match changed {
                Some(changed) if changed.is_of_calls() => calls = read(&core).await,
                Some(_) => {}
                None => return,
            },
            changed = service.changed() => if changed.is_err() { return },
            changed = forwarding.changed() => if changed.is_err() { return },
            () = core.quit.cancelled() => return,
        }
    }
}

async fn read(core: &Core) -> Calls {
    let read = core.with_desk(|desk| {
        let waiting = CallsFilter {
            waiting: true,
            ..CallsFilter::default()
        };
        let incoming = CallsFilter {
            marks: vec![CallMark::Incoming],
            ..CallsFilter::default()
        };
        let missed = desk.calls(&waiting, None, ROWS_MAX)?.rows;
        let latest = desk.calls(&incoming, None, ROWS_MAX)?.rows;
        Ok(Calls {
            ringing: latest
                .iter()
                .any(|row| row.outcome == Outcome::Ringing && !row.uncertain),
            waiting: desk.counts()?.to_call_back,
            callers: callers(&missed),
        })
    });
    // A damaged database is told by the service's level.
    read.await.unwrap_or_default()
}

fn state_of(calls: &Calls, service: &ServiceState, language: Language) -> TrayState {
    TrayState {
        level: service.level,
        // Without the feed nobody tells that a phone rings no longer.
        ringing: service.connected && calls.ringing,
        waiting: calls.waiting,
        callers: calls.callers.clone(),
        forwarded: None,
        language,
    }
}

/// The latest different callers whose number is known.
fn callers(missed: &[CallRow]) -> Vec<Caller> {
    let mut seen = HashSet::new();
    let known = missed.iter().filter_map(|row| Some((row.number_key.as_deref()?, row)));
    known
        .filter(|(number, _)| seen.insert(*number))
        .take(CALLERS_MAX)
        .map(|(number, row)| {
            let shown = row.number.as_deref().unwrap_or(number);
            let text = row
                .name
                .as_deref()
                .map_or_else(|| shown.to_owned(), |name| format!("{} {shown}", clean(name)));
            Caller {
                text,
                number: number.to_owned(),
            }
        })
        .collect()
}

/// On the main thread.
fn show(handle: &AppHandle, state: TrayState) -> tauri::Result<()> {
    let Some(tray) = handle.try_state::<Tray>() else {
        return Ok(());
    };
    let mut shown = tray.shown.lock().unwrap_or_else(PoisonError::into_inner);
    if *shown == state {
        return Ok(());
    }
    let looks = |state: &TrayState| {
        let TrayState { level, ringing, .. } = *state;
        (level, ringing, badge::text(state.waiting), state.forwarded.is_some())
    };
    if looks(&shown) != looks(&state) {
        tray.icon.set_icon(Some(picture::of(&state)?))?;
    }
    tray.icon.set_tooltip(Some(words::tooltip(&state)))?;
    for (id, item) in &tray.items {
        if shown.language != state.language || matches!(*id, "tray-status" | "tray-forwarding") {
            item.set_text(words::entry(id, &state))?;
        }
    }
    if shown.callers != state.callers || shown.language != state.language {
        let mut callers = tray.callers.lock().unwrap_or_else(PoisonError::into_inner);
        for item in callers.drain(..) {
            tray.menu.remove(&item)?;
        }
        for (index, caller) in state.callers.iter().enumerate() {
            let (id, text) = (
                format!("{CALL_ID}{}", caller.number),
                words::call_back(&caller.text, state.language),
            );
            let item = MenuItem::with_id(handle, id, text, true, None::<&str>)?;
            tray.menu.insert(&item, ENTRIES_ABOVE + index)?;
            callers.push(item.kind());
        }
        if !callers.is_empty() {
            let line = PredefinedMenuItem::separator(handle)?;
            tray.menu.insert(&line, ENTRIES_ABOVE + callers.len())?;
            callers.push(line.kind());
        }
    }
    *shown = state;
    Ok(())
}

fn clicked(handle: &AppHandle, id: &str) {
    let Some(core) = handle.try_state::<Arc<Core>>() else {
        return;
    };
    let settings = |section: &str| Action::OpenSettings {
        section: section.to_owned(),
    };
    let wanted = match id {
        "tray-calls" => Action::OpenCalls,
        "tray-notifications" => Action::OpenNotifications,
        "tray-settings" => settings("connection"),
        "tray-check" => settings("check"),
        "tray-contacts" => return core.shell.show("contacts", None),
        "tray-forwarding" => return core.shell.show(action::FORWARDING, None),
        "tray-dial" => {
            core.asked.clear();
            return core.shell.panel(None);
        }
        sound::ID => {
            if let Ok(listening) = core.listening() {
                listening.toggle();
            }
            return;
        }
        "tray-quit" => return handle.exit(0),
        id => match id.strip_prefix(CALL_ID) {
            Some(number) => Action::CallBack {
                number: number.to_owned(),
            },
            None => return,
        },
    };
    action::carry_out(&core, wanted, None);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use perezvon_core::Direction;
    use perezvon_core::snapshot::RecordingState;
    use perezvon_desk::view::SoundPlace;

    fn row(name: Option<&str>, number: Option<&str>) -> CallRow {
        CallRow {
            abonent: None,
            id: "01J".to_owned(),
            direction: Direction::Incoming,
            outcome: Outcome::Missed,
            uncertain: false,
            name: name.map(ToOwned::to_owned),
            number: number.map(|number| format!("тел. {number}")),
            number_key: number.map(ToOwned::to_owned),
            hidden: number.is_none(),
            internal: false,
            contact_id: None,
            candidates: Vec::new(),
            line: None,
            answered_by: None,
            started_at: None,
            wait_ms: None,
            talk_ms: None,
            document_id: None,
            recording: RecordingState::None,
            sound: SoundPlace::None,
            sound_id: None,
            to_call_back: true,
            lost: false,
            noted: false,
            abonent_id: None,
        }
    }

    #[test]
    fn the_menu_names_each_caller_once() {
        let ivanov = row(Some("Иванов П."), Some("+79000000099"));
        let mut rows = vec![ivanov.clone(), row(None, None), ivanov, row(None, Some("101"))];
        rows.extend((1..9).map(|n| row(None, Some(&format!("+7900000000{n}")))));
        let callers = callers(&rows);
        assert_eq!(callers.len(), CALLERS_MAX);
        assert_eq!(callers[0].text, "Иванов П. тел. +79000000099");
        assert_eq!(
            (callers[1].text.as_str(), callers[1].number.as_str()),
            ("тел. 101", "101")
        );
        assert_eq!(
            callers[2].number, "+79000000001",
            "a hidden number cannot be called back"
        );
    }
}
