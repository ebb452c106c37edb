//! What waits for the device, and what is being heard: the one thing that the player's thread and the device's share. Each
//! holds it for as long as it takes to copy some milliseconds of sound.

use super::feed::Piece;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What was handed to the device stays known for so long: more than any device holds back.
const KEPT: Duration = Duration::from_secs(3);

/// Shared by both threads.
pub(super) type Shared = Arc<Mutex<Queue>>;

/// A panic of one thread leaves sound that is still sound.
pub(super) fn lock(shared: &Shared) -> MutexGuard<'_, Queue> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Queue {
    pieces: VecDeque<Piece>,
    /// Moments of the first piece that are gone.
    gone: usize,
    /// Moments that wait.
    waiting: usize,
    heard: VecDeque<Heard>,
    /// The place that is shown while nothing is heard, seconds.
    place: f64,
    /// The device may take sound.
    pub(super) is_playing: bool,
    /// From 0 to 1.
    pub(super) volume: f32,
    /// The volume that was reached.
    gain: f32,
}

/// What the device makes audible, from when on.
#[derive(Clone, Copy, Debug)]
struct Heard {
    at: Instant,
    seconds: f64,
    from: f64,
    speed: f64,
}

impl Queue {
    /// Empties it; `place` is shown until sound is heard again.
    pub(super) fn begin(&mut self, place: f64) {
        self.pieces.clear();
        self.heard.clear();
        (self.gone, self.waiting, self.place) = (0, 0, place);
    }

    pub(super) fn push(&mut self, piece: Piece) {
        self.waiting += piece.moments.len();
        self.pieces.push_back(piece);
    }

    /// Moments that wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Nothing waits and the last sound was heard.
    pub(super) fn is_heard(&self, now: Instant) -> bool {
        let over = |last: &Heard| now >= last.at + Duration::from_secs_f64(last.seconds);
        self.waiting == 0 && self.heard.back().is_none_or(over)
    }

    /// When the first sound after [`Queue::begin`] is or was audible.
    pub(super) fn first_heard(&self) -> Option<Instant> {
        self.heard.front().map(|heard| heard.at)
    }

    /// Where in the recording the sound is that is heard now, seconds.
    pub(super) fn place(&self, now: Instant) -> f64 {
        match self.heard.iter().rev().find(|heard| heard.at <= now) {
            Some(heard) => {
                let passed = now.duration_since(heard.at).as_secs_f64().min(heard.seconds);
                heard.from + passed * heard.speed
            }
            None => self.heard.front().map_or(self.place, |heard| heard.from),
        }
    }

    /// Fills what the device asked for, in so many channels; its first moment is audible at `at`.
    pub(super) fn fill(&mut self, channels: usize, rate: u32, at: Instant, out: &mut [f32]) {
        out.fill(0.0);
        if !self.is_playing {
            return;
        }
        let wanted = out.len() / channels;
        let step = (self.volume - self.gain) / wanted.max(1) as f32;
        let mut done = 0;
        while done < wanted {
            let Some(piece) = self.pieces.front() else { break };
            let take = (piece.moments.len() - self.gone).min(wanted - done);
            let moments = &piece.moments[self.gone..self.gone + take];
            for (moment, place) in moments.iter().zip(out[done * channels..].chunks_exact_mut(channels)) {
                self.gain += step;
                write(moment.map(|sample| sample * self.gain), place);
            }
            let seconds = |moments: usize| moments as f64 / f64::from(rate);
            self.heard.push_back(Heard {
                at: at + Duration::from_secs_f64(seconds(done)),
                seconds: seconds(take),
                from: piece.from + seconds(self.gone) * piece.speed,
                speed: piece.speed,
            });
            done += take;
            self.gone += take;
            if self.gone == piece.moments.len() {
                self.pieces.pop_front();
                self.gone = 0;
            }
        }
        self.gain = self.volume;
        self.waiting -= done;
        while self.heard.len() > 1 && self.heard[1].at + KEPT < at {
            self.heard.pop_front();
        }
    }
}

/// Two channels on as many as the device has.
fn write([left, right]: [f32; 2], out: &mut [f32]) {
    match out {
        [one] => *one = f32::midpoint(left, right),
        [first, second, ..] => (*first, *second) = (left, right),
        [] => {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn queue(moments: usize, from: f64, speed: f64) -> Queue {
        let mut queue = Queue {
            is_playing: true,
            volume: 1.0,
            gain: 1.0,
            ..Queue::default()
        };
        queue.push(Piece {
            moments: vec![[0.5, 0.25]; moments],
            from,
            speed,
        });
        queue
    }

    #[test]
    fn the_place_is_that_of_the_sound_that_is_audible() {
        let mut queue = queue(1000, 10.0, 2.0);
        let now = Instant::now();
        assert!((queue.place(now) - 0.0).abs() < 1e-9, "nothing was handed over");
        let mut out = [0.0; 200];
        // 100 moments at 1000 Hz, audible in 50 ms.
        let at = now + Duration::from_millis(50);
        queue.fill(2, 1000, at, &mut out);
        queue.fill(2, 1000, at + Duration::from_millis(100), &mut out);
        for (ms, place) in [
            (0, 10.0),
            (50, 10.0),
            (100, 10.1),
            (200, 10.3),
            (250, 10.4),
            (900, 10.4),
        ] {
            let shown = queue.place(now + Duration::from_millis(ms));
            assert!((shown - place).abs() < 1e-6, "after {ms} ms: {shown}");
        }
        assert_eq!(queue.waiting(), 800);
    }

    #[test]
    fn a_device_that_asks_too_early_hears_silence_and_the_place_stands() {
        let mut queue = queue(50, 1.0, 1.0);
        let (now, mut out) = (Instant::now(), [1.0; 100]);
        queue.fill(1, 1000, now, &mut out);
        assert_eq!((out[49], out[50]), (0.375, 0.0));
        assert!((queue.place(now + Duration::from_secs(1)) - 1.05).abs() < 1e-6);
        assert!(queue.is_heard(now + Duration::from_millis(51)) && !queue.is_heard(now));
    }

    #[test]
    fn a_change_of_volume_is_no_step() {
        let mut queue = queue(1000, 0.0, 1.0);
        queue.volume = 0.0;
        let mut out = [0.0; 1000];
        queue.fill(1, 1000, Instant::now(), &mut out);
        assert!(out.windows(2).all(|pair| (pair[0] - pair[1]).abs() < 0.01));
        assert!(out[0] > 0.37 && out[999].abs() < 0.01);
    }

    #[test]
    fn the_device_of_many_channels_hears_it_in_front() {
        let mut queue = queue(2, 0.0, 1.0);
        let mut out = [9.0; 12];
        queue.fill(6, 1000, Instant::now(), &mut out);
        let quarters = out.map(|sample| (sample * 4.0) as i32);
        assert_eq!(quarters, [2, 1, 0, 0, 0, 0, 2, 1, 0, 0, 0, 0]);
    }
}
