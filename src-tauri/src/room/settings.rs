//! The settings of this desk.

use super::Answer;
use crate::changes::Own;
use crate::core::Core;
use crate::ipc::{Failure, Settings};
use crate::settings;
use perezvon_desk::Fault;
use std::sync::Arc;

room! {
    save { settings: Settings } -> (),
}

async fn save(core: &Arc<Core>, settings: Settings) -> Answer<()> {
    let mut settings = settings::checked(settings)?;
    let before = core.settings();
    let starts = starts_with_system(core);
    let refused = if starts == settings.autostart {
        None
    } else {
        core.shell.autostart(settings.autostart).err()
    };
    if let Some(error) = &refused {
        tracing::warn!(%error, "Autostart could not be changed");
        settings.autostart = starts;
    }
    let stored = settings.clone();
    core.with_desk(move |desk| settings::save(desk, &stored)).await?;
    core.set_settings(settings.clone());
    core.set_words();
    let relay_setup = |s: &Settings| (s.listen.clone(), s.public_url.clone(), s.grace_s);
    if relay_setup(&before) != relay_setup(&settings) {
        core.restart.notify_one();
    }
    // Only now they are in force: the desk has told of them when they were stored.
    core.tell(Own::Settings);
    match refused {
        None => Ok(()),
        Some(error) => Err(Failure::with(Fault::AutostartRefused, error.to_string())),
    }
}

/// Whether the app starts with the system: as the system has it, where it says so.
pub(super) fn starts_with_system(core: &Core) -> bool {
    core.shell.starts_with_system().unwrap_or_else(|error| {
        tracing::warn!(%error, "The system does not say whether it starts the app");
        core.settings().autostart
    })
}
