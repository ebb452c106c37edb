//! MPRIS: the desktop sends its keys to whoever has a name of this kind on the session bus.

use super::{is_open, words};
use crate::core::Core;
use crate::player::{Listening, PlayerPhase, PlayerView};
use std::collections::HashMap;
use std::sync::Arc;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::{ObjectPath, OwnedValue, Value};
use zbus::{Connection, interface};

const NAME: &str = "org.mpris.MediaPlayer2.perezvon";
const PATH: &str = "/org/mpris/MediaPlayer2";
/// Before the desk's id of the recording.
const TRACK: &str = "/ru/perezvon/recording/";
/// A place that changed by more than playing does, milliseconds.
const JUMP_MS: i64 = 1_200;

/// Until the app ends.
pub(super) async fn run(core: Arc<Core>) {
    let Ok(listening) = core.listening().cloned() else {
        return;
    };
    let mut view = listening.view();
    let mut served: Option<Connection> = None;
    let mut before = PlayerView::default();
    loop {
        tokio::select! {
            () = core.quit.cancelled() => return,
            changed = view.changed() => if changed.is_err() { return },
        }
        let now = view.borrow_and_update().clone();
        if is_open(&now) && served.is_none() {
            match serve(&core, &listening).await {
                Ok(connection) => served = Some(connection),
                // No session bus, no keys; the next recording tries again.
                Err(error) => tracing::debug!(%error, "The media keys are not served"),
            }
        }
        if let Some(connection) = &served {
            if !is_open(&now) && now.phase != PlayerPhase::Waiting {
                served = None;
            } else if let Err(error) = tell(connection, &before, &now).await {
                tracing::debug!(%error, "The media keys could not be told");
            }
        }
        before = now;
    }
}

async fn serve(core: &Arc<Core>, listening: &Arc<Listening>) -> zbus::Result<Connection> {
    zbus::connection::Builder::session()?
        .serve_at(PATH, Root(Arc::clone(core)))?
        .serve_at(PATH, Keys(Arc::clone(listening), Arc::clone(core)))?
        .name(NAME)?
        .build()
        .await
}

async fn tell(connection: &Connection, before: &PlayerView, now: &PlayerView) -> zbus::Result<()> {
    let keys = connection.object_server().interface::<_, Keys>(PATH).await?;
    let emitter = keys.signal_emitter();
    let this = keys.get().await;
    if before.phase != now.phase {
        this.playback_status_changed(emitter).await?;
    }
    if (before.id, before.duration_ms) != (now.id, now.duration_ms) {
        this.metadata_changed(emitter).await?;
    }
    if (before.speed - now.speed).abs() > f32::EPSILON {
        this.rate_changed(emitter).await?;
    }
    if (before.volume - now.volume).abs() > f32::EPSILON {
        this.volume_changed(emitter).await?;
    }
    let jumped = before.id == now.id && (now.position_ms - before.position_ms).abs() > JUMP_MS;
    if jumped {
        Keys::seeked(emitter, now.position_ms * 1_000).await?;
    }
    Ok(())
}

/// The app.
struct Root(Arc<Core>);

#[interface(name = "org.mpris.MediaPlayer2")]
#[allow(clippy::unused_self, reason = "the interface's macro wants methods")]
impl Root {
    fn raise(&self) {
        self.0.shell.show("recordings", None);
    }

    fn quit(&self) {}

    #[zbus(property)]
    fn can_quit(&self) -> bool {
        false
    }

    #[zbus(property)]
    fn can_raise(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn has_track_list(&self) -> bool {
        false
    }

    #[zbus(property)]
    fn identity(&self) -> String {
        words(&self.0).0.to_owned()
    }

    #[zbus(property)]
    fn desktop_entry(&self) -> String {
        "Perezvon".to_owned()
    }

    #[zbus(property)]
    fn supported_uri_schemes(&self) -> Vec<String> {
        Vec::new()
    }

    #[zbus(property)]
    fn supported_mime_types(&self) -> Vec<String> {
        Vec::new()
    }
}

/// The player.
struct Keys(Arc<Listening>, Arc<Core>);

impl Keys {
    fn view(&self) -> PlayerView {
        self.0.view().borrow().clone()
    }
}

#[interface(name = "org.mpris.MediaPlayer2.Player")]
#[allow(clippy::unused_self, reason = "the interface's macro wants methods")]
impl Keys {
    fn next(&self) {}

    fn previous(&self) {}

    fn pause(&self) {
        self.0.pause();
    }

    fn play_pause(&self) {
        self.0.toggle();
    }

    fn stop(&self) {
        self.0.pause();
    }

    fn play(&self) {
        self.0.play();
    }

    /// By so many microseconds.
    fn seek(&self, offset: i64) {
        self.0.seek(self.view().position_ms + offset / 1_000);
    }

    /// To this microsecond, if this recording is still the open one.
    fn set_position(&self, track: ObjectPath<'_>, position: i64) {
        if track.as_str() == track_of(&self.view()) {
            self.0.seek(position / 1_000);
        }
    }

    fn open_uri(&self, uri: &str) {
        // The bus may be asked by anybody: only the window opens recordings.
        tracing::debug!(length = uri.len(), "An address is not played");
    }

    #[zbus(signal)]
    async fn seeked(emitter: &SignalEmitter<'_>, position: i64) -> zbus::Result<()>;

    #[zbus(property)]
    fn playback_status(&self) -> String {
        match self.view().phase {
            PlayerPhase::Playing => "Playing",
            PlayerPhase::Paused => "Paused",
            _ => "Stopped",
        }
        .to_owned()
    }

    #[zbus(property)]
    fn rate(&self) -> f64 {
        f64::from(self.view().speed)
    }

    #[zbus(property)]
    fn set_rate(&self, rate: f64) {
        // What the desktop cannot have is not taken.
        let _ = self.0.set_speed(rate as f32);
    }

    #[zbus(property)]
    fn metadata(&self) -> HashMap<String, OwnedValue> {
        let view = self.view();
        let owned = |value: Value<'_>| value.try_to_owned().ok();
        let track = ObjectPath::try_from(track_of(&view)).ok();
        let all = [
            ("mpris:trackid", track.and_then(|track| owned(track.into()))),
            ("mpris:length", owned((view.duration_ms * 1_000).into())),
            ("xesam:title", owned(words(&self.1).1.into())),
        ];
        all.into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value?)))
            .collect()
    }

    #[zbus(property)]
    fn volume(&self) -> f64 {
        f64::from(self.view().volume)
    }

    #[zbus(property)]
    fn set_volume(&self, volume: f64) {
        let _ = self.0.set_volume(volume.clamp(0.0, 1.0) as f32);
    }

    #[zbus(property(emits_changed_signal = "false"))]
    fn position(&self) -> i64 {
        self.view().position_ms * 1_000
    }

    #[zbus(property)]
    fn minimum_rate(&self) -> f64 {
        f64::from(*perezvon_sound::SPEEDS.start())
    }

    #[zbus(property)]
    fn maximum_rate(&self) -> f64 {
        f64::from(*perezvon_sound::SPEEDS.end())
    }

    #[zbus(property)]
    fn can_go_next(&self) -> bool {
        false
    }

    #[zbus(property)]
    fn can_go_previous(&self) -> bool {
        false
    }

    #[zbus(property)]
    fn can_play(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn can_pause(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn can_seek(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn can_control(&self) -> bool {
        true
    }
}

fn track_of(view: &PlayerView) -> String {
    format!("{TRACK}{}", view.id.unwrap_or_default())
}
