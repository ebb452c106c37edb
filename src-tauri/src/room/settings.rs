//! The settings of this desk.

use super::Answer;
use crate::core::Core;
use crate::ipc::{Changed, Failure, Settings};
use crate::settings;
use std::sync::Arc;

room! {
    save { settings: Settings } -> (),
}

async fn save(core: &Arc<Core>, settings: Settings) -> Answer<()> {
    let mut settings = settings::checked(settings)?;
    let before = core.settings();
    let refused = if before.autostart == settings.autostart {
        None
    } else {
        core.shell.autostart(settings.autostart).err()
    };
    if let Some(error) = &refused {
        tracing::warn!(%error, "Autostart could not be changed");
        settings.autostart = before.autostart;
    }
    let stored = settings.clone();
    core.with_desk(move |desk| settings::save(desk, &stored)).await?;
    core.set_settings(settings.clone());
    core.set_words();
    let relay_setup = |s: &Settings| (s.listen.clone(), s.public_url.clone(), s.grace_s);
    if relay_setup(&before) != relay_setup(&settings) {
        core.restart.notify_one();
    }
    core.changed(Changed {
        state: true,
        ..Changed::default()
    });
    match refused {
        None => Ok(()),
        Some(error) => Err(Failure {
            code: "autostart_refused".to_owned(),
            detail: Some(error.to_string()),
        }),
    }
}
