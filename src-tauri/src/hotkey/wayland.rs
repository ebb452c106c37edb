//! What the app does with the keys that a Wayland desktop gives it.

use super::portal::{Bound, Portal, Proposed, Told};
use super::{both, recall, state, unusable};
use crate::changes::Own;
use crate::core::Core;
use crate::ipc::{HeardKey, KeyState, Keys};
use crate::{action, clipboard};
use perezvon_desk::Language;
use std::sync::Arc;
use std::time::Duration;
use tauri::AppHandle;

/// Name of the app's desktop file.
const APP: &str = "Perezvon";
const DIAL: &str = "dial-selected";
const POPUP: &str = "recall";
/// A portal that ended is looked for again after this.
const PAUSE: Duration = Duration::from_secs(5);

/// Whether programs hear nothing of each other's keys here.
pub(super) fn is_here() -> bool {
    std::env::var_os("WAYLAND_DISPLAY").is_some_and(|name| !name.is_empty())
}

/// Until the app ends, or where the desktop has no such keys.
pub(super) async fn follow(handle: AppHandle, core: Arc<Core>) {
    loop {
        let mut portal = match Portal::open(APP).await {
            Ok(portal) => portal,
            Err(error) => {
                tracing::info!(%error, "This desktop gives programs no keys");
                tell(&core, both(KeyState::NotHere));
                return;
            }
        };
        let heard = async {
            hear(&handle, &core, &mut portal).await;
            tokio::time::sleep(PAUSE).await;
        };
        tokio::select! {
            () = core.quit.cancelled() => return,
            () = heard => {}
        }
    }
}

/// Until the portal ends.
async fn hear(handle: &AppHandle, core: &Arc<Core>, portal: &mut Portal) {
    let mut changes = core.changes();
    let mut wished = wishes(core);
    let mut bound = bind(core, portal, &wished).await;
    loop {
        tokio::select! {
            changed = changes.next() => {
                let now = wishes(core);
                if changed.is_none() {
                    return;
                }
                if now != wished {
                    if let Some(bound) = bound.take() {
                        bound.end().await;
                    }
                    bound = bind(core, portal, &now).await;
                    wished = now;
                }
            }
            told = next(&mut bound) => match told {
                None => return,
                Some(Told::Changed) => tell(core, keys(&wished, bound.as_ref())),
                Some(Told::Pressed { id, token }) => match id.as_str() {
                    DIAL => dial_selected(handle, token),
                    POPUP => recall(handle),
                    _ => {}
                },
            }
        }
    }
}

async fn next(bound: &mut Option<Bound>) -> Option<Told> {
    match bound {
        Some(bound) => bound.next().await,
        None => std::future::pending().await,
    }
}

/// The keys of the settings: that which dials, that which recalls.
type Wishes = (String, String);

fn wishes(core: &Core) -> Wishes {
    let settings = core.settings();
    (settings.dial_key, settings.popup_key)
}

async fn bind(core: &Core, portal: &mut Portal, wished: &Wishes) -> Option<Bound> {
    let (dial, popup) = wished;
    let (about_dial, about_popup) = match core.language() {
        Language::Ru => ("Позвонить по выделенному номеру", "Вернуть скрытый звонок"),
        Language::En => ("Call the selected number", "Bring a hidden call back"),
    };
    let all = [(DIAL, about_dial, dial), (POPUP, about_popup, popup)];
    let proposed: Vec<_> = all
        .into_iter()
        .filter(|(.., keys)| unusable(keys).is_none())
        .map(|(id, about, keys)| Proposed {
            id,
            about,
            keys: keys.clone(),
        })
        .collect();
    let mut bound = None;
    if !proposed.is_empty() {
        match portal.bind(&proposed).await {
            Ok(given) => bound = Some(given),
            Err(error) => tracing::warn!(%error, "The desktop has given no keys"),
        }
    }
    tell(core, keys(wished, bound.as_ref()));
    bound
}

fn keys((dial, popup): &Wishes, bound: Option<&Bound>) -> Keys {
    let key = |id: &str, keys: &str| {
        let given = bound.and_then(|bound| bound.given.get(id));
        match (unusable(keys), given) {
            (Some(unusable), _) => state(unusable),
            (None, None) => state(KeyState::NotGiven),
            (None, Some(given)) => HeardKey {
                state: KeyState::On,
                given: given.clone(),
            },
        }
    };
    Keys {
        dial: key(DIAL, dial),
        popup: key(POPUP, popup),
        wayland: true,
    }
}

fn tell(core: &Core, keys: Keys) {
    core.set_keys(Keys { wayland: true, ..keys });
    core.tell(Own::Settings);
}

/// Where the selection may not be read yet, it is as soon as the panel has the keyboard.
fn dial_selected(handle: &AppHandle, token: Option<String>) {
    clipboard::selected(handle, |core, text| {
        if text.trim().is_empty() {
            core.asked.await_selection();
            core.shell.panel(token);
        } else {
            action::dial_selected(core, text, token);
        }
    });
}
