//! What a file is that came as a recording: nothing gets a name before all of it was read and decoded.

use super::name;
use crate::words::SoundFault;
use perezvon_sound::{Made, Peaks, Sound, SoundError};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// A recording's length may differ by so much from what the PBX tells, milliseconds.
const TOLERANCE_MS: i64 = 3_000;

/// What was found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) bytes: u64,
    pub(super) hash: [u8; 32],
    /// For other programs.
    pub(super) ending: &'static str,
    pub(super) sound: Heard,
}

/// What it is as sound.
#[derive(Debug)]
pub(super) enum Heard {
    /// It can be heard to its end.
    Whole {
        peaks: Box<Peaks>,
        torn: bool,
        damaged: bool,
    },
    /// It is sound of this format, which is not decoded here.
    Format(String),
    /// It is none.
    Not { why: SoundFault, may_be_kept: bool },
}

/// Reads and decodes all of it; none where it is no longer wanted.
pub(super) fn file(path: &Path, is_wanted: impl Fn() -> bool) -> io::Result<Option<Found>> {
    let mut file = File::open(path)?;
    let (mut hasher, mut first, mut bytes) = (Sha256::new(), Vec::new(), 0);
    let mut piece = vec![0; 256 << 10];
    loop {
        let got = file.read(&mut piece)?;
        if got == 0 {
            break;
        }
        if first.is_empty() {
            first = piece[..got.min(16)].to_vec();
        }
        hasher.update(&piece[..got]);
        bytes += got as u64;
    }
    let heard = Sound::open(path).and_then(|mut sound| Peaks::of(&mut sound, is_wanted));
    let sound = match heard {
        Ok(Made::Stopped) => return Ok(None),
        Ok(Made::Peaks(peaks)) if peaks.duration().is_zero() => Heard::Not {
            why: SoundFault::Empty,
            may_be_kept: false,
        },
        Ok(Made::Peaks(peaks)) => {
            let damage = peaks.damage();
            Heard::Whole {
                torn: damage.torn,
                damaged: damage.any(),
                peaks: Box::new(peaks),
            }
        }
        Err(SoundError::Unreadable(error)) => return Err(error),
        Err(SoundError::Format(format)) => Heard::Format(format),
        Err(error) => Heard::Not {
            why: SoundFault::of(error.code()).unwrap_or(SoundFault::Damaged),
            may_be_kept: matches!(error, SoundError::Damaged | SoundError::TooLong),
        },
    };
    Ok(Some(Found {
        bytes,
        hash: hasher.finalize().into(),
        ending: name::ending(&first),
        sound,
    }))
}

/// What is heard is longer or shorter than the PBX tells.
pub(super) fn differs(counted_ms: i64, told_ms: Option<i64>) -> bool {
    told_ms.is_some_and(|told| (told - counted_ms).abs() > TOLERANCE_MS)
}
