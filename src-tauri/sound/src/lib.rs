//! Recordings as sound. A file is opened as what it is and not as what it is called ([`Sound::open`]), its waveform is
//! made once ([`Peaks`]). Knows no window, no storage and no network.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used))]

mod error;
mod kind;
mod mpeg;
mod pcm;
mod peaks;
mod riff;
mod sound;
mod window;

pub use error::{NotSound, SoundError};
pub use peaks::{LEVELS_PER_SECOND, Made, Peaks};
pub use sound::{Damage, Sound};
