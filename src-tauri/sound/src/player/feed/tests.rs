//! The feed without a device: pitch, length, and that each piece tells the place of its sound.
#![allow(clippy::unwrap_used)]

use super::*;
use std::io::{Seek, Write};

/// A WAVE file of 8 kHz in one channel.
fn recording(seconds: f64, sample: impl Fn(f64) -> f64) -> Sound {
    let count = (seconds * 8000.0) as u32;
    let mut bytes =
        b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\0\0\0\0".to_vec();
    for n in 0..count {
        let sample = (sample(f64::from(n) / 8000.0) * 32767.0) as i16;
        bytes.extend(sample.to_le_bytes());
    }
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&bytes).unwrap();
    file.rewind().unwrap();
    Sound::of(file).unwrap()
}

fn manner(speed: f32) -> Manner {
    Manner {
        speed,
        left_out: vec![],
    }
}

fn all(mut feed: Feed) -> Vec<Piece> {
    std::iter::from_fn(|| feed.next().unwrap()).collect()
}

fn heard(pieces: &[Piece]) -> Vec<f32> {
    pieces
        .iter()
        .flat_map(|piece| piece.moments.iter().map(|moment| moment[0]))
        .collect()
}

fn sine(hertz: f64) -> impl Fn(f64) -> f64 {
    move |t| 0.5 * (std::f64::consts::TAU * hertz * t).sin()
}

/// How strong a tone is.
fn tone(samples: &[f32], hertz: f64) -> f64 {
    let angle = |n: usize| std::f64::consts::TAU * hertz * n as f64 / 48_000.0;
    let sum = |f: fn(f64) -> f64| {
        samples
            .iter()
            .enumerate()
            .map(|(n, s)| f64::from(*s) * f(angle(n)))
            .sum::<f64>()
    };
    2.0 * sum(f64::cos).hypot(sum(f64::sin)) / samples.len() as f64
}

#[test]
fn at_any_speed_the_pitch_stays_and_the_length_follows() {
    for speed in [0.75, 1.0, 1.25, 1.5, 2.0] {
        let samples = heard(&all(Feed::new(recording(6.0, sine(440.0)), manner(speed), 48_000)));
        let seconds = samples.len() as f64 / 48_000.0;
        let wanted = 6.0 / f64::from(speed);
        assert!((seconds - wanted).abs() < 0.1, "{speed}: {seconds} s and not {wanted}");
        let middle = &samples[48_000..samples.len() - 48_000];
        assert!(tone(middle, 440.0) > 0.45, "{speed}: {} of 440 Hz", tone(middle, 440.0));
        assert!(tone(middle, 440.0 * f64::from(speed) + 1.0) < 0.45, "{speed}");
    }
}

#[test]
fn a_piece_tells_where_its_sound_stands() {
    // A tone that rises by 100 Hz a second: what is heard tells its place.
    let sweep = |t: f64| 0.5 * (std::f64::consts::TAU * (300.0 * t + 50.0 * t * t)).sin();
    for speed in [0.75_f32, 1.0, 1.5, 2.0] {
        let mut sound = recording(20.0, sweep);
        sound.seek(3 * 8000);
        let pieces = all(Feed::new(sound, manner(speed), 48_000));
        let mut passed = 0.0;
        for pair in pieces.windows(2) {
            passed += pair[0].moments.len() as f64 / 48_000.0 * pair[0].speed;
            assert!(
                (pair[1].from - 3.0 - passed).abs() < 0.001,
                "{speed}: one piece follows the other"
            );
        }
        for seconds in [4.0, 9.0, 15.0] {
            let from = pieces.iter().position(|piece| piece.from >= seconds).unwrap();
            let samples = heard(&pieces[from..]);
            // Crossings of zero within a tenth of a second tell the pitch in its middle.
            let part = &samples[..4800];
            let crossings = part.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
            let pitch = crossings as f64 * 10.0;
            let place = (pitch - 300.0) / 100.0 - 0.05 * f64::from(speed);
            assert!(
                (place - pieces[from].from).abs() < 0.12,
                "{speed}: {place} s and not {}",
                pieces[from].from
            );
        }
    }
}

#[test]
fn what_is_left_out_is_not_heard_and_the_place_jumps_over_it() {
    let sound = |t: f64| {
        if (2.0..5.0).contains(&t) {
            0.0
        } else {
            0.5 * (t * 2000.0).sin()
        }
    };
    for speed in [1.0, 1.5] {
        let gap = 17_000..39_000;
        let manner = Manner {
            speed,
            left_out: vec![gap],
        };
        let pieces = all(Feed::new(recording(8.0, sound), manner, 48_000));
        let seconds = heard(&pieces).len() as f64 / 48_000.0;
        assert!((seconds - 5.25 / f64::from(speed)).abs() < 0.1, "{speed}: {seconds} s");
        let inside = pieces.iter().filter(|piece| (2.2..4.87).contains(&piece.from)).count();
        assert_eq!(inside, 0, "{speed}: no piece says that it stands in the gap");
        assert!(
            pieces.iter().any(|piece| (piece.from - 4.875).abs() < 0.001),
            "{speed}: it goes on behind the gap"
        );
    }
}

#[test]
fn a_change_of_rate_adds_nothing_to_the_sound() {
    for (hertz, rate) in [(1000.0, 48_000), (3000.0, 48_000), (1000.0, 44_100), (500.0, 16_000)] {
        let mut resampler = Resampler::new(8000, rate);
        let samples: Vec<[f32; 1]> = (0..16_000)
            .map(|n| [sine(hertz)(f64::from(n) / 8000.0) as f32])
            .collect();
        let mut out = Vec::new();
        for part in samples.chunks(777) {
            resampler.push(part, &mut out);
        }
        resampler.finish(&mut out);
        assert!(
            (out.len() as i64 - i64::from(rate) * 2).abs() < 10,
            "{rate}: {}",
            out.len()
        );
        let wrong = |n: usize| (f64::from(out[n][0]) - sine(hertz)(n as f64 / f64::from(rate))).powi(2);
        let middle = out.len() / 10..out.len() * 9 / 10;
        let noise = (middle.clone().map(wrong).sum::<f64>() / middle.len() as f64).sqrt();
        assert!(noise < 0.002, "{hertz} Hz at {rate}: {noise}");
    }
    let mut down = Resampler::new(44_100, 8000);
    let above: Vec<[f32; 1]> = (0..44_100)
        .map(|n| [sine(6000.0)(f64::from(n) / 44_100.0) as f32])
        .collect();
    let mut out = Vec::new();
    down.push(&above, &mut out);
    let loudest = out[200..]
        .iter()
        .fold(0.0_f32, |most, sample| most.max(sample[0].abs()));
    assert!(
        loudest < 0.005,
        "what the lower rate cannot have is taken away: {loudest}"
    );
}
