//! The frame of the window: its state, and where a click leads.

use super::Answer;
use super::settings::starts_with_system;
use crate::core::Core;
use crate::ipc::{AppState, Settings};
use crate::{service, settings};
use std::sync::Arc;

room! {
    /// Everything the frame shows.
    state {} -> AppState,
    /// Where a click wanted to lead before the window listened; once.
    take_route {} -> Option<String>,
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
        version: env!("CARGO_PKG_VERSION").to_owned(),
        wizard: readable && !connection.settled,
        me,
        service,
        to_call_back: counts.to_call_back,
        unseen: counts.unseen,
        settings: Settings {
            autostart: starts_with_system(core),
            ..core.settings()
        },
    })
}

async fn take_route(core: &Arc<Core>) -> Answer<Option<String>> {
    Ok(core.set_route(None))
}
