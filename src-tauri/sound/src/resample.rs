//! From the recording's rate to the device's: a windowed sinc. Telephone speech has 8 kHz, a device 48; interpolating in
//! straight lines would add a hiss above 4 kHz.

use std::f64::consts::PI;

/// Samples of the lower rate on each side of the filter.
const SIDE: usize = 16;
/// Steps of the table between two samples; what lies between is interpolated.
const STEPS: usize = 256;
/// Of the lower rate's half; the rest is the filter's slope.
const PASSED: f64 = 0.92;

/// A converter of one rate into another, of `N` channels side by side.
pub(crate) struct Resampler<const N: usize> {
    /// Both rates are one.
    is_same: bool,
    /// Samples read for one that is written.
    ratio: f64,
    /// Samples read on each side.
    side: usize,
    table: Vec<f32>,
    input: Vec<[f32; N]>,
    /// Where the next one that is written lies in `input`.
    at: f64,
}

impl<const N: usize> Resampler<N> {
    pub(crate) fn new(from: u32, to: u32) -> Self {
        let ratio = f64::from(from) / f64::from(to);
        let stretch = ratio.max(1.0);
        let side = (SIDE as f64 * stretch).ceil() as usize;
        let cut = PASSED / stretch;
        let at = |step: usize| {
            let x = step as f64 / STEPS as f64;
            let turn = PI * x / (side as f64);
            let window = if x < side as f64 {
                0.42 + 0.5 * turn.cos() + 0.08 * (2.0 * turn).cos()
            } else {
                0.0
            };
            let sinc = if step == 0 {
                1.0
            } else {
                (PI * x * cut).sin() / (PI * x * cut)
            };
            (cut * sinc * window) as f32
        };
        Self {
            is_same: from == to,
            ratio,
            side,
            table: (0..=side * STEPS + 1).map(at).collect(),
            // What lies before the first sample is silence.
            input: vec![[0.0; N]; side],
            at: side as f64,
        }
    }

    /// Takes samples and appends what can be written of them.
    pub(crate) fn push(&mut self, samples: &[[f32; N]], out: &mut Vec<[f32; N]>) {
        if self.is_same {
            out.extend_from_slice(samples);
            return;
        }
        self.input.extend_from_slice(samples);
        while self.at as usize + self.side < self.input.len() {
            out.push(self.sample());
            self.at += self.ratio;
        }
        let done = (self.at as usize).saturating_sub(self.side);
        self.input.drain(..done);
        self.at -= done as f64;
    }

    /// Appends the rest: behind the last sample is silence.
    pub(crate) fn finish(&mut self, out: &mut Vec<[f32; N]>) {
        self.push(&vec![[0.0; N]; self.side], out);
    }

    fn sample(&self) -> [f32; N] {
        let first = self.at as usize + 1 - self.side;
        let mut sum = [0.0; N];
        for (n, moment) in self.input[first..first + 2 * self.side].iter().enumerate() {
            let distance = (self.at - (first + n) as f64).abs() * STEPS as f64;
            let (step, part) = (distance as usize, distance.fract() as f32);
            let weight = self.table[step] + (self.table[step + 1] - self.table[step]) * part;
            for (sum, sample) in sum.iter_mut().zip(moment) {
                *sum += sample * weight;
            }
        }
        sum
    }
}
