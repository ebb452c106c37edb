//! Recordings as sound. A file is opened as what it is and not as what it is called ([`Sound::open`]), its waveform is
//! made once ([`Peaks`]), and
//! it is played on a thread of its own ([`Player`]). Knows no window, no storage and no network.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used))]

mod error;
mod kind;
mod mpeg;
mod pcm;
mod peaks;
mod player;
mod resample;
mod riff;
mod sound;
mod window;

pub use error::{NotSound, SoundError};
pub use peaks::{LEVELS_PER_SECOND, Made, Peaks};
pub use player::{OutputDevice, Phase, Player, PlayerState, PlayerTrouble, Recording, SPEEDS};
pub use sound::{Damage, Sound};
