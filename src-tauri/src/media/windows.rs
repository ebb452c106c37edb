//! The system's controls of Windows, by a media player that plays nothing: the other way needs a window, which there may not be.

use super::{is_open, words};
use crate::core::Core;
use crate::player::{Listening, PlayerPhase};
use std::sync::Arc;
use windows::Foundation::TypedEventHandler;
use windows::Media::Playback::MediaPlayer;
use windows::Media::{
    MediaPlaybackStatus, MediaPlaybackType, SystemMediaTransportControls, SystemMediaTransportControlsButton,
    SystemMediaTransportControlsButtonPressedEventArgs,
};
use windows::core::HSTRING;

/// Until the app ends.
pub(super) async fn run(core: Arc<Core>) {
    let Ok(listening) = core.listening().cloned() else {
        return;
    };
    let mut view = listening.view();
    let mut served: Option<(MediaPlayer, SystemMediaTransportControls)> = None;
    loop {
        tokio::select! {
            () = core.quit.cancelled() => return,
            changed = view.changed() => if changed.is_err() { return },
        }
        let now = view.borrow_and_update().clone();
        if is_open(&now) && served.is_none() {
            match serve(&core, &listening) {
                Ok(both) => served = Some(both),
                Err(error) => tracing::debug!(%error, "The media keys are not served"),
            }
        }
        let status = match now.phase {
            PlayerPhase::Playing => MediaPlaybackStatus::Playing,
            PlayerPhase::Paused => MediaPlaybackStatus::Paused,
            _ => MediaPlaybackStatus::Stopped,
        };
        if !is_open(&now) && now.phase != PlayerPhase::Waiting {
            served = None;
        } else if let Some((_, controls)) = &served
            && let Err(error) = controls.SetPlaybackStatus(status)
        {
            tracing::debug!(%error, "The media keys could not be told");
        }
    }
}

fn serve(
    core: &Core,
    listening: &Arc<Listening>,
) -> windows::core::Result<(MediaPlayer, SystemMediaTransportControls)> {
    let player = MediaPlayer::new()?;
    player.CommandManager()?.SetIsEnabled(false)?;
    let controls = player.SystemMediaTransportControls()?;
    controls.SetIsEnabled(true)?;
    controls.SetIsPlayEnabled(true)?;
    controls.SetIsPauseEnabled(true)?;
    controls.SetIsStopEnabled(true)?;
    let display = controls.DisplayUpdater()?;
    display.SetType(MediaPlaybackType::Music)?;
    display.MusicProperties()?.SetTitle(&HSTRING::from(words(core).1))?;
    display.Update()?;
    let listening = Arc::clone(listening);
    let pressed = TypedEventHandler::new(
        move |_, args: windows::core::Ref<'_, SystemMediaTransportControlsButtonPressedEventArgs>| {
            let button = args.ok()?.Button()?;
            if button == SystemMediaTransportControlsButton::Play {
                listening.play();
            } else if button == SystemMediaTransportControlsButton::Pause
                || button == SystemMediaTransportControlsButton::Stop
            {
                listening.pause();
            }
            Ok(())
        },
    );
    controls.ButtonPressed(&pressed)?;
    Ok((player, controls))
}
