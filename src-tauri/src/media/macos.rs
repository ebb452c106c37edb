//! The system's media keys and «Now Playing» of macOS. With souvlaki: the system's own interface is unsafe throughout, and on
//! this system souvlaki brings no second executor.

use super::{is_open, words};
use crate::core::Core;
use crate::player::{Listening, PlayerPhase, PlayerView};
use souvlaki::{
    MediaControlEvent, MediaControls, MediaMetadata, MediaPlayback, MediaPosition, PlatformConfig, SeekDirection,
};
use std::sync::Arc;
use std::time::Duration;

/// What a key without a length moves the place by, milliseconds.
const STEP_MS: i64 = 5_000;

/// Until the app ends.
pub(super) async fn run(core: Arc<Core>) {
    let Ok(listening) = core.listening().cloned() else {
        return;
    };
    let mut view = listening.view();
    let mut served: Option<MediaControls> = None;
    loop {
        tokio::select! {
            () = core.quit.cancelled() => return,
            changed = view.changed() => if changed.is_err() { return },
        }
        let now = view.borrow_and_update().clone();
        if is_open(&now) && served.is_none() {
            match serve(&core, &listening) {
                Ok(controls) => served = Some(controls),
                Err(error) => tracing::debug!(?error, "The media keys are not served"),
            }
        }
        if !is_open(&now) && now.phase != PlayerPhase::Waiting {
            if let Some(mut controls) = served.take() {
                // The keys are another program's again.
                let _ = controls
                    .set_playback(MediaPlayback::Stopped)
                    .and_then(|()| controls.detach());
            }
        } else if let Some(controls) = &mut served
            && let Err(error) = tell(&core, controls, &now)
        {
            tracing::debug!(?error, "The media keys could not be told");
        }
    }
}

fn serve(core: &Core, listening: &Arc<Listening>) -> Result<MediaControls, souvlaki::Error> {
    let mut controls = MediaControls::new(PlatformConfig {
        display_name: words(core).0,
        dbus_name: "perezvon",
        hwnd: None,
    })?;
    let listening = Arc::clone(listening);
    controls.attach(move |event| pressed(&listening, event))?;
    Ok(controls)
}

fn pressed(listening: &Listening, event: MediaControlEvent) {
    let by = |ms: i64| listening.seek(listening.view().borrow().position_ms + ms);
    let ms = |length: Duration| i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
    let signed = |direction, ms: i64| match direction {
        SeekDirection::Forward => ms,
        SeekDirection::Backward => -ms,
    };
    match event {
        MediaControlEvent::Play => listening.play(),
        MediaControlEvent::Pause | MediaControlEvent::Stop => listening.pause(),
        MediaControlEvent::Toggle => listening.toggle(),
        MediaControlEvent::Seek(direction) => by(signed(direction, STEP_MS)),
        MediaControlEvent::SeekBy(direction, length) => by(signed(direction, ms(length))),
        MediaControlEvent::SetPosition(MediaPosition(place)) => listening.seek(ms(place)),
        _ => {}
    }
}

fn tell(core: &Core, controls: &mut MediaControls, now: &PlayerView) -> Result<(), souvlaki::Error> {
    let length = |ms: i64| Duration::from_millis(ms.max(0).unsigned_abs());
    controls.set_metadata(MediaMetadata {
        title: Some(words(core).1),
        duration: Some(length(now.duration_ms)),
        ..MediaMetadata::default()
    })?;
    let progress = Some(MediaPosition(length(now.position_ms)));
    controls.set_playback(match now.phase {
        PlayerPhase::Playing => MediaPlayback::Playing { progress },
        PlayerPhase::Paused => MediaPlayback::Paused { progress },
        _ => MediaPlayback::Stopped,
    })
}
