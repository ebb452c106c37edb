//! The settings of this desk.

use super::Answer;
use crate::changes::Own;
use crate::core::Core;
use crate::ipc::{Failure, Settings, SettingsTaken, ToastSample, Tongue};
use crate::settings;
use perezvon_desk::toast::ToastOp;
use perezvon_desk::{Fault, Sample, sample};
use std::sync::Arc;

/// A file of settings has some thousand.
const MAX_FILE_BYTES: usize = 256 * 1024;

room! {
    save { settings: Settings } -> (),
    /// What each toast looks like.
    samples {} -> Vec<ToastSample>,
    /// Shows one on the screen, quiet hours or not: the user asked for it.
    show_sample { of: Sample } -> (),
    /// Writes the settings into a file in the folder of downloads; answers its path. There are no secrets in it.
    export {} -> String,
    /// Takes what fits of such a file's text.
    import { text: String } -> SettingsTaken,
}

async fn samples(core: &Arc<Core>) -> Answer<Vec<ToastSample>> {
    core.with_desk(|desk| {
        let one = |of| {
            let toast = sample(desk.words(), desk.now(), of)?.view();
            Ok(ToastSample { of, toast })
        };
        Sample::ALL.into_iter().map(one).collect()
    })
    .await
}

async fn show_sample(core: &Arc<Core>, of: Sample) -> Answer<()> {
    let toast = core.with_desk(move |desk| sample(desk.words(), desk.now(), of)).await?;
    core.toasts.run(vec![ToastOp::Show(toast)]).await;
    Ok(())
}

async fn export(core: &Arc<Core>) -> Answer<String> {
    let folder = core.shell.downloads().unwrap_or_else(|| core.data_dir.clone());
    let settings = core.settings();
    let name = match settings.language {
        Tongue::Ru => "Настройки Перезвона",
        Tongue::En => "Perezvon settings",
    };
    let text = settings::to_file(&settings);
    let written = core.with_desk(move |desk| desk.write_text(&text, &folder, name, "json"));
    Ok(written.await?.display().to_string())
}

async fn import(core: &Arc<Core>, text: String) -> Answer<SettingsTaken> {
    let given = (text.len() <= MAX_FILE_BYTES)
        .then(|| settings::of_file(&text))
        .flatten();
    let given = given.ok_or_else(|| Failure::of(Fault::NotSettings))?;
    let mut wished = core.settings();
    let mut told = SettingsTaken {
        taken: Vec::new(),
        left: Vec::new(),
    };
    for (name, value) in given {
        match settings::with(&wished, &name, &value) {
            Some(changed) if settings::travels(&name) && !core.policy.fixes(&name) => {
                wished = changed;
                told.taken.push(name);
            }
            _ => told.left.push(name),
        }
    }
    save(core, wished).await?;
    Ok(told)
}

async fn save(core: &Arc<Core>, settings: Settings) -> Answer<()> {
    let mut settings = core.policy.apply(settings::checked(settings)?);
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
