//! A recording as samples.

use crate::error::{NotSound, SoundError};
use crate::kind::{self, Kind};
use crate::mpeg::{self, Frames, Header, LONGEST_FRAME};
use crate::pcm::Pcm;
use crate::riff::{self, Inside};
use crate::window::Window;
use std::fs::File;
use std::path::Path;
use std::time::Duration;
use symphonia_bundle_mp3::MpaDecoder;
use symphonia_core::audio::{AudioBufferRef, Signal};
use symphonia_core::codecs::{CODEC_TYPE_MP2, CODEC_TYPE_MP3, CodecParameters, Decoder, DecoderOptions};
use symphonia_core::formats::Packet;

/// Samples of a channel that are read at once from a file without frames.
const PCM_FRAMES: u64 = 1152;
/// Frames that are decoded before the one that is wanted: a frame of layer III may begin in 511 bytes before it, and the
/// shortest has 24 bytes beside its side information.
const RUN_UP: usize = 24;

/// What is wrong with a recording that can be heard nevertheless.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Damage {
    /// Places between frames where something else was.
    pub gaps: u32,
    /// The file ends inside a frame.
    pub torn: bool,
    /// Frames, of those that were read, that could not be decoded: silence is in their place.
    pub silenced: u32,
}

impl Damage {
    /// Anything at all is wrong.
    pub fn any(self) -> bool {
        self != Self::default()
    }
}

/// A recording that is read from any place. Times are counted in samples of one channel.
pub struct Sound {
    window: Window,
    source: Source,
    rate: u32,
    channels: u16,
    length: u64,
    at: u64,
    damage: Damage,
}

enum Source {
    Pcm(Pcm),
    Mpeg(Mpeg),
}

struct Mpeg {
    frames: Frames,
    /// With the channels that it decodes.
    decoder: Option<(u16, Box<MpaDecoder>)>,
    /// The frame that is decoded next.
    next: usize,
}

impl std::fmt::Debug for Sound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sound")
            .field("rate", &self.rate)
            .field("channels", &self.channels)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

impl Sound {
    /// Opens a file as what it is, whatever its name says.
    pub fn open(path: &Path) -> Result<Self, SoundError> {
        Self::of(File::open(path)?)
    }

    /// The same, of a file that is open.
    pub fn of(file: File) -> Result<Self, SoundError> {
        let mut window = Window::new(file)?;
        let length = window.length();
        let first = window.bytes(0, kind::BEGINNING)?.to_vec();
        if first.is_empty() {
            return Err(SoundError::Empty);
        }
        let range = match kind::of(&first) {
            Kind::Wave => match riff::read(&mut window)? {
                Inside::Pcm(pcm) => return Ok(Self::of_pcm(window, pcm)),
                Inside::Mpeg(from, to) => (from, to),
            },
            Kind::Other(name) => return Err(SoundError::Format(name.to_owned())),
            Kind::Packed => return Err(SoundError::NotSound(NotSound::Packed)),
            Kind::Search => (0, length),
        };
        match mpeg::walk(&mut window, range.0, range.1)? {
            Some(frames) => Ok(Self::of_mpeg(window, frames)),
            None if range.0 > 0 || first.starts_with(b"ID3") => Err(SoundError::Damaged),
            None => Err(kind::of_no_sound(&first)),
        }
    }

    fn of_pcm(window: Window, pcm: Pcm) -> Self {
        Self {
            window,
            source: Source::Pcm(pcm),
            rate: pcm.rate,
            channels: pcm.channels,
            length: pcm.frames,
            at: 0,
            damage: Damage::default(),
        }
    }

    fn of_mpeg(window: Window, frames: Frames) -> Self {
        let Header { rate, channels, .. } = frames.like;
        let damage = Damage {
            gaps: frames.gaps,
            torn: frames.torn,
            silenced: 0,
        };
        let mut sound = Self {
            window,
            rate,
            channels,
            length: frames.samples,
            at: 0,
            damage,
            source: Source::Mpeg(Mpeg {
                frames,
                decoder: None,
                next: 0,
            }),
        };
        sound.seek(0);
        sound
    }

    /// Samples of a channel in a second.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// Channels, 1 to 8.
    pub fn channels(&self) -> u16 {
        self.channels
    }

