//! The frame of the window: its state, and where a click leads.

use super::Answer;
use super::settings::starts_with_system;
use crate::core::Core;
use crate::ipc::{AppState, Failure, Settings};
use crate::updates::version;
use crate::{service, settings};
use perezvon_desk::Fault;
use std::sync::Arc;
use std::sync::atomic::Ordering;

room! {
    /// Everything the frame shows.
    state {} -> AppState,
    /// Where a click wanted to lead before the window listened; once.
    take_route {} -> Option<String>,
    /// Starts the app anew with the example.
    example {} -> (),
    /// Starts it anew without.
    leave_example {} -> (),
}

async fn state(core: &Arc<Core>) -> Answer<AppState> {
    let service = core.service.borrow().clone();
    let stored = core
        .with_desk(|desk| Ok((settings::connection(desk), desk.counts()?)))
        .await;
    // A damaged database must not keep the window from saying so, and is no reason for the wizard.
    let readable = stored.is_ok();
    let (connection, counts) = stored.unwrap_or_default();
    let me = service::me(core, &connection.me).await;
    Ok(AppState {
        version: version().to_owned(),
        wizard: readable && !connection.settled,
        me,
        service,
        to_call_back: counts.to_call_back,
        unseen: counts.unseen,
        forwarding: core.forwarding.borrow().clone(),
        update: core.updates.view(),
        settings: Settings {
            autostart: starts_with_system(core),
            ..core.settings()
        },
        keys: core.keys(),
        tray: core.tray.load(Ordering::SeqCst),
        fixed: core.policy.names(),
        example: core.given.example,
    })
}

async fn example(core: &Arc<Core>) -> Answer<()> {
    // In a company that has its relay for everybody the example would only be in the way.
    if let Some(relay) = core.policy.relay() {
        return Err(Failure::with(Fault::Fixed, relay));
    }
    core.shell.start_again(true);
    Ok(())
}

async fn leave_example(core: &Arc<Core>) -> Answer<()> {
    core.shell.start_again(false);
    Ok(())
}

async fn take_route(core: &Arc<Core>) -> Answer<Option<String>> {
    Ok(core.set_route(None))
}
