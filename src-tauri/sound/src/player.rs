//! The player: a thread of its own reads, stretches and hands over the sound; nothing here waits for the disk or a device.
//! What is asked for is carried out in order, what it came to is told by the state.

mod feed;
mod output;
mod queue;
mod state;
mod worker;

pub use output::OutputDevice;
pub use state::{Phase, PlayerState, PlayerTrouble};

use queue::{Shared, lock};
use std::path::PathBuf;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use worker::{Command, Worker};

/// Speeds between which the voice stays a voice.
pub const SPEEDS: std::ops::RangeInclusive<f32> = 0.75..=2.0;

/// A recording on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// Its name in the state.
    pub id: String,
    /// The file.
    pub file: PathBuf,
    /// Where its peaks are kept.
    pub peaks: PathBuf,
}

/// See the module. Ends with its thread when it is dropped.
pub struct Player {
    commands: Sender<Command>,
    shared: Shared,
    state: Arc<Mutex<PlayerState>>,
    thread: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Player {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Player").finish_non_exhaustive()
    }
}

impl Player {
    /// Starts the thread. `changed` is told each new state, on that thread. `device` is the one that was chosen, by its id;
    /// none: the system's own. No device is opened before something is to be heard.
    pub fn start(device: Option<String>, changed: impl Fn(&PlayerState) + Send + 'static) -> std::io::Result<Self> {
        let (commands, received) = mpsc::channel();
        let shared = Shared::default();
        lock(&shared).volume = 1.0;
        let state = Arc::new(Mutex::new(PlayerState::default()));
        let worker = Worker::new(commands.clone(), shared.clone(), device);
        let told = state.clone();
        let tell = move |new: &PlayerState| {
            new.clone_into(&mut told.lock().unwrap_or_else(PoisonError::into_inner));
            changed(new);
        };
        let thread = std::thread::Builder::new()
            .name("player".to_owned())
            .spawn(move || worker.run(&received, tell))?;
        Ok(Self {
            commands,
            shared,
            state,
            thread: Some(thread),
        })
    }

    /// Opens a recording at a place and plays it.
    pub fn open(&self, recording: Recording, from: Duration) {
        self.send(Command::Open(recording, from));
    }

    /// Closes the recording and the device.
    pub fn close(&self) {
        self.send(Command::Close);
    }

    /// Plays on; from the start where the end was reached.
    pub fn play(&self) {
        self.send(Command::Play);
    }

    /// Stands still.
    pub fn pause(&self) {
        self.send(Command::Pause);
    }

    /// Goes to a place.
    pub fn seek(&self, to: Duration) {
        self.send(Command::Seek(to));
    }

    /// Speed within [`SPEEDS`], at the same pitch.
    pub fn set_speed(&self, speed: f32) {
        if speed.is_finite() {
            self.send(Command::Speed(speed.clamp(*SPEEDS.start(), *SPEEDS.end())));
        }
    }

    /// Volume from 0 to 1.
    pub fn set_volume(&self, volume: f32) {
        if volume.is_finite() {
            self.send(Command::Volume(volume.clamp(0.0, 1.0)));
        }
    }

    /// Whether pauses are left out.
    pub fn set_skips_silence(&self, skips: bool) {
        self.send(Command::SkipSilence(skips));
    }

    /// Chooses a device by its id; none: the system's own.
    pub fn set_device(&self, id: Option<String>) {
        self.send(Command::Device(id));
    }

    /// The newest state.
    pub fn state(&self) -> PlayerState {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The place that is heard at this moment.
    pub fn position(&self) -> Duration {
        Duration::from_secs_f64(lock(&self.shared).place(Instant::now()).max(0.0))
    }

    /// When the first sound was audible since the recording was opened or the place was changed.
    pub fn first_heard(&self) -> Option<Instant> {
        lock(&self.shared).first_heard()
    }

    /// The devices that can be chosen now. Asks the system: not for a thread that must not wait.
    pub fn devices() -> Vec<OutputDevice> {
        output::devices()
    }

    fn send(&self, command: Command) {
        // The thread ends only with the player.
        let _ = self.commands.send(command);
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.send(Command::End);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
