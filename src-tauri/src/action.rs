//! The only place where an action is carried out, whether it comes from a toast, the tray, the window or, once a person
//! has agreed (`dial.rs`), from a link or a second start (design, part 3, step 6).

use crate::args::Wish;
use crate::core::Core;
use crate::ipc::{Failure, Placed};
use crate::link::{self, Dial};
use crate::orders::Begun;
use crate::settings::words;
use perezvon_core::{Number, Time};
use perezvon_desk::Fault;
use perezvon_desk::toast::{Action, Toast, ToastOp};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// How long a click waits for the desk's storage.
const STORAGE_TIMEOUT: Duration = Duration::from_secs(2);

/// The route of the question before a link dials: a dialog over whatever page is shown.
pub(crate) const DIAL: &str = "dial";

/// The route of another: where one's calls are to go.
pub(crate) const FORWARDING: &str = "forwarding";

/// Does what a link, an argument or a second start asks for: shows something, or asks the person.
pub(crate) fn grant(core: &Arc<Core>, wish: Wish) {
    match wish {
        Wish::Show => core.shell.show("", None),
        Wish::Open(action) => carry_out(core, action, None),
        Wish::Dial(dial) => ask_to_dial(core, dial, Instant::now()),
        Wish::Join(link) => {
            core.joining.offer(link);
            core.shell.show("join", None);
        }
        Wish::Click(None) => {}
        Wish::Click(Some(nonce)) => {
            let core = Arc::clone(core);
            core.runtime
                .clone()
                .spawn(async move { core.toasts.open_link(nonce).await });
        }
    }
}

/// The user wants to call what is selected in another program: it is shown as it is understood, and always asked about.
/// Nothing selected: the panel where one dials. `token`: as with [`carry_out`].
pub(crate) fn dial_selected(core: &Arc<Core>, text: &str, token: Option<String>) {
    if text.trim().is_empty() {
        core.asked.clear();
    } else {
        core.asked.put(link::read_selected(text));
    }
    core.shell.panel(token);
}

/// Shows the window with the question; dials at once only a plain number, and only where the user has set so.
pub(crate) fn ask_to_dial(core: &Arc<Core>, dial: Dial, now: Instant) {
    if !core.asked.take(&dial, now) {
        return;
    }
    match dial {
        Dial::Number(number) if core.settings().links_dial && link::is_plain(&number) => {
            core.asked.clear();
            let number = number.canonical();
            carry_out(core, Action::CallBack { number }, None);
        }
        _ => core.shell.show(DIAL, None),
    }
}

/// Carries an action out in the background; what goes wrong is told by a toast. `token`: Wayland's permission to raise
/// a window, where the click came with one.
pub(crate) fn carry_out(core: &Arc<Core>, action: Action, token: Option<String>) {
    match action {
        Action::CallBack { number } => {
            let core = Arc::clone(core);
            core.runtime.clone().spawn(async move {
                if let Err(failure) = call_back(&core, &number).await {
                    tracing::warn!(code = %failure.code, "The call was not placed");
                }
            });
        }
        Action::AskToDial { number } => dial_selected(core, &number, token),
        Action::RemindLater { id, minutes } => {
            let core = Arc::clone(core);
            core.runtime.clone().spawn(async move {
                let at = core.desk().map(|desk| desk.now().plus(i64::from(minutes) * 60_000));
                let put_off = put_callbacks_off(&core, vec![id], at.ok(), None).await;
                if let Err(failure) = put_off {
                    tracing::warn!(code = %failure.code, "The reminder could not be put off");
                }
            });
        }
        Action::CallbackDone { id } => {
            let core = Arc::clone(core);
            core.runtime.clone().spawn(async move {
                if let Err(failure) = close_callbacks(&core, vec![id]).await {
                    tracing::warn!(code = %failure.code, "The entry of the queue could not be closed");
                }
            });
        }
        Action::ShowRecording { id } => {
            let core = Arc::clone(core);
            core.runtime.clone().spawn(async move {
                if let Err(failure) = show_recording(&core, id).await {
                    tracing::warn!(code = %failure.code, "The recording could not be shown in its folder");
                }
            });
        }
        other => {
            if let Action::PlayRecording { id } = other {
                play(core, id);
            }
            if let Some(route) = other.route() {
                core.shell.show(&route, token);
            }
        }
    }
}

