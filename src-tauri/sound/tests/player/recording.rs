//! A recording that tells by its pitch which place of it is heard.

use crate::sink::{RATE, Sink};
use perezvon_sound::Recording;

/// Seconds after which the pitch begins anew.
const TURN: f64 = 5.0;
const LOWEST: f64 = 400.0;
/// Hertz that it rises in a second.
const RISE: f64 = 400.0;

/// A WAVE file of 8 kHz and two channels: the pitch in the left one, and half as loud in the right one.
pub(crate) fn make(sink: &Sink, id: &str, seconds: u32) -> Recording {
    let data = seconds * 8000 * 4;
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((data + 36).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0\x02\0\x40\x1f\0\0\0\x7d\0\0\x04\0\x10\0data");
    bytes.extend(data.to_le_bytes());
    for n in 0..seconds * 8000 {
        let t = f64::from(n) / 8000.0 % TURN;
        let phase = LOWEST * t + RISE / 2.0 * t * t;
        let sample = (std::f64::consts::TAU * phase).sin() * 16_000.0;
        bytes.extend((sample as i16).to_le_bytes());
        bytes.extend((sample as i16 / 2).to_le_bytes());
    }
    let recording = of(sink, id);
    std::fs::write(&recording.file, bytes).unwrap();
    recording
}

/// The files of a recording.
pub(crate) fn of(sink: &Sink, id: &str) -> Recording {
    Recording {
        id: id.to_owned(),
        file: sink.path(&format!("{id}.wav")),
        peaks: sink.path(&format!("{id}.peaks")),
    }
}

/// The place, nearest to the expected one, whose pitch is that of these samples; their middle is meant.
pub(crate) fn place(samples: &[[f32; 2]], near: f64) -> f64 {
    let mut crossings = Vec::new();
    for (n, pair) in samples.windows(2).enumerate() {
        let (a, b) = (pair[0][0], pair[1][0]);
        if a < 0.0 && b >= 0.0 {
            crossings.push(n as f64 + f64::from(a / (a - b)));
        }
    }
    let (Some(first), Some(last)) = (crossings.first(), crossings.last()) else {
        panic!("silence in place of {near} s");
    };
    let pitch = (crossings.len() - 1) as f64 / (last - first) * f64::from(RATE);
    let place = (pitch - LOWEST) / RISE;
    place + ((near - place) / TURN).round() * TURN
}
