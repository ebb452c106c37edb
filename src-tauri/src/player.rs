//! What is listened to: one recording at a time, natively, on the player's own thread, so it goes on without a window. The window,
//! the tray and the system's media keys show the same [`PlayerView`].

use crate::ipc::Failure;
use perezvon_desk::recordings::Recordings;
use perezvon_desk::view::SoundPlace;
use perezvon_desk::{Desk, DeskError, Fault, Problem};
use perezvon_sound::{OutputDevice, Phase, Player, PlayerState, Recording};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use ts_rs::TS;

/// How often the place is told while it moves.
const TICK: Duration = Duration::from_millis(250);
/// How often the place is stored while it moves, in ticks.
const STORE_TICKS: u32 = 20;
/// So near to its end a recording counts as heard, milliseconds: it begins anew the next time.
const END_MS: i64 = 1_500;
/// Key of the setting.
const MANNER: &str = "player";

/// What the player does, for whoever shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum PlayerPhase {
    /// Nothing is open.
    #[default]
    Empty,
    /// The recording is on its way here.
    Waiting,
    /// It is heard.
    Playing,
    /// It stands still.
    Paused,
    /// It was heard to its end.
    Ended,
    /// It cannot be heard; the trouble says why.
    Failed,
}

/// A sound device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SoundDevice {
    /// What a choice is stored by.
    pub id: String,
    /// For people.
    pub name: String,
}

/// What is listened to, and how: the event `player` of the window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct PlayerView {
    /// The desk's id of the recording.
    #[ts(type = "number | null")]
    pub id: Option<i64>,
    /// What it does.
    pub phase: PlayerPhase,
    /// The place that is heard, milliseconds.
    #[ts(type = "number")]
    pub position_ms: i64,
    /// Milliseconds; counted, not believed.
    #[ts(type = "number")]
    pub duration_ms: i64,
    /// Channels of the recording.
    pub channels: u16,
    /// 0.75 to 2.
    pub speed: f32,
    /// 0 to 1.
    pub volume: f32,
    /// Pauses are left out.
    pub skips_silence: bool,
    /// The waveform is known.
    pub peaks: bool,
    /// The device that is open.
    pub device: Option<SoundDevice>,
    /// What is wrong.
    pub trouble: Option<Problem>,
}

/// How somebody listens; stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Manner {
    speed: f32,
    volume: f32,
    skips_silence: bool,
    device: Option<String>,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            speed: 1.0,
            volume: 1.0,
            skips_silence: false,
            device: None,
        }
    }
}

/// What is open or to be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wanted {
    id: i64,
    /// Not here yet.
    waits: bool,
}

/// See the module.
pub(crate) struct Listening {
    desk: Arc<Desk>,
    recordings: Arc<Recordings>,
    /// Opening and closing, one at a time: what is wanted and what the player was told are never of two recordings.
    turn: Mutex<()>,
    /// Started with the first recording: who listens to none has no thread for it.
    player: Mutex<Option<Player>>,
    wanted: Mutex<Option<Wanted>>,
    trouble: Mutex<Option<Problem>>,
    moved: Arc<Notify>,
    view: watch::Sender<PlayerView>,
}

impl Listening {
    pub(crate) fn new(desk: Arc<Desk>, recordings: Arc<Recordings>) -> Arc<Self> {
        Arc::new(Self {
            desk,
            recordings,
            turn: Mutex::default(),
            player: Mutex::default(),
            wanted: Mutex::default(),
            trouble: Mutex::default(),
            moved: Arc::default(),
            view: watch::Sender::new(PlayerView {
                speed: 1.0,
                volume: 1.0,
                ..PlayerView::default()
            }),
        })
    }

    /// What is shown, as it changes.
    pub(crate) fn view(&self) -> watch::Receiver<PlayerView> {
        self.view.subscribe()
    }

    /// Opens a recording where it was last listened to, and plays it; one that is not here is fetched first.
    pub(crate) fn open(&self, id: i64) -> Result<(), Failure> {
        let _turn = lock(&self.turn);
        self.open_now(id)
    }

    fn open_now(&self, id: i64) -> Result<(), Failure> {
        self.store_place();
        let of_desk = |error: &DeskError| Failure::from(error);
        let file = self.recordings.file_of(id).map_err(|e| of_desk(&e))?;
        *lock(&self.trouble) = None;
        *lock(&self.wanted) = Some(Wanted {
            id,
            waits: file.is_none(),
        });
        let Some(file) = file else {
            if let Some(player) = &*lock(&self.player) {
                player.close();
            }
            self.recordings.ask_for(&[id]).map_err(|e| of_desk(&e))?;
            self.moved.notify_one();
            return Ok(());
        };
        let view = self.desk.recording(id).map_err(|e| of_desk(&e))?;
        self.desk.recording_heard(id).map_err(|e| of_desk(&e))?;
        if view.row.abonent.is_some() {
            self.recordings.wake();
        }
        let length = view.row.length_ms.unwrap_or_default();
        let from = if view.position_ms + END_MS >= length {
            0
        } else {
            view.position_ms
        };
        let recording = Recording {
            id: id.to_string(),
            file,
            peaks: self.recordings.peaks_of(id),
        };
        let mut player = lock(&self.player);
        if player.is_none() {
            *player = Some(self.start()?);
        }
        if let Some(player) = &*player {
            player.open(recording, Duration::from_millis(from.max(0) as u64));
        }
        self.moved.notify_one();
        Ok(())
    }

