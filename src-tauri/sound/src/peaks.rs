//! How loud a recording is over its time: made once by decoding all of it, kept beside it, drawn as its waveform. Silence is
//! found in it, and what the recording truly is: its length and its damage.

use crate::error::SoundError;
use crate::sound::{Damage, Sound};
use std::fs::File;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

/// Levels in a second.
pub const LEVELS_PER_SECOND: u32 = 50;
/// The loudest level; each one below is a quarter of a decibel less.
const LOUDEST: u8 = u8::MAX;

/// The shortest pause that is left out, in levels: 1.2 s.
const SHORTEST_SILENCE: usize = 60;
/// What is kept of a pause on both of its sides, in levels: 0.3 s.
const KEPT_SILENCE: usize = 15;
/// Silence is so much below the loud parts, quarter decibels…
const BELOW_LOUD: u8 = 120;
/// …and between these levels: -55 and -35 dB.
const SILENCE: Range<u8> = LOUDEST - 220..LOUDEST - 140;

/// First bytes of a file of peaks, the version last.
const MAGIC: &[u8; 8] = b"pvpeaks1";
/// Bytes before the levels.
const HEAD: usize = 8 + 8 + 4 + 8 + 4 + 4 + 1 + 1;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peaks {
    rate: u32,
    length: u64,
    damage: Damage,
    /// One list for each channel, two at most.
    levels: Vec<Vec<u8>>,
}

/// What the peaks of a recording came to.
#[derive(Debug)]
pub enum Made {
    /// They are there.
    Peaks(Peaks),
    /// It was asked to stop.
    Stopped,
}

impl Peaks {
    /// Decodes all of the recording; asks `is_wanted` now and then and stops if it is not.
    pub fn of(sound: &mut Sound, is_wanted: impl Fn() -> bool) -> Result<Made, SoundError> {
        let channels = usize::from(sound.channels());
        // What more channels have is in the first two.
        let shown = channels.min(2);
        let span = (sound.rate() / LEVELS_PER_SECOND).max(1) as usize;
        let mut levels: Vec<Vec<u8>> = vec![Vec::new(); shown];
        let mut block = Vec::new();
        sound.seek(0);
        loop {
            if !is_wanted() {
                return Ok(Made::Stopped);
            }
            while block.len() < span * channels * 64 && sound.read(&mut block)? > 0 {}
            let whole = block.len() / (span * channels) * span * channels;
            let take = if whole == 0 { block.len() } else { whole };
            if take == 0 {
                break;
            }
            for part in block[..take].chunks(span * channels) {
                for (channel, levels) in levels.iter_mut().enumerate() {
                    let moments = part.chunks_exact(channels);
                    let of = moments.flat_map(|moment| moment.iter().skip(channel).step_by(shown));
                    levels.push(level(of.fold(0.0, |most: f32, sample| most.max(sample.abs()))));
                }
            }
            block.drain(..take);
        }
        Ok(Made::Peaks(Self {
            rate: sound.rate(),
            length: sound.length(),
            damage: sound.damage(),
            levels,
        }))
    }

    /// Makes the peaks of a recording and keeps them in `file`; where they cannot be kept, they are made again the next time.
    pub fn made(file: &Path, recording: &Path, is_wanted: impl Fn() -> bool) -> Result<Made, SoundError> {
        let made = Self::of(&mut Sound::open(recording)?, is_wanted)?;
        if let Made::Peaks(peaks) = &made
            && let Err(error) = peaks.keep(file, recording)
        {
            tracing::warn!(%error, "peaks cannot be kept");
        }
        Ok(made)
    }

