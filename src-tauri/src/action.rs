//! The only place where an action is carried out, whether it comes from a toast, the tray, a `tel:` link, a second
//! start or the window (design, part 3, step 6).

use crate::app::Perezvon;
use crate::ipc::{Changed, Failure, Placed};
use crate::window;
use perezvon_core::Number;
use perezvon_desk::toast::Action;
use std::sync::Arc;
use tauri::{AppHandle, Manager as _};

/// Carries an action out in the background; what goes wrong is told by a toast.
pub(crate) fn carry_out(handle: &AppHandle, action: Action) {
    let Some(app) = handle.try_state::<Arc<Perezvon>>().map(|state| Arc::clone(&state)) else {
        return;
    };
    match action {
        Action::CallBack { number } => {
            tauri::async_runtime::spawn(async move {
                if let Err(failure) = call_back(&app, &number).await {
                    tracing::warn!(code = failure.code, "The call was not placed");
                }
            });
        }
        other => {
            if let Some(route) = other.route() {
                window::show(handle, &route);
            }
        }
    }
}

/// Asks the relay to place a call from the chosen abonent; his phone rings first. The progress toast tells how it goes.
/// The request carries its own id, so that a repeat after a lost answer places no second call.
pub(crate) async fn call_back(app: &Arc<Perezvon>, number: &str) -> Result<Placed, Failure> {
    let number = Number::parse(number);
    if number.dial().is_none() {
        return Err(Failure::of("bad_number"));
    }
    let request = uuid::Uuid::now_v7().to_string();
    let (id, to) = (request.clone(), number.clone());
    if app.settings().progress {
        let ops = app.with_desk(move |desk| desk.progress_started(&id, &to)).await?;
        app.show(ops).await;
    }
    let placed = match app.relay() {
        Ok((relay, me)) => {
            let answer = relay.place_call(&number.canonical(), me.as_deref(), &request).await;
            answer.map_err(|error| Failure::of(error.code()))
        }
        Err(failure) => Err(failure),
    };
    if let Err(failure) = placed {
        let (id, to, code) = (request, number, failure.code.clone());
        let ops = app.with_desk(move |desk| desk.progress_failed(&id, &to, &code)).await?;
        app.show(ops).await;
        app.changed(Changed {
            notifications: true,
            ..Changed::default()
        });
        return Err(failure);
    }
    Ok(Placed { request })
}