    fn start(&self) -> Result<Player, Failure> {
        let manner = self.manner();
        let moved = Arc::clone(&self.moved);
        let player = Player::start(manner.device.clone(), move |_: &PlayerState| moved.notify_one());
        let player = player.map_err(|error| {
            tracing::error!(%error, "The player has no thread");
            Failure::of(Fault::Unexpected)
        })?;
        player.set_speed(manner.speed);
        player.set_volume(manner.volume);
        player.set_skips_silence(manner.skips_silence);
        Ok(player)
    }

    fn manner(&self) -> Manner {
        self.desk.setting(MANNER).ok().flatten().unwrap_or_default()
    }

    /// Changes how somebody listens, now and the next time.
    fn change(&self, change: impl FnOnce(&mut Manner), apply: impl FnOnce(&Player, &Manner)) -> Result<(), Failure> {
        let mut manner = self.manner();
        change(&mut manner);
        if let Some(player) = &*lock(&self.player) {
            apply(player, &manner);
        }
        let stored = self.desk.set_setting(MANNER, &manner);
        self.moved.notify_one();
        stored.map_err(|error| Failure::from(&error))
    }

    pub(crate) fn set_speed(&self, speed: f32) -> Result<(), Failure> {
        if !perezvon_sound::SPEEDS.contains(&speed) {
            return Err(Failure::of(Fault::Unexpected));
        }
        self.change(|manner| manner.speed = speed, |player, _| player.set_speed(speed))
    }

    pub(crate) fn set_volume(&self, volume: f32) -> Result<(), Failure> {
        if !(0.0..=1.0).contains(&volume) {
            return Err(Failure::of(Fault::Unexpected));
        }
        self.change(|manner| manner.volume = volume, |player, _| player.set_volume(volume))
    }

    pub(crate) fn set_skips_silence(&self, skips: bool) -> Result<(), Failure> {
        self.change(
            |manner| manner.skips_silence = skips,
            |player, _| player.set_skips_silence(skips),
        )
    }

    pub(crate) fn set_device(&self, id: Option<String>) -> Result<(), Failure> {
        self.change(
            |manner| manner.device = id,
            |player, manner| player.set_device(manner.device.clone()),
        )
    }

    /// The chosen device's id, and all that there are. Asks the system.
    pub(crate) fn devices(&self) -> (Option<String>, Vec<SoundDevice>) {
        let all = Player::devices().into_iter().map(SoundDevice::of).collect();
        (self.manner().device, all)
    }

    /// Plays on.
    pub(crate) fn play(&self) {
        self.with(Player::play);
    }

    pub(crate) fn pause(&self) {
        self.with(Player::pause);
    }

    /// Plays on or stands still.
    pub(crate) fn toggle(&self) {
        self.with(|player| match player.state().phase {
            Phase::Playing => player.pause(),
            _ => player.play(),
        });
    }

    pub(crate) fn seek(&self, to_ms: i64) {
        self.with(|player| player.seek(Duration::from_millis(to_ms.max(0) as u64)));
        self.moved.notify_one();
    }

    /// Nothing is listened to any more.
    pub(crate) fn close(&self) {
        let _turn = lock(&self.turn);
        self.close_now();
    }

    fn close_now(&self) {
        self.store_place();
        *lock(&self.wanted) = None;
        *lock(&self.trouble) = None;
        self.with(Player::close);
        self.moved.notify_one();
    }

    /// Lets go of the recordings of these ids: their files are about to be deleted.
    pub(crate) fn close_any(&self, ids: &[i64]) {
        let _turn = lock(&self.turn);
        if lock(&self.wanted).is_some_and(|wanted| ids.contains(&wanted.id)) {
            self.close_now();
        }
    }

    /// The levels of the waveform, a byte each, one channel after the other.
    pub(crate) fn levels(&self) -> Vec<u8> {
        let state = lock(&self.player).as_ref().map(Player::state);
        let peaks = state.and_then(|state| state.peaks);
        peaks.map(|peaks| peaks.levels().concat()).unwrap_or_default()
    }

    fn with(&self, work: impl FnOnce(&Player)) {
        if let Some(player) = &*lock(&self.player) {
            work(player);
        }
    }

