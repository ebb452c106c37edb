//! What the player tells of itself.

use super::output::OutputDevice;
use crate::peaks::Peaks;
use std::sync::Arc;
use std::time::Duration;

/// What it does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// No recording is open.
    #[default]
    Empty,
    /// It is heard.
    Playing,
    /// It stands still.
    Paused,
    /// It was heard to its end; playing begins at the start.
    Ended,
}

/// What is wrong, as the window's contract calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlayerTrouble {
    /// There is nothing to hear it with; it plays on as soon as there is.
    NoDevice,
    /// The chosen device is gone: it goes on with the system's own, and with the chosen one when that is back.
    DeviceLost,
    /// The recording cannot be played: a code of [`crate::SoundError`].
    Recording(&'static str),
}

impl PlayerTrouble {
    /// The code for the window.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoDevice => "sound_device_none",
            Self::DeviceLost => "sound_device_lost",
            Self::Recording(code) => code,
        }
    }
}

/// See the module. The place is not in it, as it changes by itself: [`super::Player::position`].
#[derive(Clone, Debug, PartialEq)]
pub struct PlayerState {
    /// The recording that is open, as it was called when it was opened.
    pub recording: Option<String>,
    /// What it does.
    pub phase: Phase,
    /// Length of the recording: counted, not believed.
    pub duration: Duration,
    /// Channels of the recording.
    pub channels: u16,
    /// 0.75 to 2.
    pub speed: f32,
    /// 0 to 1.
    pub volume: f32,
    /// Pauses are left out, as soon as the peaks are known.
    pub skips_silence: bool,
    /// The waveform, once it is known.
    pub peaks: Option<Arc<Peaks>>,
    /// The device that is open.
    pub device: Option<OutputDevice>,
    /// What is wrong.
    pub trouble: Option<PlayerTrouble>,
}

impl Default for PlayerState {
    fn default() -> Self {
        Self {
            recording: None,
            phase: Phase::Empty,
            duration: Duration::ZERO,
            channels: 0,
            speed: 1.0,
            volume: 1.0,
            skips_silence: false,
            peaks: None,
            device: None,
            trouble: None,
        }
    }
}