    /// Samples of a channel in the whole recording: counted, not believed.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The time of [`Sound::length`].
    pub fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.length as f64 / f64::from(self.rate))
    }

    /// What was found to be wrong so far.
    pub fn damage(&self) -> Damage {
        self.damage
    }

    /// Where [`Sound::read`] goes on, in samples of a channel.
    pub fn position(&self) -> u64 {
        self.at
    }

    /// Goes to a sample, at most to the end.
    pub fn seek(&mut self, sample: u64) {
        self.at = sample.min(self.length);
        if let Source::Mpeg(mpeg) = &mut self.source {
            let frame = (self.at + mpeg.frames.lead) as usize / mpeg.frames.like.samples;
            mpeg.next = frame.saturating_sub(RUN_UP);
            if let Some((_, decoder)) = &mut mpeg.decoder {
                decoder.reset();
            }
        }
    }

    /// Appends the next samples, the channels of a moment side by side; how many moments, 0 at the end.
    pub fn read(&mut self, out: &mut Vec<f32>) -> Result<usize, SoundError> {
        let left = self.length - self.at;
        if left == 0 {
            return Ok(0);
        }
        let got = match &mut self.source {
            Source::Pcm(pcm) => {
                let frame = (pcm.coding.bytes() * usize::from(pcm.channels)) as u64;
                let wanted = left.min(PCM_FRAMES) * frame;
                let bytes = self.window.bytes(pcm.from + self.at * frame, wanted as usize)?;
                // A file that was made shorter meanwhile.
                let whole = bytes.len() / frame as usize;
                pcm.coding.decode(&bytes[..whole * frame as usize], out);
                whole
            }
            Source::Mpeg(mpeg) => mpeg.read(&mut self.window, self.at, left, &mut self.damage, self.channels, out)?,
        };
        if got == 0 {
            self.length = self.at;
        }
        self.at += got as u64;
        Ok(got)
    }
}

impl Mpeg {
    /// Decodes up to the frame in which the moment `at` lies and appends what it has from there on, `left` at most.
    fn read(
        &mut self,
        window: &mut Window,
        at: u64,
        left: u64,
        damage: &mut Damage,
        channels: u16,
        out: &mut Vec<f32>,
    ) -> Result<usize, SoundError> {
        let moment = at + self.frames.lead;
        let samples = self.frames.like.samples as u64;
        let wanted = (moment / samples) as usize;
        while let Some(position) = self.frames.at.get(self.next).copied() {
            let is_wanted = self.next == wanted;
            self.next += 1;
            let packet = frame(window, u64::from(position))?;
            let start = out.len();
            let decoded = decode(&mut self.decoder, &packet, channels, is_wanted.then_some(&mut *out));
            if !is_wanted {
                continue;
            }
            if !decoded {
                damage.silenced += 1;
                out.truncate(start);
                out.resize(start + samples as usize * usize::from(channels), 0.0);
            }
            let skip = (moment % samples) as usize;
            let take = (samples as usize - skip).min(left as usize);
            let of = |n: usize| n * usize::from(channels);
            out.drain(start..start + of(skip));
            out.truncate(start + of(take));
            return Ok(take);
        }
        Ok(0)
    }
}

/// The bytes of the frame at this position.
fn frame(window: &mut Window, position: u64) -> Result<Vec<u8>, SoundError> {
    let bytes = window.bytes(position, LONGEST_FRAME)?;
    let header = Header::read(bytes.get(..4).unwrap_or_default());
    let size = header.map_or(0, |header| header.size).min(bytes.len());
    Ok(bytes[..size].to_vec())
}

/// Decodes a frame and appends it, if it is wanted, with so many channels; false where it makes no sense.
fn decode(slot: &mut Option<(u16, Box<MpaDecoder>)>, bytes: &[u8], channels: u16, out: Option<&mut Vec<f32>>) -> bool {
    let Some(header) = Header::read(bytes.get(..4).unwrap_or_default()) else {
        return false;
    };
    // A decoder keeps to its number of channels; recordings that were joined do not.
    if slot.as_ref().is_none_or(|(of, _)| *of != header.channels) {
        let mut params = CodecParameters::new();
        params.for_codec(if header.layer == 3 {
            CODEC_TYPE_MP3
        } else {
            CODEC_TYPE_MP2
        });
        *slot = MpaDecoder::try_new(&params, &DecoderOptions::default())
            .ok()
            .map(|decoder| (header.channels, Box::new(decoder)));
    }
    let Some((_, decoder)) = slot else { return false };
    let packet = Packet::new_from_slice(0, 0, header.samples as u64, bytes);
    let Ok(AudioBufferRef::F32(sound)) = decoder.decode(&packet) else {
        return false;
    };
    if sound.frames() != header.samples {
        return false;
    }
    if let Some(out) = out {
        let last = sound.spec().channels.count() - 1;
        out.extend((0..sound.frames()).flat_map(|n| {
            let sound = &sound;
            (0..usize::from(channels)).map(move |channel| sound.chan(channel.min(last))[n])
        }));
    }
    true
}