    /// Where it is heard is where it goes on the next time.
    fn store_place(&self) {
        let Some(Wanted { id, waits: false }) = *lock(&self.wanted) else {
            return;
        };
        let place = {
            let player = lock(&self.player);
            let Some(player) = &*player else { return };
            let state = player.state();
            // The player may be on its way from another recording to this one, or away from it.
            if state.recording != Some(id.to_string()) {
                return;
            }
            match state.phase {
                Phase::Empty => return,
                Phase::Ended => 0,
                Phase::Playing | Phase::Paused => player.position().as_millis() as i64,
            }
        };
        if let Err(error) = self.desk.set_recording_position(id, place) {
            tracing::warn!(%error, "The place in a recording could not be stored");
        }
    }

    /// Tells what the player does, opens what has come, and stores the place, until the app ends.
    pub(crate) async fn run(self: Arc<Self>, quit: CancellationToken) {
        let mut changes = self.desk.changes();
        let mut ticks = 0;
        loop {
            let is_moving = self.view.borrow().phase == PlayerPhase::Playing;
            tokio::select! {
                () = quit.cancelled() => break,
                () = self.moved.notified() => {}
                () = tokio::time::sleep(TICK), if is_moving => ticks += 1,
                change = changes.next() => {
                    let Some(change) = change else { break };
                    let waits = *lock(&self.wanted);
                    if !waits.is_some_and(|wanted| wanted.waits && change.touched.recordings.has(&wanted.id)) {
                        continue;
                    }
                }
            }
            let before = self.view.borrow().phase;
            let (this, store) = (Arc::clone(&self), ticks >= STORE_TICKS);
            let looked = tokio::task::spawn_blocking(move || this.look(before, store)).await;
            if store {
                ticks = 0;
            }
            if let Err(error) = looked {
                tracing::error!(%error, "The player could not be looked at");
            }
        }
        self.store_place();
        // The thread ends with it.
        *lock(&self.player) = None;
    }

    fn look(&self, before: PlayerPhase, store: bool) {
        self.come();
        let view = self.now();
        let rests = before == PlayerPhase::Playing && view.phase != PlayerPhase::Playing;
        self.view.send_if_modified(|told| {
            let is_other = *told != view;
            *told = view;
            is_other
        });
        if store || rests {
            self.store_place();
        }
    }

    /// What was waited for may be here, or may never come.
    fn come(&self) {
        let _turn = lock(&self.turn);
        let Some(Wanted { id, waits: true }) = *lock(&self.wanted) else {
            return;
        };
        let Ok(view) = self.desk.recording(id) else { return };
        match view.row.place {
            SoundPlace::Here | SoundPlace::Damaged => {
                if let Err(failure) = self.open_now(id) {
                    *lock(&self.trouble) = Some(failure.code.into());
                }
            }
            SoundPlace::Gone => *lock(&self.trouble) = Some(Fault::RecordingGone.into()),
            _ => *lock(&self.trouble) = view.row.problem,
        }
    }

    fn now(&self) -> PlayerView {
        let player = lock(&self.player);
        let state = player.as_ref().map(Player::state).unwrap_or_default();
        let manner = if player.is_some() { None } else { Some(self.manner()) };
        let wanted = *lock(&self.wanted);
        let own = *lock(&self.trouble);
        let trouble = own.or_else(|| state.trouble.and_then(|trouble| Problem::of(trouble.code())));
        let is_open = wanted.is_some_and(|wanted| !wanted.waits && state.recording == Some(wanted.id.to_string()));
        let phase = match (wanted, state.phase) {
            (None, _) => PlayerPhase::Empty,
            (Some(Wanted { waits: true, .. }), _) if own == Some(Fault::RecordingGone.into()) => PlayerPhase::Failed,
            (Some(Wanted { waits: true, .. }), _) => PlayerPhase::Waiting,
            (Some(_), Phase::Playing) if is_open => PlayerPhase::Playing,
            (Some(_), Phase::Paused) if is_open => PlayerPhase::Paused,
            (Some(_), Phase::Ended) if is_open => PlayerPhase::Ended,
            (Some(_), Phase::Empty) if trouble.is_some() => PlayerPhase::Failed,
            // It is about to be opened.
            (Some(_), _) => PlayerPhase::Waiting,
        };
        let position = player
            .as_ref()
            .filter(|_| is_open)
            .map(Player::position)
            .unwrap_or_default();
        PlayerView {
            id: wanted.map(|wanted| wanted.id),
            phase,
            position_ms: position.as_millis() as i64,
            duration_ms: if is_open { state.duration.as_millis() as i64 } else { 0 },
            channels: state.channels,
            speed: manner.as_ref().map_or(state.speed, |manner| manner.speed),
            volume: manner.as_ref().map_or(state.volume, |manner| manner.volume),
            skips_silence: manner
                .as_ref()
                .map_or(state.skips_silence, |manner| manner.skips_silence),
            peaks: is_open && state.peaks.is_some(),
            device: state.device.map(SoundDevice::of),
            trouble,
        }
    }
}

impl SoundDevice {
    fn of(device: OutputDevice) -> Self {
        Self {
            id: device.id,
            name: device.name,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
