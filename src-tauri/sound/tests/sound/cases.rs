//! The files of the cases from the field, as they were reported.

use crate::make::{Files, heard, refused, rest};
use perezvon_sound::{NotSound, SoundError};
use std::path::{Path, PathBuf};

fn case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name)
}

/// How strong a tone is in these samples of one channel, 8 kHz.
fn tone(samples: &[f32], hertz: f64) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (n, sample) in samples.iter().enumerate() {
        let angle = std::f64::consts::TAU * hertz * n as f64 / 8000.0;
        re += f64::from(*sample) * angle.cos();
        im += f64::from(*sample) * angle.sin();
    }
    2.0 * re.hypot(im) / samples.len() as f64
}

/// Case 26: the header says ten times the length, or there is none.
#[test]
fn an_mp3_is_as_long_as_its_frames_and_is_sought_by_them() {
    for name in ["a-vbr-no-xing.mp3", "c-xing-ten-times-frames.mp3"] {
        let (_, mut sound) = heard(&case("26-rec-mp3-vbr").join(name));
        let seconds = sound.duration().as_secs_f64();
        assert!((seconds - 20.0).abs() <= 0.2, "{name}: {seconds} s");
        sound.seek(12 * 8000);
        assert!(tone(&rest(&mut sound)[..8000], 700.0) < 0.01, "{name}: silence at 12 s");
        sound.seek(17 * 8000);
        assert!(tone(&rest(&mut sound)[..8000], 700.0) > 0.05, "{name}: 700 Hz at 17 s");
    }
}

/// Case 27: WAV as telephony writes it.
#[test]
fn a_wave_with_odd_headers_plays_or_is_named() {
    for (name, wanted) in [
        ("a-unfinished-size-zero.wav", 5.0),
        ("c-junk-before-fmt-list-behind.wav", 5.0),
        ("e-alaw.wav", 5.0),
        ("i-truncated-60-percent.wav", 3.0),
    ] {
        let (samples, sound) = heard(&case("27-rec-wav-odd-headers").join(name));
        let seconds = sound.duration().as_secs_f64();
        assert!((seconds - wanted).abs() < 0.1, "{name}: {seconds} s");
        assert!(samples.iter().any(|sample| sample.abs() > 0.03), "{name}: not silence");
    }
    let error = refused(&case("27-rec-wav-odd-headers").join("g-gsm610.wav"));
    assert!(
        matches!(&error, SoundError::Format(name) if name.contains("GSM")),
        "{error:?}"
    );
}

/// Case 29: what came with status 200 in the place of a recording.
#[test]
fn what_is_no_recording_is_named_and_what_is_half_of_one_is_told() {
    let file = |name: &str| case("29-rec-not-audio").join(name);
    for (name, what) in [
        ("a-login-page.html", NotSound::Html),
        ("b-error-with-bom.json", NotSound::Json),
        ("c-gzip.mp3.gz", NotSound::Packed),
    ] {
        let error = refused(&file(name));
        assert!(
            matches!(error, SoundError::NotSound(of) if of == what),
            "{name}: {error:?}"
        );
    }
    // Git keeps it, but who packs sources may leave an empty file out.
    assert_eq!(refused(&Files::new().put("d-empty.bin", b"")).code(), "recording_empty");
    let (_, sound) = heard(&file("e-cut-at-60-percent.mp3"));
    // It ends between two frames: that it is cut knows who was told its length (see the desk's tests).
    assert!(
        !sound.damage().any() && sound.duration().as_secs() >= 1,
        "cut: {:?}",
        sound.duration()
    );
    let (_, sound) = heard(&file("f-two-joined-with-html.mp3"));
    assert!(sound.damage().any(), "joined: what plays is told as damaged");
}
