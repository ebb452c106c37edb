//! What is heard of a recording: its samples at the speed that was chosen, without pauses if they are left out, at the rate of
//! the device. Each piece knows which part of the recording it is.

use crate::error::SoundError;
use crate::resample::Resampler;
use crate::sound::Sound;
use std::num::{NonZeroU16, NonZeroU32};
use std::ops::Range;
use wsola::TimeStretch;

/// A moment of two channels.
pub(crate) type Moment = [f32; 2];

/// Sound for the device.
#[derive(Debug, Default)]
pub(crate) struct Piece {
    pub(crate) moments: Vec<Moment>,
    /// Where the first one lies in the recording, seconds.
    pub(crate) from: f64,
    /// Seconds of the recording in a second of the piece.
    pub(crate) speed: f64,
}

/// How it is to be heard.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Manner {
    /// 0.75 to 2.
    pub(crate) speed: f32,
    /// What is left out, in samples of a channel.
    pub(crate) left_out: Vec<Range<u64>>,
}

/// The way from the file to the device.
pub(crate) struct Feed {
    sound: Sound,
    manner: Manner,
    rate: u32,
    stretch: Option<TimeStretch>,
    resampler: Resampler<2>,
    /// Where this stretch of sound without gaps began, seconds, and how many moments of it were written.
    began: f64,
    written: u64,
    block: Vec<f32>,
    moments: Vec<Moment>,
    is_at_end: bool,
}

impl Feed {
    /// From the sound's position on, for a device of this rate.
    pub(crate) fn new(sound: Sound, manner: Manner, rate: u32) -> Self {
        let mut feed = Self {
            resampler: Resampler::new(sound.rate(), rate),
            sound,
            manner,
            rate,
            stretch: None,
            began: 0.0,
            written: 0,
            block: Vec::new(),
            moments: Vec::new(),
            is_at_end: false,
        };
        feed.begin();
        feed
    }

    /// The sound, for another feed.
    pub(crate) fn into_sound(self) -> Sound {
        self.sound
    }

    /// Begins anew at the sound's position.
    fn begin(&mut self) {
        let stretches = (self.manner.speed - 1.0).abs() > 0.001;
        self.stretch = stretches
            .then(|| stretch(self.sound.rate(), self.manner.speed))
            .flatten();
        self.resampler = Resampler::new(self.sound.rate(), self.rate);
        self.began = self.sound.position() as f64 / f64::from(self.sound.rate());
        self.written = 0;
    }

    fn speed(&self) -> f64 {
        self.stretch.as_ref().map_or(1.0, |stretch| f64::from(stretch.tempo()))
    }

    /// The next piece; none at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Piece>, SoundError> {
        loop {
            if self.is_at_end {
                return Ok(None);
            }
            let speed = self.speed();
            let from = self.began + self.written as f64 / f64::from(self.rate) * speed;
            let moments = self.step()?;
            if !moments.is_empty() {
                return Ok(Some(Piece { moments, from, speed }));
            }
        }
    }

    /// Reads a block and writes what comes out of it.
    fn step(&mut self) -> Result<Vec<Moment>, SoundError> {
        let mut out = Vec::new();
        let at = self.sound.position();
        let gap = self.manner.left_out.iter().find(|gap| gap.contains(&at)).cloned();
        self.block.clear();
        if gap.is_none() && self.sound.read(&mut self.block)? > 0 {
            self.cut(at);
            self.pass(&mut out);
            self.written += out.len() as u64;
            return Ok(out);
        }
        self.drain(&mut out);
        match gap {
            Some(gap) => {
                self.sound.seek(gap.end);
                self.begin();
            }
            None => self.is_at_end = true,
        }
        Ok(out)
    }

    /// Ends the block where something is left out.
    fn cut(&mut self, at: u64) {
        let end = self.sound.position();
        let next = self
            .manner
            .left_out
            .iter()
            .map(|gap| gap.start)
            .find(|start| (at..end).contains(start));
        if let Some(start) = next {
            self.block
                .truncate((start - at) as usize * usize::from(self.sound.channels()));
            // Of frames, a seek costs some decoding; the rest of the block is not wanted, so nothing is lost by it.
            self.sound.seek(start);
        }
    }

    fn pass(&mut self, out: &mut Vec<Moment>) {
        let channels = usize::from(self.sound.channels());
        self.moments.clear();
        self.moments.extend(self.block.chunks_exact(channels).map(two));
        if let Some(stretch) = &mut self.stretch {
            stretch.push(self.moments.as_flattened());
            self.moments.clear();
            pull(stretch, &mut self.moments);
        }
        self.resampler.push(&self.moments, out);
    }

    fn drain(&mut self, out: &mut Vec<Moment>) {
        self.moments.clear();
        if let Some(stretch) = &mut self.stretch {
            stretch.set_draining();
            pull(stretch, &mut self.moments);
        }
        self.resampler.push(&self.moments, out);
        self.resampler.finish(out);
    }
}

/// One channel is heard in both ears; of more than two, each goes to one of two.
fn two(moment: &[f32]) -> Moment {
    match *moment {
        [one] => [one, one],
        [left, right] => [left, right],
        _ => {
            let of = |first: usize| {
                let of = moment.iter().skip(first).step_by(2);
                of.clone().sum::<f32>() / of.count() as f32
            };
            [of(0), of(1)]
        }
    }
}

fn stretch(rate: u32, speed: f32) -> Option<TimeStretch> {
    let mut stretch = TimeStretch::new(NonZeroU32::new(rate)?, NonZeroU16::new(2)?).ok()?;
    stretch.set_tempo(speed);
    Some(stretch)
}

fn pull(stretch: &mut TimeStretch, out: &mut Vec<Moment>) {
    let mut piece = vec![0.0; stretch.min_output_buff_size() * 8];
    while let Ok(got @ 1..) = stretch.pull(&mut piece) {
        out.extend(piece[..got].chunks_exact(2).map(|moment| [moment[0], moment[1]]));
    }
}

#[cfg(test)]
mod tests;
