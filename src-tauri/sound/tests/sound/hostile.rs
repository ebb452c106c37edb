//! Whatever the bytes: no panic, no endless work, and no more sound than the bytes can hold.

use crate::make::{Files, PLAIN_MP3};
use perezvon_sound::Sound;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::io::{Seek, Write};

/// Opens the bytes, reads all, seeks and reads again.
fn try_all(bytes: &[u8]) {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    let Ok(mut sound) = Sound::of(file) else { return };
    // The shortest frame has 24 bytes and 1152 samples in two channels, or 576 at twice as many frames.
    let most = bytes.len() as u64 * 48 + 2304;
    assert!(
        sound.length() <= most,
        "{} samples of {} bytes",
        sound.length(),
        bytes.len()
    );
    for from in [0, sound.length() / 2, sound.length().saturating_sub(1)] {
        sound.seek(from);
        let mut samples = Vec::new();
        let mut heard = 0;
        while let Ok(got @ 1..) = sound.read(&mut samples) {
            heard += got as u64;
            assert_eq!(samples.len(), got * usize::from(sound.channels()));
            assert!(samples.iter().all(|sample| sample.is_finite()), "a number that is none");
            samples.clear();
        }
        assert_eq!(heard, sound.length() - from);
    }
}

fn run<S: Strategy>(cases: u32, bytes: S, test: impl Fn(S::Value)) {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&bytes, |value| {
            test(value);
            Ok(())
        })
        .unwrap();
}

#[test]
fn any_bytes() {
    run(2000, prop::collection::vec(any::<u8>(), 0..3000), |bytes| {
        try_all(&bytes);
    });
}

#[test]
fn frames_of_any_content() {
    // Headers that fit each other, with anything between.
    let header = prop::sample::select(vec![
        [0xff_u8, 0xe3, 0x18, 0xc4],
        [0xff, 0xe3, 0x28, 0x04],
        [0xff, 0xfb, 0x14, 0x64],
        [0xff, 0xf3, 0x14, 0xc4],
        [0xff, 0xfd, 0x14, 0x04],
    ]);
    let body = prop::collection::vec(any::<u8>(), 4000);
    run(600, (header, body, 1..200_usize), |(header, mut bytes, step)| {
        // At the distances at which frames of this size lie, and at others.
        for size in [72, 144, 96, 48, step.max(24)] {
            for at in (0..bytes.len() - 4).step_by(size) {
                bytes[at..at + 4].copy_from_slice(&header);
            }
            try_all(&bytes);
        }
    });
}

#[test]
fn recordings_with_bytes_changed_left_out_or_repeated() {
    let files = Files::new();
    let recordings = vec![
        files.bytes("a.mp3", 1.5, PLAIN_MP3),
        files.bytes("b.mp3", 1.0, "-ac 2 -ar 44100 -c:a libmp3lame -b:a 48k"),
        files.bytes("c.mp3", 1.0, "-ar 16000 -c:a mp2 -b:a 32k -f mp2"),
        files.bytes("d.wav", 0.3, "-c:a pcm_s16le"),
        files.bytes("e.wav", 0.3, "-c:a pcm_alaw"),
        files.bytes("f.wav", 1.0, "-c:a libmp3lame -b:a 16k -f wav"),
    ];
    let change = (any::<prop::sample::Index>(), any::<u8>());
    let parts = (
        prop::sample::select(recordings),
        prop::collection::vec(change, 0..40),
        any::<prop::sample::Index>(),
        0..400_usize,
        any::<bool>(),
    );
    run(1500, parts, |(mut bytes, changes, at, length, repeat)| {
        for (index, value) in changes {
            let index = index.index(bytes.len());
            bytes[index] = value;
        }
        let from = at.index(bytes.len());
        let to = (from + length).min(bytes.len());
        if repeat {
            bytes.extend_from_within(from..to);
        } else {
            bytes.drain(from..to);
        }
        try_all(&bytes);
    });
}