/// Asks the relay to place a call from the chosen abonent; their phone rings first. The progress toast tells how it goes.
/// The request carries its own id, so that a repeat after a lost answer places no second call; and a double click is one
/// order ([`crate::orders::Orders`]).
pub(crate) async fn call_back(core: &Core, number: &str) -> Result<Placed, Failure> {
    let number = Number::parse(number);
    if number.dial().is_none() {
        return Err(Failure::of(Fault::BadNumber));
    }
    let order = match core.orders.begin(&number.canonical()) {
        Begun::New(order) => order,
        Begun::Known(request) => return Ok(Placed { request }),
    };
    let request = order.request.clone();
    let (id, to) = (request.clone(), number.clone());
    if core.settings().progress {
        // A desk that cannot store, or takes its time, is no reason not to call.
        let started = core.with_desk(move |desk| desk.progress_started(&id, &to));
        if let Ok(Ok(ops)) = timeout(STORAGE_TIMEOUT, started).await {
            core.show(ops).await;
        }
    }
    let placed = match core.relay().await {
        Ok((relay, me)) => {
            let answer = relay.place_call(&number.canonical(), me.as_deref(), &request).await;
            answer.map_err(|error| Failure::of(error.code()))
        }
        Err(failure) => Err(failure),
    };
    let Err(failure) = placed else {
        return Ok(Placed { request });
    };
    order.failed();
    let (id, code) = (request, failure.code);
    let stored = core.with_desk(move |desk| desk.progress_failed(&id, &number, code.as_str()));
    let ops = match timeout(STORAGE_TIMEOUT, stored).await {
        Ok(Ok(ops)) => ops,
        // The person who clicked must hear of it all the same.
        _ => vec![ToastOp::Show(Toast::trouble(words(&core.settings()), code.as_str()))],
    };
    core.show(ops).await;
    Err(failure)
}

/// The user has dealt with these entries of the queue.
pub(crate) async fn close_callbacks(core: &Core, ids: Vec<i64>) -> Result<(), Failure> {
    let ops = core.with_desk(move |desk| desk.callbacks_done(&ids)).await?;
    core.show(ops).await;
    Ok(())
}

/// The user wants to be reminded of them at this time; none: now.
pub(crate) async fn put_callbacks_off(
    core: &Core,
    ids: Vec<i64>,
    at: Option<Time>,
    note: Option<String>,
) -> Result<(), Failure> {
    let ops = core
        .with_desk(move |desk| desk.callbacks_later(&ids, at, note.as_deref()))
        .await?;
    core.show(ops).await;
    Ok(())
}

/// Plays a recording, in the background.
fn play(core: &Arc<Core>, id: i64) {
    let Ok(listening) = core.listening().cloned() else {
        return;
    };
    core.runtime.spawn_blocking(move || {
        if let Err(failure) = listening.open(id) {
            tracing::warn!(code = %failure.code, "The recording could not be played");
        }
    });
}

/// Shows a recording's file in the system's file manager.
pub(crate) async fn show_recording(core: &Core, id: i64) -> Result<(), Failure> {
    let all = Arc::clone(core.recordings()?);
    let shell = Arc::clone(&core.shell);
    let shown = tokio::task::spawn_blocking(move || {
        let file = all.file_of(id).map_err(|error| Failure::from(&error))?;
        let file = file.ok_or_else(|| Failure::of(Fault::NotFound))?;
        shell
            .reveal(&file)
            .map_err(|error| Failure::with(Fault::Refused, error.to_string()))
    });
    shown.await.map_err(|_| Failure::of(Fault::Storage))?
}