    /// Length of what was decoded.
    pub fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.length as f64 / f64::from(self.rate))
    }

    /// What is wrong with the recording.
    pub fn damage(&self) -> Damage {
        self.damage
    }

    /// The levels of each channel, [`LEVELS_PER_SECOND`]: 255 is full scale, each one below a quarter of a decibel less,
    /// 0 is silence.
    pub fn levels(&self) -> &[Vec<u8>] {
        &self.levels
    }

    /// Pauses in which nobody speaks, in samples of a channel; what is left of each sounds natural when it is left out.
    pub fn silences(&self) -> Vec<Range<u64>> {
        let all = |n: usize| self.levels.iter().filter_map(|of| of.get(n)).max().copied();
        let most: Vec<u8> = (0..self.levels[0].len()).filter_map(all).collect();
        let mut sorted = most.clone();
        sorted.sort_unstable();
        let loud = sorted.get(sorted.len() * 95 / 100).copied().unwrap_or(LOUDEST);
        let silent = loud.saturating_sub(BELOW_LOUD).clamp(SILENCE.start, SILENCE.end);
        let span = u64::from((self.rate / LEVELS_PER_SECOND).max(1));
        let mut silences = Vec::new();
        let mut from = 0;
        for n in 0..=most.len() {
            if most.get(n).is_some_and(|level| *level < silent) {
                continue;
            }
            if n - from >= SHORTEST_SILENCE {
                let of = |n: usize| n as u64 * span;
                silences.push(of(from + KEPT_SILENCE)..of(n - KEPT_SILENCE).min(self.length));
            }
            from = n + 1;
        }
        silences
    }

    /// Reads what [`Peaks::keep`] wrote for this recording; none where there is nothing of use.
    pub fn kept(file: &Path, recording: &Path) -> Option<Self> {
        let mut bytes = Vec::new();
        File::open(file).ok()?.read_to_end(&mut bytes).ok()?;
        let (head, levels) = bytes.split_at_checked(HEAD)?;
        let number = |at: usize| u64::from_le_bytes(head[at..at + 8].try_into().unwrap_or_default());
        let short = |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().unwrap_or_default());
        let of = std::fs::metadata(recording).ok()?.len();
        if &head[..8] != MAGIC || number(8) != of {
            return None;
        }
        let (rate, length, channels) = (short(16), number(20), usize::from(head[37]));
        let each = levels.len() / channels.max(1);
        if rate == 0 || !(1..=2).contains(&channels) || each * channels != levels.len() {
            return None;
        }
        Some(Self {
            rate,
            length,
            damage: Damage {
                gaps: short(28),
                silenced: short(32),
                torn: head[36] != 0,
            },
            levels: levels.chunks(each.max(1)).map(<[u8]>::to_vec).collect(),
        })
        .filter(|peaks| peaks.levels.len() == channels)
    }

    /// Writes them to `file`, whole or not at all, for the recording that they are of.
    pub fn keep(&self, file: &Path, recording: &Path) -> io::Result<()> {
        let of = std::fs::metadata(recording)?.len();
        let mut bytes = MAGIC.to_vec();
        bytes.extend(of.to_le_bytes());
        bytes.extend(self.rate.to_le_bytes());
        bytes.extend(self.length.to_le_bytes());
        bytes.extend(self.damage.gaps.to_le_bytes());
        bytes.extend(self.damage.silenced.to_le_bytes());
        bytes.extend([u8::from(self.damage.torn), self.levels.len() as u8]);
        bytes.extend(self.levels.iter().flatten());
        let unfinished = file.with_extension("peaks.part");
        let written = File::create(&unfinished)
            .and_then(|mut out| out.write_all(&bytes))
            .and_then(|()| std::fs::rename(&unfinished, file));
        if written.is_err() {
            // Of a full disk; what cannot be removed is written over the next time.
            let _ = std::fs::remove_file(&unfinished);
        }
        written
    }
}

/// The level of a peak.
fn level(peak: f32) -> u8 {
    if peak <= 0.0 {
        return 0;
    }
    (f32::from(LOUDEST) + 80.0 * peak.log10())
        .clamp(0.0, f32::from(LOUDEST))
        .round() as u8
}
